"""What inverters and strings give, as far as it can be compared. Pure.

Powers in kW. One that is offline, or was told to give less, has none: it is no
fault of its own, and no measure for others.
"""

from collections.abc import Container
from typing import Final

from ..catalogue.connection import is_disconnected
from ..catalogue.inverter import PRODUCING_STATES, STRINGS
from ..catalogue.underperformance import LIMITED_STATES
from ..northbound import Values

# What an input without modules may seem to give.
NO_STRING: Final = 0.1

_INPUTS: Final = tuple((n, f"pv{n}_i", f"pv{n}_u") for n in range(1, STRINGS + 1))


def inverter_power(values: Values, key: str) -> float | None:
    """Return an inverter's power, 0 where it stands still and sends none."""
    state = _state(values)
    if not _is_comparable(values):
        return None
    if key in values:
        return values[key]
    return None if state is None or state in PRODUCING_STATES else 0.0


def string_powers(values: Values, known: Container[int]) -> dict[int, float]:
    """Return the powers of an inverter's strings by number.

    A string is `known` once it has given something; others may not be wired.
    """
    if not _is_comparable(values):
        return {}
    powers: dict[int, float] = {}
    for number, current, voltage in _INPUTS:
        amperes = values.get(current)
        # An input without a current has no power, whatever its voltage is.
        volts = values.get(voltage) if amperes else 0.0
        if amperes is None or volts is None:
            continue
        power = volts * amperes / 1000
        if power >= NO_STRING or number in known:
            powers[number] = power
    return powers


def _is_comparable(values: Values) -> bool:
    return not is_disconnected(values) and _state(values) not in LIMITED_STATES


def _state(values: Values) -> int | None:
    state = values.get("inverter_state")
    return None if state is None else int(state)

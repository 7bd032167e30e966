"""What inverters and strings give, as far as it can be compared. Pure.

Powers in kW. One that is offline, or was told to give less, has none: it is no
fault of its own, and no measure for others.
"""

from collections.abc import Container
from typing import Final

from .catalogue.inverter import PRODUCING_STATES, STRINGS
from .catalogue.underperformance import LIMITED_STATES, UNKNOWN_STATES
from .northbound import Values

# What an input without modules may seem to give.
NO_STRING: Final = 0.1

_NOT_COMPARED: Final = LIMITED_STATES | UNKNOWN_STATES


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
    return {
        number: power
        for number in range(1, STRINGS + 1)
        if (power := _string_power(values, number)) is not None
        and (power >= NO_STRING or number in known)
    }


def _string_power(values: Values, number: int) -> float | None:
    amperes = values.get(f"pv{number}_i")
    if not amperes:
        return amperes
    volts = values.get(f"pv{number}_u")
    return None if volts is None else volts * amperes / 1000


def _is_comparable(values: Values) -> bool:
    return values.get("run_state") != 0 and _state(values) not in _NOT_COMPARED


def _state(values: Values) -> int | None:
    state = values.get("inverter_state")
    return None if state is None else int(state)

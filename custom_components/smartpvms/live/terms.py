"""The terms of a plant's balance of power: what each device adds, and when.

Pure. Powers in kW with Home Assistant's signs. A device that is cut off has an old
row: its power is unknown. An inverter sleeps at night and may be cut off then, too:
it counts 0 while the others are dark.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ..catalogue import PV_INPUT, Quantity
from ..catalogue.connection import is_disconnected
from ..catalogue.inverter import PRODUCING_STATES
from ..northbound import Values
from .readings import Reading

AC_OUTPUT: Final = "active_power"
"""Output of an inverter in kW, its battery's discharge included."""

_STOPPED: Final = frozenset(
    {0x0201, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x0306}
)
"""States of an inverter that may give nothing in full sun."""

# What an inverter may seem to give in the dark, or to take.
DARK_KW: Final = 0.1
# Meter and inverter are read seconds apart: a sum this little below 0 is 0. The
# errors add up with the number of terms.
NOISE_KW: Final = 0.05
NOISE_SHARE: Final = 0.05


class Term(NamedTuple):
    """One device's part of a sum: kW, and when its row came (epoch seconds)."""

    power: float
    at: float


@dataclass(frozen=True, slots=True)
class Part:
    """A device's part of a plant: its id, its power and its counters of energy."""

    device: int
    power: Quantity | None
    energies: Mapping[str, str]


class Inverters:
    """The inverters of a plant, and what belongs to them of its DC-coupled batteries."""

    def __init__(
        self,
        readings: Mapping[int, Reading | None],
        reports_pv: Collection[int],
        batteries: Sequence[Term | None],
    ) -> None:
        """Take the readings of the inverters and the powers of the batteries.

        `reports_pv`: inverters that have ever reported a PV input above 0.
        """
        self._readings = readings
        self._reports_pv = reports_pv
        self._discharge = sum(term.power for term in batteries if term)
        self._own_batteries = bool(batteries) and self._have_silent_ones_the_battery()
        self._light = self._find_light()

    def _key(self, device: int) -> str:
        """Return the KPI that is nearest to an inverter's PV."""
        return PV_INPUT if device in self._reports_pv else AC_OUTPUT

    def _have_silent_ones_the_battery(self) -> bool:
        """Tell whether inverters without a PV input have the batteries behind them.

        No list says so. Where others report their input, their output less their input
        is the discharge, or nothing.
        """
        telling = {key for key in self._readings if key in self._reports_pv}
        if len(telling) == len(self._readings):
            return False
        rows = [row.values for key in telling if (row := self._readings[key])]
        surplus = sum(
            values.get(AC_OUTPUT, 0.0) - values.get(PV_INPUT, 0.0) for values in rows
        )
        return not telling or abs(surplus) < abs(surplus - self._discharge)

    def _find_light(self) -> float | None:
        """Return the PV of the inverters that tell whether it is dark, None without any."""
        powers = [
            power
            for device, row in self._readings.items()
            if row and not is_disconnected(row.values)
            # A stopped inverter is no measure.
            if abs(power := row.values.get(self._key(device), 0.0)) > DARK_KW
            or row.values.get("inverter_state") not in _STOPPED
        ]
        if not powers:
            return None
        return sum(powers) - (self._discharge if self._own_batteries else 0.0)

    def pv(self, batteries: Sequence[Term | None]) -> list[Term | None]:
        """Return the terms of the PV power; an output contains its battery's discharge."""
        own = batteries if self._own_batteries else ()
        return [
            *(self._term(self._key(key), row) for key, row in self._readings.items()),
            *(term and Term(-term.power, term.at) for term in own),
        ]

    def output(self) -> list[Term | None]:
        """Return the AC output of each."""
        return [self._term(AC_OUTPUT, row) for row in self._readings.values()]

    def are_at_rest(self) -> bool:
        """Tell whether they neither give nor take anything: then no battery does."""
        return bool(self._readings) and all(map(self._is_at_rest, self._readings))

    def _is_at_rest(self, device: int) -> bool:
        reading = self._readings[device]
        if not reading or not _is_nothing(self._term(AC_OUTPUT, reading)):
            return False
        if device in self._reports_pv:
            return _is_nothing(self._term(PV_INPUT, reading))
        # Its PV may go into the battery.
        return is_disconnected(reading.values) or not _is_producing(reading.values)

    def _term(self, key: str, reading: Reading | None) -> Term | None:
        if reading is None:
            return None
        power = reading.values.get(key)
        if is_disconnected(reading.values):
            return Term(0.0, reading.at) if self._is_dark(power) else None
        if power is not None:
            return Term(power, reading.at)
        return None if _is_producing(reading.values) else Term(0.0, reading.at)

    def _is_dark(self, last: float | None) -> bool:
        """Tell whether a cut-off inverter sleeps; `last`: the power in its old row.

        Without a sibling that tells, its own row does.
        """
        light = last or 0.0 if self._light is None else self._light
        return abs(light) <= DARK_KW * len(self._readings)


def _is_producing(values: Values) -> bool:
    state = values.get("inverter_state")
    return state is not None and int(state) in PRODUCING_STATES


def _is_nothing(term: Term | None) -> bool:
    return term is not None and abs(term.power) <= DARK_KW


def battery_term(part: Part, reading: Reading | None, *, rests: bool) -> Term | None:
    """Return a battery's power; a cut-off battery `rests` with its inverters."""
    if rests and reading and is_disconnected(reading.values):
        return Term(0.0, reading.at)
    return device_term(part.power, reading)


def device_term(quantity: Quantity | None, reading: Reading | None) -> Term | None:
    """Return the power of a meter or battery, None where it is not known."""
    if quantity is None or reading is None or quantity.key not in reading.values:
        return None
    if is_disconnected(reading.values):
        return None
    return Term(reading.values[quantity.key] * quantity.factor, reading.at)


def total(terms: Sequence[Term | None], cycle: float) -> float | None:
    """Return a sum of rows that are at most a cycle (seconds) apart."""
    known = [term for term in terms if term is not None]
    if not known or len(known) < len(terms):
        return None
    times = [term.at for term in known]
    if max(times) - min(times) > cycle:
        return None
    return round(sum(term.power for term in known), 6)


def positive_total(terms: Sequence[Term | None], cycle: float) -> float | None:
    """Return a sum that cannot be negative: 0 for a small error, None for more."""
    found = total(terms, cycle)
    if found is None or found >= 0:
        return found
    largest = max(abs(term.power) for term in terms if term is not None)
    noise = max(2 * NOISE_KW, len(terms) * NOISE_KW, NOISE_SHARE * largest)
    return 0.0 if -found <= noise else None

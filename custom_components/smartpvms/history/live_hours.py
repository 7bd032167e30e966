"""What the live counters say about the hours that no row has come for yet. Pure.

Energies in kWh, money in the plant's currency, times in epoch seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from ..catalogue.series import (
    DEVICE_EXPORT,
    DEVICE_IMPORT,
    SERIES,
    amount_of,
    completed,
)
from ..local_time import HOUR, hour_of
from ..northbound import Values
from ..storage.parse import amount, as_dict, by_id, instant, numbers
from .merge import Span

# What a row shows has happened about this long ago.
LAG: Final = 300
# Over a longer silence it is unknown in which hour a counter moved.
LONGEST_SILENCE: Final = 1800
KEPT: Final = 30 * HOUR


@dataclass(slots=True)
class LiveHours:
    """The hours of one plant.

    `counters`: the last value of each counter and when it was read; `hours`: by
    how much each has moved, by the start of the hour.
    """

    counters: dict[str, tuple[float, float]] = field(default_factory=dict)
    hours: dict[int, dict[str, float]] = field(default_factory=dict)

    def advance(self, at: float, values: Values, grid: int) -> None:
        """Advance the counters as they were read at an instant.

        `grid`: an instant at which one of the plant's hours begins.
        """
        hour = hour_of(at - LAG, grid)
        for key, value in values.items():
            since, before = self.counters.get(key, (0.0, value))
            self.counters[key] = (at, value)
            if at - since <= LONGEST_SILENCE:
                moved = self.hours.setdefault(hour, {})
                more = _moved(key, before, value)
                moved[key] = round(moved.get(key, 0.0) + more, 6)
        self.hours = {
            start: moved for start, moved in self.hours.items() if start > at - KEPT
        }

    def spans(
        self, since: int, series: Iterable[str], *, has_battery: bool = False
    ) -> dict[str, list[Span]]:
        """Return the hours from an instant on, for series that have begun."""
        starts = [start for start in sorted(self.hours) if start >= since]
        hours = {
            start: completed(self.hours[start], has_battery=has_battery)
            for start in starts
        }
        found: dict[str, list[Span]] = {}
        for key in series:
            operands = SERIES[key].live
            found[key] = [
                Span(start, start + HOUR, amount)
                for start in starts
                if (amount := amount_of(operands, hours[start])) is not None
            ]
        return found

    def dump(self) -> dict[str, object]:
        """Return this as JSON data."""
        return {
            "counters": {key: list(known) for key, known in self.counters.items()},
            "hours": {str(start): moved for start, moved in self.hours.items()},
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved; whatever is malformed is left out."""
        data = as_dict(saved)
        counters: dict[str, tuple[float, float]] = {}
        for key, item in as_dict(data.get("counters")).items():
            match item:
                case [at, value]:
                    since, known = instant(at), amount(value)
                    if since is not None and known is not None:
                        counters[key] = (since, known)
        hours = {
            start: numbers(moved)
            for start, moved in by_id(data.get("hours")).items()
            if instant(start) is not None
        }
        return cls(counters, hours)


_LIFETIME: Final = frozenset({DEVICE_EXPORT, DEVICE_IMPORT})


def _moved(key: str, before: float, after: float) -> float:
    """Return by how much a counter has moved.

    A fall by more than half is a new day, or another meter.
    """
    if after >= before / 2:
        return after - before
    return 0.0 if key in _LIFETIME else max(0.0, after)

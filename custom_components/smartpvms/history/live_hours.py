"""What the live counters say about the hours that no row has come for yet. Pure.

Energies in kWh, money in the plant's currency, times in epoch seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final, Self

from ..catalogue.series import (
    DEVICE_EXPORT,
    DEVICE_IMPORT,
    DEVICE_KEYS,
    PV_ENERGY,
    SERIES,
    Quantity,
    Series,
    Terms,
    amount_of,
    completed,
)
from ..local_time import HOUR, hour_of
from ..northbound import Values
from ..storage.parse import (
    amount,
    as_dict,
    as_list,
    by_name,
    by_start,
    instant,
    numbers,
)
from .merge import Span

# What a row shows has happened about this long ago.
LAG: Final = 300
# Over a longer silence it is unknown in which hour a counter moved.
LONGEST_SILENCE: Final = 1800
KEPT: Final = 30 * HOUR


type Counters = Mapping[str, Mapping[str, float]]
"""Readings of counters by the key whose sum they are, and by the counter's name."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a day's counter had counted when it was first read.

    `since`: when the day began; `hour`: when the hour of the reading did; `amount`:
    less what is known to have moved within that hour.
    """

    since: int
    hour: int
    amount: float


@dataclass(slots=True)
class LiveHours:
    """The hours of one plant.

    `counters`: the last value of each counter and when it was read; `hours`: by
    how much each key has moved, by the start of the hour; `openings`: by key, of the
    first day of a plant.
    """

    counters: dict[str, tuple[float, float]] = field(default_factory=dict)
    hours: dict[int, dict[str, float]] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)

    def advance(
        self, at: float, counters: Counters, grid: int, limit: float = inf
    ) -> None:
        """Advance the counters as they were read at an instant.

        A counter that is new has moved by nothing. `grid`: an instant at which one of
        the plant's hours begins; `limit`: the power (kW) that none exceeds.
        """
        hour = hour_of(at - LAG, grid)
        for key, parts in counters.items():
            for name, value in parts.items():
                since, before = self.counters.get(name, (0.0, value))
                self.counters[name] = (at, value)
                if at - since > LONGEST_SILENCE:
                    continue
                more = _moved(key, before, value)
                if key in DEVICE_KEYS and more > limit * max(at - since, LAG) / HOUR:
                    more = 0.0
                moved = self.hours.setdefault(hour, {})
                moved[key] = round(moved.get(key, 0.0) + more, 6)
        self.hours = {
            start: moved for start, moved in self.hours.items() if start > at - KEPT
        }

    def open_day(self, at: float, counters: Counters, day: int) -> None:
        """Note what each day counter had counted as it was first read.

        `day`: when the plant's day began. Once only, so that a plant's first day is
        whole without a call; later days are, by the hours.
        """
        hour = hour_of(at - LAG, day)
        if hour < day:
            return
        for key in counters.keys() - self.openings.keys() - _LIFETIME:
            total = sum(counters[key].values())
            moved = self.hours.setdefault(hour, {}).setdefault(key, 0.0)
            self.openings[key] = Opening(day, hour, round(total - moved, 6))

    def spans(
        self, since: int, series: Iterable[str], *, has_battery: bool = False
    ) -> dict[str, list[Span]]:
        """Return the hours from an instant on, for series that have begun."""
        hours = {
            start: completed(self.hours[start], has_battery=has_battery)
            for start in sorted(self.hours)
            if start >= since
        }
        return {
            key: [
                span
                for start, row in hours.items()
                if (span := self._span(SERIES[key].live, start, row))
            ]
            for key in series
        }

    def _span(self, operands: Iterable[Terms], start: int, row: Values) -> Span | None:
        """Return what a series counts of an hour, or of the first day until its end."""
        amount = amount_of(operands, row)
        if amount is None:
            return None
        opened = {
            key: opening
            for key, opening in self.openings.items()
            if opening.hour == start and key in row
        }
        totals = {key: opening.amount + row[key] for key, opening in opened.items()}
        total = amount_of(operands, completed(totals, has_battery=True))
        if total is None:
            return Span(start, start + HOUR, amount)
        since = max(opening.since for opening in opened.values())
        return Span(since, start + HOUR, total, is_running=True)

    def denies(self, start: int, row: Values) -> bool:
        """Tell whether something flowed in an hour whose row says that nothing did.

        Servers deliver hours with zeros before they have computed them. An hour in
        which PV generated and its row says that it did not is such an hour, whatever
        else is in it.
        """
        known = completed(row, has_battery=True)
        told = [amount_of(series.operands, known) for series in _FLOWS]
        if amount_of(_PV.operands, known) == 0 and self._flowed(_PV, start):
            return True
        if any(told) or not any(amount == 0 for amount in told):
            return False
        return any(self._flowed(series, start) for series in _FLOWS)

    def _flowed(self, series: Series, start: int) -> bool:
        """Tell whether the live counters of a series moved in an hour, dusk apart."""
        moved = {
            at: amount_of(series.live, completed(known, has_battery=True))
            for at, known in self.hours.items()
        }
        most = max((more for more in moved.values() if more), default=0.0)
        return (moved.get(start) or 0.0) > max(_DUSK, most * _DUSK_SHARE)

    def dump(self) -> dict[str, object]:
        """Return this as JSON data."""
        return {
            "counters": {key: list(known) for key, known in self.counters.items()},
            "openings": {
                key: [opening.since, opening.hour, opening.amount]
                for key, opening in self.openings.items()
            },
            "hours": {str(start): moved for start, moved in self.hours.items()},
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError or KeyError."""
        data = as_dict(saved)
        # Sums of devices, as 0.1.0 kept them, are no counters.
        return cls(
            {
                key: known
                for key, known in by_name(_counter)(data["counters"]).items()
                if key not in DEVICE_KEYS
            },
            by_start(numbers)(data["hours"]),
            by_name(_opening)(data.get("openings", {})),
        )


def _counter(saved: object) -> tuple[float, float]:
    at, value = as_list(saved)
    return instant(at), amount(value)


def _opening(saved: object) -> Opening:
    since, hour, total = as_list(saved)
    return Opening(int(instant(since)), int(instant(hour)), amount(total))


_PV: Final = SERIES[PV_ENERGY]
_FLOWS: Final = [
    series for series in SERIES.values() if series.quantity is Quantity.ENERGY
]
# In kWh, and in parts of the best hour: live rows are late by some minutes at dusk.
_DUSK: Final = 0.05
_DUSK_SHARE: Final = 0.05
_LIFETIME: Final = frozenset({DEVICE_EXPORT, DEVICE_IMPORT})


def _moved(key: str, before: float, after: float) -> float:
    """Return by how much a counter has moved.

    A fall by more than half is a new day, or another meter.
    """
    if after >= before / 2:
        return after - before
    return 0.0 if key in _LIFETIME else max(0.0, after)

"""The judge: what Home Assistant counted, held against what happened.

A counter knows at most what has happened, and at least what had happened when its row
was last to be had. Nothing else is asked, and nothing is forgiven twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, override

from simulator import Scope

from .disturber import HOUR, MINUTE, Blind
from .life import Life
from .quantities import MONEY, SERIES, Counted, Counter, Since

ENERGY_WITHIN, MONEY_WITHIN = 0.1, 0.02
"""kWh; and 0.01 of the plant's currency, between two numbers rounded to as much."""

HOME_WITHIN: Final = 0.1
"""kWh of an hour; five terms add up."""

LIVE_AGE: Final = 25 * MINUTE
"""The cloud's lag of up to ten minutes, its steps of five, and the polls'."""

PERIOD_AGE: Final = 3.0 * HOUR
"""Rows of periods are asked for once an hour, and their calls wait for each other."""

SERIES_AGE: Final = 5 * HOUR
"""Hours whose rows may not be imported yet."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A number that is wrong.

    ``counted``: what Home Assistant has; ``least``, ``most``: what is right.
    """

    life: Life
    what: str
    at: float
    counted: float
    least: float
    most: float

    @property
    def off(self) -> float:
        """By how much the number is wrong (kWh or money)."""
        return max(self.counted - self.most, self.least - self.counted)

    @override
    def __str__(self) -> str:
        """Tell plant, troubles, counter, time and numbers."""
        local = self.life.plant.world.local(self.at)
        kind, troubles = self.life.kind, ", ".join(self.life.troubles)
        return (
            f"{kind} {self.life.plant.code} ({troubles}): {self.what} until "
            f"{local:%d %H:%M}: {self.counted:.2f} of {self.least:.2f} to {self.most:.2f}"
        )


def _age(counter: Counter) -> float:
    """Return how old (seconds) an undisturbed counter may be."""
    return PERIOD_AGE if counter.by_period else LIVE_AGE


def _seen(blinds: Iterable[Blind], known: float, age: float) -> float:
    """Return when a counter was last seen before an instant, all blinds together."""
    spans = [(blind.begin - age, blind.end) for blind in blinds]
    while earlier := [begin for begin, end in spans if begin < known < end]:
        known = min(earlier)
    return known


class Judge:
    """Judges the counters and series of one life."""

    def __init__(self, life: Life, end: float) -> None:
        """Judge up to an instant in epoch seconds."""
        self.life, self.end = life, end
        self.world = life.plant.world
        self._nights = self._midnights(life.begin - 24 * HOUR, end)

    def _count(self, counted: Counted, at: float) -> float:
        return counted(self.world.totals(at))

    def _blinds(self, counter: Counter, at: float) -> Iterator[Blind]:
        scope = Scope.PERIODS if counter.by_period else Scope.LIVE
        for blind in self.life.blinds:
            if blind.source != counter.source or blind.scope is not scope:
                continue
            if (not blind.keys or counter.key in blind.keys) and blind.begin <= at:
                yield blind

    def _least(
        self, counter: Counter, first: float, highest: float, at: float
    ) -> float:
        """Return what must have been counted at an instant.

        ``first``: when counting began; ``highest``: the most that the counter had then.
        """
        age, blinds = _age(counter), list(self._blinds(counter, at))
        seen = _seen(blinds, at - age, age)
        # The first row may be as old as any.
        counted = self._count(counter.counted, seen) - highest if seen > first else 0.0
        if counter.key not in MONEY:
            counted = max(0.0, counted)
        lost = sum(blind.lost for blind in blinds)
        for midnight in self._nights if counter.of_day else ():
            over = [
                blind.begin - age
                for blind in blinds
                if blind.begin < midnight <= min(at, blind.end + age)
            ]
            if over:
                # The day's last rows were never to be had.
                last = _seen(blinds, min(over), age)
                lost += self._span(counter, max(first, last), midnight)
        return counted - lost

    def _zero(self, counter: Counter, row: Any) -> tuple[float, float]:
        """Return the least and the most that had been counted before a first row."""
        first = row["start"]
        least = self._count(counter.counted, first - _age(counter))
        most = self._count(counter.counted, row["end"])
        if any(self._blinds(counter, first)):
            # A new device counts from when it came.
            return least, most
        day = self.world.local(first).date()
        begun = {
            Since.DAY: day,
            Since.MONTH: day.replace(day=1),
            Since.YEAR: day.replace(month=1, day=1),
            Since.EVER: self.world.site.connected,
        }[counter.since]
        before = self._count(counter.counted, self.world.midnight(begun))
        exact = before + row["state"]
        return (exact, exact) if least - 0.01 <= exact <= most + 0.01 else (least, most)

    def _span(self, counter: Counter, begin: float, end: float) -> float:
        if end <= begin:
            return 0.0
        return self._count(counter.counted, end) - self._count(counter.counted, begin)

    def _midnights(self, begin: float, end: float) -> list[float]:
        """Return the plant's midnights between two instants."""
        day = self.world.local(begin).date() + timedelta(days=1)
        found = []
        while (at := self.world.midnight(day)) <= end:
            found.append(float(at))
            day += timedelta(days=1)
        return found

    def counter(self, counter: Counter, rows: Sequence[Any]) -> Iterator[Fault]:
        """Judge a sensor's sum at each full hour; ``rows`` are of the recorder's runs."""
        if not rows:
            return
        within = MONEY_WITHIN if counter.key in MONEY else ENERGY_WITHIN
        first, zero = rows[0]["start"], rows[0]["sum"]
        lowest, highest = self._zero(counter, rows[0])
        for row in rows:
            at = row["end"]
            if at % HOUR and row is not rows[-1]:
                continue
            most = self._count(counter.counted, at) - lowest
            least = self._least(counter, first, highest, at)
            if counter.key in MONEY and most < least:
                least, most = most, least
            total = row["sum"] - zero
            if not least - within <= total <= most + within:
                yield Fault(self.life, counter.key, at, total, least, most)

    def series(self, series: str, bars: Bars, begin: float) -> Iterator[Fault]:
        """Judge an imported series hour by hour; ``begin``: the first hour."""
        within = MONEY_WITHIN if series in MONEY else ENERGY_WITHIN
        yield from self._hours(series, SERIES[series], bars, begin, within)

    def home(
        self, sources: Iterable[Mapping[str, object]], bars: Mapping[str, Bars]
    ) -> Iterator[Fault]:
        """Judge what the Energy dashboard takes for the house's consumption.

        ``sources``: the dashboard's; ``bars``: those of their statistics by id.
        """
        counted: dict[int, float] = {}
        begin = 0
        for source in sources:
            for field, sign in _FLOWS.items():
                if (found := source.get(field)) is None:
                    continue
                hours = bars[str(found)]
                begin = max(begin, min(hours))
                for at, more in hours.items():
                    counted[at] = counted.get(at, 0.0) + sign * more
        yield from self._hours(
            "home", SERIES["consumption"], counted, begin, HOME_WITHIN
        )

    def _hours(
        self, what: str, counted: Counted, bars: Bars, begin: float, within: float
    ) -> Iterator[Fault]:
        if not bars:
            return
        hidden = [
            (blind.begin, blind.end)
            for blind in self.life.blinds
            if blind.scope is Scope.HOURS and blind.source == self.life.plant.code
        ]
        at = max(begin, min(bars)) - HOUR
        while (at := at + HOUR) + HOUR <= self.end - SERIES_AGE:
            if any(since < at + HOUR and until > at for since, until in hidden):
                continue
            true = self._count(counted, at + HOUR) - self._count(counted, at)
            shown = bars.get(round(at), 0.0)
            if abs(shown - true) > within:
                yield Fault(self.life, what, at + HOUR, shown, true, true)


type Bars = Mapping[int, float]
"""What a statistic shows for each hour, by its start."""

_FLOWS: Final = {"stat_energy_from": 1, "stat_energy_to": -1}
"""What flows into the house, by the field of a source of the Energy dashboard."""


def worst(faults: Iterable[Fault]) -> list[Fault]:
    """Return the largest fault of each counter of each life, the largest first."""
    largest: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        key = fault.life.plant.code, fault.what
        if key not in largest or largest[key].off < fault.off:
            largest[key] = fault
    return sorted(largest.values(), key=lambda fault: -fault.off)

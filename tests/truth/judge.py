"""The judge: what Home Assistant counted, held against what happened.

A counter knows at most what has happened, and at least what had happened when its row
was last to be had. Nothing else is asked, and nothing is forgiven twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import ceil
from typing import Any, Final, override

from simulator import Scope

from .disturber import DAY, HOUR, MINUTE, Blind
from .life import Life
from .plants import Kind
from .quantities import MONEY, SERIES, Counted, Counter, Since

ENERGY_WITHIN, MONEY_WITHIN = 0.1, 0.02
"""kWh; and 0.01 of the plant's currency, between two numbers rounded to as much."""

SHARE_OF_LARGE: Final = 0.005
"""So much of a large plant's energy may be missing or too much."""

LIVE_AGE: Final = 25 * MINUTE
"""The cloud's lag of up to ten minutes, its steps of five, and the polls'."""

PERIOD_AGE: Final = 3.0 * HOUR
"""Rows of periods are asked for once an hour, and their calls wait for each other."""

_STEP: Final = 5 * MINUTE

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
        self._born = self.world.midnight(self.world.site.connected)
        self._nights = self._midnights(life.begin - 24 * HOUR, end)

    def _within(self, what: str, amount: float) -> float:
        """Return how far (kWh or money) an amount may be from the truth."""
        if what in MONEY:
            return MONEY_WITHIN
        share = SHARE_OF_LARGE if self.life.kind is Kind.LARGE else 0.0
        return max(ENERGY_WITHIN, share * abs(amount))

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
        for midnight in self._nights:
            if not counter.starts_anew(self.world.local(midnight).date()):
                continue
            over = [
                blind.begin - age
                for blind in blinds
                if blind.begin < midnight <= min(at, blind.end + age)
            ]
            if over:
                # The last rows of a day or month were never to be had.
                last = _seen(blinds, min(over), age)
                lost += self._span(counter.counted, max(first, last), midnight)
        return counted - lost

    def _zero(self, counter: Counter, row: Any) -> tuple[float, float]:
        """Return the least and the most that had been counted before a first row."""
        first = row["start"]
        least = self._count(counter.counted, first - _age(counter))
        most = self._count(counter.counted, row["end"])
        day = self.world.local(first).date()
        begun = {
            Since.DAY: day,
            Since.MONTH: day.replace(day=1),
            Since.YEAR: day.replace(month=1, day=1),
            Since.EVER: self.world.site.connected,
        }[counter.since]
        before = self._count(counter.counted, self.world.midnight(begun))
        if any(self._blinds(counter, first)):
            # A new device counts from when it came, one whose first row says 0 from 0.
            return (least if row["state"] else min(least, before)), most
        exact = before + row["state"]
        return (exact, exact) if least - 0.01 <= exact <= most + 0.01 else (least, most)

    def _span(self, counted: Counted, begin: float, end: float) -> float:
        if end <= begin:
            return 0.0
        return self._count(counted, end) - self._count(counted, begin)

    def _between(self, counted: Counted, begin: float, end: float) -> Iterator[float]:
        """Yield the amounts of a time at its steps, and before the first."""
        at = begin // _STEP * _STEP
        while at <= end:
            yield self._count(counted, at)
            at += _STEP

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
        first, zero = rows[0]["start"], rows[0]["sum"]
        lowest, highest = self._zero(counter, rows[0])
        for row in rows:
            at = row["end"]
            if at % HOUR and row is not rows[-1]:
                continue
            most = self._count(counter.counted, at) - lowest
            least = self._least(counter, first, highest, at)
            if counter.key in MONEY:
                # It goes up and down: any row since may be the last one.
                since = _seen(
                    self._blinds(counter, at), at - _age(counter), _age(counter)
                )
                known = list(self._between(counter.counted, max(first, since), at))
                least = min(least, most, *(it - highest for it in known))
                most = max(most, *(it - lowest for it in known))
            total = row["sum"] - zero
            # So much is right of each day, of one that was seen in part too.
            days = ceil((at - first) / DAY)
            of_a_day = max(most, self._span(counter.counted, at - DAY, at))
            within = max(days * ENERGY_WITHIN, self._within(counter.key, of_a_day))
            if counter.key in MONEY:
                within = MONEY_WITHIN
            if not least - within <= total <= most + within:
                yield Fault(self.life, counter.key, at, total, least, most)

    def series(self, series: str, bars: Bars, begin: float) -> Iterator[Fault]:
        """Judge an imported series hour by hour; ``begin``: the first day's midnight."""
        yield from self._hours(series, SERIES[series], bars, begin)

    def periods(
        self, series: str, rows: Iterable[Mapping[str, Any]]
    ) -> Iterator[Fault]:
        """Judge the days or months of an imported series that are over."""
        for row in rows:
            since, until = row["start"], row["end"]
            if until > self.end - SERIES_AGE or self._is_hidden(since, until):
                continue
            true = self._span(SERIES[series], max(since, self._born), until)
            shown = row["change"] or 0.0
            if abs(shown - true) > self._within(series, true):
                what = f"{series} of {(until - since) / DAY:.0f} days"
                yield Fault(self.life, what, until, shown, true, true)

    def home(
        self,
        sources: Iterable[Mapping[str, object]],
        bars: Mapping[str, Bars],
        begin: float,
    ) -> Iterator[Fault]:
        """Judge what the Energy dashboard takes for the house's consumption.

        ``sources``: the dashboard's; ``bars``: those of their statistics by id;
        ``begin``: the first day's midnight.
        """
        counted: dict[int, float] = {}
        for source in sources:
            for field, sign in _FLOWS.items():
                if (found := source.get(field)) is None:
                    continue
                hours = bars[str(found)]
                begin = max(begin, min(hours))
                for at, more in hours.items():
                    counted[at] = counted.get(at, 0.0) + sign * more
        yield from self._hours("home", SERIES["consumption"], counted, begin)

    def _is_hidden(self, since: float, until: float) -> bool:
        """Tell whether rows of hours within a time could not be had."""
        return any(
            blind.begin < until and blind.end > since
            for blind in self.life.blinds
            if blind.scope is Scope.HOURS and blind.source == self.life.plant.code
        )

    def _hours(
        self, what: str, counted: Counted, bars: Bars, begin: float
    ) -> Iterator[Fault]:
        if not bars:
            return
        first = max(begin, min(bars))
        for since, until in self._hours_from(begin):
            if since < first or until > self.end - SERIES_AGE:
                continue
            if self._is_hidden(since, until):
                continue
            true = self._span(counted, since, until)
            shown = bars.get(round(since), 0.0)
            if abs(shown - true) > self._within(what, true):
                yield Fault(self.life, what, until, shown, true, true)

    def _hours_from(self, begin: float) -> Iterator[tuple[float, float]]:
        """Yield the plant's hours from a midnight on.

        Where clocks move by half an hour, a day's last hour has the half one too.
        """
        nights = [begin, *(at for at in self._nights if at > begin)]
        following = self._midnights(self.end, self.end + DAY)
        for midnight, tomorrow in pairwise([*nights, *following]):
            since = midnight
            while since < tomorrow:
                is_last = since + 2 * HOUR > tomorrow
                until = tomorrow if is_last else since + HOUR
                yield since, until
                since = until


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

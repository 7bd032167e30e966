"""A plant's own time: its days and midnights, and the periods of its rows. Pure.

A row is of a period; a call answers all rows of the parent period: the hours of a
day, the days of a month, the months of a year, all years. Instants are epoch seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Self

from .northbound import Period
from .storage.parse import as_list, load_date

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400
ONE_DAY: Final = timedelta(days=1)

# The period of whose rows another period is the parent.
_BELOW: Final = {
    Period.DAY: Period.HOUR,
    Period.MONTH: Period.DAY,
    Period.YEAR: Period.MONTH,
}
_SECONDS: Final = {Period.HOUR: HOUR, Period.FIVE_MINUTES: 5 * MINUTE}

ALL_YEARS: Final = date(1970, 1, 1)
"""The parent of all years."""


def parent(period: Period, day: date) -> date:
    """Return the first day of the period whose rows one call answers."""
    match period:
        case Period.YEAR:
            return ALL_YEARS
        case Period.MONTH:
            return day.replace(month=1, day=1)
        case Period.DAY:
            return day.replace(day=1)
        case Period.HOUR | Period.FIVE_MINUTES:
            return day


def parent_end(period: Period, first: date) -> date:
    """Return the day after such a period."""
    match period:
        case Period.YEAR:
            return date.max
        case Period.MONTH:
            return date(first.year + 1, 1, 1)
        case Period.DAY:
            return (first + timedelta(days=31)).replace(day=1)
        case Period.HOUR | Period.FIVE_MINUTES:
            return first + ONE_DAY


def parents(period: Period, days: Days) -> set[date]:
    """Return the first days of the periods that these days are in."""
    found: set[date] = set()
    for begin, end in days.ranges:
        first = parent(period, begin)
        while first < end:
            found.add(first)
            first = parent_end(period, first)
    return found


def day_of(at: float, zone: tzinfo) -> date:
    """Return the local day of an instant (epoch seconds)."""
    return datetime.fromtimestamp(at, zone).date()


def midnight(day: date, zone: tzinfo) -> int:
    """Return the instant (epoch seconds) at which a local day begins."""
    return round(datetime.combine(day, time(), zone).timestamp())


def noon(day: date, zone: tzinfo) -> datetime:
    """Return an instant that is on a local day, whatever the clocks do."""
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def row_end(period: Period, since: int, zone: tzinfo) -> int:
    """Return when the period of a row that began at `since` ends (epoch seconds).

    It began at midnight or, where clocks went forward then, an hour late; in a zone
    that is a little wrong, a little before or after.
    """
    if seconds := _SECONDS.get(period):
        return since + seconds
    day = day_of(since + 12 * HOUR, zone)
    below = _BELOW[period]
    return midnight(parent_end(below, parent(below, day)), zone)


def day_before(period: Period, at: float, zone: tzinfo) -> date:
    """Return the first local day of the period before that of an instant."""
    first = parent(_BELOW[period], day_of(at, zone))
    return parent(_BELOW[period], first - ONE_DAY)


def hour_of(at: float, grid: int) -> int:
    """Return the start of an instant's hour, on the grid that `grid` lies on."""
    return round(at - (at - grid) % HOUR)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, from `begin` to before `end` (epoch seconds), and its ISO date."""

    begin: float
    end: float
    date: date
    period: str
    zone: tzinfo

    @classmethod
    def of(cls, at: float, zone: tzinfo) -> Self:
        """Return the local day of an instant."""
        day = day_of(at, zone)
        begin, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
        return cls(begin, end, day, day.isoformat(), zone)

    def has(self, at: float, zone: tzinfo) -> bool:
        """Tell whether an instant is on this day, in this zone."""
        return zone is self.zone and self.begin <= at < self.end


@dataclass(frozen=True, slots=True)
class Days:
    """A set of days: ranges in order, apart from each other, ends excluded."""

    ranges: tuple[tuple[date, date], ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[tuple[date, date]]) -> Self:
        """Return the days of ranges that may touch and overlap."""
        merged: list[tuple[date, date]] = []
        for begin, end in sorted(item for item in ranges if item[0] < item[1]):
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        return cls(tuple(merged))

    @classmethod
    def between(cls, begin: date, end: date) -> Self:
        """Return the days from `begin` up to, not including, `end`."""
        return cls.of([(begin, end)])

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.ranges)

    def __len__(self) -> int:
        """Return how many there are."""
        return sum((end - begin).days for begin, end in self.ranges)

    def __contains__(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return any(begin <= day < end for begin, end in self.ranges)

    def __or__(self, other: Days) -> Days:
        """Return the days of both."""
        return Days.of([*self.ranges, *other.ranges])

    def __sub__(self, other: Days) -> Days:
        """Return the days that the other does not have."""
        left = list(self.ranges)
        for begin, end in other.ranges:
            left = [
                part
                for first, last in left
                for part in ((first, min(last, begin)), (max(first, end), last))
                if part[0] < part[1]
            ]
        return Days(tuple(left))

    def __and__(self, other: Days) -> Days:
        """Return the days that both have."""
        return self - (self - other)

    def dump(self) -> list[list[str]]:
        """Return the ranges as JSON data."""
        return [[begin.isoformat(), end.isoformat()] for begin, end in self.ranges]

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError."""
        ranges: list[tuple[date, date]] = []
        for item in as_list(saved):
            first, last = as_list(item)
            ranges.append((load_date(first), load_date(last)))
        return cls.of(ranges)

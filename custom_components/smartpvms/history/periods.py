"""Hours, days, months and years as the plant counts them. Pure.

A row is of a level; a call answers all rows of the period above it, its parent:
the hours of a day, the days of a month, the months of a year, all years.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from .days import ONE_DAY, Days
from .pieces import HOUR


class Level(StrEnum):
    """The length of a row's period, the coarsest first."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


ALWAYS: Final = date(1970, 1, 1)
"""The parent of all years."""


def parent(level: Level, day: date) -> date:
    """Return the first day of the period whose rows one call answers."""
    match level:
        case Level.YEAR:
            return ALWAYS
        case Level.MONTH:
            return day.replace(month=1, day=1)
        case Level.DAY:
            return day.replace(day=1)
        case Level.HOUR:
            return day


def parent_end(level: Level, first: date) -> date:
    """Return the day after such a period."""
    match level:
        case Level.YEAR:
            return date.max
        case Level.MONTH:
            return date(first.year + 1, 1, 1)
        case Level.DAY:
            return (first + timedelta(days=31)).replace(day=1)
        case Level.HOUR:
            return first + ONE_DAY


def parents(level: Level, days: Days) -> set[date]:
    """Return the first days of the periods that these days are in."""
    found: set[date] = set()
    for begin, end in days.ranges:
        first = parent(level, begin)
        while first < end:
            found.add(first)
            first = parent_end(level, first)
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


def row_end(level: Level, since: int, zone: tzinfo) -> int:
    """Return when the period of a row that began at `since` ends (epoch seconds).

    It began at midnight or, where clocks went forward then, an hour late; in a zone
    that is a little wrong, a little before or after.
    """
    if level is Level.HOUR:
        return since + HOUR
    day = day_of(since + 12 * HOUR, zone)
    if level is Level.DAY:
        return midnight(day + ONE_DAY, zone)
    below = Level.DAY if level is Level.MONTH else Level.MONTH
    return midnight(parent_end(below, parent(below, day)), zone)


def hour_of(at: float, grid: int) -> int:
    """Return the start of an instant's hour, on the grid that `grid` lies on."""
    return round(at - (at - grid) % HOUR)

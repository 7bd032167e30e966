"""What a period of history takes: its bounds, its calls, its rows' local times.

Pure. A bound with a zone is an instant; one without is the local time of
whatever plant it is applied to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from ..local_time import ONE_DAY, Days, noon, parent, parents
from ..northbound import Period
from ..northbound.bounds import EASTERNMOST, LAST_YEAR, WESTERNMOST
from ..northbound.client import LONGEST_HISTORY

# FusionSolar has no older data, and date arithmetic stays in range.
EARLIEST: Final = datetime(2000, 1, 1)  # noqa: DTZ001
LATEST: Final = datetime(LAST_YEAR, 1, 1)  # noqa: DTZ001

_TICK: Final = timedelta(microseconds=1)
_QUARTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Slot:
    """When a call is about.

    `at` is in the day, month or year whose rows it answers (2.4 to 2.7, 2.10 to
    2.13); with an `end` it is the start of the time itself (later 2.10).
    """

    at: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The period [start, end) of a plant with this zone."""

    start: datetime
    end: datetime
    zone: tzinfo

    @classmethod
    def of(
        cls,
        period: Period,
        start: datetime | None,
        end: datetime | None,
        zone: tzinfo,
        now: datetime,
    ) -> Span:
        """Return the period that was asked for, missing bounds filled in.

        The default end is now. The default start is that of the day (shorter rows), the
        month (days), the year (months), or the first year (years).
        """
        last = within_reason(end) if end else now
        if start is None:
            latest = in_zone(last, zone) - _TICK
            return cls(_first(period, latest.date()), last, zone)
        return cls(within_reason(start), last, zone)

    @property
    def is_empty(self) -> bool:
        """Tell whether it ends before, or when, it starts."""
        start, end = self.instants()
        return end <= start

    def until(self, now: datetime) -> Span:
        """Return the part of it that is over."""
        _, end = self.instants()
        return self if end <= now else Span(self.start, now, self.zone)

    def length(self) -> timedelta:
        """Return how long it is by the plant's clocks."""
        return in_zone(self.end, self.zone) - in_zone(self.start, self.zone)

    def holds(self, at: datetime) -> bool:
        """Tell whether a local time with its offset is in it."""
        return not _is_before(at, self.start) and _is_before(at, self.end)

    def slots(self, period: Period, now: datetime) -> Iterator[Slot]:
        """Yield the calls for its rows; none of them is about a time after `now`."""
        past = self.until(now)
        if not past.is_empty:
            for at in past.moments(period, now):
                yield Slot(min(at, now))

    def pieces(self, now: datetime) -> Iterator[Slot]:
        """Yield the calls for its five-minute rows where one takes three days."""
        start, end = self.until(now).instants()
        while start < end:
            stop = min(end, start + LONGEST_HISTORY)
            yield Slot(start, stop)
            start = stop

    def instants(self) -> tuple[datetime, datetime]:
        """Return the bounds in UTC: times of one zone compare by the wall clock."""
        bounds = (in_zone(bound, self.zone) for bound in (self.start, self.end))
        start, end = (bound.astimezone(UTC) for bound in bounds)
        return start, end

    def moments(self, period: Period, now: datetime) -> Iterator[datetime]:
        """Yield a moment (UTC) in each day, month or year that it touches.

        Moments in a month or year are the same for all plants, those in a day for all
        plants of a zone, so that plants share calls.
        """
        first = in_zone(self.start, self.zone).date()
        last = (in_zone(self.end, self.zone) - _TICK).date()
        for begin in sorted(parents(period, Days.between(first, last + ONE_DAY))):
            match period:
                case Period.YEAR:
                    yield now
                case Period.MONTH:
                    yield datetime(begin.year, 7, 1, tzinfo=UTC)
                case Period.DAY:
                    yield datetime(begin.year, begin.month, 15, 12, tzinfo=UTC)
                case _:
                    yield noon(begin, self.zone)


def local_times(
    period: Period, slot: Slot, starts: Sequence[datetime], zone: tzinfo
) -> list[datetime]:
    """Return the starts of the rows that a call gave for a plant, as it dates them.

    The interface names no zone, and `zone` may be a guess: days, months and years
    start at the plant's midnight, and so does a day of shorter rows.
    """
    if period in (Period.DAY, Period.MONTH, Period.YEAR):
        return [_from_midnight(at, zone) for at in starts]
    if slot.end or not starts:
        return [at.astimezone(zone) for at in starts]
    return _on_one_day(starts, slot.at, zone)


def _on_one_day(
    starts: Sequence[datetime], asked: datetime, zone: tzinfo
) -> list[datetime]:
    """Return times as those of the local day that was asked for."""
    local = [at.astimezone(zone) for at in starts]
    day = asked.astimezone(zone).date()
    if min(local).date() == day == max(local).date():
        return local
    found = _from_midnight(min(starts), zone).tzinfo
    if not isinstance(found, timezone):
        return local
    # An offset knows of no summer time: the clocks may have been put back that day.
    day = asked.astimezone(found).date()
    local = [at.astimezone(found) for at in starts]
    return [at if at.date() <= day else _an_hour_back(at) for at in local]


def _an_hour_back(at: datetime) -> datetime:
    """Return a time in the offset of a clock that has been put back."""
    offset = (at.utcoffset() or timedelta()) - timedelta(hours=1)
    return at.astimezone(timezone(offset))


def _from_midnight(at: datetime, zone: tzinfo) -> datetime:
    """Return a time that is midnight at the plant, in the offset nearest to `zone`'s.

    A few minutes after midnight, where the first rows are missing, are left as such.
    """
    local = at.astimezone(zone)
    wall = local.replace(tzinfo=None)
    midnight = datetime.combine((wall + ONE_DAY / 2).date(), time())
    known = local.utcoffset() or timedelta()
    offset = known + round((midnight - wall) / _QUARTER) * _QUARTER
    if offset == known:
        return local
    if offset > EASTERNMOST:
        offset -= ONE_DAY
    elif offset < WESTERNMOST:
        offset += ONE_DAY
    return at.astimezone(timezone(offset))


def _first(period: Period, day: date) -> datetime:
    """Return the local start of a period that was given without one."""
    if period is Period.YEAR:
        return EARLIEST
    return datetime.combine(parent(period, day), time())


def in_zone(bound: datetime, zone: tzinfo) -> datetime:
    """Return a bound in a plant's zone; one without a zone is the plant's."""
    if bound.tzinfo is None:
        return bound.replace(tzinfo=zone)
    return bound.astimezone(zone)


def _is_before(at: datetime, bound: datetime) -> bool:
    """Tell whether a local time with its offset is before a bound."""
    if bound.tzinfo is None:
        return at.replace(tzinfo=None) < bound
    return at.astimezone(UTC) < bound.astimezone(UTC)


def within_reason(at: datetime) -> datetime:
    """Return a time, or the end of what can be reckoned with that it is beyond."""
    earliest, latest = (bound.replace(tzinfo=at.tzinfo) for bound in (EARLIEST, LATEST))
    return min(max(at, earliest), latest)

"""The period that a question is about, in the words of an assistant. Pure.

Texts are a year, a month, a day or a local time of the plant; instants are epoch
seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
import re
from typing import Final

from ..local_time import HOUR, ONE_DAY, day_of, midnight, parent, parent_end
from ..northbound import Period
from ..northbound.bounds import LAST_YEAR

FIRST_YEAR: Final = 2000
MOST_ROWS: Final = 400

ROWS: Final = (Period.HOUR, Period.DAY, Period.MONTH, Period.YEAR)
"""The lengths that rows of an answer may have."""

_BELOW: Final = {
    Period.DAY: Period.HOUR,
    Period.MONTH: Period.DAY,
    Period.YEAR: Period.MONTH,
}
"""By a period, the one whose parent it is."""


class CannotAnswerError(ValueError):
    """A question that has no answer; the text says why, to the assistant."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of a plant, by its own clock without an offset; the end is excluded."""

    begin: datetime
    end: datetime

    def instants(self, zone: tzinfo) -> tuple[int, int]:
        """Return both ends as instants of a zone, at whole hours of its clocks."""
        return _instant(self.begin, zone), _instant(self.end, zone)

    def until(self, now: datetime) -> Stretch:
        """Return the part of it that is over at a local time."""
        return Stretch(self.begin, min(self.end, now))

    def years_before(self, years: int) -> Stretch:
        """Return the same period of an earlier year."""
        return Stretch(_before(self.begin, years), _before(self.end, years))


def stretch(begin: str | None, end: str | None, now: datetime, zone: tzinfo) -> Stretch:
    """Return the period from one text to another; `now` is the local time of `zone`.

    Without both: today. Without an end: the year, month or day that the first text
    names, or from a time until now. Raises CannotAnswerError.
    """
    if begin is None and end is not None:
        raise CannotAnswerError("'from' is missing")
    first = _unit(begin, zone) if begin else _day(now.date())
    if end is not None:
        last = _unit(end, zone)
    elif begin is not None and first.begin == first.end:
        last = Stretch(now, now)
    else:
        last = first
    found = Stretch(first.begin, last.end)
    if found.end <= found.begin:
        raise CannotAnswerError("'to' is before 'from'")
    if found.begin >= now:
        raise CannotAnswerError("this period is in the future: there are no forecasts")
    return found


def edges(period: Period | None, begin: int, end: int, zone: tzinfo) -> list[int]:
    """Return the ends of rows of a length, without one those of the whole.

    The first and the last row may be a part only. Raises CannotAnswerError for more
    than `MOST_ROWS` of them.
    """
    found = [begin]
    if period is not None:
        for at in _starts(period, begin, zone):
            if at >= end:
                break
            if at > begin:
                found.append(at)
            if len(found) > MOST_ROWS:
                raise CannotAnswerError(
                    f"more than {MOST_ROWS} rows: ask for longer ones or for less time"
                )
    return [*found, end]


_LABELS: Final = {Period.YEAR: "%Y", Period.MONTH: "%Y-%m", Period.DAY: "%Y-%m-%d"}


def label(period: Period, at: int, zone: tzinfo) -> str:
    """Return what a row that begins at an instant is called."""
    local = datetime.fromtimestamp(at, zone)
    if form := _LABELS.get(period):
        return local.strftime(form)
    return local.isoformat(timespec="minutes")


def row_bounds(period: Period, at: int, zone: tzinfo) -> tuple[int, int]:
    """Return when the whole hour, day, month or year around an instant begins and ends."""
    if period not in _BELOW:
        return at, at + HOUR
    first = parent(_BELOW[period], day_of(at, zone))
    return midnight(first, zone), midnight(parent_end(_BELOW[period], first), zone)


def local_now(at: float, zone: tzinfo) -> datetime:
    """Return an instant by the clock of a zone, without its offset."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def _starts(period: Period, begin: int, zone: tzinfo) -> Iterator[int]:
    at, _ = row_bounds(period, begin, zone)
    while True:
        yield at
        _, at = row_bounds(period, at, zone)


_UNIT: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def _unit(text: str, zone: tzinfo) -> Stretch:
    """Return the year, month or day that a text names; a time is empty.

    A time with an offset is an instant, one without is of the zone.
    """
    known = text.strip()
    try:
        if match := _UNIT.fullmatch(known):
            year, month, day = (int(item) if item else None for item in match.groups())
            found = _span_of(year or 0, month, day)
        else:
            at = datetime.fromisoformat(known)
            at = (at.astimezone(zone) if at.tzinfo else at).replace(
                tzinfo=None, minute=0, second=0, microsecond=0
            )
            found = Stretch(at, at)
    except ValueError, OverflowError:
        raise CannotAnswerError(
            f"no year, month, day or local time: {known[:40]!r}"
        ) from None
    if not FIRST_YEAR <= found.begin.year < LAST_YEAR:
        raise CannotAnswerError(f"the year is not between {FIRST_YEAR} and {LAST_YEAR}")
    return found


def _span_of(year: int, month: int | None, day: int | None) -> Stretch:
    if day is not None:
        return _day(date(year, month or 0, day))
    below = Period.DAY if month else Period.MONTH
    first = date(year, month or 1, 1)
    return Stretch(_midnight(first), _midnight(parent_end(below, first)))


def _day(day: date) -> Stretch:
    return Stretch(_midnight(day), _midnight(day + ONE_DAY))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _instant(local: datetime, zone: tzinfo) -> int:
    """Return the end of the hour in which a local time is; a whole hour is its own."""
    at = local.replace(tzinfo=zone).astimezone(UTC)
    rest = timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    whole = at if not rest else at - rest + timedelta(hours=1)
    return round(whole.timestamp())


def _before(local: datetime, years: int) -> datetime:
    year = local.year - years
    try:
        return local.replace(year=year)
    except ValueError:
        # On 29 February: the end of that February, whichever end of a period it is.
        return local.replace(year=year, month=3, day=1)

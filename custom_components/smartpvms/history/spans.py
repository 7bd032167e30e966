"""What the rows of an answer say about the series. Pure.

Amounts in kWh or the plant's currency, times in epoch seconds.
"""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from itertools import pairwise
from typing import Final

from ..catalogue.series import DEVICE_CHARGE, DEVICE_DISCHARGE, SERIES, amounts
from ..local_time import HOUR, ONE_DAY, day_of, hour_of, midnight, row_end
from ..northbound import Period, Values
from .feeds import LAG, Feed, Track
from .merge import Span
from .progress import Progress

type Rows = Sequence[tuple[int, Values]]
"""The rows of a plant: when their period began, and their KPIs."""

_STORAGE_KEYS: Final = {DEVICE_CHARGE: "charge_cap", DEVICE_DISCHARGE: "discharge_cap"}


def spans(
    feed: Feed, rows: Rows, progress: Progress, zone: tzinfo, now: float
) -> dict[str, list[Span]]:
    """Return the spans of each series, and note in `progress` which there are.

    A series begins with its first amount other than 0, so that nobody gets a
    series of what the plant does not have. Series that the plant's own hourly
    rows have are left to them.
    """
    rows = sorted(row for row in rows if row[0] < now)
    if feed == _HOURS:
        rows = _folded(rows, zone)
    periods = list(_periods(feed.period, [since for since, _ in rows], zone, now))
    found: dict[str, list[Span]] = {}
    for series in SERIES.values():
        if feed.track is not Track.PLANT and series.key in progress.hourly:
            continue
        values = amounts(series.sources, (row for _, row in rows))
        known = [
            Span(since, until, amount)
            for (since, until), amount in zip(periods, values, strict=True)
            if amount is not None
        ]
        if known and feed == _HOURS:
            progress.hourly.add(series.key)
        if series.key not in progress.series:
            if not any(span.amount for span in known):
                continue
            progress.series.add(series.key)
        found[series.key] = known
    return found


_HOURS: Final = Feed(Track.PLANT, Period.HOUR)


def _folded(rows: Rows, zone: tzinfo) -> list[tuple[int, Values]]:
    """Return hours, with a shorter one added to the hour before.

    Where clocks move by half an hour, a day ends with half an hour.
    """
    folded: list[tuple[int, Values]] = []
    for since, row in rows:
        day = day_of(since, zone)
        is_short = since + HOUR > midnight(day + ONE_DAY, zone)
        if is_short and folded and folded[-1][0] == since - HOUR:
            start, before = folded.pop()
            keys = before.keys() | row.keys()
            row = {key: before.get(key, 0.0) + row.get(key, 0.0) for key in keys}
            since = start
        folded.append((since, row))
    return folded


def _periods(
    period: Period, starts: Sequence[int], zone: tzinfo, now: float
) -> Iterable[tuple[int, int]]:
    """Yield the period of each row; a running period ends with this hour."""
    ends = [row_end(period, since, zone) for since in starts]
    following_rows = enumerate(pairwise(starts)) if period is not Period.HOUR else ()
    for index, (_, following) in following_rows:
        # The data know better than our idea of the zone where a period ends.
        if abs(following - ends[index]) <= _TOLERATED:
            ends[index] = following
    for since, end in zip(starts, ends, strict=True):
        grid = midnight(day_of(now, zone), zone)
        yield since, max(since + HOUR, min(end, hour_of(now, grid) + HOUR))


# A guessed zone may be off by an hour of summer time, or a few.
_TOLERATED: Final = 3 * HOUR


def midnights(feed: Feed, rows: Rows) -> set[int]:
    """Return the local midnights that an answer tells: the plainest of them.

    Years and months, the first and last of the days, and the start of a whole day
    of hours.
    """
    starts = sorted(since for since, _ in rows)
    match feed.period:
        case Period.YEAR | Period.MONTH:
            return set(starts)
        case Period.DAY:
            return {*starts[:1], *starts[-1:]}
    is_whole_day = feed == _HOURS and 23 <= len(starts) <= 25
    spread = starts[-1] - starts[0] if is_whole_day else 0
    return {starts[0]} if 22 * HOUR <= spread <= 24 * HOUR else set()


def storage_rows(
    devices: Iterable[Rows],
) -> list[tuple[int, Values]]:
    """Return the sums of a plant's batteries, where all of them have a row.

    `charge_cap` and `discharge_cap` of 3.8 to 3.10 are of the period.
    """
    known = [dict(rows) for rows in devices]
    if not known:
        return []
    common = set.intersection(*(set(rows) for rows in known))
    return [
        (
            since,
            {
                name: round(sum(rows[since][key] for rows in known), 6)
                for name, key in _STORAGE_KEYS.items()
                if all(key in rows[since] for rows in known)
            },
        )
        for since in sorted(common)
    ]


def first_start(rows: Rows) -> int | None:
    """Return the start of the first row that has a value other than 0."""
    starts = [since for since, row in rows if any(row.get(key) for key in _MEASURED)]
    return min(starts, default=None)


_MEASURED: Final = tuple(
    {key for series in SERIES.values() for terms in series.sources for key in terms}
)


def delivered_until(rows: Rows, now: float) -> int:
    """Return the end of the last finished hour that an answer has, 0 for none.

    An hour that has just ended may still lack its last minutes.
    """
    ends = (since + HOUR for since, row in rows if row)
    return max((end for end in ends if end + LAG <= now), default=0)

"""What the rows of an answer say about the series. Pure.

Amounts in kWh or the plant's currency, times in epoch seconds.
"""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from itertools import pairwise
from typing import Final

from ..catalogue.series import (
    BATTERY_CHARGE,
    BATTERY_DISCHARGE,
    DEVICE_CHARGE,
    DEVICE_DISCHARGE,
    GRID_IMPORT,
    SERIES,
    amount_of,
    keys_of,
)
from ..local_time import HOUR, ONE_DAY, day_of, hour_of, midnight, row_end
from ..northbound import Period, Values
from .facts import JOINED, Rows, awaits, facts, is_metered, joined
from .feeds import HOURS, LAG, Feed, Track
from .merge import Span
from .progress import Progress

_STORAGE_KEYS: Final = {DEVICE_CHARGE: "charge_cap", DEVICE_DISCHARGE: "discharge_cap"}
_OF_STORAGE: Final = frozenset({BATTERY_CHARGE, BATTERY_DISCHARGE, GRID_IMPORT})


def spans(
    feed: Feed,
    rows: Rows,
    progress: Progress,
    zone: tzinfo,
    now: float,
    *,
    has_battery: bool = False,
) -> dict[str, list[Span]]:
    """Return the spans of each series, and note in `progress` which there are.

    A series begins with its first amount other than 0: a plant gets no series of what
    it does not have. Series that the plant's own hourly rows have are left to them.
    """
    rows = sorted(row for row in rows if row[0] < now)
    if feed == HOURS:
        rows = _folded(rows, zone)
    periods = list(_periods(feed.period, [since for since, _ in rows], zone, now))
    known_rows = _facts(feed, rows, progress, has_battery=has_battery)
    known_rows = _joined(feed, known_rows, progress, zone, now)
    found: dict[str, list[Span]] = {}
    for series in SERIES.values():
        if feed.track is not Track.PLANT and series.key in progress.hourly:
            continue
        if feed.track is Track.STORAGE and series.key not in _OF_STORAGE:
            continue
        known = [
            Span(since, until, amount)
            for (since, until), (_, row) in zip(periods, known_rows, strict=True)
            if (amount := amount_of(series.operands, row)) is not None
        ]
        if known and feed == HOURS:
            progress.hourly.add(series.key)
        if series.key not in progress.series:
            if not any(span.amount for span in known):
                continue
            progress.series.add(series.key)
        found[series.key] = known
    return found


def _facts(
    feed: Feed, rows: Rows, progress: Progress, *, has_battery: bool
) -> list[tuple[int, Values]]:
    """Return the rows completed; those of devices are complete as they are."""
    if feed.track is Track.DEVICES:
        return list(rows)
    if is_metered(rows):
        progress.metered = True
    has_battery = has_battery or feed.track is Track.STORAGE
    return [
        (since, facts(row, metered=progress.metered, has_battery=has_battery))
        for since, row in rows
    ]


def _joined(
    feed: Feed,
    rows: list[tuple[int, Values]],
    progress: Progress,
    zone: tzinfo,
    now: float,
) -> list[tuple[int, Values]]:
    """Return the rows of finished periods joined with those of the other track."""
    if feed.track is Track.DEVICES or feed.period not in JOINED:
        return rows
    over = [row for row in rows if row_end(feed.period, row[0], zone) <= now]
    found, left = joined(over, progress.parts.get(feed.period, {}))
    waiting = {
        since: part
        for since, part in left.items()
        if day_of(since, zone) not in progress.holds(Feed(awaits(part), feed.period))
    }
    progress.note_parts(feed.period, waiting)
    return found + rows[len(over) :]


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
    is_whole_day = feed == HOURS and 23 <= len(starts) <= 25
    spread = starts[-1] - starts[0] if is_whole_day else 0
    return {starts[0]} if 22 * HOUR <= spread <= 24 * HOUR else set()


def storage_rows(devices: Iterable[Rows]) -> list[tuple[int, Values]]:
    """Return the sums of a plant's batteries.

    `charge_cap` and `discharge_cap` of 3.8 to 3.10 are of the period. Each battery
    counts from its first to its last row, so that one added later or broken leaves the
    others theirs; a row that is missing in between makes the sum unknown.
    """
    sums: dict[int, dict[str, float]] = {}
    known = [dict(rows) for rows in devices]
    times = sorted({since for rows in known for since in rows})
    for name, key in _STORAGE_KEYS.items():
        counted = [
            {since: row[key] for since, row in rows.items() if key in row}
            for rows in known
        ]
        lives = [amounts for amounts in counted if amounts]
        for since in times:
            alive = [life for life in lives if min(life) <= since <= max(life)]
            if alive and all(since in life for life in alive):
                total = sum(life[since] for life in alive)
                sums.setdefault(since, {})[name] = round(total, 6)
    return sorted(sums.items())


def first_start(rows: Rows) -> int | None:
    """Return the start of the first row that has a value other than 0."""
    starts = [since for since, row in rows if any(row.get(key) for key in _MEASURED)]
    return min(starts, default=None)


_MEASURED: Final = tuple(
    {key for series in SERIES.values() for key in keys_of(series.operands)}
)


def delivered_until(rows: Rows, now: float) -> int:
    """Return the end of the last finished hour that an answer has, 0 for none.

    An hour that has just ended may still lack its last minutes.
    """
    ends = (since + HOUR for since, row in rows if row)
    return max((end for end in ends if end + LAG <= now), default=0)

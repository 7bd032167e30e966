"""Rows of days, months and years, turned into readings. Pure.

A value and the start of its period always come from the same row; the start
is the row's own. Times are epoch seconds.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Final

from ..catalogue import PeriodKpi
from ..local_time import HOUR, day_before, midnight
from ..northbound import Period, Values
from .memory import Memory
from .readings import Reading

# Our idea of the plant's zone may be this far off.
TOLERANCE: Final = 2 * HOUR

type Rows = Mapping[float, Values]
"""Rows of one plant or device by their start."""


def earliest_start(period: Period, now: float, zone: tzinfo) -> float:
    """Return the start of the period before the current one, in the plant's zone.

    For a while the current period has no row yet; older rows tell nothing of it.
    """
    return midnight(day_before(period, now, zone), zone) - TOLERANCE


def by_key[K](
    asked: Iterable[K], rows: Iterable[tuple[K, datetime | None, Values]]
) -> dict[K, Rows]:
    """Return the rows of each plant or device that was asked; those of no time are left out."""
    found: dict[K, dict[float, Values]] = {key: {} for key in asked}
    for key, start, values in rows:
        if start is not None and key in found:
            found[key][start.timestamp()] = values
    return dict(found)


def known_start(reading: Reading | None) -> float | None:
    """Return the start of the newest row that a reading is made of."""
    memories = reading.memories.values() if reading else ()
    return max((m.last_reset for m in memories if m.last_reset), default=None)


def rows_to_apply(
    starts: Iterable[float], known: float | None, earliest: float, now: float
) -> list[float]:
    """Return the starts of the rows to show, one after the other.

    That is the newest row that has begun; before it, where a new period has, what
    the one that was shown last has come to. There is no way back to an older row.
    """
    begun = {start for start in starts if start <= now}
    least = earliest if known is None else max(earliest, known)
    newest = max((start for start in begun if start >= least), default=None)
    if newest is None:
        return []
    return [known, newest] if known in begun and known != newest else [newest]


def advance_row(
    before: Reading | None,
    kpis: Iterable[PeriodKpi],
    row: Values,
    *,
    start: float,
    at: float,
    earliest: float,
) -> Reading:
    """Return the reading after a row that came at `at` and begins at `start`.

    A total that the row leaves out keeps its value with its own start, as long as
    it is no older than `earliest`.
    """
    values: dict[str, float] = {}
    memories: dict[str, Memory] = {}
    for kpi in kpis:
        value = row.get(kpi.source)
        value = None if value is None else round(value * kpi.factor, 6)
        if kpi.counter is None:
            if value is not None:
                values[kpi.key] = value
            continue
        memory = before.memories.get(kpi.key) if before else None
        if value is not None:
            memory = Memory(value, value, at, start)
        if memory is None:
            continue
        memories[kpi.key] = memory
        if memory.value is not None and (memory.last_reset or 0.0) >= earliest:
            values[kpi.key] = memory.value
    return Reading(at, values, memories)

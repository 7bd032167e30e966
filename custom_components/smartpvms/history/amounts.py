"""What a series counts in periods of a plant's own time, from its spans. Pure.

The past is known by the hour for some weeks, before that by the day, month or year: a
period that is finer than what is known has no amount of its own. Instants are epoch
seconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import pairwise
from typing import Final

from ..local_time import HOUR, ONE_DAY, Days, day_of
from .feeds import DAYS, HOURS
from .merge import Span
from .progress import Progress

# What the rows of days leave of their month's row, by rounding: in kWh or money, and in
# parts of the amount.
REST: Final = 0.1
REST_SHARE: Final = 0.001

LONGEST_SPAN: Final = 366 * 24 * HOUR
"""The span of a year's row; it stands at its last hour."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What was counted from `since` to `until`, None where it is not told apart."""

    since: int
    until: int
    amount: float | None


def amounts(spans: Iterable[Span], edges: Sequence[int]) -> list[Amount]:
    """Return what spans count between edges, which are in order.

    A period that a span reaches into from outside has none, unless that span is a mere
    rest.
    """
    periods = len(edges) - 1
    inside, open_ = [0.0] * periods, [0.0] * periods
    for span in spans:
        since, until = _in_one_hour(span)
        if until <= edges[0] or since >= edges[-1]:
            continue
        first = bisect_right(edges, since) - 1
        if 0 <= first < periods and until <= edges[first + 1]:
            inside[first] += span.amount
            continue
        for at in range(max(0, first), periods):
            if edges[at] >= until:
                break
            open_[at] += abs(span.amount)
    return [
        Amount(
            since,
            until,
            round(inside[at], 6)
            if open_[at] <= max(REST, REST_SHARE * abs(inside[at]))
            else None,
        )
        for at, (since, until) in enumerate(pairwise(edges))
    ]


def wide(spans: Iterable[Span], edges: Sequence[int]) -> list[Span]:
    """Return the spans that reach over an edge, rests left out: why amounts lack."""
    return [
        span
        for span in spans
        if abs(span.amount) > REST
        and span.until - span.since > HOUR
        and span.until > edges[0]
        and span.since < edges[-1]
        and (
            span.since < edges[0] or span.until > edges[bisect_right(edges, span.since)]
        )
    ]


def days_without_rows(
    spans: Iterable[Span], days: Days, progress: Progress, zone: tzinfo
) -> Days:
    """Return which of some days have no row and were not asked for with success."""
    counted = Days.of(
        (day_of(span.since, zone), day_of(span.until - 1, zone) + ONE_DAY)
        for span in spans
    )
    return days - counted - progress.holds(DAYS) - progress.holds(HOURS)


def _in_one_hour(span: Span) -> tuple[int, int]:
    """Return when a span was; one of an hour is where its middle is.

    Hours of a zone that was learnt later may be half an hour off.
    """
    if span.until - span.since > HOUR:
        return span.since, span.until
    middle = (span.since + span.until) // 2
    return middle, middle

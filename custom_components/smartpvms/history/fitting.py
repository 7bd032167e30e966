"""Hours estimated from powers, fitted to the days that the plant's rows tell. Pure.

Energies in kWh, times in epoch seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from ..catalogue.series import CONSUMPTION
from ..local_time import HOUR
from .merge import Span

ESTIMATED: Final = CONSUMPTION
"""The series whose hours are integrals of powers where the plant's own lack it."""


def told(standing: Iterable[Span], days: Iterable[tuple[int, int]]) -> list[Span]:
    """Return what some days count, of those that count anything."""
    spans = list(standing)
    found: list[Span] = []
    for since, until in days:
        inside = [span for span in spans if _is_in(span, since, until)]
        if inside:
            found.append(Span(since, until, sum(span.amount for span in inside)))
    return found


def fitted(hours: Iterable[Span], days: Sequence[Span]) -> list[Span]:
    """Return estimated hours so that each day adds up to what its row tells.

    Hours of no such day stay as they are; those that are a part of one are left out: the
    day as a whole is right.
    """
    rest, found = list(hours), list[Span]()
    for day in days:
        inside = [span for span in rest if _is_in(span, day.since, day.until)]
        rest = [span for span in rest if span not in inside]
        if sum(span.until - span.since for span in inside) == day.until - day.since:
            found += _scaled(inside, day.amount)
    return sorted([*rest, *found], key=_since)


def refitted(standing: Iterable[Span], days: Sequence[Span]) -> list[Span]:
    """Return the estimated hours to change, so that they do not override these days.

    A part of a day stays where the day's row tells at least as much.
    """
    spans = [span for span in standing if span.until - span.since == HOUR]
    found: list[Span] = []
    for day in days:
        inside = [span for span in spans if _is_in(span, day.since, day.until)]
        is_whole = len(inside) * HOUR == day.until - day.since
        if is_whole or sum(span.amount for span in inside) > day.amount:
            found += _scaled(inside, day.amount)
    return found


def _scaled(spans: Sequence[Span], amount: float) -> list[Span]:
    """Return spans that add up to an amount, evenly where they say nothing."""
    total = sum(span.amount for span in spans)
    return [
        replace(
            span,
            amount=round(
                span.amount * amount / total if total else amount / len(spans), 6
            ),
        )
        for span in spans
    ]


def _is_in(span: Span, since: int, until: int) -> bool:
    return since <= span.since and span.until <= until


def _since(span: Span) -> int:
    return span.since

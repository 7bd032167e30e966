"""Amounts of periods, from spans of hours, days and months."""

from datetime import UTC, date

import pytest

from custom_components.smartpvms.history.amounts import amounts, days_without_rows, wide
from custom_components.smartpvms.history.feeds import DAYS
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.local_time import DAY, HOUR, Days


def of(spans: list[Span], *edges: int) -> list[float | None]:
    """Return the amounts between edges."""
    return [row.amount for row in amounts(spans, edges)]


def test_a_period_counts_what_lies_in_it() -> None:
    """At its edges too; what lies outside of all is another one's."""
    spans = [Span(at, at + HOUR, 1.0) for at in range(-HOUR, 4 * HOUR, HOUR)]
    assert of(spans, 0, 2 * HOUR, 3 * HOUR) == [2.0, 1.0]
    assert of([], 0, HOUR) == [0.0]


def test_a_span_over_an_edge_leaves_both_sides_unknown() -> None:
    """Unless it is a rest: what rounding has left of a month's row."""
    month = Span(0, 3 * DAY, 30.0)
    assert of([month], 0, DAY, 3 * DAY, 4 * DAY) == [None, None, 0.0]
    assert of([month], 0, 3 * DAY) == [30.0]
    assert of([month], DAY, 2 * DAY) == [None]
    assert of([month], -DAY, DAY) == [None]
    assert wide([month], [0, DAY, 3 * DAY]) == [month]
    assert wide([month], [DAY, 2 * DAY]) == wide([month], [-DAY, DAY]) == [month]
    assert wide([month], [0, 3 * DAY]) == wide([month], [3 * DAY, 4 * DAY]) == []
    rest = [Span(0, 3 * DAY, 0.05), Span(0, HOUR, 2.0)]
    assert of(rest, 0, DAY, 3 * DAY) == [2.0, 0.0]
    assert wide(rest, [0, DAY, 3 * DAY]) == []


def test_an_hour_of_another_grid_is_where_its_middle_is() -> None:
    """Hours that were written before the zone was learnt may be a quarter off."""
    spans = [Span(900, 900 + HOUR, 1.0)]
    assert of(spans, 0, HOUR, 2 * HOUR) == [1.0, 0.0]


@pytest.mark.parametrize("answered", [True, False])
def test_a_day_without_a_row_is_known_if_it_was_asked(answered: bool) -> None:
    """A battery that rests has no row; a day that was never asked has none either."""
    spans = [Span(0, HOUR, 1.0), Span(3 * DAY, 5 * DAY, 9.0)]
    first = date(1970, 1, 1)
    days = Days.between(first, date(1970, 1, 6))
    progress = Progress()
    if answered:
        progress.hold(DAYS, Days.between(date(1970, 1, 3), date(1970, 1, 4)))
    missing = days_without_rows(spans, days, progress, UTC)
    last = 3 if answered else 4
    assert missing == Days.between(date(1970, 1, 2), date(1970, 1, last))

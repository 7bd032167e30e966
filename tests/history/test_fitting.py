"""Estimated hours and the day's own row, whichever comes first."""

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.history.fitting import fitted, refitted, told
from custom_components.smartpvms.history.merge import Pieces, Span
from custom_components.smartpvms.local_time import HOUR

DAY = 24 * HOUR
amounts = st.lists(st.integers(0, 400).map(lambda n: n / 100), min_size=24, max_size=24)
present = st.sets(st.integers(0, 23), max_size=6)


def hours(known: list[float], without: set[int], since: int = 0) -> list[Span]:
    """Return hours of a day, some missing."""
    return [
        Span(since + hour * HOUR, since + (hour + 1) * HOUR, amount)
        for hour, amount in enumerate(known)
        if hour not in without
    ]


def standing(pieces: Pieces) -> list[Span]:
    """Return what stands, as the importer gives it."""
    return [
        Span(piece.since, piece.end, piece.amount) for piece in pieces.all().values()
    ]


@given(amounts, present, st.integers(1, 9000).map(lambda n: n / 100), st.booleans())
def test_the_day_counts_what_its_row_tells(
    known: list[float], without: set[int], amount: float, day_first: bool
) -> None:
    pieces, day = Pieces(), Span(0, DAY, amount)
    pieces.merge([Span(0, 30 * DAY, 200 + amount)])
    estimates = hours(known, without)
    if day_first:
        pieces.merge([day])
        # The month's row, which stands elsewhere, is not the day's.
        pieces.merge(fitted(estimates, told(standing(pieces), [(0, DAY)])))
    else:
        pieces.merge(estimates)
        pieces.merge([*refitted(standing(pieces), [day]), day])
    shown = sum(p.amount for p in pieces.all().values() if p.end <= DAY)
    assert shown == pytest.approx(amount, abs=1e-3)
    total = sum(piece.amount for piece in pieces.all().values())
    assert total == pytest.approx(200 + amount, abs=1e-3)


def test_hours_of_other_days_stay() -> None:
    estimates = hours([1.0] * 24, set(), DAY)
    assert fitted(estimates, [Span(0, DAY, 3.0)]) == estimates
    assert told([], [(0, DAY)]) == []
    # Hours that are 0 all say nothing of how the day was spread.
    zeros = hours([0.0] * 24, set())
    assert fitted(zeros, [Span(0, DAY, 24.0)]) == hours([1.0] * 24, set())


def test_the_shape_of_the_day_is_kept() -> None:
    """One of two inverters was counted: the day said 33.93, the hours 14.42."""
    estimates = hours([0.5] * 12 + [1.0] * 12, set())
    found = fitted(estimates, [Span(0, DAY, 36.0)])
    assert [span.amount for span in found] == [1.0] * 12 + [2.0] * 12

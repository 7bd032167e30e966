"""From pieces to rows: right sums, nothing needless, no negative bar, no seam left."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.history.merge import Piece
from custom_components.smartpvms.history.sums import Change, Row, change, repaired
from custom_components.smartpvms.local_time import HOUR

START = 1_800_000_000 // HOUR * HOUR

amounts = st.integers(0, 50_000).map(lambda units: units / 10_000)
either = st.integers(-50_000, 50_000).map(lambda units: units / 10_000)


def made(drawn: Mapping[int, tuple[float, int]]) -> dict[int, Piece]:
    """Return pieces by the starts of their hours; some count more than their hour."""
    starts = {START + hour * HOUR: item for hour, item in drawn.items()}
    return {
        start: Piece(start, start - back * HOUR, amount)
        for start, (amount, back) in starts.items()
    }


def some(amount: st.SearchStrategy[float]) -> st.SearchStrategy[dict[int, Piece]]:
    """Draw pieces."""
    item = st.tuples(amount, st.integers(0, 2))
    return st.dictionaries(st.integers(0, 15), item, max_size=16).map(made)


pieces = some(amounts)
bases = st.integers(0, 10**9).map(lambda units: units / 10_000)


def rows_of(known: Mapping[int, Piece], base: float) -> list[Row]:
    """Return the rows that say these pieces, as they should be."""
    rows: list[Row] = []
    total = base
    for start, piece in sorted(known.items()):
        total = round(total + piece.amount, 6)
        rows.append(Row(start, piece.since, piece.amount, total))
    return rows


def write(rows: Sequence[Row], found: Change) -> list[Row]:
    """Return the rows after those of a change are written."""
    merged = {row.start: row for row in (*rows, *found.rows)}
    return [merged[start] for start in sorted(merged)]


def shift(rows: Sequence[Row], found: Change) -> list[Row]:
    """Return the rows after later sums have moved."""
    return [
        replace(row, sum=row.sum + found.shift)
        if row.start >= found.shift_from
        else row
        for row in rows
    ]


def stages(rows: Sequence[Row], found: Change) -> list[list[Row]]:
    """Return the rows as they are, and after each of the importer's writes."""
    if found.shift > 0:
        moved = shift(rows, found)
        return [list(rows), moved, write(moved, found)]
    written = write(rows, found)
    return [list(rows), written, shift(written, found)] if found.shift else [
        list(rows), written]  # fmt: skip


def is_series(rows: Sequence[Row], known: Mapping[int, Piece], base: float) -> bool:
    """Tell whether rows say these pieces, and their sums follow from each other."""
    total = base
    for row in rows:
        piece = known.get(row.start)
        total += piece.amount if piece else 0.0
        if row.piece != piece or row.sum != pytest.approx(total, abs=1e-5):
            return False
    return known.keys() <= {row.start for row in rows}


@settings(deadline=None, max_examples=200)
@given(some(either), some(either), bases)
def test_a_change_gives_the_cumulative_amounts(
    old: dict[int, Piece], new: dict[int, Piece], base: float
) -> None:
    """Written and moved, the rows are those of the pieces; a second time nothing is."""
    before = rows_of(old, base)
    found = change(before, new, base)
    after = stages(before, found)[-1]
    assert is_series(after, new, base)
    assert change(after, new, base) == Change()
    # What is gone leaves a row that counts nothing.
    gone = [row for row in after if row.start not in new]
    assert all(row.amount == 0 and row.since is None for row in gone)


@settings(deadline=None, max_examples=200)
@given(pieces, pieces, bases)
def test_nothing_is_written_that_is_right_already(
    old: dict[int, Piece], new: dict[int, Piece], base: float
) -> None:
    """Every row of a change differs; the rows behind the last difference move."""
    before = {row.start: row for row in rows_of(old, base)}
    found = change([*before.values()], new, base)
    assert all(row != before.get(row.start) for row in found.rows)
    differing = [
        start for start in old.keys() | new.keys() if old.get(start) != new.get(start)
    ]
    last = max(differing, default=0)
    assert all(row.start <= last for row in found.rows)
    if found.shift:
        assert found.shift_from > last
    assert bool(found.rows) is bool(differing)


@settings(deadline=None, max_examples=200)
@given(pieces, pieces, bases)
def test_no_bar_is_negative_at_any_moment(
    old: dict[int, Piece], new: dict[int, Piece], base: float
) -> None:
    """Between the writes too, no sum is below the one before."""
    for rows in stages(
        found_before := rows_of(old, base), change(found_before, new, base)
    ):
        sums = [base, *(row.sum for row in rows)]
        assert all(after - before > -1e-5 for before, after in pairwise(sums))


@settings(deadline=None, max_examples=200)
@given(some(either), some(either), bases, st.integers(0, 15))
def test_a_stop_between_the_writes_is_mended(
    old: dict[int, Piece], new: dict[int, Piece], base: float, window: int
) -> None:
    """Whatever was written is made a series again; sound rows are left alone."""
    before = rows_of(old, base)
    found = change(before, new, base)
    for rows in stages(before, found):
        wrong = repaired(rows)
        healed = write(rows, Change(tuple(wrong)))
        states = {row.start: row.piece for row in rows if row.piece}
        assert is_series(
            healed, states, healed[0].sum - healed[0].amount if healed else 0
        )
        assert repaired(healed) == []
        assert all(row not in rows for row in wrong)
        # The answer that was cut off comes again.
        start = healed[0].sum - healed[0].amount if healed else base
        again = stages(healed, change(healed, new, start))[-1]
        assert is_series(again, new, start)
        # Of a part of the rows the first one is believed.
        part = rows[window:]
        assert repaired(write(part, Change(tuple(repaired(part))))) == []
    assert repaired(before) == []
    assert repaired(stages(before, found)[-1]) == []


@given(st.integers(1, 3000), st.floats(-1e5, 1e5))
def test_the_noise_of_a_database_is_no_seam(count: int, moved: float) -> None:
    """Sums that were moved there are not quite decimal fractions any more."""
    known = made(dict.fromkeys(range(min(count, 60)), (0.1, 0)))
    rows = [replace(row, sum=row.sum + moved) for row in rows_of(known, 1e6 / 3)]
    assert repaired(rows) == []
    assert change(rows, known, 1e6 / 3 + moved) == Change()


def test_an_empty_series() -> None:
    """The first answer is written as it is; none is no change."""
    assert change([], {}, 7.5) == Change()
    known = made({0: (1.5, 0), 1: (0.25, 1)})
    assert change([], known, 7.5).rows == tuple(rows_of(known, 7.5))
    assert repaired([]) == []

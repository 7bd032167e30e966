"""From pieces to the rows of a cumulative statistic, and only those that change.

Pure. Times are epoch seconds, amounts and sums in the series' unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .merge import Piece

# Sums are written with six decimals; adding to them in the database leaves noise.
TOLERANCE: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a statistic: its hour, what it counts and since when, and the sum.

    `since` None: a row that counts nothing, because what stood there has moved.
    """

    start: int
    since: int | None
    amount: float
    sum: float

    @property
    def piece(self) -> Piece | None:
        """Return the piece that stands in the row."""
        if self.since is None:
            return None
        return Piece(self.start, self.since, self.amount)


@dataclass(frozen=True, slots=True)
class Change:
    """What to write: `rows`, and all rows from `shift_from` on move by `shift`."""

    rows: tuple[Row, ...] = ()
    shift_from: int = 0
    shift: float = 0.0


def change(before: Sequence[Row], pieces: Mapping[int, Piece], base: float) -> Change:
    """Return what turns the rows of a series into these pieces.

    `before`: all rows from some hour on, in order; `base`: the sum before them.
    """
    known = {row.start: row for row in before}
    rows: list[Row] = []
    touched = 0
    total = base
    for start in sorted(known.keys() | pieces.keys()):
        piece, old = pieces.get(start), known.get(start)
        amount = piece.amount if piece else 0.0
        since = piece.since if piece else None
        total = round(total + amount, 6)
        rows.append(Row(start, since, amount, total))
        if old is None or old.since != since or abs(old.amount - amount) > TOLERANCE:
            touched = len(rows)
    changed = [row for row in rows[:touched] if _differs(row, known.get(row.start))]
    rest = rows[touched:]
    shift = rest[0].sum - known[rest[0].start].sum if rest else 0.0
    if abs(shift) <= TOLERANCE:
        return Change(tuple(changed))
    return Change(tuple(changed), rest[0].start, round(shift, 6))


def _differs(row: Row, old: Row | None) -> bool:
    if old is None or old.since != row.since:
        return True
    return max(abs(row.amount - old.amount), abs(row.sum - old.sum)) > TOLERANCE


def repaired(rows: Iterable[Row]) -> list[Row]:
    """Return the rows to write where a sum does not follow from the one before.

    A stop between two writes of one change leaves such a seam.
    """
    wrong: list[Row] = []
    total: float | None = None
    for row in rows:
        expected = row.sum if total is None else round(total + row.amount, 6)
        if abs(expected - row.sum) > TOLERANCE:
            wrong.append(Row(row.start, row.since, row.amount, expected))
        total = expected
    return wrong

"""Merges rows of hours, days, months and years into one hourly series. Pure.

A piece is an amount that stands at one hour and counts what happened since a
moment before that hour's end. A row of a day, month or year stands at the last
hour of its period and gives way, bit by bit, to the finer rows that come later:
what they account for is taken from it. Where they exceed it, they win. The order
of the answers does not matter. Times are epoch seconds.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..local_time import HOUR


@dataclass(frozen=True, slots=True)
class Span:
    """What a row of an answer says: `amount` was counted from `since` to `until`.

    `is_running`: its last hour is still being counted, so that what stands at that
    hour alone is older news of it, not a finer row.
    """

    since: int
    until: int
    amount: float
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """An amount at the hour that begins at `start`, counted from `since` on."""

    start: int
    since: int
    amount: float

    @property
    def end(self) -> int:
        """Return the end of the hour, and of what the piece counts."""
        return self.start + HOUR

    @property
    def is_wide(self) -> bool:
        """Tell whether it counts more than its hour."""
        return self.since < self.start


class Pieces:
    """The pieces of a series by their hours; at most one stands at an hour."""

    def __init__(self, pieces: Iterable[Piece] = (), *, may_fall: bool = False) -> None:
        """Start with these; `may_fall`: the rest of a row may be below 0."""
        self._by_start = {piece.start: piece for piece in pieces}
        self._starts = sorted(self._by_start)
        self._wide = {piece.start for piece in self._by_start.values() if piece.is_wide}
        self._may_fall = may_fall

    def all(self) -> Mapping[int, Piece]:
        """Return the pieces by the start of their hours."""
        return self._by_start

    def merge(self, spans: Iterable[Span]) -> None:
        """Merge the rows of an answer."""
        for span in spans:
            self._merge(span)

    def clear(self, since: int, until: int) -> None:
        """Drop the amounts of a period; longer rows around it get theirs back."""
        standing = self._standing(since, until)
        for piece in standing:
            self._remove(piece)
        gone = sum(piece.amount for piece in standing if piece.since >= since)
        for piece in sorted(standing, key=_finest_first):
            if piece.since < since:
                self._put_before(until, piece)
        self._account_for(Span(since, since, 0.0), [], -gone)

    def _merge(self, span: Span) -> None:
        standing = self._standing(span.since, span.until)
        coarser = [piece for piece in standing if piece.since < span.since]
        for piece in coarser:
            self._remove(piece)
        known = [piece for piece in standing if piece.since >= span.since]
        before = sum(piece.amount for piece in known)
        for piece in known:
            is_same = (piece.since, piece.end) == (span.since, span.until)
            if is_same or (span.is_running and piece.end == span.until):
                self._remove(piece)
        finer = [piece for piece in known if piece.start in self._by_start]
        accounted = sum(piece.amount for piece in finer)
        # A rest of 0 stands too: it is what later rows are taken from.
        rest = round(span.amount - accounted, 6)
        rest = rest if self._may_fall else max(0.0, rest)
        if self._put_before(span.until, Piece(0, span.since, rest)):
            accounted += rest
        self._account_for(span, coarser, accounted - before)

    def _account_for(self, span: Span, moved: list[Piece], gained: float) -> None:
        """Take what a span has gained from the coarser rows that counted it."""
        around = [
            piece
            for start in self._wide
            if start >= span.until
            and (piece := self._by_start[start]).since <= span.since
        ]
        for piece in sorted([*moved, *around], key=_finest_first):
            left = round(piece.amount - gained, 6)
            gained = 0.0
            if left < 0 and not self._may_fall:
                left, gained = 0.0, -left
            if piece in moved:
                self._put_before(span.since, replace(piece, amount=left))
            else:
                self._by_start[piece.start] = replace(piece, amount=left)

    def _put_before(self, until: int, piece: Piece) -> bool:
        """Put a piece at the last hour before `until` that no other one counts."""
        end = until
        for other in reversed(self._standing(piece.since, until)):
            if end - other.end >= HOUR:
                break
            if other.since >= piece.since:
                end = min(end, other.since)
        if end - HOUR < piece.since:
            return False
        self._add(replace(piece, start=end - HOUR))
        return True

    def _standing(self, since: int, until: int) -> list[Piece]:
        first = bisect_left(self._starts, since)
        last = bisect_left(self._starts, until)
        return [self._by_start[start] for start in self._starts[first:last]]

    def _add(self, piece: Piece) -> None:
        if piece.start not in self._by_start:
            self._starts.insert(bisect_left(self._starts, piece.start), piece.start)
        self._by_start[piece.start] = piece
        if piece.is_wide:
            self._wide.add(piece.start)
        else:
            self._wide.discard(piece.start)

    def _remove(self, piece: Piece) -> None:
        del self._by_start[piece.start]
        self._wide.discard(piece.start)
        del self._starts[bisect_left(self._starts, piece.start)]


def _finest_first(piece: Piece) -> tuple[int, int]:
    # A month and its first day count from the same moment.
    return -piece.since, piece.start


def costs_of_energy(
    costs: Mapping[int, Piece], energy: Mapping[int, Piece]
) -> dict[int, Piece]:
    """Return pieces of money, 0 where the same piece of energy is 0.

    A year that was asked before its months leaves less than nothing beside them, which
    money may be and energy may not.
    """
    return {
        start: replace(piece, amount=0.0)
        if (known := energy.get(start)) and known == replace(piece, amount=0.0)
        else piece
        for start, piece in costs.items()
    }

"""Disturbances: rows of one plant or device that are wrong, late or missing for a time.

A fault (``faults``) strikes calls; a disturbance changes what a good answer says of one
source. Each kind was seen on real servers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from math import inf
import zlib

from .answers.look import Row, Value


class DisturbanceKind(StrEnum):
    """Kind of a disturbance."""

    HELD = "held"
    """The row stays as it was when the disturbance began."""
    ABSENT = "absent"
    """The answer has no row."""
    NULLS = "nulls"
    """The values are null."""
    ZEROS = "zeros"
    """The values are 0."""
    JITTER = "jitter"
    """Each value differs by up to ``amount``, another difference each minute."""
    LAG = "lag"
    """The row is ``amount`` seconds old."""
    SHIFTED = "shifted"
    """``amount`` is added to the values."""
    CONSTANT = "constant"
    """The values are ``amount``."""
    RESTARTED = "restarted"
    """The values count from 0 since the disturbance began."""
    UNLISTED = "unlisted"
    """The device is in no list and has no rows."""
    LATE = "late"
    """Rows of hours that ended less than ``amount`` seconds ago are missing."""
    HALF_COMPUTED = "half computed"
    """The values are 0 in hours that ended less than ``amount`` seconds ago."""


class Scope(Enum):
    """Rows that a disturbance changes."""

    LIVE = "live"
    HOURS = "hours"
    PERIODS = "days, months and years"
    FIVE_MINUTES = "five minutes"


WHOLE_ROWS = frozenset({DisturbanceKind.ABSENT, DisturbanceKind.UNLISTED})
LIVE = frozenset({Scope.LIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """A disturbance of a plant (by code) or device (by id), in epoch seconds.

    ``keys``: the values that it changes, all of them if empty.
    """

    kind: DisturbanceKind
    source: int | str
    begin: float = -inf
    end: float = inf
    amount: float = 0.0
    keys: frozenset[str] = frozenset()
    scope: frozenset[Scope] = LIVE

    def lasts(self, at: float) -> bool:
        """Return whether the disturbance lasts at an instant."""
        return self.begin <= at < self.end


@dataclass(slots=True)
class Disturbances:
    """All disturbances of an account, by source."""

    _of: dict[int | str, list[Disturbance]] = field(default_factory=dict)

    def add(self, *disturbances: Disturbance) -> None:
        """Add disturbances, which change a row in the order of their addition."""
        for one in disturbances:
            self._of.setdefault(one.source, []).append(one)

    def clear(self) -> None:
        """Remove all disturbances."""
        self._of.clear()

    def _lasting(
        self, source: int | str, scope: Scope, at: float
    ) -> Iterator[Disturbance]:
        for one in self._of.get(source, ()):
            if one.lasts(at) and (
                scope in one.scope or one.kind is DisturbanceKind.UNLISTED
            ):
                yield one

    def lists(self, source: int | str, at: float) -> bool:
        """Return whether a device is in the list."""
        lasting = self._lasting(source, Scope.LIVE, at)
        return all(one.kind is not DisturbanceKind.UNLISTED for one in lasting)

    def live(
        self, source: int | str, at: float, row_at: Callable[[float], Row]
    ) -> Row | None:
        """Return the real-time row of a source, None where there is none.

        ``row_at`` returns the undisturbed row of an instant.
        """
        lasting = list(self._lasting(source, Scope.LIVE, at))
        if not lasting:
            return row_at(at)
        if any(one.kind in WHOLE_ROWS for one in lasting):
            return None
        moment = at
        for one in lasting:
            if one.kind is DisturbanceKind.LAG:
                moment -= one.amount
        for one in lasting:
            if one.kind is DisturbanceKind.HELD:
                moment = min(moment, one.begin)
        if not self.lists(source, moment):
            return None
        row = row_at(moment)
        for one in lasting:
            if one.kind is DisturbanceKind.RESTARTED and one.begin <= moment:
                row = _since(row, row_at(one.begin), one.keys)
            else:
                row = _changed(one, row, at)
        return row

    def stored(
        self, source: int | str, scope: Scope, span: tuple[float, float], row: Row
    ) -> Row | None:
        """Return the row of a five-minute step or a period as asked for at ``span[1]``.

        ``span``: the end of what the row counts, and the time of the answer.
        """
        ended, at = span
        for one in self._lasting(source, scope, at):
            young = at - ended < one.amount
            if one.kind is DisturbanceKind.ABSENT:
                return None
            if one.kind is DisturbanceKind.UNLISTED:
                continue
            if one.kind is DisturbanceKind.LATE and young:
                return None
            if one.kind is DisturbanceKind.HALF_COMPUTED and young:
                row = _with(row, one.keys, lambda _key, _value: 0.0)
            else:
                row = _changed(one, row, ended)
        return row if self.lists(source, min(ended, at) - 1) else None


def _numeric(value: Value) -> float | None:
    """Return a number, also one that is sent as text."""
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _with(row: Row, keys: Iterable[str], changed: Callable[[str, float], Value]) -> Row:
    """Return a row whose numbers are changed; ``keys``: all of them if empty."""
    chosen = set(keys) or row.keys()
    result: Row = {}
    for key, value in row.items():
        number = _numeric(value) if key in chosen else None
        if number is None:
            result[key] = value
            continue
        new = changed(key, number)
        result[key] = str(new) if isinstance(value, str) and new is not None else new
    return result


def _since(row: Row, first: Row, keys: Iterable[str]) -> Row:
    """Return a row whose numbers count from another row's."""
    return _with(
        row, keys, lambda key, value: round(value - (_numeric(first[key]) or 0.0), 4)
    )


def _changed(one: Disturbance, row: Row, at: float) -> Row:
    """Return a row after a disturbance that needs no other row."""
    match one.kind:
        case DisturbanceKind.NULLS:
            return _with(row, one.keys, lambda _key, _value: None)
        case DisturbanceKind.ZEROS:
            return _with(row, one.keys, lambda _key, _value: 0.0)
        case DisturbanceKind.CONSTANT:
            return _with(row, one.keys, lambda _key, _value: one.amount)
        case DisturbanceKind.SHIFTED:
            return _with(row, one.keys, lambda _, value: round(value + one.amount, 4))
        case DisturbanceKind.JITTER:
            return _with(
                row, one.keys, lambda key, value: _jittered(one, key, value, at)
            )
    return row


def _jittered(one: Disturbance, key: str, value: float, at: float) -> float:
    """Return a number with its error of this minute, equal for equal arguments."""
    if not value:
        return value
    text = f"{one.source}/{key}/{int(at // 60)}".encode()
    error = one.amount * (zlib.crc32(text) / 2**31 - 1)
    return max(0.0, round(value + error, 2))

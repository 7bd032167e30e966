"""What a month's last day and a year's last month have come to. Pure.

A call answers the rows of one parent period: the days of a month, the months of a year.
After its turn the answers lack the row that was shown last, which may be hours old. So
the rows of the new parent wait until the old one was asked once more.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from ..local_time import HOUR
from .period_rows import Rows


@dataclass(frozen=True, slots=True)
class Inquiry[RequestT]:
    """A call, and an instant of the parent it is about; None: of the current one."""

    request: RequestT
    at: float | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    known: float
    rows: Rows


@dataclass(frozen=True, slots=True)
class Closings[K]:
    """The plants or devices whose old parent is still to be asked, and their newer rows."""

    _waiting: dict[K, _Waiting] = field(default_factory=dict)

    def admit(self, key: K, known: float | None, rows: Rows) -> Rows:
        """Return the rows that may be shown, none while the old parent is to be asked.

        `known` is the start of the row that is shown. `rows` are one answer's; those
        that have waited for it are among the result.
        """
        if (waiting := self._waiting.pop(key, None)) is not None:
            return {**waiting.rows, **rows}
        if known is None or not rows or known >= min(rows):
            return rows
        self._waiting[key] = _Waiting(known, rows)
        return {}

    def instants(self, keys: Collection[K]) -> Iterator[tuple[float, list[K]]]:
        """Yield an instant of each parent to ask, and the plants or devices to ask for."""
        by_start: dict[float, list[K]] = {}
        for key in keys:
            if (waiting := self._waiting.get(key)) is not None:
                by_start.setdefault(waiting.known, []).append(key)
        for start in sorted(by_start):
            yield start + _WITHIN, by_start[start]

    def keep_only(self, keys: Collection[K]) -> None:
        """Forget all others."""
        for gone in self._waiting.keys() - keys:
            del self._waiting[gone]


# No day is shorter, whatever the clocks do; the server takes the parent of this instant.
_WITHIN: Final = HOUR

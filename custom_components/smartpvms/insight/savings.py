"""What a plant saves: energy not bought, at the import price, and compensation. Pure.

What the consumption would have cost at the import price, less what was bought at that
price. Charging from the grid costs when it happens and saves when it is used.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from ..history.merge import Span
from ..history.prices import Step, priced


def avoided(
    consumption: Sequence[Span], imported: Sequence[Span], steps: Sequence[Step]
) -> float | None:
    """Return the money not spent on energy, None where the price is not known at all.

    Where one of the series has no price, since it is known by a day only in which the
    price changed, the other one is left out too.
    """
    parts = [list(consumption), list(imported)]
    while unpriced := [span for part in parts for span in _unpriced(part, steps)]:
        without = _Ranges(unpriced)
        parts = [[span for span in part if not without.touch(span)] for part in parts]
    if not parts[0] and (consumption or imported):
        return None
    used, bought = (sum(s.amount for s in priced(part, steps)) for part in parts)
    return used - bought


def _unpriced(spans: Sequence[Span], steps: Sequence[Step]) -> list[Span]:
    known = {(span.since, span.until) for span in priced(spans, steps)}
    return [span for span in spans if (span.since, span.until) not in known]


class _Ranges:
    """The time that some spans cover, in pieces that do not meet."""

    def __init__(self, spans: Iterable[Span]) -> None:
        """Join the spans that meet."""
        self._begins: list[int] = []
        self._ends: list[int] = []
        for span in sorted(spans, key=lambda item: item.since):
            if self._ends and span.since <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], span.until)
            else:
                self._begins.append(span.since)
                self._ends.append(span.until)

    def touch(self, span: Span) -> bool:
        """Tell whether a span has any time in common with them."""
        at = bisect_right(self._ends, span.since)
        return at < len(self._ends) and self._begins[at] < span.until

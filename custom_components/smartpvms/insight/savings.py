"""What a plant saves: energy not bought, at the import price, and compensation. Pure.

What the consumption would have cost at the import price, less what was bought at that
price. Charging from the grid costs when it happens and saves when it is used.
"""

from collections.abc import Sequence

from ..history.merge import Span
from ..history.prices import Step, priced
from ..local_time import HOUR


def avoided(
    consumption: Sequence[Span], imported: Sequence[Span], steps: Sequence[Step]
) -> float | None:
    """Return the money not spent on energy, None where the price is not known at all.

    Where one of the series has no price, since it is known by a day only in which the
    price changed, the other one is left out too.
    """
    parts = [list(consumption), list(imported)]
    while unpriced := [span for part in parts for span in _unpriced(part, steps)]:
        without = {at for span in unpriced for at in _quarters(span)}
        parts = [
            [span for span in part if without.isdisjoint(_quarters(span))]
            for part in parts
        ]
    if not parts[0] and (consumption or imported):
        return None
    used, bought = (sum(s.amount for s in priced(part, steps)) for part in parts)
    return used - bought


def _unpriced(spans: Sequence[Span], steps: Sequence[Step]) -> list[Span]:
    known = {(span.since, span.until) for span in priced(spans, steps)}
    return [span for span in spans if (span.since, span.until) not in known]


def _quarters(span: Span) -> range:
    """Return the quarters of an hour of a span; in any zone hours begin with one."""
    return range(span.since, span.until, HOUR // 4)

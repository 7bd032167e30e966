"""How far the import of a plant is, and when it will be done. Pure.

Times are epoch seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..northbound import Interface, Ledger, Period
from . import shares
from .feeds import FEEDS, PERIODS, Feed
from .planner import Planner


@dataclass(frozen=True, slots=True)
class Estimate:
    """How much of a plant's backfill is done.

    `left`: questions to go, by period; `done_at`: when they will be answered, None
    where nothing is left.
    """

    answered: int
    left: Mapping[Period, int]
    done_at: float | None

    @property
    def percent(self) -> int:
        """Return how much is done; 100 only when nothing is left."""
        total = self.answered + sum(self.left.values())
        return 100 * self.answered // total if total else 100


def estimates(
    planner: Planner,
    ledger: Ledger,
    interface_of: Callable[[Feed], Interface],
    calls_a_question: Callable[[Feed], int],
) -> dict[str, Estimate]:
    """Return how far the import of each plant is, by its code.

    The feed that takes longest tells when all will be done.
    """
    longest = max(
        shares.seconds(
            ledger, interface_of(feed), planner.left(feed) * calls_a_question(feed)
        )
        for feed in FEEDS
    )
    left = {feed: planner.left_by_plant(feed) for feed in FEEDS}
    found: dict[str, Estimate] = {}
    for subject in planner.subjects:
        periods = dict.fromkeys(PERIODS, 0)
        for feed, counts in left.items():
            periods[feed.period] += counts.get(subject.code, 0)
        done_at = planner.now + longest if any(periods.values()) else None
        found[subject.code] = Estimate(subject.progress.answered, periods, done_at)
    return found

"""How far the import of a plant is, and when it will be done. Pure.

Times in epoch seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..northbound import Period


@dataclass(frozen=True, slots=True)
class Outlook:
    """What of a plant's backfill is done.

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

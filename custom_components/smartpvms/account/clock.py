"""The time of an account."""

from collections.abc import Callable
import time


def _wall_clock() -> float:
    return time.time()


class Clock:
    """Epoch seconds for all that an account does.

    The ledger of calls has a clock of its own, which follows jumps of this one.
    """

    def __init__(self, wall: Callable[[], float] = _wall_clock) -> None:
        """Follow a clock, that of the machine by default."""
        self._wall = wall

    def now(self) -> float:
        """Return the present epoch second."""
        return self._wall()

"""The time of an account."""

import time


class Clock:
    """Epoch seconds for all that an account does.

    The ledger of calls has a clock of its own, which follows jumps of this one.
    """

    def now(self) -> float:
        """Return the present epoch second."""
        return time.time()

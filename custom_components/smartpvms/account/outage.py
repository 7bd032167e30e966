"""Which coordinators fail, so that the log tells of an outage once."""

from math import inf
from typing import Final

# Seconds without a failure that end an outage.
SAME_OUTAGE: Final = 1800.0


class Outage:
    """The coordinators of an account whose last update failed.

    A server that is down fails all of them. A server that comes and goes counts as
    down until no update has failed for a while.
    """

    def __init__(self) -> None:
        """Start with none failing."""
        self._failing: set[str] = set()
        self._failed_at = -inf

    def note_success(self, name: str) -> None:
        """Note that the update of a coordinator worked."""
        self._failing.discard(name)

    def note_failure(self, name: str, now: float) -> bool:
        """Note a failure at `now` (epoch seconds); return whether an outage begins."""
        # A clock that was set back does not revive an old outage.
        is_new = not self._failing and not 0 <= now - self._failed_at < SAME_OUTAGE
        self._failing.add(name)
        self._failed_at = now
        return is_new

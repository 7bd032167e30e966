"""The simulator's time: real time, shifted on request."""

from datetime import UTC, datetime, timedelta
import time


class Clock:
    """Real time plus an offset.

    ``time.time`` is looked up at each call, so that frozen time of a test applies to
    the simulator as well.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        """Start at real time plus an offset."""
        self.offset = offset

    def now(self) -> float:
        """Return the simulated time in epoch seconds."""
        return time.time() + self.offset.total_seconds()

    def at(self) -> datetime:
        """Return the simulated time in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def set(self, moment: datetime) -> None:
        """Set the time, which runs on from there; ValueError without a time zone."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs a time with a zone")
        self.offset = timedelta(seconds=moment.timestamp() - time.time())

    def advance(self, by: timedelta) -> None:
        """Move the time forwards, or backwards by a negative amount."""
        self.offset += by

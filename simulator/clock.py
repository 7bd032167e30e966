"""The simulator's time: real time, shifted on request."""

from datetime import UTC, datetime, timedelta
import time


class Clock:
    """Real time plus an offset.

    ``time.time`` is looked up at each call, so a test that freezes time moves the
    simulator along.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        """Start with real time, or so far away from it."""
        self.offset = offset

    def now(self) -> float:
        """Epoch seconds."""
        return time.time() + self.offset.total_seconds()

    def at(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def set(self, moment: datetime) -> None:
        """Make it a given moment now; time runs on from there."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs a time with its zone")
        self.offset = timedelta(seconds=moment.timestamp() - time.time())

    def advance(self, by: timedelta) -> None:
        """Let time pass (or go back)."""
        self.offset += by

"""The periods of raising times that alarms are asked for. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, takewhile
from typing import Final

# Some servers answer the last 7 days only of a longer period, without a word.
WINDOW: Final = timedelta(days=7)
# The interface takes 31 days at a time and looks back 365; clocks differ.
AT_ONCE: Final = 4
LOOK_BACK: Final = timedelta(days=365)
SKEW: Final = timedelta(hours=2)
WINDOWS: Final = LOOK_BACK // WINDOW + 1
LONGEST_PERIOD: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class AlarmWindow:
    """A period of raising times: one or more windows of 7 days.

    `numbers` are counted back from now: 0 is the newest window.
    """

    numbers: range
    begin: datetime
    end: datetime

    def holds(self, raised_at: datetime) -> bool:
        """Tell whether an alarm of that time is in the answer for the period."""
        return self.begin <= raised_at < self.end

    def is_far_from(self, raised_at: datetime) -> bool:
        """Tell whether an alarm of that time has no place in the answer."""
        return not self.begin - SKEW <= raised_at < self.end + SKEW

    def newest(self) -> AlarmWindow:
        """Return the one window that every server answers."""
        begin = max(self.begin, self.end - WINDOW)
        return AlarmWindow(self.numbers[:1], begin, self.end)

    def proved(self, raised: Iterable[datetime | None]) -> AlarmWindow:
        """Return what an answer with alarms of these times is complete for.

        An alarm that is older than 7 days proves that the server has not cut the
        period.
        """
        newest = self.newest()
        older = replace(self, end=newest.begin - SKEW)
        is_whole = any(at is not None and older.holds(at) for at in raised)
        return self if is_whole else newest


def window_at(number: int, now: datetime) -> AlarmWindow:
    """Return the period of a call: a window and the three before it."""
    numbers = range(number, min(number + AT_ONCE, WINDOWS))
    end = now + SKEW - number * WINDOW
    begin = max(now + SKEW - numbers.stop * WINDOW, now + SKEW - LOOK_BACK)
    return AlarmWindow(numbers, begin, end)


def number_at(raised_at: datetime, now: datetime) -> int:
    """Return the number of the window of a time, the nearest for any other time."""
    number = (now + SKEW - raised_at) // WINDOW
    return min(max(number, 0), WINDOWS - 1)


def left_out(
    begin: datetime, end: datetime, raised: Iterable[datetime | None]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows that the answer for a period may lack, the newest first.

    `raised`: the times of its alarms. One that is older than a window proves that the
    server has not cut the period.
    """
    newest = end - WINDOW
    if any(at is not None and at < newest for at in raised):
        return
    while newest > begin:
        yield max(begin, newest - WINDOW), newest
        newest -= WINDOW


def split(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield periods that are short enough for a call, the first one first."""
    starts = takewhile(
        lambda at: at < end, (begin + n * LONGEST_PERIOD for n in count())
    )
    for start in starts:
        yield start, min(start + LONGEST_PERIOD, end)

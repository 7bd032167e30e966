"""A lane: the calls of one interface on record, its pause and the reason for it."""

from asyncio import Lock
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import Final, Self

from .bounds import LARGEST

# The server's clock ticks when the call arrives, ours when the answer does.
MARGIN: Final = 0.5
# After a crash only the time of sending is known; the server counted later.
CRASH_MARGIN: Final = 2.0

TOO_FREQUENT_PAUSE_MAX: Final = 2 * 3600.0
# A day's quota lasts until midnight; the day that ends summer time has 25 hours.
LONGEST_PAUSE: Final = 25 * 3600.0
# An answer that we did not wait for may take so long at the server (seconds).
LONGEST_CALL: Final = 60.0

# What a server refuses is learnt: windows grow so much with each refusal, up to the
# most, and shrink again so long (seconds) after the last step.
STRETCH: Final = 1.5
STRETCH_MAX: Final = STRETCH**5
RELAX_AFTER: Final = 3 * 86400.0

# More is no count, and could not be saved again.
MOST_CALLS: Final = 10**12


class PauseReason(StrEnum):
    """Why a lane is at rest."""

    TOO_FREQUENT = "too_frequent"
    BUSY = "busy"
    DAY_QUOTA = "day_quota"
    NO_ACCESS = "no_access"
    NO_CONSENT = "no_consent"
    NOT_CONFIGURED = "not_configured"
    LOGIN_REFUSED = "login_refused"


NOT_GRANTED: Final = frozenset(
    {PauseReason.NO_ACCESS, PauseReason.NO_CONSENT, PauseReason.NOT_CONFIGURED}
)
"""The reasons that somebody has to remove; others pass by themselves."""


HOURS: Final = 24
_HOUR: Final = 3600
_MOST: Final = 1_000_000


@dataclass(slots=True)
class Tally:
    """Calls by the hour (hours since 1970); the hour that runs and 24 before it.

    `ahead`: by how many seconds, less than an hour, the hours are later than the calls
    were: a clock that is set moves them by whole hours.
    """

    hours: dict[int, int] = field(default_factory=dict)
    ahead: float = 0.0

    def add(self, at: float, calls: int = 1) -> None:
        """Count calls made at an epoch second; a negative number takes them back."""
        hour = int(at // _HOUR)
        counts = {**self.hours, hour: self.hours.get(hour, 0) + calls}
        self.hours = {
            known: count
            for known, count in counts.items()
            if known >= hour - HOURS and count > 0
        }

    def settle(self, now: float) -> None:
        """Count calls that lie in the future as made now."""
        hour = int(now // _HOUR)
        if not self.hours or max(self.hours) <= hour:
            return
        late = sum(count for known, count in self.hours.items() if known >= hour)
        self.hours = {known: n for known, n in self.hours.items() if known < hour}
        self.hours[hour] = late

    def move(self, seconds: float) -> None:
        """Follow a clock that was set by so many seconds, to the next full hour."""
        hours = ceil((seconds - self.ahead) / _HOUR)
        self.ahead += hours * _HOUR - seconds
        self.hours = {known + hours: count for known, count in self.hours.items()}

    def since_yesterday(self, now: float) -> int:
        """Return the calls of the last 24 hours, those of a begun hour included."""
        hour = int(now // _HOUR)
        return sum(n for at, n in self.hours.items() if hour - HOURS <= at <= hour)

    def dump(self) -> dict[str, int]:
        """Return the counts as JSON data."""
        return {str(hour): count for hour, count in self.hours.items()}

    @classmethod
    def load(cls, saved: object) -> Self:
        """Restore what `dump` returned, or raise ValueError."""
        match saved:
            case dict():
                counts = {hour: int(number(n)) for hour, n in saved.items()}
                return cls({int(hour): min(n, _MOST) for hour, n in counts.items()})
        raise ValueError("no tally")


@dataclass(slots=True)
class Lane:
    """The calls of one interface that still count (epoch seconds) and its pause.

    `paused_since`: when the first of the pauses since the last good answer began;
    `made`: how many calls there were ever; `leaving_at`: when the call left that has no
    answer yet; `held_until`: when a call that was given up has ended at the server.
    `stretch`: how much longer than documented the server's windows are, as far as it
    was learnt; `stretched_at`: when; `was_good`: whether the last answer was good.
    """

    calls: deque[float] = field(default_factory=deque)
    paused_until: float = 0.0
    pause: float = 0.0
    paused_since: float = 0.0
    reason: PauseReason | None = None
    tally: Tally = field(default_factory=Tally)
    made: int = 0
    leaving_at: float = 0.0
    held_until: float = 0.0
    stretch: float = 1.0
    stretched_at: float = 0.0
    was_good: bool = False
    turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def is_not_granted(self) -> bool:
        """Tell whether the account may not use the interface."""
        return self.reason in NOT_GRANTED

    def add(self, at: float) -> None:
        """Put a call on record."""
        self.calls.append(at)
        self.tally.add(at)
        self.made += 1

    def withdraw(self) -> None:
        """Take the last call off the record."""
        if self.calls:
            self.tally.add(self.calls.pop(), -1)
            self.made -= 1

    def prune(self, now: float, span: float) -> None:
        """Forget calls older than `span`; what lies in the future counts as now."""
        self._relax(now)
        self.tally.settle(now)
        while self.calls and self.calls[0] <= now - span * self.stretch - MARGIN:
            self.calls.popleft()
        if self.calls and self.calls[-1] > now:
            self.calls = deque(min(stamp, now) for stamp in self.calls)
        self.paused_until = min(self.paused_until, now + LONGEST_PAUSE)
        self.paused_since = min(self.paused_since, now)
        self.held_until = min(self.held_until, now + LONGEST_CALL)

    def learn_stricter(self, now: float) -> None:
        """Make the windows longer: a call within them was refused."""
        if self.was_good:
            self.stretch = min(self.stretch * STRETCH, STRETCH_MAX)
            self.stretched_at = now
        self.was_good = False

    def _relax(self, now: float) -> None:
        """Make the windows shorter where nothing was refused for days."""
        self.stretched_at = min(self.stretched_at, now)
        if self.stretch > 1 and now - self.stretched_at >= RELAX_AFTER:
            self.stretch = max(1.0, self.stretch / STRETCH)
            self.stretched_at = now

    def give_up(self) -> None:
        """Keep the call on record at the server, until it may have ended there."""
        self.held_until = self.leaving_at + LONGEST_CALL
        self.leaving_at = 0.0

    def move(self, seconds: float) -> None:
        """Follow a clock that was set by so many seconds."""
        self.calls = deque(stamp + seconds for stamp in self.calls)
        self.tally.move(seconds)
        if self.reason is not None:
            self.paused_until += seconds
            self.paused_since += seconds
        self.stretched_at += seconds
        if self.leaving_at:
            self.leaving_at += seconds
        if self.held_until:
            self.held_until += seconds

    def pause_until(self, now: float, until: float, reason: PauseReason) -> None:
        """Ask nothing before `until`."""
        self.paused_since = self.paused_since or now
        self.paused_until, self.reason = until, reason

    def resume(self) -> bool:
        """End the pause; return whether there was one."""
        paused = self.reason is not None
        self.paused_until = self.paused_since = self.pause = 0.0
        self.reason = None
        return paused

    def merge(self, other: Self) -> None:
        """Add another lane's record: the longer pause, all calls."""
        for at in set(other.calls).difference(self.calls):
            self.add(at)
        self.calls = deque(sorted(self.calls))
        if other.paused_until > self.paused_until:
            self.paused_until, self.pause = other.paused_until, other.pause
            self.paused_since = self.paused_since or other.paused_since
            self.reason = other.reason
        if other.stretch > self.stretch:
            self.stretch, self.stretched_at = other.stretch, other.stretched_at
        self.held_until = max(self.held_until, other.held_until)

    def dump(self) -> dict[str, object]:
        """Return the lane as JSON data."""
        return {
            "calls": list(self.calls),
            "paused_until": self.paused_until,
            "pause": self.pause,
            "paused_since": self.paused_since,
            "reason": self.reason,
            "hours": self.tally.dump(),
            "made": self.made,
            # A call that is leaving may never be answered.
            "held_until": max(
                self.held_until,
                self.leaving_at + LONGEST_CALL if self.leaving_at else 0.0,
            ),
            "stretch": self.stretch,
            "stretched_at": self.stretched_at,
            "was_good": self.was_good,
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Restore what `dump` returned, or raise ValueError.

        0.1.0 saved neither `held_until` nor what was learnt of the windows.
        """
        if not isinstance(saved, dict) or not isinstance(saved.get("calls"), list):
            raise ValueError("no lane")  # noqa: TRY004
        stamps, reason = map(number, saved["calls"]), saved.get("reason")
        return cls(
            calls=deque(sorted(at + CRASH_MARGIN for at in stamps)),
            paused_until=number(saved.get("paused_until")),
            pause=min(number(saved.get("pause")), TOO_FREQUENT_PAUSE_MAX),
            paused_since=number(saved.get("paused_since")),
            tally=Tally.load(saved.get("hours")),
            made=int(min(number(saved.get("made")), MOST_CALLS)),
            held_until=number(saved.get("held_until", 0)),
            stretch=max(1.0, min(number(saved.get("stretch", 1)), STRETCH_MAX)),
            stretched_at=number(saved.get("stretched_at", 0)),
            was_good=saved.get("was_good") is True,
            reason=PauseReason(reason) if reason else None,
        )


def number(value: object) -> float:
    """Return a number, 0 for one below 0, or raise ValueError."""
    if isinstance(value, int | float) and abs(value) <= LARGEST:
        return max(0.0, float(value))
    raise ValueError("no number")

"""The ledger of calls: what the account's limits still allow, lane by lane.

A lane is one interface. The ledger is asked before every call and written before the
call leaves, so that a crash between the two costs a call, not a 407.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, tzinfo
import time
from typing import Final, NamedTuple

from . import owner_quota
from .errors import (
    BusyError,
    NorthboundError,
    NotYetError,
    RefusedError,
    UnansweredError,
)
from .interfaces import Interface
from .lane import MARGIN, NOT_GRANTED, Lane, PauseReason, number
from .limits import (
    HOUR,
    LOGINS_BY_HAND,
    MINUTE,
    Profile,
    Scale,
    stricter_of_2022,
    windows,
)
from .pauses import pause_after, rest_of_others

# Seconds by which a clock was set; less is within the margin.
JUMP: Final = MARGIN

# Half of their day's calls is kept for restarts, so that only their minute may be full
# where no record is left.
_LISTS: Final = frozenset(
    {Interface.STATIONS, Interface.STATION_LIST, Interface.DEVICE_LIST}
)

# As far as any of a lane's windows looks back, and an hour at least: a clock that
# jumps ahead and back again must not wipe them out.
_SPANS: Final[dict[Interface, float]] = {
    interface: max(HOUR, *(window.seconds for window in windows(interface, None)))
    for interface in Interface
}


_USED_UP_AT: Final = "used_up_at"


class Limit(NamedTuple):
    """At most `calls` calls within `seconds`."""

    calls: int
    seconds: float


class Ledger:
    """All lanes of one account.

    `save` is awaited whenever the ledger must survive a crash; `now` gives
    epoch seconds, `steady` seconds of a monotonic clock: where the two part,
    the past moves along, since the server's windows last as long as ever. `profile`
    None means not known yet: both profiles apply. `scale`: the account's size; `zone`:
    the plants' time zone, in which a day's quota ends; `lanes`: those that were ever
    used; `used_up_at`: when all windows may have been full, of which no record is left.
    """

    def __init__(
        self,
        save: Callable[[], Awaitable[None]],
        now: Callable[[], float] | None = None,
        steady: Callable[[], float] | None = None,
    ) -> None:
        """Start without any call on record."""
        self._save = save
        self._wall = now or _wall_clock
        self._steady = steady or (_steady_clock if now is None else now)
        self._lead = self._wall() - self._steady()
        self.lanes: dict[Interface, Lane] = {}
        self.profile: Profile | None = None
        self.scale = Scale()
        self.zone: tzinfo = UTC
        # When a server that is busy for everybody may be asked again.
        self._busy_until = 0.0
        self.used_up_at = 0.0

    def lane(self, interface: Interface) -> Lane:
        """Return the lane of an interface."""
        if (lane := self.lanes.get(interface)) is None:
            lane = self.lanes[interface] = Lane()
        lane.prune(self.now(), _SPANS[interface])
        return lane

    def ready_at(self, interface: Interface, calls: int = 1) -> float:
        """Return the epoch second from which `calls` calls may be made."""
        lane = self.lane(interface)
        free_at = self._free_at(interface, lane)
        return self._room_at(interface, lane.calls, calls, free_at)

    def login_by_hand_at(self) -> float:
        """Return the epoch second from which a user may log in by hand."""
        lane = self.lane(Interface.LOGIN)
        at = self._free_at(Interface.LOGIN, lane)
        for calls, seconds in LOGINS_BY_HAND:
            if len(lane.calls) >= calls:
                at = max(at, lane.calls[-calls] + seconds * lane.stretch + MARGIN)
        return at

    def last_at(self, interface: Interface, calls: int) -> float:
        """Return the epoch second of the last of `calls` calls, made one by one."""
        lane = self.lane(interface)
        stamps, at = list(lane.calls), self._free_at(interface, lane)
        for _ in range(calls):
            at = self._room_at(interface, stamps, 1, at)
            stamps.append(at)
        return at

    def _free_at(self, interface: Interface, lane: Lane) -> float:
        """Return the epoch second from which an interface's lane is not at rest."""
        now = self.now()
        at = max(now, lane.paused_until, lane.held_until, self._busy_until)
        if not self.used_up_at:
            return at
        spans = [limit.seconds for limit in self._limits(interface)]
        span = min(spans) if interface in _LISTS else max(spans)
        return max(at, min(self.used_up_at, now) + span + MARGIN)

    def _room_at(
        self, interface: Interface, made: Sequence[float], calls: int, at: float
    ) -> float:
        """Return the epoch second, `at` or later, from which the windows have room."""
        for limit in self._limits(interface):
            wanted = min(calls, limit.calls)
            # The newest calls that may still count when the wanted ones leave.
            if (index := len(made) - (limit.calls - wanted) - 1) >= 0:
                at = max(at, made[index] + limit.seconds + MARGIN)
        if self.profile is Profile.OWNER:
            at = owner_quota.room_at(self.lanes, interface, calls, at)
        return at

    def _limits(self, interface: Interface) -> tuple[Limit, ...]:
        """Return what a lane is allowed at the account's size, as it was learnt."""
        known = self.lanes.get(interface)
        stretch = known.stretch if known else 1.0
        least = self._least_seconds(interface)
        return tuple(
            Limit(
                max(1, window.calls(self.scale)),
                max(least, window.seconds) * stretch,
            )
            for window in windows(interface, self.profile)
            if window.seconds > MINUTE or not least
        )

    def _least_seconds(self, interface: Interface, earlier: float = 0.0) -> float:
        """Return the seconds that a round of live data takes of an owner's day, else 0.

        `earlier`: how many seconds ago it is looked at.
        """
        if self.profile is not Profile.OWNER or interface not in owner_quota.LIVE:
            return 0.0
        at = self.now() - earlier
        return owner_quota.live_every(self.lanes, self.scale, self.zone, at)

    def wait(self, interface: Interface, calls: int = 1) -> float:
        """Return the seconds until `calls` calls may be made, 0 for now."""
        return max(0.0, self.ready_at(interface, calls) - self.now())

    def burst(self, interface: Interface) -> int:
        """Return how many calls a rested lane takes at once."""
        return min(limit.calls for limit in self._limits(interface))

    def cycle(self, interface: Interface, calls: int) -> float:
        """Return the seconds from one round of `calls` calls to the next.

        No less than a window, however few of its calls a round takes, and not shorter
        at once where an owner's day begins.
        """
        least = self._least_seconds(interface, owner_quota.NIGHT_EVERY)
        return max(
            max(limit.seconds, least) * max(1.0, calls / limit.calls)
            for limit in self._limits(interface)
        )

    def spacing(self, interface: Interface, calls: int) -> float:
        """Return the seconds between rounds of `calls` calls, evenly spread."""
        is_owner = self.profile is Profile.OWNER
        return max(
            owner_quota.PACES.get(interface, 0.0) if is_owner else 0.0,
            *(limit.seconds * calls / limit.calls for limit in self._limits(interface)),
        )

    def stricter(self, interface: Interface) -> float:
        """Return how many times longer than documented a lane's windows are, as learnt.

        Documented is what any edition says.
        """
        is_old = self.profile is Profile.PER_MINUTE
        known = 1.0 if is_old else stricter_of_2022(interface, self.scale)
        return self.lane(interface).stretch / known

    def most(self, interface: Interface) -> int:
        """Return how many calls the longest of a lane's windows takes."""
        longest = max(self._limits(interface), key=lambda limit: limit.seconds)
        return longest.calls

    def left(self, interface: Interface) -> int:
        """Return how many calls the lane has left of its windows, 0 while it is paused.

        Where the calls of a day or of some minutes are counted, the minute between two
        of them is not.
        """
        lane = self.lane(interface)
        at = self._free_at(interface, lane)
        # The clock is read last: a lane that is free is so from the moment it was asked.
        if at > (now := self.now()):
            return 0
        limits = self._limits(interface)
        shortest = min(limit.seconds for limit in limits)
        rest = [
            limit.calls - sum(at > now - limit.seconds - MARGIN for at in lane.calls)
            for limit in limits
            if limit.seconds > shortest or len(limits) == 1
        ]
        if self.profile is Profile.OWNER:
            rest.append(owner_quota.left_for(self.lanes, interface, now))
        return max(0, min(rest))

    def left_of_day(self) -> int | None:
        """Return how many calls an owner's day has left, None where none are counted so."""
        if self.profile is not Profile.OWNER:
            return None
        return owner_quota.left(self.lanes, Interface.STATIONS, self.now())

    def now(self) -> float:
        """Return the ledger's time in epoch seconds."""
        now = self._wall()
        jump = now - self._steady() - self._lead
        if abs(jump) > JUMP:
            self._lead += jump
            self._busy_until += jump
            self.used_up_at += jump if self.used_up_at else 0.0
            for lane in self.lanes.values():
                lane.move(jump)
        return now

    def check(self, interface: Interface) -> None:
        """Raise NotYetError where a call may not be made now."""
        if (at := self.ready_at(interface)) > self.now():
            raise NotYetError(interface, at)

    async def claim(self, interface: Interface) -> None:
        """Put a call on record, or raise NotYetError and send nothing."""
        self.check(interface)
        await self._claim(interface)

    async def claim_login_by_hand(self) -> None:
        """Put a user's own login on record, or raise NotYetError."""
        if (at := self.login_by_hand_at()) > self.now():
            raise NotYetError(Interface.LOGIN, at)
        await self._claim(Interface.LOGIN)

    async def _claim(self, interface: Interface) -> None:
        lane = self.lane(interface)
        lane.leaving_at = self.now()
        lane.add(lane.leaving_at)
        await self._save()

    def withdraw(self, interface: Interface) -> None:
        """Take the last call back: the server cannot have counted it."""
        lane = self.lane(interface)
        lane.withdraw()
        lane.leaving_at = 0.0

    def give_up(self, interface: Interface) -> None:
        """Note that nobody waits for the answer of the call on record any more.

        The server may have counted it as late as now, and still be at work on it.
        """
        self.lane(interface).give_up()
        self._stamp(interface)

    def _stamp(self, interface: Interface) -> None:
        """Date the call on record to now, which is no earlier than its arrival."""
        lane = self.lane(interface)
        lane.withdraw()
        lane.add(self.now())

    async def record(self, interface: Interface, error: NorthboundError | None) -> None:
        """Note the outcome of the call on record: pause the lane or end its pause."""
        lane, now = self.lane(interface), self.now()
        if isinstance(error, UnansweredError):
            self.give_up(interface)
            return
        self._stamp(interface)
        lane.leaving_at = 0.0
        lane.was_good |= error is None
        if isinstance(error, BusyError) and (rest := rest_of_others(lane, error)):
            self._busy_until = now + rest
        if pause_after(lane, error, now, self.zone) if error else lane.resume():
            if isinstance(error, RefusedError):
                error.retry_at = lane.paused_until
            await self._save()

    async def pause(
        self, interface: Interface, seconds: float, reason: PauseReason
    ) -> None:
        """Pause a lane for a reason that only the caller knows."""
        now = self.now()
        self.lane(interface).pause_until(now, now + seconds, reason)
        await self._save()

    async def resume(self, interface: Interface, *reasons: PauseReason) -> None:
        """End a pause of these reasons, because somebody has removed its cause."""
        lane = self.lane(interface)
        if lane.reason in reasons and lane.resume():
            await self._save()

    async def merge(self, other: Ledger) -> None:
        """Add the record of another ledger of the same account.

        A change of the account may have removed the cause of a pause.
        """
        for interface in list(self.lanes):
            await self.resume(interface, *NOT_GRANTED, PauseReason.LOGIN_REFUSED)
        for interface, lane in other.lanes.items():
            self.lane(interface).merge(lane)
        await self._save()

    def dump(self) -> dict[str, object]:
        """Return the lanes as JSON data."""
        lanes = {str(interface): lane.dump() for interface, lane in self.lanes.items()}
        return lanes | ({_USED_UP_AT: self.used_up_at} if self.used_up_at else {})

    def load(self, saved: object) -> None:
        """Restore what `dump` returned, or raise ValueError."""
        if not isinstance(saved, dict):
            raise ValueError("no ledger")  # noqa: TRY004
        self.used_up_at = number(saved.get(_USED_UP_AT, 0))
        # A later version may know more interfaces.
        self.lanes = {
            Interface(name): Lane.load(lane)
            for name, lane in saved.items()
            if name in Interface
        }


def _wall_clock() -> float:
    return time.time()


def _steady_clock() -> float:
    return time.monotonic()

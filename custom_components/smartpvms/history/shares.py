"""How the continuation and the backfill share a lane. Pure; times in epoch seconds.

Of a lane whose calls are counted by the day, the continuation keeps two fifths
while the backfill runs: 10 of the 25 calls a day of an hour lane. Of a lane that
may be asked each minute, the backfill leaves every other turn to other callers.
"""

from collections.abc import Iterable
from math import floor
from typing import Final

from ..live.period_coordinator import LIVE_SHARE
from ..local_time import DAY, HOUR, MINUTE
from ..northbound import Interface, Ledger
from ..northbound.limits import windows

# Left to the actions and to what else asks, when the backfill is done.
SPARE: Final = 3
# Calls reserved a day for re-reading today and the three days before, whose rows are
# still corrected.
CORRECTIONS: Final = 4
PAUSE: Final = 1.5 * MINUTE


def a_day(ledger: Ledger, interface: Interface) -> int | None:
    """Return how many calls a day a lane takes, None if they are not counted so."""
    by_day = [
        window.calls(ledger.scale)
        for window in windows(interface, ledger.profile)
        if window.seconds == DAY
    ]
    return min(by_day) if by_day else None


def live_calls(ledger: Ledger, interface: Interface, *, backfills: bool) -> int | None:
    """Return how many calls a day are the continuation's."""
    if (calls := a_day(ledger, interface)) is None:
        return None
    return floor(calls * LIVE_SHARE) if backfills else max(1, calls - SPARE)


def backfill_calls(ledger: Ledger, interface: Interface) -> int | None:
    """Return how many calls a day are the backfill's."""
    if (calls := a_day(ledger, interface)) is None:
        return None
    return max(1, calls - floor(calls * LIVE_SHARE))


def interval(
    ledger: Ledger, interface: Interface, calls: int, *, backfills: bool
) -> float:
    """Return how often (seconds) today's hours are asked, at `calls` calls a time."""
    if (allowed := live_calls(ledger, interface, backfills=backfills)) is None:
        return HOUR
    # Once a day is not enough: it would always be the day after.
    times = max(2, allowed // max(1, calls) - CORRECTIONS)
    return max(HOUR, DAY / times)


def may_continue(
    ledger: Ledger,
    interface: Interface,
    own_calls: Iterable[float],
    *,
    backfills: bool,
) -> float:
    """Return when (epoch seconds) the continuation may make its next call.

    `own_calls`: when it made its calls of the last day.
    """
    share = live_calls(ledger, interface, backfills=True) if backfills else None
    return _within(share, own_calls, ledger.ready_at(interface))


def may_backfill(
    ledger: Ledger, interface: Interface, own_calls: Iterable[float]
) -> float:
    """Return when (epoch seconds) the backfill may make its next call.

    `own_calls`: when it made its calls of the last day.
    """
    ready = ledger.ready_at(interface)
    stamps = sorted(own_calls)
    if stamps:
        ready = max(ready, stamps[-1] + _pause(ledger, interface))
    return _within(backfill_calls(ledger, interface), stamps, ready)


def seconds(ledger: Ledger, interface: Interface, calls: int) -> float:
    """Return about how long the backfill takes for `calls` calls of a lane."""
    if (share := backfill_calls(ledger, interface)) is None:
        return calls * PAUSE
    now = min(calls, share, ledger.left(interface))
    return (calls - now) / share * DAY


def _within(share: int | None, own_calls: Iterable[float], ready: float) -> float:
    """Return when a call keeps its purpose within its share of 24 hours."""
    stamps = sorted(own_calls)
    if share is None or len(stamps) < max(1, share):
        return ready
    return max(ready, stamps[-max(1, share)] + DAY)


def _pause(ledger: Ledger, interface: Interface) -> float:
    longest = max(window.seconds for window in windows(interface, ledger.profile))
    return PAUSE if longest <= MINUTE else 0.0

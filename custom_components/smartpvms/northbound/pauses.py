"""For how long a lane rests after a call that failed."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

from .errors import (
    AccessError,
    BusyError,
    ConsentMissingError,
    DayQuotaError,
    KpiNotConfiguredError,
    NorthboundError,
    PermissionMissingError,
    TooFrequentError,
)
from .interfaces import Interface
from .lane import LONGEST_PAUSE, TOO_FREQUENT_PAUSE_MAX, Lane, PauseReason
from .limits import DAY, HOUR, MINUTE

TOO_FREQUENT_PAUSE: Final = 15 * MINUTE
BUSY_PAUSE: Final = 2 * MINUTE
BUSY_PAUSE_MAX: Final = 15 * MINUTE

# KPIs are configured by device type: an unconfigured type pauses no other.
_BY_TYPE: Final = frozenset(
    {
        Interface.DEVICE_REAL_TIME,
        Interface.DEVICE_FIVE_MINUTES,
        Interface.DEVICE_HISTORY,
        Interface.DEVICE_DAY,
        Interface.DEVICE_MONTH,
        Interface.DEVICE_YEAR,
    }
)

# An owner allows plants singly: a plant that is not allowed pauses no other, but where
# an interface is not about certain plants.
_OF_ALL_PLANTS: Final = frozenset(
    {
        Interface.LOGIN,
        Interface.STATION_LIST,
        Interface.STATIONS,
        Interface.REGISTRATION,
    }
)

# What the account lacks where it is not the grant.
_LACKS: Final[dict[type[AccessError], PauseReason]] = {
    ConsentMissingError: PauseReason.NO_CONSENT,
    KpiNotConfiguredError: PauseReason.NOT_CONFIGURED,
}


def pause_after(lane: Lane, error: NorthboundError, now: float, zone: tzinfo) -> bool:
    """Pause a lane where its error asks for it; tell whether it does.

    `zone`: that of the plants, in which a day's quota ends.
    """
    match error:
        case KpiNotConfiguredError(interface=interface) if interface in _BY_TYPE:
            return False
        case ConsentMissingError(interface=interface) if (
            interface not in _OF_ALL_PLANTS
        ):
            return False
        case TooFrequentError():
            lane.learn_stricter(now)
            lane.pause = _longer(lane.pause, TOO_FREQUENT_PAUSE, TOO_FREQUENT_PAUSE_MAX)
            lane.pause_until(now, now + lane.pause, PauseReason.TOO_FREQUENT)
        case BusyError():
            lane.pause = _longer(lane.pause, BUSY_PAUSE, BUSY_PAUSE_MAX)
            rest = _told(error) or lane.pause
            lane.pause_until(now, now + rest, PauseReason.BUSY)
        case DayQuotaError():
            lane.pause_until(now, _midnight(now, zone), PauseReason.DAY_QUOTA)
        case AccessError():
            lane.was_good = False
            lane.pause_until(
                now, now + _rest(error), _LACKS.get(type(error), PauseReason.NO_ACCESS)
            )
        case _:
            return False
    return True


def rest_of_others(lane: Lane, error: BusyError) -> float:
    """Return for how long (seconds) all lanes rest, 0 where one goes on being refused.

    A server is busy for everybody; where it goes on, for the one lane alone.
    """
    told = _told(error)
    return told or (0.0 if lane.reason is PauseReason.BUSY else BUSY_PAUSE)


def _told(error: BusyError) -> float:
    return min(error.retry_after or 0.0, LONGEST_PAUSE)


def _midnight(now: float, zone: tzinfo) -> float:
    tomorrow = (datetime.fromtimestamp(now, zone) + timedelta(days=1)).date()
    return datetime.combine(tomorrow, datetime.min.time(), zone).timestamp()


def _longer(pause: float, first: float, most: float) -> float:
    """Return the pause after a pause: the first, and double each time."""
    return min(max(pause * 2, first), most)


def _rest(error: AccessError) -> float:
    """Return for how long (seconds) nothing is asked that the account may not use."""
    is_login = error.interface is Interface.LOGIN
    # A gateway that restarts answers 401 to a login as well.
    return HOUR if is_login and isinstance(error, PermissionMissingError) else DAY

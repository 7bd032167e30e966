"""How the calls of an owner's day are spread over the interfaces.

An owner has 1,000 calls a day of all basic interfaces together and 100 of those that
control, live data at most once in 5 minutes (said of OAuth clients in 2026). A house
with five types of devices would need 1,728 for live data alone, so these take what the
others leave: more of it by day than by night. As the day's calls run out, what is worth
least stops first.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from .interfaces import CONTROL, TASKS, Interface
from .lane import HOURS, Lane
from .limits import DAY, HOUR, MINUTE, Scale

BASIC_CALLS: Final = 1000
CONTROL_CALLS: Final = 100

LIVE: Final = frozenset({Interface.PLANT_REAL_TIME, Interface.DEVICE_REAL_TIME})
LIVE_EVERY: Final = 5 * MINUTE
NIGHT_EVERY: Final = 30 * MINUTE
# Hours of the plants' day in which the sun may be up.
DAY_FROM: Final = 5
DAY_UNTIL: Final = 22

# Seconds between two rounds of what changes seldom.
PACES: Final[Mapping[Interface, float]] = {
    # Polled with half of their calls, so once a day.
    Interface.STATIONS: DAY / 2,
    Interface.STATION_LIST: DAY / 2,
    Interface.DEVICE_LIST: DAY / 2,
    Interface.ALARMS: HOUR,
}

# Calls of the day that have to be left for an interface to be asked; what is not
# listed (history, and the day, month and year that run) leaves `HISTORY_KEEPS`.
KEPT: Final[Mapping[Interface, int]] = {
    **dict.fromkeys(
        (
            Interface.STATIONS,
            Interface.STATION_LIST,
            Interface.DEVICE_LIST,
            Interface.UPGRADE,
            Interface.UPGRADE_RECORD,
            Interface.REGISTRATION,
            *TASKS,
        ),
        0,
    ),
    # A command can always be given, however often settings were read.
    **dict.fromkeys(CONTROL - TASKS, 30),
    Interface.ALARMS: 20,
    **dict.fromkeys(LIVE, 50),
}
HISTORY_KEEPS: Final = 120

# The hour that runs is counted whole beside the last 24.
BEGUN_HOUR: Final = 50
# What the other interfaces may take in a day, as long as a day has not shown it, and
# what they take at least.
MOST_OF_OTHERS: Final = 250
LEAST_OF_OTHERS: Final = 60

_NOT_COUNTED: Final = frozenset({Interface.LOGIN, Interface.LOGOUT})

type Lanes = Mapping[Interface, Lane]


def used(lanes: Lanes, interface: Interface, now: float) -> int:
    """Return the calls of the last day that are counted together with an interface's."""
    is_control = interface in CONTROL
    return sum(
        lane.tally.since_yesterday(now)
        for known, lane in lanes.items()
        if known not in _NOT_COUNTED and (known in CONTROL) is is_control
    )


def left(lanes: Lanes, interface: Interface, now: float) -> int:
    """Return how many calls of the day are left, for whatever is worth them."""
    most = CONTROL_CALLS if interface in CONTROL else BASIC_CALLS
    return max(0, most - used(lanes, interface, now))


def left_for(lanes: Lanes, interface: Interface, now: float) -> int:
    """Return how many calls of the day are left for an interface."""
    kept = KEPT.get(interface, HISTORY_KEEPS)
    return max(0, left(lanes, interface, now) - kept)


def room_at(lanes: Lanes, interface: Interface, calls: int, at: float) -> float:
    """Return the epoch second, `at` or later, from which the day has room for calls."""
    if interface in _NOT_COUNTED:
        return at
    for _ in range(HOURS + 1):
        if left_for(lanes, interface, at) >= calls:
            return at
        at = (at // HOUR + 1) * HOUR
    return at


def live_every(lanes: Lanes, scale: Scale, zone: tzinfo, now: float) -> float:
    """Return the seconds between two rounds of live data at this time of the day."""
    a_round = scale.plant_calls() + scale.device_calls()
    spent = BEGUN_HOUR + KEPT[Interface.DEVICE_REAL_TIME] + _of_others(lanes, now)
    rounds = max(1, BASIC_CALLS - spent) / a_round
    day = (DAY_UNTIL - DAY_FROM) * HOUR
    by_night = (DAY - day) / NIGHT_EVERY
    every = max(LIVE_EVERY, day / max(1.0, rounds - by_night))
    is_day = DAY_FROM <= datetime.fromtimestamp(now, zone).hour < DAY_UNTIL
    return every if is_day else max(NIGHT_EVERY, every)


def _of_others(lanes: Lanes, now: float) -> int:
    """Return the calls that a day takes for anything but live data."""
    basic = {key: lane for key, lane in lanes.items() if key not in LIVE}
    spent = max(LEAST_OF_OTHERS, used(basic, Interface.STATIONS, now))
    hours = [hour for lane in basic.values() for hour in lane.tally.hours]
    is_a_day = bool(hours) and min(hours) <= now // HOUR - HOURS + 1
    return spent if is_a_day else max(spent, MOST_OF_OTHERS)

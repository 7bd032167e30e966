"""The limits of the account's calls, interface by interface.

Three profiles are known: accounts of the 2020 reference may make one call a minute per
interface ("Access Restrictions", chapter 1); accounts of 2022 and later have windows of
minutes and days that grow with the number of plants and devices, and most of their
interfaces take one call a minute besides ("only one concurrent request is supported per
minute", edition of 2022); an owner's consent (OAuth) has these windows and the sums of
`owner_quota` besides. Where editions differ, the table is that of edition 25.4.
"""

from collections.abc import Callable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import Final

from .interfaces import (
    DEVICES_PER_CALL,
    DEVICES_PER_HISTORY_CALL,
    PERIOD_TYPES,
    PLANTS_PER_CALL,
    Interface,
)

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0


class Profile(StrEnum):
    """How the account's calls are limited."""

    PER_MINUTE = "per_minute"
    DAILY = "daily"
    OWNER = "owner"


ACCOUNT_PROFILES: Final = (Profile.PER_MINUTE, Profile.DAILY)
"""Those that a northbound account may have."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the windows of the daily profile grow with.

    `plants`: number of plants; `devices`: number of devices by type id;
    `without_periods`: types that were refused days, months and years.
    """

    plants: int = 1
    devices: Mapping[int, int] = field(default_factory=dict)
    without_periods: AbstractSet[int] = frozenset()

    def plant_calls(self) -> int:
        """Return how many calls cover every plant once."""
        return max(1, ceil(self.plants / PLANTS_PER_CALL))

    def device_calls(self, per_call: int = DEVICES_PER_CALL) -> int:
        """Return how many calls cover every device of every type once."""
        return max(1, sum(ceil(count / per_call) for count in self.devices.values()))

    def period_calls(self) -> int:
        """Return how many calls cover every device that has days once."""
        served = PERIOD_TYPES - self.without_periods
        counts = {key: self.devices[key] for key in served & self.devices.keys()}
        return Scale(devices=counts).device_calls()


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls(scale)` calls within `seconds`."""

    seconds: float
    calls: Callable[[Scale], int]


def _times(count: int) -> Callable[[Scale], int]:
    return lambda scale: count


def _plants_and(extra: int) -> Callable[[Scale], int]:
    return lambda scale: scale.plant_calls() + extra


def _lists(scale: Scale) -> int:
    return 10 * scale.plant_calls() + 24


def _alarms(scale: Scale) -> int:
    return max(scale.plant_calls(), scale.device_calls())


def _devices_and(
    extra: int, per_call: int = DEVICES_PER_CALL
) -> Callable[[Scale], int]:
    return lambda scale: scale.device_calls(per_call) + extra


_ONCE_A_MINUTE: Final = (Window(MINUTE, _times(1)),)
_LISTS_A_DAY: Final = (Window(DAY, _lists), *_ONCE_A_MINUTE)
_A_DAY_BY_PLANTS: Final = (Window(DAY, _plants_and(24)), *_ONCE_A_MINUTE)
_A_DAY_BY_DEVICES: Final = (
    Window(DAY, lambda scale: scale.period_calls() + 24),
    *_ONCE_A_MINUTE,
)

# Never more than one login a minute; 5 wrong passwords in 10 minutes lock the account
# (2022 edition), so that the fifth is never sent.
_LOGIN: Final = (Window(MINUTE, _times(1)), Window(10 * MINUTE, _times(4)))
# A user who has mistyped a password need not wait to type it again.
LOGINS_BY_HAND: Final = ((3, MINUTE), (4, 10 * MINUTE))

# The limits of accounts made after 2022-06-30; unlisted interfaces: once a minute.
_DAILY: Final[dict[Interface, tuple[Window, ...]]] = {
    Interface.STATION_LIST: _LISTS_A_DAY,
    Interface.STATIONS: _LISTS_A_DAY,
    Interface.PLANT_REAL_TIME: (
        Window(5 * MINUTE, _plants_and(0)),
        *_ONCE_A_MINUTE,
    ),
    Interface.PLANT_HOUR: _A_DAY_BY_PLANTS,
    Interface.PLANT_DAY: _A_DAY_BY_PLANTS,
    Interface.PLANT_MONTH: _A_DAY_BY_PLANTS,
    Interface.PLANT_YEAR: _A_DAY_BY_PLANTS,
    Interface.DEVICE_LIST: _A_DAY_BY_PLANTS,
    Interface.DEVICE_REAL_TIME: (Window(5 * MINUTE, _devices_and(0)),),
    Interface.DEVICE_DAY: _A_DAY_BY_DEVICES,
    Interface.DEVICE_MONTH: _A_DAY_BY_DEVICES,
    Interface.DEVICE_YEAR: _A_DAY_BY_DEVICES,
    Interface.DEVICE_HISTORY: (
        Window(DAY, _devices_and(24, DEVICES_PER_HISTORY_CALL)),
        *_ONCE_A_MINUTE,
    ),
    Interface.ALARMS: (Window(30 * MINUTE, _alarms),),
}


def stricter_of_2022(interface: Interface, scale: Scale) -> float:
    """Return how many times longer a lane's windows are in the edition of 2022.

    It counted alarms by plants only, and lists of plants whatever their number.
    """
    match interface:
        case Interface.ALARMS:
            return _alarms(scale) / scale.plant_calls()
        case Interface.STATION_LIST | Interface.STATIONS:
            return _lists(scale) / 24
    return 1.0


def windows(interface: Interface, profile: Profile | None) -> tuple[Window, ...]:
    """Return the limits of a lane; with an unknown profile the limits of both."""
    if interface is Interface.LOGIN:
        return _LOGIN
    daily = _DAILY.get(interface, _ONCE_A_MINUTE)
    if profile in (Profile.DAILY, Profile.OWNER):
        return daily
    if profile is Profile.PER_MINUTE or daily is _ONCE_A_MINUTE:
        return _ONCE_A_MINUTE
    return tuple(dict.fromkeys((*daily, *_ONCE_A_MINUTE)))

"""What an account's limits allow, counted from their table and from nothing of ours.

Accounts made after 2022-06-30 have the limits of `DAILY`, older ones may make one
call a minute of each interface.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from simulator import Dialect, Plant
from simulator.dialect import live_types, period_types

MINUTE: Final = 60.0
DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Size:
    """What limits grow with: plants, and devices by type where it has data."""

    plants: int
    live: Mapping[int, int]
    period: Mapping[int, int]

    @classmethod
    def of(cls, plants: Iterable[Plant], dialect: Dialect) -> Size:
        """Count what an account has."""
        plants = list(plants)
        types = Counter(device.type for plant in plants for device in plant.devices)

        def among(wanted: Iterable[int]) -> dict[int, int]:
            return {kind: types[kind] for kind in sorted(wanted) if types[kind]}

        return cls(
            len(plants),
            among(live_types(dialect, all_types=False)),
            among(period_types(dialect, all_types=False)),
        )


def _by_type(devices: Mapping[int, int], per_call: int) -> int:
    return sum(ceil(count / per_call) for count in devices.values())


def _plants(size: Size) -> int:
    return ceil(size.plants / 100)


type Calls = Callable[[Size], int]

DAILY: Final[Mapping[str, tuple[Calls, float]]] = {
    "stations": (lambda size: 10 * _plants(size) + 24, DAY),
    "getStationRealKpi": (_plants, 5 * MINUTE),
    **dict.fromkeys(
        (
            "getKpiStationHour",
            "getKpiStationDay",
            "getKpiStationMonth",
            "getKpiStationYear",
            "getDevList",
        ),
        (lambda size: _plants(size) + 24, DAY),
    ),
    "getDevRealKpi": (lambda size: _by_type(size.live, 100), 5 * MINUTE),
    **dict.fromkeys(
        ("getDevKpiDay", "getDevKpiMonth", "getDevKpiYear"),
        (lambda size: _by_type(size.period, 100) + 24, DAY),
    ),
    "getDevHistoryKpi": (lambda size: _by_type(size.live, 10) + 24, DAY),
    "getAlarmList": (
        lambda size: max(_plants(size), _by_type(size.live, 100)),
        30 * MINUTE,
    ),
}

# How many calls ask everything once.
ROUND: Final[Mapping[str, Calls]] = {
    "getStationRealKpi": _plants,
    "getDevRealKpi": lambda size: _by_type(size.live, 100),
    "getAlarmList": _plants,
}


def shortest_round(interface: str, size: Size, dialect: Dialect) -> float:
    """Return the seconds in which everything can be asked once, again and again."""
    calls, seconds = (lambda _: 1, MINUTE)
    if dialect is Dialect.V2022:
        calls, seconds = DAILY[interface]
    return seconds * ROUND[interface](size) / calls(size)


def calls_a_day(interface: str, size: Size, dialect: Dialect) -> float:
    """Return how many calls of an interface a day may have."""
    if interface == "login":
        return 5 * DAY / (10 * MINUTE)
    calls, seconds = (lambda _: 1, MINUTE)
    if dialect is Dialect.V2022:
        calls, seconds = DAILY.get(interface, (calls, seconds))
    return calls(size) * DAY / seconds

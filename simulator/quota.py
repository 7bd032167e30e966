"""Limits of calls of an account, by interface."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from .dialect import Dialect, live_types, period_types
from .model import Plant

MINUTE, DAY = 60, 24 * 3600


@dataclass(frozen=True, slots=True)
class Window:
    """Limit of ``calls`` within ``seconds``."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """Sizes that the limits depend on: plants, and devices of each type with data.

    ``live``: devices by type with real-time data; ``period``: with days, months, years.
    """

    plants: int
    live: tuple[int, ...]
    period: tuple[int, ...]

    @classmethod
    def of(
        cls,
        plants: Iterable[Plant],
        dialect: Dialect,
        all_types: bool,
        others: Iterable[int] = (),
    ) -> Fleet:
        """Count plants, and devices by type where the type has data; ``others``: further types."""
        plants = list(plants)
        count = Counter(device.type for plant in plants for device in plant.devices)

        def of_types(types: frozenset[int]) -> tuple[int, ...]:
            return tuple(count[kind] for kind in sorted(types) if count[kind])

        return cls(
            len(plants),
            of_types(live_types(dialect, all_types).union(others)),
            of_types(period_types(dialect, all_types)),
        )

    @property
    def batches(self) -> int:
        """Calls needed to ask for every plant once, 100 plants a call."""
        return max(1, ceil(self.plants / 100))


def _per_type(counts: tuple[int, ...], batch: int) -> int:
    return max(1, sum(ceil(count / batch) for count in counts))


class Edition(StrEnum):
    """Edition of the reference whose limits an account of a newer system has.

    ``2020``: an account that is older than its system.
    """

    V2020 = "2020"
    V2022 = "2022"
    V25_4 = "25.4"


LOGIN = (Window(5, 10 * MINUTE),)
ONCE_A_MINUTE = (Window(1, MINUTE),)

MANY_A_MINUTE = frozenset({"getDevRealKpi", "getAlarmList"})
"""Interfaces of 2022 and later that may be called more than once a minute."""

type Rule = Callable[[Fleet], tuple[Window, ...]]


def _plant_list(fleet: Fleet) -> tuple[Window, ...]:
    return (Window(10 * fleet.batches + 24, DAY),)


def _by_plants(fleet: Fleet) -> tuple[Window, ...]:
    return (Window(fleet.batches + 24, DAY),)


def _by_devices(fleet: Fleet) -> tuple[Window, ...]:
    return (Window(_per_type(fleet.period, 100) + 24, DAY),)


RULES_2022: dict[str, Rule] = {
    "stations": _plant_list,
    "getStationList": _plant_list,
    "getStationRealKpi": lambda fleet: (Window(fleet.batches, 5 * MINUTE),),
    "getKpiStationHour": _by_plants,
    "getKpiStationDay": _by_plants,
    "getKpiStationMonth": _by_plants,
    "getKpiStationYear": _by_plants,
    "getDevList": _by_plants,
    "getDevRealKpi": lambda fleet: (Window(_per_type(fleet.live, 100), 5 * MINUTE),),
    "getDevKpiDay": _by_devices,
    "getDevKpiMonth": _by_devices,
    "getDevKpiYear": _by_devices,
    "getDevHistoryKpi": lambda fleet: (Window(_per_type(fleet.live, 10) + 24, DAY),),
    "getAlarmList": lambda fleet: (
        Window(max(fleet.batches, _per_type(fleet.live, 100)), 30 * MINUTE),
    ),
}
"""The windows of edition 25.4."""

OF_2022: dict[str, Rule] = {
    "stations": lambda _: (Window(24, DAY),),
    "getStationList": lambda _: (Window(24, DAY),),
    "getAlarmList": lambda fleet: (Window(fleet.batches, 30 * MINUTE),),
}
"""The windows that were smaller in the edition of 2022."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between accounts of newer systems.

    ``one_a_minute``: most interfaces take one call a minute beside their windows.
    """

    edition: Edition = Edition.V25_4
    one_a_minute: bool = True


def limits(
    interface: str, dialect: Dialect, fleet: Fleet, rules: Rules = Rules()
) -> tuple[Window, ...]:
    """Return the windows of an interface; by default one call a minute."""
    if interface == "login":
        return LOGIN
    if interface == "logout":
        return ()
    is_old = Edition.V2020 is rules.edition or dialect is Dialect.V2020
    if is_old or interface not in RULES_2022:
        return ONCE_A_MINUTE
    rule = RULES_2022[interface]
    if rules.edition is Edition.V2022:
        rule = OF_2022.get(interface, rule)
    is_slow = rules.one_a_minute and interface not in MANY_A_MINUTE
    return (*rule(fleet), *(ONCE_A_MINUTE if is_slow else ()))


@dataclass(slots=True)
class Quota:
    """The calls of one account.

    ``scale``: factor on all windows; 0: no limits. ``rules``: may be changed at any
    time. ``lingers_for``: seconds for which the server goes on with a call that the
    client has given up.
    """

    scale: float = 1.0
    rules: Rules = Rules()
    lingers_for: float = 0.0
    _stamps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _busy: Counter[str] = field(default_factory=Counter)
    _lingers_until: dict[str, float] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    """Refused calls by interface, without the refusals of a fault."""

    def admit(self, interface: str, windows: tuple[Window, ...], now: float) -> bool:
        """Count and admit a call within all windows; a refused call is not counted.

        ``now``: epoch seconds.
        """
        longest = max((window.seconds for window in windows), default=0) * self.scale
        # The clock may have been set back, which leaves stamps in the future.
        stamps = [at for at in self._stamps[interface] if now - longest < at <= now]
        self._stamps[interface] = stamps
        for window in windows:
            since = now - window.seconds * self.scale
            if sum(at > since for at in stamps) >= window.calls and self.scale > 0:
                self.refused[interface] += 1
                return False
        stamps.append(now)
        return True

    def enter(self, interface: str, one_at_a_time: bool, now: float) -> bool:
        """Begin a call; returns False if another of its interface has to end first."""
        is_busy = self._busy[interface] or now < self._lingers_until.get(interface, 0)
        if one_at_a_time and self.scale > 0 and is_busy:
            self.refused[interface] += 1
            return False
        self._busy[interface] += 1
        return True

    def linger(self, interface: str, now: float) -> None:
        """Go on with a call that the client has given up."""
        self._lingers_until[interface] = now + self.lingers_for

    def busy(self, interface: str) -> int:
        """Return how many calls of an interface are running."""
        return self._busy[interface]

    def leave(self, interface: str) -> None:
        """End a call."""
        self._busy[interface] -= 1

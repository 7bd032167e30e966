"""What goes wrong and when, drawn from a seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0

LIVE: Final = (
    "getStationRealKpi",
    "getDevRealKpi",
    "getAlarmList",
    "getKpiStationHour",
    "getKpiStationDay",
    "getDevHistoryKpi",
    "getDevFiveMinutes",
    "getDevList",
)

type Sent = dict[str, Any]


class Act(StrEnum):
    """What is done to Home Assistant or to the server."""

    FAULTS = "faults"
    EVICT = "evict"
    LOCK = "lock"
    RESTART = "restart"
    RELOAD = "reload"
    KILL = "kill"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of incident.

    `weight`: how often it comes; `minutes`: how long it lasts; `fault`: what is
    armed at the simulator, for all interfaces or `one` of them; `lines`: how many
    lines of the log it is worth.
    """

    act: Act = Act.FAULTS
    weight: float = 1.0
    minutes: tuple[float, float] = (2, 60)
    fault: Mapping[str, Any] = field(default_factory=dict)
    one: bool = False
    lines: int = 1


TROUBLES: Final[Mapping[str, Trouble]] = {
    # The server, or the way to it.
    "server error": Trouble(fault={"kind": "http", "status": 500}),
    "bad gateway": Trouble(fault={"kind": "http", "status": 502}, minutes=(1, 180)),
    "maintenance": Trouble(fault={"kind": "html"}, minutes=(10, 120)),
    "refused": Trouble(fault={"kind": "refuse"}, weight=2, minutes=(1, 120)),
    "cut off": Trouble(fault={"kind": "cut"}),
    "half": Trouble(fault={"kind": "half"}),
    "empty": Trouble(fault={"kind": "empty"}),
    "stalls": Trouble(fault={"kind": "stall"}, minutes=(1, 20)),
    "redirect": Trouble(fault={"kind": "redirect"}, minutes=(1, 20)),
    "upgrade": Trouble(fault={"kind": "text"}, lines=0),
    "system error": Trouble(fault={"kind": "code", "code": 20004}),
    "number": Trouble(fault={"kind": "number"}),
    "flaky": Trouble(fault={"kind": "cut", "probability": 0.4}, minutes=(30, 180)),
    "flaky gateway": Trouble(
        fault={"kind": "http", "status": 503, "probability": 0.3}, minutes=(30, 180)
    ),
    "one is broken": Trouble(
        fault={"kind": "http", "status": 500}, one=True, minutes=(20, 240)
    ),
    # The limits.
    "too frequent": Trouble(
        fault={"kind": "code", "code": 407, "times": 1}, one=True, weight=2, lines=0
    ),
    "too frequent, all": Trouble(
        fault={"kind": "code", "code": 407}, minutes=(1, 10), lines=0
    ),
    "busy": Trouble(fault={"kind": "http", "status": 429}, lines=0, minutes=(1, 30)),
    "busy, one": Trouble(
        fault={"kind": "code", "code": 429, "times": 3}, one=True, lines=0
    ),
    # The session.
    "session lost": Trouble(
        fault={"kind": "lost", "times": 1}, one=True, weight=2, lines=0
    ),
    "somebody else": Trouble(act=Act.EVICT, weight=2, lines=0, minutes=(1, 2)),
    "locked": Trouble(act=Act.LOCK, minutes=(5, 25)),
    # The data.
    "nulls": Trouble(fault={"kind": "null"}, weight=2, lines=0, minutes=(5, 180)),
    "nothing": Trouble(fault={"kind": "missing"}, lines=0, minutes=(5, 90)),
    "no values": Trouble(fault={"kind": "empty_map"}, lines=0, minutes=(5, 180)),
    "zeros": Trouble(fault={"kind": "zeros"}, weight=3, lines=0, minutes=(5, 240)),
    "no rows": Trouble(fault={"kind": "empty_list", "times": 1}, one=True, lines=0),
    # Home Assistant.
    "restart": Trouble(act=Act.RESTART, weight=2, minutes=(0.2, 30), lines=0),
    "reload": Trouble(act=Act.RELOAD, weight=2, minutes=(0.1, 1), lines=0),
    "kill": Trouble(act=Act.KILL, weight=4, minutes=(0.2, 60), lines=0),
    "clock": Trouble(act=Act.CLOCK, weight=2, minutes=(5, 120), lines=0),
}

# Seconds from the end of an incident to the next one, on average and at least.
PAUSE: Final = 40 * MINUTE
LEAST_PAUSE: Final = 3 * MINUTE
FURTHEST_JUMP: Final = 90 * MINUTE


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that goes wrong: `begin` and `end` in seconds from the start.

    `amount`: by how much a clock is wrong, in seconds, or in which write
    from then on Home Assistant is killed.
    """

    name: str
    begin: float
    end: float
    interface: str | None = None
    amount: float = 0.0

    @property
    def trouble(self) -> Trouble:
        """Return its kind."""
        return TROUBLES[self.name]

    def fault(self) -> Sent:
        """Return what is sent to the simulator."""
        return {**self.trouble.fault, "interface": self.interface}


def incidents(seed: int, seconds: float, pause: float = PAUSE) -> Iterator[Incident]:
    """Yield what goes wrong in a time, one after the other.

    `pause`: mean seconds from the end of one to the next, on top of the least.
    """
    rng = Random(f"incidents {seed}")
    at = LEAST_PAUSE + rng.expovariate(1 / pause)
    names, weights = list(TROUBLES), [kind.weight for kind in TROUBLES.values()]
    while True:
        name = rng.choices(names, weights)[0]
        kind = TROUBLES[name]
        end = at + rng.uniform(*kind.minutes) * MINUTE
        if end >= seconds:
            return
        amount = 0.0
        if kind.act is Act.CLOCK:
            amount = rng.choice((-1, 1)) * rng.uniform(60, FURTHEST_JUMP)
        elif kind.act is Act.KILL:
            amount = rng.randint(1, 6)
        interface = rng.choice(LIVE) if kind.one else None
        yield Incident(name, at, end, interface, amount)
        at = end + LEAST_PAUSE + rng.expovariate(1 / pause)


@dataclass(frozen=True, slots=True)
class AlarmPlan:
    """An alarm: when it is raised, acknowledged (never: None) and cleared."""

    plant: int
    level: int
    raised: float
    acknowledged: float | None
    cleared: float | None


def alarms(seed: int, seconds: float, plants: int) -> Iterator[AlarmPlan]:
    """Yield the alarms of a time, the first one first; some end within minutes."""
    rng = Random(f"alarms {seed}")
    at = rng.expovariate(1 / (3 * HOUR))
    while at < seconds:
        lasts = rng.choice((rng.uniform(1, 50) * MINUTE, rng.uniform(1, 30) * HOUR))
        cleared = at + lasts if at + lasts < seconds else None
        acknowledged = (
            at + lasts * rng.uniform(0.1, 0.9) if rng.random() < 0.4 else None
        )
        if acknowledged and acknowledged >= seconds:
            acknowledged = None
        yield AlarmPlan(
            rng.randrange(plants), rng.randint(1, 4), at, acknowledged, cleared
        )
        at += 1 + rng.expovariate(1 / (3 * HOUR))

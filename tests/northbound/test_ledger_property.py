"""Whatever happens, the server's own rule is never broken."""

from collections import defaultdict
from dataclasses import dataclass, field
import json
from math import ceil
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.northbound import Interface, Ledger, Profile, Scale
from custom_components.smartpvms.northbound.errors import NotYetError

from .conftest import done, nothing

MINUTE, DAY = 60, 86400

scales = st.builds(
    Scale,
    st.integers(1, 350),
    st.dictionaries(st.sampled_from([1, 10, 38, 39, 47]), st.integers(1, 250)),
)
interfaces = st.sampled_from([item for item in Interface if item != "logout"])


def limits(name: str, daily: bool, scale: Scale) -> list[tuple[int, int]]:
    """Tell a server's limits as (calls, seconds), as its documentation does."""
    if name == "login":
        return [(5, 10 * MINUTE)]
    plants = max(1, ceil(scale.plants / 100))
    hundreds = max(1, sum(ceil(count / 100) for count in scale.devices.values()))
    served = [scale.devices[key] for key in scale.devices.keys() & {1, 14, 38, 39, 41}]
    with_days = max(1, sum(ceil(count / 100) for count in served))
    tens = max(1, sum(ceil(count / 10) for count in scale.devices.values()))
    table = {
        "getStationList": [(10 * plants + 24, DAY)],
        "stations": [(10 * plants + 24, DAY)],
        "getStationRealKpi": [(plants, 5 * MINUTE)],
        "getDevList": [(plants + 24, DAY)],
        "getDevRealKpi": [(hundreds, 5 * MINUTE)],
        "getDevHistoryKpi": [(tens + 24, DAY)],
        "getAlarmList": [(max(plants, hundreds), 30 * MINUTE)],
    }
    for period in ("Hour", "Day", "Month", "Year"):
        table[f"getKpiStation{period}"] = [(plants + 24, DAY)]
        table[f"getDevKpi{period}"] = [(with_days + 24, DAY)]
    if not daily or name not in table:
        return [(1, MINUTE)]
    fast = name in {"getDevRealKpi", "getAlarmList"}
    return table[name] if fast else [*table[name], (1, MINUTE)]


@dataclass
class Server:
    """Counts calls when they arrive, on a clock that nobody sets."""

    daily: bool
    scale: Scale
    calls: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def arrive(self, name: str, at: float) -> None:
        """Take a call, which must be within all limits."""
        for most, seconds in limits(name, self.daily, self.scale):
            recent = [then for then in self.calls[name] if then > at - seconds]
            assert len(recent) < most, f"{name}: 407"
        self.calls[name].append(at)


@dataclass(frozen=True)
class Step:
    """A call: which, how long after the last, and what happens meanwhile."""

    interface: Interface
    gap: float | None  # None: as soon as the ledger allows
    travel: float  # until the server counts the call
    answer: float  # until its answer is here
    end: str
    set_back: float


steps = st.lists(
    st.builds(
        Step,
        interfaces,
        st.none() | st.floats(0, 100) | st.floats(0, 2 * DAY),
        st.floats(0, 2),
        st.floats(0, 28),
        st.sampled_from(["", "", "", "restart", "crash"]),
        st.sampled_from([0, 0, 0, 0, 0.3, 45, 3600, 400 * DAY]),
    ),
    max_size=60,
)


class Life:
    """An account's calls over the years, in real seconds."""

    def __init__(self, profile: Profile | None, server: Server) -> None:
        """Begin with an empty ledger."""
        self.time, self.error, self.saved = 2e9, 0.0, "{}"
        self.profile, self.server = profile, server
        self.start()

    async def save(self) -> None:
        """Write the ledger."""
        self.saved = json.dumps(self.ledger.dump())

    def start(self) -> None:
        """Start with what was written last."""
        self.ledger = Ledger(self.save, lambda: self.time + self.error)
        self.ledger.load(json.loads(self.saved))
        self.ledger.profile, self.ledger.scale = self.profile, self.server.scale

    def take(self, step: Step) -> None:
        """Try to make a call."""
        lane = step.interface
        self.error -= step.set_back
        wait = self.ledger.wait(lane)
        assert wait <= DAY + 1
        self.time += wait if step.gap is None else step.gap
        left, forbidden = self.ledger.left(lane), self.ledger.wait(lane) > 0
        assert left > 0 or forbidden
        if forbidden:
            with pytest.raises(NotYetError):
                done(self.ledger.claim(lane))
            return
        done(self.ledger.claim(lane))
        self.server.arrive(lane, self.time + step.travel)
        if step.end == "crash":
            self.time += 2
            self.start()
            return
        self.time += step.travel + step.answer
        done(self.ledger.record(lane, None))
        if step.end == "restart":
            done(self.save())
            self.start()


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([*Profile, None]), st.booleans(), scales, steps)
def test_the_servers_limits_hold(
    profile: Profile | None, daily: bool, scale: Scale, taken: list[Step]
) -> None:
    """A ledger that does not know the profile yet satisfies either server."""
    known = daily if profile is None else profile is Profile.DAILY
    life = Life(profile, Server(known, scale))
    for step in taken:
        life.take(step)


@settings(deadline=None)
@given(interfaces, scales, st.integers(2, 40), st.sampled_from(["", "restart"]))
def test_the_greedy_stay_within_the_limits_and_use_them(
    interface: Interface, scale: Scale, rounds: int, end: str
) -> None:
    """Call on one lane whenever it is allowed."""
    server = Server(True, scale)
    life = Life(Profile.DAILY, server)
    for _ in range(rounds):
        life.take(Step(interface, None, 0.0, 0.0, end, 0))
    assert len(server.calls[interface]) == rounds
    ((most, seconds), *others) = limits(interface, True, scale)
    if end == "" and interface != "login" and not others:
        passed = server.calls[interface][-1] - server.calls[interface][0]
        assert passed == pytest.approx((rounds - 1) // most * (seconds + 0.5), abs=1)


jumps = st.lists(st.tuples(interfaces, st.floats(-5e7, 5e7)), max_size=30)


@given(jumps)
def test_no_leap_of_the_clock_locks_a_lane(
    leaps: list[tuple[Interface, float]],
) -> None:
    """However the clock goes back and forth, a day later every lane is free."""
    now = 2e9
    ledger = Ledger(nothing, lambda: now)
    for interface, leap in leaps:
        if not ledger.wait(interface):
            done(ledger.claim(interface))
        now += leap
        stamps: list[Any] = list(ledger.lane(interface).calls)
        assert stamps == sorted(stamps)
        assert not stamps or stamps[-1] <= now
    for interface in Interface:
        assert ledger.wait(interface) <= DAY + 1
    now += DAY + 1
    assert all(ledger.wait(interface) == 0 for interface in Interface)

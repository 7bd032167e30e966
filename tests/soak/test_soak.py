"""Whatever goes wrong: nothing is lost, nothing doubled, nobody is alarmed.

`SOAK_SEED` sets what goes wrong; a failure names the seed it happened with.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
import logging
import os
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator, fleet
from tests.conftest import make_entry
from tests.history.life import EXACT, assert_hours, assert_nothing_falls, midnight

from .machine import Machine
from .schedule import (
    DAY,
    HOUR,
    PAUSE,
    Act,
    AlarmPlan,
    Incident,
    Sent,
    alarms,
    incidents,
)
from .watch import GRACE, AlarmWatch, CounterWatch, LogWatch, Told, too_few, too_many

pytestmark = pytest.mark.lives

# Days whose hours are compared, and those that are imported: a day that could not
# be asked while it was recent is asked later, with the backfill.
DEPTH = 3
IMPORTED = 14
# The recent days are asked once more after a day, and today's hours twice a day.
CALM = 40 * HOUR
SETTLED = 14 * HOUR
WITHIN = {Dialect.V2020: 0.02, Dialect.V2022: EXACT}
FIRST_ALARM = 2 * HOUR


@pytest.fixture
def seed() -> int:
    """Return what the troubles are drawn from."""
    return int(os.environ.get("SOAK_SEED", "1"))


@pytest.fixture
async def sim(now: str, dialect: Dialect) -> Simulator:
    """Return the simulator with three houses, one of them far away."""
    plants = [
        fleet.residential(connected=date(2026, 5, 2)),
        fleet.residential(
            "NE=33554786",
            2,
            name="Haus am See",
            connected=date(2026, 5, 20),
        ),
        fleet.residential(
            "NE=33554787", 5, timezone="Asia/Kolkata", connected=date(2026, 6, 1)
        ),
    ]
    if dialect is Dialect.V2022:
        plants[1] = fleet.emma(connected=date(2026, 5, 20))
    sim = Simulator(plants, dialect)
    sim.alarms.automatic = False
    return sim


@pytest.fixture
def entry(hass: HomeAssistant, url: str) -> MockConfigEntry:
    """Return an entry that imports the hours of some days."""
    entry = make_entry(url, history_days=IMPORTED)
    entry.add_to_hass(hass)
    return entry


def set_aside(folder: Path) -> list[str]:
    """Return the names of damaged files."""
    return [path.name for path in folder.glob("*.corrupt.*")]


@dataclass(slots=True)
class Soak:
    """An account, what watches it, and what goes wrong."""

    hass: HomeAssistant
    machine: Machine
    sim: Simulator
    http: ClientSession
    url: str
    begun: float
    log: LogWatch
    alarm_events: AlarmWatch
    counters: CounterWatch
    raised: dict[int, tuple[AlarmPlan, int, float]] = field(default_factory=dict)
    past: list[tuple[Incident, float, float]] = field(default_factory=list)

    async def send(self, method: str, what: str, sent: Sent | None = None) -> Sent:
        """Tell the simulator what to do."""
        address = f"{self.url}/simulator/{what}"
        async with self.http.request(method, address, json=sent) as response:
            answer: Sent = await response.json()
            assert response.status == 200, answer
            return answer

    async def until(self, at: float) -> None:
        """Let time pass until so many seconds from the start."""
        left = self.begun + at - self.sim.clock.now()
        if left > 0:
            await self.machine.play(left)

    async def suffer(self, incident: Incident) -> None:
        """Let something go wrong, and be right again."""
        kind, begin = incident.trouble, self.sim.clock.now()
        lasts = incident.end - incident.begin
        match kind.act:
            case Act.FAULTS:
                await self.send("POST", "faults", incident.fault())
                await self.machine.play(lasts)
                await self.send("DELETE", "faults")
            case Act.EVICT:
                await self.send("POST", "evict")
            case Act.LOCK:
                await self.send("POST", "evict")
                self.sim.deny("login", 20400)
                await self.machine.play(lasts)
                self.sim.deny("login", None)
            case Act.CLOCK:
                self.machine.set_clock(incident.amount)
                await self.machine.play(lasts)
                self.machine.set_clock(0)
            case Act.KILL:
                await self.machine.kill(incident.amount, lasts)
            case Act.RESTART:
                await self.machine.restart(lasts)
            case Act.RELOAD:
                await self.machine.reload()
        self.past.append((incident, begin, self.sim.clock.now()))

    async def alarm(self, number: int, plan: AlarmPlan, what: str) -> None:
        """Raise, acknowledge or clear an alarm."""
        if what == "raise":
            plant = self.sim.plants[plan.plant]
            sent: Sent = {"do": what, "plant": plant.code, "level": plan.level}
            sent |= {"alarm": 5000 + number, "name": f"Alarm {number}"}
            answer = await self.send("POST", "alarms", sent)
            self.raised[number] = (plan, answer["number"], answer["raiseTime"] / 1000)
        else:
            sent = {"do": what, "number": self.raised[number][1]}
            await self.send("POST", "alarms", sent)

    def expected(self, kind: str) -> list[Told]:
        """Return what has happened to alarms."""
        return [
            (kind, self.sim.plants[plan.plant].code, str(5000 + number), at)
            for number, (plan, _, at) in self.raised.items()
            if kind == "raised" or getattr(plan, kind) is not None
        ]

    async def run(self, seed: int, seconds: float, pause: float) -> None:
        """Play some time of troubles."""
        plans = list(alarms(seed, seconds - FIRST_ALARM, len(self.sim.plants)))
        events: list[tuple[float, str, Any]] = [
            (incident.begin, "suffer", incident)
            for incident in incidents(seed, seconds, pause)
        ]
        for number, plan in enumerate(plans):
            for what, at in (
                ("raise", plan.raised),
                ("acknowledge", plan.acknowledged),
                ("clear", plan.cleared),
            ):
                if at is not None:
                    events.append((FIRST_ALARM + at, what, (number, plan)))
        for at, what, about in sorted(events, key=lambda event: event[0]):
            await self.until(at)
            if what == "suffer":
                await self.suffer(about)
                self.check()
            else:
                await self.alarm(*about, what)
        await self.until(seconds + CALM)

    def check(self) -> None:
        """Assert what has to hold at any time."""
        assert not self.log.exceptions()
        assert not self.log.of_others()
        assert not self.counters.falls
        assert not self.sim.quota.refused
        for kind in ("raised", "acknowledged", "cleared"):
            found = Counter(
                {
                    told: n
                    for told, n in self.alarm_events.told.items()
                    if told[0] == kind
                }
            )
            assert not too_many(found, self.expected(kind)), kind

    async def check_in_the_end(self) -> None:
        """Assert what has to hold when all is well again."""
        self.check()
        assert self.machine.entry.state is ConfigEntryState.LOADED
        reauth = self.machine.entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})
        assert not list(reauth)
        for kind in ("raised", "cleared"):
            assert not too_few(self.alarm_events.told, self.expected(kind)), kind
        assert self.counters.seen["total"] and self.counters.seen["total_increasing"]
        self.check_lines()
        assert not set_aside(Path(self.hass.config.path(".storage")))
        for number, plant in enumerate(self.sim.plants):
            begin = midnight(plant, self.begun, 1 - DEPTH)
            end = midnight(plant, self.sim.clock.now() - SETTLED)
            assert end > self.begun
            within = WITHIN[self.sim.dialect]
            await assert_hours(
                self.hass, self.sim, begin, end, plant=number, within=within
            )
            await assert_nothing_falls(self.hass, plant.code)
        unavailable = [
            state.entity_id
            for state in self.hass.states.async_all()
            if state.state == "unavailable"
        ]
        assert not unavailable

    def check_lines(self) -> None:
        """Assert that an outage is worth a line, and nothing else is."""
        left = self.log.between(0, float("inf"))
        following = [begin for _, begin, _ in self.past[1:]] + [float("inf")]
        for (incident, begin, end), limit in zip(self.past, following, strict=True):
            lines = self.log.between(begin, min(end + GRACE, limit))
            left = [line for line in left if line not in lines]
            assert len(lines) <= incident.trouble.lines, (incident, lines)
        assert not left


@pytest.fixture
async def soak(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Soak]:
    """Set the account up, and watch it."""
    log = LogWatch(sim)
    alarm_events, counters = AlarmWatch(hass), CounterWatch(hass, sim)
    watches = (log, alarm_events, counters)
    machine = Machine(hass, freezer, sim, entry, watches, monkeypatch)
    assert await hass.config_entries.async_setup(entry.entry_id)
    logging.getLogger().addHandler(log)
    async with ClientSession() as http:
        yield Soak(
            hass,
            machine,
            sim,
            http,
            url,
            sim.clock.now(),
            log,
            alarm_events,
            counters,
        )
    alarm_events.stop()
    counters.stop()
    logging.getLogger().removeHandler(log)


async def play_through(
    soak: Soak, seed: int, seconds: float, pause: float = PAUSE
) -> None:
    """Play some time of troubles; say which when one was too much."""
    try:
        await soak.run(seed, seconds, pause)
        await soak.check_in_the_end()
    except BaseException as error:
        last = soak.past[-1][0] if soak.past else None
        error.add_note(f"SOAK_SEED={seed}, {soak.sim.clock.at()}, after {last}")
        raise


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dialect", [Dialect.V2022])
async def test_some_hours(soak: Soak, seed: int) -> None:
    await play_through(soak, seed, 12 * HOUR, PAUSE / 4)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("dialect", "days"), [(Dialect.V2022, 7), (Dialect.V2020, 2)])
async def test_days(soak: Soak, seed: int, days: int) -> None:
    await play_through(soak, seed, days * DAY)

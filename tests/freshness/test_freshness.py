"""A day of polling on the simulator's clock: how old the data are, what they cost."""

from array import array
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from datetime import date
import json
import logging
import os
from pathlib import Path
from statistics import median

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from benchmarks import fleet as benches
from custom_components.smartpvms.hub.hub import Hub
from simulator import Dialect, Simulator, fleet
from simulator.owner import BASIC, CALLS_A_DAY
from tests.conftest import DIALECTS_OF_DAYS, make_entry, write_no_rows
from tests.owner import owner_entry, register_client
from tests.play import play

from .limits import Size, calls_a_day, shortest_round

pytestmark = pytest.mark.lives

HOUR = 3600.0
# All types of devices were asked by then, and what is not served is known.
START_UP = HOUR
# No part of any cycle, so that all ages of a cycle are met.
SAMPLE = 61.7
WITHIN = 1.05

# The calls of an owner, whichever interface.
ALL = "all"
PLANTS, DEVICES = "getStationRealKpi", "getDevRealKpi"


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record, so that history is imported beside; its database comes first."""
    request.getfixturevalue("recorder_mock")
    # A day of lines that nobody reads.
    for name in ("", "sqlalchemy.engine", "simulator"):
        logging.getLogger(name).setLevel(logging.WARNING)
    request.getfixturevalue("enable_custom_integrations")
    request.getfixturevalue("socket_enabled")


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Record statistics, but no states: nobody looks at them."""
    return {"exclude": {"domains": ["binary_sensor", "button", "event", "sensor"]}}


@pytest.fixture
def plants() -> int:
    """Return how many plants the account has; a test may parametrise it."""
    return 1


@pytest.fixture
async def sim(now: str, dialect: Dialect, plants: int) -> Simulator:
    """Return the simulator with a house, or with plants of twenty devices each.

    One plant in ten of the many has devices of all types.
    """
    if plants == 1:
        return Simulator([fleet.residential(connected=date(2025, 4, 1))], dialect)
    of_all_types = benches.plants(plants // 10)
    houses = fleet.many(plants - len(of_all_types), benches.DEVICES)
    return Simulator(of_all_types + houses, dialect, quirks=False)


@pytest.fixture
def entry(hass: HomeAssistant, url: str, plants: int) -> MockConfigEntry:
    """Return an entry; that of a hundred plants is spared what takes hours to play.

    It has no enabled entities, which only the calls for days, months and years
    follow, and less history; its lanes are as busy.
    """
    entry = make_entry(url, **({"history_days": 1} if plants > 1 else {}))
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, pref_disable_new_entities=plants > 1)
    return entry


@dataclass(frozen=True, slots=True)
class Age:
    """How old a kind's data were (seconds), and the best median and maximum."""

    median: float
    most: float
    best: float

    @classmethod
    def of(cls, ages: array[float], shortest: float) -> Age:
        """Sum up the ages; at best, ages grow from 0 to a whole round."""
        return cls(median(ages), max(ages), shortest / 2)


class Ages:
    """Samples how old each plant's and device's data are, by kind."""

    def __init__(self, hub: Hub, sim: Simulator, size: Size) -> None:
        """Watch an account; what the server has no data of has no age."""
        self._hub, self._sim, self._size = hub, sim, size
        self._found: dict[str, array[float]] = defaultdict(lambda: array("d"))

    def sample(self) -> None:
        """Note all ages of this moment."""
        hub, now = self._hub, self._sim.clock.now()
        for plant in self._sim.plants:
            self._found["plants"].append(now - hub.plants.data[plant.code].at)
            self._found["alarms"].append(now - hub.alarms.data.answered_at[plant.code])
            for device in plant.devices:
                if device.type in self._size.live:
                    reading = hub.devices.data[device.id]
                    self._found[str(int(device.type))].append(now - reading.at)

    def sums(self) -> dict[str, Age]:
        """Return what was found, by "plants", "alarms" or the type of device."""
        interfaces = {"plants": PLANTS, "alarms": "getAlarmList"}
        return {
            kind: Age.of(
                ages,
                shortest_round(
                    interfaces.get(kind, DEVICES), self._size, self._sim.dialect
                ),
            )
            for kind, ages in self._found.items()
        }


async def _measure(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    hours: float,
) -> tuple[dict[str, Age], Counter[str]]:
    """Return the ages of each kind and the calls of so many hours after the start."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await play(hass, freezer, START_UP)
    return await _watch(hass, freezer, entry, sim, hours)


async def _watch(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    hours: float,
) -> tuple[dict[str, Age], Counter[str]]:
    """Return the ages of each kind and the calls of so many hours from now on."""
    ages = Ages(entry.runtime_data, sim, Size.of(sim.plants, sim.dialect))
    begun, end = len(sim.calls), sim.clock.now() + hours * HOUR
    while sim.clock.now() < end:
        await play(hass, freezer, SAMPLE)
        ages.sample()
    # The last sample is taken a little later.
    calls = (call.interface for call in sim.calls[begun:] if call.at < end)
    return ages.sums(), Counter(calls)


def _assert_fresh(ages: dict[str, Age]) -> None:
    """Assert that data are as fresh as can be.

    Of the calls for alarms some ask for older ones, and where there is one a
    minute, half of them are the actions'.
    """
    for kind, age in ages.items():
        if kind != "alarms":
            assert age.median <= WITHIN * age.best, (kind, age)
            assert age.most <= WITHIN * 2 * age.best + 2, (kind, age)


def _keep(name: str, sim: Simulator, ages: dict[str, Age], calls: Counter[str]) -> None:
    """Write the figures for script/freshness, where that asks for them."""
    if not (folder := os.environ.get("FRESHNESS")):
        return
    size = Size.of(sim.plants, sim.dialect)
    best = {kind: age.best for kind, age in ages.items()}
    allowed = {key: calls_a_day(key, size, sim.dialect) for key in calls}
    if name.startswith("owner"):
        # One limit for all interfaces together, and how often alarms are asked is ours.
        allowed = {ALL: CALLS_A_DAY[BASIC]}
        calls = calls | Counter({ALL: calls.total()})
        del best["alarms"]
    found = {
        "devices": sum(len(plant.devices) for plant in sim.plants),
        "refused": sim.count(fail_code=407) + sim.owner.refused,
        "ages": {
            kind: {**asdict(age), "best": best.get(kind)} for kind, age in ages.items()
        },
        "calls": {key: [count, allowed.get(key)] for key, count in calls.items()},
    }
    Path(folder, f"{name}.json").write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_hours_are_as_fresh_as_can_be(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
) -> None:
    ages, _ = await _measure(hass, freezer, entry, sim, 3)
    _assert_fresh(ages)
    assert sim.count(fail_code=407) == 0
    assert len(ages) == 5


@pytest.mark.slow
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("plants", [1, 100])
async def test_a_day_is_as_fresh_as_can_be(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    dialect: Dialect,
    plants: int,
) -> None:
    """History is imported beside it, as far as the limits leave calls for it."""
    if plants > 1:
        write_no_rows(monkeypatch)
    ages, calls = await _measure(hass, freezer, entry, sim, 24)
    _keep(f"{dialect}-{plants}", sim, ages, calls)
    assert sim.count(fail_code=407) == 0
    assert calls["login"] <= 1
    assert calls["getKpiStationHour"] > 10
    _assert_fresh(ages)
    for interface, count in calls.items():
        allowed = calls_a_day(interface, Size.of(sim.plants, dialect), dialect)
        assert count <= allowed, interface


@pytest.fixture
async def owned(hass: HomeAssistant, url: str, sim: Simulator) -> MockConfigEntry:
    """Return the entry of an owner, not set up yet."""
    await register_client(hass, sim)
    entry = owner_entry(url, sim)
    entry.add_to_hass(hass)
    return entry


@pytest.mark.slow
async def test_hours_of_an_owner_are_within_the_day(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    owned: MockConfigEntry,
    sim: Simulator,
) -> None:
    ages, calls = await _measure(hass, freezer, owned, sim, 2)
    assert sim.owner.refused == 0
    # By day 17 hours of the 24 are asked, at a round of plant and three types.
    assert calls[PLANTS] >= 10
    assert sum(calls.values()) <= 2 * CALLS_A_DAY[BASIC] / 14
    for kind in ("plants", "38"):
        assert ages[kind].median <= 6 * 60, kind


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_a_day_of_an_owner_is_within_its_calls(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    owned: MockConfigEntry,
    sim: Simulator,
) -> None:
    """History is imported beside it; the second day is like all that follow."""
    # The daily lists are not asked where one of the days meets the other.
    first_day = 23.5 - START_UP / HOUR
    _, first = await _measure(hass, freezer, owned, sim, first_day)
    assert sim.owner.refused == 0
    assert first.total() <= CALLS_A_DAY[BASIC]
    ages, calls = await _watch(hass, freezer, owned, sim, 24)
    _keep("owner-1", sim, ages, calls)
    assert sim.owner.refused == 0
    assert calls.total() <= CALLS_A_DAY[BASIC]
    assert calls["getKpiStationHour"] > 10
    assert calls["stations"] == calls["getDevList"] == 1
    assert ages.pop("alarms").median <= 35 * 60
    for kind, age in ages.items():
        assert age.median <= 8 * 60, (kind, age)
        assert age.most <= 35 * 60, (kind, age)

"""Accounts with many plants: nothing holds Home Assistant up, and all are there."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from math import inf
from pathlib import Path
from typing import Final
from unittest.mock import patch
from zlib import crc32

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_platform
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from benchmarks import fleet as many_types
from benchmarks.watch import watching
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.diagnostics import async_get_config_entry_diagnostics
from simulator import Dialect, Fault, FaultKind, Simulator, fleet
from tests.automations import automate, registry_device
from tests.conftest import entity_id, state_of

type Wait = Callable[..., Awaitable[None]]

LONGEST: Final = 0.1
# Where other tests run beside: they take the processor's caches.
ROUGHLY: Final = 0.3
CYCLE: Final = 310
TEST_STORE: Final = "pytest_homeassistant_custom_component/common.py"


@pytest.fixture
def plants(request: pytest.FixtureRequest) -> int:
    """Return how many plants the account has."""
    return int(getattr(request, "param", 104))


@pytest.fixture
def many_enabled(plants: int) -> Iterator[None]:
    """Enable all entities, or of many plants so many that there are about 20,000.

    Home Assistant adds no more than 10,000 new ones, but keeps those that it has.
    """
    share = 1 if plants < 10 else 8

    def is_enabled(self: Entity) -> bool:
        if self.entity_description.entity_registry_enabled_default:
            return True
        return crc32(str(self.unique_id).encode()) % share == 0

    always = property(is_enabled)
    with (
        patch.object(Entity, "entity_registry_enabled_default", always),
        patch.object(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", inf),
    ):
        yield


@pytest.fixture
async def sim(now: str, dialect: Dialect, plants: int) -> Simulator:
    """Return a simulator with many small plants."""
    sim = Simulator(plants=fleet.many(plants, 1), dialect=dialect)
    sim.alarms.automatic = False
    return sim


@pytest.mark.parametrize(
    "dialect", [Dialect.V2022, pytest.param(Dialect.V2020, marks=pytest.mark.slow)]
)
async def test_more_plants_than_a_call_takes(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """104 plants: two pages, two batches, and in the end all have their data."""
    is_paged = sim.dialect is Dialect.V2022
    # The second page waits its minute, and the set-up with it.
    assert await hass.config_entries.async_setup(entry.entry_id) is not is_paged
    await wait(9 * 60, 30)
    hub = entry.runtime_data
    assert len(hub.account.plants) == 104
    assert len(hub.account.devices) == 104
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    assert len(devices) == 104 + 104
    for plant in (sim.plants[0], sim.plants[99], sim.plants[100], sim.plants[103]):
        assert float(state_of(hass, plant.code, "pv_power")) > 0
        assert float(state_of(hass, plant.code, "day_power")) > 0
        assert state_of(hass, plant.code, "active_alarms") == "0"
        assert float(state_of(hass, plant.devices[0].id, "active_power")) > 0
    assert sim.count(fail_code=407) == 0
    batches = {
        len(call.payload["stationCodes"].split(","))
        for call in sim.calls
        if call.interface in ("getStationRealKpi", "getDevList", "getAlarmList")
    }
    assert batches == {100, 4}


@pytest.mark.parametrize("plants", [1], indirect=True)
async def test_only_what_changed_is_written(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Rows that say the same write nothing; one other value writes one state."""
    code, inverter = sim.plants[0].code, sim.plants[0].devices[0].id
    hub = setup.runtime_data
    for lane in (hub.plants, hub.devices):
        for source, reading in lane.data.items():
            sim.override(source, dict(reading.values))
    await wait(CYCLE)
    written: list[str] = []

    @callback
    def note(event: Event) -> None:
        written.append(event.data["entity_id"])

    @callback
    def is_ours(data: object) -> bool:
        return True

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    hass.bus.async_listen(EVENT_STATE_REPORTED, note, event_filter=is_ours)
    calls = sim.count("getDevRealKpi")
    await wait(CYCLE)
    assert sim.count("getDevRealKpi") > calls
    # When the rows came, and what is left of the quota, are no values of them.
    told = {entity_id(hass, "sensor", code, key) for key in ("last_data", "calls_left")}
    assert set(written) <= told

    written.clear()
    known = hub.devices.data[inverter].values
    sim.override(inverter, {**known, "day_cap": known["day_cap"] + 1})
    changed = entity_id(hass, "sensor", inverter, "day_cap")
    assert hass.states.get(changed)
    await wait(CYCLE)
    assert set(written) - told == {changed}


@pytest.mark.parametrize("plants", [12], indirect=True)
async def test_age_is_written_though_no_value_has_changed(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Availability follows the age of a row, there and back, for all plants."""
    codes = [plant.code for plant in sim.plants]
    for code in codes:
        sim.override(code, {"day_income": 4711.0})
    await wait(CYCLE)
    assert {state_of(hass, code, "day_income") for code in codes} == {"4711.0"}
    sim.faults.add(Fault(FaultKind.HTTP, "getStationRealKpi", times=1000))
    await wait(4 * CYCLE, 60)
    assert {state_of(hass, code, "day_income") for code in codes} == {"unavailable"}
    sim.faults.clear()
    await wait(2 * CYCLE, 60)
    assert {state_of(hass, code, "day_income") for code in codes} == {"4711.0"}


@pytest.mark.usefixtures("many_enabled")
@pytest.mark.parametrize(
    ("plants", "entities", "longest"),
    [(2, 1300, ROUGHLY), pytest.param(100, 18_000, LONGEST, marks=pytest.mark.slow)],
    indirect=["plants"],
)
@pytest.mark.timeout(900)
async def test_nothing_holds_the_loop_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    plants: int,
    entities: int,
    longest: float,
) -> None:
    """Set-up, first data, refresh, silence, saving, diagnostics, reload, unload."""
    sim.plants[:] = many_types.plants(plants)
    sim.all_types = True
    with watching(longest) as watch:
        assert await hass.config_entries.async_setup(entry.entry_id)
        await wait(CYCLE, 10)
        count = len(hass.states.async_all())
        assert count > entities
        await wait(CYCLE, 60)
        sim.faults.add(Fault(FaultKind.HTTP, "getDevRealKpi", times=1000))
        await wait(4 * CYCLE, 60)
        await async_get_config_entry_diagnostics(hass, entry)
        await asyncio.sleep(0)
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert len(hass.states.async_all()) >= count
        assert await hass.config_entries.async_unload(entry.entry_id)
    # The tests' own store copies and reads again all that is written to it.
    real = (block for block in watch.ours if not block.is_in(TEST_STORE))
    assert [block.where() for block in real] == []


@pytest.mark.parametrize("plants", [1], indirect=True)
@pytest.mark.parametrize(
    "alarms", [300, pytest.param(10_000, marks=[pytest.mark.slow])]
)
@pytest.mark.timeout(1800)
async def test_a_flood_of_alarms_holds_nothing_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    tmp_path: Path,
    alarms: int,
) -> None:
    """One alarm of each device, as after a grid outage, and an automation for them."""
    hass.config.config_dir = str(tmp_path)
    sim.plants[:] = [house] = fleet.many(1, alarms)
    with patch.object(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", inf):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await wait(20)
    calls = async_mock_service(hass, "test", "automation")
    await automate(
        hass,
        {
            "alias": "Test",
            "mode": "parallel",
            "max": alarms,
            "triggers": [
                {
                    "trigger": f"{DOMAIN}.alarm_raised",
                    "target": {"device_id": registry_device(hass, house.code).id},
                }
            ],
            "actions": [{"action": "test.automation"}],
        },
    )
    for device in house.devices:
        sim.alarms.raise_(house, device)
    with watching(LONGEST) as watch:
        await wait(1200, 60)
        assert state_of(hass, house.code, "active_alarms") == str(alarms)
        assert len(calls) == alarms
    real = (block for block in watch.ours if not block.is_in(TEST_STORE))
    assert [block.where() for block in real] == []

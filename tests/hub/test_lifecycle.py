"""Set-up, reload, restart, removal: calls are spent once, entities come back."""

from collections import Counter
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import replace
import gc
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms import async_remove_config_entry_device
from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.hub.store import HubStore, store_of
from custom_components.smartpvms.live.readings import Reading
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet, serve
from tests.conftest import (
    CONNECTIONS,
    device_of,
    entity_id,
    make_entry,
    restart,
    state_of,
)

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"
BOTH = pytest.mark.parametrize("dialect", Dialect)


def states(hass: HomeAssistant) -> dict[str, str]:
    """Return all states but those of the clock and the quota."""
    return {
        state.entity_id: state.state
        for state in hass.states.async_all()
        if not state.entity_id.endswith(("_last_data", "_calls_left", "_refresh"))
    }


@BOTH
async def test_set_up_makes_three_calls(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator, dialect: Dialect
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    plants = (
        ["stations"] if dialect is Dialect.V2022 else ["stations", "getStationList"]
    )
    assert [call.interface for call in sim.calls] == ["login", *plants, "getDevList"]


async def test_devices_of_all_types_are_there(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    registry = dr.async_get(hass)
    devices = {
        next(iter(device.identifiers)): device
        for device in dr.async_entries_for_config_entry(registry, setup.entry_id)
    }
    plant = devices[DOMAIN, PLANT]
    assert plant.entry_type is dr.DeviceEntryType.SERVICE
    assert len(devices) == 1 + len(sim.plants[0].devices)
    for device in sim.plants[0].devices:
        known = devices[DOMAIN, str(device.id)]
        assert known.name == device.name
        assert known.via_device_id == plant.id
        assert known.model == device.model
    battery = devices[DOMAIN, str(device_of(sim, Type.BATTERY))]
    assert battery.serial_number is None


async def test_a_type_nobody_has_heard_of_is_a_device(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    stranger = deepcopy(sim.plants[0].devices[-1])
    stranger.id, stranger.type, stranger.name, stranger.model = 77, 98765, "X", ""
    sim.plants[0].devices.append(stranger)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    devices = dr.async_get(hass).devices
    (known,) = (d for d in devices if (DOMAIN, "77") in d.identifiers)
    assert known.model == "Device type 98765"


@BOTH
async def test_reload_costs_no_call(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(60)
    before, calls = states(hass), len(sim.calls)
    assert await hass.config_entries.async_reload(setup.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert states(hass) == before
    assert len(sim.calls) == calls


@BOTH
async def test_two_restarts_within_a_minute(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Everything is there at once, and no call is made that is not allowed."""
    before = states(hass)
    await restart(hass, setup)
    assert states(hass) == before
    await wait(20)
    await restart(hass, setup)
    assert states(hass) == before
    await wait(1800)
    assert sim.count(fail_code=407) == 0
    assert sim.count("login") == 2
    assert sim.count("getDevList") == 1
    assert "unavailable" not in states(hass).values()


@BOTH
async def test_remove_and_add_within_a_minute(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, url: str, wait: Wait
) -> None:
    assert await hass.config_entries.async_remove(setup.entry_id)
    assert hass.states.async_all() == []
    assert sim.calls[-1].interface == "logout"
    again = make_entry(url)
    again.add_to_hass(hass)
    await hass.config_entries.async_setup(again.entry_id)
    assert again.state is ConfigEntryState.SETUP_RETRY
    assert again.reason
    await wait(1800)
    assert again.state is ConfigEntryState.LOADED
    assert sim.count(fail_code=407) == 0
    assert float(state_of(hass, PLANT, "pv_power")) > 0


async def test_a_restart_at_night_brings_back_what_was_seen_by_day(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    by_day = set(states(hass))
    registry = er.async_get(hass)
    seen = {
        e.unique_id for e in er.async_entries_for_config_entry(registry, setup.entry_id)
    }
    freezer.move_to("2026-06-15T23:30:00+00:00")
    await restart(hass, setup)
    await wait(10)
    assert set(states(hass)) == by_day
    assert "unavailable" not in states(hass).values()
    now = {
        e.unique_id for e in er.async_entries_for_config_entry(registry, setup.entry_id)
    }
    assert now >= seen


async def test_a_device_added_and_one_removed_while_running(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    devices = sim.plants[0].devices
    gone = next(d for d in devices if d.name == "Inverter-2")
    new = deepcopy(gone)
    new.id, new.name = 4711, "Inverter-3"
    devices.append(new)
    await wait(3 * 3600, 300)
    assert float(state_of(hass, 4711, "active_power")) > 0

    devices.remove(gone)
    await wait(12 * 3600, 600)
    assert entity_id(hass, "sensor", gone.id, "active_power")
    await wait(18 * 3600, 600)
    registry = er.async_get(hass)
    unique_id = f"{gone.id}_active_power"
    assert registry.async_get_entity_id("sensor", DOMAIN, unique_id) is None
    identifiers = {i for d in dr.async_get(hass).devices for i in d.identifiers}
    assert (DOMAIN, str(gone.id)) not in identifiers
    assert sim.count(fail_code=407) == 0


async def test_a_device_that_left_before_its_news_were_told(
    hass: HomeAssistant, setup: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    hub: Hub = setup.runtime_data
    lane, known = hub.devices, hub.account.inventory
    now = hub.account.ledger.now()
    new = replace(next(iter(known.devices.values())), id=4711)
    await hub.account.async_apply(
        replace(known, devices={**known.devices, new.id: new})
    )
    # It has no status, so that one platform has nothing to show of it.
    lane.put(new.id, Reading(now, {"active_power": 1.0}))
    await lane.async_publish()
    await hass.async_block_till_done()
    assert state_of(hass, new.id, "active_power") == "1.0"
    lane.put(new.id, Reading(now, {"active_power": 2.0, "never_seen": 1.0}))
    await hub.account.async_apply(known)
    await lane.async_publish()
    assert "Unexpected error" not in caplog.text


async def test_a_device_that_left_stops_no_other(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """A call for a device that is gone fails for all: it is found out at once."""
    devices = sim.plants[0].devices
    gone, stays = [d for d in devices if d.type == Type.ENERGY_CENTER]
    devices.remove(gone)
    await wait(1500, 10)
    assert sim.count("getDevRealKpi", fail_code=20008) <= 3
    assert state_of(hass, gone.id, "active_power") == "unavailable"
    assert float(state_of(hass, stays.id, "active_power")) > 0
    assert sim.count(fail_code=407) == 0


async def test_a_plant_that_left_stops_no_other(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    second = fleet.residential("NE=2", 7, name="Second")
    sim.plants.append(second)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    sim.plants.remove(second)
    await wait(1800, 10)
    assert state_of(hass, "NE=2", "day_power") == "unavailable"
    assert float(state_of(hass, PLANT, "day_power")) > 0
    assert float(state_of(hass, PLANT, "pv_power")) > 0


async def test_only_what_is_gone_can_be_removed_by_hand(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    registry = dr.async_get(hass)
    dongle = device_of(sim, Type.DONGLE)
    known = next(d for d in registry.devices if (DOMAIN, str(dongle)) in d.identifiers)
    assert not await async_remove_config_entry_device(hass, setup, known)
    setup.runtime_data.account.devices.pop(dongle)
    assert await async_remove_config_entry_device(hass, setup, known)
    assert await hass.config_entries.async_unload(setup.entry_id)
    assert not await async_remove_config_entry_device(hass, setup, known)


async def test_a_plant_code_with_underscores(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.plants[:] = [fleet.residential("NE=1_2_3", 1)]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    before = states(hass)
    registry = er.async_get(hass)
    count = len(er.async_entries_for_config_entry(registry, entry.entry_id))
    await restart(hass, entry)
    assert states(hass) == before
    await wait(10)
    assert len(er.async_entries_for_config_entry(registry, entry.entry_id)) == count


async def test_a_plant_that_appears_later(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    await wait(3 * 3600, 300)
    assert float(state_of(hass, "NE=2", "day_power")) >= 0
    assert hass.states.get(entity_id(hass, "button", "NE=2", "refresh"))


async def test_a_device_list_that_fails_at_first_comes_later(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.faults.add(Fault(FaultKind.HTTP, "getDevList", times=1, status=502))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    assert float(state_of(hass, PLANT, "day_power")) > 0
    await wait(1200, 10)
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    assert sim.count(fail_code=407) == 0


async def test_an_empty_list_replaces_nothing(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    before = set(states(hass))
    sim.faults.add(Fault(FaultKind.EMPTY_LIST))
    await wait(30 * 3600, 900)
    sim.faults.clear()
    await wait(3600, 300)
    assert set(states(hass)) == before


async def test_deselected_plants_are_not_shown(
    hass: HomeAssistant, sim: Simulator, url: str, wait: Wait
) -> None:
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    entry = make_entry(url, **{CONF_EXCLUDED_PLANTS: [PLANT]})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    sources = {i for d in dr.async_get(hass).devices for _, i in d.identifiers}
    assert "NE=2" in sources
    assert PLANT not in sources
    asked = [
        c.payload["stationCodes"] for c in sim.calls if "stationCodes" in c.payload
    ]
    assert set(asked) == {"NE=2"}


async def test_a_second_entry_leaves_the_first_one_its_plants(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A second account of the same plants: it says so, and shows what is left."""
    other = Simulator([*sim.plants, fleet.residential("NE=2", 7, name="Second")])
    async with serve(other) as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        registry = er.async_get(hass)
        entity = registry.async_get(entity_id(hass, "sensor", PLANT, "pv_power"))
        assert entity
        assert entity.config_entry_id == setup.entry_id
        entity = registry.async_get(entity_id(hass, "sensor", "NE=2", "pv_power"))
        assert entity
        assert entity.config_entry_id == second.entry_id
        assert await hass.config_entries.async_unload(second.entry_id)
    assert "does not generate unique IDs" not in caplog.text


async def test_a_kill_between_two_saves(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The ledger was written before each call, so nothing is forgotten."""
    with pytest.MonkeyPatch.context() as patch:

        async def killed(file: HubStore) -> None:
            """Write nothing."""

        patch.setattr(HubStore, "async_save", killed)
        await restart(hass, setup)
    await wait(900)
    assert sim.count(fail_code=407) == 0


async def test_counters_do_not_fall_back_after_a_kill(
    hass: HomeAssistant,
    hass_storage: dict[str, object],
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
) -> None:
    """What was counted since the last save was shown, and may be in a statistic."""
    shown: list[float] = []
    inverter = device_of(sim, Type.ENERGY_CENTER)
    entity = entity_id(hass, "sensor", inverter, "day_cap")
    file = f"{DOMAIN}.{setup.entry_id}"

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state and state.entity_id == entity and state.state[0].isdigit():
            shown.append(float(state.state))

    await wait(400, 10)
    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    saved = deepcopy(hass_storage[file])
    await wait(610, 10)
    counted = len(shown)
    assert await hass.config_entries.async_unload(setup.entry_id)
    hass.data.pop(CONNECTIONS)
    hass_storage[file] = saved
    assert await hass.config_entries.async_setup(setup.entry_id)
    await wait(610, 10)
    assert 0 < counted < len(shown)
    assert shown == sorted(shown)


@pytest.mark.parametrize(
    "saved",
    [
        {"inventory": 3, "devices": [], "refused": 4},
        {"in_watts": {"x": True}, "refused": {"1": None, "y": 1, "²": 1}},
    ],
)
async def test_odd_files_are_survived(
    hass: HomeAssistant,
    hass_storage: dict[str, object],
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    saved: object,
) -> None:
    for key, data in (
        ("smartpvms.quota", ["what"]),
        (f"smartpvms.{entry.entry_id}", saved),
    ):
        hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}
    # Without a record of logins, none is made for ten minutes.
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await wait(1200, 10)
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize(
    "outcome", [{"return_value": False}, {"side_effect": ValueError("a platform")}]
)
async def test_an_unload_that_fails_lets_polling_go_on(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    outcome: dict[str, object],
) -> None:
    """Home Assistant keeps such an entry until it is restarted."""
    with patch.object(hass.config_entries, "async_unload_platforms", **outcome):
        assert not await hass.config_entries.async_unload(setup.entry_id)
    before = sim.count("getDevRealKpi")
    await wait(700, 10)
    assert sim.count("getDevRealKpi") > before
    setup.mock_state(hass, ConfigEntryState.LOADED)


async def test_a_plant_that_comes_back_keeps_its_zone(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """Its rows have shown the zone; the list never tells it."""
    account = setup.runtime_data.account
    known, zone = account.inventory, ZoneInfo("Asia/Kolkata")
    account.learn_zone(PLANT, zone)
    await account.async_apply(replace(known, plants={}, devices={}))
    assert not account.plants
    await account.async_apply(known)
    assert account.zone(PLANT) is zone


async def test_readings_are_saved_while_they_keep_coming(
    hass: HomeAssistant,
    hass_storage: dict[str, dict[str, dict[str, dict[str, dict[str, float]]]]],
    setup: MockConfigEntry,
    wait: Wait,
) -> None:
    """A kill of Home Assistant costs minutes, however often rows come."""
    hub = setup.runtime_data
    for _ in range(20):
        hub.plants.put(PLANT, hub.plants.data[PLANT])
        hub.plants.publish()
        await wait(10)
    saved = hass_storage[f"smartpvms.{setup.entry_id}"]["data"]
    assert PLANT in saved["plants"]


def ours() -> Counter[type]:
    """Count the objects of the integration that are alive, by class."""
    gc.collect()
    alive = Counter(type(each) for each in gc.get_objects())
    return Counter(
        {kind: alive[kind] for kind in alive if DOMAIN in (kind.__module__ or "")}
    )


async def test_reloads_leave_nothing_behind(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    async def reload(times: int) -> None:
        for _ in range(times):
            assert await hass.config_entries.async_reload(setup.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)

    await reload(2)
    before = ours()
    await reload(5)
    assert ours() - before == Counter()


@pytest.mark.parametrize(
    ("interface", "kind"),
    [
        ("stations", FaultKind.NULL),
        ("stations", FaultKind.EMPTY_LIST),
        ("getDevList", FaultKind.HTTP),
        ("getDevList", FaultKind.NULL),
    ],
)
async def test_a_lost_file_and_a_first_list_at_fault_remove_nothing(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    interface: str,
    kind: FaultKind,
) -> None:
    """Names and ids of users would go with the devices."""
    await wait(120)

    def held() -> tuple[set[str], set[str]]:
        entities = er.async_entries_for_config_entry(er.async_get(hass), setup.entry_id)
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), setup.entry_id)
        return {item.entity_id for item in entities}, {item.id for item in devices}

    before = held()
    assert await hass.config_entries.async_unload(setup.entry_id)
    await store_of(hass, setup.entry_id).async_remove()
    sim.faults.add(Fault(kind, interface))
    await hass.config_entries.async_setup(setup.entry_id)
    await wait(300, 60)
    assert held() == before
    sim.faults.clear()
    await wait(3 * 3600, 600)
    assert held()[1] == before[1]
    assert before[0] <= held()[0]
    assert setup.state is ConfigEntryState.LOADED


async def test_a_clock_that_was_a_month_ahead_delays_no_list_for_long(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    account = entry.runtime_data.account
    ahead = account.clock.now() + 30 * 86400
    account.inventory = replace(
        account.inventory,
        plants_at=ahead,
        devices_at=dict.fromkeys(account.inventory.devices_at, ahead),
    )
    await restart(hass, entry)
    calls = sim.count("stations"), sim.count("getDevList")
    await wait(5 * 3600, 600)
    assert sim.count("stations") > calls[0]
    assert sim.count("getDevList") > calls[1]

"""Polling: lanes, faults, refusals, ages, and what a user is told."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import re
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import persistent_notification
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity_component import async_update_entity
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import Interface, Profile
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet
from simulator.answers.plants import known_at
from tests.conftest import DIALECTS_OF_DAYS, device_of, entity_id, restart, state_of

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"
HOUR = 3600


@pytest.mark.parametrize("dialect", Dialect)
async def test_as_fresh_as_the_account_allows(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    dialect: Dialect,
    wait: Wait,
) -> None:
    await wait(2 * HOUR, 2)
    assert sim.count(fail_code=407) == 0
    assert sim.count("login") == 1
    seconds, calls_a_cycle = {
        Dialect.V2020: (60, 1),
        Dialect.V2022: (300, 3),
    }[dialect]
    cycles = 2 * HOUR / seconds
    assert sim.count("getStationRealKpi") >= 0.95 * cycles
    assert sim.count("getDevRealKpi") >= 0.95 * cycles * calls_a_cycle


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_a_day_without_a_407(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(24 * HOUR, 120)
    assert sim.count(fail_code=407) == 0
    assert sim.count("login") == 1


async def test_one_407_leaves_the_other_lanes_running(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    meter = device_of(sim, Type.POWER_SENSOR)
    sim.faults.add(Fault(FaultKind.CODE, "getStationRealKpi", times=1, code=407))
    before = sim.count("getStationRealKpi")
    await wait(300)
    assert sim.count("getStationRealKpi") == before + 1
    await wait(840, 30)
    assert sim.count("getStationRealKpi") == before + 1
    assert sim.count("getDevRealKpi") > 9
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    assert state_of(hass, meter, "active_power") != "unavailable"
    await wait(300)
    assert sim.count("getStationRealKpi") >= before + 2


async def test_a_lane_at_rest_keeps_its_values_for_three_cycles(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.faults.add(Fault(FaultKind.CODE, "getStationRealKpi", code=407))
    await wait(850, 10)
    assert float(state_of(hass, PLANT, "day_power")) > 0
    # Its windows have been learnt to be longer, and three cycles with them.
    await wait(1000, 10)
    assert state_of(hass, PLANT, "day_power") == "unavailable"
    assert state_of(hass, PLANT, "last_data") != "unavailable"
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    sim.faults.clear()
    await wait(HOUR, 30)
    assert float(state_of(hass, PLANT, "day_power")) > 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.HTTP, status=502),
        Fault(FaultKind.HTML),
        Fault(FaultKind.CUT),
        Fault(FaultKind.EMPTY),
        Fault(FaultKind.REFUSE),
        Fault(FaultKind.CODE, code=30008),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.code or fault.status}",
)
async def test_an_outage_is_logged_once_and_passes(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    caplog.clear()
    sim.faults.add(fault)
    await wait(HOUR, 30)
    assert state_of(hass, PLANT, "day_power") == "unavailable"
    errors = [
        record
        for record in caplog.records
        if record.levelname in ("WARNING", "ERROR") and "smartpvms" in record.name
    ]
    assert len(errors) == 1
    assert "data data" not in errors[0].getMessage()
    sim.faults.clear()
    await wait(900, 10)
    assert float(state_of(hass, PLANT, "day_power")) > 0
    assert "unavailable" not in {state.state for state in hass.states.async_all()}


async def test_a_server_that_comes_and_goes_is_one_outage(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def lines() -> int:
        return sum(
            record.levelname == "ERROR" and "smartpvms" in record.name
            for record in caplog.records
        )

    caplog.clear()
    for _ in range(4):
        sim.faults.add(Fault(FaultKind.CUT, "getDevRealKpi", times=1))
        await wait(900, 10)
        assert not sim.faults.strike("getDevRealKpi")
    assert lines() == 1
    await wait(2400, 30)
    sim.faults.add(Fault(FaultKind.CUT, "getDevRealKpi", times=1))
    await wait(900, 10)
    assert lines() == 2


@pytest.mark.parametrize(
    "kind", [FaultKind.NULL, FaultKind.MISSING, FaultKind.EMPTY_MAP]
)
async def test_an_answer_without_data_says_nothing(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    kind: FaultKind,
) -> None:
    sim.faults.add(Fault(kind))
    await wait(600, 30)
    states = {state.state for state in hass.states.async_all()}
    assert "unavailable" not in states
    sim.faults.clear()
    await wait(600, 30)
    assert float(state_of(hass, PLANT, "pv_power")) > 0


@pytest.mark.parametrize("code", [20009, 20013])
async def test_a_type_that_is_refused_stops_no_other(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    code: int,
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    sim.faults.add(Fault(FaultKind.CODE, "getDevRealKpi", times=1, code=code))
    await wait(HOUR, 30)
    refused = [c for c in sim.calls if c.fail_code == code]
    assert len(refused) == 1
    asked = [
        c.payload["devTypeId"] for c in sim.calls if c.interface == "getDevRealKpi"
    ]
    assert asked.count(refused[0].payload["devTypeId"]) == 1
    assert len(set(asked)) == 3
    issue = (DOMAIN, f"{entry.entry_id}_not_configured_getDevRealKpi")
    assert (issue in ir.async_get(hass).issues) is (code == 20009)


async def test_a_lost_session_is_silently_renewed(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    await wait(120)
    sim.evict()
    await wait(600, 10)
    assert sim.count("login") == 2
    assert sim.count(fail_code=407) == 0
    assert "unavailable" not in {state.state for state in hass.states.async_all()}
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


async def test_a_refused_login_is_tried_once_more_then_asked_for(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A lock ends by itself; a wrong password needs the user. Never a loop."""
    await wait(120)
    sim.deny("login", 20400)
    sim.evict()
    await wait(25 * 60, 30)
    assert sim.count("login") == 2
    told = [
        r for r in caplog.records if r.levelname == "WARNING" and "30 min" in r.message
    ]
    assert len(told) == 1
    assert not list(setup.async_get_active_flows(hass, {SOURCE_REAUTH}))
    await wait(15 * 60, 30)
    assert sim.count("login") == 3
    assert list(setup.async_get_active_flows(hass, {SOURCE_REAUTH}))
    await wait(6 * HOUR, 60)
    assert sim.count("login") == 3
    assert setup.state is ConfigEntryState.LOADED


async def test_a_lock_that_ends_by_itself_troubles_nobody(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(120)
    sim.deny("login", 20400)
    sim.evict()
    await wait(20 * 60, 30)
    sim.deny("login", None)
    await wait(20 * 60, 30)
    assert float(state_of(hass, PLANT, "day_power")) > 0
    assert not list(setup.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_refresh_asks_within_the_ledger(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    button = entity_id(hass, "button", PLANT, "refresh")
    sensor = entity_id(hass, "sensor", PLANT, "pv_power")
    calls = len(sim.calls)
    for _ in range(3):
        await hass.services.async_call(
            "button", "press", {"entity_id": button}, blocking=True
        )
        await async_update_entity(hass, sensor)
        await wait(20)
    assert len(sim.calls) == calls
    # One message, which says when: no toast is left to guess at.
    (told,) = persistent_notification._async_get_or_create_notifications(hass).values()
    assert re.search(r"\d\d:\d\d:\d\d", told["message"])
    assert sim.count(fail_code=407) == 0
    # It goes when its time is over.
    await wait(300)
    assert not persistent_notification._async_get_or_create_notifications(hass)


async def test_a_refused_refresh_is_forgotten_with_its_account(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    button = entity_id(hass, "button", PLANT, "refresh")
    for _ in range(2):
        await hass.services.async_call(
            "button", "press", {"entity_id": button}, blocking=True
        )
    assert persistent_notification._async_get_or_create_notifications(hass)
    assert await hass.config_entries.async_unload(setup.entry_id)
    assert not persistent_notification._async_get_or_create_notifications(hass)


async def test_home_assistants_own_switch_stops_polling(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    hass.config_entries.async_update_entry(setup, pref_disable_polling=True)
    assert await hass.config_entries.async_reload(setup.entry_id)
    calls = len(sim.calls)
    await wait(1200, 60)
    assert len(sim.calls) == calls
    await async_setup_component(hass, "homeassistant", {})
    await async_update_entity(hass, entity_id(hass, "sensor", PLANT, "day_power"))
    await wait(20)
    assert len(sim.calls) == calls + 1


async def test_more_than_a_hundred_plants(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.plants[:] = fleet.many(120, 3)
    # The second page waits its minute, and the set-up with it.
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await wait(900, 10)
    hub = entry.runtime_data
    assert len(hub.account.plants) == 120
    assert len(hub.plants.data) == 120
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("code", [503, 20007])
async def test_lists_that_fail_leave_half_of_the_days_calls(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait, code: int
) -> None:
    """Restarts and dialogs need them."""
    await wait(60)
    if code == 20007:
        sim.deny("stations", code)
    else:
        sim.faults.add(Fault(FaultKind.HTTP, "stations", status=503))
    before = sim.count("stations")
    await wait(6 * HOUR, 300)
    assert sim.count("stations") > before
    ledger = setup.runtime_data.account.ledger
    assert sim.count("stations") <= ledger.most(Interface.STATIONS) / 2


@pytest.mark.slow
async def test_a_plant_that_leaves_an_account_of_a_hundred_and_one(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """The limits of a hundred hold as soon as the list says so, not a day later."""
    sim.plants[:] = fleet.many(101, 1)
    hass.config_entries.async_update_entry(entry, pref_disable_new_entities=True)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await wait(600, 60)
    account = entry.runtime_data.account
    assert len(account.listed_plants) == 101
    gone = sim.plants.pop()
    while gone.code in account.listed_plants:
        await wait(600, 60)
    refused = sim.count(fail_code=407)
    await wait(3 * HOUR, 60)
    assert sim.count(fail_code=407) == refused
    assert gone.code in account.plants


async def test_a_clock_that_jumps(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    await wait(60)
    freezer.tick(-2 * HOUR)
    sim.clock.offset += timedelta(hours=2)
    await restart(hass, setup)
    await wait(900, 10)
    assert sim.count(fail_code=407) == 0
    assert float(state_of(hass, PLANT, "pv_power")) > 0


async def test_what_could_not_be_asked_keeps_its_place(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """A lane at rest must not cost the inverters, which come first, a round."""
    await wait(20)
    sim.evict()
    sim.deny("login", 429)
    await wait(300, 10)
    before = sim.count("getDevRealKpi")
    sim.deny("login", None)
    while sim.count("getDevRealKpi") == before:
        await wait(10)
    first = [call for call in sim.calls if call.interface == "getDevRealKpi"][before]
    assert first.payload["devTypeId"] == Type.ENERGY_CENTER


async def test_autarky_is_what_was_not_bought(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
) -> None:
    """On a winter's day, when PV charges the battery that was empty in the morning."""
    freezer.move_to("2026-12-15T12:00:00+00:00")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(300, 10)
    now = datetime.fromtimestamp(sim.clock.now(), UTC)
    midnight = sim.plants[0].world.midnight(date(2026, 12, 15))
    today = sim.truth(PLANT).energy(datetime.fromtimestamp(midnight, UTC), now)
    shown = float(state_of(hass, PLANT, "autarky_rate"))
    assert shown == pytest.approx(100 * (1 - today.import_ / today.consumption), abs=2)
    assert today.charge > today.discharge
    assert today.import_ > 0.1 * today.consumption


async def test_autarky_is_true_while_the_cloud_lags(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
) -> None:
    """On a summer's morning, when the battery charges fast and little was used yet."""
    freezer.move_to("2026-06-10T05:00:00+00:00")
    assert await hass.config_entries.async_setup(entry.entry_id)
    # Until the battery's first row is as old as the cloud's of the plant, nothing is told.
    # Until then the battery has no row as old as the cloud's of the plant.
    await wait(600, 10)
    world = sim.plants[0].world
    midnight = datetime.fromtimestamp(world.midnight(date(2026, 6, 10)), UTC)
    wrong: list[float] = []
    for _ in range(36):
        await wait(300, 10)
        known = known_at(sim.plants[0], sim.clock.now(), quirks=True)
        today = sim.truth(PLANT).energy(midnight, datetime.fromtimestamp(known, UTC))
        shown = float(state_of(hass, PLANT, "autarky_rate"))
        rate = 100 * (1 - today.import_ / today.consumption)
        wrong.append(abs(shown - rate))
    assert max(wrong) < 3
    assert sum(wrong) / len(wrong) < 1


async def test_the_rates_of_today_age_with_the_plants_row(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.faults.add(Fault(FaultKind.CODE, "getStationRealKpi", code=407))
    assert float(state_of(hass, PLANT, "autarky_rate")) > 0
    # The refusal makes the lane's windows, and so its cycles, half longer.
    await wait(2250, 10)
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    assert state_of(hass, PLANT, "autarky_rate") == "unknown"


@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_a_system_that_was_renewed(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The list of plants moves to another interface, and the limits with it."""
    await wait(120, 10)
    sim.dialect = Dialect.V2022
    await wait(4500, 20)
    hub = setup.runtime_data
    assert hub.account.inventory.dialect == "2022"
    assert hub.account.ledger.profile is Profile.DAILY
    assert hub.account.inventory.plants


async def test_one_entitys_fault_is_not_the_others(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lane = setup.runtime_data.devices

    def fail() -> None:
        raise ValueError("broken entity")

    stop = lane.async_add_listener(fail)
    before = state_of(hass, PLANT, "last_data")
    await wait(320, 10)
    stop()
    assert state_of(hass, PLANT, "last_data") > before
    assert "broken entity" in caplog.text


async def test_a_refresh_writes_only_what_changed(
    hass: HomeAssistant, setup: MockConfigEntry, wait: Wait
) -> None:
    written_as_it_was: list[str] = []
    changed: list[str] = []

    @callback
    def note(event: Event[EventStateReportedData]) -> None:
        written_as_it_was.append(event.data["new_state"].entity_id)

    @callback
    def note_changed(event: Event[EventStateChangedData]) -> None:
        changed.append(event.data["entity_id"])

    @callback
    def every(data: EventStateReportedData) -> bool:
        return True

    hass.bus.async_listen(EVENT_STATE_REPORTED, note, event_filter=every)
    hass.bus.async_listen(EVENT_STATE_CHANGED, note_changed)
    await wait(320, 10)
    assert len(changed) > 10
    assert written_as_it_was == []


async def test_values_tell_what_they_are_a_part_of(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The power installed, what the batteries hold, how often values come."""

    def told(key: str, name: str) -> object:
        state = hass.states.get(entity_id(hass, "sensor", PLANT, key))
        assert state
        return state.attributes[name]

    (plant,) = sim.plants
    await wait(300)
    assert told("pv_power", "installed_capacity") == plant.site.peak_kw
    assert told("energy_stored", "capacity") == 10
    assert told("last_data", "interval") == 300
    assert told("last_data", "installed_capacity") == plant.site.peak_kw


async def test_what_has_grown_old_does_not_come_back_by_itself(
    setup: MockConfigEntry, freezer: FrozenDateTimeFactory, wait: Wait
) -> None:
    """A search by halves makes rounds longer; old values are not young by that."""
    await wait(10, 5)
    plants = setup.runtime_data.plants
    assert plants.is_fresh(PLANT)
    freezer.tick(HOUR)
    plants.mark_stale()
    assert not plants.is_fresh(PLANT)
    with patch.object(plants, "cycle", lambda: 2.0 * HOUR):
        plants.mark_stale()
    assert not plants.is_fresh(PLANT)
    now = plants.account.clock.now()
    plants.put(PLANT, replace(plants.data[PLANT], at=now))
    plants.mark_stale()
    assert plants.is_fresh(PLANT)

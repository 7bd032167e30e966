"""Alarms in Home Assistant: problems, counts, events, restarts."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.smartpvms.alarms.record import LONGEST, AlarmChange, AlarmRecord
from custom_components.smartpvms.const import DOMAIN, SIGNAL_ALARM
from simulator import Dialect, Fault, FaultKind, Simulator, Type
from simulator.alarms import Status
from tests.conftest import device_of, entity_id, restart, state_of

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"
# One poll may be an older window's.
CYCLE = {Dialect.V2020: 2 * 140, Dialect.V2022: 2 * 1820}


@pytest.fixture
def dialect() -> Dialect:
    """Poll every two minutes."""
    return Dialect.V2020


def problem(hass: HomeAssistant, device: int) -> str:
    """Return the state of a device's problem sensor."""
    state = hass.states.get(entity_id(hass, "binary_sensor", device, "problem"))
    assert state
    return state.state


EXPLAINED = ("alarm", "severity", "cause", "suggestion", "since")


def explained(hass: HomeAssistant, device: int) -> dict[str, str | None]:
    """Return what a device's problem sensor says of the gravest alarm."""
    state = hass.states.get(entity_id(hass, "binary_sensor", device, "problem"))
    assert state
    return {key: state.attributes.get(key) for key in EXPLAINED}


def alarm_event(hass: HomeAssistant) -> str | None:
    """Return the kind of the last event of the plant."""
    state = hass.states.get(entity_id(hass, "event", PLANT, "alarm"))
    assert state
    kind: str | None = state.attributes["event_type"]
    return kind


def alarm_changes(events: list[Event]) -> list[tuple[str, str]]:
    """Return the (kind, name) of the events among state changes."""
    return [
        (new.attributes["event_type"], new.attributes["name"])
        for event in events
        if (new := event.data["new_state"])
        and new.entity_id.startswith("event.")
        and new.attributes.get("event_type")
        and new.state not in ("unavailable", "unknown")
        and event.data["old_state"]
        and new.state != event.data["old_state"].state
    ]


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_life(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    dialect: Dialect,
    wait: Wait,
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    battery = device_of(sim, Type.BATTERY)
    for device in sim.plants[0].devices:
        assert problem(hass, device.id) == "off"
    assert state_of(hass, PLANT, "active_alarms") == "0"
    assert state_of(hass, PLANT, "highest_severity") == "none"
    assert "sensor.sonnenhof_latest_alarm" not in hass.states.async_entity_ids()

    assert explained(hass, inverter) == dict.fromkeys(EXPLAINED)

    alarm = sim.alarms.raise_(PLANT, inverter, alarm_id=2064, level=1, name="Hot")
    await wait(CYCLE[dialect], 10)
    assert problem(hass, inverter) == "on"
    told = explained(hass, inverter)
    assert (told["alarm"], told["severity"]) == ("Hot", "critical")
    assert told["cause"]
    assert told["suggestion"]
    assert told["since"]
    assert problem(hass, battery) == "off"
    assert alarm_event(hass) == "raised"
    assert state_of(hass, PLANT, "active_alarms") == "1"
    assert state_of(hass, PLANT, "highest_severity") == "critical"
    assert state_of(hass, PLANT, "latest_alarm") == "Hot"
    listed = hass.states.get(entity_id(hass, "sensor", PLANT, "active_alarms"))
    assert listed
    (shown,) = listed.attributes["alarms"]
    assert (shown["id"], shown["name"], shown["severity"]) == (
        "2064",
        "Hot",
        "critical",
    )
    assert len(shown["suggestion"] or "") <= 255
    assert shown["device"] == "Inverter-1"

    sim.alarms.acknowledge(alarm)
    await wait(CYCLE[dialect], 10)
    assert alarm_event(hass) == "acknowledged"
    assert problem(hass, inverter) == "on"

    sim.alarms.clear(alarm)
    await wait(CYCLE[dialect], 10)
    assert alarm_event(hass) == "cleared"
    assert problem(hass, inverter) == "off"
    assert state_of(hass, PLANT, "active_alarms") == "0"
    assert state_of(hass, PLANT, "latest_alarm") == "Hot"
    assert sim.count(fail_code=407) == 0


async def test_an_alarm_that_fits_no_device_is_the_plants(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.alarms.raise_(PLANT, None, alarm_id=1, level=4, name="Somewhere")
    await wait(CYCLE[Dialect.V2020], 10)
    assert alarm_event(hass) == "raised"
    assert state_of(hass, PLANT, "active_alarms") == "1"
    assert {problem(hass, d.id) for d in sim.plants[0].devices} == {"off"}


async def test_nothing_old_is_news_at_first_and_nothing_twice_after_a_restart(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    old = sim.alarms.raise_(PLANT, inverter, alarm_id=1, level=2, name="Old")
    events = async_capture_events(hass, "state_changed")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(300, 10)
    assert problem(hass, inverter) == "on"
    assert alarm_changes(events) == []

    await restart(hass, entry)
    assert problem(hass, inverter) == "on"
    await wait(300, 10)
    assert alarm_changes(events) == []

    assert await hass.config_entries.async_unload(entry.entry_id)
    sim.alarms.clear(old)
    sim.alarms.raise_(PLANT, inverter, alarm_id=2, level=2, name="New")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(300, 10)
    assert sorted(alarm_changes(events)) == [("cleared", "Old"), ("raised", "New")]


async def test_nothing_is_told_before_home_assistant_has_started(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Automations are armed only then; what is found earlier is held back."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    assert await hass.config_entries.async_unload(setup.entry_id)
    hass.set_state(CoreState.starting)
    sim.alarms.raise_(PLANT, inverter, alarm_id=2, level=2, name="Early")
    assert await hass.config_entries.async_setup(setup.entry_id)
    await wait(300, 10)
    assert problem(hass, inverter) == "on"
    assert alarm_event(hass) is None
    await restart(hass, setup)
    assert alarm_event(hass) is None
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert alarm_event(hass) == "raised"


async def test_unknown_codes_neither_crash_nor_vanish(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=3, level=9, name="Odd")
    await wait(CYCLE[Dialect.V2020], 10)
    assert problem(hass, inverter) == "on"
    assert state_of(hass, PLANT, "highest_severity") == "other"


async def test_without_permission_there_is_an_issue_and_no_entity(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.deny("getAlarmList", 401)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(600, 10)
    assert hass.states.async_entity_ids("event") == []
    issue = (DOMAIN, f"{entry.entry_id}_no_access_getAlarmList")
    assert issue in ir.async_get(hass).issues
    assert sim.count("getAlarmList") == 1
    assert float(state_of(hass, PLANT, "pv_power")) > 0


async def test_old_news_are_no_news(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """A problem that nobody has heard of for three cycles is not known."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    assert problem(hass, inverter) == "off"
    sim.faults.add(Fault(FaultKind.HTTP, "getAlarmList", status=500))
    await wait(3700, 30)
    assert problem(hass, inverter) == "unavailable"
    assert state_of(hass, PLANT, "active_alarms") == "unavailable"
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    sim.faults.clear()
    await wait(300, 10)
    assert problem(hass, inverter) == "off"


async def test_an_outage_ends_no_alarm(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=2, level=2, name="Hot")
    await wait(300, 10)
    for kind in (FaultKind.HTML, FaultKind.TEXT, FaultKind.CUT):
        sim.faults.clear()
        sim.faults.add(Fault(kind, "getAlarmList"))
        await wait(240, 10)
    sim.faults.clear()
    await wait(300, 10)
    assert problem(hass, inverter) == "on"
    assert alarm_event(hass) == "raised"


@pytest.mark.parametrize(
    ("dialect", "language", "asked"),
    [
        (Dialect.V2020, "de", "de_DE"),
        (Dialect.V2020, "zh-Hans", "zh_CN"),
        (Dialect.V2020, "pt", "pt_BR"),
        (Dialect.V2020, "pl", "po_PO"),
        (Dialect.V2022, "pl", "pl_PL"),
        (Dialect.V2022, "sv", "en_UK"),
    ],
)
async def test_alarms_speak_the_users_language(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    language: str,
    asked: str,
) -> None:
    hass.config.language = language
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(20)
    (call,) = (call for call in sim.calls if call.interface == "getAlarmList")
    assert call.payload["language"] == asked
    assert call.fail_code == 0


@pytest.mark.parametrize("sent_time", [None, "N/A", 0, "0", 946684800000])
async def test_an_alarm_without_a_usable_time_is_told_once(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    sent_time: object,
) -> None:
    """An earlier occurrence is over; nothing but its time would tell them apart."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    events = async_capture_events(hass, "state_changed")
    for status in (Status.CLEARED_BY_DEVICE, None):
        alarm = sim.alarms.raise_(PLANT, inverter, name="Hot", sent_time=sent_time)
        if status:
            sim.alarms.clear(alarm, status)
    await wait(900, 10)
    assert alarm_changes(events) == [("raised", "Hot")]
    assert state_of(hass, PLANT, "active_alarms") == "1"
    sim.alarms.clear(alarm)
    await wait(900, 10)
    assert alarm_changes(events) == [("raised", "Hot"), ("cleared", "Hot")]
    assert state_of(hass, PLANT, "active_alarms") == "0"


async def test_a_first_answer_without_a_list_makes_no_old_alarm_news(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=1, level=2, name="Old")
    sim.faults.add(Fault(FaultKind.NULL, "getAlarmList", 1))
    events = async_capture_events(hass, "state_changed")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(60, 10)
    assert sim.count("getAlarmList") == 1
    assert hass.states.async_entity_ids("event") == []
    await wait(300, 10)
    assert problem(hass, inverter) == "on"
    assert alarm_changes(events) == []


async def test_a_server_that_lists_active_alarms_of_a_week_ends_none_that_is_older(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """What is over is not listed any more; of a longer window the last week is."""
    sim.alarms.only_active = sim.alarms.cuts = True
    inverter, battery = (
        device_of(sim, kind) for kind in (Type.ENERGY_CENTER, Type.BATTERY)
    )
    now = datetime.fromtimestamp(sim.clock.now(), UTC)
    old = sim.alarms.raise_(PLANT, inverter, name="Old", at=now - timedelta(days=20))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(3600, 30)
    assert problem(hass, inverter) == "on"
    new = sim.alarms.raise_(PLANT, battery, name="New")
    await wait(1800, 30)
    assert (problem(hass, inverter), problem(hass, battery)) == ("on", "on")
    sim.alarms.clear(new)
    sim.alarms.clear(old)
    await wait(1200, 30)
    assert (problem(hass, inverter), problem(hass, battery)) == ("on", "off")


async def test_a_refresh_by_hand_leaves_calls_to_the_actions(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """A call a minute is allowed; half of them are polled, however often one presses."""
    before = sim.count("getAlarmList")
    began = sim.clock.now()
    for _ in range(10):
        await setup.runtime_data.async_refresh()
        await wait(62, 31)
    polls = sim.count("getAlarmList") - before
    assert polls <= (sim.clock.now() - began) // 120
    assert polls >= (sim.clock.now() - began) // 200


async def test_a_flood_gives_others_their_turns(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
) -> None:
    """No more than a few changes are told in one turn, and each of them once."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    for number in range(700):
        sim.alarms.raise_(PLANT, inverter, alarm_id=number)
    told: list[int] = []
    turn = 0

    @callback
    def count_turns() -> None:
        nonlocal turn
        turn += 1
        if len(told) < 700:
            hass.loop.call_soon(count_turns)

    unsubscribe = async_dispatcher_connect(
        hass, SIGNAL_ALARM, callback(lambda _: told.append(turn))
    )
    count_turns()
    await wait(300, 10)
    unsubscribe()
    assert len(told) == 700
    assert max(map(told.count, set(told))) <= 10
    assert state_of(hass, PLANT, "active_alarms") == "700"


async def test_what_a_reload_cuts_short_is_told_after_it(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """No change is told twice, and none is lost."""
    told: list[str] = []

    @callback
    def note(change: AlarmChange) -> None:
        told.append(change.record.id)
        if len(told) == 15:
            account = setup.runtime_data.account
            account.is_leaving = account.is_closed = True

    unsubscribe = async_dispatcher_connect(hass, SIGNAL_ALARM, note)
    for number in range(40):
        sim.alarms.raise_(PLANT, None, alarm_id=number)
    await wait(300, 10)
    assert 15 <= len(told) < 40
    await restart(hass, setup)
    await wait(60, 10)
    unsubscribe()
    assert sorted(told, key=int) == [str(number) for number in range(40)]


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("cs", "cs_CZ"),
        ("hu", "hu_HU"),
        ("ro", "ro_RO"),
        ("zh-Hant", "zh_TW"),
        ("ko", "ko_KR"),
    ],
)
@pytest.mark.parametrize("has_more", [True, False])
async def test_a_language_that_is_refused_is_asked_for_once(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    language: str,
    asked: str,
    has_more: bool,
) -> None:
    sim.alarms.has_more_languages = has_more
    hass.config.language = language
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(300, 20)
    await restart(hass, entry)
    await wait(150, 20)
    calls = [call for call in sim.calls if call.interface == "getAlarmList"]
    then = asked if has_more else "en_UK"
    assert calls[0].payload["language"] == asked
    assert {call.payload["language"] for call in calls[1:]} == {then}
    assert [call.fail_code for call in calls[1:]] == [0] * (len(calls) - 1)
    assert len(calls) > 2
    assert state_of(hass, PLANT, "active_alarms") == "0"


def test_what_others_wrote_is_one_plain_line() -> None:
    record = AlarmRecord(
        "1", "A\r\nB\u202e", "major", "NE=1", cause=" a\tb ", suggestion="x" * 2000
    )
    told = record.explained()
    assert (told["alarm"], told["cause"]) == ("A B", "a b")
    assert len(told["suggestion"] or "") == LONGEST
    assert told["since"] is None

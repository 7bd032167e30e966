"""The firmware of inverters: what is shown, when it is asked, what is left alone."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.update import UpdateEntityFeature
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue import DEVICE_TYPES, OTHER
from custom_components.smartpvms.catalogue.firmware import (
    FIRMWARE,
    REQUEST_UPGRADE,
    RESULTS,
)
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.firmware.records import FirmwareRecords, cadence
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.models import UpgradeRecord
from custom_components.smartpvms.storage.store import DAMAGE
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet
from simulator.model import Device
from tests.conftest import NOON, device_of, entity_id, restart
from tests.flows import texts

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"
RECORDS = "getDevUpgradeInfo"
OLD, NEW = "V100R001C00SPC141", "V100R001C00SPC160"
# The first question is asked five minutes after the start.
FIRST = 320
DAY = 24 * 3600


@pytest.fixture(params=Dialect)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Serve both generations."""
    assert isinstance(request.param, Dialect)
    return request.param


@pytest.fixture
def inverter(sim: Simulator) -> Device:
    """Return the inverter that there is an upgrade for."""
    return sim.plants[0].devices[0]


def firmware(hass: HomeAssistant, device: Device | int) -> State:
    """Return the state of a device's firmware."""
    key = device if isinstance(device, int) else device.id
    state = hass.states.get(entity_id(hass, "update", key, "firmware"))
    assert state
    return state


def shown(hass: HomeAssistant, device: Device) -> dict[str, Any]:
    """Return what a device's firmware entity says."""
    state = firmware(hass, device)
    keys = ("installed_version", "latest_version", "in_progress", "update_percentage")
    return {"state": state.state, **{key: state.attributes[key] for key in keys}}


async def begin(hass: HomeAssistant, entry: MockConfigEntry, wait: Wait) -> None:
    """Set the entry up and wait for the first records."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(FIRST)


async def test_listeners_are_called_once_a_refresh(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Wait
) -> None:
    """And also after a refresh that failed: the records age."""
    await begin(hass, entry, wait)
    coordinator, calls = entry.runtime_data.firmware, []
    entry.async_on_unload(coordinator.async_add_listener(lambda: calls.append(1)))
    for times in (1, 2):
        await coordinator.async_refresh()
        assert len(calls) == times


async def test_from_the_request_to_the_end(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    await begin(hass, entry, wait)
    assert hass.states.async_entity_ids("update") == []
    await wait(60)
    assert sim.upgrades.begin(inverter)
    entry.runtime_data.firmware.ask_soon([inverter.id])
    await wait(5)
    assert shown(hass, inverter) == {
        "state": "on",
        "installed_version": OLD,
        "latest_version": NEW,
        "in_progress": True,
        "update_percentage": 0.0,
    }
    assert firmware(hass, inverter).attributes["last_result"] == "not_started"
    await wait(240)
    half = shown(hass, inverter)
    assert half["in_progress"]
    assert 10 < half["update_percentage"] < 60
    assert half["update_percentage"] == progress(sim, inverter)
    assert firmware(hass, inverter).attributes["last_result"] == "upgrading"
    await wait(600)
    assert shown(hass, inverter) == {
        "state": "off",
        "installed_version": NEW,
        "latest_version": NEW,
        "in_progress": False,
        "update_percentage": None,
    }
    assert firmware(hass, inverter).attributes["last_result"] == "success"
    assert sim.count("devUpgrade") == 0
    assert sim.count(fail_code=407) == 0


def progress(sim: Simulator, device: Device) -> float:
    """Return the progress that the simulator told last."""
    record = sim.upgrades.last(device)
    assert record
    (*_, last) = (call.at for call in sim.calls if call.interface == RECORDS)
    return record.state(last)[1]


@pytest.mark.parametrize(
    ("result", "key"), [(2, "failure"), (3, "cancelled"), (5, "timeout"), (9, "other")]
)
async def test_an_upgrade_that_fails_leaves_the_old_version(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
    result: int,
    key: str,
) -> None:
    sim.upgrades.begin(inverter)
    await begin(hass, entry, wait)
    assert shown(hass, inverter)["in_progress"] is True
    end(monkeypatch, result)
    await wait(70)
    assert shown(hass, inverter) == {
        "state": "off",
        "installed_version": OLD,
        "latest_version": OLD,
        "in_progress": False,
        "update_percentage": None,
    }
    assert firmware(hass, inverter).attributes["last_result"] == key
    assert sim.count("devUpgrade") == 0


def end(monkeypatch: pytest.MonkeyPatch, result: int, progress: float = 40.0) -> None:
    """Let the simulator's upgrades stand at a result."""
    monkeypatch.setattr(
        "simulator.upgrades.Upgrade.state", lambda self, now: (result, progress)
    )


async def test_records_are_asked_daily_and_while_they_run_every_minute(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    await begin(hass, entry, wait)
    assert sim.count(RECORDS) == 1
    (first,) = (call for call in sim.calls if call.interface == RECORDS)
    live = [call.at for call in sim.calls if call.interface == "getDevRealKpi"]
    assert first.at - live[0] >= 295
    await wait(DAY - 60, 600)
    assert sim.count(RECORDS) == 1
    sim.upgrades.begin(inverter)
    await wait(120)
    assert sim.count(RECORDS) in {2, 3}
    before = sim.count(RECORDS)
    await wait(300)
    assert before + 4 <= sim.count(RECORDS) <= before + 5
    await wait(600)
    after = sim.count(RECORDS)
    await wait(3600, 60)
    assert sim.count(RECORDS) == after
    assert sim.count(fail_code=407) == 0
    assert sim.count("devUpgrade") == 0


async def test_a_restart_asks_nothing_early_and_upgrades_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    sim.upgrades.begin(inverter)
    await begin(hass, entry, wait)
    before, calls = shown(hass, inverter), sim.count(RECORDS)
    assert before["in_progress"] is True
    await restart(hass, entry)
    assert shown(hass, inverter) == before
    await wait(280)
    assert sim.count(RECORDS) == calls
    await wait(60)
    assert sim.count(RECORDS) > calls
    await wait(600)
    assert shown(hass, inverter)["installed_version"] == NEW
    calls = sim.count(RECORDS)
    await restart(hass, entry)
    await wait(3600, 60)
    assert shown(hass, inverter)["latest_version"] == NEW
    assert sim.count(RECORDS) == calls
    assert sim.count("devUpgrade") == 0


async def test_one_that_was_seen_is_there_also_without_its_record(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    unique_id = f"{inverter.id}_firmware"
    er.async_get(hass).async_get_or_create(
        "update", DOMAIN, unique_id, config_entry=entry
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    assert firmware(hass, inverter).state == "unavailable"
    await wait(FIRST)
    assert shown(hass, inverter)["state"] == "off"
    assert shown(hass, inverter)["latest_version"] == OLD
    assert "last_result" not in firmware(hass, inverter).attributes


async def test_only_inverters_are_asked_ten_of_a_type_at_a_time(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.plants[:] = [fleet.utility()]
    strings = [d for d in sim.plants[0].devices if d.type == Type.STRING_INVERTER]
    more = add_inverters(sim, 10)
    sim.upgrades.begin(strings[0])
    await begin(hass, entry, wait)
    await wait(150)
    asked = [call.payload for call in sim.calls if call.interface == RECORDS]
    by_type = {
        kind: [
            len(str(payload["devIds"]).split(","))
            for payload in asked
            if int(payload["devTypeId"]) == kind
        ]
        for kind in (1, 38)
    }
    # The one that is upgraded is due again with the last three.
    assert by_type[1][:2] == [10, 4]
    assert by_type[38][0] == 1
    ids = {key for payload in asked for key in str(payload["devIds"]).split(",")}
    office = device_of(sim, Type.ENERGY_CENTER)
    assert ids == {str(device.id) for device in (*strings, *more)} | {str(office)}
    assert len(hass.states.async_entity_ids("update")) == 1
    assert sim.count(fail_code=407) == 0


def add_inverters(sim: Simulator, count: int) -> list[Device]:
    """Give a utility plant more string inverters, each with an upgrade to come."""
    model = sim.plants[0].devices[0]
    more = [
        Device(
            id=model.id - 1000 - number,
            type=Type.STRING_INVERTER,
            name=f"More-{number}",
            array=0,
            software="V300R001C00SPC121",
            upgrade_to="V300R001C00SPC136",
        )
        for number in range(count)
    ]
    sim.plants[0].devices += more
    return more


async def test_without_permission_it_is_left_alone_until_it_is_granted(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    sim.upgrades.begin(inverter)
    sim.deny(RECORDS, 401)
    await begin(hass, entry, wait)
    await wait(3600, 60)
    issue = (DOMAIN, f"{entry.entry_id}_no_access_{RECORDS}")
    assert issue in ir.async_get(hass).issues
    assert sim.count(RECORDS) == 1
    assert hass.states.async_entity_ids("update") == []
    sim.deny(RECORDS, None)
    await entry.runtime_data.async_ask_again(Interface(RECORDS))
    await wait(10)
    assert issue not in ir.async_get(hass).issues
    assert shown(hass, inverter)["state"] == "off"
    assert sim.count("devUpgrade") == 0


@pytest.mark.parametrize("code", [20056, 20045])
async def test_an_inverter_that_is_refused_stops_no_other(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
    code: int,
) -> None:
    """For its sake the server refuses all of a call: it is found, named, left out."""
    refused = sim.plants[0].devices[1]
    assert refused.type == inverter.type
    sim.upgrades.begin(inverter)
    sim.refuse_for(refused.id, code)
    await begin(hass, entry, wait)
    await wait(240, 20)
    assert shown(hass, inverter)["in_progress"]
    assert sim.count(RECORDS, code) == 2
    issue = (DOMAIN, f"{entry.entry_id}_left_out")
    assert issue in ir.async_get(hass).issues
    await wait(20 * 3600, 3600)
    assert sim.count(RECORDS, code) == 2
    sim.refuse_for(refused.id, None)
    await entry.runtime_data.async_ask_again(Interface(RECORDS))
    await wait(70)
    assert shown(hass, inverter)["state"] == "off"
    assert issue not in ir.async_get(hass).issues
    assert sim.count(fail_code=407) == 0


async def test_a_type_that_is_not_served_is_left_alone_for_a_week(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.deny(RECORDS, 20013)
    await begin(hass, entry, wait)
    await restart(hass, entry)
    await wait(6.9 * DAY, 6 * 3600)
    assert sim.count(RECORDS, fail_code=20013) == 1
    await wait(DAY / 8, 1800)
    assert sim.count(RECORDS, fail_code=20013) == 2


@pytest.mark.parametrize("code", [20018, 20005])
async def test_a_call_that_fails_is_made_again_after_an_hour(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    code: int,
) -> None:
    sim.deny(RECORDS, code)
    await begin(hass, entry, wait)
    await wait(3500, 20)
    assert sim.count(RECORDS) == 1
    await wait(120)
    assert sim.count(RECORDS) == 2


async def test_an_upgrade_that_nobody_has_heard_of_is_not_known(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    sim.upgrades.begin(inverter)
    await begin(hass, entry, wait)
    sim.faults.add(Fault(FaultKind.HTTP, RECORDS, status=500))
    await wait(60)
    assert firmware(hass, inverter).state == "on"
    await wait(240)
    assert firmware(hass, inverter).state == "unavailable"
    sim.faults.clear()
    await wait(70)
    assert firmware(hass, inverter).state != "unavailable"
    assert sim.count("devUpgrade") == 0


async def test_a_lane_at_rest_keeps_its_place(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    sim.upgrades.begin(inverter)
    sim.faults.add(Fault(FaultKind.CODE, RECORDS, times=1, code=407))
    await begin(hass, entry, wait)
    assert hass.states.async_entity_ids("update") == []
    await wait(910)
    assert sim.count(RECORDS) == 2
    assert shown(hass, inverter)["state"] == "off"


async def test_an_old_upgrade_that_never_ended_is_asked_seldom(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sim.upgrades.begin(inverter)
    end(monkeypatch, 4)
    freezer.tick(2 * DAY)
    await begin(hass, entry, wait)
    assert shown(hass, inverter)["in_progress"] is True
    before = sim.count(RECORDS)
    await wait(3000, 20)
    assert sim.count(RECORDS) == before


async def test_it_cannot_be_installed_from_here_and_refreshing_asks_the_record_only(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    sim.upgrades.begin(inverter)
    await begin(hass, entry, wait)
    await wait(900, 20)
    state = firmware(hass, inverter)
    assert state.attributes["supported_features"] == UpdateEntityFeature.PROGRESS
    before = sim.count(RECORDS)
    await hass.services.async_call(
        "homeassistant",
        "update_entity",
        {"entity_id": state.entity_id},
        blocking=True,
    )
    await wait(10)
    assert sim.count(RECORDS) == before + 1
    await hass.services.async_call(
        "button",
        "press",
        {"entity_id": entity_id(hass, "button", PLANT, "refresh")},
        blocking=True,
    )
    await wait(120)
    assert sim.count("devUpgrade") == 0


async def test_an_inverter_that_is_gone_takes_its_record_along(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    inverter: Device,
    wait: Wait,
) -> None:
    sim.upgrades.begin(inverter)
    await begin(hass, entry, wait)
    assert hass.states.async_entity_ids("update") != []
    sim.plants[0].devices.remove(inverter)
    await wait(2.2 * DAY, 3600)
    assert hass.states.async_entity_ids("update") == []
    assert inverter.id not in entry.runtime_data.firmware.data.records
    left = device_of(sim, Type.ENERGY_CENTER)
    last = [call for call in sim.calls if call.interface == RECORDS][-1]
    assert last.payload["devIds"] == str(left)


def record(**changes: Any) -> UpgradeRecord:
    """Return a record of an upgrade that runs since 1000."""
    values: dict[str, Any] = {
        "device_id": 1,
        "upgraded_at": datetime.fromtimestamp(1000, UTC),
        "source": OLD,
        "target": NEW,
        "progress": 60.0,
        "result": 4,
    }
    return UpgradeRecord(**{**values, **changes})


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        (None, DAY),
        (record(), 60),
        (record(result=0), 60),
        (record(result=1), DAY),
        (record(upgraded_at=None), 3600),
        (record(upgraded_at=datetime.fromtimestamp(-DAY, UTC)), 3600),
        (record(target=None, result=0), DAY),
    ],
)
def test_cadence(known: UpgradeRecord | None, seconds: float) -> None:
    assert cadence(known, 1100.0) == seconds


def test_what_is_saved_comes_back_and_what_is_broken_is_damage() -> None:
    book = FirmwareRecords()
    book.apply([1, 2], [record()], 1100.0)
    assert FirmwareRecords.load(book.dump()) == book
    assert book.due_at == {1: 1160.0, 2: 1100.0 + DAY}
    far = FirmwareRecords.load({"due_at": {"1": 9e12}, "heard_at": {"1": 9e12}})
    far.bound(1000.0)
    assert far.due_at == {1: 1000.0}
    assert far.answered_at == {1: 1000.0}
    saved = {
        "device_id": 1,
        "upgraded_at": None,
        "source": None,
        "target": NEW,
        "progress": None,
        "result": 4,
    }
    odd = FirmwareRecords.load({"records": {"1": saved}})
    assert odd.records == {
        1: record(upgraded_at=None, source=None, progress=None, result=4)
    }
    shapes: list[object] = [
        None,
        [],
        {"records": {"1": 5}},
        {"records": {"x": saved}},
        {"records": {"1": {**saved, "result": []}}},
        {"records": {"1": {**saved, "upgraded_at": "soon"}}},
        {"due_at": {"1": "a"}},
    ]
    for broken in shapes:
        with pytest.raises(DAMAGE):
            FirmwareRecords.load(broken)


@pytest.mark.parametrize("type_id", [1, 38])
def test_keys_are_unique_within_a_device(type_id: int) -> None:
    kind = DEVICE_TYPES[type_id]
    keys = {row.key for row in (*kind.kpis, *kind.statuses)}
    assert not keys & {FIRMWARE, REQUEST_UPGRADE}


def test_every_result_is_translated() -> None:
    result = texts("entity", "update", FIRMWARE, "state_attributes", "last_result")
    assert set(result["state"]) == {*RESULTS.values(), OTHER}


@pytest.mark.parametrize(
    ("record", "minutes", "busy", "unclear"),
    [
        # Nothing was asked for, or long ago.
        (None, None, False, False),
        (None, 11, False, False),
        # The record may be that of the request before.
        (None, 9, False, True),
        ((-30, 1), 9, False, True),
        # The records say what became of it.
        ((-9, 1), 9, False, False),
        ((-9, 4), 9, True, True),
        ((-60, 4), 60, True, False),
        # It will never end.
        ((-1500, 4), None, False, False),
        # A clock was ahead when it was asked for.
        (None, -100000, False, True),
    ],
)
def test_when_another_request_is_refused(
    record: tuple[int, int] | None, minutes: int | None, busy: bool, unclear: bool
) -> None:
    """Minutes before now; `record` is when an upgrade began and its result."""
    noon = datetime.fromisoformat(NOON)
    now = noon.timestamp()
    book = FirmwareRecords()
    if minutes is not None:
        book.requested_at[1] = now - 60 * minutes
    if record:
        begun, result = noon + timedelta(minutes=record[0]), record[1]
        book.records[1] = UpgradeRecord(1, begun, "A", "B", 1.0, result)
    for known in (book, FirmwareRecords.load(json.loads(json.dumps(book.dump())))):
        assert known.is_busy(1, now) is busy
        assert known.is_unclear(1, now) is unclear
        assert not known.is_unclear(1, now + 600)


def test_a_clock_that_was_ahead_puts_nothing_off() -> None:
    book = FirmwareRecords()
    book.apply([1], [], 30 * DAY)
    book.bound(0.0)
    assert (book.due_at, book.answered_at) == ({1: 0.0}, {1: 0.0})

"""Diagnostics say much and name nobody."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
import json
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import (
    CONF_EXCLUDED_PLANTS,
    CONF_IMPORT_PRICE,
    DOMAIN,
)
from custom_components.smartpvms.diagnostics import (
    Pseudonyms,
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.smartpvms.northbound import Device, Plant
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet

from .conftest import device_of, make_entry

type Wait = Callable[..., Awaitable[None]]

USERNAME, PASSWORD, TITLE = "Hidden-User", "Hidden-Password", "Hidden-Title"
SECRET = re.compile("hidden", re.IGNORECASE)


@pytest.fixture
def sim(now: str, dialect: Dialect) -> Simulator:
    """Return a simulator whose plants and devices tell who they are."""
    plants = [
        fleet.residential("NE=Hidden-1", name="Hidden house"),
        fleet.emma("NE=Hidden-2", name="Hidden lake"),
    ]
    for plant in plants:
        plant.address, plant.contact = "Hidden street 1", "Hidden person"
        plant.contact_method = "hidden@example.com"
        plant.devices = [
            replace(device, name=f"Hidden {n}", serial=f"HIDDEN{n:09}")
            for n, device in enumerate(plant.devices)
        ]
    stranger = replace(plants[0].devices[-1], id=7_000_000_000, type=99999)
    plants[0].devices.append(replace(stranger, model="Hidden 0 of NE=Hidden-1"))
    return Simulator(plants, dialect, username=USERNAME, password=PASSWORD)


@pytest.fixture
def entry(hass: HomeAssistant, url: str) -> MockConfigEntry:
    """Return an entry for the account of the simulator."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=TITLE,
        unique_id=f"{url}|{USERNAME}",
        data={**make_entry(url).data, "username": USERNAME, "password": PASSWORD},
        options={CONF_EXCLUDED_PLANTS: [], CONF_IMPORT_PRICE: "sensor.hidden_price"},
    )
    entry.add_to_hass(hass)
    return entry


def texts(tree: object) -> Iterator[str]:
    """Yield every key and value of a dump."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from texts(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from texts(item)
    else:
        yield str(tree)


def assert_discreet(dump: object, sim: Simulator) -> None:
    """Assert that a dump holds nothing of plants, devices and account."""
    site = sim.plants[0].site
    secrets = [str(abs(d.id)) for plant in sim.plants for d in plant.devices]
    secrets += [f"{site.latitude:.2f}", f"{site.longitude:.2f}", "127.0.0.1"]
    assert sim.sessions.token
    secrets.append(sim.sessions.token)
    for text in texts(dump):
        assert not SECRET.search(text), text
        for secret in secrets:
            assert secret not in text, text


def registered(
    hass: HomeAssistant, entry: MockConfigEntry, key: str | int
) -> dr.DeviceEntry:
    """Return the device of a plant's code or a device's id."""
    identifier = (DOMAIN, str(key))
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    return next(device for device in devices if identifier in device.identifiers)


async def dump_of(
    hass: HomeAssistant, entry: MockConfigEntry, device: dr.DeviceEntry | None = None
) -> Any:
    """Return what is written into the file, as it is read again."""
    if device:
        data = await async_get_device_diagnostics(hass, entry, device)
    else:
        data = await async_get_config_entry_diagnostics(hass, entry)
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_diagnostics_name_nobody(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Wait,
) -> None:
    """Not even in keys, and not in the list of repair issues either."""
    house = sim.plants[0]
    battery = device_of(sim, Type.BATTERY)
    odd = {"new_kpi": 1, "HIDDEN000000002_soc": 2, f"of_{house.code}": 3}
    sim.override(battery, {**odd, "broken": "Hidden text"})
    sim.override(house.code, {"Hidden house_power": 1})
    await wait(1200, step=60)
    sim.plants.pop()
    await wait(4 * 3600, step=600)
    calls = len(sim.calls)
    dump = await dump_of(hass, setup)
    assert_discreet(dump, sim)
    assert dump["plants"].keys() == {"plant_1", "plant_2"}
    assert dump["types_unknown"] == [99999]
    unknown = dump["device_types"]["Device type 99999"]
    # The older device list has models of inverters only.
    model = "" if sim.dialect is Dialect.V2020 else r"device_\d+ of plant_\d "
    assert re.fullmatch(f"{model}V100R001C00SPC160", *unknown["models"])
    known = dump["device_types"]["Battery"]
    assert re.search(r"new_kpi .*of_plant_\d", " ".join(known["unknown_keys"]))
    for key in (house.code, battery, sim.plants[0].devices[-1].id):
        device = registered(hass, setup, key)
        shown = await dump_of(hass, setup, device)
        assert_discreet(shown, sim)
        assert re.fullmatch(r"(plant|device)_\d+", shown["device"]["pseudonym"])
    assert len(sim.calls) == calls
    # Home Assistant adds the repair issues to the file.
    issues = [issue.to_json() for issue in ir.async_get(hass).issues.values()]
    assert any("plants_missing" in str(issue["issue_id"]) for issue in issues)
    assert_discreet(issues, sim)


async def test_what_is_told_of_calls(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Wait,
) -> None:
    await wait(600, step=60)
    sim.faults.add(Fault(FaultKind.CODE, "getStationRealKpi", 1, code=407))
    sim.faults.add(Fault(FaultKind.HTML, "getAlarmList", 1))
    await wait(1800, step=60)
    dump = await dump_of(hass, setup)
    assert dump["state"] == "loaded"
    assert dump["server"] == "other"
    assert dump["dialect"] == "2022"
    assert dump["profile"] == "daily"
    assert dump["session"] == {"open": True, "contested": False}
    assert dump["options"] == {
        "currency": None,
        "quota_profile": None,
        "history_days": None,
        "control": None,
        "excluded_plants": 0,
        "grid_meters": 0,
        "turned_meters": 0,
        "turned_batteries": 0,
        "import_price": True,
        "export_price": False,
    }
    lane = dump["lanes"]["getDevRealKpi"]
    assert lane["calls_of_24_hours"] == sim.count("getDevRealKpi")
    assert lane["reason"] is lane["paused_for"] is None
    assert dump["lanes"]["login"]["calls_on_record"] == 1
    answers = dump["answers"]
    assert answers["getDevList"]["rows"] == 11
    assert answers["getDevList"]["code"] == 0
    assert answers["getDevList"]["error"] is None
    assert answers["getDevList"]["age"] >= 2000
    assert answers["getDevList"]["duration"] < 10
    assert dump["oddities"]["getAlarmList"] == {"not_northbound": 1}
    # Serial numbers of battery packs, for one, come as an object.
    assert dump["oddities"]["getDevRealKpi"]["value_is_no_number"] > 0
    sim.deny("getStationRealKpi", 407)
    await wait(1800, step=60)
    dump = await dump_of(hass, setup)
    refused = dump["answers"]["getStationRealKpi"]
    assert (refused["code"], refused["error"]) == (407, "TooFrequentError")
    lane = dump["lanes"]["getStationRealKpi"]
    assert lane["reason"] == "too_frequent"
    assert lane["left"] == 0
    assert 0 < lane["paused_for"] < lane["paused_for"] + lane["wait"] <= 1800 + 1800


async def test_what_is_left_out_is_counted(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Wait
) -> None:
    await wait(60)
    assert (await dump_of(hass, setup))["left_out"] == {}
    sim.refuse_for(sim.plants[0].code, 20056)
    sim.refuse_for(device_of(sim, Type.BATTERY), 20045)
    await wait(3600, step=60)
    told = (await dump_of(hass, setup))["left_out"]
    assert told["getStationRealKpi"] == {"plants": {"20056": 1}, "devices": {}}
    assert told["getDevRealKpi"]["plants"] == {}
    assert set(told["getDevRealKpi"]["devices"]) <= {"20045", "20056"}
    assert sum(told["getDevRealKpi"]["devices"].values()) >= 1


async def test_what_is_told_of_types_and_devices(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Wait,
) -> None:
    await wait(900, step=60)
    battery = device_of(sim, Type.BATTERY)
    dump = await dump_of(hass, setup)
    types = dump["device_types"]
    shown = types["Battery"]
    assert (shown["id"], shown["devices"]) == (39, 2)
    assert shown["models"] == ["LUNA2000-10KWH-S0 V100R001C00SPC160"]
    assert shown["answered"]
    assert not shown["refused"]
    assert not shown["not_configured"]
    assert "battery_soc" in shown["keys"]
    assert not shown["unknown_keys"]
    assert types["Dongle"]["keys"] == []
    plant = dump["plants"]["plant_1"]
    assert plant["listed"]
    assert plant["grid_meter"]
    assert plant["devices"] == [f"device_{n}" for n in range(1, 7)]
    assert "day_power" in plant["keys"]
    assert plant["history"]["percent"] in range(101)
    assert plant["history"]["left"].keys() == {"year", "month", "day", "hour"}
    device = (await dump_of(hass, setup, registered(hass, setup, battery)))["device"]
    reading = setup.runtime_data.devices.data[battery]
    assert device["values"] == reading.values
    assert device["age"] == round(setup.runtime_data.account.ledger.now() - reading.at)
    assert (device["type"], device["plant"], device["listed"]) == (39, "plant_1", True)
    dongle = registered(hass, setup, device_of(sim, Type.DONGLE))
    shown = await dump_of(hass, setup, dongle)
    assert (shown["device"]["age"], shown["device"]["values"]) == (None, {})
    house = registered(hass, setup, sim.plants[0].code)
    shown = await dump_of(hass, setup, house)
    assert "pv_power" in shown["device"]["derived"]["values"]
    assert "day_power" in shown["device"]["values"]


async def test_an_entry_that_is_not_running(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
) -> None:
    """That is when diagnostics are wanted most."""
    sim.deny("stations", 20004)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    calls = len(sim.calls)
    dump = await dump_of(hass, entry)
    assert len(sim.calls) == calls
    assert dump["state"] == "setup_retry"
    assert dump["answers"]["stations"]["code"] == 20004
    assert dump["lanes"]["stations"]["calls_of_24_hours"] == 1
    assert "plants" not in dump
    assert_discreet(dump, sim)


async def test_a_device_of_an_entry_that_is_not_running(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
) -> None:
    device = registered(hass, setup, sim.plants[0].code)
    assert await hass.config_entries.async_unload(setup.entry_id)
    dump = await dump_of(hass, setup, device)
    assert dump["state"] == "not_loaded"
    assert "device" not in dump


async def test_a_region_is_named(hass: HomeAssistant) -> None:
    """It is no secret, and tells which system somebody has trouble with."""
    region = "https://eu5.fusionsolar.huawei.com"
    entry = make_entry(region)
    entry.add_to_hass(hass)
    dump = await dump_of(hass, entry)
    assert dump["server"] == region


def test_texts_lose_the_names_in_them() -> None:
    plant = Plant(code="NE=1234", name="Haus")
    device = Device(id=-77712, plant_code="NE=1234", name="Inv", type_id=1, serial=None)
    names = Pseudonyms([plant], [device], ["user", "pw"])
    assert names.text("ne=1234 haus -77712 User") == (
        "plant_1 plant_1 device_1 redacted"
    )
    # What is too short would be found where it does not belong.
    assert names.text("Inverter pw") == "Inverter pw"
    assert names.plant("NE=1234") == "plant_1"
    assert names.device(-77712) == "device_1"
    assert names.plant("another") == "plant"
    assert names.device(1) == "device"
    assert Pseudonyms([], [], []).text("any text") == "any text"
    assert json.dumps(names.text("Haus NE=1234")) == '"plant_1 plant_1"'

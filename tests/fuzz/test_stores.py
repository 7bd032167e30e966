"""Stores of valid JSON and of any shape: read whole or set aside, never a failure."""

from contextlib import suppress
import copy
import json
from typing import Any, override
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.account.time_zones import zone_of
from custom_components.smartpvms.alarms import coordinator as alarms
from custom_components.smartpvms.alarms.windows import window_at
from custom_components.smartpvms.catalogue import PLANT
from custom_components.smartpvms.control import coordinator as control
from custom_components.smartpvms.control.commands import Command, restored
from custom_components.smartpvms.control.plants import PlantSettings
from custom_components.smartpvms.firmware.records import cadence
from custom_components.smartpvms.history import coordinator as history
from custom_components.smartpvms.history.feeds import FEEDS
from custom_components.smartpvms.history.planner import Planner, Subject
from custom_components.smartpvms.hub import store
from custom_components.smartpvms.live.readings import advance_reading
from custom_components.smartpvms.local_time import midnight
from custom_components.smartpvms.northbound import Interface, Ledger
from custom_components.smartpvms.northbound.tasks import (
    ExportControl,
    ExportLimit,
    ExportMode,
)
from custom_components.smartpvms.storage.store import DAMAGE

from .home import FakeServer, Wait, assert_quiet, live, new_entry, remove
from .sound import assert_sound
from .strategies import Mutation, applied, draws, plans, spoken
from .truth import NOON

# By the end of the store's name.
STORES = ("", ".alarms", ".control", ".history", "quota")


class Files(dict[str, Any]):
    """Files by name, too long to be shown."""

    @override
    def __repr__(self) -> str:
        return f"<{len(self)} files>"


@pytest.fixture
async def files(
    hass: HomeAssistant, server: FakeServer, wait: Wait, hass_storage: dict[str, Any]
) -> Files:
    """Return what a house has saved after an hour, by the end of the file's name."""
    entry = new_entry(hass)
    await live(hass, entry, wait, 3600, 300)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await control.store_of(hass, entry.entry_id).async_save(_controlled())
    found = {}
    for name in STORES[:-1]:
        found[name] = hass_storage[f"smartpvms.{entry.entry_id}{name}"]
    ledgers = hass_storage["smartpvms.quota"]
    ledgers["data"] = {"account": ledgers["data"][str(entry.unique_id)]}
    found["quota"] = ledgers
    assert all(file["data"] for file in found.values())
    kept = Files(copy.deepcopy(found))
    await remove(hass, entry)
    return kept


def _controlled() -> dict[str, Any]:
    """Return what is saved of a plant that was steered."""
    settings = PlantSettings(bounds={"end_of_charge_soc": 95.0})
    settings.apply(ExportControl(ExportMode.LIMITED, 2.5), NOON.timestamp())
    command = Command.of({"NE=33554785": ExportLimit(2.5)}, NOON.timestamp())
    command.task = "7"
    return {
        "commands": [command.dump()],
        "plants": {"NE=33554785": settings.dump()},
    }


@draws(0.08)
@given(st.dictionaries(st.sampled_from(STORES), plans, min_size=1))
async def test_any_store(
    hass: HomeAssistant,
    server: FakeServer,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
    files: Files,
    drawn: dict[str, list[Mutation]],
) -> None:
    entry = new_entry(hass)
    for name, file in files.items():
        data = applied(drawn.get(name, ()), file["data"])
        if name == "quota":
            key = "smartpvms.quota"
            if isinstance(data, dict) and "account" in data:
                data[str(entry.unique_id)] = data.pop("account")
        else:
            key = f"smartpvms.{entry.entry_id}{name}"
        hass_storage[key] = copy.deepcopy(file) | {"key": key, "data": data}
    hass.data.pop(CONNECTIONS, None)
    try:
        await live(hass, entry, wait, 900, 300)
        assert entry.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)
    finally:
        await remove(hass, entry)
    assert_quiet(caplog)


def _read(hass: HomeAssistant, name: str, data: Any) -> Any:
    """Return what the schema of a store makes of what is in the file."""
    stores = {
        "": store.store_of,
        ".alarms": alarms.store_of,
        ".control": control.store_of,
        ".history": history.store_of,
    }
    if name in stores:
        return stores[name](hass, "entry")._schema(data)
    ledger = Ledger(saved, NOON.timestamp)
    ledger.load(data["account"])
    return ledger


def _used(name: str, read: Any) -> list[Any]:
    """Return what is made of a store that was read, as it is used and saved."""
    zone, now = ZoneInfo("Europe/Berlin"), NOON.timestamp()
    if name == "quota":
        waits = [read.wait(interface) for interface in Interface]
        left = [read.left(interface) for interface in Interface]
        return [waits, left, read.dump()]
    if name == ".alarms":
        book, news = read.tracker, read.pending
        listed = [book.of_plant(r.plant_code) for r in book.active.values()]
        book.next_window(NOON)
        told = book.apply(window_at(0, NOON), ["NE=1"], [], NOON)
        details = [[r.rank, r.details()] for records in listed for r in records]
        told += news
        return [details, [item.record.details() for item in told], book.dump()]
    if name == ".control":
        commands = restored(read["commands"], now)
        ended = [[one.is_stop, one.is_overdue(now)] for one in commands]
        limits = [settings.limit for settings in read["plants"].values()]
        kept = [*commands, *read["plants"].values()]
        return [ended, limits, [one.dump() for one in kept]]
    if name == ".history":
        plants = list(read["plants"].values())
        subjects = tuple(
            Subject(str(n), known.zone or zone, known, 2, 1)
            for n, known in enumerate(plants)
        )
        planner = Planner(subjects, now, 365)
        questions = [
            [planner.left(feed), planner.left_by_plant(feed)] for feed in FEEDS
        ]
        asked = [planner.live_at(feed, 300.0) for feed in FEEDS]
        return [questions, asked, [known.dump() for known in plants]]
    inventory, rest = read
    found = [inventory.dump()]
    found.append(inventory.with_plants(inventory.plants.values(), now).dump())
    zones = [zone_of(plant, zone) or zone for plant in inventory.plants.values()]
    found.append([midnight(NOON.date(), known) for known in zones])
    firmware = rest["firmware"]
    firmware.bound(now)
    running = [firmware.is_running(key) for key in firmware.records]
    cadences = [cadence(record, now) for record in firmware.records.values()]
    readings = [*rest["plants"].values(), *rest["devices"].values()]
    counters = [kpi for kpi in PLANT if kpi.counter]
    later = [
        advance_reading(reading, row, now, counters, zone).dump()
        for reading in readings
        for row in ({}, {"total_power": 5.0})
    ]
    return [found, firmware.dump(), running, cadences, later]


async def saved() -> None:
    """Save a ledger nowhere."""


@draws(3)
@given(data=st.data())
async def test_any_part(hass: HomeAssistant, files: Files, data: st.DataObject) -> None:
    """Each store by itself, which is quick."""
    name = data.draw(st.sampled_from(STORES))
    changed = data.draw(plans)
    stored = applied(changed, files[name]["data"])
    # As Home Assistant reads and writes its files.
    with suppress(*DAMAGE):
        read = _read(hass, name, json.loads(spoken(stored)))
        for part in _used(name, read):
            assert_sound(part)


@pytest.mark.parametrize("name", STORES)
async def test_what_is_saved_is_sound(
    hass: HomeAssistant, files: Files, name: str
) -> None:
    assert _used(name, _read(hass, name, json.loads(json.dumps(files[name]["data"]))))

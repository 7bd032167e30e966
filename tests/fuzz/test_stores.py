"""Stores of valid JSON and of any shape: loaded as far as possible, never a failure."""

import copy
import json
from typing import Any, override
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.account.inventory import Inventory
from custom_components.smartpvms.account.time_zones import zone_of
from custom_components.smartpvms.alarms.record import load_changes
from custom_components.smartpvms.alarms.tracker import AlarmTracker
from custom_components.smartpvms.alarms.windows import window_at
from custom_components.smartpvms.catalogue import PLANT
from custom_components.smartpvms.firmware.records import FirmwareRecords, cadence
from custom_components.smartpvms.history.feeds import FEEDS
from custom_components.smartpvms.history.planner import Planner, Subject
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.live.readings import Reading, advance_reading
from custom_components.smartpvms.local_time import midnight
from custom_components.smartpvms.northbound import Interface, Ledger
from custom_components.smartpvms.storage.parse import as_dict

from .home import FakeServer, Wait, assert_quiet, live, new_entry, remove
from .sound import assert_sound
from .strategies import Mutation, applied, draws, plans, spoken
from .truth import NOON

# By the end of the store's name.
STORES = ("", ".alarms", ".history", "quota")


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
    found = {}
    for store in STORES[:-1]:
        found[store] = hass_storage[f"smartpvms.{entry.entry_id}{store}"]
    ledgers = hass_storage["smartpvms.quota"]
    ledgers["data"] = {"account": ledgers["data"][str(entry.unique_id)]}
    found["quota"] = ledgers
    assert all(file["data"] for file in found.values())
    kept = Files(copy.deepcopy(found))
    await remove(hass, entry)
    return kept


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


def _loaded(name: str, data: Any) -> list[Any]:
    """Return what each reader of a store makes of it, as it is used and saved."""
    zone, now = ZoneInfo("Europe/Berlin"), NOON.timestamp()
    if name == "quota":
        ledger = Ledger(saved, lambda: now)
        ledger.load(as_dict(data).get("account"))
        waits = [ledger.wait(interface) for interface in Interface]
        left = [ledger.left(interface) for interface in Interface]
        return [waits, left, ledger.dump()]
    parts = as_dict(data)
    if name == ".alarms":
        book, news = AlarmTracker.load(data), load_changes(data)
        listed = [book.of_plant(r.plant_code) for r in book.active.values()]
        book.next_window(NOON)
        told = book.apply(window_at(0, NOON), ["NE=1"], [], NOON)
        details = [[r.rank, r.details()] for records in listed for r in records]
        told += news
        return [details, [item.record.details() for item in told], book.dump()]
    if name == ".history":
        plants = [Progress.load(item) for item in as_dict(parts.get("plants")).values()]
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
    inventory = Inventory.load(parts.get("inventory"))
    found = [inventory.dump()] if inventory else []
    if inventory:
        found.append(inventory.with_plants(inventory.plants.values(), now).dump())
        zones = [zone_of(plant, zone) or zone for plant in inventory.plants.values()]
        found.append([midnight(NOON.date(), known) for known in zones])
    firmware = FirmwareRecords.load(parts.get("firmware"), now)
    running = [firmware.is_running(key) for key in firmware.records]
    cadences = [cadence(record, now) for record in firmware.records.values()]
    readings = [
        reading
        for key in ("plants", "devices")
        for item in as_dict(parts.get(key)).values()
        if (reading := Reading.load(item))
    ]
    counters = [kpi for kpi in PLANT if kpi.counter]
    later = [
        advance_reading(reading, {}, now, counters, zone).dump() for reading in readings
    ]
    later += [
        advance_reading(r, {"total_power": 5.0}, now, counters, zone).dump()
        for r in readings
    ]
    return [found, firmware.dump(), running, cadences, later]


async def saved() -> None:
    """Save a ledger nowhere."""


@draws(3)
@given(data=st.data())
async def test_any_part(files: Files, data: st.DataObject) -> None:
    """Each reader of a store by itself, which is quick."""
    name = data.draw(st.sampled_from(STORES))
    changed = data.draw(plans)
    stored = applied(changed, files[name]["data"])
    # As Home Assistant reads and writes its files.
    for part in _loaded(name, json.loads(spoken(stored))):
        assert_sound(part)

"""An installation of 0.1.0 starts on the present version, and nothing is lost.

`data/` is what a Home Assistant with that version kept: see `make_data`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
import gzip
from itertools import pairwise
import json
import logging
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator
from simulator.model import Type
from tests.play import play

from . import life

DATA = Path(__file__).parent / "data"

type Kept = dict[str, Any]


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record, too; the database comes first."""
    request.getfixturevalue("recorder_mock")
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    request.getfixturevalue("enable_custom_integrations")
    request.getfixturevalue("socket_enabled")


@pytest.fixture(params=list(Dialect))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return each generation of the server."""
    found: Dialect = request.param
    return found


@pytest.fixture
async def sim(now: str, dialect: Dialect, kept_text: str) -> Simulator:
    """Return the server as the old version left it, a minute later."""
    kept = json.loads(kept_text)
    sim = Simulator(life.plants(), dialect)
    sim.alarms.automatic = False
    inverter = life.device(sim, 0, Type.ENERGY_CENTER)
    raised_at = datetime.fromtimestamp(kept["raised_at"], UTC)
    sim.alarms.raise_(life.HOUSE, inverter, alarm_id=life.ALARM, at=raised_at)
    return sim


@pytest.fixture
def kept_text(dialect: Dialect) -> str:
    """Return the data of a dialect, with the address that stands for the server."""
    return gzip.decompress((DATA / f"{dialect}.json.gz").read_bytes()).decode()


@pytest.fixture
async def kept(kept_text: str, url: str, freezer: FrozenDateTimeFactory) -> Kept:
    """Return what the old version kept, at the moment of its last start."""
    found: Kept = json.loads(kept_text.replace(life.SERVER, url))
    freezer.move_to(datetime.fromtimestamp(found["restarted_at"], UTC))
    return found


@pytest.fixture
async def entry(
    hass: HomeAssistant, url: str, kept: Kept, hass_storage: dict[str, Any]
) -> MockConfigEntry:
    """Return the old entry, its stores, registries and statistics in place."""
    hass_storage.update(json.loads(json.dumps(kept["stores"])))
    entry = MockConfigEntry(
        domain=life.DOMAIN,
        title="FusionSolar test",
        unique_id=f"{url}|user",
        entry_id="01K0UPGRADE",
        data={"host": url, "username": "user", "password": "pass", "verify_ssl": True},
        options=kept["options"],
    )
    entry.add_to_hass(hass)
    fill_registries(hass, entry, kept)
    for series in kept["statistics"]:
        metadata = {**series["metadata"], "source": life.DOMAIN}
        rows = [_as_imported(row) for row in series["rows"]]
        async_add_external_statistics(hass, metadata, rows)  # type: ignore[arg-type]
    assert await life.statistics(hass) == kept["statistics"]
    return entry


def _as_imported(row: dict[str, Any]) -> dict[str, Any]:
    at = {"start": datetime.fromtimestamp(row["start"], UTC)}
    if row.get("last_reset"):
        at["last_reset"] = datetime.fromtimestamp(row["last_reset"], UTC)
    return {key: value for key, value in row.items() if key != "end"} | at


def fill_registries(hass: HomeAssistant, entry: MockConfigEntry, kept: Kept) -> None:
    """Register the devices and entities that the old version had."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    ids: dict[str, str] = {}
    for item in kept["devices"]:
        device = devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(life.DOMAIN, item["identifier"])},
            name=item["name"],
        )
        devices.async_update_device(device.id, name_by_user=item["name_by_user"])
        ids[item["identifier"]] = device.id
    for item in kept["entities"]:
        domain, _, object_id = item["entity_id"].partition(".")
        disabled_by = item["disabled_by"]
        entity = entities.async_get_or_create(
            domain,
            life.DOMAIN,
            item["unique_id"],
            config_entry=entry,
            device_id=ids[item["device"]],
            suggested_object_id=object_id,
            disabled_by=disabled_by and er.RegistryEntryDisabler(disabled_by),
        )
        assert entity.entity_id == item["entity_id"]
        for key, value in item["options"].items():
            entities.async_update_entity_options(entity.entity_id, key, value)
        if item["name"]:
            entities.async_update_entity(entity.entity_id, name=item["name"])


async def test_nothing_is_lost(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    kept: Kept,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """No entity, value, call or row; and the statistics go on where they were."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    # As the old version showed them when it was started a second time.
    assert life.states(hass) == kept["states_after_restart"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert life.calls(sim) == kept["calls_of_restart"]
    assert life.entities(hass, entry) == kept["entities"]
    assert life.devices_of(hass, entry) == kept["devices"]

    await play(hass, freezer, 2 * 3600)
    assert sim.count(fail_code=407) == 0
    now_known = {
        series["metadata"]["statistic_id"]: series
        for series in await life.statistics(hass)
    }
    for series in kept["statistics"]:
        found = now_known[series["metadata"]["statistic_id"]]
        assert found["metadata"] == series["metadata"]
        grown = check_continued(series["rows"], found["rows"])
        assert grown or not found["metadata"]["statistic_id"].endswith("pv_energy")


def check_continued(before: list[Kept], after: list[Kept]) -> bool:
    """See that old rows stand, and that new ones begin at their sum.

    Returns whether there are new ones.

    Rows of the last three days are still corrected; they may not fall.
    """
    known = {row["start"]: row for row in after}
    settled = before[-1]["start"] - 3 * 86400
    for row in before:
        if row["start"] < settled:
            assert known[row["start"]] == row
    new = [row for row in after if row["start"] > before[-1]["start"]]
    if new and before[-1].get("sum") is not None:
        sums = [row["sum"] for row in after if row["start"] >= settled]
        grown = sums[-1] - before[-1]["sum"]
        # A hundred kWp, or francs, in some hours: no jump by a counter's whole value.
        assert -1 < grown < 2000
        assert all(b >= a - 1 for a, b in pairwise(sums))
    return bool(new)


async def test_stores_keep_their_shape(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    kept: Kept,
    hass_storage: dict[str, Any],
) -> None:
    """What was read is what would be written: nothing was dropped on the way."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for name, store in kept["stores"].items():
        written = json.loads(json.dumps(hass_storage[name]))
        assert written["version"] == store["version"]
        assert dict(paths(store["data"])).keys() <= dict(paths(written["data"])).keys()


def paths(item: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and type of each member of an object, lists as their type."""
    if isinstance(item, dict):
        for key, value in item.items():
            yield from paths(value, f"{at}/{key}")
    yield at, type(item).__name__

"""Makes the data of `test_upgrade`: what an installation of a version keeps.

To be run in a checkout of the version whose data are wanted, with this folder copied
into it: `script/test tests/upgrade/make_data.py`. Writes `data/<dialect>.json.gz`.
"""

import gzip
import json
import logging
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator
from tests.play import play

from . import life

DATA = Path(__file__).parent / "data"
ENABLED = ("day_", "month_", "year_", "lifetime_", "efficiency", "temperature", "pv1_")
"""How the keys of the entities begin that the user enables."""


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record, too; the database comes first."""
    request.getfixturevalue("recorder_mock")
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    request.getfixturevalue("enable_custom_integrations")
    request.getfixturevalue("socket_enabled")


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Keep statistics only."""
    return life.NO_STATES


@pytest.fixture(params=list(Dialect))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return each generation of the server."""
    found: Dialect = request.param
    return found


@pytest.fixture
async def sim(now: str, dialect: Dialect) -> Simulator:
    """Return the simulator of the life."""
    return life.make_server(dialect)


def change_registries(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator
) -> None:
    """Change what users change: ids, names, units, what is enabled."""
    registry, devices = er.async_get(hass), dr.async_get(hass)

    def entity(key: str) -> str:
        found = registry.async_get_entity_id("sensor", life.DOMAIN, key)
        assert found, key
        return found

    registry.async_update_entity(
        entity(f"{life.HOUSE}_pv_power"), new_entity_id="sensor.roof", name="Roof"
    )
    registry.async_update_entity(
        entity(f"{life.HOUSE}_total_income"), disabled_by=er.RegistryEntryDisabler.USER
    )
    inverter, other = life.inverters(sim)
    registry.async_update_entity_options(
        entity(f"{other}_active_power"), "sensor", {"unit_of_measurement": "W"}
    )
    for item in er.async_entries_for_config_entry(registry, entry.entry_id):
        owner, _, key = item.unique_id.partition("_")
        if owner in (life.HOUSE, str(inverter)) and key.startswith(ENABLED):
            registry.async_update_entity(item.entity_id, disabled_by=None)
    (house,) = (
        item
        for item in dr.async_entries_for_config_entry(devices, entry.entry_id)
        if life.identifier(item.identifiers) == life.HOUSE
    )
    devices.async_update_device(house.id, name_by_user="At home")


@pytest.mark.timeout(900)
async def test_make_data(
    hass: HomeAssistant,
    url: str,
    now: str,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Live some hours, stop, write all that is kept, and start once more."""
    settings: dict[str, Any] = {
        "entry_id": "01K0UPGRADE",
        "title": "FusionSolar test",
        "unique_id": f"{url}|user",
        "data": {
            "host": url,
            "username": "user",
            "password": "pass",
            "verify_ssl": True,
        },
        "options": life.options(sim),
    }
    entry = MockConfigEntry(domain=life.DOMAIN, **settings)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await play(hass, freezer, life.RAISED_AFTER)
    life.fail(sim, life.later(now, life.RAISED_AFTER))
    change_registries(hass, entry, sim)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await play(hass, freezer, life.LIVED)
    ended = life.states(hass)
    rows = await life.statistics(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    found: dict[str, Any] = {
        "entry": {
            **settings,
            "version": entry.version,
            "minor_version": entry.minor_version,
        },
        "stores": {
            key: json.loads(json.dumps(value))
            for key, value in hass_storage.items()
            if key.startswith(life.DOMAIN)
        },
        "entities": life.entities(hass, entry),
        "devices": life.devices(hass, entry),
        "statistics": rows,
        "states": ended,
        "restorable": life.restorable(hass),
        "calls": life.calls(sim),
    }
    # Nothing of the account stays in memory.
    for key in [key for key in hass.data if str(key).startswith(life.DOMAIN)]:
        hass.data.pop(key)
    made = len(sim.calls)
    freezer.tick(life.OFF_FOR)
    assert await hass.config_entries.async_setup(entry.entry_id)
    restarted = life.states(hass)
    assert restarted.keys() == ended.keys()
    found["changed_by_restart"] = {
        key: value for key, value in restarted.items() if value != ended[key]
    }
    await hass.async_block_till_done(wait_background_tasks=True)
    found["calls_of_restart"] = [call.interface for call in sim.calls[made:]]
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    DATA.mkdir(exist_ok=True)
    path = DATA / f"{sim.dialect}.json.gz"
    path.write_bytes(gzip.compress(text.replace(url, life.SERVER).encode(), mtime=0))

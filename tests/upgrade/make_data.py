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
from simulator.model import Type
from tests.play import play

from . import life

DATA = Path(__file__).parent / "data"


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
async def sim(now: str, dialect: Dialect) -> Simulator:
    """Return the simulator of the life; no alarm comes by itself."""
    sim = Simulator(life.plants(), dialect)
    sim.alarms.automatic = False
    return sim


def change_registries(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator
) -> None:
    """Change what users change: ids, names, what is enabled."""
    registry, devices = er.async_get(hass), dr.async_get(hass)

    def entity(key: str, domain: str = "sensor") -> str:
        found = registry.async_get_entity_id(domain, life.DOMAIN, key)
        assert found, key
        return found

    renamed = entity(f"{life.HOUSE}_pv_power")
    registry.async_update_entity(renamed, new_entity_id="sensor.roof", name="Roof")
    registry.async_update_entity(
        entity(f"{life.HOUSE}_total_income"), disabled_by=er.RegistryEntryDisabler.USER
    )
    inverter = life.device(sim, 0, Type.ENERGY_CENTER)
    wanted = ("day_", "month_", "year_", "efficiency", "temperature")
    for item in er.async_entries_for_config_entry(registry, entry.entry_id):
        owner, _, key = item.unique_id.partition("_")
        if owner in (life.HOUSE, str(inverter)) and key.startswith(wanted):
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
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Live some hours, stop, write all that is kept, and start once more."""
    entry = MockConfigEntry(
        domain=life.DOMAIN,
        title="FusionSolar test",
        unique_id=f"{url}|user",
        entry_id="01K0UPGRADE",
        data={"host": url, "username": "user", "password": "pass", "verify_ssl": True},
        options=life.options(sim),
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await play(hass, freezer, 1800)
    inverter = life.device(sim, 0, Type.ENERGY_CENTER)
    raised_at = sim.clock.now()
    sim.alarms.raise_(life.HOUSE, inverter, alarm_id=life.ALARM)
    change_registries(hass, entry, sim)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await play(hass, freezer, 3 * 3600)
    ended = life.states(hass)
    rows = await life.statistics(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    found: dict[str, Any] = {
        "raised_at": raised_at,
        "options": dict(entry.options),
        "stores": {
            key: json.loads(json.dumps(value))
            for key, value in hass_storage.items()
            if key.startswith(life.DOMAIN)
        },
        "entities": life.entities(hass, entry),
        "devices": life.devices_of(hass, entry),
        "statistics": rows,
        "states_at_the_end": ended,
        "calls": life.calls(sim),
    }
    hass.data.pop(life.CONNECTIONS)
    freezer.tick(60)
    before = len(sim.calls)
    assert await hass.config_entries.async_setup(entry.entry_id)
    found["restarted_at"] = sim.clock.now()
    found["states_after_restart"] = life.states(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    found["calls_of_restart"] = life.calls(sim, before)
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    DATA.mkdir(exist_ok=True)
    path = DATA / f"{sim.dialect}.json.gz"
    path.write_bytes(gzip.compress(text.replace(url, life.SERVER).encode(), mtime=0))

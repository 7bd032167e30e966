"""Help for tests of today, this month, this year."""

from collections.abc import Collection
from datetime import datetime

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue import PERIOD_KEYS
from simulator import Simulator
from simulator.truth import EnergyFlow
from tests.conftest import restart

PLANT_LANES = ("getKpiStationDay", "getKpiStationMonth", "getKpiStationYear")
DEVICE_LANES = ("getDevKpiDay", "getDevKpiMonth", "getDevKpiYear")
LANES = PLANT_LANES + DEVICE_LANES
FIVE_MINUTES = 300


def enable(
    hass: HomeAssistant, entry: MockConfigEntry, keys: Collection[str] = PERIOD_KEYS
) -> int:
    """Enable the sensors of these keys from the next start on; return how many."""
    registry = er.async_get(hass)
    found = 0
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.unique_id.partition("_")[2] in keys:
            registry.async_update_entity(entity.entity_id, disabled_by=None)
            found += 1
    return found


async def start_with(
    hass: HomeAssistant, entry: MockConfigEntry, keys: Collection[str] = PERIOD_KEYS
) -> None:
    """Start anew with these sensors enabled."""
    assert enable(hass, entry, keys) >= len(keys) or keys is PERIOD_KEYS
    await restart(hass, entry)


def period_states(hass: HomeAssistant) -> set[str]:
    """Return the states of the sensors of periods."""
    registry = er.async_get(hass)
    return {
        state.state
        for state in hass.states.async_all("sensor")
        if (entity := registry.async_get(state.entity_id))
        and entity.unique_id.partition("_")[2] in PERIOD_KEYS
    }


def asked(sim: Simulator) -> dict[str, int]:
    """Count the calls on each lane of periods."""
    return {lane: sim.count(lane) for lane in LANES}


def told(sim: Simulator, start: datetime, end: datetime | None = None) -> EnergyFlow:
    """Return what the first plant's cloud knows of a period, until now or its end."""
    plant = sim.plants[0]
    known = (sim.clock.now() - plant.lag) // FIVE_MINUTES * FIVE_MINUTES
    until = min(known, end.timestamp()) if end else known
    return sim.truth(plant.code).energy(
        start, datetime.fromtimestamp(until, start.tzinfo)
    )

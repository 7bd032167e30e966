"""The life of an installation, and all of it that Home Assistant keeps.

Only contracts with the outside are used, so that it runs in a checkout of any version.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator, fleet
from simulator.model import Plant, Type

DOMAIN: Final = "smartpvms"
CONNECTIONS: Final = "smartpvms_connections"
SERVER: Final = "http://simulated.example"
"""Stands for the address of the simulator in the data, whose port differs each time."""

HOUSE: Final = "NE=33554785"
PARK: Final = "5D02E8B40AD342159AC8D8A2BCD4FAB5"
LAKE: Final = "NE=33554786"
ALARM: Final = 2032
SINCE: Final = date(2026, 6, 11)


def plants() -> list[Plant]:
    """Return a house with two inverters and a battery, a park, and a house left out."""
    return [
        fleet.residential(HOUSE, connected=SINCE),
        fleet.utility(PARK, connected=SINCE),
        fleet.emma(LAKE, connected=SINCE),
    ]


def device(sim: Simulator, plant: int, type_id: Type) -> int:
    """Return the id of the first device of a type."""
    return next(d.id for d in sim.plants[plant].devices if d.type == type_id)


def options(sim: Simulator) -> dict[str, Any]:
    """Return a choice in every option that there is."""
    is_old = sim.dialect is Dialect.V2020
    return {
        "excluded_plants": [LAKE],
        "quota_profile": "per_minute" if is_old else "daily",
        "currency": "CHF",
        "turned_meters": [str(device(sim, 1, Type.GRID_METER))],
        "grid_meters": {PARK: str(device(sim, 1, Type.GRID_METER))},
        "history_days": 2,
        "import_price": 0.31,
        "export_price": 0.08,
    }


def states(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of the integration's entities.

    Not of events: Home Assistant itself restores them, from a file of its own.
    """
    registry = er.async_get(hass)
    ids = [
        entity.entity_id
        for entity in registry.entities.values()
        if entity.platform == DOMAIN and entity.domain != "event"
    ]
    return {key: state.state for key in sorted(ids) if (state := hass.states.get(key))}


def entities(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return what the entity registry holds of an entry."""
    known = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    registered = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    devices = {item.id: identifier(item.identifiers) for item in registered}
    return [
        {
            "entity_id": item.entity_id,
            "unique_id": item.unique_id,
            "disabled_by": item.disabled_by and str(item.disabled_by),
            "name": item.name,
            "options": {key: dict(item.options[key]) for key in sorted(item.options)},
            "device": devices.get(item.device_id or ""),
        }
        for item in sorted(known, key=lambda item: item.unique_id)
    ]


def devices_of(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return what the device registry holds of an entry."""
    known = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return sorted(
        (
            {
                "identifier": identifier(item.identifiers),
                "name": item.name,
                "name_by_user": item.name_by_user,
            }
            for item in known
        ),
        key=lambda item: str(item["identifier"]),
    )


def identifier(identifiers: Iterable[tuple[str, str]]) -> str:
    """Return the plant code or device id of a device."""
    return next(key for domain, key in identifiers if domain == DOMAIN)


async def statistics(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the external statistics: their metadata and hourly rows."""
    recorder = get_instance(hass)
    await recorder.async_block_till_done()
    listed = await recorder.async_add_executor_job(list_statistic_ids, hass)
    ids = sorted(item["statistic_id"] for item in listed if item["source"] == DOMAIN)
    rows = await recorder.async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2000, 1, 1, tzinfo=UTC),
        None,
        set(ids),
        "hour",
        None,
        {"state", "sum", "mean", "min", "max", "last_reset"},
    )
    return [
        {
            "metadata": {
                key: item[key]
                for key in ("statistic_id", "name", "unit_class", "has_sum")
            }
            | {
                "unit_of_measurement": item["statistics_unit_of_measurement"],
                "mean_type": int(item["mean_type"]),
            },
            "rows": [dict(row) for row in rows.get(item["statistic_id"], [])],
        }
        for item in sorted(listed, key=lambda item: item["statistic_id"])
        if item["source"] == DOMAIN
    ]


def calls(sim: Simulator, after: int = 0) -> dict[str, int]:
    """Return how many calls the server has seen since a number of them, by interface."""
    return dict(sorted(Counter(call.interface for call in sim.calls[after:]).items()))

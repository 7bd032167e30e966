"""The server of an installation, and all of it that Home Assistant keeps.

Only contracts with the outside are used, so that this runs in a checkout of any
version.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    restore_state,
)
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator, fleet
from simulator.model import Type

DOMAIN: Final = "smartpvms"
SERVER: Final = "http://simulated.example"
"""Stands for the address of the simulator in the data, whose port differs each time."""

HOUSE: Final = "NE=33554785"
PARK: Final = "5D02E8B40AD342159AC8D8A2BCD4FAB5"
LAKE: Final = "NE=33554786"
ALARM: Final = 2032
SINCE: Final = date(2026, 6, 10)

RAISED_AFTER: Final = 1800.0
"""Seconds from the start until a string fails: an alarm, and an inverter without power."""
LIVED: Final = 2.5 * 3600
"""Seconds from there until the integration is unloaded."""
OFF_FOR: Final = 60.0
"""Seconds from there until it is set up again."""

NO_STATES: Final = {
    "exclude": {"domains": ["binary_sensor", "button", "event", "sensor", "update"]}
}
"""What the recorder leaves out: only its statistics matter."""


def make_server(dialect: Dialect) -> Simulator:
    """Return the server at the start of the life, firmware upgrades begun.

    A house with two inverters and a battery, a park, and a house that is left out.
    """
    plants = [
        fleet.residential(HOUSE, connected=SINCE),
        fleet.utility(PARK, connected=SINCE),
        fleet.emma(LAKE, connected=SINCE),
    ]
    sim = Simulator(plants, dialect)
    sim.alarms.automatic = False
    for plant in sim.plants[:2]:
        for device in plant.devices:
            sim.upgrades.begin(device)
    return sim


def fail(sim: Simulator, at: datetime | None = None) -> None:
    """Let an alarm of an inverter be raised, and the other inverter give nothing."""
    first, other = inverters(sim)
    sim.alarms.raise_(HOUSE, first, alarm_id=ALARM, at=at)
    sim.override(other, {"mppt_power": 0, "active_power": 0, "pv1_i": 0, "pv2_i": 0})


def inverters(sim: Simulator) -> list[int]:
    """Return the ids of the inverters of the house."""
    return [d.id for d in sim.plants[0].devices if d.type == Type.ENERGY_CENTER]


def options(sim: Simulator) -> dict[str, Any]:
    """Return a choice in every option that there is."""
    meter = next(d.id for d in sim.plants[1].devices if d.type == Type.GRID_METER)
    sensor = next(d.id for d in sim.plants[0].devices if d.type == Type.POWER_SENSOR)
    is_old = sim.dialect is Dialect.V2020
    return {
        "excluded_plants": [LAKE],
        "quota_profile": "per_minute" if is_old else "daily",
        "currency": "CHF",
        "turned_meters": [str(meter), str(sensor)],
        "grid_meters": {PARK: str(meter)},
        "history_days": 1,
        "import_price": 0.31,
        "export_price": 0.08,
    }


def states(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of the integration's entities."""
    return {
        entity_id: state.state
        for entity_id in sorted(entity_ids(hass))
        if (state := hass.states.get(entity_id))
    }


def entity_ids(hass: HomeAssistant) -> set[str]:
    """Return the ids of the integration's entities."""
    known = er.async_get(hass).entities.values()
    return {item.entity_id for item in known if item.platform == DOMAIN}


def restorable(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what Home Assistant itself restores of the integration's entities."""
    known = restore_state.async_get(hass).last_states
    return [
        {
            "entity_id": entity_id,
            "state": known[entity_id].state.state,
            "extra": extra.as_dict() if (extra := known[entity_id].extra_data) else {},
        }
        for entity_id in sorted(entity_ids(hass) & known.keys())
    ]


def entities(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return what the entity registry holds of an entry."""
    known = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    registered = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    owners = {item.id: identifier(item.identifiers) for item in registered}
    return [
        {
            "entity_id": item.entity_id,
            "unique_id": item.unique_id,
            "disabled_by": item.disabled_by and str(item.disabled_by),
            "name": item.name,
            "options": {key: dict(item.options[key]) for key in sorted(item.options)},
            "device": owners.get(item.device_id or ""),
            "unit": item.unit_of_measurement,
            "device_class": item.original_device_class,
            "state_class": (item.capabilities or {}).get("state_class"),
        }
        for item in sorted(known, key=lambda item: item.unique_id)
    ]


def devices(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return what the device registry holds of an entry."""
    known = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    identifiers = {item.id: identifier(item.identifiers) for item in known}
    return sorted(
        (
            {
                "identifier": identifiers[item.id],
                "via": identifiers.get(item.via_device_id or ""),
                "name": item.name,
                "name_by_user": item.name_by_user,
                "serial_number": item.serial_number,
                "sw_version": item.sw_version,
            }
            for item in known
        ),
        key=lambda item: str(item["identifier"]),
    )


def identifier(identifiers: Iterable[tuple[str, str]]) -> str:
    """Return the plant code or device id of a device."""
    return next(key for domain, key in identifiers if domain == DOMAIN)


async def statistics(hass: HomeAssistant) -> dict[str, Any]:
    """Return the external statistics by id: their metadata and hourly rows."""
    recorder = get_instance(hass)
    await recorder.async_block_till_done()
    listed = await recorder.async_add_executor_job(list_statistic_ids, hass)
    ours = {i["statistic_id"]: i for i in listed if i["source"] == DOMAIN}
    rows = await recorder.async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2000, 1, 1, tzinfo=UTC),
        None,
        set(ours),
        "hour",
        None,
        {"state", "sum", "mean", "min", "max", "last_reset"},
    )
    return {
        key: {
            "metadata": {
                "name": item["name"],
                "has_sum": item["has_sum"],
                "mean_type": int(item["mean_type"]),
                "unit_class": item["unit_class"],
                "unit_of_measurement": item["statistics_unit_of_measurement"],
            },
            "rows": [_compact(row) for row in rows.get(key, [])],
        }
        for key, item in sorted(ours.items())
    }


def _compact(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "end" and v is not None}


def calls(sim: Simulator) -> dict[str, list[float]]:
    """Return when the server was called, in epoch seconds by interface."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for call in sim.calls:
        found[call.interface].append(call.at)
    return dict(sorted(found.items()))


def later(start: str, seconds: float) -> datetime:
    """Return a moment after an ISO time."""
    return datetime.fromisoformat(start) + timedelta(seconds=seconds)

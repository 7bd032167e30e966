"""Puts plants into Home Assistant's Energy dashboard, in one step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from homeassistant.components.energy.data import (
    ENERGY_SOURCE_SCHEMA,
    EnergyPreferencesUpdate,
    async_get_manager,
)
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import voluptuous as vol

from ..account.account import Account
from ..catalogue import DEVICE_TYPES
from ..catalogue.plant import BATTERY_POWER, GRID_POWER, PV_POWER
from ..catalogue.series import BATTERY_CHARGE, BATTERY_DISCHARGE, SERIES
from ..const import DOMAIN
from ..failures import failure, invalid
from ..history.device_rows import BATTERIES
from ..history.metadata import statistic_id
from ..history.prices import PRICE_OPTIONS
from ..hub.hub import Hub
from ..hub.targets import Target, registry_id_of
from ..insight.battery import rated_capacity
from .sources import BATTERY_SOC, EnergySource, Note, Offer, Outcome, put_in

type Notes = Mapping[str, Sequence[Note]]
"""What became of the sources, by plant code; empty where a plant has nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The dashboard's sources as they will be, and what becomes of each."""

    sources: Sequence[EnergySource]
    notes: Notes

    @property
    def changes(self) -> bool:
        """Tell whether anything is to be done."""
        return any(
            note.outcome is not Outcome.LEFT_ALONE
            for notes in self.notes.values()
            for note in notes
        )


async def async_plan(hass: HomeAssistant, targets: Iterable[Target]) -> Plan:
    """Return what putting in the plants of these targets would do.

    Raises ServiceValidationError where there is no Energy dashboard, or where
    nothing of any of the plants has been imported.
    """
    if "energy" not in hass.config.components:
        raise invalid("energy_not_loaded")
    plants = {target.plant_code: target.hub for target in targets}
    series = {code: await imported_series(hass, code) for code in plants}
    manager = await async_get_manager(hass)
    stored = manager.data or manager.default_preferences()
    sources: list[EnergySource] = list(stored["energy_sources"])
    notes: dict[str, Sequence[Note]] = {}
    for code, hub in plants.items():
        offer = _offer(hass, hub, code, series[code], _ours(hass, sources))
        sources, notes[code] = put_in(sources, offer)
    if not any(notes.values()):
        raise invalid("nothing_imported")
    return Plan(sources, notes)


async def async_set_up(hass: HomeAssistant, targets: Iterable[Target]) -> Plan:
    """Put the plants of these targets in; return the plan that was carried out.

    Raises what `async_plan` raises, and HomeAssistantError where Home Assistant
    does not take the sources.
    """
    plan = await async_plan(hass, targets)
    if plan.changes:
        sources = [dict(source) for source in plan.sources]
        try:
            # The manager takes whatever it is given.
            ENERGY_SOURCE_SCHEMA(sources)
        except vol.Invalid as error:
            raise failure("energy_refused") from error
        manager = await async_get_manager(hass)
        await manager.async_update(
            cast("EnergyPreferencesUpdate", {"energy_sources": sources})
        )
    return plan


async def imported_series(hass: HomeAssistant, plant_code: str) -> set[str]:
    """Return which series of a plant the recorder has."""
    if "recorder" not in hass.config.components:
        return set()
    ids = {statistic_id(plant_code, key): key for key in SERIES}
    # External statistics are in the metadata only: no integration compiles these.
    known = await get_instance(hass).async_add_executor_job(
        partial(get_metadata, hass, statistic_ids=set(ids))
    )
    return {ids[statistic] for statistic in known}


@callback
def all_plants(hass: HomeAssistant) -> list[Target]:
    """Return the plants of all loaded entries."""
    return [
        target
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        for target in plants_of(hass, entry.runtime_data)
    ]


@callback
def plants_of(hass: HomeAssistant, hub: Hub) -> list[Target]:
    """Return the plants of a hub."""
    return [
        Target(registry_id, hub, code)
        for code in hub.account.plants
        if (registry_id := registry_id_of(hass, code))
    ]


@callback
def _offer(
    hass: HomeAssistant,
    hub: Hub,
    code: str,
    series: set[str],
    ours: frozenset[str],
) -> Offer:
    """Return what a plant has for the dashboard."""
    account = hub.account
    prices = account.options.prices
    priced = {key for key, option in PRICE_OPTIONS.items() if option in prices}
    offered = series - (PRICE_OPTIONS.keys() - priced)
    if hub.history.progress(code).tells_output:
        # The battery is in its solar energy already.
        offered -= {BATTERY_CHARGE, BATTERY_DISCHARGE}
    return Offer(
        statistics={key: statistic_id(code, key) for key in offered},
        sensors=_sensors(hass, account, code),
        own=_own(hass, account, code),
        ours=ours,
        priced=frozenset(priced),
        capacity=rated_capacity(account.listed_devices_of(code), hub.devices.data),
    )


def _sensors(hass: HomeAssistant, account: Account, code: str) -> dict[str, str]:
    """Return the entities that show a plant's powers and its battery's charge."""
    registry = er.async_get(hass)
    unique_ids = {key: f"{code}_{key}" for key in (PV_POWER, GRID_POWER, BATTERY_POWER)}
    batteries = [
        device
        for device in account.devices_of(code)
        if (kind := DEVICE_TYPES.get(device.type_id)) and kind.role in BATTERIES
    ]
    if len(batteries) == 1:
        unique_ids[BATTERY_SOC] = f"{batteries[0].id}_{BATTERY_SOC}"
    return {
        key: entity.entity_id
        for key, unique_id in unique_ids.items()
        if (entity_id := registry.async_get_entity_id("sensor", DOMAIN, unique_id))
        and (entity := registry.async_get(entity_id))
        and entity.disabled_by is None
    }


def _own(hass: HomeAssistant, account: Account, code: str) -> frozenset[str]:
    """Return the statistics and the entities of a plant and its devices."""
    keys = {code, *(str(device.id) for device in account.devices_of(code))}
    identifiers = {(DOMAIN, key) for key in keys}
    entry_id = account.entry.entry_id
    devices = {
        device.id
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
        if device.identifiers & identifiers
    }
    entities = {
        entity.entity_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry_id)
        if entity.device_id in devices
    }
    return frozenset(entities | {statistic_id(code, key) for key in SERIES})


def _ours(hass: HomeAssistant, sources: Iterable[EnergySource]) -> frozenset[str]:
    """Return the entities and the used statistics of this integration's plants."""
    entities = er.async_get(hass).entities.values()
    return frozenset(
        {entity.entity_id for entity in entities if entity.platform == DOMAIN}
        | {
            value
            for source in sources
            for value in source.values()
            if isinstance(value, str) and value.startswith(f"{DOMAIN}:")
        }
    )

"""Plants and devices in Home Assistant's device registry."""

import asyncio
from collections.abc import Collection, Iterable, Set as AbstractSet
from itertools import batched
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..catalogue import NAMES
from ..const import DOMAIN, MANUFACTURER
from ..northbound import Device, Plant

# Some 100 µs each, and several times that on a small machine.
AT_ONCE: Final = 40


@callback
def plant_owners(hass: HomeAssistant, codes: Iterable[str]) -> dict[str, ConfigEntry]:
    """Return the entries that already show some of these plants."""
    registry = dr.async_get(hass)
    wanted = {(DOMAIN, code): code for code in codes}
    return {
        wanted[identifier]: entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
        for identifier in device.identifiers & wanted.keys()
    }


class RegisteredDevices:
    """An entry's plants and devices in the registry.

    Only changed items are written, a few at a time.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Start without knowing what the registry holds."""
        self._entry_id = entry.entry_id
        self._registry = dr.async_get(hass)
        self._portal = entry.data.get(CONF_HOST)
        self._plant_ids: dict[str, str] = {}
        self._plant_names: dict[str, str] = {}
        self._shared: set[str] = set()
        self._written: dict[str, Plant | Device] = {}

    async def async_add(
        self, plants: Iterable[Plant], devices: Iterable[Device]
    ) -> None:
        """Make the registry hold these plants and devices, as they are called now."""
        plants, devices = list(plants), list(devices)
        self._shared |= _shared_names(devices)
        for portion in batched(filter(self._is_new, plants), AT_ONCE):
            for plant in portion:
                self._plant_names[plant.code] = plant.name
                self._plant_ids[plant.code] = self._add_plant(plant)
                self._written[plant.code] = plant
            await asyncio.sleep(0)
        for some in batched(filter(self._is_new, devices), AT_ONCE):
            for device in some:
                self._add_device(device)
                self._written[str(device.id)] = device
            await asyncio.sleep(0)

    async def async_keep_only(
        self, keys: Collection[str], unlisted: Collection[str] = ()
    ) -> None:
        """Remove all others than these plant codes and device ids.

        With a device that is gone its entities go too. What belongs to an `unlisted`
        plant (code) stays: its devices are not known.
        """
        kept = {(DOMAIN, key) for key in keys}
        unknown = {(DOMAIN, code) for code in unlisted}
        known = dr.async_entries_for_config_entry(self._registry, self._entry_id)
        plants = {device.id for device in known if device.identifiers & unknown}
        for gone in (
            device
            for device in known
            if not device.identifiers & kept and device.via_device_id not in plants
        ):
            self._registry.async_update_device(
                gone.id, remove_config_entry_id=self._entry_id
            )
            await asyncio.sleep(0)
        for key in self._written.keys() - set(keys):
            del self._written[key]

    def _is_new(self, item: Plant | Device) -> bool:
        key = item.code if isinstance(item, Plant) else str(item.id)
        return self._written.get(key) != item

    def _add_plant(self, plant: Plant) -> str:
        return self._registry.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, plant.code)},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER,
            model="PV plant",
            name=plant.name,
            configuration_url=self._portal,
        ).id

    def _name(self, device: Device) -> str:
        """Return a device's name, behind its plant's where plants share it.

        A device that the registry holds keeps the form of its name.
        """
        known = self._registry.async_get_device_by_identifier(
            (DOMAIN, str(device.id)), self._entry_id
        )
        is_long = device.name in self._shared
        if known:
            is_long = (known.name or "").endswith(f" {device.name}")
        plant = self._plant_names.get(device.plant_code)
        return f"{plant} {device.name}" if is_long and plant else device.name

    def _add_device(self, device: Device) -> None:
        self._registry.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, str(device.id))},
            manufacturer=MANUFACTURER,
            model=device.model or type_name(device.type_id),
            model_id=type_name(device.type_id) if device.model else None,
            name=self._name(device),
            configuration_url=self._portal,
            serial_number=device.serial,
            sw_version=device.software,
            via_device_id=self._plant_ids[device.plant_code],
        )


def _shared_names(devices: Iterable[Device]) -> set[str]:
    """Return the names that devices of several plants have."""
    plants: dict[str, set[str]] = {}
    for device in devices:
        plants.setdefault(device.name, set()).add(device.plant_code)
    return {name for name, codes in plants.items() if len(codes) > 1}


type RegisteredKeys = dict[str, dict[str, set[str]]]
"""Keys by platform and plant code or device id."""


async def async_registered_keys(
    hass: HomeAssistant, entry: ConfigEntry, sources: AbstractSet[str]
) -> RegisteredKeys:
    """Return the keys of the entities that the registry holds.

    `sources` are the plant codes and device ids.
    """
    registry = er.async_get(hass)
    keys: RegisteredKeys = {}
    known = er.async_entries_for_config_entry(registry, entry.entry_id)
    for some in batched(known, 50 * AT_ONCE):
        for entity in some:
            source, _, key = entity.unique_id.partition("_")
            while source not in sources and key:
                # A plant code may have underscores of its own.
                more, _, key = key.partition("_")
                source = f"{source}_{more}"
            of_platform = keys.setdefault(entity.domain, {})
            of_platform.setdefault(source, set()).add(key)
        await asyncio.sleep(0)
    return keys


def type_name(type_id: int) -> str:
    """Return the name of a device type, with its number if it is unknown."""
    return NAMES.get(type_id, f"Device type {type_id}")

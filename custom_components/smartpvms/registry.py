"""Plants and devices in Home Assistant's device registry."""

from collections.abc import Iterable, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .catalogue import NAMES
from .const import DOMAIN, MANUFACTURER
from .northbound import Device, Plant


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


@callback
def sync_devices(
    hass: HomeAssistant,
    entry: ConfigEntry,
    plants: Mapping[str, Plant],
    devices: Mapping[int, Device],
) -> None:
    """Make the registry hold these plants and devices and no others.

    With a device that is gone its entities go too.
    """
    registry = dr.async_get(hass)
    plant_ids = {
        plant.code: registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, plant.code)},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER,
            model="PV plant",
            name=plant.name,
        ).id
        for plant in plants.values()
    }
    for device in devices.values():
        registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, str(device.id))},
            manufacturer=MANUFACTURER,
            model=device.model or type_name(device.type_id),
            model_id=type_name(device.type_id) if device.model else None,
            name=device.name,
            serial_number=device.serial,
            sw_version=device.software,
            via_device_id=plant_ids[device.plant_code],
        )
    kept = {(DOMAIN, key) for key in (*plants, *map(str, devices))}
    for known in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if not known.identifiers & kept:
            registry.async_update_device(
                known.id, remove_config_entry_id=entry.entry_id
            )


def type_name(type_id: int) -> str:
    """Return what a device type is called, also one that nobody has heard of."""
    return NAMES.get(type_id, f"Device type {type_id}")

"""The floor: the same entities as plain coordinator entities, and nothing else."""

import pickle

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .recipe import DOMAIN, RECIPE, Coordinators, FloorCoordinator


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry[Coordinators]
) -> bool:
    """Register the devices and add the entities of the recipe."""
    recipe = hass.data[RECIPE]
    registry = dr.async_get(hass)
    plants: dict[str, str] = {}
    for device in recipe.devices:
        identifiers = {(DOMAIN, device.key)}
        if device.plant is None:
            plants[device.key] = registry.async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers=identifiers,
                entry_type=dr.DeviceEntryType.SERVICE,
                manufacturer=device.manufacturer,
                model=device.model,
                name=device.name,
            ).id
        else:
            registry.async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers=identifiers,
                manufacturer=device.manufacturer,
                model=device.model,
                model_id=device.model_id,
                name=device.name,
                serial_number=device.serial,
                sw_version=device.software,
                via_device_id=plants[device.plant],
            )
    # Unpickled here, as the integration reads its values from a file.
    values = pickle.loads(recipe.saved)  # noqa: S301
    entry.runtime_data = Coordinators(
        FloorCoordinator(hass, entry, values), FloorCoordinator(hass, entry, values)
    )
    await hass.config_entries.async_forward_entry_setups(entry, recipe.platforms)
    return True


async def async_unload_entry(
    hass: HomeAssistant, entry: ConfigEntry[Coordinators]
) -> bool:
    """Unload the entities."""
    platforms = hass.data[RECIPE].platforms
    return await hass.config_entries.async_unload_platforms(entry, platforms)

"""A plain button."""

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .recipe import Coordinators, FloorEntity, add_all


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry[Coordinators],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities."""
    add_all(hass, entry, "button", FloorButton, async_add_entities)


class FloorButton(FloorEntity, ButtonEntity):
    """A plain button."""

    entity_description: ButtonEntityDescription

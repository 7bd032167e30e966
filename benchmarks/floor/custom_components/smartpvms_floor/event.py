"""A plain event entity."""

from homeassistant.components.event import EventEntity, EventEntityDescription
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
    add_all(hass, entry, "event", FloorEvent, async_add_entities)


class FloorEvent(FloorEntity, EventEntity):
    """A plain event entity."""

    entity_description: EventEntityDescription

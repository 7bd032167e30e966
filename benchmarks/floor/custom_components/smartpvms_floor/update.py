"""A plain update entity."""

from typing import override

from homeassistant.components.update import UpdateEntity, UpdateEntityDescription
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
    add_all(hass, entry, "update", FloorUpdate, async_add_entities)


class FloorUpdate(FloorEntity, UpdateEntity):
    """A plain update entity."""

    entity_description: UpdateEntityDescription

    @property
    @override
    def installed_version(self) -> str | None:
        """Return the value."""
        value: str | None = self.value
        return value

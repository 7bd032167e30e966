"""A plain binary sensor."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
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
    add_all(hass, entry, "binary_sensor", FloorBinarySensor, async_add_entities)


class FloorBinarySensor(FloorEntity, BinarySensorEntity):
    """A plain binary sensor."""

    entity_description: BinarySensorEntityDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value."""
        value: bool | None = self.value
        return value

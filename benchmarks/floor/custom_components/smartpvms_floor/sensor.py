"""A plain sensor."""

from datetime import date, datetime
from decimal import Decimal
from typing import override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .recipe import Coordinators, FloorEntity, add_all


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry[Coordinators],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities."""
    add_all(hass, entry, "sensor", FloorSensor, async_add_entities)


class FloorSensor(FloorEntity, SensorEntity):
    """A plain sensor."""

    entity_description: SensorEntityDescription

    @property
    @override
    def native_value(self) -> StateType | date | datetime | Decimal:
        """Return the value."""
        value: StateType | datetime = self.value
        return value

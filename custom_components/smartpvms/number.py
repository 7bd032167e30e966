"""Numbers: the limit of the feed-in and the bounds of the battery."""

from functools import partial
from typing import override

from homeassistant.components.number import NumberEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.control import async_command
from .control.entity import (
    NUMBERS,
    ControlEntity,
    ControlNumber,
    async_add_steered,
    largest_limit,
)
from .hub.hub import Hub, SmartPvmsConfigEntry
from .northbound import Interface

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of the plants that can be steered."""
    hub = entry.runtime_data
    build = partial(SettingNumber, hub)
    await async_add_steered(hub.control, async_add_entities, NUMBERS, build)


class SettingNumber(ControlEntity, NumberEntity):
    """A number of a plant that can be set.

    It shows what was read, or confirmed, never what was only wished for.
    """

    entity_description: ControlNumber

    def __init__(self, hub: Hub, plant_code: str, row: ControlNumber) -> None:
        """Belong to a plant."""
        super().__init__(hub.control, plant_code, row)
        self._hub = hub
        if row.key == "export_limit":
            self._attr_native_max_value = largest_limit(hub.control, plant_code)

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant was read lately; confirmed bounds do not age."""
        row = self.entity_description
        return row.interface is not Interface.EXPORT_CONTROL or (
            self.coordinator.is_fresh(self.plant_code, row.interface)
        )

    @property
    @override
    def native_value(self) -> float | None:
        """Return the number, None before it is known."""
        return self.entity_description.current(self.known)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Send the number to the plant, once."""
        setting = self.entity_description.setting(value)
        await async_command(self._hub, {self.plant_code: setting})

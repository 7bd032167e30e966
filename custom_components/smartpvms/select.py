"""Selects: how the feed-in is controlled, and the battery's working mode."""

from functools import partial
from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.control import async_command
from .const import DOMAIN
from .control.entity import (
    EXPORT_STATES,
    SELECTS,
    ControlEntity,
    ControlSelect,
    async_add_steered,
)
from .hub.hub import Hub, SmartPvmsConfigEntry
from .northbound.tasks import ExportMode

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choices of the plants that can be steered."""
    hub = entry.runtime_data
    build = partial(SettingSelect, hub)
    await async_add_steered(hub.control, async_add_entities, SELECTS, build)


class SettingSelect(ControlEntity, SelectEntity):
    """A choice of a plant: it shows what was read, never what was only wished for."""

    entity_description: ControlSelect

    def __init__(self, hub: Hub, plant_code: str, row: ControlSelect) -> None:
        """Belong to a plant."""
        super().__init__(hub.control, plant_code, row)
        self._hub = hub

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant was read lately."""
        row = self.entity_description
        return self.coordinator.is_fresh(self.plant_code, row.interface)

    @property
    @override
    def current_option(self) -> str | None:
        """Return how the plant is set."""
        return self.entity_description.current(self.known)

    @override
    async def async_select_option(self, option: str) -> None:
        """Send the choice to the plant, once."""
        setting = self.entity_description.setting(option, self.known)
        if setting is None:
            if option == EXPORT_STATES[ExportMode.LIMITED]:
                raise ServiceValidationError(
                    translation_domain=DOMAIN, translation_key="control_limit_unknown"
                )
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="control_not_settable"
            )
        await async_command(self._hub, {self.plant_code: setting})

"""Entities that follow the alarms of a plant."""

from collections.abc import Callable, Mapping
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from ..account.account import SmartPvmsConfigEntry
from ..const import DOMAIN
from ..entity import Adder, SparingEntity, async_add_following
from .coordinator import AlarmCoordinator


class AlarmEntity(SparingEntity[AlarmCoordinator]):
    """Something about the active alarms of a plant or device."""

    def __init__(
        self,
        coordinator: AlarmCoordinator,
        plant_code: str,
        source: str,
        description: EntityDescription,
    ) -> None:
        """Belong to a plant (`source` is its code) or one of its devices (its id)."""
        super().__init__(coordinator)
        self.entity_description = description
        self.plant_code = plant_code
        self._attr_unique_id = f"{source}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, source)})

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant's alarms were listed lately."""
        return self.coordinator.is_fresh(self.plant_code)


@callback
def async_add_with_alarms(
    entry: SmartPvmsConfigEntry,
    makers: Callable[[], Mapping[object, Callable[[], Entity]]],
    adder: Adder,
) -> None:
    """Add entities once their plant's alarms are known, and never twice."""
    async_add_following(entry, entry.runtime_data.alarms, makers, adder)

"""The floor's devices and entities, copied from the integration's own."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields
import logging
from typing import Any, Final, NamedTuple

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.event import EventEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.update import UpdateEntityDescription
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
)
from homeassistant.util.hass_dict import HassKey

DOMAIN: Final = "smartpvms_floor"

type Values = Mapping[str, dict[str, Any]]
"""Values by device key and description key."""


@dataclass(frozen=True, slots=True)
class FloorDevice:
    """A device of the registry; `plant`: the device that it belongs to."""

    key: str
    name: str | None
    plant: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    serial: str | None = None
    software: str | None = None


type Row = tuple[str, EntityDescription]
"""An entity: its device and description."""


@dataclass(slots=True)
class Recipe:
    """Devices, and the entities of each platform.

    `descriptions`: platform and fields of Home Assistant's description class;
    `entities`: by platform, device key and index of the description; `saved`: the
    values, pickled.
    """

    devices: list[FloorDevice]
    descriptions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    entities: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    saved: bytes = b""

    @property
    def platforms(self) -> list[str]:
        """Return the platforms that have entities."""
        return list(self.entities)

    def rows(self) -> dict[str, list[Row]]:
        """Return the entities by platform."""
        built = [_KINDS[platform](**known) for platform, known in self.descriptions]
        return {
            platform: [(device, built[index]) for device, index in rows]
            for platform, rows in self.entities.items()
        }


_KINDS: Final[dict[str, type[EntityDescription]]] = {
    "binary_sensor": BinarySensorEntityDescription,
    "button": ButtonEntityDescription,
    "event": EventEntityDescription,
    "sensor": SensorEntityDescription,
    "update": UpdateEntityDescription,
}


def plain(platform: str, description: EntityDescription) -> dict[str, Any]:
    """Return the fields of Home Assistant's description class, with their values."""
    # Home Assistant makes a description class a dataclass only at its first call.
    kind = _KINDS[platform]._dataclass  # noqa: SLF001
    return {item.name: getattr(description, item.name) for item in fields(kind)}


RECIPE: HassKey[Recipe] = HassKey(f"{DOMAIN}_recipe")
ROWS: HassKey[dict[str, list[Row]]] = HassKey(f"{DOMAIN}_rows")
# (device, key) of the entities whose values a refresh changes.
LIVE: HassKey[Container[tuple[str, str]]] = HassKey(f"{DOMAIN}_live")


class FloorCoordinator(DataUpdateCoordinator[Values]):
    """Coordinator with the values of all devices."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], values: Values
    ) -> None:
        """Set the first values."""
        logger = logging.getLogger(__name__)
        super().__init__(hass, logger, config_entry=entry, name="floor")
        self.data = values


class Coordinators(NamedTuple):
    """Coordinators of the entities that a refresh changes, and of the others."""

    live: FloorCoordinator
    fixed: FloorCoordinator


class FloorEntity(CoordinatorEntity[FloorCoordinator]):
    """An entity as Home Assistant's documentation shows it."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: FloorCoordinator, device: str, description: EntityDescription
    ) -> None:
        """Show the value with the description's key."""
        super().__init__(coordinator)
        self.entity_description = description
        self._device = device
        self._attr_unique_id = f"{device}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, device)})

    @property
    def value(self) -> Any:
        """Return the value."""
        return self.coordinator.data[self._device].get(self.entity_description.key)


def add_all(
    hass: HomeAssistant,
    entry: ConfigEntry[Coordinators],
    platform: str,
    entity: type[FloorEntity],
    add: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities of a platform at once."""
    live, (of_live, of_fixed) = hass.data[LIVE], entry.runtime_data
    add(
        entity(
            of_live if (device, description.key) in live else of_fixed,
            device,
            description,
        )
        for device, description in hass.data[ROWS][platform]
    )

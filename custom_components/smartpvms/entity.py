"""Entities that show one value of a reading, and that appear when it does."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import (
    AddConfigEntryEntitiesCallback,
    async_get_current_platform,
)
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
)

from .account import SmartPvmsConfigEntry
from .const import DOMAIN
from .coordinator import ReadingsCoordinator
from .readings import Reading


class SparingEntity[CoordinatorT: DataUpdateCoordinator[Any]](
    CoordinatorEntity[CoordinatorT]
):
    """An entity that writes its state only if something about it has changed."""

    _attr_has_entity_name = True
    _shown: tuple[bool, object] | None = None

    @abstractmethod
    def _take(self) -> object:
        """Take the attributes over from the coordinator; return what is shown."""

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        shown = (self.available, self._take())
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()


class ReadingEntity[K](SparingEntity[ReadingsCoordinator[K]]):
    """A value of the reading of a plant (by code) or device (by id)."""

    def __init__(
        self,
        coordinator: ReadingsCoordinator[K],
        source: K,
        description: EntityDescription,
    ) -> None:
        """Show the value with the description's key."""
        super().__init__(coordinator, source)
        self.entity_description = description
        self.source = source
        self._attr_unique_id = f"{source}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, str(source))})
        self._take()

    @property
    def reading(self) -> Reading | None:
        """Return the last reading of the plant or device."""
        return self.coordinator.data.get(self.source)

    @property
    def value(self) -> float | None:
        """Return the value, None where the row left it out."""
        reading = self.reading
        return reading.values.get(self.entity_description.key) if reading else None

    @property
    @override
    def available(self) -> bool:
        """Tell whether the row is young enough, whatever the last call did."""
        return self.coordinator.is_fresh(self.source)


@callback
def async_add_following(
    entry: SmartPvmsConfigEntry,
    coordinator: DataUpdateCoordinator[Any],
    makers: Callable[[], Mapping[object, Callable[[], Entity]]],
    add: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities that `makers` has, now and after each update; none twice."""
    shown: set[object] = set()

    @callback
    def follow() -> None:
        wanted = makers()
        shown.intersection_update(wanted)
        new = wanted.keys() - shown
        shown.update(new)
        if new:
            add(make() for key, make in wanted.items() if key in new)

    follow()
    entry.async_on_unload(coordinator.async_add_listener(follow))


@callback
def async_add_as_seen[K, DescriptionT: EntityDescription](
    entry: SmartPvmsConfigEntry,
    coordinator: ReadingsCoordinator[K],
    descriptions: Callable[[K, Reading | None, set[str]], Iterable[DescriptionT]],
    build: Callable[[ReadingsCoordinator[K], K, DescriptionT], Entity],
    add: AddConfigEntryEntitiesCallback,
) -> None:
    """Add entities as soon as their values are seen, and never twice.

    `descriptions` returns what a source has to show, given its reading and the
    keys that Home Assistant's registry knows of it: a value that was seen before
    a restart counts as seen.
    """
    registered = _registered_keys(coordinator, entry)
    shown: dict[K, set[str]] = {}

    @callback
    def look(candidates: Iterable[K]) -> None:
        found: list[Entity] = []
        for source in candidates:
            known = shown.setdefault(source, set())
            reading = coordinator.data.get(source)
            remembered = registered.get(str(source), set())
            for description in descriptions(source, reading, remembered):
                if description.key not in known:
                    known.add(description.key)
                    found.append(build(coordinator, source, description))
        if found:
            add(found)

    @callback
    def follow() -> None:
        for gone in shown.keys() - coordinator.sources():
            del shown[gone]
        look(coordinator.changed)

    look(coordinator.sources())
    entry.async_on_unload(coordinator.async_add_listener(follow))


def _registered_keys[K](
    coordinator: ReadingsCoordinator[K], entry: SmartPvmsConfigEntry
) -> dict[str, set[str]]:
    """Return the keys that the registry holds, by plant code or device id."""
    registry = er.async_get(coordinator.hass)
    domain = async_get_current_platform().domain
    account = coordinator.account
    names = {*account.plants, *map(str, account.devices)}
    keys: dict[str, set[str]] = {}
    for known in er.async_entries_for_config_entry(registry, entry.entry_id):
        if known.domain != domain:
            continue
        source, _, key = known.unique_id.partition("_")
        while source not in names and key:
            # A plant code may have underscores of its own.
            more, _, key = key.partition("_")
            source = f"{source}_{more}"
        keys.setdefault(source, set()).add(key)
    return keys

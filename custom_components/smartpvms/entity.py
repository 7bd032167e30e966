"""Base of all entities, and what adds them in portions."""

from abc import abstractmethod
import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Set as AbstractSet
from functools import lru_cache
from itertools import count, islice
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
)

from .account.account import Account
from .const import DOMAIN

# Some 100 µs each, and several times that on a small machine.
ADDED_AT_ONCE: Final = 40
REMOVED_AT_ONCE: Final = 40


class SmartPvmsEntity(Entity):
    """An entity of a plant (by code) or device (by id)."""

    _attr_has_entity_name = True

    def __init__(self, key: str | int, description: EntityDescription) -> None:
        """Belong to the plant or device `key`; the description names the value."""
        self.entity_description = description
        self._attr_unique_id = f"{key}_{description.key}"
        self._attr_device_info = _device_info(str(key))


@lru_cache(maxsize=16)
def _device_info(identifier: str) -> DeviceInfo:
    """Return how Home Assistant finds a device; its entities share it."""
    return DeviceInfo(identifiers={(DOMAIN, identifier)})


class AccountEntity[CoordinatorT: DataUpdateCoordinator[Any]](
    SmartPvmsEntity, CoordinatorEntity[CoordinatorT]
):
    """An entity that follows a coordinator of an account with thousands of them."""

    def __init__(
        self,
        coordinator: CoordinatorT,
        key: str | int,
        description: EntityDescription,
    ) -> None:
        """Follow a coordinator."""
        CoordinatorEntity.__init__(self, coordinator)
        SmartPvmsEntity.__init__(self, key, description)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Yield to the loop: Home Assistant removes all entities in one go."""
        await super().async_will_remove_from_hass()
        if next(_removed) % REMOVED_AT_ONCE == 0:
            await asyncio.sleep(0)

    # From 2026.11 on, Home Assistant changes the entity id of an entity in place where
    # each class that follows its adding or removal has this method.
    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on as before: nothing is known by the entity id."""


_removed: Final = count()


class ComparingEntity[CoordinatorT: DataUpdateCoordinator[Any]](
    AccountEntity[CoordinatorT]
):
    """An entity that writes its state only if its fingerprint differs."""

    _shown: object = None
    async_entity_id_changed = AccountEntity.async_entity_id_changed

    @abstractmethod
    def _fingerprint(self) -> object:
        """Return the values that the state is made of, cheap to get and to compare."""

    @abstractmethod
    def _async_update_attrs(self) -> None:
        """Update the attributes from the coordinator."""

    @override
    async def async_added_to_hass(self) -> None:
        """Show the present values; Home Assistant writes the state next."""
        await super().async_added_to_hass()
        self._shown = (self.available, self._fingerprint())
        self._async_update_attrs()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        shown = (self.available, self._fingerprint())
        if shown != self._shown:
            self._shown = shown
            self._async_update_attrs()
            self.async_write_ha_state()


class EntityAdder:
    """Adds the entities of a platform in portions: a fleet has thousands.

    Nothing more is added once the entry is on its way out. `registered`: the keys of
    the platform's entities that the registry holds, by plant code or device id, until
    `async_finish`.
    """

    def __init__(
        self,
        account: Account,
        add: AddConfigEntryEntitiesCallback,
        registered: Mapping[str, AbstractSet[str]] | None = None,
    ) -> None:
        """Add to the platform that is being set up."""
        self._account = account
        self._add = add
        self._due: deque[Iterator[Entity]] = deque()
        self._is_adding = False
        self.registered = registered or {}

    @callback
    def queue(self, entities: Iterator[Entity]) -> None:
        """Queue entities, which are made as late as they are added."""
        self._due.append(entities)

    @callback
    def start(self) -> None:
        """Add the queued entities: a few now, many in the background."""
        if not self._is_adding and self._add_some():
            self._account.entry.async_create_background_task(
                self._account.hass, self.async_finish(), f"{DOMAIN} adds entities"
            )

    async def async_finish(self) -> None:
        """Add all that is due."""
        self._is_adding = True
        try:
            more = self._add_some()
            while more:
                await asyncio.sleep(0)
                more = self._add_some()
        finally:
            self._is_adding = False
            self.registered = {}

    def _add_some(self) -> bool:
        """Add a portion; return whether there may be more."""
        while self._due and not self._account.is_leaving:
            if portion := list(islice(self._due[0], ADDED_AT_ONCE)):
                self._add(portion)
                return True
            self._due.popleft()
        return False

    @callback
    def add_following(
        self,
        subscribe: Callable[[CALLBACK_TYPE], CALLBACK_TYPE],
        factories: Callable[[], Mapping[object, Callable[[], Entity]]],
    ) -> None:
        """Queue the entities of `factories`, now and after each change; none twice.

        `subscribe` registers a callback for changes and returns the function that
        removes it.
        """
        shown: set[object] = set()

        def look() -> None:
            wanted = factories()
            shown.intersection_update(wanted)
            new = wanted.keys() - shown
            shown.update(new)
            if new:
                self.queue(make() for key, make in wanted.items() if key in new)

        @callback
        def follow() -> None:
            look()
            self.start()

        look()
        self._account.entry.async_on_unload(subscribe(follow))

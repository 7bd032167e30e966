"""Entities that show one value of a reading, and that appear when it does."""

from abc import abstractmethod
import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from typing import Any, Final, override

from homeassistant.core import callback
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

from .account.account import SmartPvmsConfigEntry
from .const import DOMAIN
from .coordinator import ReadingsCoordinator
from .live.readings import Reading
from .northbound import Values

# Some 100 µs each, and several times that on a small machine.
ADDED_AT_ONCE: Final = 40
REMOVED_AT_ONCE: Final = 40


class AccountEntity[CoordinatorT: DataUpdateCoordinator[Any]](
    CoordinatorEntity[CoordinatorT]
):
    """An entity of an account, which may have thousands."""

    _attr_has_entity_name = True

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Let others run: Home Assistant removes all entities in one go."""
        await super().async_will_remove_from_hass()
        if next(_removed) % REMOVED_AT_ONCE == 0:
            await asyncio.sleep(0)


_removed: Final = count()


class SparingEntity[CoordinatorT: DataUpdateCoordinator[Any]](
    AccountEntity[CoordinatorT]
):
    """An entity that writes its state only if something about it has changed."""

    _shown: object = None

    @abstractmethod
    def _look(self) -> object:
        """Return what the state is made of, cheap to get and to compare."""

    @abstractmethod
    def _take(self) -> None:
        """Take the attributes over from the coordinator."""

    @override
    async def async_added_to_hass(self) -> None:
        """Show what is known; Home Assistant writes it next."""
        await super().async_added_to_hass()
        self._shown = (self.available, self._look())
        self._take()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        shown = (self.available, self._look())
        if shown != self._shown:
            self._shown = shown
            self._take()
            self.async_write_ha_state()


@lru_cache(maxsize=16)
def _device_info(identifier: str) -> DeviceInfo:
    """Return how Home Assistant finds a device; its entities share it."""
    return DeviceInfo(identifiers={(DOMAIN, identifier)})


class ReadingEntity[K](AccountEntity[ReadingsCoordinator[K]]):
    """A value of the reading of a plant (by code) or device (by id).

    The coordinator calls it only if it shows something else.
    """

    def __init__(
        self,
        coordinator: ReadingsCoordinator[K],
        source: K,
        description: EntityDescription,
    ) -> None:
        """Show the value with the description's key."""
        self.entity_description = description
        super().__init__(coordinator, (source, *self._keys()))
        self.source = source
        self._attr_unique_id = f"{source}_{description.key}"
        self._attr_device_info = _device_info(str(source))

    def _keys(self) -> tuple[str, ...]:
        """Return the keys of the values that are shown."""
        return (self.entity_description.key,)

    @property
    def reading(self) -> Reading | None:
        """Return the last reading of the plant or device."""
        return self.coordinator.data.get(self.source)

    @property
    def value(self) -> float | None:
        """Return the value, None where the row left it out."""
        reading = self.coordinator.data.get(self.source)
        return reading.values.get(self.entity_description.key) if reading else None

    @property
    @override
    def available(self) -> bool:
        """Tell whether the row is young enough, whatever the last call did."""
        return self.coordinator.is_fresh(self.source)


class Adder:
    """Adds the entities of a platform in portions: a fleet has thousands.

    Nothing more is added once the entry is on its way out.
    """

    def __init__(
        self, entry: SmartPvmsConfigEntry, add: AddConfigEntryEntitiesCallback
    ) -> None:
        """Add to the platform that is being set up."""
        self._entry = entry
        self._account = entry.runtime_data
        self._add = add
        self._due: deque[Iterator[Entity]] = deque()
        self._is_at_it = False

    @callback
    def put(self, entities: Iterator[Entity]) -> None:
        """Add entities, made as late as they are added: `async_finish` waits."""
        self._due.append(entities)

    @callback
    def start(self) -> None:
        """Add what is due: a few entities now, many in the background."""
        if not self._is_at_it and self._add_some():
            self._entry.async_create_background_task(
                self._account.hass, self.async_finish(), f"{DOMAIN} adds entities"
            )

    async def async_finish(self) -> None:
        """Add all that is due."""
        self._is_at_it = True
        try:
            more = self._add_some()
            while more:
                await asyncio.sleep(0)
                more = self._add_some()
        finally:
            self._is_at_it = False

    def _add_some(self) -> bool:
        """Add a portion; return whether there may be more."""
        while self._due and not self._account.is_leaving:
            if portion := list(islice(self._due[0], ADDED_AT_ONCE)):
                self._add(portion)
                return True
            self._due.popleft()
        return False


@callback
def async_add_following(
    entry: SmartPvmsConfigEntry,
    coordinator: DataUpdateCoordinator[Any],
    makers: Callable[[], Mapping[object, Callable[[], Entity]]],
    adder: Adder,
) -> None:
    """Add the entities that `makers` has, now and after each update; none twice."""
    shown: set[object] = set()

    def look() -> None:
        wanted = makers()
        shown.intersection_update(wanted)
        new = wanted.keys() - shown
        shown.update(new)
        if new:
            adder.put(make() for key, make in wanted.items() if key in new)

    @callback
    def follow() -> None:
        look()
        adder.start()

    look()
    entry.async_on_unload(coordinator.async_add_listener(follow))


@callback
def async_add_as_seen[K, DescriptionT: EntityDescription](
    entry: SmartPvmsConfigEntry,
    coordinator: ReadingsCoordinator[K],
    descriptions: Callable[[K, Reading | None, set[str]], Iterable[DescriptionT]],
    build: Callable[[ReadingsCoordinator[K], K, DescriptionT], Entity],
    adder: Adder,
) -> None:
    """Add entities as soon as their values are seen, and never twice.

    `descriptions` returns what a source has to show, given its reading and the
    keys that Home Assistant's registry knows of it: a value that was seen before
    a restart counts as seen.
    """
    account = coordinator.account
    registered = account.registered.get(async_get_current_platform().domain, {})
    shown: dict[K, frozenset[str]] = {}
    # Devices of a kind show the same.
    pool: dict[frozenset[str], frozenset[str]] = {}
    idle: dict[K, _Idle] = {}
    revision = account.revision

    def look(
        candidates: Iterable[K], registered: Mapping[str, set[str]]
    ) -> Iterator[Entity]:
        for source in candidates:
            if source not in coordinator.sources():
                continue
            known = shown.get(source, _NONE_SHOWN)
            reading = coordinator.data.get(source)
            remembered = registered.get(str(source), _NO_KEYS)
            found = descriptions(source, reading, remembered)
            new = [item for item in found if item.key not in known]
            if new:
                known |= {item.key for item in new}
                shown[source] = pool.setdefault(known, known)
            if reading:
                idle[source] = _idle_after(reading, known)
            for description in new:
                yield build(coordinator, source, description)

    @callback
    def follow() -> None:
        nonlocal revision
        if revision != account.revision:
            revision = account.revision
            for gone in (shown.keys() | idle.keys()) - coordinator.sources():
                shown.pop(gone, None)
                idle.pop(gone, None)
        new = [
            source
            for source, keys in coordinator.unheard.items()
            if source not in idle
            or idle[source].may_show(keys, coordinator.data[source].values)
        ]
        if new:
            adder.put(look(new, {}))
            adder.start()

    adder.put(look(list(coordinator.sources()), registered))
    entry.async_on_unload(coordinator.async_add_listener(follow))


@dataclass(frozen=True, slots=True)
class _Idle:
    """What a row had to show when it was last looked through.

    `keys`: what it held; `waiting`: those of them that were not shown and may be
    some day, when they are above 0.
    """

    keys: frozenset[str]
    waiting: frozenset[str]

    def may_show(self, changed: AbstractSet[str], values: Values) -> bool:
        """Tell whether a later row, some of whose values differ, has more to show."""
        return not changed <= self.keys or any(
            values.get(key, 0.0) > 0 for key in changed & self.waiting
        )


def _idle_after(reading: Reading, shown: AbstractSet[str]) -> _Idle:
    """Remember a reading, given the keys that are shown."""
    values = reading.values
    waiting = (key for key in values if values[key] <= 0 and key not in shown)
    return _idle(frozenset(values), frozenset(waiting))


@lru_cache(maxsize=256)
def _idle(keys: frozenset[str], waiting: frozenset[str]) -> _Idle:
    """Return one object for all devices of a kind."""
    return _Idle(keys, waiting)


_NO_KEYS: Final[set[str]] = set()
_NONE_SHOWN: Final[frozenset[str]] = frozenset()

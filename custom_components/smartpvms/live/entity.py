"""Entities that show one value of a reading, and that appear when it does."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription

from ..entity import AccountEntity, EntityAdder
from ..northbound import Values
from .coordinator import ReadingsCoordinator
from .readings import Reading


class ReadingEntity[K: str | int](AccountEntity[ReadingsCoordinator[K]]):
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
        super().__init__(coordinator, source, description, (source, *self._keys()))
        self.source = source

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


@callback
def async_add_as_seen[K, DescriptionT: EntityDescription](
    coordinator: ReadingsCoordinator[K],
    descriptions: Callable[
        [K, Reading | None, AbstractSet[str]], Iterable[DescriptionT]
    ],
    build: Callable[[ReadingsCoordinator[K], K, DescriptionT], Entity],
    adder: EntityAdder,
) -> None:
    """Add entities as soon as their values are seen, and never twice.

    `descriptions` returns what a source has to show, given its reading and the
    keys that Home Assistant's registry knows of it: a value that was seen before
    a restart counts as seen.
    """
    account = coordinator.account
    shown: dict[K, frozenset[str]] = {}
    # Devices of a kind show the same.
    pool: dict[frozenset[str], frozenset[str]] = {}
    idle: dict[K, _Idle] = {}

    def look(
        candidates: Iterable[K], registered: Mapping[str, AbstractSet[str]]
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
    def forget_gone() -> None:
        for gone in (shown.keys() | idle.keys()) - coordinator.sources():
            shown.pop(gone, None)
            idle.pop(gone, None)

    @callback
    def follow() -> None:
        new = [
            source
            for source, keys in coordinator.unclaimed.items()
            if source not in idle
            or idle[source].may_show(keys, coordinator.data[source].values)
        ]
        if new:
            adder.queue(look(new, {}))
            adder.start()

    adder.queue(look(list(coordinator.sources()), adder.registered))
    unload = account.entry.async_on_unload
    unload(account.inventory_changed.connect(forget_gone))
    unload(coordinator.async_add_listener(follow))


@dataclass(frozen=True, slots=True)
class _Idle:
    """The keys of a row at the last look for new entities.

    `keys`: all that it held; `waiting`: keys at 0 that are not shown yet and will be
    once they are above 0.
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


_NO_KEYS: Final[frozenset[str]] = frozenset()
_NONE_SHOWN: Final[frozenset[str]] = frozenset()

"""Entities that show one value of a reading, and that appear when it does."""

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Set as AbstractSet,
)
from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription

from ..entity import AccountEntity, EntityAdder
from .coordinator import ReadingsCoordinator, Update
from .readings import Reading

type Shown = tuple[float | None, bool, float | None, float | None]
"""A value, whether its row is young enough, and up to two more numbers of the row."""


class ReadingEntity[K: str | int](AccountEntity[ReadingsCoordinator[K]]):
    """A value of the reading of a plant (by code) or device (by id).

    The state is written where it differs from the one that was written last.
    """

    _shown: Shown = (None, False, None, None)
    async_entity_id_changed = AccountEntity.async_entity_id_changed

    def __init__(
        self,
        coordinator: ReadingsCoordinator[K],
        key: K,
        description: EntityDescription,
    ) -> None:
        """Show the value with the description's key."""
        super().__init__(coordinator, key, description)
        self.key = key

    @property
    def value(self) -> float | None:
        """Return the value, None where the row left it out."""
        return self._shown[0]

    @property
    @override
    def available(self) -> bool:
        """Tell whether the row is young enough, whatever the last call did."""
        return self._shown[1]

    def _look(self, reading: Reading, is_fresh: bool) -> Shown:
        """Return all that the state is made of and that may change."""
        return reading.values.get(self.entity_description.key), is_fresh, None, None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the plant or device alone; Home Assistant writes the state next."""
        coordinator, key = self.coordinator, self.key
        self.async_on_remove(coordinator.listen(key, self._follow))
        if reading := coordinator.data.get(key):
            self._shown = self._look(reading, coordinator.is_fresh(key))

    @callback
    def _follow(self, update: Update) -> None:
        shown = self._look(update.reading, update.is_fresh)
        if shown != self._shown:
            self._shown = shown
            self._write(update)

    @callback
    def _write(self, update: Update) -> None:
        """Write the state."""
        self.async_write_ha_state()


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

    `descriptions` returns what a plant or device has to show, given its reading and the
    keys that Home Assistant's registry knows of it: a value that was seen before
    a restart counts as seen.
    """
    account = coordinator.account
    # The keys that need no further look: shown, or above 0 and shown elsewhere.
    looked_at: dict[K, frozenset[str]] = {}
    # Devices of a kind have the same.
    pool: dict[frozenset[str], frozenset[str]] = {}

    def look(
        candidates: Iterable[K], registered: Mapping[str, AbstractSet[str]]
    ) -> Iterator[Entity]:
        for key in candidates:
            if key not in coordinator.shown_keys():
                continue
            reading, known = coordinator.data.get(key), looked_at.get(key, _NO_KEYS)
            found = descriptions(key, reading, registered.get(str(key), _NO_KEYS))
            new = [item for item in found if item.key not in known]
            values = reading.values if reading else {}
            known |= {item.key for item in new} | {k for k in values if values[k] > 0}
            looked_at[key] = pool.setdefault(known, known)
            for description in new:
                yield build(coordinator, key, description)

    @callback
    def forget_gone() -> None:
        for gone in looked_at.keys() - coordinator.shown_keys():
            del looked_at[gone]

    @callback
    def follow(changed: Collection[K]) -> None:
        new = [
            key
            for key in changed
            if (reading := coordinator.data.get(key))
            and not reading.values.keys() <= looked_at.get(key, _NO_KEYS)
        ]
        if new:
            adder.queue(look(new, {}))
            adder.start()

    adder.queue(look(list(coordinator.shown_keys()), adder.registered))
    unload = account.entry.async_on_unload
    unload(account.inventory_changed.connect(forget_gone))
    unload(coordinator.watch(follow))


_NO_KEYS: Final[frozenset[str]] = frozenset()

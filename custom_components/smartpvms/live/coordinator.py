"""Readings of plants or devices, and the rounds of calls that bring them.

What a call changed is told to the listeners of that plant or device only, and a few of
them at a time: an account may have thousands.
"""

from abc import abstractmethod
import asyncio
from collections import deque
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Set as AbstractSet,
)
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, callback

from ..account.account import Account
from ..catalogue import Kpi
from ..const import LOGGER
from ..coordinator import EARLY, SOON, AccountCoordinator, calling, fresh_since
from ..northbound import Interface, Values
from ..northbound.errors import RefusedError
from .readings import Reading, advance_reading

# Followers wait for the end of a round, but not for long.
DERIVED_EVERY: Final = 5.0
# A device may have a hundred entities, and each takes some 30 µs to write.
NOTIFIED_AT_ONCE: Final = 10


class ReadingsCoordinator[K](AccountCoordinator[dict[K, Reading]]):
    """Keeps the last reading of each plant (by code) or device (by id).

    A listener whose context is a source and some keys is called when one of these
    values is another one, or has become too old or fresh; one without a context
    whenever readings have come. `unclaimed` holds the keys that differ and that nobody
    listens to, by the sources that the running notification is about.
    """

    def __init__(
        self, account: Account, name: str, update_interval: timedelta | None
    ) -> None:
        """Start without readings; `restore` brings back the saved ones."""
        super().__init__(account, name, update_interval)
        self.data = {}
        self.unclaimed: Mapping[K, AbstractSet[str]] = {}
        # The keys of which a source shows something else, by source.
        self._pending: dict[K, AbstractSet[str]] = {}
        self._stale: set[K] = set()
        self._listeners_of: dict[K, dict[str, list[CALLBACK_TYPE]]] = {}
        self._general_listeners: list[CALLBACK_TYPE] = []
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._followers: list[Follow[K]] = []
        self._updated: dict[K, None] = {}
        self._derived_at = 0.0
        account.inventory_changed.connect(self.forget_gone)

    @abstractmethod
    def sources(self) -> AbstractSet[K]:
        """Return the plants (codes) or devices (ids) that are shown."""

    @abstractmethod
    def cycle(self) -> float:
        """Return the seconds in which every source gets a new reading."""

    @callback
    def restore(self, readings: Mapping[K, Reading]) -> None:
        """Restore the readings of the last run."""
        self.data = dict(readings)
        self._stale = self._find_stale()

    @callback
    def put(self, source: K, reading: Reading) -> None:
        """Keep a new reading and tell its listeners at the next `publish`."""
        before = self.data.get(source)
        self._updated[source] = None
        if not self.is_fresh(source):
            self._stale.add(source)
            if reading.at >= self._limit():
                self._stale.remove(source)
                self._mark_all(source)
        self.data[source] = reading
        if keys := reading.differs_from(before):
            self._mark(source, keys)

    @callback
    def forget_gone(self) -> None:
        """Drop the readings of plants or devices that are gone."""
        for gone in self.data.keys() - self.sources():
            del self.data[gone]
            self._pending.pop(gone, None)
        self._stale &= self.data.keys()

    def is_fresh(self, source: K) -> bool:
        """Tell whether a reading is younger than three cycles."""
        return source in self.data and source not in self._stale

    def subscribed(self) -> AbstractSet[object]:
        """Return the sources that have an enabled entity."""
        return self._listeners_of.keys()

    @callback
    def mark_stale(self) -> None:
        """Tell next time which readings have grown too old."""
        for source in (aged := self._find_stale()) ^ self._stale:
            self._updated[source] = None
            self._mark_all(source)
        self._stale = aged

    def _mark_all(self, source: K) -> None:
        self._mark(source, self._listeners_of.get(source, _NOBODY).keys())

    def _mark(self, source: K, keys: AbstractSet[str]) -> None:
        self._pending[source] = self._pending.get(source, _NO_KEYS) | keys

    def _limit(self) -> float:
        """Return when the oldest reading that is fresh has come (epoch seconds)."""
        return fresh_since(self.account.clock.now(), self.cycle())

    def _find_stale(self) -> set[K]:
        limit = self._limit()
        return {source for source, reading in self.data.items() if reading.at < limit}

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: Topic[K] | None = None
    ) -> Callable[[], None]:
        """Listen to a source's keys, or to all there is without a context.

        Home Assistant gets to know one listener in place of all.
        """
        if self._unsubscribe is None:
            self._unsubscribe = super().async_add_listener(_nobody)
        if context is None:
            self._general_listeners.append(update_callback)
        else:
            source, *keys = context
            told = self._listeners_of.setdefault(source, {})
            for key in keys:
                told.setdefault(key, []).append(update_callback)
        return partial(self._remove_listener, update_callback, context)

    @callback
    def _remove_listener(
        self, update_callback: CALLBACK_TYPE, context: Topic[K] | None
    ) -> None:
        if context is None:
            self._general_listeners.remove(update_callback)
        else:
            source, *keys = context
            told = self._listeners_of[source]
            for key in keys:
                told[key].remove(update_callback)
                if not told[key]:
                    del told[key]
            if not told:
                del self._listeners_of[source]
        if self._unsubscribe and not self._listeners_of and not self._general_listeners:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def follow(self, follower: Follow[K]) -> None:
        """Let something be derived whenever a round of calls is over."""
        self._followers.append(follower)

    async def async_derive(self) -> None:
        """Run the followers on the subjects that are new since the last time."""
        heard, self._updated = self._updated, {}
        self._derived_at = self.account.clock.now()
        for follower in self._followers if heard else ():
            try:
                await follower(heard)
            except Exception:  # noqa: BLE001
                LOGGER.exception("Unexpected error deriving from %s", self.name)

    async def async_publish(self) -> None:
        """Notify the listeners of the changes, a portion at a time."""
        if not self._pending:
            self._notify(())
        while self._pending:
            self._notify(list(islice(self._pending, NOTIFIED_AT_ONCE)))
            await asyncio.sleep(0)

    @callback
    def publish(self) -> None:
        """Notify at once of changes and of readings that have grown stale; for few subjects."""
        self.mark_stale()
        self._notify(list(self._pending))

    @callback
    def _notify(self, sources: Collection[K]) -> None:
        unclaimed: dict[K, AbstractSet[str]] = {}
        for source in sources:
            told, keys = (
                self._listeners_of.get(source, _NOBODY),
                self._pending.pop(source),
            )
            if new := keys - told.keys():
                unclaimed[source] = new
            # One may listen to several keys; told in the order in which they were
            # made, entities are found in the processor's cache.
            self.notify(
                {u: None for key, us in told.items() if key in keys for u in us}
            )
        self.unclaimed = unclaimed
        self.notify(list(self._general_listeners))
        self.unclaimed = {}

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Do nothing: the listeners are told after the refresh."""

    @override
    async def _async_refreshed(self) -> None:
        self.mark_stale()
        await self.async_publish()
        await self.async_derive()


type Topic[K] = tuple[K, *tuple[str, ...]]
"""A source, and keys of its values."""

type Follow[K] = Callable[[Collection[K]], Awaitable[None]]
"""Derives something from the sources that have a new reading."""

_NOBODY: Final[Mapping[str, list[CALLBACK_TYPE]]] = {}
_NO_KEYS: Final[frozenset[str]] = frozenset()


def _nobody() -> None:
    """Stand in for the listeners of a source."""


class RealTimeCoordinator[K, RequestT](ReadingsCoordinator[K]):
    """Asks one interface again and again, in rounds of one or more calls."""

    def __init__(self, account: Account, interface: Interface, name: str) -> None:
        """Use one lane of the account's ledger."""
        super().__init__(account, name, SOON)
        self.interface = interface
        # How many calls there were when the last one ended.
        self.made = self._made()
        self._due: deque[RequestT] = deque()

    @abstractmethod
    def _round(self) -> Iterable[RequestT]:
        """Return the calls that ask every source once, the most telling first."""

    @abstractmethod
    async def _async_ask(self, request: RequestT) -> None:
        """Make one call and `put` its readings."""

    @override
    def cycle(self) -> float:
        return self.account.ledger.cycle(self.interface, self._calls())

    def _made(self) -> int:
        """Return how many calls there ever were."""
        return self.account.ledger.lane(self.interface).made

    def _calls(self) -> int:
        """Return how many calls a round takes."""
        return sum(1 for _ in self._round())

    @override
    async def _async_update_data(self) -> dict[K, Reading]:
        try:
            with calling(self.account, self.interface):
                await self._async_ask_what_is_due()
        finally:
            self._due = self._due or deque(self._round())
            self.update_interval = timedelta(seconds=self._wait() + EARLY)
        return self.data

    async def _async_ask_what_is_due(self) -> None:
        """Ask as much as the lane takes now, and nothing twice.

        The rest of a round is followed by the next round: else the last request would
        stay half a cycle away from all others.
        """
        asked: set[RequestT] = set()
        self._derived_at = self.account.clock.now()
        while not self.account.ledger.wait(self.interface):
            rest = (request for request in self._round() if request not in asked)
            self._due = self._due or deque(rest)
            if not self._due:
                return
            asked.add(self._due[0])
            await self._async_ask_next()
            await self.async_publish()
            if abs(self.account.clock.now() - self._derived_at) > DERIVED_EVERY:
                await self.async_derive()

    async def _async_ask_next(self) -> None:
        """Make the next call; a refused call keeps its place."""
        request = self._due.popleft()
        try:
            await self._async_ask(request)
        except RefusedError:
            self._due.appendleft(request)
            raise
        finally:
            self.made = self._made()

    def _wait(self) -> float:
        """Return the seconds until the rest of the round may be asked.

        Never longer than a cycle, so that old readings are seen to age.
        """
        wait = self.account.wait(self.interface, len(self._due))
        return min(wait, self.cycle()) if self._due else self.cycle()

    @callback
    def apply_row(
        self,
        source: K,
        row: Values,
        at: float,
        counters: Iterable[Kpi],
        plant_code: str,
    ) -> None:
        """Turn a row that has come at `at` (epoch seconds) into a reading."""
        zone, plant = self.account.zone(plant_code), self.account.plants[plant_code]
        before = self.data.get(source)
        reading = advance_reading(
            before, row, at, counters, zone, capacity=plant.capacity
        )
        self.put(source, reading)

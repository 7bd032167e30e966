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
from typing import Final, NamedTuple, override

from homeassistant.core import CALLBACK_TYPE, Context, callback

from ..account.account import Account
from ..catalogue import Kpi
from ..const import LOGGER
from ..coordinator import (
    EARLY,
    FRESH_GRACE,
    SOON,
    AccountCoordinator,
    calling,
    fresh_since,
    keep_polling,
)
from ..northbound import Interface, Values
from ..northbound.errors import RefusedError
from .readings import Reading, advance_reading

# Followers wait for the end of a round, but not for long.
DERIVED_EVERY: Final = 5.0
# A device may have a hundred entities, and each takes some 30 µs to write.
NOTIFIED_AT_ONCE: Final = 10


class Update(NamedTuple):
    """What listeners to a plant or device are told.

    `is_fresh`: younger than three cycles; `cause`: the context that the states of this
    reading share.
    """

    reading: Reading
    is_fresh: bool
    cause: Context


class ReadingsCoordinator[K](AccountCoordinator[dict[K, Reading]]):
    """Keeps the last reading of each plant (by code) or device (by id).

    Who listens to a plant or device is told when its reading has changed, or has become
    too old or fresh; Home Assistant's listeners whenever readings have come. Watchers
    are told which readings have changed.
    """

    def __init__(
        self, account: Account, name: str, update_interval: timedelta | None
    ) -> None:
        """Start without readings; `restore` brings back the saved ones."""
        super().__init__(account, name, update_interval)
        self.data = {}
        # Whose listeners are still to be called, in the order of the rows.
        self._changed: dict[K, None] = {}
        self._stale: set[K] = set()
        # Those of them that were fresh in this run, and have grown old.
        self._expired: set[K] = set()
        self._listeners_of: dict[K, list[Callable[[Update], None]]] = {}
        self._unlisten: CALLBACK_TYPE
        self._watchers: list[Watch[K]] = []
        self._followers: list[Follow[K]] = []
        self._updated: dict[K, None] = {}
        self._derived_at = 0.0
        account.inventory_changed.connect(self.forget_gone)

    @abstractmethod
    def shown_keys(self) -> AbstractSet[K]:
        """Return the plants (codes) or devices (ids) that are shown."""

    @abstractmethod
    def cycle(self) -> float:
        """Return the seconds in which each plant or device gets a new reading."""

    @callback
    def restore(self, readings: Mapping[K, Reading]) -> None:
        """Restore the readings of the last run."""
        self.data = dict(readings)
        self._stale = self._find_stale()

    @callback
    def put(self, key: K, reading: Reading) -> None:
        """Keep a new reading and call its listeners at the next `publish`."""
        before = self.data.get(key)
        self.data[key] = reading
        self._updated[key] = None
        self._expired.discard(key)
        if key in self._stale or before is None:
            self._stale.discard(key)
            if self._is_old(reading):
                self._stale.add(key)
            self._changed[key] = None
        elif not reading.shows_the_same_as(before):
            self._changed[key] = None

    @callback
    def forget_gone(self) -> None:
        """Drop the readings of plants or devices that are gone."""
        for gone in self.data.keys() - self.shown_keys():
            del self.data[gone]
            self._changed.pop(gone, None)
        self._stale &= self.data.keys()
        self._expired &= self.data.keys()

    def is_fresh(self, key: K) -> bool:
        """Tell whether a reading is younger than three cycles."""
        return key in self.data and key not in self._stale

    def subscribed(self) -> AbstractSet[K]:
        """Return the plants or devices that have an enabled entity."""
        return self._listeners_of.keys()

    @callback
    def mark_stale(self) -> None:
        """Tell next time which readings have grown too old.

        They stay so until new ones come: a round may take longer meanwhile, as in a
        search by halves, and the old values would be back.
        """
        aged = self._find_stale()
        self._expired |= aged - self._stale
        aged |= self._expired
        turned = dict.fromkeys(aged ^ self._stale)
        self._stale = aged
        self._updated |= turned
        self._changed |= turned

    def _is_old(self, reading: Reading) -> bool:
        """Tell whether a reading is not fresh; a cycle is dear to find for a fleet."""
        is_new = reading.at >= self.account.clock.now() - FRESH_GRACE
        return not is_new and reading.at < self._limit()

    def _limit(self) -> float:
        """Return when the oldest reading that is fresh has come (epoch seconds)."""
        return fresh_since(self.account.clock.now(), self.cycle())

    def _find_stale(self) -> set[K]:
        limit = self._limit()
        return {key for key, reading in self.data.items() if reading.at < limit}

    @callback
    def listen(self, key: K, listener: Callable[[Update], None]) -> CALLBACK_TYPE:
        """Tell a listener about a plant or device; return what ends that.

        Home Assistant polls as long as there is a listener: it knows one in place of
        all of these.
        """
        if not self._listeners_of:
            self._unlisten = self.async_add_listener(keep_polling)
        self._listeners_of.setdefault(key, []).append(listener)
        return partial(self._remove_listener, key, listener)

    @callback
    def _remove_listener(self, key: K, listener: Callable[[Update], None]) -> None:
        listeners = self._listeners_of[key]
        listeners.remove(listener)
        if not listeners:
            del self._listeners_of[key]
        if not self._listeners_of:
            self._unlisten()

    @callback
    def watch(self, watcher: Watch[K]) -> CALLBACK_TYPE:
        """Tell a watcher which readings have changed; return what ends that."""
        self._watchers.append(watcher)
        return partial(self._watchers.remove, watcher)

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
        if not self._changed:
            self._notify(())
        while self._changed:
            self._notify(tuple(islice(self._changed, NOTIFIED_AT_ONCE)))
            await asyncio.sleep(0)

    @callback
    def publish(self) -> None:
        """Notify at once of changes and of readings that have grown stale; for few subjects."""
        self.mark_stale()
        self._notify(tuple(self._changed))

    @callback
    def _notify(self, keys: Collection[K]) -> None:
        for key in keys:
            del self._changed[key]
            if listeners := self._listeners_of.get(key):
                update = Update(self.data[key], key not in self._stale, Context())
                self.notify(tuple(listeners), update)
        for watcher in self._watchers if keys else ():
            watcher(keys)
        self.notify([listener for listener, _ in self._listeners.values()])

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Do nothing: the listeners are told after the refresh."""

    @override
    async def _async_refreshed(self) -> None:
        self.mark_stale()
        await self.async_publish()
        await self.async_derive()


type Follow[K] = Callable[[Collection[K]], Awaitable[None]]
"""Derives something from the plants or devices that have a new reading."""

type Watch[K] = Callable[[Collection[K]], None]
"""Is told of the plants or devices whose readings have changed."""


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
        """Return the calls that ask each plant or device once, the most telling first."""

    @abstractmethod
    async def _async_ask(self, request: RequestT) -> None:
        """Make one call and `put` its readings."""

    @override
    def cycle(self) -> float:
        return self.account.ledger.cycle(self.interface, self._calls())

    @property
    def has_asked_all(self) -> bool:
        """Tell whether each plant or device was asked once, or a refusal stands between."""
        is_refused = self.account.ledger.lane(self.interface).reason is not None
        return is_refused or self.made >= self._calls()

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
        key: K,
        row: Values,
        at: float,
        counters: Iterable[Kpi],
        plant_code: str,
    ) -> None:
        """Turn a row that has come at `at` (epoch seconds) into a reading."""
        plant = self.account.plants[plant_code]
        zone = self.account.known_zone(plant_code)
        before = self.data.get(key)
        reading = advance_reading(
            before, row, at, counters, zone, capacity=plant.capacity
        )
        self.put(key, reading)

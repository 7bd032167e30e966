"""Coordinators: one per interface, each as fresh as the ledger allows.

A coordinator asks the ledger when its lane is free and takes that as its
interval. A lane that may not be asked now keeps its last readings. What a call
changed is told to the listeners of that plant or device only, and a few of them
at a time: an account may have thousands.
"""

from abc import abstractmethod
import asyncio
from collections import deque
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Set as AbstractSet,
)
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import batched, islice
from typing import TYPE_CHECKING, Final, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.update_coordinator import UpdateFailed

from .account_coordinator import AccountCoordinator
from .catalogue import PLANT, Kpi
from .const import DOMAIN, LOGGER
from .northbound import Interface, Values
from .northbound.errors import (
    AccessError,
    LoginError,
    NorthboundError,
    RefusedError,
    ResourceMissingError,
)
from .northbound.interfaces import PLANTS_PER_CALL
from .readings import Reading, take

if TYPE_CHECKING:
    from .account import Account

# Home Assistant starts a refresh up to a second early.
EARLY: Final = 1.0
SOON: Final = timedelta(seconds=1)
FRESH_CYCLES: Final = 3
# Answers take their time; three cycles to the second would flicker.
FRESH_GRACE: Final = 30.0
# What is derived from readings waits for the end of a round, but not for long.
DERIVED_EVERY: Final = 5.0
# A device may have a hundred entities, and each takes some 30 µs to write.
TOLD_AT_ONCE: Final = 10


def what_failed(error: NorthboundError) -> dict[str, str]:
    """Return the placeholders of the text `update_failed`."""
    return {"interface": error.interface, "error": error.meaning}


@contextmanager
def calling(account: Account, interface: Interface) -> Iterator[None]:
    """Turn the errors of a call into what a coordinator does about them.

    A refusal leaves the last data as they are; a missing permission or a
    refused login is for the user; the rest is a failed update.
    """
    try:
        yield
    except (RefusedError, AccessError) as error:
        LOGGER.debug("%s", error)
    except LoginError as error:
        account.note_login_refused(error)
    except NorthboundError as error:
        if isinstance(error, ResourceMissingError):
            # A plant or device left the account; the lists tell which.
            account.inventory.ask_soon()
        raise UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="update_failed",
            translation_placeholders=what_failed(error),
        ) from error
    finally:
        account.issues.review(interface)


class ReadingsCoordinator[K](AccountCoordinator[dict[K, Reading]]):
    """Keeps the last reading of each plant (by code) or device (by id).

    A listener whose context is a source is called when that source shows something
    else; one without a context whenever sources have a new reading. `changed` holds
    those that the running notification is about, `altered` those of them that
    show something else.
    """

    def __init__(
        self, account: Account, name: str, update_interval: timedelta | None
    ) -> None:
        """Start without readings; `restore` brings back the saved ones."""
        super().__init__(account, name, update_interval)
        self.data = {}
        self.changed: frozenset[K] = frozenset()
        self.altered: frozenset[K] = frozenset()
        # Whether a source shows something else, by source.
        self._pending: dict[K, bool] = {}
        self._aged: set[K] = set()
        # By context; Home Assistant gets to know one listener of each.
        self._told: dict[K | None, dict[int, CALLBACK_TYPE]] = {}
        self._untell: dict[K | None, CALLBACK_TYPE] = {}
        self._count = 0
        self._followers: list[Follow[K]] = []
        self._heard: dict[K, None] = {}
        self._derived_at = 0.0

    @abstractmethod
    def sources(self) -> AbstractSet[K]:
        """Return the plants (codes) or devices (ids) that are shown."""

    @abstractmethod
    def cycle(self) -> float:
        """Return the seconds in which every source gets a new reading."""

    @callback
    def restore(self, readings: Mapping[K, Reading]) -> None:
        """Take over the readings of the last run."""
        self.data = dict(readings)
        self._aged = self._too_old()

    @callback
    def put(self, source: K, reading: Reading) -> None:
        """Keep a new reading and tell its listeners at the next `publish`."""
        before = self.data.get(source)
        is_other = before is None or not reading.shows_same(before)
        self.data[source] = reading
        self._pending[source] = is_other or self._pending.get(source, False)

    @callback
    def forget_gone(self) -> None:
        """Drop what is known of plants or devices that are gone."""
        for gone in self.data.keys() - self.sources():
            del self.data[gone]
        self._aged &= self.data.keys()

    def is_fresh(self, source: K) -> bool:
        """Tell whether a reading is younger than three cycles."""
        return source in self.data and source not in self._aged

    def listened(self) -> AbstractSet[object]:
        """Return the sources that have an enabled entity."""
        return self._told.keys()

    def _too_old(self) -> set[K]:
        limit = self.account.ledger.now() - FRESH_CYCLES * self.cycle() - FRESH_GRACE
        return {source for source, reading in self.data.items() if reading.at < limit}

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: K | None = None
    ) -> Callable[[], None]:
        """Listen to one source, or to all of them where there is no context."""
        told = self._told.get(context)
        if told is None:
            told = self._told[context] = {}
            self._untell[context] = super().async_add_listener(_nobody, context)
        self._count += 1
        told[self._count] = update_callback
        return partial(self._remove_listener, context, self._count)

    @callback
    def _remove_listener(self, context: K | None, number: int) -> None:
        told = self._told[context]
        del told[number]
        if not told:
            del self._told[context]
            self._untell.pop(context)()

    @callback
    def follow(self, follower: Follow[K]) -> None:
        """Let something be derived whenever a round of calls is over."""
        self._followers.append(follower)

    async def async_derive(self) -> None:
        """Let everything be derived from what is new since the last time."""
        heard, self._heard = self._heard, {}
        self._derived_at = self.account.ledger.now()
        for follower in self._followers if heard else ():
            try:
                await follower(heard)
            except Exception:  # noqa: BLE001
                LOGGER.exception("Unexpected error deriving from %s", self.name)

    async def async_publish(self) -> None:
        """Tell the listeners what is new and what has grown too old, bit by bit."""
        self._note_age()
        while self._pending:
            self._tell(list(islice(self._pending, TOLD_AT_ONCE)))
            await asyncio.sleep(0)

    @callback
    def publish(self) -> None:
        """Tell the same at once, where it is about few."""
        self._note_age()
        self._tell(list(self._pending))

    def _note_age(self) -> None:
        aged = self._too_old()
        for source in aged ^ self._aged:
            self._pending[source] = True
        self._aged = aged

    @callback
    def _tell(self, sources: Iterable[K]) -> None:
        altered = {source: self._pending.pop(source) for source in sources}
        self.changed = frozenset(altered)
        self.altered = frozenset(source for source in altered if altered[source])
        self._heard |= dict.fromkeys(altered)
        for source in self.altered:
            self._call(source)
        self._call(None)
        self.changed = self.altered = frozenset()

    @callback
    def _call(self, context: K | None) -> None:
        for update in list(self._told.get(context, _NO_LISTENERS).values()):
            self.tell(update)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Do nothing: the listeners are told after the refresh."""

    @override
    async def _async_refreshed(self) -> None:
        await self.async_publish()
        await self.async_derive()


type Follow[K] = Callable[[Collection[K]], Awaitable[None]]
"""Derives something from the sources that have a new reading."""

_NO_LISTENERS: Final[Mapping[int, CALLBACK_TYPE]] = {}


def _nobody() -> None:
    """Stand in for the listeners of a source."""


class RealTimeCoordinator[K, RequestT](ReadingsCoordinator[K]):
    """Asks one interface again and again, in rounds of one or more calls."""

    def __init__(self, account: Account, interface: Interface, name: str) -> None:
        """Use one lane of the account's ledger."""
        super().__init__(account, name, SOON)
        self.interface = interface
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

        The rest of a round is followed by the next one: else what was asked last
        would stay half a cycle away from all the others.
        """
        asked: set[RequestT] = set()
        self._derived_at = self.account.ledger.now()
        while not self.account.ledger.wait(self.interface):
            rest = (request for request in self._round() if request not in asked)
            self._due = self._due or deque(rest)
            if not self._due:
                return
            asked.add(self._due[0])
            await self._async_ask_next()
            await self.async_publish()
            if abs(self.account.ledger.now() - self._derived_at) > DERIVED_EVERY:
                await self.async_derive()

    async def _async_ask_next(self) -> None:
        """Make the next call; one that may not be made now keeps its place."""
        request = self._due.popleft()
        try:
            await self._async_ask(request)
        except RefusedError:
            self._due.appendleft(request)
            raise

    def _wait(self) -> float:
        """Return the seconds until the rest of the round may be asked.

        Never longer than a cycle, so that old readings are seen to age.
        """
        wait = self.account.wait(self.interface, len(self._due))
        return min(wait, self.cycle()) if self._due else self.cycle()

    @callback
    def take(
        self, source: K, row: Values, counters: Iterable[Kpi], plant_code: str
    ) -> None:
        """Turn a row that has just come into a reading."""
        now, zone = self.account.ledger.now(), self.account.zone(plant_code)
        self.put(source, take(self.data.get(source), row, now, counters, zone))


_COUNTERS: Final = tuple(kpi for kpi in PLANT if kpi.counter)


class PlantCoordinator(RealTimeCoordinator[str, tuple[str, ...]]):
    """Real-time KPIs of the plants (reference 2.3)."""

    def __init__(self, account: Account) -> None:
        """Use the lane of getStationRealKpi."""
        super().__init__(account, Interface.PLANT_REAL_TIME, "plant real-time data")

    @override
    def sources(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def _round(self) -> Iterable[tuple[str, ...]]:
        return batched(self.account.listed_plants, PLANTS_PER_CALL)

    @override
    async def _async_ask(self, request: tuple[str, ...]) -> None:
        for row in await self.account.client.plant_real_time(request):
            if row.plant_code in self.account.plants:
                self.take(row.plant_code, row.values, _COUNTERS, row.plant_code)

"""The plant list and the device lists, asked seldom and saved."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.update_coordinator import UpdateFailed

from ..account.account import Account
from ..account.inventory import Inventory
from ..const import LOGGER
from ..coordinator import EARLY, SOON, AccountCoordinator, calling
from ..northbound import Dialect, Interface, PauseReason, Plant, PlantList
from ..northbound.errors import (
    NorthboundError,
    NotNorthboundError,
    PermissionMissingError,
    ReportedError,
    UnreachableError,
)
from ..northbound.interfaces import PLANTS_PER_CALL, PLANTS_PER_PAGE
from ..northbound.plant_list import LISTED_BY

HOURLY: Final = 3600.0
# After a failed call, or an answer that a plant or device is gone; doubled each time.
AGAIN_AFTER: Final = 600.0

# The answers that tell that a system lists its plants by the other interface. A portal
# page is no proof that a system of 2022 has become one of 2020.
_LISTED_ELSEWHERE: Final[dict[Dialect, tuple[type[NorthboundError], ...]]] = {
    Dialect.V2020: (PermissionMissingError, NotNorthboundError, ReportedError),
    Dialect.V2022: (PermissionMissingError,),
}
_OTHER: Final = {Dialect.V2020: Dialect.V2022, Dialect.V2022: Dialect.V2020}


class InventoryCoordinator(AccountCoordinator[Inventory]):
    """Plants (reference 2.2) and their devices (2.8).

    Polled hourly, or with half of the day's calls where these are counted by
    the day: the other half is for restarts and the config flow, whatever fails.
    """

    def __init__(self, account: Account) -> None:
        """Start from the account's inventory."""
        super().__init__(account, "plant and device list", SOON)
        self.data = account.inventory
        account.inventory_doubted.connect(self.list_soon)
        self._due: deque[tuple[str, ...]] = deque()
        self._left_out = account.left_out.of_plants(Interface.DEVICE_LIST)
        self._again = AGAIN_AFTER
        self._is_doubted = False
        self._list: PlantList | None = None

    @property
    def _dialect(self) -> Dialect:
        """Return the dialect by which the plants are listed next.

        An account that lists them by `getStationList` tries `stations` once a day.
        """
        ledger = self.account.ledger
        lane = ledger.lane(Interface.STATIONS)
        rests = lane.paused_until > ledger.now()
        if self.account.inventory.dialect is Dialect.V2022:
            is_refused = rests and lane.reason is PauseReason.NO_ACCESS
            return Dialect.V2020 if is_refused else Dialect.V2022
        return Dialect.V2020 if rests or lane.calls else Dialect.V2022

    @property
    def _begun(self) -> PlantList | None:
        """Return the list of which further pages have to be read."""
        return self._list if self._list and self._list.is_begun else None

    def _interval(self) -> float:
        """Return the seconds from one list to the next."""
        spacing = self.account.ledger.spacing
        batches = ceil(len(self.account.plants) / PLANTS_PER_CALL)
        return max(
            HOURLY,
            2 * spacing(Interface.DEVICE_LIST, batches),
            2 * spacing(LISTED_BY[self.account.inventory.dialect], self._pages()),
        )

    def _pages(self) -> int:
        """Return how many calls a list of all plants takes, shown or not."""
        return max(1, ceil(len(self.account.inventory.plants) / PLANTS_PER_PAGE))

    def _wait(self, interface: Interface, calls: int = 1) -> float:
        """Return the seconds until calls may be made that leave half of a day's."""
        ledger = self.account.ledger
        kept = ledger.most(interface) // 2
        return max(
            self.account.wait(interface),
            ledger.wait(interface, min(calls + kept, ledger.most(interface))),
        )

    def _wait_for_plants(self) -> float:
        """Return the seconds until the list may begin, or go on."""
        if (begun := self._begun) and begun.dialect:
            return self.account.wait(LISTED_BY[begun.dialect])
        return self._wait(LISTED_BY[self._dialect], self._pages())

    def _next_at(self) -> float:
        """Return the epoch second at which the plants are listed again."""
        if self._begun:
            return 0.0
        return self.account.inventory.plants_at + self._interval()

    def _unlisted(self) -> list[str]:
        """Return the plants whose devices are not known or due again."""
        limit = self.account.clock.now() - self._interval()
        known = self.account.inventory.devices_at
        plants = self.account.listed_plants
        unlisted = [code for code in plants if known.get(code, 0.0) <= limit]
        return self._left_out.askable(unlisted)

    @callback
    def schedule(self) -> None:
        """Poll again when something is due and its lane is free."""
        self.account.bound_inventory()
        now = self.account.clock.now()
        wait = max(self._next_at() - now, self._wait_for_plants())
        if self._due or self._unlisted():
            wait = min(wait, self._wait(Interface.DEVICE_LIST))
        self.update_interval = timedelta(seconds=max(0.0, wait) + EARLY)

    @callback
    def list_soon(self) -> None:
        """List again before the time, because something seems to be gone.

        Where it goes on to seem so, the lists are asked less and less often.
        """
        if self.account.clock.now() - self.account.inventory.plants_at > self._again:
            self._is_doubted = True
            self._back_off()
            self.account.outdate_inventory()
            self.schedule()
            self._schedule_refresh()

    def _back_off(self) -> None:
        self._again = min(2 * self._again, max(AGAIN_AFTER, self._interval()))

    async def async_list_devices_now(self) -> None:
        """List the devices during set-up; what fails now is asked again later."""
        try:
            with calling(self.account, Interface.DEVICE_LIST):
                await self._async_list_devices(self.account.wait)
        except UpdateFailed as error:
            LOGGER.debug("%s", error)

    @override
    async def _async_update_data(self) -> Inventory:
        try:
            with calling(self.account, LISTED_BY[self.account.inventory.dialect]):
                await self._async_list_plants()
            with calling(self.account, Interface.DEVICE_LIST):
                await self._async_list_devices(self._wait)
        except UpdateFailed as error:
            # A lane of the day has calls left at once: do not spend them on a fault.
            error.retry_after = self._again
            self._back_off()
            raise
        finally:
            self.schedule()
        return self.account.inventory

    async def _async_list_plants(self) -> None:
        ledger = self.account.ledger
        if self._next_at() > ledger.now() or self._wait_for_plants():
            return
        plants = await self._async_all_plants()
        if not self._is_doubted:
            self._again = AGAIN_AFTER
        self._is_doubted = False
        await self.account.async_apply(
            self.account.inventory.with_plants(plants, ledger.now())
        )

    async def _async_all_plants(self) -> list[Plant]:
        """Return all plants; NotYetError where a further page has to wait."""
        known = self.account.inventory.dialect
        tried = self._dialect
        self._list = self._begun or PlantList(self.account.client, tried)
        try:
            dialect, plants = await self._list.read_on()
        except NorthboundError as error:
            if not _is_elsewhere(error, tried, known):
                raise
            self._list = PlantList(self.account.client, _OTHER[tried])
            dialect, plants = await self._list.read_on()
        if dialect is not known:
            self.account.change_dialect(dialect)
        return plants

    async def _async_list_devices(self, wait: Callable[[Interface], float]) -> None:
        while not wait(Interface.DEVICE_LIST):
            self._due = self._due or deque(
                self._left_out.batches(self._unlisted(), PLANTS_PER_CALL)
            )
            if not self._due:
                return
            batch = self._due.popleft()
            with self._left_out.asking(batch):
                devices = await self.account.client.devices(batch)
                known, now = self.account.inventory, self.account.ledger.now()
                await self.account.async_apply(known.with_devices(batch, devices, now))


def _is_elsewhere(error: NorthboundError, tried: Dialect, known: Dialect) -> bool:
    """Tell whether the plants are listed by the interface that was not tried.

    `known`: the dialect until now; a failed attempt at `stations` proves nothing else.
    """
    if error.interface is not LISTED_BY[tried]:
        return False
    if tried is Dialect.V2022 and known is Dialect.V2020:
        return not isinstance(error, UnreachableError)
    return tried is known and isinstance(error, _LISTED_ELSEWHERE[known])

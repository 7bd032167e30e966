"""The plant list and the device lists, asked seldom and saved."""

from collections import deque
from datetime import timedelta
from itertools import batched
from math import ceil
from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.update_coordinator import UpdateFailed

from ..account.account import Account
from ..account.inventory import Inventory
from ..const import LOGGER
from ..coordinator import EARLY, SOON, AccountCoordinator, calling
from ..local_time import DAY
from ..northbound import Dialect, Interface, Profile
from ..northbound.errors import NotNorthboundError, PermissionMissingError
from ..northbound.interfaces import PLANTS_PER_CALL, PLANTS_PER_PAGE

HOURLY: Final = 3600.0
# After a failed call, or an answer that a plant or device is gone.
AGAIN_AFTER: Final = 600.0


class InventoryCoordinator(AccountCoordinator[Inventory]):
    """Plants (reference 2.2) and their devices (2.8).

    Polled hourly, or with half of the day's calls where these are counted by
    the day: the other half is for restarts and the config flow.
    """

    def __init__(self, account: Account) -> None:
        """Start from the account's inventory."""
        super().__init__(account, "plant and device list", SOON)
        self.data = account.inventory
        account.inventory_doubted.connect(self.list_soon)
        self._due: deque[tuple[str, ...]] = deque()

    @property
    def _plant_interface(self) -> Interface:
        if self.account.inventory.dialect is Dialect.V2020:
            return Interface.STATION_LIST
        return Interface.STATIONS

    def _interval(self) -> float:
        """Return the seconds from one list to the next."""
        ledger = self.account.ledger
        if ledger.profile is Profile.PER_MINUTE:
            return HOURLY
        batches = ceil(len(self.account.plants) / PLANTS_PER_CALL)
        return max(
            HOURLY,
            *(
                DAY * calls / (ledger.burst(interface) / 2)
                for interface, calls in (
                    (Interface.DEVICE_LIST, batches),
                    (self._plant_interface, self._pages()),
                )
            ),
        )

    def _pages(self) -> int:
        """Return how many calls a list of all plants takes, shown or not."""
        if self.account.inventory.dialect is Dialect.V2020:
            return 1
        return max(1, ceil(len(self.account.inventory.plants) / PLANTS_PER_PAGE))

    def _next_at(self) -> float:
        """Return the epoch second at which the plants are listed again."""
        return self.account.inventory.plants_at + self._interval()

    def _unlisted(self) -> list[str]:
        """Return the plants whose devices are not known or due again."""
        limit = self.account.clock.now() - self._interval()
        known = self.account.inventory.devices_at
        plants = self.account.listed_plants
        return [code for code in plants if known.get(code, 0.0) <= limit]

    @callback
    def schedule(self) -> None:
        """Poll again when something is due and its lane is free."""
        self.account.bound_inventory()
        now = self.account.clock.now()
        plants = self.account.wait(self._plant_interface, self._pages())
        wait = max(self._next_at() - now, plants)
        if self._due or self._unlisted():
            wait = min(wait, self.account.wait(Interface.DEVICE_LIST))
        self.update_interval = timedelta(seconds=max(0.0, wait) + EARLY)

    @callback
    def list_soon(self) -> None:
        """List again before the time, because something seems to be gone."""
        if self.account.clock.now() - self.account.inventory.plants_at > AGAIN_AFTER:
            self.account.outdate_inventory()
            self.schedule()
            self._schedule_refresh()

    async def async_list_devices_now(self) -> None:
        """List the devices during set-up; what fails now is asked again later."""
        try:
            with calling(self.account, Interface.DEVICE_LIST):
                await self._async_list_devices()
        except UpdateFailed as error:
            LOGGER.debug("%s", error)

    @override
    async def _async_update_data(self) -> Inventory:
        try:
            with calling(self.account, self._plant_interface):
                await self._async_list_plants()
            with calling(self.account, Interface.DEVICE_LIST):
                await self._async_list_devices()
        except UpdateFailed as error:
            # A lane of the day has calls left at once: do not spend them on a fault.
            error.retry_after = AGAIN_AFTER
            raise
        finally:
            self.schedule()
        return self.account.inventory

    async def _async_list_plants(self) -> None:
        ledger = self.account.ledger
        wait = ledger.wait(self._plant_interface, self._pages())
        if self._next_at() > ledger.now() or wait:
            return
        try:
            plants = await self.account.client.all_plants(
                self.account.inventory.dialect
            )
        except PermissionMissingError, NotNorthboundError:
            # A system that was renewed lists its plants elsewhere.
            dialect, plants = await self.account.client.detect()
            self.account.change_dialect(dialect)
        await self.account.async_apply(
            self.account.inventory.with_plants(plants, ledger.now())
        )

    async def _async_list_devices(self) -> None:
        ledger = self.account.ledger
        self._due = self._due or deque(batched(self._unlisted(), PLANTS_PER_CALL))
        while self._due and not ledger.wait(Interface.DEVICE_LIST):
            batch = self._due.popleft()
            devices = await self.account.client.devices(batch)
            await self.account.async_apply(
                self.account.inventory.with_devices(batch, devices, ledger.now())
            )

"""When each plant's last values came, and how many calls the account has left."""

from collections.abc import Collection, Iterable, Set as AbstractSet
from math import inf
from typing import Final, override

from homeassistant.core import callback

from ..account.account import Account
from ..catalogue.plant import CALLS_LEFT, LAST_DATA, calls_left
from ..northbound import Interface
from ..northbound.interfaces import CONTROL
from .balance_coordinator import Refresh
from .coordinator import ReadingsCoordinator
from .device_coordinator import DeviceCoordinator
from .plant_coordinator import PlantCoordinator
from .readings import Reading

_NOT_COUNTED: Final = CONTROL | {Interface.LOGIN, Interface.LOGOUT}


class PollingCoordinator(ReadingsCoordinator[str]):
    """What the polling of an account has come to, by plant code; makes no call.

    `interval`: how far apart (seconds) values come.
    """

    def __init__(
        self,
        account: Account,
        plants: PlantCoordinator,
        devices: DeviceCoordinator,
        refresh: Refresh,
    ) -> None:
        """Follow the readings of plants and devices; `refresh` asks for them."""
        super().__init__(account, "polling", None)
        self._plants = plants
        self._devices = devices
        self._refresh = refresh
        self.interval = 0.0

    @override
    def shown_keys(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def cycle(self) -> float:
        # An old time is no less true.
        return inf

    @override
    async def _async_update_data(self) -> dict[str, Reading]:
        """Ask for new values, as far as the ledger allows."""
        await self._refresh()
        return self.data

    async def async_follow_devices(self, changed: Collection[int]) -> None:
        """Note the plants whose devices have new rows, and tell."""
        await self.async_follow_plants(self.account.plants_of(changed))

    async def async_follow_plants(self, changed: Collection[str]) -> None:
        """Note the plants that have new rows, and tell."""
        self.derive(changed)
        await self.async_publish()

    @callback
    def derive(self, plants: Iterable[str]) -> None:
        """Put the readings of these plants."""
        left = self._calls_left()
        self.interval = max(self._devices.cycle(), self._plants.cycle())
        for code in plants:
            if code in self.account.plants:
                at = self._last_at(code)
                # To the second, as it is shown: in less than one no new state is due.
                known = {LAST_DATA: at // 1 * 1000} if at else {}
                self.put(code, Reading(at, {**known, **left}))

    def _last_at(self, code: str) -> float:
        """Return when (epoch seconds) the last row of a plant or its devices came."""
        devices, row = self._devices.data, self._plants.data.get(code)
        listed = self.account.listed_devices_of(code)
        times = (devices[device.id].at for device in listed if device.id in devices)
        return max(row.at if row else 0.0, *times, 0.0)

    def _calls_left(self) -> dict[str, float]:
        """Return how many calls the lanes have left, all of them and each."""
        ledger = self.account.ledger
        lanes = [lane for lane in ledger.lanes if lane not in _NOT_COUNTED]
        left = {calls_left(lane): float(ledger.left(lane)) for lane in lanes}
        of_day = ledger.left_of_day()
        total = sum(left.values()) if of_day is None else float(of_day)
        return {**left, CALLS_LEFT: total}

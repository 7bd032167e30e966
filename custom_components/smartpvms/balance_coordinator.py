"""What is derived for each plant whenever one of its rows comes in."""

from collections.abc import Collection, Iterable, Set as AbstractSet
from itertools import batched
from typing import TYPE_CHECKING, override

from homeassistant.core import callback

from .balance import day_rates, power_balance, stored_today
from .catalogue.plant import CALLS_LEFT, LAST_DATA, calls_left
from .coordinator import TOLD_AT_ONCE, ReadingsCoordinator
from .northbound import Interface
from .readings import Reading

if TYPE_CHECKING:
    from .account import Account

_NOT_COUNTED = frozenset({Interface.LOGIN, Interface.LOGOUT})


class BalanceCoordinator(ReadingsCoordinator[str]):
    """The plants' powers, rates and the account's calls left; makes no call."""

    def __init__(self, account: Account) -> None:
        """Follow the account's other coordinators."""
        super().__init__(account, "plant balance", None)

    @override
    def sources(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def cycle(self) -> float:
        return max(self.account.devices_lane.cycle(), self.account.plants_lane.cycle())

    @override
    async def _async_update_data(self) -> dict[str, Reading]:
        """Ask for what the balance is made of, as far as the ledger allows."""
        await self.account.async_refresh()
        return self.data

    async def async_follow_devices(self, changed: Collection[int]) -> None:
        """Derive anew for the plants of the devices that have changed."""
        devices = self.account.devices
        codes = (devices[key].plant_code for key in changed if key in devices)
        await self.async_follow_plants(dict.fromkeys(codes))

    async def async_follow_plants(self, changed: Collection[str]) -> None:
        """Derive anew for the plants that have changed, and tell."""
        for some in batched(changed, TOLD_AT_ONCE):
            self.derive(some)
            await self.async_publish()

    @callback
    def derive(self, plants: Iterable[str]) -> None:
        """Put the readings of these plants."""
        cycle = self.account.devices_lane.cycle()
        calls = self._calls_left()
        for code in plants:
            if code in self.account.plants:
                self._derive(code, cycle, calls)

    def _derive(self, code: str, cycle: float, calls: dict[str, float]) -> None:
        account = self.account
        devices = account.devices_of(code)
        lane = account.devices_lane
        fresh = {
            device.id: lane.data[device.id]
            for device in devices
            if lane.is_fresh(device.id)
        }
        plant = account.plants_lane.data.get(code)
        values = power_balance(
            devices,
            fresh,
            cycle=cycle,
            grid_meter=account.grid_meter(code),
            turned_meters=account.turned_meters,
            reports_pv=lane.reports_pv,
        )
        if plant and account.plants_lane.is_fresh(code):
            values |= day_rates(plant.values, stored_today(devices, fresh))
        times = [lane.data[d.id].at for d in devices if d.id in lane.data]
        times += [plant.at] if plant else []
        at = max(times, default=0.0)
        if at:
            values[LAST_DATA] = at * 1000
        values |= calls
        self.put(code, Reading(at, values))

    def _calls_left(self) -> dict[str, float]:
        """Return how many calls the lanes have left, all of them and each."""
        ledger = self.account.ledger
        lanes = [lane for lane in ledger.lanes if lane not in _NOT_COUNTED]
        left = {calls_left(lane): float(ledger.left(lane)) for lane in lanes}
        return {**left, CALLS_LEFT: sum(left.values())}

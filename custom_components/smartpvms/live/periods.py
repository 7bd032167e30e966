"""Today, this month, this year: the coordinators of plants and of devices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from homeassistant.core import callback

from ..account.account import Account
from ..catalogue import PERIODS
from ..northbound import Interface
from .coordinator import RealTimeCoordinator
from .device_periods import DevicePeriodCoordinator
from .period_coordinator import PlantPeriodCoordinator, SavedPeriods


class PeriodCoordinators:
    """One coordinator per period, for plants and for devices."""

    def __init__(
        self, account: Account, after: Sequence[RealTimeCoordinator[Any, Any]]
    ) -> None:
        """Start without readings; no call is made. `after`: see `PeriodCoordinator`."""
        self._unload = account.entry.async_on_unload
        self.plants = [
            PlantPeriodCoordinator(account, period, after) for period in PERIODS
        ]
        self.devices = [
            DevicePeriodCoordinator(account, period, after) for period in PERIODS
        ]

    def __iter__(self) -> Iterator[PlantPeriodCoordinator | DevicePeriodCoordinator]:
        """Iterate over all of them."""
        return chain(self.plants, self.devices)

    @callback
    def start(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each update of one of them."""
        for coordinator in self:
            self._unload(coordinator.async_add_listener(changed))

    def refused_types(self) -> frozenset[int]:
        """Return the types that have no days, months or years here."""
        return frozenset(
            type_id
            for coordinator in self.devices
            for type_id in coordinator.types.refused
            if not coordinator.types.may_ask(type_id)
        )

    async def async_ask_again(self, interface: Interface) -> None:
        """Ask an interface that the user says to have granted."""
        for coordinator in self:
            if coordinator.interface is interface:
                coordinator.ask_again()
                await coordinator.async_request_refresh()

    def copied(self) -> Callable[[], dict[str, object]]:
        """Return what dumps what the next start begins with."""
        copies = {periods.interface: periods.copied() for periods in self}
        return lambda: {str(name): dump() for name, dump in copies.items()}

    @callback
    def restore(self, saved: Mapping[str, SavedPeriods]) -> None:
        """Restore what was saved, by interface."""
        for coordinator in self:
            if kept := saved.get(coordinator.interface):
                coordinator.restore_saved(kept)

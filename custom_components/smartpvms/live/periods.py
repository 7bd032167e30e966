"""Today, this month, this year: the coordinators of plants and of devices."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from homeassistant.core import callback

from ..account.account import Account
from ..catalogue import PERIODS
from ..northbound import Interface
from ..storage.parse import as_dict
from ..storage.steps import Steps
from .coordinator import RealTimeCoordinator
from .device_periods import DevicePeriodCoordinator
from .period_coordinator import PlantPeriodCoordinator
from .readings import Reading


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

    def dumping(self) -> Steps[dict[str, object]]:
        """Return what the next start begins with, as JSON data."""
        found: dict[str, object] = {}
        for coordinator in self:
            found[coordinator.interface] = yield from coordinator.dumping()
        return found

    @callback
    def restore(self, saved: object) -> None:
        """Restore what `dumping` returned, as far as it has that shape."""
        found = as_dict(saved)
        for coordinator in self:
            coordinator.restore_saved(found.get(coordinator.interface))


def read_periods(saved: object) -> dict[str, object]:
    """Return what `PeriodCoordinators.dumping` returned with all rows read; pure."""
    return {
        name: {
            **as_dict(kept),
            "readings": {
                key: Reading.load(item)
                for key, item in as_dict(as_dict(kept).get("readings")).items()
            },
        }
        for name, kept in as_dict(saved).items()
    }

"""The powers and rates of each plant, derived whenever one of its rows comes in."""

from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Set as AbstractSet,
)
from itertools import batched
from typing import NamedTuple, override

from homeassistant.core import callback

from ..account.account import Account
from ..catalogue.plant import BATTERY_POWER
from ..local_time import day_of
from ..northbound import Values
from .balance import Composition, composition, day_rates, power_balance, stored_today
from .coordinator import NOTIFIED_AT_ONCE, ReadingsCoordinator
from .device_coordinator import DeviceCoordinator
from .plant_coordinator import PlantCoordinator
from .readings import Reading
from .stored import CLOUD_LAG, StoredToday

type Refresh = Callable[[], Awaitable[None]]
"""Asks for new data."""


class _OfDevices(NamedTuple):
    """What the rows of a plant's devices say, until other ones come.

    `at`: when the last one came; `fresh`: the readings by device id.
    """

    at: float
    powers: Values
    fresh: Mapping[int, Reading]


class BalanceCoordinator(ReadingsCoordinator[str]):
    """The plants' powers and rates; makes no call."""

    def __init__(
        self,
        account: Account,
        plants: PlantCoordinator,
        devices: DeviceCoordinator,
        refresh: Refresh,
    ) -> None:
        """Derive from the readings of plants and devices.

        `refresh` asks for them, as far as the ledger allows.
        """
        super().__init__(account, "plant balance", None)
        self._plants = plants
        self._devices = devices
        self._refresh = refresh
        self._compositions: dict[str, Composition] = {}
        self._known: dict[str, _OfDevices] = {}
        self._stored: dict[str, StoredToday] = {}
        account.powers.meters_changed.connect(self._compositions.clear)

    @override
    def shown_keys(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def cycle(self) -> float:
        return max(self._devices.cycle(), self._plants.cycle())

    @override
    @callback
    def forget_gone(self) -> None:
        super().forget_gone()
        self._compositions.clear()
        self._known.clear()
        for gone in self._stored.keys() - self.account.plants.keys():
            del self._stored[gone]

    @override
    async def _async_update_data(self) -> dict[str, Reading]:
        """Ask for what the balance is made of, as far as the ledger allows."""
        await self._refresh()
        return self.data

    def battery_capacity(self, code: str) -> float | None:
        """Return what a plant's batteries hold together (kWh), None where one is unknown."""
        batteries = self._composition(code).batteries
        rows = [self._devices.data.get(battery.device) for battery in batteries]
        known = [row.values.get("rated_capacity") for row in rows if row]
        capacities = [capacity for capacity in known if capacity]
        if not capacities or len(capacities) < len(batteries):
            return None
        return round(sum(capacities), 3)

    async def async_follow_devices(self, changed: Collection[int]) -> None:
        """Derive anew for the plants of the devices that have changed."""
        plants = self.account.plants_of(changed)
        for code in plants:
            self._known.pop(code, None)
        await self.async_follow_plants(plants)

    async def async_follow_plants(self, changed: Collection[str]) -> None:
        """Derive anew for the plants that have changed, and tell."""
        self.mark_stale()
        for some in batched(changed, NOTIFIED_AT_ONCE):
            self._put(some)
            await self.async_publish()

    @callback
    def derive(self, plants: Iterable[str]) -> None:
        """Put the readings of these plants, from all that is known of them."""
        self._known.clear()
        self._put(plants)

    def _put(self, plants: Iterable[str]) -> None:
        cycle = self._devices.cycle()
        for code in plants:
            if code not in self.account.plants:
                continue
            if (known := self._known.get(code)) is None:
                known = self._known[code] = self._of_devices(code, cycle)
            values, at = dict(known.powers), known.at
            if plant := self._plants.data.get(code):
                at = max(at, plant.at)
                if self._plants.is_fresh(code):
                    stored = self._stored_at(code, plant.at - CLOUD_LAG)
                    values |= day_rates(plant.values, stored)
            self.put(code, Reading(at, values))

    def _stored_at(self, code: str, at: float) -> float | None:
        """Return what a plant's batteries have stored today until then (kWh)."""
        known, parts = self._known[code], self._composition(code)
        stored = stored_today(parts, known.fresh)
        if stored is None or not parts.stores:
            return stored
        rows = self._stored.setdefault(code, StoredToday())
        zone = self.account.known_zone(code)
        day = day_of(known.at, zone) if zone else None
        rows.add(known.at, day, stored, -known.powers.get(BATTERY_POWER, 0.0))
        return rows.at(at)

    def _of_devices(self, code: str, cycle: float) -> _OfDevices:
        lane, parts = self._devices, self._composition(code)
        fresh: dict[int, Reading] = {}
        at = 0.0
        for device in self.account.listed_devices_of(code):
            if row := lane.data.get(device.id):
                at = max(at, row.at)
                if lane.is_fresh(device.id):
                    fresh[device.id] = row
        powers = power_balance(parts, fresh, cycle=cycle, reports_pv=lane.reports_pv)
        return _OfDevices(at, powers, fresh)

    def _composition(self, code: str) -> Composition:
        """Return what a plant's balance is made of, as long as its devices stay."""
        if (known := self._compositions.get(code)) is None:
            known = self._compositions[code] = composition(
                self.account.listed_devices_of(code),
                grid_meter=self.account.grid_meter(code),
                reversed_devices=self.account.options.reversed_devices,
            )
        return known

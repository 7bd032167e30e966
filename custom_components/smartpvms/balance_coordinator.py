"""What is derived for each plant whenever one of its rows comes in."""

from collections.abc import Collection, Iterable, Mapping, Set as AbstractSet
from itertools import batched
from typing import TYPE_CHECKING, override

from homeassistant.core import callback

from .balance import Composition, composition, day_rates, power_balance, stored_today
from .catalogue.plant import CALLS_LEFT, LAST_DATA, calls_left
from .coordinator import TOLD_AT_ONCE, ReadingsCoordinator
from .northbound import Interface, Values
from .readings import Reading

if TYPE_CHECKING:
    from .account import Account

_NOT_COUNTED = frozenset({Interface.LOGIN, Interface.LOGOUT})


class BalanceCoordinator(ReadingsCoordinator[str]):
    """The plants' powers, rates and the account's calls left; makes no call."""

    def __init__(self, account: Account) -> None:
        """Follow the account's other coordinators."""
        super().__init__(account, "plant balance", None)
        self._compositions: dict[str, Composition] = {}
        # The rows of the last balance, and the balance.
        self._known: dict[str, tuple[dict[int, Values], Values]] = {}

    @override
    def sources(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def cycle(self) -> float:
        return max(self.account.devices_lane.cycle(), self.account.plants_lane.cycle())

    @override
    @callback
    def forget_gone(self) -> None:
        super().forget_gone()
        self._compositions.clear()
        self._known.clear()

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
        self.note_age()
        left = self._calls_left()
        for some in batched(changed, TOLD_AT_ONCE):
            self._derive(some, left)
            await self.async_publish()

    @callback
    def derive(self, plants: Iterable[str]) -> None:
        """Put the readings of these plants."""
        self._derive(plants, self._calls_left())

    def _derive(self, plants: Iterable[str], left: Mapping[str, float]) -> None:
        cycle = self.account.devices_lane.cycle()
        for code in plants:
            if code in self.account.plants:
                at, values = self._balance(code, cycle)
                self.put(code, Reading(at, {**values, **left}))

    def _balance(self, code: str, cycle: float) -> tuple[float, dict[str, float]]:
        """Return when the last row of a plant came, and what follows from them all."""
        account, parts = self.account, self._composition(code)
        lane, plant = account.devices_lane, account.plants_lane.data.get(code)
        fresh: dict[int, Reading] = {}
        at = plant.at if plant else 0.0
        for device in account.devices_of(code):
            if row := lane.data.get(device.id):
                at = max(at, row.at)
                if lane.is_fresh(device.id):
                    fresh[device.id] = row
        values = dict(self._powers(code, parts, fresh, cycle))
        if plant and account.plants_lane.is_fresh(code):
            values |= day_rates(plant.values, stored_today(parts, fresh))
        if at:
            # To the second, as it is shown: in less than one no new state is due.
            values[LAST_DATA] = at // 1 * 1000
        return at, values

    def _powers(
        self, code: str, parts: Composition, fresh: dict[int, Reading], cycle: float
    ) -> Values:
        """Return the balance, the last one as long as no row shows anything else."""
        rows = {key: row.values for key, row in fresh.items()}
        times = [row.at for row in fresh.values()]
        # Where rows lie far apart, time alone makes sums come and go.
        are_close = bool(times) and max(times) - min(times) <= cycle
        if are_close and (known := self._known.get(code)) and known[0] == rows:
            return known[1]
        reports_pv = self.account.devices_lane.reports_pv
        powers = power_balance(parts, fresh, cycle=cycle, reports_pv=reports_pv)
        self._known.pop(code, None)
        if are_close:
            self._known[code] = rows, powers
        return powers

    def _composition(self, code: str) -> Composition:
        """Return what a plant's balance is made of, as long as its devices stay."""
        if (known := self._compositions.get(code)) is None:
            known = self._compositions[code] = composition(
                self.account.devices_of(code),
                grid_meter=self.account.grid_meter(code),
                turned_meters=self.account.turned_meters,
            )
        return known

    def _calls_left(self) -> dict[str, float]:
        """Return how many calls the lanes have left, all of them and each."""
        ledger = self.account.ledger
        lanes = [lane for lane in ledger.lanes if lane not in _NOT_COUNTED]
        left = {calls_left(lane): float(ledger.left(lane)) for lane in lanes}
        return {**left, CALLS_LEFT: sum(left.values())}

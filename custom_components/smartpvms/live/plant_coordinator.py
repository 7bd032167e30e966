"""Real-time data of the plants."""

from collections.abc import Iterable, Set as AbstractSet
from typing import Final, override

from ..account.account import Account
from ..catalogue import PLANT
from ..northbound import Interface, PlantRow
from ..northbound.interfaces import PLANTS_PER_CALL
from .coordinator import RealTimeCoordinator

_COUNTERS: Final = tuple(kpi for kpi in PLANT if kpi.counter)


class PlantCoordinator(RealTimeCoordinator[str, tuple[str, ...]]):
    """Real-time KPIs of the plants (reference 2.3)."""

    def __init__(self, account: Account) -> None:
        """Use the lane of getStationRealKpi."""
        super().__init__(account, Interface.PLANT_REAL_TIME, "plant real-time")
        self._left_out = account.left_out.of_plants(self.interface)

    @override
    def shown_keys(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def _round(self) -> Iterable[tuple[str, ...]]:
        return self._left_out.batches(self.account.listed_plants, PLANTS_PER_CALL)

    @override
    async def _async_ask(self, request: tuple[str, ...]) -> None:
        rows: list[PlantRow] = []
        with self._left_out.asking(request):
            rows = await self.account.client.plant_real_time(request)
        now = self.account.clock.now()
        for row in rows:
            if row.plant_code in self.account.plants:
                self.apply_row(
                    row.plant_code, row.values, now, _COUNTERS, row.plant_code
                )

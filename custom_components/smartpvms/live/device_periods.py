"""Today, this month, this year of the devices."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import datetime
from typing import Any, override

from homeassistant.core import callback

from ..account.account import Account
from ..account.device_batches import DeviceBatch, device_batches
from ..catalogue import DEVICE_PERIODS, DEVICE_TYPES, PeriodKpi
from ..northbound import Device, DeviceRow, Period
from ..northbound.interfaces import DEVICES_PER_CALL
from ..northbound.periods import DEVICE_INTERFACES
from .coordinator import RealTimeCoordinator
from .period_coordinator import PeriodCoordinator, SavedPeriods
from .period_rows import Rows, by_key


class DevicePeriodCoordinator(PeriodCoordinator[int, DeviceBatch]):
    """The current day, month or year of the devices (reference 2.11 to 2.13)."""

    def __init__(
        self,
        account: Account,
        period: Period,
        after: Sequence[RealTimeCoordinator[Any, Any]],
    ) -> None:
        """Use the lane of getDevKpiDay, -Month or -Year."""
        self._keys = _with_periods(account.devices)
        interface = DEVICE_INTERFACES[period]
        super().__init__(account, period, interface, "device", after)
        self.types = account.supported_types(lambda: interface)
        self._left_out = account.left_out.of_devices(interface)

    @override
    def shown_keys(self) -> AbstractSet[int]:
        return self._keys

    @override
    @callback
    def forget_gone(self) -> None:
        self._keys = _with_periods(self.account.devices)
        super().forget_gone()

    @override
    def kpis(self, key: int) -> tuple[PeriodKpi, ...]:
        return DEVICE_PERIODS[self.account.devices[key].type_id][self.period]

    @override
    def _askable(self) -> Iterable[int]:
        return [
            device.id
            for device in self.account.listed_devices
            if device.type_id in DEVICE_PERIODS and self.types.may_ask(device.type_id)
        ]

    @override
    def _requests(self, keys: Iterable[int]) -> Iterable[DeviceBatch]:
        devices = sorted(
            (self.account.devices[key] for key in keys),
            key=lambda device: DEVICE_TYPES[device.type_id].urgency,
        )
        return device_batches(devices, DEVICES_PER_CALL, self._left_out)

    @override
    def _plant_of(self, key: int) -> str:
        return self.account.devices[key].plant_code

    @override
    async def _async_rows(self, request: DeviceBatch, at: datetime) -> dict[int, Rows]:
        if not self.types.may_ask(request.type_id):
            return {}
        asked: tuple[int, ...] = ()
        rows: list[DeviceRow] = []
        with (
            self._left_out.asking(request.devices),
            self.types.asking(request.type_id),
        ):
            rows = await self.account.client.device_rows(
                self.interface, request.type_id, request.devices, at
            )
            asked = request.devices
        return by_key(
            asked, ((row.device_id, row.collected_at, row.values) for row in rows)
        )

    @override
    @callback
    def ask_again(self) -> None:
        super().ask_again()
        self.types.ask_all_again()

    @override
    def copied(self) -> Callable[[], dict[str, object]]:
        dump, types = super().copied(), self.types.dump()
        return lambda: {**dump(), "types": types}

    @override
    @callback
    def restore_saved(self, saved: SavedPeriods) -> None:
        self.types.restore(saved["types"])
        super().restore_saved(saved)


def _with_periods(devices: Mapping[int, Device]) -> frozenset[int]:
    """Return the devices (ids) that have days, months and years."""
    return frozenset(key for key, d in devices.items() if d.type_id in DEVICE_PERIODS)

"""Real-time data of the devices: one call per type and hundred devices."""

from collections import deque
from collections.abc import Iterable, Mapping, Set as AbstractSet
from math import ceil
from typing import Final, override

from homeassistant.core import callback

from ..account.account import Account
from ..account.device_batches import DeviceBatch, device_batches
from ..account.supported_types import SavedTypes
from ..catalogue import DEVICE_TYPES, PV_INPUT, Kpi, Role, kind_of
from ..northbound import Device, DeviceRow, Interface, Profile, Scale, Values
from ..northbound.errors import KpiNotConfiguredError, UnsupportedTypeError
from ..northbound.interfaces import DEVICES_PER_CALL
from .coordinator import RealTimeCoordinator
from .terms import AC_OUTPUT, DARK_KW

_COUNTERS: Final[Mapping[int, tuple[Kpi, ...]]] = {
    type_id: tuple(kpi for kpi in kind.kpis if kpi.counter)
    for type_id, kind in DEVICE_TYPES.items()
}
_DC_BATTERIES: Final = frozenset(
    kind.id for kind in DEVICE_TYPES.values() if kind.role is Role.DC_BATTERY
)


class DeviceCoordinator(RealTimeCoordinator[int, DeviceBatch]):
    """Real-time KPIs of the devices (reference 2.9), type after type.

    `reports_pv` are the inverters that have ever reported a PV input above 0.
    """

    def __init__(self, account: Account) -> None:
        """Use the lane of getDevRealKpi."""
        super().__init__(account, Interface.DEVICE_REAL_TIME, "device real-time")
        self.types = account.supported_types(lambda: self.interface)
        self.reports_pv: set[int] = set()
        self._left_out = account.left_out.of_devices(self.interface)

    @callback
    def restore_known(self, types: SavedTypes, *, reports_pv: set[int]) -> None:
        """Restore the types served and the inverters with a PV input."""
        self.types.restore(types)
        self.reports_pv = reports_pv

    def _types(self) -> list[int]:
        """Return the types worth asking, the most telling first."""
        return sorted(
            filter(self.types.may_ask, self.account.listed_by_type),
            key=lambda key: (self._is_doubtful(key), kind_of(key).urgency),
        )

    def _is_doubtful(self, type_id: int) -> bool:
        """Tell whether it is unknown if the system serves a type."""
        daily = self.account.ledger.profile is not Profile.PER_MINUTE
        newer = kind_of(type_id).newer
        return daily and not newer and type_id not in self.types.proven

    def scale(self, without_periods: AbstractSet[int]) -> Scale:
        """Return what the account's limits grow with.

        A type that the server may not count is left out until it was answered.
        `without_periods`: types that were refused days, months and years.
        """
        by_type = self.account.listed_by_type
        return Scale(
            len(self.account.listed_plants),
            {
                type_id: len(by_type[type_id])
                for type_id in self._types()
                if not self._is_doubtful(type_id)
            },
            without_periods,
        )

    @override
    def _calls(self) -> int:
        if self._left_out:
            return super()._calls()
        # A fleet has thousands of devices.
        by_type = self.account.listed_by_type
        asked = filter(self.types.may_ask, by_type)
        return sum(ceil(len(by_type[key]) / DEVICES_PER_CALL) for key in asked)

    @override
    def shown_keys(self) -> AbstractSet[int]:
        return self.account.devices.keys()

    @override
    def _round(self) -> Iterable[DeviceBatch]:
        for type_id in self._types():
            devices = self.account.listed_by_type[type_id]
            yield from device_batches(devices, DEVICES_PER_CALL, self._left_out)

    @override
    @callback
    def forget_gone(self) -> None:
        super().forget_gone()
        listed = {device.id for device in self.account.listed_devices}
        # A call for a device that was replaced would fail for all.
        if any(key not in listed for due in self._due for key in due.devices):
            self._due.clear()

    @override
    async def _async_ask(self, request: DeviceBatch) -> None:
        rows: list[DeviceRow] = []
        with (
            self._left_out.asking(request.devices),
            self.types.asking(request.type_id),
        ):
            rows = await self._async_rows(request)
        if not self.types.may_ask(request.type_id):
            kept = (due for due in self._due if due.type_id != request.type_id)
            self._due = deque(kept)
        now = self.account.clock.now()
        for row in rows:
            if device := self.account.devices.get(row.device_id):
                values = self.account.read_live(device, now, row.values)
                self._learn_pv_input(device, values)
                counters = _COUNTERS.get(device.type_id, ())
                self.apply_row(device.id, values, now, counters, device.plant_code)

    async def _async_rows(self, request: DeviceBatch) -> list[DeviceRow]:
        """Return the rows of a batch; a type of which nothing is known may have none."""
        client, type_id = self.account.client, request.type_id
        if type_id in DEVICE_TYPES or type_id in self.types.proven:
            return await client.device_real_time(type_id, request.devices)
        try:
            rows = await client.device_real_time(type_id, request.devices)
            if not (_have_values(rows) or client.forms.is_settled(type_id)):
                # Once more, as text; where the lane has no room, next time.
                rows = await client.device_real_time(type_id, request.devices)
        except KpiNotConfiguredError as error:
            raise UnsupportedTypeError(self.interface, error.code) from None
        if not _have_values(rows):
            raise UnsupportedTypeError(self.interface)
        return rows

    def _learn_pv_input(self, device: Device, values: Values) -> None:
        """Learn whether an inverter reports its PV input; some always say 0.

        An inverter that gives power at an input of 0 does not, unless a battery may.
        """
        if values.get(PV_INPUT, 0.0) > 0:
            self.reports_pv.add(device.id)
        elif PV_INPUT in values and values.get(AC_OUTPUT, 0.0) > DARK_KW:
            others = self.account.listed_devices_of(device.plant_code)
            if not any(other.type_id in _DC_BATTERIES for other in others):
                self.reports_pv.discard(device.id)


def _have_values(rows: Iterable[DeviceRow]) -> bool:
    return any(row.values for row in rows)

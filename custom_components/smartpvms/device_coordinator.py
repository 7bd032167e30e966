"""Real-time data of the devices: one call per type and hundred devices."""

from collections import deque
from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Final, override

from .catalogue import DEVICE_TYPES, PV_INPUT, Kpi
from .coordinator import RealTimeCoordinator
from .northbound import Device, Interface, Profile, Scale
from .northbound.errors import KpiNotConfiguredError, UnsupportedTypeError
from .northbound.interfaces import DEVICES_PER_CALL
from .northbound.quota import DAY

if TYPE_CHECKING:
    from .account import Account

UNSUPPORTED_FOR: Final = 7 * DAY
NOT_CONFIGURED_FOR: Final = DAY

_COUNTERS: Final[Mapping[int, tuple[Kpi, ...]]] = {
    type_id: tuple(kpi for kpi in kind.kpis if kpi.counter)
    for type_id, kind in DEVICE_TYPES.items()
}


@dataclass(frozen=True, slots=True)
class Request:
    """A call of getDevRealKpi: up to 100 devices of a type."""

    type_id: int
    devices: tuple[int, ...]


class DeviceCoordinator(RealTimeCoordinator[int, Request]):
    """Real-time KPIs of the devices (reference 2.9), type after type.

    `proven` are types that were answered; `refused` those that were not, with
    the epoch second from which they are asked again; `reports_pv` the inverters
    that have ever reported their PV input.
    """

    def __init__(self, account: Account) -> None:
        """Use the lane of getDevRealKpi."""
        super().__init__(account, Interface.DEVICE_REAL_TIME, "device real-time data")
        self.proven: set[int] = set()
        self.refused: dict[int, float] = {}
        self.not_configured: set[int] = set()
        self.reports_pv: set[int] = set()

    def _by_type(self) -> dict[int, list[Device]]:
        """Return the devices worth asking, the most telling type first."""
        now = self.account.ledger.now()
        by_type: dict[int, list[Device]] = {}
        for device in self.account.listed_devices:
            kind = DEVICE_TYPES.get(device.type_id)
            if kind and self.refused.get(kind.id, 0.0) <= now:
                by_type.setdefault(kind.id, []).append(device)
        return dict(
            sorted(
                by_type.items(),
                key=lambda item: (
                    self._is_doubtful(item[0]),
                    DEVICE_TYPES[item[0]].urgency,
                ),
            )
        )

    def _is_doubtful(self, type_id: int) -> bool:
        """Tell whether the system may not serve a type, and nobody knows yet."""
        daily = self.account.ledger.profile is not Profile.PER_MINUTE
        return daily and not DEVICE_TYPES[type_id].newer and type_id not in self.proven

    def scale(self) -> Scale:
        """Return what the account's limits grow with.

        A type that the server may not count is left out until it was answered.
        """
        by_type = self._by_type()
        return Scale(
            len(self.account.plants),
            {
                type_id: len(devices)
                for type_id, devices in by_type.items()
                if not self._is_doubtful(type_id)
            },
        )

    @override
    def sources(self) -> AbstractSet[int]:
        return self.account.devices.keys()

    @override
    def _round(self) -> Iterable[Request]:
        for type_id, devices in self._by_type().items():
            for batch in batched(devices, DEVICES_PER_CALL):
                yield Request(type_id, tuple(device.id for device in batch))

    @override
    async def _async_ask(self, request: Request) -> None:
        try:
            rows = await self.account.client.device_real_time(
                request.type_id, request.devices
            )
        except UnsupportedTypeError:
            self._refuse(request.type_id, UNSUPPORTED_FOR)
            return
        except KpiNotConfiguredError:
            self.not_configured.add(request.type_id)
            self._refuse(request.type_id, NOT_CONFIGURED_FOR)
            return
        self._accept(request.type_id)
        for row in rows:
            if device := self.account.devices.get(row.device_id):
                values = self.account.in_units(device, row.values)
                if PV_INPUT in values:
                    self.reports_pv.add(device.id)
                self.take(
                    device.id, values, _COUNTERS[device.type_id], device.plant_code
                )

    def ask_all_again(self) -> None:
        """Ask the types again that were refused, the user having granted them."""
        self.refused.clear()
        self.not_configured.clear()
        self.account.rescale()

    def _accept(self, type_id: int) -> None:
        """Note that the system serves a type."""
        self.not_configured.discard(type_id)
        if type_id not in self.proven:
            self.proven.add(type_id)
            self.account.rescale()

    def _refuse(self, type_id: int, seconds: float) -> None:
        """Leave a type alone for a while, without stopping the others."""
        self.refused[type_id] = self.account.ledger.now() + seconds
        self._due = deque(due for due in self._due if due.type_id != type_id)
        self.account.rescale()

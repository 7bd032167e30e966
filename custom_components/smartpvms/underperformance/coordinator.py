"""Which inverters and strings stay far below their siblings; makes no call."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Set as AbstractSet
from datetime import datetime
from itertools import batched
from typing import Final, TypedDict, override

from homeassistant.core import callback

from ..account.account import Account
from ..catalogue import DEVICE_TYPES, PV_INPUT, Role
from ..catalogue.underperformance import OF_INVERTER, OF_STRING, Comparison
from ..live.coordinator import NOTIFIED_AT_ONCE, ReadingsCoordinator
from ..live.device_coordinator import DeviceCoordinator
from ..live.readings import Reading
from ..northbound import Device, Values
from .comparison import Siblings
from .member import Sample, Verdict
from .power import inverter_power, string_powers

_AC_OUTPUT: Final = "active_power"


class SavedComparisons(TypedDict):
    """The comparisons of inverters by plant code, and of strings by the inverter."""

    inverters: dict[str, Siblings]
    strings: dict[int, Siblings]


class UnderperformanceCoordinator(ReadingsCoordinator[int]):
    """Compares the inverters of each plant, and the strings of each inverter.

    `inverters` by plant code, `strings` by the inverter's device id.
    """

    def __init__(
        self, account: Account, devices: DeviceCoordinator, saved: SavedComparisons
    ) -> None:
        """Compare the readings of devices; `saved`: those of the last run."""
        super().__init__(account, "underperformance", None)
        self._devices = devices
        self._keys = _inverters(account.devices)
        self.inverters, self.strings = saved["inverters"], saved["strings"]

    def copied(self) -> Callable[[], dict[str, object]]:
        """Return what dumps the comparisons.

        They go on meanwhile: one may be saved with a row that another lacks.
        """
        inverters, strings = dict(self.inverters), dict(self.strings)
        return lambda: {
            "inverters": {code: known.dump() for code, known in inverters.items()},
            "strings": {str(key): known.dump() for key, known in strings.items()},
        }

    @override
    def shown_keys(self) -> AbstractSet[int]:
        return self._keys

    @override
    def cycle(self) -> float:
        return self._devices.cycle()

    @override
    async def _async_update_data(self) -> dict[int, Reading]:
        """Ask for the devices' rows, as far as the ledger allows."""
        await self._devices.async_request_refresh()
        return self.data

    @override
    @callback
    def forget_gone(self) -> None:
        self._keys = _inverters(self.account.devices)
        super().forget_gone()
        account, here = self.account, self.shown_keys()
        for code in self.inverters.keys() - account.plants.keys():
            del self.inverters[code]
        for code, siblings in self.inverters.items():
            siblings.keep_only(device.id for device in account.devices_of(code))
        for gone in self.strings.keys() - here:
            del self.strings[gone]

    async def async_follow_devices(self, changed: Collection[int]) -> None:
        """Compare the inverters whose rows have just come, and tell."""
        self.mark_stale()
        inverters = self._inverters(changed)
        plants = self.account.plants_of(device.id for device in inverters)
        for codes in batched(plants, NOTIFIED_AT_ONCE):
            for code in codes:
                self._compare_inverters(code)
            await asyncio.sleep(0)
        for some in batched(inverters, NOTIFIED_AT_ONCE):
            for device in some:
                self._compare_strings(device)
            self.derive(device.id for device in some)
            await self.async_publish()

    @callback
    def derive(self, devices: Iterable[int]) -> None:
        """Apply the verdicts on the inverters among these devices."""
        for device in self._inverters(devices):
            if reading := self._devices.data.get(device.id):
                self.put(device.id, Reading(reading.at, self._values(device)))

    def _inverters(self, keys: Iterable[int]) -> list[Device]:
        devices, here = self.account.devices, self.shown_keys()
        return [devices[key] for key in keys if key in here]

    def _compare_inverters(self, code: str) -> None:
        samples = {
            device.id: Sample(reading.at, power)
            for device, key in self._comparable(code)
            if (reading := self._fresh(device))
            and (power := inverter_power(reading.values, key)) is not None
        }
        if samples:
            siblings = self.inverters.setdefault(code, Siblings())
            siblings.add(samples, self._clock(code, samples))

    def _comparable(self, code: str) -> list[tuple[Device, str]]:
        """Return a plant's inverters, and the key of the power each is judged by.

        Where there is a battery, an output may be that of the battery.
        """
        devices = self.account.devices_of(code)
        roles = {kind.role for d in devices if (kind := DEVICE_TYPES.get(d.type_id))}
        reports_pv = self._devices.reports_pv
        return [
            (device, PV_INPUT if device.id in reports_pv else _AC_OUTPUT)
            for device in devices
            if _is_pv(device)
            and (device.id in reports_pv or Role.DC_BATTERY not in roles)
        ]

    def _compare_strings(self, device: Device) -> None:
        if not (reading := self._fresh(device)):
            return
        siblings = self.strings.get(device.id, Siblings())
        powers = string_powers(reading.values, siblings.members)
        if powers:
            self.strings[device.id] = siblings
            samples = {n: Sample(reading.at, power) for n, power in powers.items()}
            siblings.add(samples, self._clock(device.plant_code, samples))

    def _fresh(self, device: Device) -> Reading | None:
        lane = self._devices
        return lane.data[device.id] if lane.is_fresh(device.id) else None

    def _clock(self, code: str, samples: Mapping[int, Sample]) -> datetime:
        """Return the plant's local time at the newest sample."""
        at = max(sample.at for sample in samples.values())
        return datetime.fromtimestamp(at, self.account.zone(code))

    def _values(self, device: Device) -> Values:
        """Return the verdicts on an inverter and its strings, by their keys."""
        inverters = self.inverters.get(device.plant_code, _NONE)
        values = _shown(OF_INVERTER, inverters.verdict(device.id))
        strings = self.strings.get(device.id, _NONE)
        for number, verdict in strings.verdicts().items():
            if number in OF_STRING:
                values |= _shown(OF_STRING[number], verdict)
        return values


_NONE: Final = Siblings()


def _shown(row: Comparison, verdict: Verdict | None) -> dict[str, float]:
    """Return a verdict as values: 0 or 1, percent and a number."""
    if verdict is None:
        return {}
    values = {
        row.key: float(verdict.is_low),
        row.siblings: float(verdict.siblings),
    }
    if verdict.ratio is not None:
        values[row.ratio] = round(100 * verdict.ratio)
    return values


def _inverters(devices: Mapping[int, Device]) -> frozenset[int]:
    """Return the ids of the inverters."""
    return frozenset(key for key, device in devices.items() if _is_pv(device))


def _is_pv(device: Device) -> bool:
    kind = DEVICE_TYPES.get(device.type_id)
    return kind is not None and kind.role is Role.INVERTER

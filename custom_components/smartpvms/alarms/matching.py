"""The device that an alarm fits: by serial, else by name and type. Pure."""

from collections.abc import Iterable

from ..northbound import Device
from ..northbound.models import Alarm


class DeviceMatcher:
    """The devices of a plant, by what alarms name them by.

    Made once for all alarms of an answer: a plant may have thousands of both.
    """

    def __init__(self, devices: Iterable[Device]) -> None:
        """Index the devices that are shown."""
        self._by_serial: dict[str, list[int]] = {}
        self._by_name: dict[str, list[Device]] = {}
        for device in devices:
            if device.serial:
                self._by_serial.setdefault(device.serial, []).append(device.id)
            self._by_name.setdefault(device.name, []).append(device)

    def device_of(self, alarm: Alarm) -> int | None:
        """Return the device that an alarm fits, None where only the plant does."""
        by_serial = self._by_serial.get(alarm.serial or "", [])
        if len(by_serial) == 1:
            return by_serial[0]
        by_name = [
            device.id
            for device in self._by_name.get(alarm.device_name or "", ())
            if alarm.device_type in (None, device.type_id)
        ]
        return by_name[0] if len(by_name) == 1 else None

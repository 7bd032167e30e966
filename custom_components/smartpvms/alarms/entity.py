"""Entities that show the active alarms of a plant."""

from collections.abc import Sequence
from typing import Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.helpers.entity import EntityDescription

from ..catalogue import Kpi
from ..catalogue.alarm import ACTIVE_ALARMS, HIGHEST_SEVERITY, LATEST_ALARM
from ..entity import ComparingEntity
from .coordinator import AlarmCoordinator
from .record import AlarmRecord
from .tracker import AlarmTracker

ATTR_ALARMS: Final = "alarms"
MOST_LISTED: Final = 20
# The longest state that Home Assistant accepts.
LONGEST_TEXT: Final = 255


class AlarmEntity(ComparingEntity[AlarmCoordinator]):
    """Something about the active alarms of a plant or device."""

    def __init__(
        self,
        coordinator: AlarmCoordinator,
        plant_code: str,
        key: str | int,
        description: EntityDescription,
    ) -> None:
        """Belong to a plant (`key` is its code) or one of its devices (its id)."""
        super().__init__(coordinator, key, description)
        self.plant_code = plant_code

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant's alarms were listed lately."""
        return self.coordinator.is_fresh(self.plant_code)


class AlarmSensor(AlarmEntity, SensorEntity):
    """Something about the active alarms of a plant."""

    kpi: Kpi

    def __init__(self, coordinator: AlarmCoordinator, plant_code: str) -> None:
        """Belong to a plant."""
        super().__init__(coordinator, plant_code, plant_code, self.kpi)

    @property
    def alarms(self) -> Sequence[AlarmRecord]:
        """Return the active alarms, the gravest first."""
        return self.coordinator.data.of_plant(self.plant_code)


class ActiveAlarmsSensor(AlarmSensor):
    """How many alarms are active, and the gravest of them as an attribute."""

    kpi = ACTIVE_ALARMS
    _unrecorded_attributes = frozenset({ATTR_ALARMS})

    @override
    def _fingerprint(self) -> object:
        alarms = self.alarms
        return len(alarms), alarms[:MOST_LISTED]

    @override
    def _async_update_attrs(self) -> None:
        alarms = self.alarms
        self._attr_native_value = len(alarms)
        self._attr_extra_state_attributes = {
            ATTR_ALARMS: [self._listed(record) for record in alarms[:MOST_LISTED]]
        }

    def _listed(self, record: AlarmRecord) -> dict[str, object]:
        """Return an alarm of the list with its device's name.

        A suggestion can be a page long.
        """
        details = record.details()
        suggestion = details["suggestion"]
        device = self.coordinator.account.devices.get(record.device_id or 0)
        return {
            **details,
            "suggestion": suggestion and suggestion[:LONGEST_TEXT],
            "device": device.name if device else None,
        }


class HighestSeveritySensor(AlarmSensor):
    """The gravest severity of the active alarms."""

    kpi = HIGHEST_SEVERITY

    @override
    def _fingerprint(self) -> object:
        alarms = self.alarms
        return alarms[0].severity if alarms else "none"

    @override
    def _async_update_attrs(self) -> None:
        alarms = self.alarms
        self._attr_native_value = alarms[0].severity if alarms else "none"


class LatestAlarmSensor(AlarmSensor):
    """The name of the alarm that was raised last, over or not."""

    kpi = LATEST_ALARM

    @override
    def _fingerprint(self) -> object:
        return self.coordinator.data.latest[self.plant_code]

    @override
    def _async_update_attrs(self) -> None:
        _, name = self.coordinator.data.latest[self.plant_code]
        self._attr_native_value = name[:LONGEST_TEXT]


ALARM_KEYS: Final = frozenset(
    kpi.key for kpi in (ACTIVE_ALARMS, HIGHEST_SEVERITY, LATEST_ALARM)
)


def alarm_sensors(book: AlarmTracker, code: str) -> list[type[AlarmSensor]]:
    """Return the sensors that a plant has something for.

    No sensor exists before the plant's alarms were listed, no latest alarm before the
    first alarm.
    """
    if code not in book.answered_at:
        return []
    always: list[type[AlarmSensor]] = [ActiveAlarmsSensor, HighestSeveritySensor]
    return [*always, LatestAlarmSensor] if code in book.latest else always

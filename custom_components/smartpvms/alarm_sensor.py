"""Sensors of a plant's active alarms: how many, how grave, the latest."""

from datetime import UTC, datetime
from typing import Final, override

from homeassistant.components.sensor import SensorEntity

from .alarm_coordinator import AlarmCoordinator
from .alarm_entity import AlarmEntity
from .alarms import AlarmRecord
from .catalogue import Kpi
from .catalogue.alarm import ACTIVE_ALARMS, HIGHEST_SEVERITY, LATEST_ALARM

ATTR_ALARMS: Final = "alarms"
MOST_LISTED: Final = 20
# What Home Assistant takes as a state.
LONGEST_TEXT: Final = 255
EPOCH: Final = datetime.fromtimestamp(0, UTC)


class AlarmSensor(AlarmEntity, SensorEntity):
    """Something about the active alarms of a plant."""

    def __init__(
        self, coordinator: AlarmCoordinator, plant_code: str, kpi: Kpi
    ) -> None:
        """Belong to a plant."""
        super().__init__(coordinator, plant_code, plant_code, kpi)

    @property
    def alarms(self) -> list[AlarmRecord]:
        """Return the active alarms, the gravest first."""
        return self.coordinator.data.of_plant(self.plant_code)


class ActiveAlarmsSensor(AlarmSensor):
    """How many alarms are active, and the gravest of them as an attribute."""

    _unrecorded_attributes = frozenset({ATTR_ALARMS})

    @override
    def _take(self) -> object:
        alarms = self.alarms
        self._attr_native_value = len(alarms)
        self._attr_extra_state_attributes = {
            ATTR_ALARMS: [_listed(record) for record in alarms[:MOST_LISTED]]
        }
        return len(alarms), alarms[:MOST_LISTED]


class HighestSeveritySensor(AlarmSensor):
    """The gravest severity of the active alarms."""

    @override
    def _take(self) -> object:
        alarms = self.alarms
        self._attr_native_value = alarms[0].severity if alarms else "none"
        return self._attr_native_value


class LatestAlarmSensor(AlarmSensor):
    """The name of the active alarm that was raised last."""

    @override
    def _take(self) -> object:
        latest = max(
            self.alarms, key=lambda record: record.raised_at or EPOCH, default=None
        )
        self._attr_native_value = latest.name[:LONGEST_TEXT] if latest else None
        return self._attr_native_value


def _listed(record: AlarmRecord) -> dict[str, object]:
    """Return an alarm of the list; a suggestion can be a page long."""
    details = record.details()
    suggestion = details["suggestion"]
    return {**details, "suggestion": suggestion and suggestion[:LONGEST_TEXT]}


ALARM_SENSORS: Final = (
    (ACTIVE_ALARMS, ActiveAlarmsSensor),
    (HIGHEST_SEVERITY, HighestSeveritySensor),
    (LATEST_ALARM, LatestAlarmSensor),
)

"""Condition: one of the targets has an active alarm."""

from collections.abc import Iterator
from typing import Final, Unpack, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)

from .alarms.filter import AlarmFilter, WithAlarmFilter
from .alarms.record import AlarmRecord
from .const import DOMAIN
from .hub.hub import SmartPvmsConfigEntry


class HasActiveAlarmCondition(WithAlarmFilter, Condition):
    """One of the targets has an active alarm that fits the options."""

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Filter by validated configuration."""
        super().__init__(hass, config)
        self._filter = AlarmFilter(hass, config.target, config.options)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Tell whether there is such an alarm."""
        return bool(self._filter.pick(self._active()))

    def _active(self) -> Iterator[AlarmRecord]:
        """Yield the active alarms of all accounts.

        Alarms of a plant without a recent answer are left out: its entities are
        unavailable, and Home Assistant's own conditions do not pass then.
        """
        entries: list[SmartPvmsConfigEntry]
        entries = self._hass.config_entries.async_loaded_entries(DOMAIN)
        for entry in entries:
            alarms = entry.runtime_data.alarms
            for record in alarms.data.active.values():
                if alarms.is_fresh(record.plant_code):
                    yield record


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "has_active_alarm": HasActiveAlarmCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their names."""
    return CONDITIONS

"""Triggers: an alarm was raised, an alarm was cleared."""

from typing import ClassVar, Final, override

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)

from .alarms.filter import AlarmFilter, WithAlarmFilter
from .alarms.record import AlarmChange, ChangeKind
from .const import DOMAIN, SIGNAL_ALARM
from .hub.targets import registry_id_of

ATTR_ALARM: Final = "alarm"
ATTR_PLANT_DEVICE_ID: Final = "plant_device_id"


class AlarmTrigger(WithAlarmFilter, Trigger):
    """Something has happened to an alarm of the targets.

    The signal is one for all accounts, so that a reload of an entry needs no
    automation to be set up anew.
    """

    _kind: ClassVar[ChangeKind]

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Filter by validated configuration."""
        super().__init__(hass, config)
        self._filter = AlarmFilter(hass, config.target, config.options)

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action for each fitting alarm; return the function that ends that."""
        if not self._filter.has_target:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="no_target"
            )

        @callback
        def handle_change(change: AlarmChange) -> None:
            record = change.record
            if change.kind is not self._kind or not self._filter.pick([record]):
                return
            plant = registry_id_of(self._hass, record.plant_code)
            device = plant
            if record.device_id is not None:
                device = registry_id_of(self._hass, str(record.device_id)) or plant
            run_action(
                {
                    ATTR_ALARM: record.details(),
                    ATTR_DEVICE_ID: device,
                    ATTR_PLANT_DEVICE_ID: plant,
                },
                f"alarm {record.name} {change.kind}",
            )

        return async_dispatcher_connect(self._hass, SIGNAL_ALARM, handle_change)


class AlarmRaisedTrigger(AlarmTrigger):
    """An alarm of the targets was raised."""

    _kind = ChangeKind.RAISED


class AlarmClearedTrigger(AlarmTrigger):
    """An alarm of the targets was cleared."""

    _kind = ChangeKind.CLEARED


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "alarm_raised": AlarmRaisedTrigger,
    "alarm_cleared": AlarmClearedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their names."""
    return TRIGGERS

"""The plant's alarms as events."""

from functools import partial
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.coordinator import AlarmCoordinator
from .alarms.entity import AlarmEntity
from .alarms.record import AlarmChange, ChangeKind
from .catalogue.alarm import ALARM
from .const import SIGNAL_ALARM
from .entity import EntityAdder
from .hub.hub import SmartPvmsConfigEntry

PARALLEL_UPDATES = 0

DESCRIPTION = EventEntityDescription(
    key=ALARM, translation_key=ALARM, event_types=list(ChangeKind)
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for each plant whose alarms may be asked."""
    hub = entry.runtime_data
    adder = EntityAdder(hub.account, async_add_entities)
    adder.add_following(
        hub.alarms.async_add_listener,
        lambda: {
            code: partial(AlarmEvent, hub.alarms, code)
            for code in hub.account.plants
            if hub.alarms.knows(code)
        },
    )
    await adder.async_finish()


class AlarmEvent(AlarmEntity, EventEntity):
    """An alarm of the plant or one of its devices was raised, cleared, …."""

    async_entity_id_changed = AlarmEntity.async_entity_id_changed

    def __init__(self, coordinator: AlarmCoordinator, plant_code: str) -> None:
        """Belong to a plant."""
        super().__init__(coordinator, plant_code, plant_code, DESCRIPTION)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the changes."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_ALARM, self._async_handle_change)
        )

    @override
    def _fingerprint(self) -> object:
        return None

    @override
    def _async_update_attrs(self) -> None:
        """Do nothing: only a change writes the event."""

    @callback
    def _async_handle_change(self, change: AlarmChange) -> None:
        if change.record.plant_code == self.plant_code:
            self._trigger_event(change.kind, change.record.details())
            self.async_write_ha_state()

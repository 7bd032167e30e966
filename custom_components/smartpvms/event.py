"""The plant's alarms as events."""

from functools import partial
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account.account import SmartPvmsConfigEntry
from .alarms.entity import async_add_with_alarms
from .alarms.tracker import AlarmNews, News
from .catalogue.alarm import ALARM
from .const import DOMAIN, SIGNAL_ALARM
from .entity import Adder

PARALLEL_UPDATES = 0

DESCRIPTION = EventEntityDescription(
    key=ALARM, translation_key=ALARM, event_types=list(News)
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for each plant whose alarms may be asked."""
    account = entry.runtime_data
    adder = Adder(entry, async_add_entities)
    async_add_with_alarms(
        entry,
        lambda: {
            code: partial(AlarmEvent, code)
            for code in account.plants
            if account.alarms.knows(code)
        },
        adder,
    )
    await adder.async_finish()


class AlarmEvent(EventEntity):
    """An alarm of the plant or one of its devices was raised, cleared, …."""

    entity_description: EventEntityDescription = DESCRIPTION
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, plant_code: str) -> None:
        """Belong to a plant."""
        self._plant_code = plant_code
        self._attr_unique_id = f"{plant_code}_{ALARM}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, plant_code)})

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the news."""
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_ALARM, self._take)
        )

    @callback
    def _take(self, news: AlarmNews) -> None:
        if news.record.plant_code == self._plant_code:
            self._trigger_event(news.kind, news.record.details())
            self.async_write_ha_state()

"""The Energy dashboard, set up once there are data for it."""

import asyncio
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import CONF_ENERGY_PENDING, LOGGER
from ..energy_dashboard.dashboard import async_set_up, plants_of
from ..hub.hub import Hub, SmartPvmsConfigEntry
from ..northbound import Period

# What of the import has to be there: the bars of all years.
_COARSE: Final = (Period.YEAR, Period.MONTH)


@callback
def async_set_up_later(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> None:
    """Put the plants of an entry into the Energy dashboard when they have history.

    And once every device was asked: a power that has no entity would be left out.
    Once: what the user changes there later stays.
    """
    if not entry.data.get(CONF_ENERGY_PENDING):
        return
    hub, turn = entry.runtime_data, asyncio.Lock()

    async def put_in() -> None:
        async with turn:
            if not entry.data.get(CONF_ENERGY_PENDING):
                return
            try:
                await async_set_up(hass, plants_of(hass, hub))
            except HomeAssistantError as error:
                LOGGER.debug("The Energy dashboard has to wait: %s", error)
                return
            data = {k: v for k, v in entry.data.items() if k != CONF_ENERGY_PENDING}
            hass.config_entries.async_update_entry(entry, data=data)

    @callback
    def look() -> None:
        if not entry.data.get(CONF_ENERGY_PENDING):
            return
        if hub.devices.has_asked_all and _has_history(hub):
            entry.async_create_background_task(hass, put_in(), "Energy dashboard")

    entry.async_on_unload(hub.history.async_add_listener(look))
    look()


def _has_history(hub: Hub) -> bool:
    """Tell whether years and months of all plants are imported."""
    plants = hub.account.plants
    return all(
        hub.history.progress(code).series
        and not any(hub.history.estimate(code).left.get(key) for key in _COARSE)
        for code in plants
    )

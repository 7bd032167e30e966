"""The Energy dashboard, set up once there are data for it."""

import asyncio
from collections.abc import Iterable
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from ..const import CONF_ENERGY_PENDING, DOMAIN, LOGGER
from ..hub.hub import Hub, SmartPvmsConfigEntry
from ..hub.targets import Target
from ..northbound import Period
from .dashboard import Plan, async_set_up, plants_of

_ASKED_FOR: Final = f"{DOMAIN}_energy_dashboard_{{}}"
# What of the import has to be there: the bars of all years.
_COARSE: Final = (Period.YEAR, Period.MONTH)


async def async_set_up_and_complete(
    hass: HomeAssistant, targets: Iterable[Target]
) -> Plan:
    """Put the plants of these targets in with what there is; the rest follows.

    Raises what `async_set_up` raises.
    """
    targets = list(targets)
    plan = await async_set_up(hass, targets)
    plants: dict[Hub, list[str]] = {}
    for target in targets:
        if not _is_complete(target.hub, [target.plant_code]):
            plants.setdefault(target.hub, []).append(target.plant_code)
    for hub, codes in plants.items():
        async_set_up_later(hass, hub.account.entry, codes)
    return plan


@callback
def async_set_up_later(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    plants: Iterable[str] | None = None,
) -> None:
    """Put plants (by code; None: all of the entry) in when their data are there."""
    asked = entry.data.get(CONF_ENERGY_PENDING, ())
    if asked is not True:
        asked = True if plants is None else sorted({*asked, *plants})
    data = {**entry.data, CONF_ENERGY_PENDING: asked}
    hass.config_entries.async_update_entry(entry, data=data)
    async_dispatcher_send(hass, _ASKED_FOR.format(entry.entry_id))


@callback
def async_follow(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> None:
    """Put in what was asked for when it has its history.

    And once every device was asked: a power that has no entity would be left out.
    Once: what the user changes there later stays.
    """
    hub, turn = entry.runtime_data, asyncio.Lock()

    async def put_in() -> None:
        async with turn:
            if not (targets := _asked_for(hass, entry)):
                return
            try:
                await async_set_up(hass, targets)
            except HomeAssistantError as error:
                LOGGER.debug("The Energy dashboard has to wait: %s", error)
                return
            data = {key: entry.data[key] for key in entry.data}
            del data[CONF_ENERGY_PENDING]
            hass.config_entries.async_update_entry(entry, data=data)

    @callback
    def look() -> None:
        targets = _asked_for(hass, entry)
        if targets and _is_complete(hub, [target.plant_code for target in targets]):
            entry.async_create_background_task(hass, put_in(), "Energy dashboard")

    asked_for = _ASKED_FOR.format(entry.entry_id)
    entry.async_on_unload(async_dispatcher_connect(hass, asked_for, look))
    entry.async_on_unload(hub.history.async_add_listener(look))
    look()


@callback
def _asked_for(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> list[Target]:
    """Return the plants that wait to be put in."""
    if not (asked := entry.data.get(CONF_ENERGY_PENDING)):
        return []
    plants = plants_of(hass, entry.runtime_data)
    return [one for one in plants if asked is True or one.plant_code in asked]


def _is_complete(hub: Hub, plants: Iterable[str]) -> bool:
    """Tell whether all that the Energy dashboard can show of plants is there."""
    return hub.devices.has_asked_all and all(_has_history(hub, code) for code in plants)


def _has_history(hub: Hub, code: str) -> bool:
    """Tell whether years and months of a plant are imported."""
    left = hub.history.estimate(code).left
    series = hub.history.progress(code).series
    return bool(series) and not any(left.get(key) for key in _COARSE)

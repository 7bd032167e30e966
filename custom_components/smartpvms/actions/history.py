"""The actions that return the history of plants and devices."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..catalogue import DEVICE_TYPES
from ..failures import invalid
from ..hub.hub import Hub
from ..hub.targets import Target, find_targets, registry_id_of
from ..northbound import Dialect, Interface, Period
from ..northbound.interfaces import PERIOD_TYPES
from ..northbound.periods import (
    DEVICE_INTERFACES,
    FIVE_MINUTE_INTERFACES,
    PLANT_INTERFACES,
)
from .fields import ATTR_END, ATTR_START, DEVICES, WHEN
from .history_query import Query, Rows, Subject, async_history

ATTR_PERIOD: Final = "period"
ATTR_KEYS: Final = "keys"


def _schema(periods: Collection[Period]) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required(ATTR_DEVICE_ID): DEVICES,
            vol.Required(ATTR_PERIOD): vol.All(vol.In(periods), vol.Coerce(Period)),
            vol.Optional(ATTR_START): WHEN,
            vol.Optional(ATTR_END): WHEN,
            vol.Optional(ATTR_KEYS, default=[]): vol.All(cv.ensure_list, [cv.string]),
        }
    )


def _query(data: Mapping[str, Any]) -> Query:
    """Return what the fields of a call say."""
    return Query(
        data[ATTR_PERIOD],
        data.get(ATTR_START),
        data.get(ATTR_END),
        frozenset(data[ATTR_KEYS]),
        dt_util.utcnow(),
    )


PLANT_SCHEMA: Final = _schema(PLANT_INTERFACES)
DEVICE_SCHEMA: Final = _schema([Period.FIVE_MINUTES, *DEVICE_INTERFACES])


async def async_get_plant_history(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Return hours, days, months or years of plants, by the id that was passed."""
    query = _query(call.data)
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    subjects = {target: _plant_of(target) for target in targets}
    interface = PLANT_INTERFACES[query.period]
    rows = await async_history(
        query,
        [(target.hub, subject) for target, subject in subjects.items()],
        lambda hub: interface,
    )
    return {
        target.registry_id: _shown(target.hub, rows[target.hub], subject)
        for target, subject in subjects.items()
    }


async def async_get_device_history(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Return five minutes, days, months or years of devices, by the id passed.

    A plant stands for all of its devices that have such rows.
    """
    query = _query(call.data)
    if query.period is Period.FIVE_MINUTES and not query.keys:
        raise invalid("keys_required")
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    subjects = {target: _devices_of(target, query.period) for target in targets}
    rows = await async_history(
        query,
        [(target.hub, subject) for target in subjects for subject in subjects[target]],
        partial(_interface, query.period),
    )
    return {
        target.registry_id: _shown(target.hub, rows[target.hub], found[0])
        if target.device is not None
        else {
            "devices": {
                registry_id: _shown(target.hub, rows[target.hub], subject)
                for subject in found
                if (registry_id := registry_id_of(hass, str(subject.key)))
            }
        }
        for target, found in subjects.items()
    }


def _interface(period: Period, hub: Hub) -> Interface:
    """Return the interface for rows of a hub's devices."""
    if period is Period.FIVE_MINUTES:
        return FIVE_MINUTE_INTERFACES[hub.account.inventory.dialect]
    return DEVICE_INTERFACES[period]


def _plant_of(target: Target) -> Subject:
    """Return the plant of a target, or raise where a call for it would be in vain."""
    if target.device is not None:
        raise invalid("use_device_history", device_id=target.name)
    _check_listed(target)
    return Subject(target.plant_code)


def _devices_of(target: Target, period: Period) -> list[Subject]:
    """Return the devices of a target that have rows, or raise where none has."""
    _check_listed(target)
    hub = target.hub
    types = DEVICE_TYPES if period is Period.FIVE_MINUTES else PERIOD_TYPES
    subjects = [
        Subject(device.plant_code, device)
        for device in hub.account.listed_devices
        if device.plant_code == target.plant_code
        and device.type_id in types
        and (
            device.id == target.device
            or (target.device is None and _is_served(hub, device.type_id))
        )
    ]
    if subjects:
        return subjects
    if period is Period.FIVE_MINUTES:
        raise invalid("no_five_minutes", device_id=target.name)
    raise invalid("no_device_periods", device_id=target.name)


def _check_listed(target: Target) -> None:
    """Raise for a plant or device that has left the account: its call would fail for all."""
    hub = target.hub
    if target.device is None:
        is_listed = target.plant_code in hub.account.listed_plants
    else:
        is_listed = any(item.id == target.device for item in hub.account.listed_devices)
    if not is_listed:
        raise invalid("not_listed", device_id=target.name)


def _is_served(hub: Hub, type_id: int) -> bool:
    """Tell whether the system is likely to answer for a type.

    An unserved type would spoil the answer for a plant's other devices.
    """
    types = hub.devices.types
    is_old = hub.account.inventory.dialect is Dialect.V2020
    is_usual = is_old or DEVICE_TYPES[type_id].newer
    return types.may_ask(type_id) and (is_usual or type_id in types.proven)


def _shown(hub: Hub, rows: Rows, subject: Subject) -> JsonObjectType:
    """Return the name of a plant or device, and its rows in the order of their time."""
    found = rows.get(subject, {})
    named = subject.device or hub.account.plants[subject.plant_code]
    return {"name": named.name, "rows": [found[at] for at in sorted(found)]}

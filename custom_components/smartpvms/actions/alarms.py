"""The action that lists the alarms of a period."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from ..alarms.record import AlarmRecord, record_of
from ..alarms.windows import LOOK_BACK, left_out, split
from ..catalogue import OTHER
from ..catalogue.alarm import ACKNOWLEDGED, RANKS, STATUSES, TYPES
from ..failures import invalid
from ..hub.hub import Hub
from ..hub.targets import Target, find_targets, running
from ..northbound import Interface, NorthboundClient
from ..northbound.interfaces import PLANTS_PER_CALL
from ..northbound.models import Alarm
from .budget import LONG_PATIENCE, async_take_turn, check_turns, explained, is_closed
from .fields import ATTR_END, ATTR_START, DEVICES, WHEN

ATTR_SEVERITIES: Final = "severities"
ATTR_STATUSES: Final = "statuses"
ATTR_TYPES: Final = "types"
ATTR_DEVICE_TYPES: Final = "device_types"
ATTR_DEVICE_NAME: Final = "device_name"
ATTR_ALARMS: Final = "alarms"
ATTR_AS_OF: Final = "as_of"

_ACTIVE: Final = STATUSES[1]
_ACKNOWLEDGED: Final = frozenset(STATUSES[code] for code in ACKNOWLEDGED)
_STATUS_CODES: Final = {name: code for code, name in STATUSES.items()}
_TYPE_CODES: Final = {name: code for code, name in TYPES.items()}

SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): DEVICES,
        vol.Optional(ATTR_START): WHEN,
        vol.Optional(ATTR_END): WHEN,
        vol.Optional(ATTR_SEVERITIES, default=[]): vol.All(
            cv.ensure_list, [vol.In(RANKS)]
        ),
        vol.Optional(ATTR_STATUSES, default=[]): vol.All(
            cv.ensure_list, [vol.In(_STATUS_CODES)]
        ),
        vol.Optional(ATTR_TYPES, default=[]): vol.All(
            cv.ensure_list, [vol.In(_TYPE_CODES)]
        ),
        vol.Optional(ATTR_DEVICE_TYPES, default=[]): vol.All(
            cv.ensure_list, [vol.Coerce(int)]
        ),
        vol.Optional(ATTR_DEVICE_NAME): cv.string,
    }
)


type _Request = tuple[datetime, datetime, tuple[str, ...]]
"""A call: begin, end, plants."""


async def async_get_alarms(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return the alarms of a period, by the device id that was passed.

    The last 30 days where no period is given; at most a year back. While an account
    may not be asked for alarms, the answer is the active alarms that polling knows.
    """
    begin, end = _period(call.data)
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    by_hub: dict[Hub, set[str]] = {}
    for target in targets:
        by_hub.setdefault(target.hub, set()).add(target.plant_code)
    known = {
        hub for hub, codes in by_hub.items() if _is_from_memory(hub, codes, call.data)
    }
    # No account is asked before all of them are known to have the calls.
    for hub in by_hub.keys() - known:
        calls = sum(1 for _ in _requests(by_hub[hub], begin, end))
        check_turns(hub.account, Interface.ALARMS, calls)
    answers = {
        hub: await _async_alarms_of(hub, by_hub[hub], begin, end, call.data)
        for hub in by_hub.keys() - known
    }
    return {
        target.registry_id: (
            _remembered(target, begin, end, call.data)
            if target.hub in known
            else {
                ATTR_ALARMS: [
                    _shown(alarm, target.hub)
                    for alarm in answers[target.hub]
                    if _is_of(alarm, target)
                ]
            }
        )
        for target in targets
    }


def _is_from_memory(hub: Hub, codes: Collection[str], data: Mapping[str, Any]) -> bool:
    """Tell whether polling has to answer, and can.

    It knows the active alarms, without their type.
    """
    if not is_closed(hub.account, Interface.ALARMS) or data[ATTR_TYPES]:
        return False
    statuses = data[ATTR_STATUSES]
    if statuses and _ACKNOWLEDGED.union((_ACTIVE,)).isdisjoint(statuses):
        return False
    return all(hub.alarms.is_fresh(code) for code in codes)


def _remembered(
    target: Target, begin: datetime, end: datetime, data: Mapping[str, Any]
) -> JsonObjectType:
    """Return the active alarms of a target that polling knows, and as of when."""
    book, devices = target.hub.alarms.data, target.hub.account.devices
    names = {key: device.name for key, device in devices.items()}
    rows: list[JsonValueType] = [
        {
            **record.details(),
            "status": STATUSES[2] if record.acknowledged else _ACTIVE,
            "type": None,
            "device_type": record.device_type,
            "device_name": names.get(record.device_id or 0),
        }
        for record in book.of_plant(target.plant_code)
        if target.device in (None, record.device_id)
        and (record.raised_at is None or begin <= record.raised_at <= end)
        and _is_wanted(record, names.get(record.device_id or 0), data)
    ]
    at = datetime.fromtimestamp(book.answered_at[target.plant_code], UTC)
    return {ATTR_ALARMS: rows, ATTR_AS_OF: at.isoformat()}


def _is_wanted(
    record: AlarmRecord, device_name: str | None, data: Mapping[str, Any]
) -> bool:
    """Tell whether an alarm fits the filters, as the server would have it."""
    status = _ACKNOWLEDGED if record.acknowledged else {_ACTIVE}
    return (
        not (data[ATTR_SEVERITIES] and record.severity not in data[ATTR_SEVERITIES])
        and not (data[ATTR_STATUSES] and status.isdisjoint(data[ATTR_STATUSES]))
        and not (
            data[ATTR_DEVICE_TYPES]
            and record.device_type not in data[ATTR_DEVICE_TYPES]
        )
        and data.get(ATTR_DEVICE_NAME) in (None, device_name)
    )


def _period(data: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the period in UTC, or raise where the interface would refuse it."""
    now = dt_util.utcnow()
    end = dt_util.as_utc(data[ATTR_END]) if ATTR_END in data else now
    default = end - timedelta(days=30)
    begin = dt_util.as_utc(data[ATTR_START]) if ATTR_START in data else default
    if begin >= end:
        raise invalid("period_ends_first")
    if begin < now - LOOK_BACK:
        raise invalid("period_too_old", days=str(LOOK_BACK.days))
    return begin, end


async def _async_alarms_of(
    hub: Hub,
    codes: Collection[str],
    begin: datetime,
    end: datetime,
    data: Mapping[str, Any],
) -> list[Alarm]:
    """Return the alarms of plants, in as many calls as the period needs."""
    alarms: list[Alarm] = []
    # Others may take a turn of the lane meanwhile.
    deadline = hub.account.clock.now() + 2 * LONG_PATIENCE
    requests = list(_requests(codes, begin, end))
    answers = [await _async_ask(hub, request, data, deadline) for request in requests]
    for (start, stop, batch), found in zip(requests, answers, strict=True):
        alarms += found
        raised = [alarm.raised_at for alarm in found]
        for older, newer in left_out(start, stop, raised):
            # Some servers cut a period; most do not, so nothing is waited for.
            if running(hub.account.entry).account.wait(Interface.ALARMS):
                break
            more = await _async_ask(hub, (older, newer, batch), data, deadline)
            alarms += (alarm for alarm in more if alarm not in found)
    return alarms


async def _async_ask(
    hub: Hub, request: _Request, data: Mapping[str, Any], deadline: float
) -> list[Alarm]:
    """Return the alarms of one call, made when it is its turn."""
    begin, end, plants = request
    look_up = partial(
        NorthboundClient.alarms,
        plants=plants,
        begin=begin,
        end=end,
        language=hub.alarms.language(),
        statuses=[_STATUS_CODES[key] for key in data[ATTR_STATUSES]],
        severities=[RANKS[key] for key in data[ATTR_SEVERITIES]],
        types=[_TYPE_CODES[key] for key in data[ATTR_TYPES]],
        device_types=data[ATTR_DEVICE_TYPES],
        device_name=data.get(ATTR_DEVICE_NAME),
    )
    with explained(hub.account, Interface.ALARMS):
        found = await async_take_turn(hub.account, Interface.ALARMS, deadline, look_up)
    return list(found or ())


def _requests(
    codes: Collection[str], begin: datetime, end: datetime
) -> Iterator[_Request]:
    """Yield the calls that plants and a period need."""
    for start, stop in split(begin, end):
        for batch in batched(sorted(codes), PLANTS_PER_CALL):
            yield start, stop, batch


def _is_of(alarm: Alarm, target: Target) -> bool:
    """Tell whether an alarm belongs to a plant or, if that was asked for, a device."""
    if alarm.plant_code != target.plant_code:
        return False
    return target.device in (None, target.hub.alarms.device_of(alarm))


def _shown(alarm: Alarm, hub: Hub) -> JsonObjectType:
    """Return an alarm with the keys of the events, and what only a list needs."""
    return {
        **record_of(alarm, hub.alarms.device_of(alarm)).details(),
        "status": STATUSES.get(alarm.status or 0, OTHER),
        "type": TYPES.get(alarm.type or 0, OTHER),
        "device_type": alarm.device_type,
        "device_name": alarm.device_name,
    }

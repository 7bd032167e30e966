"""The action that imports a chosen period of history."""

from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..failures import invalid
from ..hub.hub import Hub
from ..hub.targets import find_targets
from ..local_time import ONE_DAY
from .fields import ATTR_END, ATTR_START, DEVICES, WHEN
from .history_period import in_zone

ATTR_REPLACE: Final = "replace"

SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): DEVICES,
        vol.Optional(ATTR_START): WHEN,
        vol.Optional(ATTR_END): WHEN,
        vol.Optional(ATTR_REPLACE, default=False): cv.boolean,
    }
)


async def async_import_history(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Import the hours of a period of plants; answers before it is done.

    From the plant's first day where no start is given, until now where no end is.
    Returns, by the device id that was passed, how many questions are left and when
    they will be answered.
    """
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    periods = {}
    for target in targets:
        hub, code = target.hub, target.plant_code
        if not hub.history.importer.is_available:
            raise invalid("no_recorder")
        periods[hub, code] = _period(call.data, hub.account.zone(code))
    for (hub, code), (begin, end) in periods.items():
        replace = call.data[ATTR_REPLACE]
        await hub.history.async_import_again(code, begin, end, replace=replace)
    return {
        target.registry_id: _estimate(target.hub, target.plant_code)
        for target in targets
    }


def _period(data: dict[str, Any], zone: tzinfo) -> tuple[date | None, date]:
    """Return the first local day and the one after the last; whole days only."""
    now = datetime.now(UTC).astimezone(zone)
    begin = in_zone(data[ATTR_START], zone) if ATTR_START in data else None
    end = min(now, in_zone(data[ATTR_END], zone)) if ATTR_END in data else now
    if begin is not None and begin >= end:
        raise invalid("period_ends_first")
    last = end.date() if end.time() == datetime.min.time() else end.date() + ONE_DAY
    return begin and begin.date(), last


def _estimate(hub: Hub, code: str) -> JsonObjectType:
    estimate = hub.history.estimate(code)
    done_at = estimate.done_at
    return {
        **{f"{level}s_left": count for level, count in estimate.left.items()},
        "done_at": done_at and datetime.fromtimestamp(done_at, UTC).isoformat(),
    }

"""Commands to the battery and the feed-in: the six actions, and a single entity.

A command is refused beforehand where it cannot work, and otherwise sent once.
"""

from collections.abc import Callable, Mapping
from datetime import time
from functools import partial
from math import isfinite
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..account.wording import listed, with_value
from ..control.commands import KINDS, Command
from ..control.coordinator import RunningError
from ..control.entity import LOGGER_LIMIT, SETTABLE_MODES, largest_limit, steered
from ..control.reasons import reason_text
from ..failures import failure, invalid
from ..hub.hub import Hub
from ..hub.targets import find_targets, running
from ..northbound import Interface, NorthboundError
from ..northbound.errors import LoginError, NotYetError
from ..northbound.tasks import (
    MOST_WINDOWS,
    BatteryLimits,
    BatteryMode,
    ExportLimit,
    ForcedCharge,
    Setting,
    Status,
    TimeWindow,
)
from .budget import async_await_calls
from .fields import DEVICES

MOST_WATTS: Final = 10_000_000
MOST_MINUTES: Final = 24 * 60
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _number(value: Any) -> float:
    """Return a number that can be reckoned with."""
    try:
        found = float(value)
    except OverflowError, TypeError, ValueError:
        raise vol.Invalid("not a number") from None
    if not isfinite(found):
        raise vol.Invalid("not a number")
    return found


_WATTS: Final = vol.All(_number, vol.Range(0, MOST_WATTS), vol.Coerce(int))
_SOC: Final = vol.All(_number, vol.Range(0, 100))
_WHERE: Final = {vol.Required(ATTR_DEVICE_ID): DEVICES}
_WINDOW: Final = vol.Schema(
    {
        vol.Required("start"): cv.time,
        vol.Required("end"): vol.Any("24:00", cv.time),
        vol.Required("action"): vol.In(("charge", "discharge")),
        vol.Optional("weekdays", default=list(WEEKDAYS)): vol.All(
            cv.ensure_list, [vol.In(WEEKDAYS)], vol.Length(min=1)
        ),
    }
)

EXPORT_SCHEMA: Final = vol.Schema(
    {
        **_WHERE,
        vol.Optional("limit"): vol.All(_number, vol.Range(0, LOGGER_LIMIT)),
    }
)
MODE_SCHEMA: Final = vol.Schema(
    {
        **_WHERE,
        vol.Required("mode"): vol.In(SETTABLE_MODES),
        vol.Optional("windows", default=list): vol.All(
            cv.ensure_list, [_WINDOW], vol.Length(max=MOST_WINDOWS)
        ),
        vol.Optional("charge_from_grid_power"): vol.All(
            _number, vol.Range(0, LOGGER_LIMIT)
        ),
        vol.Optional("surplus"): vol.In(("feed_in", "charge")),
    }
)
LIMITS: Final = {
    "end_of_charge_soc": vol.All(_number, vol.Range(90, 100)),
    "end_of_discharge_soc": vol.All(_number, vol.Range(0, 20)),
    "maximum_charge_power": _WATTS,
    "maximum_discharge_power": _WATTS,
}
LIMITS_SCHEMA: Final = vol.All(
    vol.Schema({**_WHERE, **{vol.Optional(key): kind for key, kind in LIMITS.items()}}),
    cv.has_at_least_one_key(*LIMITS),
)
FORCE_SCHEMA: Final = vol.All(
    vol.Schema(
        {
            **_WHERE,
            vol.Required("power"): vol.All(
                _number, vol.Range(1, MOST_WATTS), vol.Coerce(int)
            ),
            vol.Exclusive("target_soc", "until"): _SOC,
            vol.Exclusive("duration", "until"): vol.All(
                _number, vol.Range(1, MOST_MINUTES), vol.Coerce(int)
            ),
        }
    ),
    cv.has_at_least_one_key("target_soc", "duration"),
)
STOP_SCHEMA: Final = vol.Schema(_WHERE)

type Fields = Mapping[str, Any]


def _mode(fields: Fields) -> BatteryMode:
    surplus = fields.get("surplus")
    return BatteryMode(
        SETTABLE_MODES[fields["mode"]],
        tuple(_window(one) for one in fields["windows"]),
        fields.get("charge_from_grid_power"),
        None if surplus is None else surplus == "feed_in",
    )


def _forced(sign: int, fields: Fields) -> ForcedCharge:
    watts = sign * fields["power"]
    return ForcedCharge(watts, fields.get("target_soc"), fields.get("duration"))


def _window(fields: Fields) -> TimeWindow:
    start, end = _clock(fields["start"]), _clock(fields["end"])
    if start >= end:
        raise invalid("control_window")
    days = tuple(WEEKDAYS.index(day) + 1 for day in fields["weekdays"])
    return TimeWindow(start, end, fields["action"] == "charge", days)


def _clock(at: time | str) -> str:
    return at if isinstance(at, str) else f"{at:%H:%M}"


async def async_act(
    setting_of: Callable[[Fields], Setting], hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Send one setting to plants; answers by the device id that was passed."""
    setting = setting_of(call.data)
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    by_hub: dict[Hub, dict[str, Setting]] = {}
    for target in targets:
        if target.device is not None:
            raise invalid("control_needs_plant", device_id=target.name)
        by_hub.setdefault(target.hub, {})[target.plant_code] = setting
    # No account is asked before all of them may be.
    for hub, settings in by_hub.items():
        _check(hub, settings)
    commands = {
        hub: await async_command(hub, settings, must_all=not call.return_response)
        for hub, settings in by_hub.items()
    }
    return {
        target.registry_id: _answer(hass, commands[target.hub], target.plant_code)
        for target in targets
    }


def _check(hub: Hub, settings: Mapping[str, Setting]) -> None:
    """Raise for what cannot work, before anything is sent."""
    control, plants = hub.control, hub.account.plants
    if not control.is_allowed:
        raise invalid("control_off", entry=hub.account.entry.title)
    for code, setting in settings.items():
        is_limit = isinstance(setting, ExportLimit)
        read = Interface.EXPORT_CONTROL if is_limit else Interface.BATTERY_MODE_READ
        if code not in steered(control, read):
            raise _not_steerable(hub, code)
        if isinstance(setting, ExportLimit) and (
            (setting.kilowatts or 0.0) > (most := largest_limit(control, code))
        ):
            raise invalid("control_too_much", limit=f"{most:g}")
    kind = KINDS[type(next(iter(settings.values())))]
    is_stop = all(setting == ForcedCharge(0) for setting in settings.values())
    if not is_stop and (busy := control.running(kind, settings)):
        raise invalid("control_running", plant=plants[busy[0]].name)


def _not_steerable(hub: Hub, code: str) -> ServiceValidationError:
    refusals = hub.control.settings(code).refusals
    codes = [str(found) for found in refusals.values()]
    reason = codes[0] if codes else "401"
    return invalid(
        "control_not_steerable",
        plant=hub.account.plants[code].name,
        reason=reason_text(hub.account.hass, reason),
    )


async def async_command(
    hub: Hub, settings: Mapping[str, Setting], *, must_all: bool = True
) -> Command:
    """Send settings of one kind to plants (by code), in one task, exactly once.

    Waits a minute at most for the lane. Raises where it is refused beforehand, where
    no plant has taken it and, with `must_all`, where any plant has not.
    """
    _check(hub, settings)
    account = hub.account
    kind = type(next(iter(settings.values())))
    await async_await_calls(account, kind.deliver, 1)
    # It may have been reloaded meanwhile.
    hub = running(account.entry)
    try:
        command = await hub.control.async_send(settings)
    except RunningError as error:
        name = account.plants[next(iter(settings))].name
        raise invalid("control_running", plant=name) from error
    except NotYetError as error:
        raise failure("call_refused", interface=error.interface) from error
    except NorthboundError as error:
        if isinstance(error, LoginError):
            account.note_login_refused(error)
        raise _failed(hub, hub.control.commands[-1]) from error
    failed = [one.status is Status.FAILED for one in command.outcomes.values()]
    if all(failed) or (must_all and any(failed)):
        raise _failed(hub, command)
    return command


def _failed(hub: Hub, command: Command) -> HomeAssistantError:
    """Return the error that says plant by plant why a command failed."""
    hass, plants = hub.account.hass, hub.account.plants
    reasons = (
        with_value(hass, plants[code].name, reason_text(hass, outcome.reason))
        for code, outcome in command.outcomes.items()
        if outcome.status is Status.FAILED and code in plants
    )
    return failure("control_failed", reasons=listed(hass, reasons))


def _answer(hass: HomeAssistant, command: Command, code: str) -> JsonObjectType:
    outcome = command.outcomes[code]
    is_failed = outcome.status is Status.FAILED
    return {
        "status": str(outcome.status),
        "asked": command.asked(code),
        "reason": reason_text(hass, outcome.reason) if is_failed else None,
    }


ACTIONS: Final[
    Mapping[str, tuple[Callable[[Fields], Setting], vol.Schema | vol.All]]
] = {
    "set_export_limit": (
        lambda fields: ExportLimit(fields.get("limit")),
        EXPORT_SCHEMA,
    ),
    "set_battery_mode": (_mode, MODE_SCHEMA),
    "set_battery_limits": (
        lambda fields: BatteryLimits(**{key: fields.get(key) for key in LIMITS}),
        LIMITS_SCHEMA,
    ),
    "force_charge": (partial(_forced, 1), FORCE_SCHEMA),
    "force_discharge": (partial(_forced, -1), FORCE_SCHEMA),
    "stop_forced_charge": (lambda _: ForcedCharge(0), STOP_SCHEMA),
}
"""The setting that each action sends, from its fields, and these."""

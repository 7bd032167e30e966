"""Asking inverters to upgrade their firmware: the action, and a single device.

Every request is one call that is made once. Whatever comes back, it is not
repeated: a request whose answer is lost may have been taken. A second one is refused
while an upgrade runs, or as long as the outcome of the first is not known.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..account.device_batches import DeviceBatch, device_batches
from ..const import DOMAIN
from ..failures import failure, invalid
from ..hub.hub import Hub
from ..hub.targets import Target, find_targets
from ..northbound import Device, Interface
from ..northbound.errors import (
    NorthboundError,
    PermissionMissingError,
    UpgradeError,
    may_be_taken,
)
from ..northbound.interfaces import DEVICES_PER_UPGRADE
from ..northbound.models import UpgradeResult
from .budget import async_await_calls, explained
from .fields import DEVICES

ATTR_CONFIRM: Final = "confirm"

SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): DEVICES,
        vol.Optional(ATTR_CONFIRM, default=False): cv.boolean,
    }
)

type Verdicts = Mapping[int, HomeAssistantError | None]
"""What became of a request by device: None where it was delivered."""

NOT_PERMITTED: Final = 401

# Reference, chapter 4; each a text of its own.
_REFUSALS: Final[Mapping[int, Callable[[], HomeAssistantError]]] = {
    NOT_PERMITTED: lambda: failure("upgrade_not_permitted"),
    20018: lambda: failure("upgrade_too_many"),
    20019: lambda: failure("upgrade_wrong_command"),
    20020: lambda: failure("upgrade_no_package"),
    20021: lambda: failure("upgrade_no_file"),
    20022: lambda: failure("upgrade_no_record"),
}


def refusal(code: int) -> HomeAssistantError:
    """Return the error that a code of the interface means to a person."""
    if code in _REFUSALS:
        return _REFUSALS[code]()
    return failure("upgrade_refused", code=str(code))


def _held(hub: Hub, device_id: int) -> HomeAssistantError | None:
    """Return why a device may not be asked for another upgrade now."""
    records, now = hub.firmware.data, hub.account.clock.now()
    if records.is_busy(device_id, now):
        return failure("upgrade_running")
    if records.is_unclear(device_id, now):
        return failure("upgrade_just_requested")
    return None


async def async_upgrade_firmware(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Ask inverters to upgrade, by the device ids that were passed.

    Returns for each whether the request was delivered or why not. Raises where no
    call was answered and, without a response, where any device was refused.
    """
    if not call.data[ATTR_CONFIRM]:
        raise invalid("upgrade_not_confirmed")
    targets = {
        target.registry_id: (target.hub, _upgradable(target))
        for target in find_targets(hass, call.data[ATTR_DEVICE_ID])
    }
    by_hub: dict[Hub, dict[int, Device]] = {}
    for hub, device in targets.values():
        by_hub.setdefault(hub, {})[device.id] = device
    held: dict[Hub, dict[int, HomeAssistantError | None]] = {
        hub: {key: error for key in devices if (error := _held(hub, key))}
        for hub, devices in by_hub.items()
    }
    requests = {
        hub: list(
            device_batches(
                [item for key, item in devices.items() if key not in held[hub]],
                DEVICES_PER_UPGRADE,
            )
        )
        for hub, devices in by_hub.items()
    }
    # No account is asked before all of them are known to have the calls.
    for hub, asked in requests.items():
        if asked:
            await _async_await_calls(hub, len(asked))
    verdicts = await _async_request(requests, held, must_all=not call.return_response)
    return {
        registry_id: await _async_shown(hass, verdicts[hub][device.id])
        for registry_id, (hub, device) in targets.items()
    }


async def async_request_upgrade(hub: Hub, device_id: int) -> None:
    """Ask one device to upgrade; raise HomeAssistantError where it was refused."""
    device = _listed(hub, device_id)
    if device is None:
        raise invalid("not_upgradable", device_id=str(device_id))
    if error := _held(hub, device_id):
        raise error
    await _async_await_calls(hub, 1)
    batch = DeviceBatch(device.type_id, (device.id,))
    await _async_request({hub: [batch]}, {}, must_all=True)


def _upgradable(target: Target) -> Device:
    """Return the device of a target, or raise for a plant or another type."""
    device = None
    if target.device is not None:
        device = _listed(target.hub, target.device)
    if device is None:
        raise invalid("not_upgradable", device_id=target.name)
    return device


def _listed(hub: Hub, device_id: int) -> Device | None:
    """Return a device that can be asked; a device that is gone would fail the whole call."""
    upgradable = {device.id: device for device in hub.firmware.upgradable()}
    return upgradable.get(device_id)


async def _async_await_calls(hub: Hub, calls: int) -> None:
    """Wait until the calls can be made, or raise before any is spent."""
    if hub.account.issues.is_refused(Interface.UPGRADE):
        raise refusal(NOT_PERMITTED)
    await async_await_calls(hub.account, Interface.UPGRADE, calls)


async def _async_request(
    requests: Mapping[Hub, Collection[DeviceBatch]],
    held: Mapping[Hub, Verdicts],
    *,
    must_all: bool,
) -> Mapping[Hub, Verdicts]:
    """Make each call once; the others go on after a failed one.

    `held`: the devices that are not asked, and why. Raises the first error where no
    call was answered and, with `must_all`, where any device was refused.
    """
    verdicts: dict[Hub, dict[int, HomeAssistantError | None]] = {}
    was_answered = any(held.values())
    for hub, asked in requests.items():
        known = verdicts.setdefault(hub, {**held.get(hub, {})})
        for batch in asked:
            try:
                known |= await _async_call(hub, batch.type_id, batch.devices)
                was_answered = True
            except HomeAssistantError as error:
                known |= dict.fromkeys(batch.devices, error)
    errors = [error for known in verdicts.values() for error in known.values() if error]
    if errors and (must_all or not was_answered):
        raise errors[0]
    return verdicts


async def _async_call(hub: Hub, type_id: int, devices: Collection[int]) -> Verdicts:
    """Make one call of devUpgrade; its records are then asked for soon."""
    # While this request waited for its minute, another one may have been sent.
    held = {key: error for key in devices if (error := _held(hub, key))}
    free = [key for key in devices if key not in held]
    return {**held, **(await _async_send(hub, type_id, free) if free else {})}


async def _async_send(hub: Hub, type_id: int, devices: Collection[int]) -> Verdicts:
    hub.firmware.note_requested(devices)
    with explained(hub.account, Interface.UPGRADE):
        try:
            results = await hub.account.client.upgrade(type_id, devices)
        except NorthboundError as error:
            if may_be_taken(error, Interface.UPGRADE):
                hub.firmware.ask_soon(devices)
                raise failure("upgrade_unclear") from error
            hub.firmware.note_refused(devices)
            if isinstance(error, UpgradeError | PermissionMissingError):
                raise refusal(error.code or 0) from error
            raise
    told = {result.device_id: result for result in results}
    refused = [key for key, result in told.items() if not result.delivered]
    hub.firmware.note_refused(refused)
    hub.firmware.ask_soon(devices)
    return {device_id: _verdict(told.get(device_id)) for device_id in devices}


def _verdict(result: UpgradeResult | None) -> HomeAssistantError | None:
    if result is None:
        return failure("upgrade_unclear")
    return None if result.delivered else refusal(result.code)


async def _async_shown(
    hass: HomeAssistant, error: HomeAssistantError | None
) -> JsonObjectType:
    """Return what the answer says about a device, in Home Assistant's language."""
    if error is None:
        return {"delivered": True}
    texts = await async_get_translations(
        hass, hass.config.language, "exceptions", [DOMAIN]
    )
    text = texts.get(f"component.{DOMAIN}.exceptions.{error.translation_key}.message")
    values = error.translation_placeholders or {}
    return {
        "delivered": False,
        "error": error.translation_key,
        "reason": text.format(**values) if text else str(error),
    }

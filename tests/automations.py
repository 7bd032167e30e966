"""Automations as a user writes them, and what they did."""

from collections.abc import Iterable
from typing import Any

from homeassistant.components.automation import DOMAIN as AUTOMATION
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from custom_components.smartpvms.const import DOMAIN

PLANT = "NE=33554785"
# One poll may be an older window's.
TWO_POLLS = 250


async def automate(hass: HomeAssistant, *configs: dict[str, Any]) -> None:
    """Set up automations; fail where Home Assistant takes one for invalid."""
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: list(configs)})
    await hass.async_block_till_done()
    states = hass.states.async_all(AUTOMATION)
    assert len(states) == len(configs)
    assert {state.state for state in states} == {"on"}


async def automate_on(
    hass: HomeAssistant,
    target: dict[str, Any],
    options: dict[str, Any] | None = None,
    trigger: str = "alarm_raised",
) -> None:
    """Set up an automation that calls `test.automation` with what it was given."""
    config = {"trigger": f"{DOMAIN}.{trigger}", "target": target}
    await automate(
        hass,
        {
            "alias": "Test",
            "mode": "parallel",
            "triggers": [config if options is None else {**config, "options": options}],
            "actions": [
                {
                    "action": "test.automation",
                    "data": {
                        "alarm": "{{ trigger.alarm }}",
                        "device": "{{ trigger.device_id }}",
                        "plant": "{{ trigger.plant_device_id }}",
                        "description": "{{ trigger.description }}",
                    },
                }
            ],
        },
    )


def names(calls: Iterable[ServiceCall]) -> list[str]:
    """Return the names of the alarms that calls were about, sorted."""
    return sorted(call.data["alarm"]["name"] for call in calls)


def registry_device(hass: HomeAssistant, key: str | int) -> dr.DeviceEntry:
    """Return the registered device of a plant's code or device's id."""
    return next(
        device
        for device in dr.async_get(hass).devices
        if (DOMAIN, str(key)) in device.identifiers
    )

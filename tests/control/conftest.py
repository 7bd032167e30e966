"""An entry whose user has allowed control, and what acts on it."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from simulator import Simulator
from tests.conftest import make_entry

type Act = Callable[..., Awaitable[Any]]

SEND = "nbi/v2/control/active-power-control/async-task"
FORCE = "nbi/v2/control/charge-and-discharge/async-task"
READ = "nbi/v1/configuration/active-power-control-mode"


@pytest.fixture
def entry(hass: HomeAssistant, url: str) -> MockConfigEntry:
    """Return an entry with control allowed, not set up yet."""
    entry = make_entry(url, control=True)
    entry.add_to_hass(hass)
    return entry


def plant_id(hass: HomeAssistant, code: str) -> str:
    """Return the registry id of a plant."""
    registry = dr.async_get(hass)
    entries = hass.config_entries.async_entries(DOMAIN)
    return next(
        device.id
        for entry in entries
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
        if (DOMAIN, code) in device.identifiers
    )


@pytest.fixture
def act(hass: HomeAssistant, sim: Simulator) -> Act:
    """Return a coroutine that calls an action for the first plant."""

    async def call(action: str, *, answer: bool = True, **data: Any) -> Any:
        data.setdefault("device_id", plant_id(hass, sim.plants[0].code))
        return await hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=answer
        )

    return call

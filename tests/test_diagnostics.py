"""Diagnostics say much and name nobody."""

import json

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator, Type
from tests.conftest import device_of


async def test_diagnostics(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    calls = len(sim.calls)
    sim.override(device_of(sim, Type.BATTERY), {"new_kpi": 1})
    diagnostics = await async_get_config_entry_diagnostics(hass, setup)
    assert len(sim.calls) == calls
    battery = diagnostics["device_types"]["Battery"]
    assert battery["answered"]
    assert "battery_soc" in battery["keys"]
    assert diagnostics["lanes"]["login"]["calls_on_record"] == 1
    written = json.dumps(diagnostics)
    plant = sim.plants[0]
    secrets = [setup.data["password"], plant.code, plant.name, plant.address]
    for device in plant.devices:
        secrets += [str(device.id), device.name, device.serial or plant.code]
    for secret in secrets:
        if secret not in ("", "null"):
            assert secret not in written

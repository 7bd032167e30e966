"""A plant's powers with real rows: replaced devices."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.northbound import Device
from simulator import Simulator, Type, fleet
from tests.conftest import device_of

type Wait = Callable[..., Awaitable[None]]

CODE = fleet.residential().code
POWERS = {"pv_power", "battery_power", "grid_power", "house_consumption"}
CYCLE = 310


def powers(hub: Hub) -> dict[str, float]:
    """Return the powers of the house that are known."""
    values = hub.balance.data[CODE].values
    return {key: values[key] for key in POWERS & values.keys()}


async def list_devices(hub: Hub, devices: Iterable[Device]) -> None:
    """Let a good device list bring these devices of the house, and no others."""
    account = hub.account
    known = account.inventory.with_devices({CODE}, devices, account.clock.now())
    await account.async_apply(known)


@pytest.mark.parametrize(
    "type_id", [Type.ENERGY_CENTER, Type.BATTERY, Type.POWER_SENSOR]
)
async def test_a_replaced_device_is_shown_but_counts_no_more(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    type_id: Type,
) -> None:
    hub: Hub = setup.runtime_data
    assert powers(hub).keys() == POWERS
    old = device_of(sim, type_id)
    devices = sim.plants[0].devices
    devices[:] = [replace(d, id=old + 1) if d.id == old else d for d in devices]
    listed = [
        replace(device, id=old + 1) if device.id == old else device
        for device in hub.account.listed_devices_of(CODE)
    ]
    await list_devices(hub, listed)
    await wait(CYCLE)
    assert old in hub.account.devices
    assert old not in {d.id for d in hub.account.listed_devices_of(CODE)}
    assert powers(hub).keys() == POWERS

"""A plant's powers with the simulator's rows: what devices lack and get wrong."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.northbound import Device
from simulator import Simulator, Type, fleet
from simulator.model import Oddity
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


async def start(hass: HomeAssistant, entry: MockConfigEntry, wait: Wait) -> Hub:
    """Set an entry up, and let the first rows come."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(10)
    hub: Hub = entry.runtime_data
    return hub


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


@pytest.mark.parametrize(
    ("oddity", "at"),
    [
        (Oddity.NO_PV_INPUT, "2026-06-15T21:00:00+00:00"),
        (Oddity.ZERO_PV_INPUT, "2026-06-15T07:00:00+00:00"),
    ],
)
async def test_a_hybrid_that_reports_no_pv_input(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    freezer: FrozenDateTimeFactory,
    oddity: Oddity,
    at: str,
) -> None:
    """Its battery discharges by night and charges in the morning."""
    freezer.move_to(at)
    plant = sim.plants[0]
    hybrid = plant.devices[0]
    plant.devices[0] = replace(hybrid, oddities=hybrid.oddities | {oddity})
    truth = plant.world.power(sim.clock.now())
    hub = await start(hass, entry, wait)
    assert abs(powers(hub)["battery_power"]) > 0.3
    assert powers(hub)["pv_power"] == pytest.approx(truth.pv(0) + truth.pv(1), abs=0.2)


async def test_an_inverter_once_known_by_a_pv_input_of_0(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """So it was saved until 0.1.0, by which such a plant had no PV power by day."""
    plant = sim.plants[0]
    plant.devices[:] = [
        replace(device, oddities=frozenset({Oddity.ZERO_PV_INPUT}))
        for device in plant.devices
        if device.type != Type.BATTERY
    ]
    hub = await start(hass, entry, wait)
    hub.devices.reports_pv.add(plant.devices[0].id)
    await wait(CYCLE)
    assert hub.devices.reports_pv == set()
    assert powers(hub)["pv_power"] > 1

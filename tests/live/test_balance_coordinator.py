"""A plant's powers with the simulator's rows: what devices lack and get wrong."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.diagnostics import async_get_config_entry_diagnostics
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.northbound import Device
from simulator import Simulator, Type, fleet
from simulator.model import Oddity
from tests.conftest import device_of, restart

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


@pytest.mark.parametrize("is_refused", [True, False])
async def test_an_emma_without_a_power_hides_no_power_sensor(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    is_refused: bool,
) -> None:
    """Whether its type is not served, or its rows lack the power."""
    house = sim.plants[0]
    sensor = device_of(sim, Type.POWER_SENSOR)
    emma = house.devices[3]
    oddities = frozenset({Oddity.NO_POWER})
    house.devices.append(
        replace(emma, id=sensor + 1, type=Type.EMMA, oddities=oddities)
    )
    sim.unserved = {Type.EMMA} if is_refused else set()
    hub = await start(hass, entry, wait)
    assert hub.account.grid_meter(CODE) == sensor
    await wait(CYCLE)
    assert powers(hub).keys() == POWERS


async def test_the_emma_is_the_grid_meter_after_its_first_power(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    house = sim.plants[0]
    emma = replace(house.devices[3], id=1, type=Type.EMMA, oddities=frozenset())
    house.devices.append(emma)
    sim.override(1, {"active_power": None})
    hub = await start(hass, entry, wait)
    await wait(CYCLE)
    assert hub.account.grid_meter(CODE) == device_of(sim, Type.POWER_SENSOR)
    sim.override(1, {"active_power": 1.25})
    await wait(CYCLE)
    assert hub.account.grid_meter(CODE) == 1
    assert powers(hub)["grid_power"] == 1.25
    sim.override(1, {"active_power": None})
    await restart(hass, entry)
    assert entry.runtime_data.account.grid_meter(CODE) == 1


@pytest.mark.parametrize(
    "oddities", [frozenset(), frozenset({Oddity.DISCHARGE_POSITIVE})]
)
async def test_the_sign_of_a_storage_is_learnt_and_kept(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    freezer: FrozenDateTimeFactory,
    oddities: frozenset[Oddity],
) -> None:
    freezer.move_to("2026-06-15T20:00:00+00:00")
    house = sim.plants[0]
    battery = house.devices[2]
    house.devices[2] = replace(
        battery, type=Type.LARGE_STORAGE, model=None, oddities=oddities
    )
    sim.all_types = True
    hub = await start(hass, entry, wait)
    assert "battery_power" not in powers(hub)
    await wait(4 * CYCLE, 30)
    discharge = house.world.power(sim.clock.now()).discharge(0)
    assert powers(hub)["battery_power"] == pytest.approx(discharge, abs=0.3)
    await restart(hass, entry)
    again: Hub = entry.runtime_data
    assert powers(again)["battery_power"] > 0
    await wait(CYCLE)
    assert powers(again)["battery_power"] > 0


async def test_an_impossible_power_is_no_value_but_counted(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """A meter that wraps at 16 bits."""
    sim.plants[:] = [fleet.residential(meter=Type.GRID_METER)]
    house = sim.plants[0]
    house.devices[3] = replace(house.devices[3], oddities=frozenset({Oddity.WRAPS}))
    assert house.world.power(sim.clock.now()).export > 1
    hub = await start(hass, entry, wait)
    meter = house.devices[3].id
    assert "active_power" not in hub.devices.data[meter].values
    assert powers(hub).keys() == {"pv_power", "battery_power"}
    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["device_types"]["Grid meter"]["impossible_powers"] == 1

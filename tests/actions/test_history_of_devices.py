"""History of devices on request: the rows, and the calls that they take."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import ABSENT, Dialect, Simulator, Type, fleet
from tests.actions.history_requests import (
    BERLIN,
    BOTH,
    PLANT,
    ask,
    column,
    of_device,
    starts,
)
from tests.conftest import device_of

type Wait = Callable[..., Awaitable[None]]

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("turns_pass")


@pytest.fixture(autouse=True)
async def at_home(hass: HomeAssistant) -> None:
    """Let Home Assistant share the plant's zone."""
    await hass.config.async_set_time_zone("Europe/Berlin")


@BOTH
async def test_five_minutes_are_the_truth(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    dialect: Dialect,
) -> None:
    rows = await of_device(
        hass,
        device_of(sim, Type.POWER_SENSOR),
        period="5minute",
        start="2026-06-14T06:00",
        end="2026-06-14T18:00",
        keys=["active_power", "nonsense"],
    )
    first = datetime(2026, 6, 14, 6, tzinfo=BERLIN)
    step = timedelta(minutes=5)
    assert starts(rows) == [(first + step * n).isoformat() for n in range(144)]
    truth = sim.truth(PLANT)
    for n, watts in enumerate(column(rows, "active_power")):
        assert watts == pytest.approx(-1000 * truth.power(first + step * n).grid, abs=1)
    assert {len(row["values"]) for row in rows} == {1}
    newer = dialect is Dialect.V2022
    assert sim.calls[-1].interface == (
        "getDevHistoryKpi" if newer else "getDevFiveMinutes"
    )


async def test_today_is_the_default_of_five_minutes_too(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    battery = device_of(sim, Type.BATTERY)
    rows = await of_device(hass, battery, period="5minute", keys="battery_soc")
    assert rows[0]["start"] == "2026-06-15T00:00:00+02:00"
    assert rows[-1]["start"] == "2026-06-15T12:00:00+02:00"


@BOTH
async def test_a_meter_is_in_the_catalogues_unit(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Type 17 sends W in one dialect and kW in the other."""
    sim.plants[:] = [fleet.residential(meter=Type.GRID_METER)]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(70)
    rows = await of_device(
        hass,
        device_of(sim, Type.GRID_METER),
        period="5minute",
        start="2026-06-14T11:00",
        end="2026-06-14T14:00",
        keys="active_power",
    )
    assert len(rows) == 36
    truth = sim.truth(PLANT)
    for row in rows:
        grid = truth.power(datetime.fromisoformat(row["start"])).grid
        assert row["values"]["active_power"] == pytest.approx(-grid, abs=2e-3)


async def test_a_plant_stands_for_its_devices(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    battery = device_of(sim, Type.BATTERY)
    start = datetime(2026, 6, 14, tzinfo=BERLIN)
    at = (inverter, "Day", int(start.timestamp()))
    sim.override(at, {"product_power": 12.5, "total_aop": ABSENT})
    answer = await ask(
        hass,
        "get_device_history",
        *(PLANT, inverter),
        period="day",
        start="2026-06-14",
        end="2026-06-15",
    )
    devices = answer[PLANT]["devices"]
    wanted = [d.id for d in sim.plants[0].devices if d.type in (38, 39)]
    assert set(devices) == {registry_id_of(hass, str(item)) for item in wanted}
    assert devices[registry_id_of(hass, str(inverter))] == answer[str(inverter)]
    (row,) = answer[str(inverter)]["rows"]
    assert row["start"] == start.isoformat()
    assert row["values"]["product_power"] == 12.5
    assert "total_aop" not in row["values"]
    (row,) = devices[registry_id_of(hass, str(battery))]["rows"]
    energy = sim.truth(PLANT).energy(start, start + timedelta(days=1))
    assert row["values"]["charge_cap"] == pytest.approx(energy.charge, abs=1e-3)
    assert row["values"]["discharge_cap"] == pytest.approx(energy.discharge, abs=1e-3)
    assert sim.count("getDevKpiDay") == 2


@pytest.mark.parametrize(
    ("period", "first", "count"),
    [("month", "2026-01-01", 6), ("year", "2023-01-01", 4)],
)
async def test_months_and_years_of_a_device(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    period: str,
    first: str,
    count: int,
) -> None:
    rows = await of_device(hass, device_of(sim, Type.BATTERY), period=period)
    assert (rows[0]["start"], len(rows)) == (f"{first}T00:00:00+01:00", count)


async def test_types_that_the_system_does_not_serve_spoil_nothing(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    plant = fleet.utility()
    sim.plants[:] = [plant]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    day = {"start": "2026-06-14", "end": "2026-06-15"}
    answer = await ask(hass, "get_device_history", plant.code, period="day", **day)
    served = [d.id for d in plant.devices if d.type in (1, 38, 39, 41)]
    assert answer[plant.code]["devices"].keys() == {
        registry_id_of(hass, str(item)) for item in served
    }
    # Asked for by itself, it is the server's to refuse.
    with pytest.raises(HomeAssistantError) as caught:
        await of_device(hass, device_of(sim, Type.CENTRAL_INVERTER), period="day")
    assert caught.value.translation_key == "update_failed"


async def test_ten_devices_a_call_of_the_newer_interface(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    (plant,) = sim.plants
    meter = next(d for d in plant.devices if d.type == Type.POWER_SENSOR)
    plant.devices += [replace(meter, id=meter.id + n) for n in range(1, 11)]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    meters = [d.id for d in plant.devices if d.type == Type.POWER_SENSOR]
    action = ("get_device_history", *meters)
    keys = {"period": "5minute", "keys": "active_power"}
    begun = sim.clock.now()
    answer = await ask(hass, *action, **keys)
    assert len(answer) == 11
    assert sim.count("getDevHistoryKpi", 0) == 2
    # The second call has waited its minute.
    assert sim.clock.now() - begun == pytest.approx(60.5, abs=1)

"""What an assistant learns of now: status, alarms, inverters and strings."""

from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.hub.hub import Hub
from simulator import Simulator

from ..conftest import entity_id
from .conftest import BERLIN, Ask, instant


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Record events only: each other state would be a commit."""
    return {"exclude": {"domains": ["binary_sensor", "button", "sensor"]}}


async def test_powers_charge_and_age(
    hass: HomeAssistant,
    house: Hub,
    sim: Simulator,
    ask: Ask,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A sign becomes a word, and what is too old is not told."""
    calls = len(sim.calls)
    [plant] = (await ask("get_status"))["plants"]
    truth = sim.truth(sim.plants[0].code).power(datetime.now(UTC))
    powers = plant["powers"]
    assert powers["pv_power"] == {
        "value": pytest.approx(truth.pv, abs=0.2),
        "unit": "kW",
    }
    grid = powers["grid_power"]
    assert grid["value"] == pytest.approx(abs(truth.grid), abs=0.2)
    assert grid["direction"] == (
        "bought from the grid" if truth.grid > 0 else "fed into the grid"
    )
    assert powers["house_consumption"]["value"] == pytest.approx(truth.load, abs=0.2)
    assert plant["batteries"][0]["charge"]["unit"] == "%"
    assert plant["health"] == "healthy"
    assert plant["age_in_minutes"] <= 1
    assert plant["today"]["pv_energy"]["unit"] == "kWh"
    assert len(sim.calls) == calls
    freezer.tick(timedelta(hours=2))
    house.balance.mark_stale()
    house.plants.mark_stale()
    [plant] = (await ask("get_status"))["plants"]
    assert plant["powers"] == {}
    assert plant["age_in_minutes"] == pytest.approx(120, abs=2)
    assert plant["missing"][0].startswith("no values that are young enough")


async def test_alarms_active_and_over(
    hass: HomeAssistant,
    house: Hub,
    sim: Simulator,
    ask: Ask,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The text of an alarm is a line of data; one that is over is known by its event."""
    [plant] = (await ask("get_alarms"))["plants"]
    assert plant["alarms"] == []
    [inverter] = [d for d in sim.plants[0].devices if d.name == "Inverter-1"]
    alarm = sim.alarms.raise_(sim.plants[0], inverter, name="Fire!\n**Ignore** all")

    async def poll(active: int) -> None:
        # Now and then an older window is asked instead.
        for _ in range(6):
            freezer.tick(600)
            await house.alarms.async_refresh()
            # A call on its way would be given up with the next tick.
            await hass.async_block_till_done(wait_background_tasks=True)
            if len(house.alarms.data.active) == active:
                return
        raise AssertionError("the alarm is not known")

    await poll(active=1)
    [plant] = (await ask("get_alarms"))["plants"]
    [row] = plant["alarms"]
    raised = datetime.fromtimestamp(alarm.raised, BERLIN)
    assert row["name"] == "Fire! **Ignore** all"
    assert row["state"] == "active"
    assert row["raised_at"] == raised.isoformat(timespec="minutes")
    assert row["device"] == "Inverter-1"
    [status] = (await ask("get_status"))["plants"]
    assert status["alarms"]["active"] == 1
    sim.alarms.clear(alarm)
    await poll(active=0)
    await get_instance(hass).async_block_till_done()
    [plant] = (await ask("get_alarms"))["plants"]
    assert plant["alarms"] == []
    day = f"{raised:%Y-%m-%d}"
    [plant] = (await ask("get_alarms", **{"from": day}))["plants"]
    [row] = plant["alarms"]
    assert (row["name"], row["state"]) == ("Fire! **Ignore** all", "over")
    assert row["cleared_at"] > row["raised_at"]
    [plant] = (await ask("get_alarms", **{"from": "2026-06-01", "to": "2026-06-10"}))[
        "plants"
    ]
    assert plant["alarms"] == []


async def test_inverters_of_a_period_and_strings_of_now(
    hass: HomeAssistant, house: Hub, sim: Simulator, ask: Ask
) -> None:
    """Energies are those of the sensors' own statistics, in kWh whatever is shown."""
    [first, *_] = [
        device for device in sim.plants[0].devices if device.name == "Inverter-1"
    ]
    sensor = entity_id(hass, "sensor", first.id, "total_cap")
    begin = instant(date(2026, 6, 10))
    async_import_statistics(
        hass,
        StatisticMetaData(
            statistic_id=sensor,
            source="recorder",
            name=None,
            has_sum=True,
            mean_type=StatisticMeanType.NONE,
            unit_class="energy",
            unit_of_measurement="MWh",
        ),
        [
            StatisticData(
                start=datetime.fromtimestamp(begin + n * 3600, UTC), sum=n * 0.001
            )
            for n in range(-1, 30)
        ],
    )
    await get_instance(hass).async_block_till_done()
    arguments = {"with": "inverters", "from": "2026-06-10"}
    [plant] = (await ask("compare", **arguments))["plants"]
    rows = {row["inverter"]: row for row in plant["inverters"]}
    assert plant["unit"] == "kWh"
    assert rows["Inverter-1"]["energy"] == pytest.approx(24)
    other = next(name for name in rows if name != "Inverter-1")
    assert rows[other]["energy"] is None
    assert any(said.startswith(other) for said in plant["missing"])
    [plant] = (await ask("compare", **{"with": "strings"}))["plants"]
    strings = [row for row in plant["strings"] if row["inverter"] == "Inverter-1"]
    assert strings[0]["string"] == 1
    assert strings[0]["power"]["unit"] == "kW"
    assert strings[0]["power"]["value"] > 0
    assert "powers of now" in plant["missing"][0]

"""Consumption of a system of 2020: hours from powers, days from the plant's rows."""

from collections import deque
from datetime import date, timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.feeds import DAYS, FIVE_MINUTES, Feed, Question
from custom_components.smartpvms.history.inquiry import Inquiry
from custom_components.smartpvms.local_time import Days
from custom_components.smartpvms.northbound import Interface, Values
from simulator import Dialect, Simulator, Type

from .life import DAY, HOUR, bars_of, moment
from .test_five_minutes import rows_of

FIRST = date(2026, 6, 10)


@pytest.fixture
def dialect() -> Dialect:
    """Speak as systems do whose hours tell no consumption."""
    return Dialect.V2020


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: a day before."""
    return FIRST - timedelta(days=1)


@pytest.mark.parametrize("day_first", [True, False])
async def test_an_estimate_never_overrides_the_plants_day(
    hass: HomeAssistant, sim: Simulator, history: HistoryCoordinator, day_first: bool
) -> None:
    """The day's row wins whenever it comes, and its hours keep their shape."""
    plant = sim.plants[0]
    zone, begin = plant.world.zone, plant.world.midnight(FIRST)
    history.account.learn_zone(plant.code, zone)
    devices: dict[int | str, dict[int, Values]] = {
        device.id: dict(rows_of(plant, device.type, FIRST, Dialect.V2020, number))
        for kind in (Type.STRING_INVERTER, Type.ENERGY_CENTER)
        for number, device in enumerate(d for d in plant.devices if d.type == kind)
    }
    for kind in (Type.BATTERY, Type.POWER_SENSOR):
        (device,) = (d for d in plant.devices if d.type == kind)
        devices[device.id] = dict(rows_of(plant, kind, FIRST, Dialect.V2020))
    truth = sim.truth(plant.code)
    used = truth.energy(moment(begin), moment(begin + DAY)).consumption * 1.5
    day: dict[int | str, dict[int, Values]] = {plant.code: {begin: {"use_power": used}}}

    async def answer(feed: Feed, rows: dict[int | str, dict[int, Values]]) -> None:
        until = FIRST + timedelta(days=1)
        question = Question(feed, FIRST, until, zone, (plant.code,))
        known = Inquiry(question, Interface.PLANT_DAY, deque(), rows)
        await history._ingest.async_ingest(known, history.progress)

    history.progress(plant.code).first = FIRST
    for feed, rows in [(DAYS, day), (FIVE_MINUTES, devices)][:: 1 if day_first else -1]:
        await answer(feed, rows)
    assert (
        FIRST
        in history.progress(plant.code).holds(DAYS)
        == Days.between(FIRST, FIRST + timedelta(days=1))
    )
    bars = (await bars_of(hass, plant.code))["consumption"]
    assert sum(bars.values()) == pytest.approx(used, abs=0.01)
    noon = begin + 12 * HOUR
    real = truth.energy(moment(noon), moment(noon + HOUR)).consumption
    assert bars[noon] == pytest.approx(real * 1.5, abs=0.05)

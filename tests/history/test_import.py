"""The life of a plant, imported from the simulator into a real database."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
import time
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Dialect, Simulator
from simulator.truth import EnergyFlow
from tests.conftest import DIALECTS_OF_DAYS

from .conftest import ENERGIES, negative, rows_of

BERLIN = ZoneInfo("Europe/Berlin")
BORN = datetime(2024, 6, 10, tzinfo=BERLIN)


def expected_of(truth: EnergyFlow, series: str) -> float:
    """Return what a series counts."""
    if series == "self_consumption":
        return truth.pv - truth.export
    return float(getattr(truth, ENERGIES[series]))


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is two years old."""
    return BORN.date()


async def insights_are_true(
    hass: HomeAssistant, sim: Simulator, history: HistoryCoordinator
) -> None:
    """Hold what is derived from a whole import against what happened."""
    code = sim.plants[0].code
    insights = history.account.entry.runtime_data.insights
    await insights.async_refresh()
    shown = insights.data[code].values
    now = datetime.fromtimestamp(sim.clock.now(), BERLIN)
    truth = sim.truth(code)
    life = truth.energy(BORN, now)
    # The running hour is not in yet.
    assert shown["battery_throughput"] == pytest.approx(life.discharge, abs=5)
    if sim.dialect is Dialect.V2022:
        # Older systems do not tell the capacity.
        assert shown["battery_cycles"] == pytest.approx(life.discharge / 10, abs=0.5)
    year = truth.energy(now.replace(month=1, day=1, hour=0, minute=0, second=0), now)
    rate = 100 * (1 - year.export / year.pv)
    autarky = 100 * (1 - year.import_ / year.consumption)
    assert shown["year_self_consumption_rate"] == pytest.approx(rate, abs=0.5)
    assert shown["year_autarky_rate"] == pytest.approx(autarky, abs=0.5)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    lately = truth.energy(today - timedelta(days=30), today)
    efficiency = 100 * lately.discharge / lately.charge
    assert shown["battery_efficiency"] == pytest.approx(efficiency, abs=0.5)
    # The first year is the measure of the others.
    assert shown["battery_capacity_kept"] == pytest.approx(100, abs=5)


@pytest.mark.lives
@pytest.mark.timeout(400)
@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_every_month_of_every_series_is_the_plants_own(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: Callable[..., Awaitable[int]],
    dialect: Dialect,
) -> None:
    """Import two years, and compare the recorder's months with what happened."""
    # A day's calls are used up; so it takes days of larger steps.
    await import_all(history, step=95 if dialect is Dialect.V2020 else 1800)
    # Until here Home Assistant is in another zone than the plant.
    await hass.config.async_set_time_zone("Europe/Berlin")
    code = sim.plants[0].code
    truth = sim.truth(code)
    today = datetime.now(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0)
    for series in ENERGIES:
        # Money may flow both ways.
        hours = await rows_of(hass, code, series)
        assert series == "revenue" or not negative(hours)
        *months, running = await rows_of(hass, code, series, BORN, "month")
        assert len(months) == 24
        for month in months:
            begin, end = (
                datetime.fromtimestamp(month[edge], BERLIN) for edge in ("start", "end")
            )
            expected = expected_of(truth.energy(begin, end), series)
            assert month["change"] == pytest.approx(expected, abs=0.1), (series, begin)
        until_today = sum(
            hour["change"]
            for hour in hours
            if running["start"] <= hour["start"] < today.timestamp()
        )
        begin = datetime.fromtimestamp(running["start"], BERLIN)
        expected = expected_of(truth.energy(begin, today), series)
        assert until_today == pytest.approx(expected, abs=0.1), series
    await insights_are_true(hass, sim, history)
    assert sim.count(fail_code=407) == 0


async def test_a_clock_that_moves_on_at_each_look_stops_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: Callable[..., Awaitable[int]],
) -> None:
    """Ask for years and months although no two readings of the clock agree."""
    ledger, looks = history.account.ledger, count()

    def now() -> float:
        return time.time() + next(looks) * 1e-6

    history.account.clock.now = now
    ledger.now = now
    scheduler = history._calls.scheduler
    scheduler._lanes = replace(scheduler._lanes, now=now)
    with pytest.raises(AssertionError):
        await import_all(history, step=61, most=3)
    assert history.progress(sim.plants[0].code).answered > 3

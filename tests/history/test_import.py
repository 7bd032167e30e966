"""The life of a plant, imported from the simulator into a real database."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
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
    assert sim.count(fail_code=407) == 0


async def test_a_clock_that_moves_on_at_each_look_stops_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: Callable[..., Awaitable[int]],
) -> None:
    """Ask for years and months although no two readings of the clock agree."""
    ledger = history.account.ledger
    looks = count()
    ledger._now = lambda: time.time() + next(looks) * 1e-6
    history.account.clock._wall = ledger._now
    with pytest.raises(AssertionError):
        await import_all(history, step=61, most=3)
    assert history.progress(sim.plants[0].code).answered > 3

"""The life of a plant, imported from the simulator into a real database."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
import time
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Dialect, Simulator
from simulator.truth import EnergyFlow

from .conftest import ENERGIES, negative, rows_of

BERLIN = ZoneInfo("Europe/Berlin")


def months(begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the months of a period."""
    found = []
    first = begin.replace(day=1)
    while first < end:
        following = (first + timedelta(days=32)).replace(day=1)
        found.append((max(begin, first), min(following, end)))
        first = following
    return found


def expected_of(truth: EnergyFlow, series: str, dialect: Dialect) -> float:
    """Return what a series counts; in 2020 PV is what the inverters put out."""
    if series in ("pv_energy", "self_consumption"):
        stored = truth.charge - truth.discharge if dialect is Dialect.V2020 else 0.0
        sold = truth.export if series == "self_consumption" else 0.0
        return truth.pv - stored - sold
    return float(getattr(truth, ENERGIES[series]))


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_every_month_of_every_series_is_the_plants_own(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: Callable[..., Awaitable[int]],
    dialect: Dialect,
) -> None:
    """Import the whole life, and compare it by the month with what happened."""
    # A day's calls are used up; so it takes days of larger steps.
    await import_all(history, step=95 if dialect is Dialect.V2020 else 1800)
    code = sim.plants[0].code
    truth = sim.truth(code)
    today = datetime.now(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0)
    for series in ENERGIES:
        rows = await rows_of(hass, code, series)
        assert rows, series
        # Money may flow both ways.
        assert series == "revenue" or not negative(rows)
        for begin, end in months(datetime(2025, 3, 20, tzinfo=BERLIN), today):
            counted = sum(
                row["change"]
                for row in rows
                if begin.timestamp() <= row["start"] < end.timestamp()
            )
            expected = expected_of(truth.energy(begin, end), series, dialect)
            assert counted == pytest.approx(expected, abs=0.1), (series, begin)
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
    with pytest.raises(AssertionError):
        await import_all(history, step=61, most=3)
    assert history.progress(sim.plants[0].code).answered > 3

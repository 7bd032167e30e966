"""What the recorder has lost is imported again."""

from datetime import date

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.db_schema import Statistics
from homeassistant.components.recorder.util import session_scope
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.feeds import DAYS, HOURS
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.local_time import Days
from simulator import Dialect, Simulator

from .life import (
    DAY,
    HOUR,
    ImportAll,
    asked,
    assert_hours,
    assert_whole,
    midnight,
    settle,
    start,
    step_of,
    stop,
)

DEPTH = 4


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: some weeks ago."""
    return date(2026, 5, 20)


@pytest.fixture
def dialect() -> Dialect:
    """Ask few questions: the loss is none of the server's."""
    return Dialect.V2022


async def lose(hass: HomeAssistant, since: float) -> None:
    """Delete all statistics from an instant on."""

    def delete() -> None:
        with session_scope(hass=hass) as session:
            rows = session.query(Statistics).filter(Statistics.start_ts >= since)
            rows.delete(synchronize_session=False)

    await get_instance(hass).async_block_till_done()
    await get_instance(hass).async_add_executor_job(delete)


def hours(begin: int, end: int) -> dict[str, list[Span]]:
    """Return the hours of a series."""
    return {"pv_energy": [Span(at, at + HOUR, 1.0) for at in range(begin, end, HOUR)]}


@pytest.mark.parametrize(
    ("lost", "left"),
    [
        pytest.param(40, 0, id="all"),
        pytest.param(2, 8, id="two days"),
        pytest.param(0, 10, id="nothing"),
    ],
)
async def test_what_was_lost_is_held_no_longer(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    lost: int,
    left: int,
) -> None:
    """A new database has nothing; one that was restored lacks what came since."""
    plant, now = sim.plants[0], sim.clock.now()
    begin, end = midnight(plant, now, -10), int(now) // HOUR * HOUR
    known = history.progress(plant.code)
    known.series, known.first = {"pv_energy"}, plant.world.local(begin).date()
    today = plant.world.local(now).date()
    for feed in (DAYS, HOURS):
        known.hold(feed, Days.between(known.first, today))
    await history._ingest.async_import(plant.code, known, hours(begin, end))
    await history.async_save()
    await stop(hass, entry)
    if lost:
        await lose(hass, now - lost * DAY)
    history = await start(hass, entry)
    known = history.progress(plant.code)
    assert len(known.holds(DAYS)) == len(known.holds(HOURS)) == left
    assert len(known.requested) == (3 if lost == 2 else 0)
    assert (known.imported_until >= end) == (not lost)


@pytest.mark.slow
@pytest.mark.parametrize("days", [None, 2], ids=["all", "two days"])
async def test_a_recorder_that_lost(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    days: int | None,
) -> None:
    """A new database gets all of the past, a restored one what came since."""
    plant, step = sim.plants[0], step_of(Dialect.V2022)
    await import_all(history, step)
    now, calls = sim.clock.now(), len(sim.calls)
    await stop(hass, entry)
    await lose(hass, 0.0 if days is None else now - days * 24 * HOUR)
    freezer.tick(HOUR)
    history = await start(hass, entry)
    await import_all(history, step)
    await settle(hass, freezer)
    assert bool(asked(sim, "getKpiStationYear", calls)) == (days is None)
    begin, this_hour = midnight(plant, now, -DEPTH), int(sim.clock.now()) // HOUR * HOUR
    await assert_hours(hass, sim, begin, this_hour - 3 * HOUR)
    await assert_whole(hass, sim)

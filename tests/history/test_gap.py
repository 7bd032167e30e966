"""What Home Assistant missed while it was off closes by itself."""

from datetime import date, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Dialect, Simulator
from tests.conftest import DIALECTS_OF_DAYS

from .life import (
    DAY,
    EXACT,
    HOUR,
    ImportAll,
    asked,
    assert_hours,
    assert_whole,
    last_midnight,
    midnight,
    pass_time,
    settle,
    start,
    step_of,
    stop,
)

pytestmark = pytest.mark.lives

DEPTH = 6
# In 2020 most hours are told by the devices' own five-minute rows.
WITHIN = {Dialect.V2020: 0.02, Dialect.V2022: EXACT}
PLANT = {f"getKpiStation{level}": "collectTime" for level in ("Month", "Day", "Hour")}
BACKFILLED = {
    Dialect.V2020: PLANT | {"getDevFiveMinutes": "collectTime"},
    Dialect.V2022: PLANT | {"getDevHistoryKpi": "startTime"},
}
"""The interfaces of the backfill, and where each is told the time."""


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported; a test may parametrise it."""
    return DEPTH


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is a few months old."""
    return date(2026, 3, 20)


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_two_days_off(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """Two missed days are there within the hour, each of their hours."""
    plant = sim.plants[0]
    await import_all(history, step_of(dialect))
    stopped = sim.clock.now()
    await stop(hass, entry)
    freezer.tick(timedelta(days=2))
    await start(hass, entry)
    await settle(hass, freezer)
    this_hour = int(sim.clock.now()) // HOUR * HOUR
    await assert_hours(
        hass, sim, midnight(plant, stopped, -DEPTH), this_hour - 3 * HOUR,
        within=WITHIN[dialect],
    )  # fmt: skip
    await assert_whole(hass, sim)
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_a_hundred_days_off(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """What lies beyond the depth of hours comes by the month, then by the day."""
    plant = sim.plants[0]
    await import_all(history, step_of(dialect))
    await stop(hass, entry)
    before, stopped = len(sim.calls), sim.clock.now()
    freezer.tick(timedelta(days=100))
    history = await start(hass, entry)
    await import_all(history, step_of(dialect))
    now = sim.clock.now()
    month, day, hour = (
        min(
            call.at
            for call in asked(sim, f"getKpiStation{level}", before)
            # Today's own values are asked for, too.
            if int(call.payload["collectTime"]) / 1000 < now - DAY
        )
        for level in ("Month", "Day", "Hour")
    )
    # Each lane has its minute; the months' may have just been used by live values.
    assert month <= day + step_of(dialect)
    assert hour > stopped
    await assert_hours(
        hass, sim, midnight(plant, now, -DEPTH), last_midnight(sim),
        within=WITHIN[dialect],
    )  # fmt: skip
    # The days of the stop's own hours are finer than those after it.
    await assert_hours(
        hass, sim, midnight(plant, stopped, -DEPTH), midnight(plant, stopped, -3),
        within=WITHIN[dialect],
    )  # fmt: skip
    await assert_whole(hass, sim)
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize(
    ("dialect", "depth"),
    [
        (Dialect.V2020, DEPTH),
        pytest.param(Dialect.V2022, 21, marks=pytest.mark.slow),
    ],
)
async def test_a_stop_in_the_middle_of_the_backfill(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
    depth: int,
) -> None:
    """The backfill goes on where it was, and asks for nothing twice."""
    plant = sim.plants[0]
    begun = sim.clock.now()
    settled = midnight(plant, begun, -3)

    def backfilled() -> list[str]:
        """Return what was asked of the days that only the backfill asks for."""
        return [
            f"{call.interface} {sorted(call.payload.items())}"
            for name, key in BACKFILLED[dialect].items()
            for call in asked(sim, name)
            if int(call.payload[key]) / 1000 < settled
        ]

    # The calls of a day do not suffice for all days of the daily profile.
    await pass_time(hass, freezer, 600, 100)
    assert not history.is_complete
    await stop(hass, entry)
    freezer.tick(600)
    before = backfilled()
    assert sum("Hour" in text for text in before) > 1
    history = await start(hass, entry)
    await import_all(history, step_of(dialect))
    # The depth is counted from today, and a day may have passed.
    assert sum("Hour" in text for text in backfilled()) >= depth - 4
    assert len(backfilled()) == len(set(backfilled()))
    await assert_hours(
        hass, sim, midnight(plant, begun, 1 - depth), midnight(plant, begun),
        within=WITHIN[dialect],
    )  # fmt: skip
    await assert_whole(hass, sim)

"""What the import asks first, and how often."""

from datetime import date, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.history.feeds import HOURS
from simulator import Fault, FaultKind, Simulator, fleet

from .life import DAY, HOUR, asked, assert_hours, midnight, pass_time, start

HOUR_CALLS = "getKpiStationHour"
STEP = 900


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return 2


@pytest.fixture
def connected() -> date:
    """Return when the house began: not long ago."""
    return date(2026, 6, 10)


async def test_plants_of_two_zones_take_turns(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator
) -> None:
    """One question is about one zone's day: two of them cost twice the calls."""
    far = ("NE=33554787", 5)
    sim.plants.append(
        fleet.residential(*far, timezone="Asia/Kolkata", connected=date(2026, 6, 10))
    )
    history = await start(hass, entry)
    asker = history._calls
    assert asker.calls_a_round(HOURS) == 2
    alone = {code for code, plant in history.account.plants.items() if code != far[0]}
    history.account.listed_plants = list(alone)
    assert asker.calls_a_round(HOURS) == 1


def days_asked(sim: Simulator, since: int) -> list[date]:
    """Return the first plant's days whose hours were asked since so many calls."""
    world = sim.plants[0].world
    return [
        world.local(int(call.payload["collectTime"]) / 1000).date()
        for call in asked(sim, HOUR_CALLS, since)
    ]


async def test_yesterdays_last_hours_come_before_todays(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """When the server is there again after midnight."""
    await start(hass, entry)
    sim.faults.add(Fault(FaultKind.CUT, HOUR_CALLS))
    first = midnight(sim.plants[0], sim.clock.now(), 1)
    await pass_time(hass, freezer, first + 3 * HOUR - sim.clock.now(), STEP)
    sim.faults.clear()
    before = len(sim.calls)
    await pass_time(hass, freezer, 7 * HOUR, STEP)
    days = days_asked(sim, before)
    today = sim.plants[0].world.local(first).date()
    assert days.index(today - timedelta(days=1)) < days.index(today)


async def test_zeros_do_not_take_the_place_of_what_was_imported(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Yesterday's hours are asked once more a day later, when all is 0."""
    await start(hass, entry)
    first = midnight(sim.plants[0], sim.clock.now(), 1)
    await pass_time(hass, freezer, first + 12 * HOUR - sim.clock.now(), STEP)
    await assert_hours(hass, sim, first - DAY, first)
    sim.faults.add(Fault(FaultKind.ZEROS, HOUR_CALLS))
    before = len(sim.calls)
    await pass_time(hass, freezer, 14 * HOUR, STEP)
    days = map(sim.plants[0].world.midnight, days_asked(sim, before))
    assert first - DAY in days
    await assert_hours(hass, sim, first - DAY, first)

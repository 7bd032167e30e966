"""The import takes what the account's limits leave, and never more."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator, fleet
from simulator.simulator import Call

from .life import (
    DAY,
    HOUR,
    ImportAll,
    asked,
    assert_whole,
    midnight,
    pass_time,
    start,
    step_of,
)

pytestmark = pytest.mark.slow

HOURS = "getKpiStationHour"
# With a hundred plants or less.
CALLS_A_DAY = 25
LIVE_CALLS_A_DAY = 10
HISTORY = frozenset(
    {
        *(f"getKpiStation{level}" for level in ("Hour", "Day", "Month", "Year")),
        *(f"getDevKpi{level}" for level in ("Day", "Month", "Year")),
        "getDevHistoryKpi",
        "getDevFiveMinutes",
    }
)


@pytest.fixture
def plants() -> int:
    """Return how many plants the account has; a test may parametrise it."""
    return 1


@pytest.fixture
async def sim(now: str, dialect: Dialect, plants: int) -> Simulator:
    """Return the simulator with some houses, a few months old."""
    sim = Simulator(
        plants=[
            fleet.residential(
                f"NE={33554785 + number}",
                seed=number + 1,
                name=f"House {number + 1}",
                connected=date(2026, 3, 20) + timedelta(days=number),
            )
            for number in range(plants)
        ],
        dialect=dialect,
    )
    sim.alarms.automatic = False
    return sim


def most_within(calls: Iterable[Call], seconds: float) -> int:
    """Return how many calls were made in the busiest period of a length."""
    times = sorted(call.at for call in calls)
    return max(
        (
            sum(begin <= at < begin + seconds for at in times[index:])
            for index, begin in enumerate(times)
        ),
        default=0,
    )


def split_hours(sim: Simulator) -> tuple[list[Call], list[Call]]:
    """Return the calls of hours that are recent, and those of the backfill."""
    live: list[Call] = []
    backfill: list[Call] = []
    for call in asked(sim, HOURS):
        is_old = int(call.payload["collectTime"]) / 1000 < midnight(
            sim.plants[0], call.at, -3
        )
        (backfill if is_old else live).append(call)
    return live, backfill


@pytest.mark.parametrize("plants", [1, 3])
async def test_a_day_has_so_many_calls(
    hass: HomeAssistant,
    sim: Simulator,
    history: object,
    entry: MockConfigEntry,
    import_all: ImportAll,
    plants: int,
) -> None:
    """While the backfill takes its days, today's hours are asked all the same."""
    begun = sim.clock.now()
    await import_all(entry.runtime_data.history, 1800)
    assert sim.count(fail_code=407) == 0
    assert most_within(asked(sim, HOURS), DAY) <= CALLS_A_DAY
    live, backfill = split_hours(sim)
    assert most_within(backfill, DAY) <= CALLS_A_DAY - LIVE_CALLS_A_DAY
    assert backfill[-1].at > begun + 12 * HOUR
    meanwhile = [call.at for call in live if call.at <= backfill[-1].at]
    pauses = [b - a for a, b in pairwise(meanwhile)]
    assert len(set(meanwhile)) >= 5
    assert max(pauses) < 12 * HOUR
    for number in range(plants):
        await assert_whole(hass, sim, number)


async def test_days_of_continuation_after_the_backfill(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    import_all: ImportAll,
) -> None:
    """When the backfill is done, today's hours come about each hour."""
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "history_days": 4}
    )
    history = await start(hass, entry)
    await import_all(history, 1800)
    before = len(sim.calls)
    await pass_time(hass, freezer, 2 * DAY, 900)
    calls = asked(sim, HOURS, before)
    assert sim.count(fail_code=407) == 0
    assert most_within(asked(sim, HOURS), DAY) <= CALLS_A_DAY
    times = sorted({call.at for call in calls})
    assert max(b - a for a, b in pairwise(times)) < 2 * HOUR
    await assert_whole(hass, sim)


@pytest.mark.parametrize("dialect", [Dialect.V2020])
@pytest.mark.parametrize(("plants", "depth"), [(1, 10), (3, 5)])
async def test_once_a_minute(
    hass: HomeAssistant,
    sim: Simulator,
    history: object,
    entry: MockConfigEntry,
    import_all: ImportAll,
    plants: int,
) -> None:
    """Each interface is asked once a minute at most, and the import is done."""
    await import_all(entry.runtime_data.history, 61)
    assert sim.count(fail_code=407) == 0
    for interface in sorted(HISTORY):
        assert most_within(asked(sim, interface), 60) <= 1
    assert sim.count("getDevRealKpi") > 5
    for number in range(plants):
        await assert_whole(hass, sim, number)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_restart_in_between_costs_no_407(
    hass: HomeAssistant,
    sim: Simulator,
    history: object,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """Reloads, again and again, while the backfill runs."""
    for _ in range(6):
        await pass_time(hass, freezer, 3 * step_of(dialect), step_of(dialect))
        freezer.tick(20)
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert sim.count(fail_code=407) == 0
    assert most_within(asked(sim, HOURS), DAY) <= CALLS_A_DAY or (
        dialect is Dialect.V2020
    )
    assert len({call.payload["collectTime"] for call in asked(sim, HOURS)}) > 3


async def test_home_assistants_own_switch_stops_the_import(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Who has disabled polling is asked nothing for history."""
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    await start(hass, entry)
    await pass_time(hass, freezer, 6 * HOUR, HOUR / 4)
    assert not HISTORY & {call.interface for call in sim.calls}

"""Plants in other zones than Home Assistant, and clocks that are changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator, Type, fleet
from simulator.model import Plant

from .life import (
    EXACT,
    HOUR,
    ImportAll,
    asked,
    assert_nothing_falls,
    assert_periods,
    assert_whole,
    bars_of,
    last_midnight,
    midnight,
    moment,
    pass_time,
    settle,
    start,
    step_of,
)

pytestmark = pytest.mark.slow

HOME = "Europe/Berlin"
DEPTH = 5
WITHIN = {Dialect.V2020: 0.02, Dialect.V2022: EXACT}


@dataclass(frozen=True, slots=True)
class Case:
    """A plant's zone, the day that is looked at, and its length in hours."""

    zone: str
    day: date
    hours: float = 24


CASES = (
    Case("Asia/Kolkata", date(2026, 6, 15)),
    Case("Asia/Kathmandu", date(2026, 6, 15)),
    Case("America/New_York", date(2026, 6, 15)),
    Case("Europe/Berlin", date(2026, 3, 29), 23),
    Case("Europe/Berlin", date(2026, 10, 25), 25),
    Case("America/New_York", date(2026, 3, 8), 23),
    Case("America/New_York", date(2026, 11, 1), 25),
    Case("Asia/Kolkata", date(2026, 3, 29)),
)
# Summer time is half an hour here: the hours of a year begin at two kinds of minutes.
HALVES = (
    Case("Australia/Lord_Howe", date(2026, 6, 15)),
    Case("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    Case("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
)


@pytest.fixture(params=CASES, ids=lambda case: f"{case.zone}-{case.day}")
def case(request: pytest.FixtureRequest) -> Case:
    """Return what a test is about."""
    found: Case = request.param
    return found


@pytest.fixture
def now(freezer: FrozenDateTimeFactory, case: Case) -> str:
    """Stop the clocks two days after the day that is looked at."""
    at = datetime.combine(case.day, datetime.min.time(), UTC) + timedelta(2.4)
    freezer.move_to(at)
    return at.isoformat()


@pytest.fixture
async def sim(now: str, case: Case, dialect: Dialect) -> Simulator:
    """Return the simulator with one house in the zone, two months old."""
    connected = case.day - timedelta(days=70)
    plant = fleet.residential(timezone=case.zone, connected=connected)
    sim = Simulator(plants=[plant], dialect=dialect)
    sim.alarms.automatic = False
    return sim


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


@pytest.fixture
async def entry(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return the entry of a Home Assistant in another zone."""
    await hass.config.async_set_time_zone(HOME)
    return entry


def hours_of(plant: Plant, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the hours as the plant counts them: they begin at its midnight."""
    at = begin
    while at < end:
        following = min(at + HOUR, midnight(plant, at, 1))
        yield at, following
        at = following


async def assert_day(
    hass: HomeAssistant, sim: Simulator, case: Case, begin: int, end: int
) -> None:
    """Assert that the hours are the plant's, and the day as long as it was."""
    plant = sim.plants[0]
    first = plant.world.midnight(case.day)
    last = plant.world.midnight(case.day + timedelta(days=1))
    assert (last - first) / HOUR == case.hours
    hours = list(hours_of(plant, begin, end))
    for series, known in (await bars_of(hass, plant.code)).items():
        # An hour in which nothing flowed needs no row.
        shown = {at for at in known if begin <= at < end}
        assert shown <= {at for at, _ in hours}, series
    await assert_periods(hass, sim, hours, within=WITHIN[sim.dialect])
    await assert_nothing_falls(hass, plant.code)


async def test_imported_afterwards(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    import_all: ImportAll,
    case: Case,
) -> None:
    """Each hour of the days around is the plant's, and each day of its life."""
    plant = sim.plants[0]
    history = await start(hass, entry)
    await import_all(history, 1800)
    # The last days are the continuation's, which may not be through yet.
    await settle(hass, freezer)
    now = sim.clock.now()
    await assert_day(
        hass, sim, case, midnight(plant, now, 1 - DEPTH), last_midnight(sim)
    )
    await assert_whole(hass, sim)


SWITCHES = [case for case in CASES if case.hours != 24]


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(
    "case", SWITCHES, indirect=True, ids=lambda case: f"{case.zone}-{case.day}"
)
async def test_while_the_clocks_are_changed(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    case: Case,
    dialect: Dialect,
) -> None:
    """Hour after hour comes in over the switch, and stands where it belongs."""
    plant = sim.plants[0]
    first = plant.world.midnight(case.day)
    freezer.move_to(datetime.fromtimestamp(first - 4 * HOUR, UTC))
    history = await start(hass, entry)
    await import_all(history, step_of(dialect))
    while sim.clock.now() < first + 30 * HOUR:
        # In 2020 each question of some calls takes some minutes.
        await pass_time(hass, freezer, 450, 90)
        await pass_time(hass, freezer, HOUR - 450, HOUR - 450)
    this_hour = first + (int(sim.clock.now()) - first) // HOUR * HOUR
    await assert_day(hass, sim, case, first, this_hour - 4 * HOUR)
    await assert_whole(hass, sim)


@pytest.mark.parametrize(
    "case", HALVES, indirect=True, ids=lambda case: f"{case.zone}-{case.day}"
)
async def test_half_an_hour_of_summer_time(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, import_all: ImportAll
) -> None:
    """Each day is the plant's own, wherever within it the odd half hour stands."""
    history = await start(hass, entry)
    await import_all(history, 1800)
    await assert_whole(hass, sim)


@pytest.mark.parametrize("case", [CASES[2]], indirect=True, ids=["midnight"])
@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_calls_of_one_question_before_and_after_midnight(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
) -> None:
    """A day is not over for a device that was asked before its end."""
    plant = sim.plants[0]
    freezer.move_to(moment(midnight(plant, sim.clock.now()) + 21.5 * HOUR))
    history = await start(hass, entry)
    await import_all(history, 95)
    over = midnight(plant, sim.clock.now(), 1)
    assert over - sim.clock.now() > 1.1 * HOUR
    before = len(sim.calls)
    freezer.move_to(moment(over - HOUR - 200))
    for _ in range(3):
        await pass_time(hass, freezer, 62, 62)
        if asked(sim, "getDevFiveMinutes", before):
            break
    # Some calls of the question are made, and the others when midnight is past.
    calls = asked(sim, "getDevFiveMinutes", before)
    assert [call.payload["devTypeId"] for call in calls] == [Type.ENERGY_CENTER]
    freezer.move_to(moment(over + 1200))
    await pass_time(hass, freezer, HOUR, 95)
    await assert_periods(
        hass, sim, hours_of(plant, over - 3 * HOUR, over), within=WITHIN[sim.dialect]
    )

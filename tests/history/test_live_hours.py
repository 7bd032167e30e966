"""The hours that no row has come for yet: counted live, then told by the rows."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
import json

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue.series import (
    DEVICE_CHARGE,
    DEVICE_EXPORT,
    DEVICE_IMPORT,
)
from custom_components.smartpvms.const import CONF_TURNED_METERS
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.importer import Importer
from custom_components.smartpvms.history.inputs import live_counters
from custom_components.smartpvms.history.live_hours import (
    KEPT,
    LAG,
    LONGEST_SILENCE,
    Counters,
    LiveHours,
)
from custom_components.smartpvms.history.merge import Pieces, Span
from custom_components.smartpvms.storage.store import DAMAGE
from simulator import Dialect, Simulator, Type, fleet
from tests.conftest import DIALECTS_OF_DAYS, device_of, make_entry

from .conftest import ENERGIES
from .life import (
    DAY,
    EXACT,
    HOUR,
    ImportAll,
    assert_hours,
    assert_nothing_falls,
    bars_of,
    midnight,
    moment,
    pass_time,
    start,
    step_of,
    stop,
)

# An hour of a plant's clock, in epoch seconds.
TEN = 1_781_510_400
assert TEN % HOUR == 0


def taken(*rows: tuple[float, Mapping[str, float]]) -> LiveHours:
    """Return what rows tell that came so many seconds after ten."""
    hours = LiveHours()
    for at, values in rows:
        hours.advance(TEN + at, single(values), TEN)
    return hours


def single(values: Mapping[str, float]) -> Counters:
    """Return readings of one counter for each key."""
    return {key: {f"1 {key}": value} for key, value in values.items()}


def moved(hours: LiveHours, key: str) -> dict[int, float]:
    """Return by how much a counter moved, by hours after ten."""
    return {
        (at - TEN) // HOUR: known[key]
        for at, known in hours.hours.items()
        if key in known
    }


def test_the_first_row_tells_nothing() -> None:
    """What was counted before is not of this hour."""
    hours = taken((600, {"day_power": 12.5}))
    assert not moved(hours, "day_power")
    assert hours.spans(TEN, ["pv_energy"]) == {"pv_energy": []}


def test_counters_fill_the_hour_that_their_rows_are_about() -> None:
    """A row is some minutes old: one from five past eleven still is about ten."""
    hours = taken(
        (600, {"day_power": 1.0}),
        (2300, {"day_power": 1.5}),
        (HOUR + LAG - 1, {"day_power": 2.0}),
        (HOUR + LAG, {"day_power": 2.25}),
    )
    assert moved(hours, "day_power") == {0: 1.0, 1: 0.25}
    assert hours.spans(TEN, ["pv_energy"]) == {
        "pv_energy": [
            Span(TEN, TEN + HOUR, 1.0),
            Span(TEN + HOUR, TEN + 2 * HOUR, 0.25),
        ]
    }
    assert hours.spans(TEN + HOUR, ["pv_energy"]) == {
        "pv_energy": [Span(TEN + HOUR, TEN + 2 * HOUR, 0.25)]
    }


def test_hours_begin_where_the_plants_do() -> None:
    """In a zone of half hours they begin at the half."""
    hours = LiveHours()
    for at, value in ((600, 1.0), (LAG + 1800 - 1, 2.0), (LAG + 1800, 4.0)):
        hours.advance(TEN + at, single({"day_power": value}), TEN - 1800)
    assert hours.hours == {
        TEN - 1800: {"day_power": 1.0},
        TEN + 1800: {"day_power": 2.0},
    }


@pytest.mark.parametrize(
    ("key", "before", "after", "expected"),
    [
        ("day_power", 20.0, 0.0, 0.0),
        ("day_power", 20.0, 0.4, 0.4),
        ("day_power", 20.0, 19.8, -0.2),
        ("day_power", 0.0, 0.3, 0.3),
        ("day_income", -0.5, -0.2, 0.3),
        (DEVICE_CHARGE, 6.0, 0.1, 0.1),
        (DEVICE_IMPORT, 4000.0, 4000.5, 0.5),
        (DEVICE_IMPORT, 4000.0, 3999.9, -0.1),
        (DEVICE_IMPORT, 4000.0, 12.0, 0.0),
        (DEVICE_EXPORT, 4000.0, 0.0, 0.0),
    ],
)
def test_a_fall(key: str, before: float, after: float, expected: float) -> None:
    """A new day, a correction, or a meter that was replaced."""
    hours = taken((900, {key: before}), (1200, {key: after}))
    assert moved(hours, key) == {0: pytest.approx(expected)}


def test_a_replaced_meter_counts_on() -> None:
    """What the new one has counted elsewhere is nobody's, what it counts now is."""
    hours = taken(
        (900, {DEVICE_IMPORT: 4000.0}),
        (1200, {DEVICE_IMPORT: 12.0}),
        (1500, {DEVICE_IMPORT: 12.4}),
    )
    assert moved(hours, DEVICE_IMPORT) == {0: pytest.approx(0.4)}


def test_another_meter_and_a_reversed_one_are_first_seen() -> None:
    """A lifetime counter that was not read before has moved by nothing."""
    hours = LiveHours()
    readings: list[tuple[float, Counters]] = [
        (0, {DEVICE_IMPORT: {"47 in": 14000.0}, DEVICE_EXPORT: {"47 out": 500.0}}),
        (300, {DEVICE_IMPORT: {"47 in": 14000.1}, DEVICE_EXPORT: {"47 out": 500.2}}),
        # Reversed: both counters go on, each for the other direction.
        (600, {DEVICE_IMPORT: {"47 out": 500.3}, DEVICE_EXPORT: {"47 in": 14000.1}}),
        # Another meter.
        (900, {DEVICE_IMPORT: {"17 in": 9000.0}, DEVICE_EXPORT: {"17 out": 20.0}}),
        (1200, {DEVICE_IMPORT: {"17 in": 9000.4}, DEVICE_EXPORT: {"17 out": 20.0}}),
    ]
    for at, counters in readings:
        hours.advance(TEN + LAG + at, counters, TEN)
    assert moved(hours, DEVICE_IMPORT) == {0: pytest.approx(0.1 + 0.1 + 0.4)}
    assert moved(hours, DEVICE_EXPORT) == {0: pytest.approx(0.2)}


def test_a_battery_that_is_added() -> None:
    """What it counted before is not of this hour; the others count on."""
    hours = LiveHours()
    hours.advance(TEN + 600, {DEVICE_CHARGE: {"1": 2.0}}, TEN)
    hours.advance(TEN + 900, {DEVICE_CHARGE: {"1": 2.5, "2": 7.0}}, TEN)
    hours.advance(TEN + 1200, {DEVICE_CHARGE: {"1": 2.6, "2": 7.2}}, TEN)
    assert moved(hours, DEVICE_CHARGE) == {0: pytest.approx(0.5 + 0.1 + 0.2)}


def test_a_leap_is_not_believed() -> None:
    hours = LiveHours()
    for at, value in ((600, 8000.0), (900, 42949672.95), (1200, 8000.1)):
        hours.advance(TEN + at, {DEVICE_IMPORT: {"1": value}}, TEN, 100.0)
    assert moved(hours, DEVICE_IMPORT) == {0: 0.0}


def test_sums_of_an_older_store_are_first_seen() -> None:
    counters = {DEVICE_IMPORT: [TEN, 9.0], "day_power": [TEN, 3.0]}
    saved = {"counters": counters, "hours": {}}
    assert LiveHours.load(saved).counters == {"day_power": (TEN, 3.0)}


def test_the_first_day_is_whole() -> None:
    """Set up at 14:20: what the day had counted until then is not lost."""
    day, hour = TEN - 10 * HOUR, TEN + 4 * HOUR
    hours = LiveHours()
    for at, power in ((hour + 1200, 4.0), (hour + 1500, 4.32)):
        counters: Counters = {
            "day_power": {"day_power": power},
            DEVICE_EXPORT: {"1": 9000 + power},
            DEVICE_CHARGE: {"2": 1.0, "3": 0.5},
        }
        hours.advance(at, counters, day)
        hours.open_day(at, counters, day)
        hours = LiveHours.load(hours.dump())
    found = hours.spans(day, ["pv_energy", "grid_export", "battery_charge"])
    assert found == {
        "pv_energy": [Span(day, hour + HOUR, pytest.approx(4.32), is_running=True)],
        "grid_export": [Span(hour, hour + HOUR, pytest.approx(0.32))],
        "battery_charge": [Span(day, hour + HOUR, 1.5, is_running=True)],
    }
    pieces = Pieces()
    pieces.merge(found["pv_energy"])
    pieces.merge([Span(at, at + HOUR, 0.25) for at in range(day, hour, HOUR)])
    pieces.merge(found["pv_energy"])
    assert pieces.all()[hour].amount == pytest.approx(4.32 - 14 * 0.25)
    # Once the hour has its own row, the rows are all there is.
    pieces.merge([Span(hour, hour + HOUR, 0.6)])
    assert sum(piece.amount for piece in pieces.all().values()) == (
        pytest.approx(14 * 0.25 + 0.6)
    )
    assert not hours.spans(hour + HOUR, ["pv_energy"])["pv_energy"]
    # The next day begins by itself.
    later: Counters = {"day_power": {"day_power": 2.0}}
    hours.advance(day + 34 * HOUR, later, day)
    hours.open_day(day + 34 * HOUR, later, day + 24 * HOUR)
    assert hours.openings["day_power"].since == day


def test_the_first_day_is_whole_where_its_hour_came_first() -> None:
    """The first reading comes before the zone is known, or before the plant's row."""
    day, hour = TEN - 10 * HOUR, TEN + 4 * HOUR
    hours, pieces = LiveHours(), Pieces()
    pieces.merge([Span(at, at + HOUR, 0.25) for at in range(day, hour, HOUR)])
    for at, power in ((hour + 1200, 4.0), (hour + 1500, 4.32)):
        counters = single({"day_power": power})
        hours.advance(at, counters, day)
        pieces.merge(hours.spans(day, ["pv_energy"])["pv_energy"])
    assert pieces.all()[hour].amount == pytest.approx(0.32)
    for at, power in ((hour + 1800, 4.5), (hour + 2100, 4.6)):
        counters = single({"day_power": power})
        hours.advance(at, counters, day)
        hours.open_day(at, counters, day)
        pieces.merge(hours.spans(day, ["pv_energy"])["pv_energy"])
        assert pieces.all()[hour].amount == pytest.approx(power - 14 * 0.25)
    pieces.merge([Span(hour, hour + HOUR, 0.6)])
    assert pieces.all()[hour].amount == 0.6


@pytest.mark.parametrize(
    ("row", "start", "denied"),
    [
        ({"PVYield": 0.0, "use_power": 0.4}, TEN, True),
        ({"inverter_power": 0.0}, TEN, True),
        ({"PVYield": 1.9}, TEN, False),
        # Not delivered, or not heard of.
        ({}, TEN, False),
        ({"PVYield": 0.0}, TEN - HOUR, False),
        # The last minutes of dusk come late.
        ({"PVYield": 0.0}, TEN + HOUR, False),
    ],
)
def test_hours_that_are_not_computed_yet(
    row: Mapping[str, float], start: int, denied: bool
) -> None:
    hours = taken(
        (600, {"day_power": 1.0}),
        (1800, {"day_power": 3.0}),
        (HOUR + LAG, {"day_power": 3.08}),
    )
    assert hours.denies(start, row) is denied


@pytest.mark.parametrize(
    ("row", "denied"),
    [
        ({"PVYield": 0.0, "use_power": 0.0, "dischargeCap": 0.0}, True),
        ({"PVYield": 0.0, "use_power": 0.5, "dischargeCap": 0.0}, False),
        ({"PVYield": 0.0, "use_power": 0.0, "dischargeCap": 0.6}, False),
        ({}, False),
    ],
)
def test_hours_of_the_night_that_are_not_computed_yet(
    row: Mapping[str, float], denied: bool
) -> None:
    """A house and its battery are not still at once while their counters move."""
    hours = taken(
        (600, {"day_power": 9.0, "day_use_energy": 5.0}),
        (1800, {"day_power": 9.0, "day_use_energy": 5.5}),
    )
    assert hours.denies(TEN, row) is denied
    assert not hours.denies(TEN + HOUR, row)


def test_a_day_that_has_just_begun_is_not_opened() -> None:
    """A row is some minutes old: it may be about yesterday."""
    hours = LiveHours()
    counters: Counters = {"day_power": {"day_power": 20.0}}
    hours.open_day(TEN + LAG - 1, counters, TEN)
    assert not hours.openings


def test_a_silence_tells_nothing() -> None:
    """Nobody knows in which hour it moved; the rows will tell."""
    hours = taken(
        (0, {"day_power": 1.0}),
        (LONGEST_SILENCE, {"day_power": 2.0}),
        (2 * LONGEST_SILENCE + 1, {"day_power": 8.0}),
        (2 * LONGEST_SILENCE + LAG, {"day_power": 8.5}),
    )
    assert moved(hours, "day_power") == {0: 1.0, 1: 0.5}


def test_an_hour_is_shown_when_all_its_terms_are_known() -> None:
    """PV alone is not what the house used itself."""
    hours = taken(
        (600, {"day_power": 1.0}), (900, {"day_power": 3.0, DEVICE_EXPORT: 10.0})
    )
    assert hours.spans(TEN, ["self_consumption", "pv_energy"]) == {
        "self_consumption": [],
        "pv_energy": [Span(TEN, TEN + HOUR, 2.0)],
    }
    hours.advance(TEN + 1200, single({"day_power": 4.0, DEVICE_EXPORT: 10.5}), TEN)
    # From now on: what was sold before is not known.
    assert moved(hours, DEVICE_EXPORT) == {0: 0.5}


def test_old_hours_are_forgotten() -> None:
    """The file does not grow."""
    hours = LiveHours()
    for at in range(0, 60 * HOUR, 900):
        hours.advance(TEN + at, single({"day_power": at / 900}), TEN)
    assert min(hours.hours) > TEN + at - KEPT
    assert len(hours.hours) == KEPT // HOUR


counts = st.lists(
    st.tuples(st.integers(1, LONGEST_SILENCE), st.integers(0, 50)),
    min_size=1,
    max_size=40,
)


@given(counts, st.integers(0, 40))
def test_nothing_is_lost_and_nothing_counted_twice(
    steps: list[tuple[int, int]], stop_at: int
) -> None:
    """Whenever rows come, a stop in between: the hours add up to the counter's rise."""
    hours = taken((0, {"day_power": 0.0}))
    at = value = 0
    for index, (pause, more) in enumerate(steps):
        at, value = at + pause, value + more
        hours.advance(TEN + at, single({"day_power": value / 10}), TEN)
        if index == stop_at:
            hours = LiveHours.load(hours.dump())
    shown = hours.spans(0, ["pv_energy"])["pv_energy"]
    assert all(before.until <= after.since for before, after in pairwise(shown))
    if at < KEPT:
        assert sum(span.amount for span in shown) == pytest.approx(value / 10)
    assert all(span.amount >= 0 for span in shown)


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        {},
        {"counters": [], "hours": {}},
        {"counters": {}, "hours": 7},
        {"counters": {"day_power": [1]}, "hours": {}},
        {"counters": {"day_power": ["1", 2]}, "hours": {}},
        {"counters": {"day_power": 5}, "hours": {}},
        {"counters": {}, "hours": {"soon": {"day_power": 1}}},
        {"counters": {}, "hours": {}, "openings": {"day_power": [1, 2]}},
    ],
)
def test_another_shape_is_damage(saved: object) -> None:
    with pytest.raises(DAMAGE):
        LiveHours.load(saved)


def test_what_is_saved_is_kept() -> None:
    hours = taken((0, {"day_power": 1.0}), (600, {"day_power": 1.5}))
    assert LiveHours.load(json.loads(json.dumps(hours.dump()))) == hours


# What each series is made of while no row has come: the truth's terms with signs.
TERMS: dict[Dialect, dict[str, dict[str, int]]] = {
    Dialect.V2022: {
        **{series: {name: 1} for series, name in ENERGIES.items()},
        "self_consumption": {"pv": 1, "export": -1},
    },
    Dialect.V2020: {
        **{series: {name: 1} for series, name in ENERGIES.items()},
        "self_consumption": {"pv": 1, "export": -1},
        "consumption": {
            "pv": 1, "import_": 1, "export": -1, "discharge": 1, "charge": -1,
        },
    },
}  # fmt: skip
TURNED = {
    "grid_import": {"export": 1},
    "grid_export": {"import_": 1},
    "self_consumption": {"pv": 1, "import_": -1},
}
# The cloud lags 6 to 11 minutes behind the plant, devices are up to date; each is
# asked every five minutes; a row is taken to be five minutes old.
EARLY, LATE = 12 * 60, 17 * 60
ROUNDING = 1e-3
# So much a row and the live hour after it may count both, of an evening's energy: of
# 2020, PV that the cloud tells late and feed-in that the meter tells at once.
AT_A_SEAM = {Dialect.V2022: 0.4, Dialect.V2020: 1.0}


def bounds(
    sim: Simulator, terms: Mapping[str, int], begin: float, until: float
) -> tuple[float, float]:
    """Return the least and the most that counters may tell of an hour by now."""
    truth = sim.truth(sim.plants[0].code)
    least = truth.energy(moment(begin + 400), moment(max(begin + 400, until - LATE)))
    most = truth.energy(moment(begin - EARLY), moment(until))
    low = high = 0.0
    for name, sign in terms.items():
        few, many = getattr(least, name), getattr(most, name)
        low += few if sign > 0 else -many
        high += many if sign > 0 else -few
    return low - ROUNDING, max(0.0, high) + ROUNDING


async def assert_running_hour(
    hass: HomeAssistant, sim: Simulator, terms: Mapping[str, Mapping[str, int]]
) -> None:
    """Assert that each series shows what happened in this hour so far."""
    now = sim.clock.now()
    hour = int(now) // HOUR * HOUR
    bars = await bars_of(hass, sim.plants[0].code)
    for series, parts in terms.items():
        low, high = bounds(sim, parts, hour, now)
        assert max(bars[series]) == hour, series
        assert low <= bars[series][hour] <= high, series


def to_minute(now: float, minute: int) -> float:
    """Return the seconds until the next hour's minute."""
    return (minute * 60 - now) % HOUR


@pytest.fixture
def house() -> str:
    """Return which plant there is; a test may parametrise it."""
    return "residential"


@pytest.fixture
async def sim(now: str, dialect: Dialect, house: str) -> Simulator:
    """Return the simulator with one house, a few days old."""
    plant = getattr(fleet, house)(connected=date(2026, 6, 10))
    sim = Simulator(plants=[plant], dialect=dialect)
    sim.alarms.automatic = False
    return sim


@pytest.fixture
def is_turned() -> bool:
    """Tell whether the user has turned the meter round."""
    return False


@pytest.fixture
def entry(
    hass: HomeAssistant, url: str, sim: Simulator, is_turned: bool
) -> MockConfigEntry:
    """Return an entry that imports the hours of two days."""
    meter = str(device_of(sim, Type.POWER_SENSOR)) if is_turned else "0"
    entry = make_entry(url, history_days=2, **{CONF_TURNED_METERS: [meter]})
    entry.add_to_hass(hass)
    return entry


@pytest.mark.parametrize(
    ("dialect", "house", "is_turned"),
    [
        (Dialect.V2022, "residential", False),
        (Dialect.V2022, "emma", False),
        (Dialect.V2022, "residential", True),
        (Dialect.V2020, "residential", False),
    ],
)
async def test_the_running_hour(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
    is_turned: bool,
) -> None:
    """Each series follows the day, and is exact as soon as the rows have come."""
    terms = TERMS[dialect] | (TURNED if is_turned else {})
    await import_all(history, step_of(dialect))
    await pass_time(hass, freezer, to_minute(sim.clock.now(), 0), 100)
    begin = int(sim.clock.now()) // HOUR * HOUR
    for minute in (25, 57):
        await pass_time(hass, freezer, to_minute(sim.clock.now(), minute), 60)
        await assert_running_hour(hass, sim, terms)
        await assert_nothing_falls(hass, sim.plants[0].code)
    await pass_time(hass, freezer, 3 * HOUR, 200)
    within = 0.02 if dialect is Dialect.V2020 else EXACT
    await assert_hours(hass, sim, begin, begin + HOUR, within=within)
    await assert_nothing_falls(hass, sim.plants[0].code)
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_a_meter_that_is_turned_brings_other_counters(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What it has counted for years is never the running hour's."""
    hub, code = entry.runtime_data, sim.plants[0].code

    def names() -> dict[str, set[str]]:
        found = live_counters(hub.account, hub.plants.data, hub.devices.data, code)
        return {
            key: set(counters)
            for by_key in found.values()
            for key, counters in by_key.items()
            if key in (DEVICE_IMPORT, DEVICE_EXPORT)
        }

    await pass_time(hass, freezer, 400, 10)
    before = names()
    assert before.keys() == {DEVICE_IMPORT, DEVICE_EXPORT}
    meter = str(device_of(sim, Type.POWER_SENSOR))
    options = {**entry.options, CONF_TURNED_METERS: [meter]}
    hass.config_entries.async_update_entry(entry, options=options)
    after = names()
    assert before[DEVICE_IMPORT] == after[DEVICE_EXPORT]
    assert before[DEVICE_EXPORT] == after[DEVICE_IMPORT]
    assert before[DEVICE_IMPORT].isdisjoint(before[DEVICE_EXPORT])
    assert all(name.startswith(meter) for name in before[DEVICE_IMPORT])


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_a_night(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """Neither sunset nor midnight count anything twice, or take anything away."""
    plant, terms = sim.plants[0], TERMS[dialect]
    await import_all(history, step_of(dialect))
    evening = midnight(plant, sim.clock.now(), 0) + 20 * HOUR
    await pass_time(hass, freezer, evening - sim.clock.now(), 900)
    today, tomorrow = (midnight(plant, evening, days) for days in (0, 1))
    for _ in range(12):
        await pass_time(hass, freezer, HOUR / 2, 150)
        now = sim.clock.now()
        bars = await bars_of(hass, plant.code)
        for begin, end in ((today, tomorrow), (tomorrow, tomorrow + DAY)):
            for series, parts in terms.items():
                shown = [bar for at, bar in bars[series].items() if begin <= at < end]
                low, high = bounds(sim, parts, begin, min(now, end + EARLY))
                assert min(shown, default=0.0) >= -EXACT, series
                slack = AT_A_SEAM[dialect]
                assert low - slack <= sum(shown) <= high + slack, (series, moment(now))
    assert now > tomorrow + HOUR
    await pass_time(hass, freezer, 3 * HOUR, 300)
    within = 0.02 if dialect is Dialect.V2020 else EXACT
    await assert_hours(hass, sim, evening, tomorrow + HOUR, within=within)


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_a_short_stop(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """A restart in the middle of an hour loses nothing of it."""
    await import_all(history, step_of(dialect))
    await pass_time(hass, freezer, to_minute(sim.clock.now(), 0), 150)
    await pass_time(hass, freezer, 20 * 60, 60)
    await stop(hass, entry)
    freezer.tick(timedelta(minutes=8))
    await start(hass, entry)
    await pass_time(hass, freezer, to_minute(sim.clock.now(), 55), 60)
    await assert_running_hour(hass, sim, TERMS[dialect])
    await assert_nothing_falls(hass, sim.plants[0].code)


async def test_a_long_stop(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was counted meanwhile is the rows' to tell, not the first hour's."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    await pass_time(hass, freezer, to_minute(sim.clock.now(), 30), 300)
    begin = int(sim.clock.now()) // HOUR * HOUR
    await stop(hass, entry)
    freezer.tick(timedelta(hours=3))
    await start(hass, entry)
    await pass_time(hass, freezer, 20 * 60, 100)
    now = sim.clock.now()
    hour = int(now) // HOUR * HOUR
    bars = await bars_of(hass, plant.code)
    for series, parts in TERMS[Dialect.V2022].items():
        _, high = bounds(sim, parts, hour, now)
        assert bars[series].get(hour, 0.0) <= high, series
        _, high = bounds(sim, parts, midnight(plant, now), now)
        assert sum(bars[series][at] for at in bars[series] if at >= begin) <= high
    await assert_nothing_falls(hass, plant.code)
    await pass_time(hass, freezer, 4 * HOUR, 300)
    await assert_hours(hass, sim, begin, hour)


async def test_what_does_not_change_is_not_written_again(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A system that is silent leaves the running hour as it is."""
    await import_all(history, 1800)
    await pass_time(hass, freezer, to_minute(sim.clock.now(), 15), 300)
    for interface in (
        *("getStationRealKpi", "getDevRealKpi"),
        *("getKpiStationHour", "getDevHistoryKpi"),
    ):
        sim.deny(interface, 20010)
    await pass_time(hass, freezer, 20 * 60, 100)
    known = await bars_of(hass, sim.plants[0].code)
    written: list[object] = []

    async def note(self: Importer, *merged: object) -> None:
        written.append(merged)

    monkeypatch.setattr(Importer, "async_merge", note)
    await pass_time(hass, freezer, 15 * 60, 100)
    assert not written
    assert await bars_of(hass, sim.plants[0].code) == known

"""What energy cost: a price as a number, or as an entity's states."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import AsyncMock, Mock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smartpvms.account.options import AccountOptions
from custom_components.smartpvms.const import CONF_EXPORT_PRICE, CONF_IMPORT_PRICE
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.importer import Importer
from custom_components.smartpvms.history.ingest import Ingest
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.metadata import PlantSeries, statistic_id
from custom_components.smartpvms.history.prices import (
    Step,
    async_steps,
    average,
    is_price,
    per_kwh,
    priced,
)
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.local_time import HOUR
from simulator import Simulator

from .conftest import all_recorded, rows_of
from .life import DAY, ImportAll, midnight, pass_time, start

type Options = dict[str, float | str]
type SetUp = Callable[..., Awaitable[HistoryCoordinator]]

PRICE = "sensor.price"
IMPORT, EXPORT = 0.31, 0.08
ALWAYS = float("-inf")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], None),
        ([(ALWAYS, 0.3)], 0.3),
        ([(0, 0.3)], 0.3),
        ([(1, 0.3)], None),
        ([(0, 0.2), (1800, 0.4)], 0.3),
        ([(-7200, 0.9), (-3600, 0.2), (900, 0.6)], 0.5),
        ([(0, 0.2), (3600, 9.0)], 0.2),
        ([(0, -0.1)], -0.1),
        ([(0, 0.9), (0, 0.5)], 0.5),
    ],
)
def test_the_price_of_an_hour(steps: list[Step], expected: float | None) -> None:
    """The mean over time of the prices that were in force."""
    found = average(steps, Span(0, HOUR, 7.0))
    assert found == (None if expected is None else pytest.approx(expected))


prices = st.floats(-2, 2).map(lambda price: round(price, 4))
known = st.lists(st.tuples(st.integers(-9000, 9000), prices), max_size=12).map(sorted)
spans = st.builds(
    lambda since, hours, amount: Span(since, since + hours * HOUR, amount),
    st.integers(-9000, 9000),
    st.integers(1, 3),
    st.floats(0, 100),
)


@given(known, spans)
def test_the_mean_is_within_what_was_in_force(steps: list[Step], span: Span) -> None:
    """And known as soon as the price was known when the span began."""
    found = average(steps, span)
    before = [price for at, price in steps if at <= span.since]
    if not before:
        assert found is None
        return
    during = [price for at, price in steps if span.since < at < span.until]
    assert found is not None
    valid = [price for at, price in steps if at <= span.until]
    assert min(valid) - 1e-9 <= found <= max(valid) + 1e-9
    if not during:
        assert found == pytest.approx(before[-1])


@given(known, spans)
def test_parts_add_up_to_the_whole(steps: list[Step], span: Span) -> None:
    """The price of a span is the mean of the prices of its parts."""
    middle = span.since + HOUR // 2
    parts = Span(span.since, middle, 1.0), Span(middle, span.until, 1.0)
    means = [average(steps, part) for part in parts]
    whole = average(steps, span)
    if whole is None:
        assert means[0] is None
        return
    total = sum(
        mean * (part.until - part.since)
        for mean, part in zip(means, parts, strict=True)
        if mean is not None
    )
    assert total == pytest.approx(whole * (span.until - span.since), abs=1e-6)


@given(known, st.lists(spans, max_size=5))
def test_priced_spans(steps: list[Step], energy: list[Span]) -> None:
    """Those whose price is known, longer ones only if it was the same all through."""
    expected = [
        (span.since, span.until, pytest.approx(span.amount * mean, abs=1e-6))
        for span in energy
        if (mean := average(steps, span)) is not None
        and (
            span.until - span.since == HOUR
            or all(
                mean == pytest.approx(price, abs=1e-6)
                for at, price in steps
                if span.since < at < span.until
            )
        )
    ]
    found = [(span.since, span.until, span.amount) for span in priced(energy, steps)]
    assert found == expected


def test_a_day_at_a_dynamic_price_has_no_cost() -> None:
    """20 kWh by day at 0.02 and 1 by night at 0.12 are not 21 at the mean."""
    steps = [(0, 0.12), (9 * HOUR, 0.02), (17 * HOUR, 0.12)]
    whole = Span(0, 24 * HOUR, 21.0)
    hour = Span(9 * HOUR, 10 * HOUR, 3.0)
    afternoon = Span(9 * HOUR, 17 * HOUR, 20.0)
    assert priced([whole, hour, afternoon], steps) == [
        Span(9 * HOUR, 10 * HOUR, 0.06),
        Span(9 * HOUR, 17 * HOUR, 0.4),
    ]
    # Means of one price are not the same to the last digit.
    means = [(at * HOUR, 0.3 + at * 1e-17) for at in range(24)]
    assert priced([whole], means) == [Span(0, 24 * HOUR, 6.3)]


@pytest.mark.parametrize(
    ("unit", "price", "expected"),
    [
        ("EUR/kWh", 0.085, 0.085),
        ("EUR/MWh", 85, 0.085),
        ("EUR / MWh", 85, 0.085),
        ("EUR/GWh", 85000, 0.085),
        ("EUR/Wh", 0.000085, 0.085),
        ("ct/kWh", 8.5, 0.085),
        ("Cent/kWh", 8.5, 0.085),
        ("¢/kWh", 8.5, 0.085),
        ("p/kWh", 8.5, 0.085),
        ("öre/kWh", 8.5, 0.085),
        ("ct", 8.5, 0.085),
        # As Home Assistant does, what is no energy is taken for kWh.
        (None, 0.085, 0.085),
        ("EUR", 0.085, 0.085),
        ("€/KWH", 0.085, 0.085),
    ],
)
def test_a_price_is_converted_by_its_unit(
    unit: str | None, price: float, expected: float
) -> None:
    """What is reckoned with is the currency per kWh."""
    assert price * per_kwh(unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        *((unit, True) for unit in (None, "EUR/kWh", "€/MWh", "ct/kWh", "€/KWh")),
        *((unit, False) for unit in ("EUR/m³", "SEK/kWh", "EUR/h", "USD")),
    ],
)
def test_units_that_a_price_may_have(unit: str | None, expected: bool) -> None:
    """They are per energy, and in no currency but the one chosen."""
    assert is_price(unit, "EUR") is expected


async def test_a_number_holds_from_when_it_was_entered() -> None:
    """What came before it costs what it did; the first one holds for all the past."""
    hours = [Span(at * HOUR, (at + 1) * HOUR, 1.0) for at in range(6)]
    day = Span(0, 6 * HOUR, 6.0)
    # None at first, then 0.08; taken back, then 0.16; the hour of a change is mixed.
    earlier = [(HOUR, None), (2.5 * HOUR, 0.08), (4 * HOUR, None)]
    nowhere: Any = None
    steps = await async_steps(nowhere, 0.16, [*hours, day], earlier)
    costs = [span.amount for span in priced([*hours, day], steps)]
    assert costs == pytest.approx([0.08, 0.08, 0.12, 0.16, 0.16, 0.16])
    # An entry of the first version has no earlier prices.
    steps = await async_steps(nowhere, 0.16, [day])
    assert priced([day], steps) == [Span(0, 6 * HOUR, 0.96)]


async def test_a_number_that_an_entity_replaced(hass: HomeAssistant) -> None:
    """It holds until then, and the entity's states only from then on."""
    hass.states.async_set(PRICE, "0.50")
    await all_recorded(hass)
    now = int(datetime.now(UTC).timestamp())
    span = Span(now - 2 * HOUR, now + 2 * HOUR, 1.0)
    steps = await async_steps(hass, PRICE, [span], [(now + HOUR, 0.2)])
    assert steps == [(ALWAYS, 0.2), (now + HOUR, 0.5)]


async def test_costs_of_the_first_version_are_mended(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A thousandfold hour, a day at the mean; an energy whose price is forgotten."""
    hass.states.async_set(PRICE, "85", {"unit_of_measurement": "EUR/MWh"})
    await all_recorded(hass)
    now = int(datetime.now(UTC).timestamp()) // HOUR * HOUR
    hours = [Span(now + at * HOUR, now + (at + 1) * HOUR, 2.0) for at in (1, 2)]
    day, old = (
        Span(now - 90 * DAY, now - 89 * DAY, 9.0),
        Span(now - DAY, now - 23 * HOUR, 1.0),
    )
    plant = PlantSeries("NE=1", "House", "EUR")
    importer = Importer(hass, AsyncMock())
    await importer.async_merge(
        plant,
        {
            "grid_import": [day, old, *hours],
            "grid_import_cost": [
                Span(span.since, span.until, span.amount * 85)
                for span in (day, old, *hours)
            ],
        },
    )
    account = Mock(hass=hass, plants={"NE=1": Mock()})
    account.plants["NE=1"].name = "House"
    account.options = AccountOptions("EUR", prices={CONF_IMPORT_PRICE: PRICE})
    ingest = Ingest(account, Mock(), Mock(), importer)
    progress = Progress.load({"series": ["grid_import", "grid_import_cost"]})
    await ingest.async_mend("NE=1", progress)
    expected = [Span(span.since, span.until, 0.17) for span in hours]
    assert await importer.async_spans("NE=1", "grid_import_cost") == expected
    assert Progress.load(progress.dump()).has_sound_costs
    rows = await rows_of(hass, "NE=1", "grid_import_cost")
    assert sum(row["change"] for row in rows) == pytest.approx(0.34)


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Record the states of the price, and of nothing else."""
    return {"include": {"entities": [PRICE]}}


def means_of_price(unit: str) -> StatisticMetaData:
    """Return what describes the recorded means of the price entity."""
    return StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=PRICE,
        unit_class=None,
        unit_of_measurement=unit,
    )


@pytest.mark.parametrize("unit", ["EUR/MWh", "ct/kWh"])
async def test_states_and_means_are_converted(hass: HomeAssistant, unit: str) -> None:
    """85 EUR/MWh are 0.085 EUR/kWh, in the statistics too."""
    raw = {"EUR/MWh": 85, "ct/kWh": 8.5}[unit]
    hour = int(datetime.now(UTC).timestamp()) // HOUR * HOUR - 5 * HOUR
    metadata = means_of_price(unit)
    mean = StatisticData(start=datetime.fromtimestamp(hour, UTC), mean=raw)
    async_import_statistics(hass, metadata, [mean])
    hass.states.async_set(PRICE, str(2 * raw), {"unit_of_measurement": unit})
    await all_recorded(hass)
    steps = await async_steps(hass, PRICE, [Span(hour, hour + HOUR, 1.0)])
    assert [price for _, price in steps] == pytest.approx([0.085, 0.17])


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is some months old."""
    return date(2026, 3, 20)


@pytest.fixture
def options() -> Options:
    """Return the prices that the user gave; a test may parametrise it."""
    return {CONF_IMPORT_PRICE: IMPORT, CONF_EXPORT_PRICE: EXPORT}


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return 3


async def costs(
    hass: HomeAssistant, code: str, series: str
) -> dict[int, tuple[float, float]]:
    """Return energy and money of each row of a series of money."""
    energy = {"grid_import_cost": "grid_import"}.get(series, "grid_export")
    paid = {row["start"]: row["change"] for row in await rows_of(hass, code, series)}
    return {
        int(row["start"]): (row["change"], paid.get(row["start"], 0.0))
        for row in await rows_of(hass, code, energy)
    }


async def assert_costs(
    hass: HomeAssistant, code: str, series: str, price: float, since: float = 0
) -> None:
    """Assert that each bar is the energy's times a price."""
    found = await costs(hass, code, series)
    wrong = {
        at: (energy, paid)
        for at, (energy, paid) in found.items()
        if at >= since and paid != pytest.approx(energy * price, abs=1e-4)
    }
    assert not wrong
    assert any(paid for at, (_, paid) in found.items() if at >= since)


async def change(
    hass: HomeAssistant, entry: MockConfigEntry, **options: float | str
) -> HistoryCoordinator:
    """Change the prices as the user does in the options: the entry is reloaded."""
    kept = {
        key: value
        for key, value in entry.options.items()
        if key not in (CONF_IMPORT_PRICE, CONF_EXPORT_PRICE)
    }
    hass.config_entries.async_update_entry(entry, options={**kept, **options})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    history: HistoryCoordinator = entry.runtime_data.history
    return history


async def test_a_number(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each bar of the whole life, and each month of it, costs what it took."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    await pass_time(hass, freezer, 2 * HOUR, 300)
    await assert_costs(hass, plant.code, "grid_import_cost", IMPORT)
    await assert_costs(hass, plant.code, "grid_export_compensation", EXPORT)
    found = await costs(hass, plant.code, "grid_export_compensation")
    truth = sim.truth(plant.code)
    for month in (3, 4, 5):
        begin = plant.world.midnight(date(2026, month, 1))
        end = plant.world.midnight(date(2026, month + 1, 1))
        paid = sum(money for at, (_, money) in found.items() if begin <= at < end)
        flow = truth.energy(
            datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)
        )
        assert flow.export > 100
        assert paid == pytest.approx(flow.export * EXPORT, abs=0.02)


@pytest.mark.parametrize("options", [{}])
async def test_a_price_that_comes_later_and_goes(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is put on all energy there is; without it what was paid stays."""
    code = sim.plants[0].code
    await import_all(history, 1800)
    assert not await rows_of(hass, code, "grid_export_compensation")
    calls = len(sim.calls)
    history = await change(hass, entry, export_price=EXPORT)
    await assert_costs(hass, code, "grid_export_compensation", EXPORT)
    assert not await rows_of(hass, code, "grid_import_cost")
    # What is in the recorder need not be asked for.
    assert not [c for c in sim.calls[calls:] if c.interface.startswith("getKpiStation")]
    await pass_time(hass, freezer, 2 * HOUR, 300)
    await assert_costs(hass, code, "grid_export_compensation", EXPORT)
    known = await rows_of(hass, code, "grid_export_compensation")
    await change(hass, entry)
    await pass_time(hass, freezer, 3 * HOUR, 300)
    later = await rows_of(hass, code, "grid_export_compensation")
    assert [row["change"] for row in later] == [row["change"] for row in known]
    # A price that is back counts for what was bought meanwhile, too.
    await change(hass, entry, export_price=EXPORT)
    await pass_time(hass, freezer, HOUR, 300)
    await assert_costs(hass, code, "grid_export_compensation", EXPORT)


async def test_another_number_counts_from_now_on(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was paid was paid; rows that are settled keep their price."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    old = await rows_of(hass, plant.code, "grid_export_compensation")
    await change(hass, entry, export_price=2 * EXPORT)
    await pass_time(hass, freezer, DAY, 1800)
    now = sim.clock.now()
    await assert_costs(
        hass,
        plant.code,
        "grid_export_compensation",
        2 * EXPORT,
        midnight(plant, now) + 60,
    )
    settled = midnight(plant, now, -4)
    new = {
        row["start"]: row["change"]
        for row in await rows_of(hass, plant.code, "grid_export_compensation")
    }
    for row in old:
        if row["start"] < settled:
            assert new[row["start"]] == pytest.approx(row["change"], abs=1e-6)


@pytest.mark.parametrize("options", [{CONF_EXPORT_PRICE: PRICE}])
async def test_an_entity(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """States that change, statistics before them, states that are no price."""
    plant = sim.plants[0]
    now = sim.clock.now()
    # A price's means: 0.20 in May, 0.40 in June, until its states begin.
    may, june = (plant.world.midnight(date(2026, m, 1)) for m in (5, 6))
    state_from = int(now) // HOUR * HOUR
    means = [
        StatisticData(
            start=datetime.fromtimestamp(at, UTC), mean=0.2 if at < june else 0.4
        )
        for at in range(may, state_from, HOUR)
    ]
    metadata = means_of_price("EUR/kWh")
    async_import_statistics(hass, metadata, means)
    hass.states.async_set(PRICE, "0.40")
    await all_recorded(hass)
    history = await start(hass, entry)
    await import_all(history, 1800)
    found = await costs(hass, plant.code, "grid_export_compensation")
    seen = set()
    for at, (energy, paid) in found.items():
        if energy < 0.01:
            continue
        # Of March and April nobody knows a price.
        price = 0.0 if at < may else 0.2 if at < june else 0.4
        seen.add(price)
        assert paid == pytest.approx(energy * price, abs=1e-4), at
    assert seen == {0.0, 0.2, 0.4}
    # At half past, the price doubles; later nobody knows it for a while.
    await pass_time(hass, freezer, -sim.clock.now() % HOUR + HOUR / 2, 300)
    hour = int(sim.clock.now()) // HOUR * HOUR
    hass.states.async_set(PRICE, "0.80")
    await pass_time(hass, freezer, HOUR / 2, 300)
    for text in ("unknown", "unavailable", "nan", "a lot"):
        hass.states.async_set(PRICE, text)
    await pass_time(hass, freezer, 4 * HOUR, 300)
    found = await costs(hass, plant.code, "grid_export_compensation")
    for at, price in ((hour - HOUR, 0.4), (hour, 0.6), (hour + HOUR, 0.8)):
        energy, paid = found[at]
        assert energy > 0.1
        assert paid / energy == pytest.approx(price, abs=0.01)
    late = {at: row for at, row in found.items() if at > hour}
    assert len(late) >= 4
    for energy, paid in late.values():
        assert paid == pytest.approx(energy * 0.8, abs=1e-4)


async def test_the_energy_dashboard_takes_them(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    hass_ws_client: WebSocketGenerator,
    hass_access_token: str,
    hass_admin_user: MockUser,
) -> None:
    """Home Assistant has nothing to say about a grid with these costs."""
    assert hass_access_token
    assert await async_setup_component(hass, "energy", {})
    code = sim.plants[0].code
    await import_all(history, 1800)
    manager = await async_get_manager(hass)
    source: Any = {
        "type": "grid",
        "stat_energy_from": statistic_id(code, "grid_import"),
        "stat_energy_to": statistic_id(code, "grid_export"),
        "stat_cost": statistic_id(code, "grid_import_cost"),
        "stat_compensation": statistic_id(code, "grid_export_compensation"),
        "cost_adjustment_day": 0.0,
    }
    await manager.async_update({"energy_sources": [source]})
    # The import takes longer than an access token lasts.
    (refresh_token,) = hass_admin_user.refresh_tokens.values()
    token = hass.auth.async_create_access_token(refresh_token)
    client = await hass_ws_client(hass, token)
    await client.send_json_auto_id({"type": "energy/validate"})
    answer = await client.receive_json()
    assert answer["result"]["energy_sources"] == [[]]
    # It would complain about one that is not there.
    source["stat_cost"] = statistic_id(code, "nothing")
    await manager.async_update({"energy_sources": [source]})
    await client.send_json_auto_id({"type": "energy/validate"})
    answer = await client.receive_json()
    assert answer["result"]["energy_sources"] != [[]]

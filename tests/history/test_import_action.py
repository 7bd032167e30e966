"""A chosen period of history, imported again on request."""

from datetime import date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.ingest import plant_series
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import ABSENT, Dialect, Simulator, Type, fleet
from tests.actions.history_requests import ask
from tests.conftest import DIALECTS_OF_DAYS, device_of
from tests.flows import placeholders, texts

from .conftest import ENERGIES, negative, rows_of
from .life import (
    DAY,
    EXACT,
    HOUR,
    ImportAll,
    asked,
    assert_hours,
    assert_nothing_falls,
    assert_whole,
    bars_of,
    midnight,
    moment,
    pass_time,
    settle,
    step_of,
)
from .test_import import expected_of

DEPTH = 3
# Within the plant's life, and long before the depth of hours.
FROM, UNTIL = date(2026, 5, 10), date(2026, 5, 12)
HOURLY_KEYS = (
    *("PVYield", "inverterYield", "selfUsePower", "selfProvide", "use_power"),
    *("buyPower", "chargeCap", "dischargeCap"),
    *("inverter_power", "ongrid_power", "power_profit"),
)


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is two months old."""
    return date(2026, 4, 12)


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


async def import_again(hass: HomeAssistant, *codes: str, **data: Any) -> dict[str, Any]:
    """Return what the action answers, by plant; nothing was asked meanwhile."""
    return await ask(hass, "import_history", *codes, **data)


def bounds(sim: Simulator, begin: date = FROM, until: date = UNTIL) -> tuple[int, int]:
    """Return when a period of the plant's days begins and ends."""
    world = sim.plants[0].world
    return world.midnight(begin), world.midnight(until)


async def hours_between(hass: HomeAssistant, code: str, begin: int, end: int) -> int:
    """Return for how many hours of a period the PV energy has a row of its own."""
    rows = await rows_of(hass, code, "pv_energy")
    return sum(
        begin <= row["start"] < end and row["last_reset"] == row["start"]
        for row in rows
    )


async def spoil(
    hass: HomeAssistant, history: HistoryCoordinator, at: int, amount: float
) -> None:
    """Put an hour of PV energy into the statistics that never was."""
    series = plant_series(history.account, next(iter(history.account.plants)))
    spans = {"pv_energy": [Span(at, at + HOUR, amount)]}
    await history.importer.async_merge(series, spans)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_period_beyond_the_depth(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    dialect: Dialect,
) -> None:
    """What stood there by the day stands there by the hour."""
    code = sim.plants[0].code
    await import_all(history, step_of(dialect))
    begin, end = bounds(sim)
    assert not await hours_between(hass, code, begin, end)
    before = await bars_of(hass, code)
    answer = await import_again(hass, code, start=str(FROM), end=str(UNTIL))
    # Two days of the plant's rows; three days of the devices' are one call in 2022.
    assert answer[code]["hours_left"] == (4 if dialect is Dialect.V2020 else 3)
    assert answer[code]["days_left"] == answer[code]["months_left"] == 0
    assert datetime.fromisoformat(answer[code]["done_at"]) > moment(
        sim.clock.now() - 60
    )
    assert not history.is_complete
    await import_all(history, step_of(dialect))
    within = 0.02 if dialect is Dialect.V2020 else EXACT
    await assert_hours(hass, sim, begin, end, within=within)
    await assert_whole(hass, sim)
    after = await bars_of(hass, code)
    for series in ENERGIES:
        known = {at: bar for at, bar in before[series].items() if at < begin}
        assert {at: after[series][at] for at in known} == pytest.approx(known)
    assert sim.count(fail_code=407) == 0


async def test_the_day_that_a_period_ends_on(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    dialect: Dialect,
) -> None:
    """It is imported whole, unless it begins when the period ends."""
    code = sim.plants[0].code
    await import_all(history, step_of(dialect))
    questions = {}
    for end in ("2026-05-11", "2026-05-11 00:00:00", "2026-05-11 00:00:01"):
        answer = await import_again(hass, code, start=str(FROM), end=end)
        questions[end] = answer[code]["hours_left"]
    # A question for each day, and one for the devices' rows of three days.
    assert list(questions.values()) == [2, 2, 3]


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_a_period_that_ends_today(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """Today is asked once more, not again and again until it is over."""
    plant = sim.plants[0]
    await import_all(history, step_of(dialect))
    today = midnight(plant, sim.clock.now())
    await pass_time(hass, freezer, today + DAY + 9 * HOUR - sim.clock.now(), 1800)
    today = midnight(plant, sim.clock.now())
    await spoil(hass, history, today + 7 * HOUR, 55.0)
    before = len(sim.calls)
    start = plant.world.local(today - DAY).date()
    await import_again(hass, plant.code, start=str(start))
    await pass_time(hass, freezer, 30 * 60, 95)
    assert history.is_complete
    calls = [
        call
        for call in asked(sim, "getKpiStationHour", before)
        if int(call.payload["collectTime"]) / 1000 >= today
    ]
    assert 1 <= len(calls) <= 2
    after = await bars_of(hass, plant.code)
    at = today + 7 * HOUR
    flow = sim.truth(plant.code).energy(moment(at), moment(at + HOUR))
    expected = expected_of(flow, "pv_energy")
    assert after["pv_energy"][at] == pytest.approx(expected, abs=EXACT)
    await assert_nothing_falls(hass, plant.code)
    assert sim.count(fail_code=407) == 0


async def test_no_day_before_the_first(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
) -> None:
    """A start long before the plant costs no call for a day without data."""
    code = sim.plants[0].code
    await import_all(history, 1800)
    before = len(sim.calls)
    answer = await import_again(hass, code, start="2010-01-01", end="2026-04-14")
    # Months tell in which one the plant begins: 13 days, and the devices' rows.
    assert answer[code]["hours_left"] == 13 + 5
    await import_all(history, 1800)
    month, first = bounds(sim, date(2026, 4, 1), date(2026, 4, 12))
    for call in asked(sim, "getKpiStationHour", before):
        assert int(call.payload["collectTime"]) / 1000 >= month
    await assert_hours(hass, sim, first, first + 2 * DAY)
    await assert_whole(hass, sim)


async def test_replace_a_period(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A row that the server no longer has is gone, and the sums are right."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    day = midnight(plant, sim.clock.now(), -2)
    at = day + 11 * HOUR
    before = await bars_of(hass, plant.code)
    assert before["pv_energy"][at] > 1
    flow = sim.truth(plant.code).energy(moment(at), moment(at + HOUR))
    lost = {"PVYield": flow.pv, "ongrid_power": flow.export}
    sim.override((plant.code, "Hour", at), dict.fromkeys(HOURLY_KEYS, ABSENT))
    for period, begin in (
        ("Day", day),
        ("Month", plant.world.midnight(date(2026, 6, 1))),
        ("Year", plant.world.midnight(date(2026, 1, 1))),
    ):
        end = {"Day": day + DAY}.get(period, sim.clock.now())
        whole = sim.truth(plant.code).energy(moment(begin), moment(end))
        sim.override(
            (plant.code, period, begin),
            {
                "PVYield": round(whole.pv - lost["PVYield"], 4),
                "ongrid_power": round(whole.export - lost["ongrid_power"], 4),
            },
        )
    start = plant.world.local(day).date()
    await import_again(
        hass, plant.code, start=str(start), end=str(start + timedelta(1)), replace=True
    )
    half_way = await rows_of(hass, plant.code, "pv_energy")
    assert not negative(half_way)
    await import_all(history, 1800)
    # The last days are the continuation's.
    await settle(hass, freezer)
    after = await bars_of(hass, plant.code)
    for series in ("pv_energy", "grid_export"):
        known = {hour: bar for hour, bar in before[series].items() if hour < day + DAY}
        assert after[series].pop(at, 0.0) == pytest.approx(0, abs=EXACT), series
        del known[at]
        shown = {hour: after[series].get(hour) for hour in known}
        assert shown == pytest.approx(known, abs=EXACT), series
    await assert_nothing_falls(hass, plant.code)
    assert sim.count(fail_code=407) == 0


async def test_replace_what_never_was(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
) -> None:
    """What somebody or something put into a past period is taken out."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    begin, end = bounds(sim)
    await spoil(hass, history, begin + 2 * HOUR, 77.0)
    await spoil(hass, history, end - 3 * HOUR, 33.0)
    answer = await import_again(
        hass, plant.code, start=str(FROM), end=str(UNTIL), replace=True
    )
    assert answer[plant.code]["hours_left"] == 3
    await assert_nothing_falls(hass, plant.code)
    await import_all(history, 1800)
    await assert_hours(hass, sim, begin, end)
    await assert_whole(hass, sim)


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_replace_everything(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    dialect: Dialect,
) -> None:
    """Without a start, nothing of what was imported is left."""
    plant = sim.plants[0]
    await import_all(history, step_of(dialect))
    begin, _ = bounds(sim, date(2024, 2, 1))
    await spoil(hass, history, begin, 500.0)
    answer = await import_again(hass, plant.code, replace=True)
    assert answer[plant.code]["years_left"] == 1
    await import_all(history, step_of(dialect))
    rows = await rows_of(hass, plant.code, "pv_energy")
    first, _ = bounds(sim, date(2026, 1, 1))
    assert rows[0]["start"] >= first
    await assert_whole(hass, sim)
    assert sim.count(fail_code=407) == 0


async def test_days_are_the_plants(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A time is the plant's and stands for its whole day, wherever the house is."""
    await hass.config.async_set_time_zone("US/Pacific")
    plant = fleet.residential(
        "NE=5", 5, timezone="Asia/Kolkata", connected=date(2026, 4, 12)
    )
    sim.plants[:] = [plant]
    assert await hass.config_entries.async_setup(entry.entry_id)
    history: HistoryCoordinator = entry.runtime_data.history
    await import_all(history, 1800)
    times = {"start": "2026-05-10 15:30:00", "end": "2026-05-11 01:00:00"}
    await import_again(hass, plant.code, **times)
    await import_all(history, 1800)
    begin, end = bounds(sim)
    await assert_hours(hass, sim, begin, end)
    assert not await hours_between(hass, plant.code, begin - DAY, begin)
    assert not await hours_between(hass, plant.code, end, end + DAY)
    # An end at midnight does not begin another day; offsets are respected.
    times = {"start": "2026-05-20T18:30:00+00:00", "end": "2026-05-21T18:30:00+00:00"}
    await import_again(hass, plant.code, **times)
    await import_all(history, 1800)
    begin, end = bounds(sim, date(2026, 5, 21), date(2026, 5, 22))
    await assert_hours(hass, sim, begin, end)
    assert not await hours_between(hass, plant.code, begin - DAY, begin)
    assert not await hours_between(hass, plant.code, end, end + DAY)


async def test_several_plants(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, import_all: ImportAll
) -> None:
    """Each is imported; a device stands for its plant."""
    sim.plants.append(fleet.emma(connected=date(2026, 4, 20)))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    history: HistoryCoordinator = entry.runtime_data.history
    await import_all(history, 1800)
    battery = device_of(sim, Type.BATTERY)
    codes = [plant.code for plant in sim.plants]
    answer = await ask(
        hass, "import_history", battery, codes[1], start=str(FROM), end=str(UNTIL)
    )
    assert answer.keys() == {str(battery), codes[1]}
    before = len(sim.calls)
    await import_all(history, 1800)
    begin, end = bounds(sim)
    for number in range(2):
        await assert_hours(hass, sim, begin, end, plant=number)
        await assert_whole(hass, sim, number)
    old = [
        call
        for call in asked(sim, "getKpiStationHour", before)
        if begin <= int(call.payload["collectTime"]) / 1000 < end
    ]
    # One call for both.
    assert len(old) == 2
    assert sim.count(fail_code=407) == 0


async def test_it_answers_at_once(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """No call is waited for, and the import goes on without anybody."""
    code = sim.plants[0].code
    await import_all(history, 1800)
    await pass_time(hass, freezer, HOUR, 1800)
    calls = len(sim.calls)
    await import_again(hass, code, start="2026-05-02", end="2026-05-12")
    assert len(sim.calls) == calls
    # The answer is wanted by scripts; nobody has to.
    await hass.services.async_call(
        DOMAIN,
        "import_history",
        {"device_id": registry_id_of(hass, code)},
        blocking=True,
    )
    await pass_time(hass, freezer, 300, 100)
    assert len(sim.calls) > calls


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"start": "2026-05-12", "end": "2026-05-10"}, "period_ends_first"),
        ({"start": "2026-05-12", "end": "2026-05-12"}, "period_ends_first"),
        ({"start": "2027-01-01"}, "period_ends_first"),
    ],
)
async def test_a_period_that_is_none(
    hass: HomeAssistant,
    history: HistoryCoordinator,
    sim: Simulator,
    data: dict[str, str],
    key: str,
) -> None:
    """It is refused, and nothing is forgotten."""
    with pytest.raises(ServiceValidationError) as caught:
        await import_again(hass, sim.plants[0].code, **data, replace=True)
    assert_readable_error(caught.value, key)


async def test_a_device_that_is_unknown(
    hass: HomeAssistant, history: HistoryCoordinator
) -> None:
    """It is named."""
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(
            DOMAIN, "import_history", {"device_id": "nobody"}, blocking=True
        )
    assert_readable_error(caught.value, "unknown_device")


async def test_for_administrators(
    hass: HomeAssistant,
    history: HistoryCoordinator,
    sim: Simulator,
    hass_read_only_user: User,
) -> None:
    """It spends the account's calls."""
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await import_again(hass, sim.plants[0].code, context=context)


def assert_readable_error(error: ServiceValidationError, key: str) -> None:
    """Assert which error it is, and that its text has all that it names."""
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)
    text = texts("exceptions", key, "message")
    assert placeholders(text) == set(error.translation_placeholders or {})

"""Today, this month, this year: values, resets, midnights, zones."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue import PERIOD_KEYS
from custom_components.smartpvms.const import CONF_CURRENCY, DOMAIN
from simulator import ABSENT, Dialect, Simulator, Type, fleet
from tests.conftest import device_of, entity_id, make_entry, restart, state_of
from tests.live.periods import PLANT_LANES, asked, start_with, told

type Wait = Callable[..., Awaitable[None]]

CODE = "NE=33554785"
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
LOOK = 200

TODAY = datetime(2026, 6, 15, tzinfo=BERLIN)
STARTS = {
    "day": TODAY,
    "month": datetime(2026, 6, 1, tzinfo=BERLIN),
    "year": datetime(2026, 1, 1, tzinfo=BERLIN),
}


def attributes(hass: HomeAssistant, source: str | int, key: str) -> dict[str, Any]:
    """Return the attributes of a sensor."""
    state = hass.states.get(entity_id(hass, "sensor", source, key))
    assert state
    return dict(state.attributes)


def reset_of(hass: HomeAssistant, source: str | int, key: str) -> datetime:
    """Return when a sensor started to count."""
    return datetime.fromisoformat(attributes(hass, source, key)["last_reset"])


def value(hass: HomeAssistant, source: str | int, key: str) -> float:
    """Return the value of a sensor."""
    return float(state_of(hass, source, key))


def record(
    hass: HomeAssistant, key: str, source: str | int = CODE
) -> list[tuple[str, Any]]:
    """Return a list that a sensor's states are added to: value and last reset."""
    shown: list[tuple[str, Any]] = []

    # Without this the threads of an executor would decide on the order.
    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if state := event.data["new_state"]:
            shown.append((state.state, state.attributes.get("last_reset")))

    async_track_state_change_event(hass, entity_id(hass, "sensor", source, key), note)
    return shown


@pytest.mark.parametrize("dialect", Dialect)
async def test_values_are_the_plants(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    dialect: Dialect,
    wait: Wait,
) -> None:
    await wait(LOOK, 10)
    looked_at = datetime.fromtimestamp(
        next(c.at for c in sim.calls if c.interface == "getKpiStationDay"), UTC
    )
    await start_with(hass, setup)
    size = sim.plants[0].site.peak_kw
    for period, start in STARTS.items():
        truth = sim.truth(CODE).energy(
            start,
            datetime.fromtimestamp((looked_at.timestamp() - 360) // 300 * 300, UTC),
        )
        expected = {
            "ongrid_power": truth.export,
            "use_power": truth.consumption,
            "power_profit": truth.revenue,
            "perpower_ratio": truth.pv / size,
            "reduction_total_co2": truth.pv * 0.475,
            "reduction_total_coal": truth.pv * 0.4,
        }
        if dialect is Dialect.V2022:
            expected |= {
                "PVYield": truth.pv,
                "buyPower": truth.import_,
                "chargeCap": truth.charge,
                "dischargeCap": truth.discharge,
                "inverterYield": truth.pv + truth.discharge - truth.charge,
                "selfUsePower": truth.pv - truth.export,
            }
        shown = {key: value(hass, CODE, f"{period}_{key}") for key in expected}
        assert shown == pytest.approx(expected, rel=1e-3, abs=0.6)
        assert {reset_of(hass, CODE, f"{period}_{key}") for key in expected} == {start}
        made = sum(
            value(hass, device.id, f"{period}_product_power")
            for device in sim.plants[0].devices
            if device.type == Type.ENERGY_CENTER
        )
        assert made == pytest.approx(truth.pv + truth.discharge - truth.charge, abs=0.1)
        battery = device_of(sim, Type.BATTERY)
        charged = value(hass, battery, f"{period}_charge_cap")
        assert charged == pytest.approx(truth.charge, abs=0.01)
        assert reset_of(hass, battery, f"{period}_charge_cap") == start
        capacity = value(hass, CODE, f"{period}_installed_capacity")
        assert capacity == pytest.approx(size)
        assert "last_reset" not in attributes(
            hass, CODE, f"{period}_installed_capacity"
        )


async def test_most_are_disabled_at_first(
    hass: HomeAssistant, setup: MockConfigEntry, wait: Wait
) -> None:
    await wait(LOOK, 10)
    entities = er.async_entries_for_config_entry(er.async_get(hass), setup.entry_id)
    periods = [e for e in entities if e.unique_id.partition("_")[2] == "day_buyPower"]
    assert [e.disabled_by for e in periods] == [None]
    kinds = ("day_perpower_ratio", "month_use_power", "year_charge_cap")
    hidden = [e for e in entities if e.unique_id.partition("_")[2] in kinds]
    assert len(hidden) == 5
    assert {e.disabled_by for e in hidden} == {er.RegistryEntryDisabler.INTEGRATION}
    # A house has no weather station, so it has no performance ratio.
    registry = er.async_get(hass)
    assert not registry.async_get_entity_id(
        "sensor", DOMAIN, f"{CODE}_day_performance_ratio"
    )


async def test_a_plant_with_a_weather_station(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.plants[:] = [fleet.utility()]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    code = sim.plants[0].code
    shown = attributes(hass, code, "day_performance_ratio")
    assert shown["unit_of_measurement"] == "%"
    assert shown["state_class"] == "measurement"
    assert 50 < value(hass, code, "day_performance_ratio") < 120
    await start_with(hass, entry, {"day_radiation_intensity"})
    shown = attributes(hass, code, "day_radiation_intensity")
    assert shown["unit_of_measurement"] == "kWh/m²"
    assert "device_class" not in shown
    assert value(hass, code, "day_radiation_intensity") > 0.1


async def test_money_is_in_the_plants_currency(
    hass: HomeAssistant, sim: Simulator, url: str, wait: Wait
) -> None:
    entry = make_entry(url, **{CONF_CURRENCY: "PLN"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    await start_with(hass, entry, {"day_power_profit"})
    shown = attributes(hass, CODE, "day_power_profit")
    assert (shown["unit_of_measurement"], shown["state_class"]) == ("PLN", "total")


async def test_keys_that_nobody_knows_are_left_out(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    start = int(TODAY.timestamp())
    sim.override((CODE, "Day", start), {"brand_new": 5.0, "use_power": "12.5"})
    await wait(LOOK, 10)
    await start_with(hass, setup, {"day_use_power"})
    assert state_of(hass, CODE, "day_use_power") == "12.5"
    ids = {e.unique_id for e in er.async_get(hass).entities.values()}
    assert not {unique_id for unique_id in ids if "brand_new" in unique_id}


async def test_midnight_and_what_the_day_has_come_to(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """Value and reset are of one row, and no energy is lost between two rows."""
    freezer.move_to("2026-06-15T16:00:00+00:00")
    await wait(LOOK, 10)
    await start_with(hass, setup, {"day_use_power"})
    shown = record(hass, "day_use_power")
    await wait(14 * HOUR, 150)
    tomorrow = TODAY + timedelta(days=1)
    resets = [datetime.fromisoformat(reset) for _, reset in shown if reset]
    assert resets == sorted(resets)
    assert set(resets) == {TODAY, tomorrow}
    first = [float(state) for state, reset in shown if reset == TODAY_UTC]
    full_day = sim.truth(CODE).energy(TODAY, tomorrow).consumption
    assert first[-1] == pytest.approx(full_day, abs=0.001)
    assert first == sorted(first)
    second = [float(state) for state, reset in shown if reset and reset != TODAY_UTC]
    assert len(second) > 2
    assert second[-1] <= told(sim, tomorrow).consumption + 0.001
    # Before the first row of the new day nothing else has changed.
    assert second[0] < full_day / 2


TODAY_UTC = TODAY.astimezone(UTC).isoformat()


async def test_the_end_of_the_month(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """In its first minutes a month has no row: the last one stays as it was."""
    freezer.move_to("2026-06-30T21:40:00+00:00")
    await wait(LOOK, 10)
    keys = {"day_use_power", "month_use_power", "year_use_power"}
    await start_with(hass, setup, keys)
    june = datetime(2026, 6, 1, tzinfo=BERLIN)
    july = datetime(2026, 7, 1, tzinfo=BERLIN)
    lane = setup.runtime_data.periods.plants[0]
    freezer.move_to("2026-06-30T22:02:00+00:00")
    lane.round_at = 0.0
    before = value(hass, CODE, "day_use_power")
    await wait(300, 10)
    assert reset_of(hass, CODE, "day_use_power") == datetime(2026, 6, 30, tzinfo=BERLIN)
    assert value(hass, CODE, "day_use_power") == before
    assert reset_of(hass, CODE, "month_use_power") == june
    await wait(10 * HOUR, 150)
    assert reset_of(hass, CODE, "day_use_power") == july
    assert reset_of(hass, CODE, "month_use_power") == july
    assert reset_of(hass, CODE, "year_use_power") == STARTS["year"]
    at = told(sim, july).consumption
    assert 0 < value(hass, CODE, "month_use_power") <= at
    assert 0 < value(hass, CODE, "day_use_power") <= at


@pytest.mark.parametrize(
    ("evening", "keys", "starts", "lanes"),
    [
        pytest.param(
            datetime(2026, 4, 30, 20, tzinfo=BERLIN),
            ("day_use_power", "day_discharge_cap"),
            (datetime(2026, 4, 30, tzinfo=BERLIN), datetime(2026, 5, 1, tzinfo=BERLIN)),
            ("getKpiStationDay", "getDevKpiDay"),
            id="day at a month's end",
        ),
        pytest.param(
            datetime(2025, 12, 31, 18, tzinfo=BERLIN),
            ("month_use_power", "month_discharge_cap"),
            (datetime(2025, 12, 1, tzinfo=BERLIN), datetime(2026, 1, 1, tzinfo=BERLIN)),
            ("getKpiStationMonth", "getDevKpiMonth"),
            id="month at a year's end",
        ),
    ],
)
async def test_the_last_row_of_a_parent_is_shown_to_its_end(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
    evening: datetime,
    keys: tuple[str, str],
    starts: tuple[datetime, datetime],
    lanes: tuple[str, str],
) -> None:
    """The answers of the new parent lack it: the old one is asked once more."""
    freezer.move_to(evening.astimezone(UTC))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    await start_with(hass, entry, set(keys))
    await wait(300, 60)
    battery = device_of(sim, Type.BATTERY)
    start, end = starts
    truth = sim.truth(CODE).energy(start, end)
    full: dict[str | int, float] = {CODE: truth.consumption, battery: truth.discharge}
    shown = {
        source: record(hass, key, source)
        for source, key in zip(full, keys, strict=True)
    }
    await wait(16 * HOUR, 150)
    for source, states in shown.items():
        starts_shown = [datetime.fromisoformat(r) for _, r in states if r]
        assert starts_shown == sorted(starts_shown)
        assert set(starts_shown) == {start, end}
        last = [float(s) for s, r in states if r and datetime.fromisoformat(r) == start]
        assert last[-1] == pytest.approx(full[source], abs=0.02)
    for lane in lanes:
        again = [
            call
            for call in sim.calls
            if call.interface == lane
            and call.payload["collectTime"] < end.timestamp() * 1000 <= call.at * 1000
        ]
        assert len(again) == 1


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)]
)
async def test_a_day_on_which_the_clocks_change(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
    day: date,
    hours: int,
) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN)
    end = (start + timedelta(days=1)).astimezone(UTC)
    assert (end - start.astimezone(UTC)) == timedelta(hours=hours)
    freezer.move_to(start.astimezone(UTC) + timedelta(hours=10))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    await start_with(hass, entry, {"day_use_power", "day_PVYield"})
    shown = record(hass, "day_use_power")
    assert reset_of(hass, CODE, "day_use_power") == start
    await wait(20 * HOUR, 300)
    resets = {datetime.fromisoformat(reset) for _, reset in shown if reset}
    assert resets == {start, end}
    full = sim.truth(CODE).energy(start, end).consumption
    last = [float(s) for s, r in shown if r and datetime.fromisoformat(r) == start][-1]
    assert last == pytest.approx(full, abs=0.001)


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "America/New_York", "Pacific/Auckland"]
)
async def test_a_plant_in_another_zone(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    zone: str,
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    sim.plants[:] = [fleet.residential(timezone=zone)]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    await start_with(hass, entry, {"day_use_power", "month_use_power"})
    local = dt_util.utcnow().astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    assert reset_of(hass, CODE, "day_use_power") == midnight
    assert reset_of(hass, CODE, "month_use_power") == midnight.replace(day=1)
    known = told(sim, midnight).consumption
    assert value(hass, CODE, "day_use_power") == pytest.approx(known, abs=0.2)


async def test_a_value_that_a_row_leaves_out_stays_with_its_reset(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
) -> None:
    await wait(LOOK, 10)
    await start_with(hass, setup, {"day_use_power", "day_ongrid_power"})
    before = value(hass, CODE, "day_use_power")
    exported = value(hass, CODE, "day_ongrid_power")
    start = int(TODAY.timestamp())
    sim.override((CODE, "Day", start), {"use_power": ABSENT})
    await wait(3 * HOUR, 60)
    assert value(hass, CODE, "day_ongrid_power") > exported
    assert value(hass, CODE, "day_use_power") == before
    assert reset_of(hass, CODE, "day_use_power") == TODAY
    # Of a period before the last one it tells nothing of today.
    for days in (1, 2):
        sim.override((CODE, "Day", start + days * 86400), {"use_power": None})
    await wait(46 * HOUR, 900)
    assert state_of(hass, CODE, "day_use_power") == "unknown"
    assert value(hass, CODE, "day_ongrid_power") > 0


async def test_a_restart_brings_all_back_and_costs_nothing(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(LOOK, 10)
    await start_with(hass, setup)
    await wait(LOOK, 10)
    before = {
        state.entity_id: (state.state, state.attributes.get("last_reset"))
        for state in hass.states.async_all("sensor")
        if (entity := er.async_get(hass).async_get(state.entity_id))
        and entity.unique_id.partition("_")[2] in PERIOD_KEYS
    }
    assert len(before) > 70
    calls = asked(sim)
    for _ in range(3):
        await restart(hass, setup)
        after = {
            entity: (state.state, state.attributes.get("last_reset"))
            for entity in before
            if (state := hass.states.get(entity))
        }
        assert after == before
        await wait(240, 20)
    assert asked(sim) == calls
    assert sim.count(fail_code=407) == 0


async def test_a_row_that_does_not_come_ages(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(LOOK, 10)
    assert state_of(hass, CODE, "day_buyPower") == "0.0"
    sim.deny("getKpiStationDay", 20004)
    await wait(6 * HOUR, 60)
    assert state_of(hass, CODE, "day_buyPower") == "0.0"
    await wait(3 * HOUR, 60)
    assert state_of(hass, CODE, "day_buyPower") == "unavailable"
    assert state_of(hass, CODE, "day_power") != "unavailable"
    sim.deny("getKpiStationDay", None)
    await wait(3 * HOUR, 60)
    assert float(state_of(hass, CODE, "day_buyPower")) >= 0
    assert {lane for lane in PLANT_LANES if sim.count(lane) > 1} == {"getKpiStationDay"}

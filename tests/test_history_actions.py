"""History on request: what it answers, in how many calls, what it refuses."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.targets import registry_id_of
from simulator import ABSENT, Dialect, Simulator, Type, fleet
from tests.conftest import device_of, make_entry
from tests.flows import placeholders, texts

type Wait = Callable[..., Awaitable[None]]
type Answer = dict[str, Any]

PLANT = "NE=33554785"
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
BOTH = pytest.mark.parametrize("dialect", list(Dialect))


@pytest.fixture
async def sim(sim: Simulator) -> Simulator:
    """Let alarms come on request only."""
    sim.alarms.automatic = False
    return sim


@pytest.fixture
async def at_home(hass: HomeAssistant) -> None:
    """Let Home Assistant share the plant's zone."""
    await hass.config.async_set_time_zone("Europe/Berlin")


async def ask(
    hass: HomeAssistant,
    action: str,
    *sources: str | int,
    context: Context | None = None,
    **data: Any,
) -> Answer:
    """Return what an action answers, by plant code or device id."""
    ids = {registry_id_of(hass, str(source)): str(source) for source in sources}
    answer: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": list(ids), **data},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer.keys() == ids.keys()
    return {ids[key]: value for key, value in answer.items()}


async def of_plant(hass: HomeAssistant, source: str = PLANT, **data: Any) -> list[Any]:
    answer = await ask(hass, "get_plant_history", source, **data)
    rows: list[Any] = answer[source]["rows"]
    return rows


async def of_device(hass: HomeAssistant, source: int, **data: Any) -> list[Any]:
    answer = await ask(hass, "get_device_history", source, **data)
    rows: list[Any] = answer[str(source)]["rows"]
    return rows


async def refused(
    hass: HomeAssistant, sim: Simulator, action: str, *sources: str | int, **data: Any
) -> HomeAssistantError:
    """Return the error of an action, which is readable and has cost no call."""
    calls = len(sim.calls)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, *sources, **data)
    assert len(sim.calls) == calls
    error = caught.value
    text = texts("exceptions", str(error.translation_key), "message")
    assert placeholders(text) == set(error.translation_placeholders or {})
    return error


def starts(rows: list[Any]) -> list[str]:
    return [row["start"] for row in rows]


def column(rows: list[Any], key: str) -> list[float]:
    return [row["values"][key] for row in rows]


@BOTH
async def test_hours_are_the_truth(
    hass: HomeAssistant, at_home: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    rows = await of_plant(hass, period="hour", start="2026-06-14", end="2026-06-15")
    first = datetime(2026, 6, 14, tzinfo=BERLIN)
    assert starts(rows) == [(first + HOUR * n).isoformat() for n in range(24)]
    truth = sim.truth(PLANT)
    for n, row in enumerate(rows):
        energy = truth.energy(first + HOUR * n, first + HOUR * (n + 1))
        assert row["values"]["ongrid_power"] == pytest.approx(energy.export, abs=1e-3)
        assert row["values"]["power_profit"] == pytest.approx(energy.revenue, abs=1e-3)
    assert sim.count("getKpiStationHour") == 1


@pytest.mark.parametrize(
    ("period", "first", "count"),
    [
        ("hour", "2026-06-15T00:00:00+02:00", 11),
        ("day", "2026-06-01T00:00:00+02:00", 15),
        ("month", "2026-01-01T00:00:00+01:00", 6),
        ("year", "2023-01-01T00:00:00+01:00", 4),
    ],
)
async def test_what_a_period_left_out_means(
    hass: HomeAssistant,
    at_home: None,
    setup: MockConfigEntry,
    sim: Simulator,
    period: str,
    first: str,
    count: int,
) -> None:
    rows = await of_plant(hass, period=period)
    assert (rows[0]["start"], len(rows)) == (first, count)
    assert {"inverter_power", "PVYield"} <= rows[0]["values"].keys()
    assert sim.count(f"getKpiStation{period.capitalize()}") == 1


async def test_rows_are_limited_to_the_period(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    rows = await of_plant(
        hass,
        period="hour",
        start="2026-06-14T10:00:00+00:00",
        end="2026-06-14T12:00:00+00:00",
        keys=["inverter_power"],
    )
    assert starts(rows) == ["2026-06-14T12:00:00+02:00", "2026-06-14T13:00:00+02:00"]
    assert [list(row["values"]) for row in rows] == [["inverter_power"]] * 2
    assert (
        await of_plant(hass, period="hour", start="2027-01-01", end="2028-01-01") == []
    )


async def test_rows_without_a_value_are_left_out(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    start = datetime(2026, 6, 14, 10, tzinfo=BERLIN)
    at = (PLANT, "Hour", int(start.timestamp()))
    sim.override(at, {"inverter_power": "N/A", "ongrid_power": 4.5})
    day = {"start": "2026-06-14", "end": "2026-06-15", "period": "hour"}
    rows = await of_plant(hass, **day, keys="inverter_power")
    assert len(rows) == 23
    assert start.isoformat() not in starts(rows)
    rows = await of_plant(hass, **day, keys=["inverter_power", "ongrid_power"])
    assert rows[10] == {"start": start.isoformat(), "values": {"ongrid_power": 4.5}}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "US/Pacific"])
@pytest.mark.parametrize(
    ("day", "after", "count"),
    [("2026-03-29", "2026-03-30", 23), ("2025-10-26", "2025-10-27", 25)],
)
async def test_days_of_23_and_25_hours(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    zone: str,
    day: str,
    after: str,
    count: int,
) -> None:
    await hass.config.async_set_time_zone(zone)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    rows = await of_plant(hass, period="hour", start=day, end=after)
    begin = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    times = [datetime.fromisoformat(start).astimezone(UTC) for start in starts(rows)]
    assert times == [begin + HOUR * n for n in range(count)]
    assert {start[:10] for start in starts(rows)} == {day}


@BOTH
async def test_a_plant_in_a_zone_of_half_hours(
    hass: HomeAssistant,
    at_home: None,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    dialect: Dialect,
) -> None:
    sim.plants[:] = [fleet.residential("NE=5", 5, timezone="Asia/Kolkata")]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    rows = await of_plant(
        hass, "NE=5", period="hour", start="2026-06-13", end="2026-06-14"
    )
    assert (starts(rows)[0], len(rows)) == ("2026-06-13T00:00:00+05:30", 24)
    begin = datetime.fromisoformat(rows[0]["start"])
    energy = sim.truth("NE=5").energy(begin, begin + timedelta(days=1))
    export = sum(column(rows, "ongrid_power"))
    assert export == pytest.approx(energy.export, abs=1e-2)
    days = await of_plant(
        hass, "NE=5", period="day", start="2026-06-13", end="2026-06-15"
    )
    assert starts(days) == ["2026-06-13T00:00:00+05:30", "2026-06-14T00:00:00+05:30"]
    assert column(days, "ongrid_power")[0] == pytest.approx(export, abs=1e-2)
    if dialect is Dialect.V2020:
        meter = device_of(sim, Type.POWER_SENSOR)
        five = await of_device(
            hass,
            meter,
            period="5minute",
            start="2026-06-13",
            end="2026-06-14",
            keys="active_power",
        )
        assert (starts(five)[0], len(five)) == ("2026-06-13T00:00:00+05:30", 288)


async def test_a_winter_far_away(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """The grid connection's offset is that of the plant's winter, January is summer."""
    sim.plants[:] = [fleet.residential("NE=6", 6, timezone="Pacific/Auckland")]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    rows = await of_plant(
        hass, "NE=6", period="hour", start="2026-01-10", end="2026-01-11"
    )
    assert (starts(rows)[0], len(rows)) == ("2026-01-10T00:00:00+13:00", 24)


async def test_plants_share_their_calls(
    hass: HomeAssistant,
    at_home: None,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    sim.plants.append(fleet.residential("NE=3", 8, timezone="Asia/Kolkata"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    day = {"start": "2026-06-14", "end": "2026-06-15"}
    codes = (PLANT, "NE=2", "NE=3")
    answer = await ask(hass, "get_plant_history", *codes, period="day", **day)
    assert sim.count("getKpiStationDay") == 1
    for code in codes:
        (row,) = answer[code]["rows"]
        begin = datetime.fromisoformat(row["start"])
        energy = sim.truth(code).energy(begin, begin + timedelta(days=1))
        assert row["values"]["use_power"] == pytest.approx(energy.consumption, abs=1e-2)
    # Noon is not at the same time everywhere.
    answer = await ask(hass, "get_plant_history", *codes, period="hour", **day)
    assert sim.count("getKpiStationHour") == 2
    assert [len(answer[code]["rows"]) for code in codes] == [24] * 3


async def test_days_of_several_months_and_months_of_several_years(
    hass: HomeAssistant, at_home: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    days = await of_plant(hass, period="day", start="2026-04-20", end="2026-06-03")
    assert len(days) == 11 + 31 + 2
    assert starts(days) == sorted(starts(days))
    assert sim.count("getKpiStationDay") == 3
    months = await of_plant(hass, period="month", start="2025-10-01", end="2026-03-01")
    assert [start[:7] for start in starts(months)] == [
        *("2025-10", "2025-11", "2025-12"),
        *("2026-01", "2026-02"),
    ]
    assert sim.count("getKpiStationMonth") == 2
    assert sim.count(fail_code=407) == 0


@BOTH
async def test_five_minutes_are_the_truth(
    hass: HomeAssistant,
    at_home: None,
    setup: MockConfigEntry,
    sim: Simulator,
    dialect: Dialect,
) -> None:
    rows = await of_device(
        hass,
        device_of(sim, Type.POWER_SENSOR),
        period="5minute",
        start="2026-06-14T06:00",
        end="2026-06-14T18:00",
        keys=["active_power", "nonsense"],
    )
    first = datetime(2026, 6, 14, 6, tzinfo=BERLIN)
    step = timedelta(minutes=5)
    assert starts(rows) == [(first + step * n).isoformat() for n in range(144)]
    truth = sim.truth(PLANT)
    for n, watts in enumerate(column(rows, "active_power")):
        assert watts == pytest.approx(-1000 * truth.power(first + step * n).grid, abs=1)
    assert {len(row["values"]) for row in rows} == {1}
    newer = dialect is Dialect.V2022
    assert sim.calls[-1].interface == (
        "getDevHistoryKpi" if newer else "getDevFiveMinutes"
    )


async def test_today_is_the_default_of_five_minutes_too(
    hass: HomeAssistant, at_home: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    battery = device_of(sim, Type.BATTERY)
    rows = await of_device(hass, battery, period="5minute", keys="battery_soc")
    assert rows[0]["start"] == "2026-06-15T00:00:00+02:00"
    assert rows[-1]["start"] == "2026-06-15T12:00:00+02:00"


@BOTH
async def test_a_meter_is_in_the_catalogues_unit(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Type 17 sends W in one dialect and kW in the other."""
    sim.plants[:] = [fleet.residential(meter=Type.GRID_METER)]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(70)
    rows = await of_device(
        hass,
        device_of(sim, Type.GRID_METER),
        period="5minute",
        start="2026-06-14T11:00",
        end="2026-06-14T14:00",
        keys="active_power",
    )
    assert len(rows) == 36
    truth = sim.truth(PLANT)
    for row in rows:
        grid = truth.power(datetime.fromisoformat(row["start"])).grid
        assert row["values"]["active_power"] == pytest.approx(-grid, abs=2e-3)


async def test_a_plant_stands_for_its_devices(
    hass: HomeAssistant, at_home: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    battery = device_of(sim, Type.BATTERY)
    start = datetime(2026, 6, 14, tzinfo=BERLIN)
    at = (inverter, "Day", int(start.timestamp()))
    sim.override(at, {"product_power": 12.5, "total_aop": ABSENT})
    answer = await ask(
        hass,
        "get_device_history",
        *(PLANT, inverter),
        period="day",
        start="2026-06-14",
        end="2026-06-15",
    )
    devices = answer[PLANT]["devices"]
    wanted = [d.id for d in sim.plants[0].devices if d.type in (38, 39)]
    assert set(devices) == {registry_id_of(hass, str(item)) for item in wanted}
    assert devices[registry_id_of(hass, str(inverter))] == answer[str(inverter)]
    (row,) = answer[str(inverter)]["rows"]
    assert row["start"] == start.isoformat()
    assert row["values"]["product_power"] == 12.5
    assert "total_aop" not in row["values"]
    (row,) = devices[registry_id_of(hass, str(battery))]["rows"]
    energy = sim.truth(PLANT).energy(start, start + timedelta(days=1))
    assert row["values"]["charge_cap"] == pytest.approx(energy.charge, abs=1e-3)
    assert row["values"]["discharge_cap"] == pytest.approx(energy.discharge, abs=1e-3)
    assert sim.count("getDevKpiDay") == 2


@pytest.mark.parametrize(
    ("period", "first", "count"),
    [("month", "2026-01-01", 6), ("year", "2023-01-01", 4)],
)
async def test_months_and_years_of_a_device(
    hass: HomeAssistant,
    at_home: None,
    setup: MockConfigEntry,
    sim: Simulator,
    period: str,
    first: str,
    count: int,
) -> None:
    rows = await of_device(hass, device_of(sim, Type.BATTERY), period=period)
    assert (rows[0]["start"], len(rows)) == (f"{first}T00:00:00+01:00", count)


async def test_types_that_the_system_does_not_serve_spoil_nothing(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    plant = fleet.utility()
    sim.plants[:] = [plant]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    day = {"start": "2026-06-14", "end": "2026-06-15"}
    answer = await ask(hass, "get_device_history", plant.code, period="day", **day)
    served = [d.id for d in plant.devices if d.type in (1, 38, 39, 41)]
    assert answer[plant.code]["devices"].keys() == {
        registry_id_of(hass, str(item)) for item in served
    }
    # Asked for by itself, it is the server's to refuse.
    with pytest.raises(HomeAssistantError) as caught:
        await of_device(hass, device_of(sim, Type.CENTRAL_INVERTER), period="day")
    assert caught.value.translation_key == "update_failed"


async def test_ten_devices_a_call_of_the_newer_interface(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    (plant,) = sim.plants
    meter = next(d for d in plant.devices if d.type == Type.POWER_SENSOR)
    plant.devices += [replace(meter, id=meter.id + n) for n in range(1, 11)]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    meters = [d.id for d in plant.devices if d.type == Type.POWER_SENSOR]
    action = ("get_device_history", *meters)
    keys = {"period": "5minute", "keys": "active_power"}
    error = await refused(hass, sim, *action, **keys)
    assert error.translation_key == "too_many_calls"
    assert (error.translation_placeholders or {})["needed"] == "2"
    answer = await ask(hass, *action[:-1], **keys)
    assert len(answer) == 10
    assert sim.count("getDevHistoryKpi") == 1


@pytest.mark.parametrize(
    ("dialect", "data", "needed"),
    [
        (Dialect.V2020, {"period": "hour", "start": "2026-06-14"}, 2),
        (Dialect.V2020, {"period": "day", "start": "2026-05-31"}, 2),
        (Dialect.V2020, {"period": "month", "start": "2024-05-31"}, 3),
        (Dialect.V2022, {"period": "hour", "start": "2026-05-21"}, 26),
        (Dialect.V2022, {"period": "hour", "start": "0001-01-01"}, 9663),
    ],
)
async def test_a_plants_calls_are_counted_before_the_first(
    hass: HomeAssistant,
    at_home: None,
    setup: MockConfigEntry,
    sim: Simulator,
    data: dict[str, str],
    needed: int,
) -> None:
    error = await refused(hass, sim, "get_plant_history", PLANT, **data)
    assert error.translation_key == "too_many_calls"
    assert (error.translation_placeholders or {})["needed"] == str(needed)


@pytest.mark.parametrize(
    ("dialect", "data", "needed"),
    [
        (Dialect.V2020, {"start": "2026-06-14"}, 6),
        (Dialect.V2022, {"start": "2026-06-14"}, 3),
        (Dialect.V2022, {"start": "2026-06-11"}, 6),
        (Dialect.V2022, {"start": "2026-05-16", "end": "2026-06-16"}, 33),
    ],
)
async def test_the_calls_of_devices_are_counted_before_the_first(
    hass: HomeAssistant,
    at_home: None,
    setup: MockConfigEntry,
    sim: Simulator,
    data: dict[str, str],
    needed: int,
) -> None:
    """Inverters, battery and meter: three types."""
    data = {"period": "5minute", "keys": "active_power", **data}
    error = await refused(hass, sim, "get_device_history", PLANT, **data)
    assert error.translation_key == "too_many_calls"
    assert (error.translation_placeholders or {})["needed"] == str(needed)


async def test_no_account_is_asked_where_another_has_no_calls(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    other = Simulator(plants=[fleet.emma()], dialect=Dialect.V2020)
    other.alarms.automatic = False
    async with other.serve() as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        code = other.plants[0].code
        days = {"period": "hour", "start": "2026-06-14", "end": "2026-06-15"}
        answer = await ask(hass, "get_plant_history", PLANT, code, **days)
        assert [len(found["rows"]) for found in answer.values()] == [24, 24]
        other.deny("getKpiStationHour", 407)
        await wait(61)
        with pytest.raises(HomeAssistantError) as caught:
            await of_plant(hass, code, **days)
        assert caught.value.translation_key == "call_refused"
        error = await refused(hass, sim, "get_plant_history", PLANT, code, **days)
        assert error.translation_key == "calls_used_up"


@pytest.mark.parametrize(
    ("action", "source", "data", "key"),
    [
        ("plant", Type.BATTERY, {"period": "day"}, "use_device_history"),
        ("device", Type.DONGLE, {"period": "day"}, "no_device_periods"),
        ("device", Type.POWER_SENSOR, {"period": "day"}, "no_device_periods"),
        ("device", Type.DONGLE, {"period": "5minute", "keys": "x"}, "no_five_minutes"),
        ("device", Type.BATTERY, {"period": "5minute"}, "keys_required"),
        ("device", PLANT, {"period": "5minute", "keys": []}, "keys_required"),
        (
            "device",
            Type.BATTERY,
            {"period": "5minute", "keys": "x", "start": "2026-05-14"},
            "period_too_long",
        ),
        (
            "plant",
            PLANT,
            {"period": "hour", "start": "2027-01-01"},
            "period_ends_first",
        ),
        (
            "device",
            Type.BATTERY,
            {"period": "day", "start": "2026-06-02", "end": "2026-06-02"},
            "period_ends_first",
        ),
    ],
)
async def test_what_cannot_be_asked(
    hass: HomeAssistant,
    at_home: None,
    setup: MockConfigEntry,
    sim: Simulator,
    action: str,
    source: Type | str,
    data: dict[str, str],
    key: str,
) -> None:
    target = source if isinstance(source, str) else device_of(sim, source)
    error = await refused(hass, sim, f"get_{action}_history", target, **data)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == key


async def test_what_has_left_the_account(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    account = setup.runtime_data
    battery = device_of(sim, Type.BATTERY)
    account.listed_devices = [d for d in account.listed_devices if d.id != battery]
    error = await refused(hass, sim, "get_device_history", battery, period="day")
    assert error.translation_key == "not_listed"
    answer = await ask(hass, "get_device_history", PLANT, period="day")
    assert registry_id_of(hass, str(battery)) not in answer[PLANT]["devices"]
    account.listed_plants = []
    for action in ("get_plant_history", "get_device_history"):
        error = await refused(hass, sim, action, PLANT, period="day")
        assert error.translation_key == "not_listed"


@pytest.mark.parametrize(
    ("action", "period"),
    [("get_plant_history", "5minute"), ("get_device_history", "hour")],
)
async def test_periods_that_do_not_exist(
    hass: HomeAssistant, setup: MockConfigEntry, action: str, period: str
) -> None:
    with pytest.raises(vol.Invalid):
        await ask(hass, action, PLANT, period=period)


@pytest.mark.parametrize("action", ["get_plant_history", "get_device_history"])
async def test_only_an_administrator_may_spend_calls(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    hass_read_only_user: User,
    action: str,
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await ask(hass, action, PLANT, period="day", context=context)

"""Devices: list, real-time data, five minutes, days, months, years."""

from datetime import datetime, timedelta

import pytest

from simulator import Dialect, Plant, Type, fleet
from simulator.dialect import TYPES_2022, live_types
from simulator.truth import Truth

from .conftest import BERLIN, BOTH, NOON, SINCE, Opener, house, of_type, park, stamp

# Keys of each type in the 2020 reference, 3.6.
KEYS = {1: 81, 14: 31, 38: 42, 15: 25, 10: 9, 17: 40, 47: 10, 39: 11, 8: 14}
NIGHT = datetime(2026, 6, 16, 1, 30, tzinfo=BERLIN)


async def test_the_list_has_every_type(opened: Opener) -> None:
    plant = park()
    async with opened(plant) as client:
        rows = await client.data("getDevList", stationCodes=plant.code)
        assert {row["devTypeId"] for row in rows} >= {*Type} - {62} | {99999}
        assert {row["esnCode"] for row in rows} >= {None, "", "null"}
        assert all(row["devDn"].startswith("NE=") for row in rows)
        assert any(row["id"] < 0 for row in rows)
        assert any(row["id"] > 10**15 for row in rows)
        assert len({row["id"] for row in rows}) == len(rows)


async def test_an_old_system_does_not_know_newer_types(opened: Opener) -> None:
    plant = park()
    async with opened(plant, dialect=Dialect.V2020) as client:
        rows = await client.data("getDevList", stationCodes=plant.code)
        types = {row["devTypeId"] for row in rows}
        assert types & {41, 23070, 60001} == set()
        assert 99999 in types
        assert "devDn" not in rows[0]
        inverter, *_ = rows
        assert inverter["invType"] == "SUN2000-100KTL-M1"


@pytest.mark.parametrize("kind", KEYS)
async def test_every_key_of_the_reference_is_there(opened: Opener, kind: int) -> None:
    plant = park()
    async with opened(plant, dialect=Dialect.V2020) as client:
        for row in await client.live(*of_type(plant, kind)):
            assert len(row) == KEYS[kind]


@BOTH
async def test_each_dialect_answers_its_own_types(
    opened: Opener, dialect: Dialect
) -> None:
    plant = park()
    async with opened(plant, dialect=dialect) as client:
        for device in plant.devices:
            body = await client.call(
                "getDevRealKpi", devIds=device.id, devTypeId=device.type
            )
            known = device.type in live_types(dialect, all_types=False)
            assert body["failCode"] == (0 if known else 20013)


async def test_a_company_s_own_system_answers_all_types(opened: Opener) -> None:
    plant = park()
    async with opened(plant, all_types=True) as client:
        for kind in (*TYPES_2022, *KEYS):
            assert await client.live(*of_type(plant, kind))


async def test_newer_systems_have_more_strings(opened: Opener) -> None:
    plant = park()
    async with opened(plant) as client:
        row, *_ = await client.live(*of_type(plant, 1))
        assert "pv36_u" in row
        assert row["pv21_i"] == 0 < row["pv20_i"]


def grid_moves(plant: Plant, sign: int) -> datetime:
    """Return the first full hour from noon with import (sign 1) or export (-1)."""
    truth = Truth(plant)
    hours = (NOON + timedelta(hours=number) for number in range(100))
    return next(at for at in hours if truth.power(at).grid * sign > 0)


@pytest.mark.parametrize("sign", [1, -1])
async def test_the_three_meters_agree(opened: Opener, sign: int) -> None:
    plant = park()
    at = grid_moves(plant, sign)
    async with opened(plant, at=at) as client:
        truth = client.sim.truth(plant.code).power(at)
        [grid] = await client.live(*of_type(plant, 17))
        [sensor] = await client.live(*of_type(plant, 47))
        [emma] = await client.live(*of_type(plant, 23070))
        assert truth.grid * sign > 0
        assert emma["active_power"] == pytest.approx(truth.grid)
        assert grid["active_power"] == pytest.approx(-truth.grid * 1000)
        assert sensor["active_power"] == pytest.approx(-truth.grid * 1000, abs=0.1)
        assert emma["active_cap"] == sensor["reverse_active_cap"]
        assert emma["reverse_active_cap"] == sensor["active_cap"]
        amps = 3 * grid["a_u"] * grid["a_i"]
        assert amps == pytest.approx(abs(grid["active_power"]), rel=0.05)


async def test_grid_meters_of_2020_send_kilowatts(opened: Opener) -> None:
    plant = park()
    at = grid_moves(plant, -1)
    async with opened(plant, at=at, dialect=Dialect.V2020) as client:
        truth = client.sim.truth(plant.code).power(at)
        [grid] = await client.live(*of_type(plant, 17))
        assert grid["active_power"] == pytest.approx(-truth.grid)


@pytest.mark.parametrize("at", [NOON, NIGHT], ids=["noon", "night"])
async def test_live_rows_make_the_house_s_balance(opened: Opener, at: datetime) -> None:
    plant = house()
    async with opened(plant, at=at) as client:
        truth = client.sim.truth(plant.code).power(at)
        inverters = await client.live(*of_type(plant, 38))
        [battery] = await client.live(*of_type(plant, 39))
        [meter] = await client.live(*of_type(plant, 47))
        pv = sum(row["mppt_power"] for row in inverters)
        grid = -meter["active_power"] / 1000
        load = sum(row["active_power"] for row in inverters) + grid
        assert pv == pytest.approx(truth.pv)
        assert load == pytest.approx(truth.load, abs=1e-3)
        watts = -battery["ch_discharge_power"]
        assert watts == pytest.approx(truth.battery * 1000, abs=0.1)


async def test_a_park_balances_with_its_own_storage(opened: Opener) -> None:
    plant = park()
    async with opened(plant, all_types=True) as client:
        truth = client.sim.truth(plant.code).power(NOON)
        rows = [
            row
            for kind in (1, 14, 38)
            for row in await client.live(*of_type(plant, kind))
        ]
        [storage] = await client.live(*of_type(plant, 41))
        [emma] = await client.live(*of_type(plant, 23070))
        supplied = sum(row["active_power"] for row in rows)
        load = supplied - storage["ch_discharge_power"] / 1000 + emma["active_power"]
        assert load == pytest.approx(truth.load, abs=1e-2)


async def test_strings_carry_the_inverter_s_power(opened: Opener) -> None:
    plant = house()
    async with opened(plant) as client:
        for row in await client.live(*of_type(plant, 38)):
            watts = sum(row[f"pv{n}_u"] * row[f"pv{n}_i"] for n in range(1, 9))
            assert watts / 1000 == pytest.approx(row["mppt_power"], rel=0.02)


async def test_inverters_sleep_at_night(opened: Opener) -> None:
    plant = park()
    async with opened(plant, at=NIGHT, quirks=True, all_types=True) as client:
        offline, silent, late = await client.live(*of_type(plant, 1))
        assert {offline["inverter_state"], silent["inverter_state"]} == {0xA000}
        assert (offline["run_state"], silent["run_state"]) == (0, 1)
        assert (offline["active_power"], silent["active_power"]) == (0, None)
        assert (offline["day_cap"], silent["day_cap"]) == (0, 0)
        # LATE_MIDNIGHT: yesterday's counter.
        assert late["day_cap"] > 100
        client.sim.clock.advance(timedelta(hours=6))
        await client.login()
        [*_, late] = await client.live(*of_type(plant, 1))
        assert 0 < late["day_cap"] < 100
        assert late["inverter_state"] == 512.0


async def test_clean_devices_reset_at_midnight(opened: Opener) -> None:
    plant = park()
    async with opened(plant, at=NIGHT) as client:
        assert [row["day_cap"] for row in await client.live(*of_type(plant, 1))] == [
            0
        ] * 3


async def test_the_lifetime_counter_is_forgotten_now_and_then(opened: Opener) -> None:
    plant = house()
    async with opened(plant, at=NIGHT, quirks=True) as client:
        seen = []
        for _ in range(24):
            client.sim.clock.advance(timedelta(minutes=5))
            _, row = await client.live(*of_type(plant, 38))
            seen.append(row["total_cap"])
        assert None in seen
        assert {value for value in seen if value} == {max(value or 0 for value in seen)}


async def test_quirks_of_a_house(opened: Opener) -> None:
    plant = house()
    async with opened(plant, quirks=True) as client:
        hybrid, plain = await client.live(*of_type(plant, 38))
        [battery] = await client.live(*of_type(plant, 39))
        [meter] = await client.live(*of_type(plant, 47))
        assert hybrid["close_time"] == "N/A"
        assert isinstance(hybrid["inverter_state"], float)
        assert hybrid["day_cap"] != round(hybrid["day_cap"], 4)
        assert (plain["efficiency"], plain["mppt_1_cap"]) == (100.0, 0.0)
        assert plain["pv2_u"] is None
        assert isinstance(plain["close_time"], int)
        first, second, third = battery["battery_unit_info"]["unit1"]
        assert (first["soh"], second["soh"], third) == ("95.0%", "93.0%", None)
        assert battery["battery_soh"] == 0.0
        assert isinstance(meter["active_cap"], str)


async def test_a_percentage_may_be_a_text(opened: Opener) -> None:
    plant = park()
    async with opened(plant, quirks=True) as client:
        [row] = await client.live(*of_type(plant, 38))
        assert row["efficiency"].endswith("%")


async def test_five_minutes_of_an_old_system(opened: Opener) -> None:
    plant = house()
    device, _ = of_type(plant, 38)
    async with opened(plant, dialect=Dialect.V2020) as client:
        rows = await client.data(
            "getDevFiveMinutes",
            devIds=device.id,
            devTypeId=38,
            collectTime=stamp(NOON - timedelta(days=1)),
        )
        assert len(rows) == 288
        midnight = (NOON - timedelta(days=1)).replace(hour=0, minute=0)
        assert rows[0]["collectTime"] == stamp(midnight)
        assert "run_state" not in rows[0]["dataItemMap"]
        made = sum(row["dataItemMap"]["active_power"] for row in rows) / 12
        last = rows[-1]["dataItemMap"]
        assert made == pytest.approx(
            last["day_cap"] + last["active_power"] / 12, abs=0.02
        )
        today = await client.data(
            "getDevFiveMinutes",
            devIds=device.id,
            devTypeId=38,
            collectTime=stamp(NOON),
        )
        assert len(today) == 145


async def test_history_of_a_newer_system(opened: Opener) -> None:
    plant = house()
    [battery] = of_type(plant, 39)
    async with opened(plant) as client:
        rows = await client.data(
            "getDevHistoryKpi",
            devIds=battery.id,
            devTypeId=39,
            startTime=stamp(NOON - timedelta(days=3)),
            endTime=stamp(NOON),
        )
        assert len(rows) == 3 * 288
        assert {row["devId"] for row in rows} == {battery.id}


@pytest.mark.parametrize("period", ["Day", "Month", "Year"])
async def test_period_data_of_devices(opened: Opener, period: str) -> None:
    plant = park()
    async with opened(plant) as client:

        async def rows(kind: int) -> list[dict]:
            return await client.rows(
                f"getDevKpi{period}",
                devIds=",".join(str(device.id) for device in of_type(plant, kind)),
                devTypeId=kind,
                collectTime=stamp(NOON),
            )

        inverters = await rows(1)
        assert len(inverters) == 3 * {"Day": 15, "Month": 6, "Year": 1}[period]
        assert len(inverters[0]) == (6 if period == "Day" else 3)
        assert sum(row["product_power"] for row in inverters) > 0
        storage = await rows(41)
        assert set(storage[0]) == {
            "charge_cap",
            "discharge_cap",
            "charge_time",
            "discharge_time",
        }
        assert storage[-1]["charge_time"] > 0


async def test_devices_come_and_go(opened: Opener) -> None:
    plant = house()
    async with opened(plant) as client:
        sensor = plant.devices.pop(3)
        rows = await client.data("getDevList", stationCodes=plant.code)
        assert sensor.id not in {row["id"] for row in rows}
        body = await client.call("getDevRealKpi", devIds=sensor.id, devTypeId=47)
        assert body["failCode"] == 20008
        plant.devices.append(sensor)
        assert await client.live(sensor)
        client.sim.override(sensor.id, {"active_power": None})
        assert (await client.live(sensor))[0]["active_power"] is None


def test_fleets_of_any_size() -> None:
    plants = fleet.many(250, 8)
    assert len({plant.code for plant in plants}) == 250
    ids = {device.id for plant in plants for device in plant.devices}
    assert len(ids) == 2000
    assert len({plant.site for plant in plants}) == 8
    assert len(fleet.many(1, 2)[0].devices) == 2
    assert [plant.name for plant in fleet.demo()] == ["Sonnenhof", "Solarpark Süd"]
    assert of_type(fleet.emma(connected=SINCE), 23070)

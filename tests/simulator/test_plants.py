"""Plants: lists, real-time data, and the four histories."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from simulator import ABSENT, Dialect, fleet

from .conftest import BERLIN, BOTH, NOON, Opener, house, park, stamp

HISTORIES = ("Hour", "Day", "Month", "Year")


async def test_the_old_list_is_in_megawatts(opened: Opener) -> None:
    async with opened(house(), park(), dialect=Dialect.V2020) as client:
        plants = await client.data("getStationList")
        assert plants[0]["stationCode"] == "NE=33554785"
        assert [plant["capacity"] for plant in plants] == [0.01056, 1.0112]
        assert [plant["combineType"] for plant in plants] == ["3", "1"]
        async with client.post("stations", pageNo=1) as response:
            assert response.status == 404
            assert response.content_type == "text/html"
        async with client.post("getDevHistoryKpi") as response:
            assert response.status == 404


async def test_the_new_list_has_pages_and_kilowatts(opened: Opener) -> None:
    async with opened(*fleet.many(130, 1), dialect=Dialect.V2022) as client:
        first = await client.data("stations", pageNo=1, pageSize=100)
        second = await client.data("stations", pageNo=2, pageSize=100)
        assert (first["total"], first["pageCount"]) == (130, 2)
        assert (len(first["list"]), len(second["list"])) == (100, 30)
        assert second["pageNo"] == 2
        assert first["list"][0]["capacity"] == 10.56
        assert (await client.data("stations", pageNo=3))["list"] == []
        assert (await client.call("getStationList"))["failCode"] == 401
        assert (await client.call("getDevFiveMinutes"))["failCode"] == 401


async def test_the_connection_date_has_the_offset_of_its_day(opened: Opener) -> None:
    plants = [
        house(code="A", connected=date(2026, 1, 10)),
        house(code="B", connected=date(2026, 6, 10)),
        house(code="C", connected=date(2026, 6, 10), timezone="Asia/Kolkata"),
    ]
    async with opened(*plants) as client:
        listed = (await client.data("stations"))["list"]
        assert [plant["gridConnectionDate"] for plant in listed] == [
            "2026-01-10T00:00:00+01:00",
            "2026-06-10T00:00:00+02:00",
            "2026-06-10T00:00:00+05:30",
        ]


@pytest.mark.parametrize("plant", [house(), park()], ids=["house", "park"])
async def test_the_identities_close_in_every_row(opened: Opener, plant) -> None:
    async with opened(plant) as client:
        for history in HISTORIES:
            rows = await client.rows(
                f"getKpiStation{history}",
                stationCodes=plant.code,
                collectTime=stamp(NOON),
            )
            assert rows
            for row in rows:
                flow = row["PVYield"] + row["dischargeCap"] - row["chargeCap"]
                own = row["PVYield"] - row["ongrid_power"]
                provided = row["inverterYield"] - row["ongrid_power"]
                used = row["selfProvide"] + row["buyPower"]
                assert row["inverterYield"] == pytest.approx(flow, abs=1e-6)
                assert row["selfUsePower"] == pytest.approx(own, abs=1e-6)
                assert row["selfProvide"] == pytest.approx(provided, abs=1e-6)
                assert row["use_power"] == pytest.approx(used, abs=1e-6)


@BOTH
async def test_histories_add_up_to_each_other_and_to_the_truth(
    opened: Opener, dialect: Dialect
) -> None:
    plant = house()
    async with opened(plant, dialect=dialect) as client:

        async def total(history: str, at: datetime, key: str) -> float:
            rows = await client.rows(
                f"getKpiStation{history}",
                stationCodes=plant.code,
                collectTime=stamp(at),
            )
            return sum(row[key] for row in rows)

        days = [datetime(2026, 5, day, 9, tzinfo=BERLIN) for day in range(1, 32)]
        start, end = days[0].replace(hour=0), datetime(2026, 6, 1, tzinfo=BERLIN)
        truth = client.sim.truth(plant.code).energy(start, end)
        for key, real in (
            ("ongrid_power", truth.export),
            ("power_profit", truth.revenue),
        ):
            by_hours = sum([await total("Hour", day, key) for day in days])
            by_days = await total("Day", days[0], key)
            assert by_hours == pytest.approx(real, abs=1e-2)
            assert by_days == pytest.approx(real, abs=1e-2)
            by_months = await total("Month", NOON, key)
            assert by_months == pytest.approx(await total("Year", NOON, key))


@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 5, 29), 24),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Asia/Kolkata", date(2026, 5, 29), 24),
    ],
)
async def test_rows_start_at_local_hours(
    opened: Opener, zone: str, day: date, count: int
) -> None:
    plant = house(timezone=zone, connected=date(2025, 10, 1))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    async with opened(plant) as client:
        rows = await client.data(
            "getKpiStationHour", stationCodes=plant.code, collectTime=stamp(noon)
        )
        starts = [row["collectTime"] for row in rows]
        assert starts[0] == stamp(noon.replace(hour=0))
        assert starts == [starts[0] + 3_600_000 * n for n in range(count)]
        days = await client.data(
            "getKpiStationDay", stationCodes=plant.code, collectTime=stamp(noon)
        )
        local = [
            datetime.fromtimestamp(row["collectTime"] / 1000, ZoneInfo(zone))
            for row in days
        ]
        assert [(at.day, at.hour, at.minute) for at in local] == [
            (number, 0, 0) for number in range(1, len(days) + 1)
        ]


async def test_the_running_hour_is_not_delivered_but_the_running_day_is(
    opened: Opener,
) -> None:
    plant = house()
    async with opened(plant) as client:
        asked = {"stationCodes": plant.code, "collectTime": stamp(NOON)}
        hours = await client.data("getKpiStationHour", **asked)
        assert len(hours) == 12
        days = await client.data("getKpiStationDay", **asked)
        assert len(days) == 15
        months = await client.data("getKpiStationMonth", **asked)
        assert len(months) == 6
        assert len(await client.data("getKpiStationYear", **asked)) == 1
        later = stamp(NOON + timedelta(days=2))
        assert not await client.data(
            "getKpiStationHour", **asked | {"collectTime": later}
        )


async def test_real_time_counters_are_those_of_the_truth(opened: Opener) -> None:
    plant = house()
    async with opened(plant) as client:
        [row] = await client.rows("getStationRealKpi", stationCodes=plant.code)
        midnight = NOON.replace(hour=0, minute=0)
        known = NOON.replace(minute=0)
        today = client.sim.truth(plant.code).energy(midnight, known)
        assert row["day_power"] == pytest.approx(today.pv)
        assert row["day_on_grid_energy"] == pytest.approx(today.export)
        assert row["day_use_energy"] == pytest.approx(today.consumption)
        assert row["month_power"] > row["day_power"]
        assert row["total_power"] > row["month_power"]
        assert row["real_health_state"] in {2, 3}


async def test_the_cloud_lags_over_midnight(opened: Opener) -> None:
    plant = house()
    late = datetime(2026, 6, 15, 23, 59, 30, tzinfo=BERLIN)
    async with opened(plant, at=late, quirks=True) as client:

        async def day_power() -> float:
            [row] = await client.rows("getStationRealKpi", stationCodes=plant.code)
            return float(row["day_power"])

        before = await day_power()
        client.sim.clock.advance(timedelta(minutes=4))
        assert await day_power() == before > 0
        client.sim.clock.advance(timedelta(minutes=8))
        assert await day_power() == 0


async def test_the_day_counter_falls_after_sunset(opened: Opener) -> None:
    plant = house()
    evening = datetime(2026, 6, 15, 20, 0, tzinfo=BERLIN)
    async with opened(plant, at=evening, quirks=True) as client:
        seen = []
        for _ in range(6):
            [row] = await client.rows("getStationRealKpi", stationCodes=plant.code)
            seen.append(float(row["day_power"]))
            client.sim.clock.advance(timedelta(minutes=29))
        assert seen[-1] < max(seen)


async def test_systems_of_2020_send_texts(opened: Opener) -> None:
    plant = house()
    async with opened(plant, dialect=Dialect.V2020, quirks=True) as client:
        [row] = await client.rows("getStationRealKpi", stationCodes=plant.code)
        assert all(isinstance(value, str) for value in row.values())
        assert len(row) == 6


async def test_unmeasured_values_are_null(opened: Opener) -> None:
    plant = house()
    plant.devices = plant.devices[:1]
    async with opened(plant) as client:
        [row] = await client.rows(
            "getKpiStationYear", stationCodes=plant.code, collectTime=stamp(NOON)
        )
        assert row["PVYield"] > 0
        for key in ("buyPower", "radiation_intensity"):
            assert row[key] is None
        # Seen of a plant without a meter, day after day.
        assert row["ongrid_power"] == row["use_power"] == 0


async def test_values_can_be_forced(opened: Opener) -> None:
    plant = house()
    async with opened(plant) as client:
        sim = client.sim
        sim.override(plant.code, {"day_power": "N/A", "total_power": ABSENT, "new": 1})
        [row] = await client.rows("getStationRealKpi", stationCodes=plant.code)
        assert (row["day_power"], row["new"]) == ("N/A", 1)
        assert "total_power" not in row
        sim.override(plant.code, None)
        [row] = await client.rows("getStationRealKpi", stationCodes=plant.code)
        assert row["total_power"] > 0
        midnight = int(NOON.replace(hour=0, minute=0).timestamp())
        sim.override((plant.code, "Hour", midnight), {"PVYield": 7})
        rows = await client.rows(
            "getKpiStationHour", stationCodes=plant.code, collectTime=stamp(NOON)
        )
        assert [row["PVYield"] == 7 for row in rows] == [True] + [False] * 11


async def test_a_plant_can_be_added_and_removed_while_it_runs(opened: Opener) -> None:
    async with opened(house()) as client:
        client.sim.plants.append(park())
        assert (await client.data("stations"))["total"] == 2
        del client.sim.plants[0]
        listed = (await client.data("stations"))["list"]
        assert [plant["plantName"] for plant in listed] == ["Solarpark Süd"]

"""Every interface, over HTTP, in both generations of the system."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from custom_components.smartpvms.northbound import (
    Device,
    Interface,
    NorthboundClient,
    Plant,
)
from custom_components.smartpvms.northbound.errors import (
    ResourceMissingError,
    ServerError,
    UnsupportedTypeError,
)
from simulator import Dialect, Plant as SimulatedPlant, Simulator

from .conftest import NOON, Link

INVERTER, BATTERY, METER = 38, 39, 47
BOTH = pytest.mark.parametrize("dialect", list(Dialect))
OLD = pytest.mark.parametrize("dialect", [Dialect.V2020])
ONE_DAY = timedelta(days=1)


def ids(plant: SimulatedPlant, type_id: int) -> list[int]:
    return [device.id for device in plant.devices if device.type == type_id]


@OLD
async def test_station_list_has_capacity_in_kilowatts(
    link: Link, plant: SimulatedPlant
) -> None:
    page = await link.client.station_list()
    assert page.items == (Plant(code=plant.code, name=plant.name, capacity=10.56),)
    assert page.pages == 1


async def test_stations_know_when_the_plant_was_connected(
    link: Link, plant: SimulatedPlant
) -> None:
    page = await link.client.stations()
    connected = datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=2)))
    assert page.pages == 1
    assert page.items == (Plant(plant.code, plant.name, 10.56, connected),)
    assert page.items[0].grid_connected_at.utcoffset() == timedelta(hours=2)  # type: ignore[union-attr]


@BOTH
async def test_plants_report_live_and_by_period(
    link: Link, plant: SimulatedPlant
) -> None:
    client, code = link.client, plant.code
    (live,) = await client.plant_real_time([code])
    assert (live.plant_code, live.collected_at) == (code, None)
    assert live.values["total_power"] > live.values["day_power"] > 0

    hours = await client.plant_rows(Interface.PLANT_HOUR, [code], NOON)
    days = await client.plant_rows(Interface.PLANT_DAY, [code], NOON)
    months = await client.plant_rows(Interface.PLANT_MONTH, [code], NOON)
    years = await client.plant_rows(Interface.PLANT_YEAR, [code], NOON)
    midnight = datetime(2026, 6, 14, 22, tzinfo=UTC)
    assert hours[0].collected_at == midnight
    assert [row.collected_at for row in days][:2] == [
        datetime(2026, 5, 31, 22, tzinfo=UTC) + n * ONE_DAY for n in range(2)
    ]
    assert months[-1].collected_at == days[0].collected_at
    assert years[0].collected_at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    for rows in (hours, days, months, years):
        assert {row.plant_code for row in rows} == {code}
        assert sum(row.values["inverter_power"] for row in rows) > 0


@BOTH
async def test_devices_have_their_oddities_removed(
    link: Link, plant: SimulatedPlant, dialect: Dialect
) -> None:
    devices = await link.client.devices([plant.code])
    assert [device.id for device in devices] == [device.id for device in plant.devices]
    by_type = {device.type_id: device for device in devices}
    assert devices[0] == Device(
        id=plant.devices[0].id,
        plant_code=plant.code,
        name="Inverter-1",
        type_id=INVERTER,
        model="SUN2000-6KTL-M1",
        serial=plant.devices[0].serial,
        software="V100R001C00SPC141",
    )
    # null, "" and "null"
    assert [by_type[kind].serial for kind in (BATTERY, METER, 62)] == [None] * 3
    newer = dialect is Dialect.V2022
    assert by_type[BATTERY].model == ("LUNA2000-10KWH-S0" if newer else None)


@BOTH
async def test_devices_report_live(link: Link, plant: SimulatedPlant) -> None:
    inverters = ids(plant, INVERTER)
    rows = await link.client.device_real_time(INVERTER, inverters)
    assert [row.device_id for row in rows] == inverters
    assert all(row.collected_at is None for row in rows)
    assert all(row.values["active_power"] > 0 for row in rows)
    assert rows[0].values["inverter_state"] == 512
    assert "close_time" not in rows[0].values  # "N/A"


@BOTH
async def test_devices_report_by_period(link: Link, plant: SimulatedPlant) -> None:
    client, inverters = link.client, ids(plant, INVERTER)
    days = await client.device_rows(Interface.DEVICE_DAY, INVERTER, inverters, NOON)
    months = await client.device_rows(Interface.DEVICE_MONTH, INVERTER, inverters, NOON)
    years = await client.device_rows(Interface.DEVICE_YEAR, INVERTER, inverters, NOON)
    for rows in (days, months, years):
        assert {row.device_id for row in rows} == set(inverters)
        assert all(row.collected_at for row in rows)
        assert sum(row.values["product_power"] for row in rows) > 0


@OLD
async def test_five_minutes_of_a_day(link: Link, plant: SimulatedPlant) -> None:
    rows = await link.client.device_rows(
        Interface.DEVICE_FIVE_MINUTES, BATTERY, ids(plant, BATTERY), NOON
    )
    assert rows[0].collected_at == datetime(2026, 6, 14, 22, tzinfo=UTC)
    assert rows[1].collected_at == datetime(2026, 6, 14, 22, 5, tzinfo=UTC)
    assert "battery_soc" in rows[0].values


async def test_history_of_three_days(link: Link, plant: SimulatedPlant) -> None:
    start = datetime(2026, 6, 12, tzinfo=UTC)
    rows = await link.client.device_history(
        BATTERY, ids(plant, BATTERY), start, start + 3 * ONE_DAY
    )
    assert len(rows) == 3 * 288
    assert rows[0].collected_at == start


@BOTH
async def test_an_upgrade_runs_and_is_recorded(
    link: Link, plant: SimulatedPlant
) -> None:
    upgradable, lacking = ids(plant, INVERTER)
    first, second = await link.client.upgrade(INVERTER, [upgradable, lacking])
    assert (first.device_id, first.delivered, first.code) == (upgradable, True, 0)
    assert (second.delivered, second.code) == (False, 20020)
    link.clock.wait(330)
    (record,) = await link.client.upgrade_records(INVERTER, [upgradable])
    assert record.device_id == upgradable
    assert record.upgraded_at == NOON
    assert (record.source, record.target) == ("V100R001C00SPC141", "V100R001C00SPC160")
    assert (record.progress, record.result) == (50.0, 4)


@BOTH
async def test_alarms_of_a_period(
    link: Link, sim: Simulator, plant: SimulatedPlant
) -> None:
    inverter = plant.devices[0]
    sim.alarms.raise_(plant.code, inverter, alarm_id=2062)
    link.clock.wait(60)
    (alarm,) = await link.client.alarms([plant.code], NOON, NOON + ONE_DAY, "de_DE")
    assert (alarm.plant_code, alarm.alarm_id) == (plant.code, "2062")
    assert (alarm.severity, alarm.status, alarm.type) == (1, 1, 2)
    assert (alarm.device_name, alarm.serial) == (inverter.name, inverter.serial)
    assert (alarm.device_type, alarm.cause_id) == (INVERTER, "1")
    assert alarm.name == "Isolationswiderstand niedrig"
    assert alarm.cause and alarm.suggestion
    assert alarm.raised_at == NOON


async def test_alarm_filters_are_sent_when_given(
    link: Link, sim: Simulator, plant: SimulatedPlant
) -> None:
    await link.client.alarms(
        [plant.code],
        NOON,
        NOON,
        "en_UK",
        statuses=[1, 2],
        severities=[1],
        device_types=[INVERTER, BATTERY],
        types=[2],
        device_name="Inverter",
    )
    stamp = int(NOON.timestamp() * 1000)
    wanted = {
        "stationCodes": plant.code,
        "beginTime": stamp,
        "endTime": stamp,
        "language": "en_UK",
    }
    filters = {
        "status": "1,2",
        "levels": "1",
        "devTypes": "38,39",
        "types": "2",
        "devName": "Inverter",
    }
    assert sim.calls[-1].payload == wanted | filters
    link.clock.wait(1801)
    await link.client.alarms([plant.code], NOON, NOON, "en_UK")
    assert sim.calls[-1].payload == wanted


@BOTH
async def test_registration_tells_serials_apart(
    link: Link, plant: SimulatedPlant
) -> None:
    serial = str(plant.devices[0].serial)
    answer = await link.client.registration(
        [serial, "HV-unknown"], plant.contact_method, "my key"
    )
    assert answer.registered == {serial: True, "HV-unknown": False}
    assert answer.key == "my key"
    link.clock.wait(61)
    answer = await link.client.registration([serial], plant.contact_method)
    assert answer.key is None
    link.clock.wait(61)
    with pytest.raises(ResourceMissingError, match="user does not exist"):
        await link.client.registration([serial], "nobody@example.com")


async def test_registration_may_fail_for_other_reasons(
    link: Link, sim: Simulator
) -> None:
    sim.deny("snIsRegister", 30008)
    with pytest.raises(ServerError) as caught:
        await link.client.registration(["HV"], "someone")
    assert caught.value.code == 30008


@BOTH
async def test_login_and_logout(link: Link, sim: Simulator) -> None:
    def is_open() -> tuple[bool, bool]:
        return link.session.is_open, sim.sessions.token is not None

    await link.client.session.log_in()
    assert is_open() == (True, True)
    await link.client.session.log_out()
    assert is_open() == (False, False)
    assert (sim.count("login"), sim.count("logout"), len(sim.calls)) == (1, 1, 2)


type Ask = Callable[[NorthboundClient], Awaitable[Any]]

PLANTS, DEVICES = [f"NE={n}" for n in range(101)], list(range(101))
TOO_MUCH: dict[str, Ask] = {
    "no plants": lambda c: c.plant_real_time([]),
    "101 plants": lambda c: c.plant_real_time(PLANTS),
    "101 plants by hour": lambda c: c.plant_rows(Interface.PLANT_HOUR, PLANTS, NOON),
    "101 plants by day": lambda c: c.plant_rows(Interface.PLANT_DAY, PLANTS, NOON),
    "101 plants by month": lambda c: c.plant_rows(Interface.PLANT_MONTH, PLANTS, NOON),
    "101 plants by year": lambda c: c.plant_rows(Interface.PLANT_YEAR, PLANTS, NOON),
    "devices of 101 plants": lambda c: c.devices(PLANTS),
    "no devices": lambda c: c.device_real_time(1, []),
    "101 devices": lambda c: c.device_real_time(1, DEVICES),
    "101 devices by five minutes": lambda c: c.device_rows(
        Interface.DEVICE_FIVE_MINUTES, 1, DEVICES, NOON
    ),
    "101 devices by day": lambda c: c.device_rows(
        Interface.DEVICE_DAY, 1, DEVICES, NOON
    ),
    "101 devices by month": lambda c: c.device_rows(
        Interface.DEVICE_MONTH, 1, DEVICES, NOON
    ),
    "101 devices by year": lambda c: c.device_rows(
        Interface.DEVICE_YEAR, 1, DEVICES, NOON
    ),
    "history of 11": lambda c: c.device_history(1, DEVICES[:11], NOON, NOON + ONE_DAY),
    "history too long": lambda c: c.device_history(
        1, [1], NOON, NOON + timedelta(days=3, seconds=1)
    ),
    "history backwards": lambda c: c.device_history(1, [1], NOON, NOON - ONE_DAY),
    "history of nothing": lambda c: c.device_history(1, [1], NOON, NOON),
    "11 upgrades": lambda c: c.upgrade(38, DEVICES[:11]),
    "upgrade of a battery": lambda c: c.upgrade(39, [1]),
    "11 records": lambda c: c.upgrade_records(1, DEVICES[:11]),
    "records of a meter": lambda c: c.upgrade_records(47, [1]),
    "alarms of 101 plants": lambda c: c.alarms(PLANTS, NOON, NOON, "en_UK"),
    "alarms backwards": lambda c: c.alarms(["NE=1"], NOON, NOON - ONE_DAY, "en_UK"),
    "alarms of 32 days": lambda c: c.alarms(
        ["NE=1"], NOON - 32 * ONE_DAY, NOON, "en_UK"
    ),
    "alarms in no language": lambda c: c.alarms(["NE=1"], NOON, NOON, ""),
    "no serial": lambda c: c.registration([], "user"),
    "21 serials": lambda c: c.registration(PLANTS[:21], "user"),
    "a long key": lambda c: c.registration(["HV"], "user", "k" * 257),
}


@pytest.mark.parametrize("ask", TOO_MUCH.values(), ids=list(TOO_MUCH))
async def test_arguments_are_checked_before_a_call_is_spent(
    link: Link, sim: Simulator, ask: Ask
) -> None:
    with pytest.raises(ValueError):
        await ask(link.client)
    assert sim.calls == []
    assert link.ledger.lanes == {}


MOST: dict[str, Ask] = {
    "plants": lambda c: c.plant_real_time(PLANTS[:100]),
    "devices": lambda c: c.device_rows(Interface.DEVICE_DAY, 38, DEVICES[:100], NOON),
    "history": lambda c: c.device_history(
        38, DEVICES[:10], NOON, NOON + timedelta(days=3)
    ),
    "upgrades": lambda c: c.upgrade(38, DEVICES[:10]),
    "serials": lambda c: c.registration(PLANTS[:20], "user", "k" * 256),
    "alarms": lambda c: c.alarms(
        PLANTS[:100], NOON - timedelta(days=31), NOON, "en_UK"
    ),
}


@pytest.mark.parametrize("ask", MOST.values(), ids=list(MOST))
async def test_the_largest_call_is_one_the_server_takes(
    link: Link, sim: Simulator, ask: Ask
) -> None:
    """It knows none of these, but complains of nothing else."""
    with pytest.raises(ResourceMissingError):
        await ask(link.client)
    assert sim.calls[-1].fail_code in {20007, 20008, 0}


async def test_an_unsupported_type_leaves_its_lane_open(link: Link) -> None:
    with pytest.raises(UnsupportedTypeError):
        await link.client.device_real_time(62, [1])
    assert link.ledger.lane(Interface.DEVICE_REAL_TIME).reason is None

"""Quotas: one call a minute in 2020, windows by the size of the fleet since 2022."""

import asyncio
from datetime import timedelta

import pytest

from simulator import Dialect, Fault, Simulator, Type, fleet
from simulator.quota import DAY, Edition, Fleet, Quota, Rules, Window, limits

from .conftest import Opener, house, of_type, park, until

MINUTE = timedelta(minutes=1)


async def admitted(client, interface: str, calls: int, **asked) -> int:
    """Call an interface ``calls`` times; returns the number of admitted calls."""
    codes = [(await client.call(interface, **asked))["failCode"] for _ in range(calls)]
    return sum(code != 407 for code in codes)


async def test_a_call_too_many(opened: Opener) -> None:
    async with opened(dialect=Dialect.V2020, window=1) as client:
        assert (await client.call("getStationList"))["failCode"] == 0
        body = await client.call("getStationList")
        assert body["failCode"] == 407
        assert body["success"] is False
        assert body["data"] == "ACCESS_FREQUENCY_IS_TOO_HIGH"
        assert client.sim.count("getStationList") == 2
        assert client.sim.count("getStationList", fail_code=407) == 1
        assert client.sim.count(fail_code=0) == 2


async def test_2020_lets_each_interface_be_called_once_a_minute(opened: Opener) -> None:
    plant = house()
    async with opened(plant, dialect=Dialect.V2020, window=1) as client:
        for interface in ("getStationRealKpi", "getDevList"):
            assert await admitted(client, interface, 3, stationCodes=plant.code) == 1
        client.sim.clock.advance(MINUTE)
        assert await admitted(client, "getDevList", 2, stationCodes=plant.code) == 1


@pytest.mark.parametrize(
    ("interface", "calls", "period"),
    [
        ("stations", 34, 24 * 60 * MINUTE),
        ("getStationRealKpi", 1, 5 * MINUTE),
        ("getKpiStationHour", 25, 24 * 60 * MINUTE),
        ("getDevList", 25, 24 * 60 * MINUTE),
        ("getDevRealKpi", 3, 5 * MINUTE),
        ("getDevKpiDay", 26, 24 * 60 * MINUTE),
        ("getAlarmList", 3, 30 * MINUTE),
        ("devUpgrade", 1, MINUTE),
    ],
)
async def test_2022_has_windows(
    opened: Opener, interface: str, calls: int, period: timedelta
) -> None:
    async with opened(house(), window=1) as client:
        client.sim.quota.rules = Rules(one_a_minute=False)
        assert await admitted(client, interface, calls + 2) == calls
        client.sim.clock.advance(period)
        await client.login()
        assert await admitted(client, interface, calls + 2) == calls


async def test_history_has_two_windows(opened: Opener) -> None:
    async with opened(house(), window=1) as client:
        admit = 0
        for _ in range(40):
            admit += await admitted(client, "getDevHistoryKpi", 2)
            client.sim.clock.advance(MINUTE)
        # Types 38, 39 and 47, one batch of ten each, plus 24.
        assert admit == 27


def test_limits_grow_with_the_fleet() -> None:
    plants = [*fleet.many(240, 5), house(), park()]
    size = Fleet.of(plants, Dialect.V2022, all_types=False)

    def windows(interface: str) -> list[int]:
        return [window.calls for window in limits(interface, Dialect.V2022, size)]

    # 242 plants. Devices: 485 of type 38, 242 of 39, 242 of 47; one batch each of
    # types 1, 10, 17, 23070 and 41.
    assert windows("getStationRealKpi") == [3, 1]
    assert windows("getKpiStationDay") == [27, 1]
    assert windows("getDevRealKpi") == [5 + 5 + 3 + 3]
    assert windows("getDevKpiDay") == [1 + 5 + 3 + 1 + 24, 1]
    assert windows("getDevHistoryKpi") == [5 + 49 + 25 + 25 + 24, 1]
    assert windows("stations") == [3 * 10 + 24, 1]
    assert windows("getAlarmList") == [5 + 5 + 3 + 3]
    of_2022 = Rules(Edition.V2022, one_a_minute=False)
    for interface, calls in {
        "stations": 24,
        "getAlarmList": 3,
        "getDevList": 27,
    }.items():
        assert limits(interface, Dialect.V2022, size, of_2022)[0].calls == calls
    assert windows("login") == [5]
    assert windows("logout") == []
    empty = Fleet.of([], Dialect.V2022, all_types=False)
    assert limits("getDevRealKpi", Dialect.V2022, empty)[0].calls == 1


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_five_logins_in_ten_minutes(opened: Opener, dialect: Dialect) -> None:
    async with opened(dialect=dialect, window=1, login=False) as client:
        assert [await client.login() for _ in range(6)] == [0, 0, 0, 0, 0, 407]
        client.sim.clock.advance(10 * MINUTE)
        assert await client.login() == 0


async def test_lost_sessions_cost_nothing(opened: Opener) -> None:
    async with opened(window=1) as client:
        client.sim.evict()
        assert (await client.call("getAlarmList"))["failCode"] == 305
        await client.login()
        assert (await client.call("getDevList"))["failCode"] == 20010
        assert (await client.call("getDevList"))["failCode"] == 407


async def test_windows_can_be_shortened(opened: Opener) -> None:
    async with opened(dialect=Dialect.V2020, window=0.1) as client:
        assert await admitted(client, "getStationList", 2) == 1
        client.sim.clock.advance(timedelta(seconds=6))
        assert await admitted(client, "getStationList", 2) == 1
    async with opened(dialect=Dialect.V2020, window=0) as client:
        assert await admitted(client, "getStationList", 30) == 30


async def test_one_request_at_a_time(opened: Opener) -> None:
    async with opened(window=1) as client:
        client.sim.faults.add(Fault("stall", "stations", times=1))
        hanging = asyncio.create_task(client.call("stations"))
        await client.sim.stalled.wait()
        assert (await client.call("stations"))["failCode"] == 407
        assert client.sim.quota.refused == {"stations": 1}
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await until(lambda: not client.sim.stalled.is_set())


async def test_a_fault_is_no_refusal(opened: Opener) -> None:
    async with opened(window=1) as client:
        client.sim.quota.rules = Rules(Edition.V2022, one_a_minute=False)
        client.sim.faults.add(Fault("code", "stations", times=1, code=407))
        assert await admitted(client, "stations", 25) == 23
        assert client.sim.count("stations", 407) == 2
        assert client.sim.quota.refused == {"stations": 1}


def test_a_clock_that_is_set_back_forgets_the_future() -> None:
    quota, windows = Quota(), (Window(1, DAY),)
    assert quota.admit("stations", windows, 1_000_000.0)
    assert not quota.admit("stations", windows, 1_000_001.0)
    assert quota.admit("stations", windows, 500_000.0)


def test_defaults() -> None:
    sim = Simulator()
    assert (sim.dialect, sim.quota.scale, sim.quirks) == (Dialect.V2022, 1.0, True)
    assert of_type(sim.plants[1], Type.EMMA)

"""The refusals of the real server, with the codes of the reference."""

from datetime import timedelta
from typing import Any

import pytest

from simulator import Dialect, fleet
from simulator.alarms import CHANCE_PER_DAY

from .conftest import NOON, Northbound, Opener, house, of_type, park, stamp

PLANT, PARK = house(), park()
INVERTER, SECOND = (str(device.id) for device in of_type(PLANT, 38))
[METER] = (str(device.id) for device in of_type(PLANT, 47))
MANY = ",".join(str(number) for number in range(101))
DAY = timedelta(days=1)
ALARMS = {
    "stationCodes": PLANT.code,
    "beginTime": stamp(NOON - DAY),
    "endTime": stamp(NOON),
    "language": "en_UK",
}
HISTORY = {
    "devIds": INVERTER,
    "devTypeId": 38,
    "startTime": stamp(NOON - DAY),
    "endTime": stamp(NOON),
}

PLANT_INTERFACES = (
    "getStationRealKpi",
    "getKpiStationHour",
    "getKpiStationDay",
    "getKpiStationMonth",
    "getKpiStationYear",
    "getDevList",
    "getAlarmList",
)
DEVICE_INTERFACES = (
    "getDevRealKpi",
    "getDevHistoryKpi",
    "getDevKpiDay",
    "getDevKpiMonth",
    "getDevKpiYear",
    "devUpgrade",
    "getDevUpgradeInfo",
)

PLANT_REFUSALS: list[tuple[dict[str, Any], int]] = [
    ({}, 20010),
    ({"stationCodes": " , "}, 20010),
    ({"stationCodes": MANY}, 20014),
    ({"stationCodes": "NE=1"}, 20007),
    ({"stationCodes": f"{PLANT.code},NE=1"}, 20007),
]
DEVICE_REFUSALS: list[tuple[dict[str, Any], int]] = [
    ({"devTypeId": 38}, 20011),
    ({"devTypeId": 38, "devIds": f"{INVERTER},,{SECOND}"}, 20005),
    ({"devTypeId": 38, "devIds": "7"}, 20008),
    ({"devTypeId": 38, "devIds": f"{INVERTER},{METER}"}, 20006),
    ({"devTypeId": 62, "devIds": METER}, 20013),
    ({"devTypeId": "", "devIds": METER}, 20013),
]
OTHERS: list[tuple[str, dict[str, Any], int]] = [
    ("getDevRealKpi", {"devTypeId": 38, "devIds": MANY}, 20016),
    ("getDevKpiDay", {"devTypeId": 38, "devIds": MANY}, 20016),
    ("devUpgrade", {"devTypeId": 38, "devIds": MANY[:40]}, 20018),
    ("devUpgrade", {"devTypeId": 47, "devIds": METER}, 20013),
    ("getDevUpgradeInfo", {"devTypeId": 38, "devIds": INVERTER}, 20022),
    ("getKpiStationHour", {"stationCodes": PLANT.code}, 20012),
    ("getKpiStationDay", {"stationCodes": PLANT.code, "collectTime": ""}, 20012),
    ("getDevKpiDay", {"devTypeId": 38, "devIds": INVERTER}, 20012),
    ("getDevHistoryKpi", HISTORY | {"devIds": MANY}, 20018),
    ("getDevHistoryKpi", HISTORY | {"endTime": None}, 20012),
    ("getDevHistoryKpi", HISTORY | {"endTime": stamp(NOON - 2 * DAY)}, 20023),
    ("getDevHistoryKpi", HISTORY | {"startTime": stamp(NOON - 4 * DAY)}, 20027),
    ("getAlarmList", ALARMS | {"beginTime": None}, 20012),
    ("getAlarmList", ALARMS | {"endTime": stamp(NOON - 2 * DAY)}, 20023),
    ("getAlarmList", ALARMS | {"language": ""}, 20024),
    ("getAlarmList", ALARMS | {"language": "tlh"}, 20025),
    ("getAlarmList", ALARMS | {"beginTime": stamp(NOON - 366 * DAY)}, 20026),
    ("getAlarmList", ALARMS | {"beginTime": stamp(NOON - 33 * DAY)}, 20027),
]


async def code(client: Northbound, interface: str, asked: dict[str, Any]) -> int:
    """Send a request that is refused; returns its fail code."""
    body = await client.call(interface, **asked)
    assert body["success"] is False
    assert body["data"] is None
    assert body["message"]
    assert body["params"]["currentTime"] == pytest.approx(stamp(NOON), abs=60_000)
    return int(body["failCode"])


@pytest.mark.parametrize("interface", PLANT_INTERFACES)
async def test_refusals_about_plants(opened: Opener, interface: str) -> None:
    async with opened(PLANT) as client:
        for asked, expected in PLANT_REFUSALS:
            assert await code(client, interface, asked) == expected


@pytest.mark.parametrize("interface", DEVICE_INTERFACES)
async def test_refusals_about_devices(opened: Opener, interface: str) -> None:
    async with opened(PLANT) as client:
        for asked, expected in DEVICE_REFUSALS:
            assert await code(client, interface, asked) == expected


@pytest.mark.parametrize(("interface", "asked", "expected"), OTHERS)
async def test_other_refusals(
    opened: Opener, interface: str, asked: dict[str, Any], expected: int
) -> None:
    async with opened(PLANT) as client:
        assert await code(client, interface, asked) == expected


async def test_languages_of_the_dialects(opened: Opener) -> None:
    for dialect, accepted in ((Dialect.V2020, 20025), (Dialect.V2022, 0)):
        async with opened(PLANT, dialect=dialect) as client:
            for language in ("en_US", "pl_PL"):
                body = await client.call(
                    "getAlarmList", **ALARMS | {"language": language}
                )
                assert body["failCode"] == accepted
            body = await client.call("getAlarmList", **ALARMS | {"language": "po_PO"})
            assert body["failCode"] == 0


async def test_numbers_may_be_texts(opened: Opener) -> None:
    async with opened(PLANT) as client:
        body = await client.call("getDevRealKpi", devIds=INVERTER, devTypeId="38")
        assert body["failCode"] == 0
        assert body["params"]["devTypeId"] == "38"


async def test_a_body_without_a_json_object_is_empty(opened: Opener) -> None:
    async with opened(PLANT) as client:
        url = f"{client.url}/thirdData/getDevList"
        for content in (b"{", b"[]", b""):
            async with client.http.post(
                url, data=content, headers=client.headers
            ) as response:
                assert (await response.json())["failCode"] == 20010


@pytest.mark.parametrize("path", ["/", "/thirdData/nothing", "/rest/pvms/web"])
async def test_unknown_paths_are_pages(opened: Opener, path: str) -> None:
    async with opened(PLANT) as client:
        async with client.http.post(f"{client.url}{path}") as response:
            assert (response.status, response.content_type) == (404, "text/html")
        async with client.http.get(f"{client.url}/thirdData/login") as response:
            assert response.status in {404, 405}


async def test_an_interface_can_be_denied(opened: Opener) -> None:
    async with opened(PLANT) as client:
        client.sim.deny("getAlarmList", 401)
        assert (await client.call("getAlarmList", **ALARMS))["failCode"] == 401
        assert (await client.call("stations"))["failCode"] == 0
        client.sim.deny("getAlarmList", None)
        assert (await client.call("getAlarmList", **ALARMS))["failCode"] == 0


async def test_a_plant_without_consent_refuses_the_whole_request(
    opened: Opener,
) -> None:
    async with opened(PLANT, PARK) as client:
        client.sim.refuse_for(PLANT.code, 20056)
        both = f"{PLANT.code},{PARK.code}"
        assert await code(client, "getStationRealKpi", {"stationCodes": both}) == 20056
        assert await client.data("getStationRealKpi", stationCodes=PARK.code)
        of_it = {"devTypeId": 38, "devIds": INVERTER}
        assert await code(client, "getDevRealKpi", of_it) == 20056
        client.sim.refuse_for(PLANT.code, None)
        client.sim.refuse_for(int(SECOND), 20046)
        assert (await client.call("getDevRealKpi", **of_it))["failCode"] == 0
        of_it["devIds"] = f"{INVERTER},{SECOND}"
        assert await code(client, "getDevRealKpi", of_it) == 20046


def test_categories_of_all_plants_have_alarms() -> None:
    assert {plant.category for plant in fleet.demo()} <= set(CHANCE_PER_DAY)

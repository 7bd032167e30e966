"""What is noted of answers: how they ended and what could not be read."""

from datetime import timedelta
from typing import Any

from aiohttp import web
import pytest

from custom_components.smartpvms.northbound import Interface as I, NorthboundError
from custom_components.smartpvms.northbound.call_log import LastAnswer, Oddity
from custom_components.smartpvms.northbound.models import DeviceRow, PlantRow, parse
from simulator import Plant, Simulator

from .conftest import NOON, Link, RawServer


async def test_the_last_answer_of_each_interface(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    record = link.session.call_log
    await link.client.stations()
    now = link.clock.now()
    assert record.answers.keys() == {I.LOGIN, I.STATIONS}
    answer = record.answers[I.STATIONS]
    assert (answer.at, answer.code, answer.error, answer.rows) == (now, 0, None, 1)
    assert 0 < answer.seconds < 10
    assert record.answers[I.LOGIN].rows is None
    devices = await link.client.devices([plant.code])
    assert record.answers[I.DEVICE_LIST].rows == len(devices) > 1
    sim.deny("getStationRealKpi", 20009)
    link.clock.wait(7)
    with pytest.raises(NorthboundError):
        await link.client.plant_real_time([plant.code])
    refused = record.answers[I.PLANT_REAL_TIME]
    assert (refused.at, refused.code) == (now + 7, 20009)
    assert (refused.error, refused.rows) == ("KpiNotConfiguredError", None)
    assert record.answers[I.STATIONS] == answer


@pytest.mark.parametrize(
    ("body", "error", "code", "oddity"),
    [
        ("<html>", "NotNorthboundError", 200, Oddity.NOT_NORTHBOUND),
        ('{"success": tr', "ResponseError", None, Oddity.UNREADABLE),
        ("[]", "ResponseError", None, Oddity.UNREADABLE),
        ('{"failCode": 20005}', "RequestError", 20005, None),
        (lambda: web.Response(status=503), "ServerError", 503, None),
    ],
)
async def test_answers_that_are_none(
    raw: RawServer,
    raw_link: Link,
    body: Any,
    error: str,
    code: int | None,
    oddity: Oddity | None,
) -> None:
    raw.answers["stations"] = body
    record = raw_link.session.call_log
    for count in (1, 2):
        with pytest.raises(NorthboundError):
            await raw_link.client.stations()
        answer = record.answers[I.STATIONS]
        assert (answer.error, answer.code, answer.rows) == (error, code, None)
        expected = {(I.STATIONS, oddity): count} if oddity else {}
        assert record.oddities == expected
        raw_link.clock.wait(3600)


async def test_oddities_add_up_by_interface(raw: RawServer, raw_link: Link) -> None:
    rows = [{"devId": 1, "dataItemMap": {"a": "N/A", "b": 1, "c": None}}, {}, 7]
    raw.answers["getDevRealKpi"] = {"success": True, "data": rows}
    raw.answers["stations"] = {"success": True, "data": {"list": [{}, rows[0]]}}
    for _ in range(2):
        assert len(await raw_link.client.device_real_time(38, [1])) == 1
        raw_link.clock.wait(3600)
    assert (await raw_link.client.stations()).items == ()
    record = raw_link.session.call_log
    assert record.oddities == {
        (I.DEVICE_REAL_TIME, Oddity.NO_OBJECT): 2,
        (I.DEVICE_REAL_TIME, Oddity.ROW_WITHOUT_ID): 2,
        (I.DEVICE_REAL_TIME, Oddity.NOT_A_NUMBER): 2,
        (I.STATIONS, Oddity.ROW_WITHOUT_ID): 2,
        (I.STATIONS, Oddity.NOT_A_NUMBER): 1,
    }
    assert record.answers[I.STATIONS].rows == 2


@pytest.mark.parametrize("data", ["being upgraded", 7, {"no": "list"}])
async def test_where_a_list_should_be(
    raw: RawServer, raw_link: Link, data: object
) -> None:
    """An object is the form of `stations` only, and it holds a list."""
    raw.answers["getAlarmList"] = {"success": True, "failCode": 0, "data": data}
    later = NOON + timedelta(days=1)
    client, record = raw_link.client, raw_link.session.call_log
    if isinstance(data, int):
        with pytest.raises(NorthboundError):
            await client.alarms(["NE=1"], NOON, later, "en_UK")
        return
    assert await client.alarms(["NE=1"], NOON, later, "en_UK") is None
    assert record.oddities == {(I.ALARMS, Oddity.NO_LIST): 1}


@pytest.mark.parametrize(
    ("data", "odd"),
    [
        (None, {}),
        ({"list": []}, {}),
        ({"total": 0}, {}),
        ("maintenance", {Oddity.NO_LIST: 1}),
        ({"list": "maintenance"}, {Oddity.NO_LIST: 1}),
    ],
)
async def test_pages_without_a_list(
    raw: RawServer, raw_link: Link, data: object, odd: dict[Oddity, int]
) -> None:
    raw.answers["stations"] = {"success": True, "data": data}
    assert (await raw_link.client.stations()).items == ()
    found = {kind: n for (_, kind), n in raw_link.session.call_log.oddities.items()}
    assert found == odd


@pytest.mark.parametrize(
    "value", ["N/A", "", "text", True, {}, {"sn": "HV1"}, [], "1e999"]
)
def test_what_is_no_number(value: Any) -> None:
    row = {"devId": 1, "dataItemMap": {"a": value, "b": "95.0%", "c": None, "d": 1}}
    assert parse([row], DeviceRow.from_row).oddities == {Oddity.NOT_A_NUMBER: 1}
    without_id = parse([row], PlantRow.from_row).oddities
    assert without_id == {Oddity.NOT_A_NUMBER: 1, Oddity.ROW_WITHOUT_ID: 1}


def test_rows_without_values_are_nothing_odd() -> None:
    plain = [{"devId": 1}, {"devId": 2, "dataItemMap": None}]
    assert not parse(plain, DeviceRow.from_row).oddities
    assert not parse(None, DeviceRow.from_row).oddities


def test_an_answer_without_particulars_is_a_good_one() -> None:
    assert LastAnswer(1.0, 2.0) == LastAnswer(1.0, 2.0, code=0, error=None, rows=None)

"""Values as real servers write them, and rows made of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from custom_components.smartpvms.northbound import models
from custom_components.smartpvms.northbound.models import (
    Alarm,
    Device,
    DeviceRow,
    Plant,
    PlantRow,
    Registration,
    UpgradeRecord,
    UpgradeResult,
    parse,
)

INFINITE, NO_NUMBER = float("inf"), float("nan")
HUGE = 10**400


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0.0),
        (-3, -3.0),
        (1.5, 1.5),
        (15.970000000000027, 15.97),
        (512.0, 512.0),
        ("12", 12.0),
        (" -4.5 ", -4.5),
        ("+.5", 0.5),
        ("3.", 3.0),
        ("1e3", 1000.0),
        ("95.0%", 95.0),
        ("95 %", 95.0),
        ("1e999", None),
        ("9" * 41, None),
        ("1_000", None),
        ("1,5", None),
        ("0x10", None),
        ("NaN", None),
        ("inf", None),
        ("N/A", None),
        ("", None),
        ("%", None),
        (None, None),
        (True, None),
        (False, None),
        ({}, None),
        ({"battery": 1}, None),
        ([1], None),
        (INFINITE, None),
        (-INFINITE, None),
        (NO_NUMBER, None),
        (HUGE, None),
    ],
)
def test_number(value: Any, number: float | None) -> None:
    assert models.number(value) == number


@pytest.mark.parametrize(
    ("value", "integer"),
    [
        (1000000214709137, 1000000214709137),
        (-1000000214709137, -1000000214709137),
        ("1000000214709137", 1000000214709137),
        (" -17 ", -17),
        ("9007199254740993", 9007199254740993),  # no float has all of these digits
        (HUGE, None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (1e300, None),
        (512.0, 512),
        ("512.0", 512),
        (38.5, None),
        ("38.5", None),
        ("9" * 20, None),
        (str(2**63), None),
        (True, None),
        (None, None),
        ("null", None),
        (INFINITE, None),
        (NO_NUMBER, None),
        ([], None),
    ],
)
def test_integer(value: Any, integer: int | None) -> None:
    found = models.integer(value)
    assert found == integer
    assert type(found) is type(integer)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" HV123 ", "HV123"),
        (0, "0"),
        (2032, "2032"),
        (2032.0, "2032"),
        (1.5, "1.5"),
        (HUGE, None),
        (INFINITE, None),
        (NO_NUMBER, None),
        ("half \ud800", "half ?"),
        ("", None),
        ("  ", None),
        ("null", None),
        ("NULL", None),
        ("N/A", None),
        ("None", None),
        (None, None),
        (True, None),
        ([], None),
        ({}, None),
    ],
)
def test_text(value: Any, text: str | None) -> None:
    assert models.text(value) == text


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1718445600000, datetime(2024, 6, 15, 10, tzinfo=UTC)),
        ("1718445600000", datetime(2024, 6, 15, 10, tzinfo=UTC)),
        (-1000, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (1e300, None),
        (HUGE, None),
        (10**18, None),
        (-62_135_596_800_000, None),
        (253_402_300_799_999, None),
        ("N/A", None),
        (None, None),
    ],
)
def test_moment(value: Any, moment: datetime | None) -> None:
    assert models.moment(value) == moment


def test_milliseconds_whatever_the_zone() -> None:
    east = datetime(2024, 6, 15, 12, tzinfo=timezone(timedelta(hours=2)))
    assert models.milliseconds(east) == 1718445600000


@pytest.mark.parametrize("data", [None, "text", 20007, True, {}, {"list": []}, []])
def test_what_is_no_list_has_no_rows(data: Any) -> None:
    assert list(models.rows(data)) == []


def test_rows_are_objects() -> None:
    assert list(models.rows([{"a": 1}, None, "b", 3, [4], {}])) == [{"a": 1}, {}]


@pytest.mark.parametrize(
    ("items", "values"),
    [
        ({}, {}),
        (None, {}),
        ("N/A", {}),
        ([1], {}),
        (
            {
                "a": 1,
                "b": "2.5",
                "c": "N/A",
                "d": None,
                "battery_unit_info": {"soc": 1},
                "e": 512.0,
                "f": True,
            },
            {"a": 1.0, "b": 2.5, "e": 512.0},
        ),
        # A serial is no value, and a place may be empty.
        (
            {
                "battery_unit_info": {
                    "unit1": [{"sn": "2210010034", "soh": "95.0%"}, None, "N/A"],
                    "unit2": [None, {"soh": "N/A", "temperature": 31.5}],
                    "unit3": {"soh": 97},
                    "unit4": [],
                    "other": [{"soh": 90}],
                }
            },
            {"module_1_1_soh": 95.0, "module_2_2_temperature": 31.5}
            | {"module_3_1_soh": 97.0},
        ),
        ({"battery_unit_info": [{"soh": 90}]}, {}),
    ],
)
def test_values(items: Any, values: dict[str, float]) -> None:
    assert models.values({"dataItemMap": items}) == values


def test_values_without_a_map() -> None:
    assert models.values({}) == {}


@pytest.mark.parametrize(
    ("make", "row", "item"),
    [
        (Plant.from_station_list, {"stationCode": "NE=1"}, Plant("NE=1", "NE=1")),
        (
            Plant.from_station_list,
            {"stationCode": "NE=1", "stationName": "Hof", "capacity": "0.01056"},
            Plant("NE=1", "Hof", 10.56),
        ),
        (
            Plant.from_stations,
            {"plantCode": 7, "plantName": "null", "capacity": "N/A"},
            Plant("7", "7"),
        ),
        (
            Plant.from_stations,
            {
                "plantCode": "NE=1",
                "capacity": 10.56,
                "gridConnectionDate": "2023-04-18T00:00:00+02:00",
            },
            Plant(
                "NE=1",
                "NE=1",
                10.56,
                datetime(2023, 4, 18, tzinfo=timezone(timedelta(hours=2))),
            ),
        ),
        (
            Device.from_row,
            {"id": "-1000000214709137", "stationCode": "NE=1", "esnCode": "null"},
            Device(-1000000214709137, "NE=1", "-1000000214709137", -1),
        ),
        (
            Device.from_row,
            {
                "id": 5.0,
                "stationCode": "NE=1",
                "devName": "Inv",
                "devTypeId": "38",
                "invType": None,
                "model": "SUN2000",
                "esnCode": " HV1 ",
                "softwareVersion": "",
            },
            Device(5, "NE=1", "Inv", 38, "SUN2000", "HV1"),
        ),
        (
            Device.from_row,
            {"id": 5, "stationCode": "NE=1", "devTypeId": 0, "invType": "A"},
            Device(5, "NE=1", "5", 0, "A"),
        ),
        (
            PlantRow.from_row,
            {"stationCode": "NE=1", "collectTime": 0},
            PlantRow("NE=1", {}, datetime(1970, 1, 1, tzinfo=UTC)),
        ),
        (
            DeviceRow.from_row,
            {"devId": "17", "dataItemMap": {"a": 1}},
            DeviceRow(17, {"a": 1.0}),
        ),
        (
            Alarm.from_row,
            {
                "stationCode": "NE=1",
                "alarmId": 2032.0,
                "causeId": -1,
                "alarmType": 0,
                "lev": "2",
                "status": 2.0,
            },
            Alarm("NE=1", "2032", "2032", severity=2, status=2, type=0, cause_id="-1"),
        ),
        (
            UpgradeResult.from_row,
            {"devId": 1, "result": True},
            UpgradeResult(1, True, 0),
        ),
        (
            UpgradeResult.from_row,
            {"devId": 1, "result": True, "failCode": "20020"},
            UpgradeResult(1, False, 20020),
        ),
        (
            UpgradeResult.from_row,
            {"devId": 1, "result": "true"},
            UpgradeResult(1, False, 0),
        ),
        (
            UpgradeRecord.from_row,
            {"devId": 1, "process": "45.5%"},
            UpgradeRecord(1, None, None, None, 45.5, None),
        ),
    ],
)
def test_a_row_is_parsed(make: Any, row: dict[str, Any], item: object) -> None:
    assert parse([row], make).items == [item]


@pytest.mark.parametrize(
    ("make", "row"),
    [
        (Plant.from_station_list, {"stationName": "Hof"}),
        (Plant.from_stations, {"plantCode": "null", "plantName": "Hof"}),
        (Device.from_row, {"id": 1}),
        (Device.from_row, {"stationCode": "NE=1"}),
        (Device.from_row, {"id": 1.5, "stationCode": "NE=1"}),
        (PlantRow.from_row, {"dataItemMap": {"a": 1}}),
        (DeviceRow.from_row, {"dataItemMap": {"a": 1}}),
        (Alarm.from_row, {"alarmId": 1}),
        (Alarm.from_row, {"stationCode": "NE=1"}),
        (UpgradeResult.from_row, {"result": True}),
        (UpgradeRecord.from_row, {"process": 1}),
    ],
)
def test_what_belongs_to_nobody_is_left_out(make: Any, row: dict[str, Any]) -> None:
    assert parse([row], make).items == []


@pytest.mark.parametrize(
    "date", [None, 1718445600000, "", "soon", "2023-04-18", "2023-04-18T00:00:00"]
)
def test_a_date_without_an_offset_says_nothing(date: Any) -> None:
    plant = Plant.from_stations({"plantCode": "NE=1", "gridConnectionDate": date})
    assert plant is not None
    assert plant.grid_connected_at is None


@pytest.mark.parametrize(
    ("data", "registered", "key"),
    [
        (None, {}, None),
        ("text", {}, None),
        ({"detail": []}, {}, None),
        (
            {"detail": {"A": True, "B": "true", "C": "false", "D": 1}, "key": "k"},
            {"A": True, "B": True, "C": False, "D": False},
            "k",
        ),
    ],
)
def test_registration(data: Any, registered: dict[str, bool], key: str | None) -> None:
    answer = Registration.from_data(data)
    assert (answer.registered, answer.key) == (registered, key)


@pytest.mark.parametrize(
    "item",
    [
        Plant("Owner-Code", "Owner-Name"),
        Device(1, "Owner-Code", "Owner-Name", 1, serial="Owner-Serial"),
        PlantRow("Owner-Code", {}),
        Alarm("Owner-Code", "1", "Grid loss", "Owner-Name", "Owner-Serial"),
        Registration({"Owner-Serial": True}, None),
        models.Page((Plant("Owner-Code", "Owner-Name"),), 1),
    ],
)
def test_a_repr_tells_nothing_about_the_owner(item: object) -> None:
    assert "Owner" not in repr(item)


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T00:00:00-02:00",
        "2023-04-18T00:00:00+23:59",
        "2023-04-18T00:00:00",
        "soon",
    ],
)
def test_a_time_of_no_calendar_or_clock_is_none(at: str) -> None:
    row: dict[str, Any] = {"plantCode": "NE=1", "gridConnectionDate": at}
    plant = Plant.from_stations(row)
    assert plant
    assert plant.grid_connected_at is None


@pytest.mark.parametrize("key", ["", "\ud800", "x" * 65, "ключ", "a\nb"])
def test_a_key_that_is_no_name_of_a_kpi_is_left_out(key: str) -> None:
    row: dict[str, Any] = {"dataItemMap": {key: 1, "day_power": 2}}
    assert models.values(row) == {"day_power": 2.0}


def test_a_serial_that_says_nothing_is_left_out() -> None:
    detail: dict[str, Any] = {"": True, "null": True, "HV1": True}
    assert Registration.from_data({"detail": detail}).registered == {"HV1": True}

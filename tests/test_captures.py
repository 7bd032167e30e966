"""Answers of real plants that no other test reads, and what follows from them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.alarms.matching import DeviceMatcher
from custom_components.smartpvms.catalogue import Counter
from custom_components.smartpvms.catalogue.battery import BATTERY
from custom_components.smartpvms.live.counters import advance
from custom_components.smartpvms.live.memory import Memory, Moment, leap_of
from custom_components.smartpvms.local_time import Day
from custom_components.smartpvms.northbound import Device
from custom_components.smartpvms.northbound.models import Alarm, Plant, PlantRow

from .captures import captured, captured_row

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_alarm_without_a_device_id_is_at_the_device_of_its_serial() -> None:
    alarm = Alarm.from_row(captured("getAlarmList_1")["data"][0])
    assert alarm
    devices = [
        Device(id=number, plant_code="NE=12345678", name="Dongle", type_id=62, serial=s)
        for number, s in ((1, "BT21YYYYYYYY"), (2, "BT21ZZZZZZZZ"))
    ]
    assert DeviceMatcher(devices).device_of(alarm) == 2


def test_values_of_a_type_outside_the_reference() -> None:
    row = captured_row(captured("getDevRealKpi_60014_1"))
    assert row["soc"] == 78
    assert row["charge_discharge_power"] == -0.4
    assert row["total_discharge"] == 123.4
    assert len(row) == 10


def test_health_of_a_battery_s_modules() -> None:
    """Beside one of the battery that says nothing: 0 is not measured."""
    row = captured_row(captured("getDevRealKpi_39_2_modules"))
    modules = {key: value for key, value in row.items() if key.startswith("module")}
    assert modules == {"module_1_1_soh": 95.0}
    assert row["battery_soh"] == 0
    kpis = {kpi.key: kpi for kpi in BATTERY}
    assert kpis["module_1_1_soh"]
    assert kpis["battery_soh"].zero_is_missing


def test_capacities_of_a_list_by_pages() -> None:
    data = captured("getStationList_1_paged")["data"]
    plants = map(Plant.from_station_list, data["list"])
    assert [plant and plant.capacity for plant in plants] == [40.0, 19.62]


def test_no_energy_while_it_is_dark_and_the_next_day_complete() -> None:
    """A plant's lifetime counter is settled up and down after midnight."""
    memory: Memory | None = None
    shown: list[float | None] = []
    for one in captured("getStationRealKpi_3_sequence"):
        told = f"2026 {one['local_time']} +0200"
        at = datetime.strptime(told, "%Y %d %b %H:%M %z").timestamp()
        row = PlantRow.from_row(one["answer"]["data"][0])
        assert row
        now = Moment(at, Day.of(at, BERLIN), leap_of(10.0))
        raw = row.values["total_power"]
        memory = advance(Counter.PLANT_LIFETIME, memory, raw, now)
        shown.append(memory and memory.value)
    evening, *night, morning = shown
    assert evening is not None
    assert morning is not None
    assert night == [evening, evening]
    assert morning - evening == pytest.approx(8253.85 - 8253.81)

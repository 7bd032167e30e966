"""KPIs of days, months and years against the reference, key by key, unit by unit."""

from collections import Counter as Count
from itertools import chain
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.components.sensor import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    SensorDeviceClass,
    SensorStateClass,
)
import pytest

from custom_components.smartpvms.catalogue import (
    DERIVED,
    DEVICE_PERIODS,
    DEVICE_TYPES,
    PERIOD_KEYS,
    PERIODS,
    PLANT,
    PLANT_PERIODS,
    Counter,
    PeriodKpi,
)
from custom_components.smartpvms.northbound import Period
from custom_components.smartpvms.northbound.interfaces import PERIOD_TYPES

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data/reference.json").read_text()
)
SENSORS: dict[str, Any] = json.loads(
    Path("custom_components/smartpvms/translations/en.json").read_text()
)["entity"]["sensor"]
ICONS: dict[str, Any] = json.loads(
    Path("custom_components/smartpvms/icons.json").read_text()
)["entity"]["sensor"]

# How the reference writes a unit, and what we make of it, with the factor.
UNITS: dict[str, tuple[str | None, float]] = {
    "currency": (None, 1),
    "Ton": ("kg", 1000),
    "Tree": (None, 1),
}
# Later editions; kWh all of them.
NEWER = (
    "PVYield",
    "inverterYield",
    "selfUsePower",
    "selfProvide",
    "buyPower",
    "chargeCap",
    "dischargeCap",
)
TABLES = [PLANT_PERIODS, *DEVICE_PERIODS.values()]
ROWS = {kpi.key: kpi for table in TABLES for kpi in chain.from_iterable(table.values())}


def plant_kpis() -> list[Any]:
    """Return (period, key, unit) of every KPI of a plant (3.3 to 3.5)."""
    return [
        pytest.param(period, key, unit, id=f"{period}-{key}")
        for period in PERIODS
        for key, unit in REFERENCE["kpis"][f"getKpiStation{period.title()}"][
            "plant"
        ].items()
    ]


def device_kpis() -> list[Any]:
    """Return (period, type id, key, unit) of every KPI of a device (3.8 to 3.10)."""
    return [
        pytest.param(period, type_id, key, unit, id=f"{period}-{type_id}-{key}")
        for period in PERIODS
        for device, kpis in REFERENCE["kpis"][f"getDevKpi{period.title()}"].items()
        for type_id in REFERENCE["device_type_ids"][device]
        for key, unit in kpis.items()
    ]


def check(kpis: tuple[PeriodKpi, ...], period: Period, key: str, unit: str) -> None:
    """Find a KPI of the reference among the sensors."""
    (kpi,) = (kpi for kpi in kpis if kpi.source == key)
    assert kpi.key == f"{period}_{key}"
    expected = UNITS.get(unit, (unit, 1))
    assert (kpi.native_unit_of_measurement, kpi.factor) == expected
    assert kpi.money is (unit == "currency")


def test_the_reference_has_so_many() -> None:
    assert len(plant_kpis()) == 3 * 12
    assert len(device_kpis()) == (4 + 3 * 6) + 2 * (4 + 3 * 3)


@pytest.mark.parametrize(("period", "key", "unit"), plant_kpis())
def test_plant_kpi(period: Period, key: str, unit: str) -> None:
    check(PLANT_PERIODS[period], period, key, unit)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("key", NEWER)
def test_plant_kpi_of_later_editions(period: Period, key: str) -> None:
    check(PLANT_PERIODS[period], period, key, "kWh")


@pytest.mark.parametrize(("period", "type_id", "key", "unit"), device_kpis())
def test_device_kpi(period: Period, type_id: int, key: str, unit: str) -> None:
    check(DEVICE_PERIODS[type_id][period], period, key, unit)


def test_nothing_that_the_reference_does_not_have() -> None:
    plant = {(p.values[0], p.values[1]) for p in plant_kpis()}
    plant |= {(period, key) for period in PERIODS for key in NEWER}
    assert {
        (period, kpi.source) for period in PERIODS for kpi in PLANT_PERIODS[period]
    } == plant
    device = {tuple(p.values[:3]) for p in device_kpis()}
    # Storage of type 41 has what a battery has.
    device |= {(period, 41, key) for period, type_id, key in device if type_id == 39}
    assert {
        (period, type_id, kpi.source)
        for type_id, table in DEVICE_PERIODS.items()
        for period in PERIODS
        for kpi in table[period]
    } == device
    assert DEVICE_PERIODS.keys() == PERIOD_TYPES


def test_no_real_time_key_is_taken() -> None:
    """`day_power`, `month_power`, `day_cap` are others' already."""
    real_time = {kpi.key for kpi in (*PLANT, *DERIVED)}
    for kind in DEVICE_TYPES.values():
        real_time |= {row.key for row in (*kind.kpis, *kind.statuses)}
    assert {"day_power", "month_power", "day_income", "day_cap"} <= real_time
    assert not real_time & PERIOD_KEYS
    assert ROWS.keys() == PERIOD_KEYS


@pytest.mark.parametrize("kpi", ROWS.values(), ids=lambda kpi: kpi.key)
def test_row_is_what_home_assistant_takes(kpi: PeriodKpi) -> None:
    assert kpi.translation_key == kpi.key.lower()
    assert re.fullmatch(r"[a-z0-9_]+", kpi.translation_key)
    assert "{" not in SENSORS[kpi.translation_key]["name"]
    assert kpi.translation_placeholders is None
    assert kpi.translation_key in ICONS
    if isinstance(kpi.device_class, SensorDeviceClass):
        assert kpi.state_class in DEVICE_CLASS_STATE_CLASSES[kpi.device_class]
        if not kpi.money:
            units = DEVICE_CLASS_UNITS[kpi.device_class]
            assert kpi.native_unit_of_measurement in units


@pytest.mark.parametrize("kpi", ROWS.values(), ids=lambda kpi: kpi.key)
def test_totals_start_with_their_period(kpi: PeriodKpi) -> None:
    is_total = kpi.state_class is SensorStateClass.TOTAL
    assert is_total is (kpi.counter is Counter.PERIOD)
    moments = ("installed_capacity", "performance_ratio", "yield_deviation")
    assert is_total is (kpi.source not in (*moments, "total_aop", "aoc_ratio"))


def test_few_are_shown_at_first() -> None:
    shown = {key for key, kpi in ROWS.items() if kpi.entity_registry_enabled_default}
    assert shown == {"day_buyPower", "day_performance_ratio"}


def test_names_tell_the_sensors_of_a_device_apart() -> None:
    for kpis, table in (
        ((*PLANT, *DERIVED), PLANT_PERIODS),
        *(
            (DEVICE_TYPES[type_id].kpis, rows)
            for type_id, rows in DEVICE_PERIODS.items()
        ),
    ):
        keys = [kpi.translation_key for rows in table.values() for kpi in rows]
        theirs = {SENSORS[key]["name"] for key in keys}
        assert len(theirs) == len(keys)
        others = Count(SENSORS[kpi.key]["name"] for kpi in kpis)
        assert not theirs & others.keys()

"""The catalogue against the reference, key by key and unit by unit."""

from collections import Counter as Count
import json
from pathlib import Path
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
    NAMES,
    OTHER,
    PLANT,
    PLANT_PERIODS,
    Counter,
    Direction,
    Kpi,
    Role,
)
from custom_components.smartpvms.catalogue.battery import BATTERY_MODES, BATTERY_STATES
from custom_components.smartpvms.catalogue.insight import INSIGHTS
from custom_components.smartpvms.catalogue.inverter import (
    INVERTER_STATES,
    PRODUCING_STATES,
)
from custom_components.smartpvms.catalogue.plant import HEALTH_STATES, REFRESH

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data/reference.json").read_text()
)
ENGLISH: dict[str, Any] = json.loads(
    Path("custom_components/smartpvms/translations/en.json").read_text()
)

# How the reference writes a unit, and what we make of it.
UNITS = {
    "kVar": "kvar",
    "Var": "var",
    "currency": None,
    "Times": None,
    "ms": None,
}
ALL_ROWS = [
    *PLANT,
    *DERIVED,
    *INSIGHTS,
    *(kpi for kind in DEVICE_TYPES.values() for kpi in kind.kpis),
]


def device_kpis() -> list[Any]:
    """Return (type id, key, unit) of every real-time KPI of the reference."""
    return [
        pytest.param(type_id, key, unit, id=f"{type_id}-{key}")
        for device, kpis in REFERENCE["kpis"]["getDevRealKpi"].items()
        for type_id in REFERENCE["device_type_ids"][device]
        for key, unit in kpis.items()
    ]


def test_the_reference_has_263_device_kpis() -> None:
    assert len(device_kpis()) == 263
    assert len(REFERENCE["kpis"]["getStationRealKpi"]["plant"]) == 6


@pytest.mark.parametrize(("type_id", "key", "unit"), device_kpis())
def test_device_kpi(type_id: int, key: str, unit: str | None) -> None:
    kind = DEVICE_TYPES[type_id]
    if key in {status.key for status in kind.statuses}:
        assert unit is None
        return
    (kpi,) = (kpi for kpi in kind.kpis if kpi.key == key)
    assert kpi.native_unit_of_measurement == UNITS.get(str(unit), unit)
    if unit == "ms":
        assert kpi.device_class is SensorDeviceClass.TIMESTAMP


@pytest.mark.parametrize(
    ("key", "unit"), REFERENCE["kpis"]["getStationRealKpi"]["plant"].items()
)
def test_plant_kpi(key: str, unit: str | None) -> None:
    (kpi,) = (kpi for kpi in PLANT if kpi.key == key)
    assert kpi.native_unit_of_measurement == UNITS.get(str(unit), unit)
    assert kpi.money is (unit == "currency")


def test_keys_are_unique_within_a_source() -> None:
    """Unique ids are made of the source and the key, so keys may not meet."""
    plant = [kpi.key for kpi in (*PLANT, *DERIVED, *INSIGHTS)] + [REFRESH]
    plant += [kpi.key for kpis in PLANT_PERIODS.values() for kpi in kpis]
    devices = [
        [row.key for row in (*kind.kpis, *kind.statuses)]
        + [row.key for rows in DEVICE_PERIODS.get(kind.id, {}).values() for row in rows]
        for kind in DEVICE_TYPES.values()
    ]
    for keys in (plant, *devices):
        assert [key for key, count in Count(keys).items() if count > 1] == []


@pytest.mark.parametrize(
    ("key", "states"),
    [
        ("inverter_state", INVERTER_STATES),
        ("battery_status", BATTERY_STATES),
        ("ch_discharge_model", BATTERY_MODES),
        ("real_health_state", HEALTH_STATES),
    ],
)
def test_enumerations_are_translated(key: str, states: dict[int, str]) -> None:
    texts = ENGLISH["entity"]["sensor"][key]["state"]
    assert set(texts) == {*states.values(), OTHER}
    assert len(set(states.values())) == len(states)


def test_every_inverter_state_of_the_reference() -> None:
    beyond = {0x0203, 0x0403, 0x0404, 0x0405, 0x0A00}
    assert INVERTER_STATES.keys() - beyond == set(REFERENCE["inverter_state"])
    assert beyond < INVERTER_STATES.keys()


def test_every_producing_state_has_a_name() -> None:
    assert INVERTER_STATES.keys() > PRODUCING_STATES


@pytest.mark.parametrize(
    "type_id",
    [
        *(23070, 23071, 23072, 23076, 23093),
        *(60001, 60003, 60009, 60010, 60013, 60014, 60016, 60026),
        *(60039, 60040, 60043, 60044, 60067, 60092, 69999),
    ],
)
def test_types_beyond_the_reference_have_a_name(type_id: int) -> None:
    assert NAMES[type_id]


@pytest.mark.parametrize(
    ("key", "number"), [("module_2_3_soh", "2.3"), ("pv12_u", "12")]
)
def test_numbers_of_a_name(key: str, number: str) -> None:
    (kpi,) = {kpi.key: kpi for kpi in ALL_ROWS if kpi.key == key}.values()
    assert kpi.translation_placeholders == {"number": number}


@pytest.mark.parametrize("kpi", ALL_ROWS, ids=lambda kpi: kpi.key)
def test_row_is_what_home_assistant_takes(kpi: Kpi) -> None:
    assert kpi.translation_key == kpi.key
    text = ENGLISH["entity"]["sensor"][kpi.key]["name"]
    assert text.format(**(kpi.translation_placeholders or {}))
    assert ("{number}" in text) == (kpi.translation_placeholders is not None)
    if kpi.direction:
        meaning = ENGLISH["entity"]["sensor"][kpi.direction]["name"]
        assert meaning.format(name="Name").startswith("Name (")
    if isinstance(kpi.device_class, SensorDeviceClass) and not kpi.money:
        if units := DEVICE_CLASS_UNITS.get(kpi.device_class):
            assert kpi.native_unit_of_measurement in units
        if kpi.state_class:
            assert kpi.state_class in DEVICE_CLASS_STATE_CLASSES[kpi.device_class]


@pytest.mark.parametrize("kpi", ALL_ROWS, ids=lambda kpi: kpi.key)
def test_only_counters_that_rise_are_total_increasing(kpi: Kpi) -> None:
    expected = {
        Counter.LIFETIME: SensorStateClass.TOTAL,
        Counter.LIFETIME_MONEY: SensorStateClass.TOTAL,
        Counter.PLANT_LIFETIME: SensorStateClass.TOTAL,
        Counter.DEVICE_DAY: SensorStateClass.TOTAL_INCREASING,
        Counter.PLANT_DAY: SensorStateClass.TOTAL,
        Counter.PLANT_DAY_MONEY: SensorStateClass.TOTAL,
        Counter.PLANT_MONTH: SensorStateClass.TOTAL,
    }
    if kpi.counter:
        assert kpi.state_class is expected[kpi.counter]
    else:
        assert kpi.state_class is not SensorStateClass.TOTAL_INCREASING


def test_a_power_in_kilowatts_has_two_decimals() -> None:
    # Home Assistant applies the precision to the suggested unit: none would show 400 W
    # as 0 kW.
    rows = [row for row in ALL_ROWS if row.device_class is SensorDeviceClass.POWER]
    assert len(rows) > 10
    assert {row.suggested_unit_of_measurement for row in rows} == {"kW"}
    assert {row.suggested_display_precision for row in rows} == {2}


def test_meters_have_opposite_signs() -> None:
    meters = {k: t for k, t in DEVICE_TYPES.items() if t.role is Role.METER}
    directions = {
        type_id: {kpi.key: kpi.direction for kpi in kind.kpis}
        for type_id, kind in meters.items()
    }
    assert directions[47]["active_cap"] is Direction.EXPORTED
    assert directions[23070]["active_cap"] is Direction.IMPORTED
    for type_id, kind in meters.items():
        assert kind.power is not None
        positive = directions[type_id]["active_power"]
        assert (kind.power.factor < 0) == (positive is Direction.EXPORT)

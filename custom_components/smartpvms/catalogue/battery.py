"""Storage: types 39 (battery behind an inverter) and 41 (C&I and utility).

Reference 3.6 and later editions. Powers in W, positive = charging. A battery of
type 39 is DC-coupled: its discharge is in its inverter's active power already.
"""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfPower, UnitOfRatio

from ..northbound import Values
from ..northbound.modules import MODULES_OF_A_UNIT, UNITS
from .kpi import (
    Counter,
    Direction,
    Kpi,
    energy,
    enumeration,
    measured,
    percentage,
    power,
    temperature,
    voltage,
)

BATTERY_STATES: Final = {
    0: "offline",
    1: "standby",
    2: "running",
    3: "faulty",
    4: "hibernating",
}

BATTERY_MODES: Final = {
    0: "none",
    1: "forced",
    2: "time_of_use_price",
    3: "fixed",
    4: "maximum_self_consumption",
    5: "fully_fed_to_grid",
    6: "time_of_use",
    7: "remote_maximum_self_consumption",
    8: "remote_fully_fed_to_grid",
    9: "remote_time_of_use",
    10: "ai_energy_control",
    11: "remote_ai_energy_control",
    12: "third_party_dispatch",
}
"""0 to 4: reference 3.6; 5 to 12: later editions."""

BATTERY: Final[tuple[Kpi, ...]] = (
    enumeration("battery_status", BATTERY_STATES),
    power("ch_discharge_power", UnitOfPower.WATT, direction=Direction.CHARGING),
    measured(
        "battery_soc",
        SensorDeviceClass.BATTERY,
        UnitOfRatio.PERCENTAGE,
        0,
        enabled=True,
    ),
    energy("charge_cap", Counter.DEVICE_DAY),
    energy("discharge_cap", Counter.DEVICE_DAY),
    enumeration(
        "ch_discharge_model", BATTERY_MODES, category=EntityCategory.DIAGNOSTIC
    ),
    percentage("battery_soh", zero_is_missing=True),
    power("max_charge_power", UnitOfPower.WATT, enabled=False),
    power("max_discharge_power", UnitOfPower.WATT, enabled=False),
    voltage("busbar_u"),
    Kpi(
        key="rated_capacity",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        zero_is_missing=True,
    ),
    *(
        row
        for unit in range(1, UNITS + 1)
        for place in range(1, MODULES_OF_A_UNIT + 1)
        for row in (
            percentage(f"module_{unit}_{place}_soh", zero_is_missing=True),
            temperature(f"module_{unit}_{place}_temperature"),
        )
    ),
)


STORAGE_TYPE: Final = 41
"""Whose sign differs between real servers: a LUNA2000-215 discharges above 0."""

STORAGE_POWER: Final = "ch_discharge_power"
"""Power of a battery in W, positive while it charges."""

# What a state of charge (%) and a counter of today (kWh) move by at the least.
_MOVED_SOC: Final = 1.0
_MOVED_ENERGY: Final = 0.05


def proves_sign(row: Values) -> bool:
    """Tell whether rows like this one can prove the sign of their power."""
    return "battery_soc" in row or {"charge_cap", "discharge_cap"} <= row.keys()


def charging_sign(before: Values, after: Values, power: float) -> int:
    """Return the sign that a storage's power has while it charges, 0 if unproved.

    `power`: any that it had between the two rows; all have had its sign, or been 0.
    """
    moved = _charged_by_level(before, after) + _charged_by_counters(before, after)
    if not moved or not power:
        return 0
    return 1 if (moved > 0) == (power > 0) else -1


def _charged_by_level(before: Values, after: Values) -> int:
    """Return 1 where the state of charge rose, -1 where it fell."""
    moved = after.get("battery_soc", 0.0) - before.get("battery_soc", 0.0)
    if "battery_soc" not in before or "battery_soc" not in after:
        return 0
    return (moved >= _MOVED_SOC) - (moved <= -_MOVED_SOC)


def _charged_by_counters(before: Values, after: Values) -> int:
    """Return 1 where the charge of today rose, -1 where the discharge did."""
    keys = ("charge_cap", "discharge_cap")
    if not all(key in row for key in keys for row in (before, after)):
        return 0
    charged, discharged = (after[key] - before[key] for key in keys)
    # A counter that falls begins another day.
    if charged < 0 or discharged < 0:
        return 0
    return (charged >= _MOVED_ENERGY > discharged) - (
        discharged >= _MOVED_ENERGY > charged
    )

"""Storage: types 39 (battery behind an inverter) and 41 (C&I and utility).

Reference 3.6 and later editions. Powers in W, positive = charging. A battery of
type 39 is DC-coupled: its discharge is in its inverter's active power already.
"""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfPower, UnitOfRatio

from .kpi import (
    Counter,
    Direction,
    Kpi,
    energy,
    enumeration,
    measured,
    percentage,
    power,
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
)

"""Plants: the real-time KPIs (reference 3.1) and what we derive from devices.

Derived powers follow Home Assistant's signs: grid positive = import, battery
positive = discharge. The formulas are in `balance.py`.
"""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfPower, UnitOfRatio

from ..northbound import Interface
from ..northbound.interfaces import CONTROL
from .kpi import Counter, Kpi, energy, enumeration, measured, money, power

HEALTH_STATES: Final = {1: "disconnected", 2: "faulty", 3: "healthy"}

PLANT: Final[tuple[Kpi, ...]] = (
    enumeration("real_health_state", HEALTH_STATES),
    energy("day_power", Counter.PLANT_DAY),
    energy("month_power", Counter.PLANT_MONTH),
    energy("total_power", Counter.PLANT_LIFETIME),
    money("day_income", Counter.PLANT_DAY_MONEY),
    money("total_income", Counter.LIFETIME_MONEY),
    # Later editions; the second pair is documented, the first one was seen.
    energy("day_on_grid_energy", Counter.PLANT_DAY),
    energy("day_use_energy", Counter.PLANT_DAY),
    energy("daily_on_grid_energy", Counter.PLANT_DAY),
    energy("daily_use_energy", Counter.PLANT_DAY),
)

EXPORTED_TODAY: Final = ("day_on_grid_energy", "daily_on_grid_energy")
USED_TODAY: Final = ("day_use_energy", "daily_use_energy")

PV_POWER: Final = "pv_power"
GRID_POWER: Final = "grid_power"
BATTERY_POWER: Final = "battery_power"
HOUSE_CONSUMPTION: Final = "house_consumption"
ENERGY_STORED: Final = "energy_stored"
SELF_CONSUMPTION_RATE: Final = "self_consumption_rate"
AUTARKY_RATE: Final = "autarky_rate"


def _rate(key: str) -> Kpi:
    return measured(key, None, UnitOfRatio.PERCENTAGE, 0, enabled=True)


LAST_DATA: Final = "last_data"
CALLS_LEFT: Final = "calls_left"


def calls_left(interface: Interface) -> str:
    """Return the key of the calls left of one lane."""
    return f"{CALLS_LEFT}_{interface.lower()}"


def _calls(key: str, *, enabled: bool) -> Kpi:
    return Kpi(
        key=key,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


BALANCE: Final[tuple[Kpi, ...]] = (
    *(
        power(key, UnitOfPower.KILO_WATT)
        for key in (PV_POWER, GRID_POWER, BATTERY_POWER, HOUSE_CONSUMPTION)
    ),
    Kpi(
        key=ENERGY_STORED,
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    _rate(SELF_CONSUMPTION_RATE),
    _rate(AUTARKY_RATE),
)

POLLING: Final[tuple[Kpi, ...]] = (
    Kpi(
        key=LAST_DATA,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _calls(CALLS_LEFT, enabled=True),
    *(
        _calls(calls_left(interface), enabled=False)
        for interface in Interface
        if interface not in CONTROL
    ),
)

DERIVED: Final = (*BALANCE, *POLLING)
"""What no row of a plant has."""

HISTORY_IMPORT: Final = Kpi(
    key="history_import",
    native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
    suggested_display_precision=0,
    entity_category=EntityCategory.DIAGNOSTIC,
)

REFRESH: Final = "refresh"

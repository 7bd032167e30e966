"""The shape of a catalogue row, and the rows that many kinds share.

A row says what a KPI of the reference means in Home Assistant: unit, class, how
its counter starts anew, whether it is shown. Its key is the reference's key and
the translation key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
import re
from typing import Final

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfRatio,
    UnitOfReactiveEnergy,
    UnitOfReactivePower,
    UnitOfTemperature,
)

OTHER: Final = "other"
"""The state of an enumeration with an undocumented number."""


class Counter(StrEnum):
    """How a counter of energy or money runs and starts anew.

    LIFETIME never starts anew, but for a replaced device. LIFETIME_MONEY never
    does, and rises and falls with the prices. PLANT_LIFETIME is settled by the server
    after the plant's midnight. DEVICE_DAY starts at 0 when the
    device's day does. PLANT_DAY, PLANT_MONTH: the plant's local day and month;
    such a value may fall within its period. PLANT_DAY_MONEY: as PLANT_DAY, and its
    value may halve or be below 0. PERIOD: a row of a day, month or
    year, which tells itself when it began.
    """

    LIFETIME = "lifetime"
    LIFETIME_MONEY = "lifetime_money"
    PLANT_LIFETIME = "plant_lifetime"
    DEVICE_DAY = "device_day"
    PLANT_DAY = "plant_day"
    PLANT_DAY_MONEY = "plant_day_money"
    PLANT_MONTH = "plant_month"
    PERIOD = "period"


class Direction(StrEnum):
    """What a positive number of a signed or paired KPI stands for.

    The value is the translation key of the words that the name carries.
    """

    CHARGING = "positive_is_charging"
    EXPORT = "positive_is_export"
    IMPORT = "positive_is_import"
    EXPORTED = "exported"
    IMPORTED = "imported"


@dataclass(frozen=True, kw_only=True)
class Kpi(SensorEntityDescription):
    """A KPI that becomes a sensor.

    `counter`: how it starts anew; `states`: the codes of an enumeration;
    `needs_production`: shown only once it was above 0 (strings and MPPTs that
    an inverter has no wires on read 0); `direction`: said in its name; `money`:
    in the plant's currency; `zero_is_missing`: 0 means not measured.
    """

    counter: Counter | None = None
    states: Mapping[int, str] | None = None
    needs_production: bool = False
    direction: Direction | None = None
    money: bool = False
    zero_is_missing: bool = False

    def __post_init__(self) -> None:
        """Take the translation key, the number in it and the states' names."""
        set_ = object.__setattr__
        set_(self, "translation_key", self.key)
        if numbers := re.findall(r"\d+", self.key):
            set_(self, "translation_placeholders", {"number": ".".join(numbers)})
        if self.states is not None:
            set_(self, "device_class", SensorDeviceClass.ENUM)
            set_(self, "options", [*dict.fromkeys(self.states.values()), OTHER])


@dataclass(frozen=True, kw_only=True)
class Status(BinarySensorEntityDescription):
    """A KPI of two states that becomes a binary sensor, on at 1."""

    def __post_init__(self) -> None:
        """Take the translation key."""
        object.__setattr__(self, "translation_key", self.key)


_STATE_CLASSES: Final = {
    None: SensorStateClass.MEASUREMENT,
    Counter.LIFETIME: SensorStateClass.TOTAL,
    Counter.LIFETIME_MONEY: SensorStateClass.TOTAL,
    Counter.PLANT_LIFETIME: SensorStateClass.TOTAL,
    Counter.DEVICE_DAY: SensorStateClass.TOTAL_INCREASING,
    Counter.PLANT_DAY: SensorStateClass.TOTAL,
    Counter.PLANT_DAY_MONEY: SensorStateClass.TOTAL,
    Counter.PLANT_MONTH: SensorStateClass.TOTAL,
    Counter.PERIOD: SensorStateClass.TOTAL,
}

_DAYS: Final = (Counter.DEVICE_DAY, Counter.PLANT_DAY, Counter.PLANT_DAY_MONEY)


def measured(
    key: str,
    device_class: SensorDeviceClass | None,
    unit: str | None,
    precision: int,
    *,
    enabled: bool = False,
    needs_production: bool = False,
    direction: Direction | None = None,
    zero_is_missing: bool = False,
) -> Kpi:
    """Return a row for a value of the moment; off by default, diagnostic."""
    return Kpi(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        suggested_display_precision=precision,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=None if enabled else EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        needs_production=needs_production,
        direction=direction,
        zero_is_missing=zero_is_missing,
    )


def power(
    key: str,
    unit: UnitOfPower = UnitOfPower.KILO_WATT,
    *,
    enabled: bool = True,
    direction: Direction | None = None,
) -> Kpi:
    """Return a row for active power, shown in kW where the interface gives W.

    An entity that exists keeps its unit: Home Assistant takes the suggestion when it
    registers one. The precision is that of the suggested unit.
    """
    row = measured(
        key,
        SensorDeviceClass.POWER,
        unit,
        2,
        enabled=enabled,
        direction=direction,
    )
    return replace(row, suggested_unit_of_measurement=UnitOfPower.KILO_WATT)


def reactive_power(
    key: str,
    unit: UnitOfReactivePower = UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE,
) -> Kpi:
    """Return a row for reactive power."""
    return measured(key, SensorDeviceClass.REACTIVE_POWER, unit, 2)


def apparent_power(key: str) -> Kpi:
    """Return a row for apparent power in kVA."""
    unit = UnitOfApparentPower.KILO_VOLT_AMPERE
    return measured(key, SensorDeviceClass.APPARENT_POWER, unit, 2)


def voltage(key: str, *, needs_production: bool = False) -> Kpi:
    """Return a row for a voltage."""
    return measured(
        key,
        SensorDeviceClass.VOLTAGE,
        UnitOfElectricPotential.VOLT,
        1,
        needs_production=needs_production,
    )


def current(key: str, *, needs_production: bool = False) -> Kpi:
    """Return a row for a current."""
    return measured(
        key,
        SensorDeviceClass.CURRENT,
        UnitOfElectricCurrent.AMPERE,
        2,
        needs_production=needs_production,
    )


def frequency(key: str) -> Kpi:
    """Return a row for a frequency."""
    return measured(key, SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ, 2)


def temperature(key: str, *, enabled: bool = False) -> Kpi:
    """Return a row for a temperature."""
    return measured(
        key,
        SensorDeviceClass.TEMPERATURE,
        UnitOfTemperature.CELSIUS,
        1,
        enabled=enabled,
    )


def power_factor(key: str = "power_factor") -> Kpi:
    """Return a row for a power factor, -1 to 1."""
    return measured(key, SensorDeviceClass.POWER_FACTOR, None, 2)


def percentage(key: str, *, zero_is_missing: bool = False) -> Kpi:
    """Return a row for a ratio in percent without a class of its own."""
    unit = UnitOfRatio.PERCENTAGE
    return measured(key, None, unit, 1, zero_is_missing=zero_is_missing)


def energy(
    key: str,
    counter: Counter,
    *,
    enabled: bool = True,
    needs_production: bool = False,
    direction: Direction | None = None,
) -> Kpi:
    """Return a row for a counter of energy in kWh."""
    return Kpi(
        key=key,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2 if counter in _DAYS else 1,
        state_class=_STATE_CLASSES[counter],
        entity_category=None if enabled else EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        counter=counter,
        needs_production=needs_production,
        direction=direction,
    )


def reactive_energy(key: str) -> Kpi:
    """Return a row for a lifetime counter of reactive energy in kvarh."""
    return Kpi(
        key=key,
        device_class=SensorDeviceClass.REACTIVE_ENERGY,
        native_unit_of_measurement=UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR,
        suggested_display_precision=1,
        state_class=SensorStateClass.TOTAL,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        counter=Counter.LIFETIME,
    )


def money(key: str, counter: Counter) -> Kpi:
    """Return a row for an income in the plant's currency."""
    return Kpi(
        key=key,
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL,
        counter=counter,
        money=True,
    )


def moment(key: str) -> Kpi:
    """Return a row for a time that the interface gives in epoch milliseconds."""
    return Kpi(
        key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def enumeration(
    key: str,
    states: Mapping[int, str],
    *,
    category: EntityCategory | None = None,
) -> Kpi:
    """Return a row for an enumeration; an unknown code reads `other`."""
    return Kpi(key=key, states=states, entity_category=category)


def phases(*keys: str) -> tuple[Kpi, ...]:
    """Return the rows of voltages (`…_u`) and currents (`…_i`)."""
    return tuple(voltage(key) if key.endswith("_u") else current(key) for key in keys)


LINE_VOLTAGES: Final = phases("ab_u", "bc_u", "ca_u")
PHASE_VALUES: Final = phases("a_u", "b_u", "c_u", "a_i", "b_i", "c_i")

"""Today, this month, this year: KPIs of plants and devices by period.

Reference 3.3 to 3.5 (plants), 3.8 to 3.10 (devices) and later editions. Each row
of a table becomes three sensors. What adds up over a period is a total that
starts with the period; the rest are values of the moment.
"""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfEnergy,
    UnitOfMass,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTime,
)

from ..northbound import Period
from .kpi import Counter, Kpi

PERIODS: Final = (Period.DAY, Period.MONTH, Period.YEAR)
"""The periods that have sensors; the name begins the key."""


@dataclass(frozen=True, kw_only=True)
class PeriodKpi(Kpi):
    """A KPI of a day, month or year.

    `source` is the interface's key; `factor` turns its unit into the sensor's.
    """

    source: str
    factor: float = 1.0

    @override
    def __post_init__(self) -> None:
        """Take the translation key, which Home Assistant wants in small letters."""
        object.__setattr__(self, "translation_key", self.key.lower())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """A KPI of the interface, whatever the period.

    `adds_up`: the longer the period, the more; `shown`: the periods in which it
    is enabled at first; `periods`: those that have it.
    """

    key: str
    unit: str | None = None
    device_class: SensorDeviceClass | None = None
    precision: int = 1
    adds_up: bool = True
    money: bool = False
    category: EntityCategory | None = None
    factor: float = 1.0
    shown: AbstractSet[Period] = frozenset()
    periods: AbstractSet[Period] = field(default_factory=lambda: frozenset(PERIODS))

    def of(self, period: Period) -> PeriodKpi:
        """Return the sensor of one period."""
        return PeriodKpi(
            key=f"{period}_{self.key}",
            source=self.key,
            factor=self.factor,
            device_class=self.device_class,
            native_unit_of_measurement=self.unit,
            suggested_display_precision=self.precision,
            state_class=SensorStateClass.TOTAL
            if self.adds_up
            else SensorStateClass.MEASUREMENT,
            counter=Counter.PERIOD if self.adds_up else None,
            money=self.money,
            entity_category=self.category,
            entity_registry_enabled_default=period in self.shown,
        )


IRRADIATION: Final = "kWh/m²"
_KILOGRAMS_PER_TON: Final = 1000.0
_TODAY: Final = frozenset({Period.DAY})


def _energy(key: str, *, shown: AbstractSet[Period] = frozenset()) -> _Row:
    return _Row(
        key=key,
        unit=UnitOfEnergy.KILO_WATT_HOUR,
        device_class=SensorDeviceClass.ENERGY,
        shown=shown,
    )


def _hours(key: str) -> _Row:
    return _Row(
        key=key,
        unit=UnitOfTime.HOURS,
        device_class=SensorDeviceClass.DURATION,
        precision=2,
    )


def _saved(key: str) -> _Row:
    """Return a row for a mass not emitted or burnt; the interface gives tonnes."""
    return _Row(
        key=key,
        unit=UnitOfMass.KILOGRAMS,
        device_class=SensorDeviceClass.WEIGHT,
        precision=0,
        factor=_KILOGRAMS_PER_TON,
    )


def _ratio(
    key: str,
    *,
    shown: AbstractSet[Period] = frozenset(),
    periods: AbstractSet[Period] = frozenset(PERIODS),
) -> _Row:
    unit = UnitOfRatio.PERCENTAGE
    return _Row(key=key, unit=unit, adds_up=False, shown=shown, periods=periods)


_CAPACITY: Final = _Row(
    key="installed_capacity",
    unit=UnitOfPower.KILO_WATT,
    device_class=SensorDeviceClass.POWER,
    precision=2,
    adds_up=False,
    category=EntityCategory.DIAGNOSTIC,
)

# Real-time data show PV, feed-in and consumption of today where a system has them.
_PLANT: Final = (
    _CAPACITY,
    _Row(key="radiation_intensity", unit=IRRADIATION, precision=2),
    _energy("theory_power"),
    _ratio("performance_ratio", shown=_TODAY),
    _energy("inverter_power"),
    _energy("ongrid_power"),
    _energy("use_power"),
    _Row(
        key="power_profit",
        device_class=SensorDeviceClass.MONETARY,
        precision=2,
        money=True,
    ),
    _hours("perpower_ratio"),
    _saved("reduction_total_co2"),
    _saved("reduction_total_coal"),
    _Row(key="reduction_total_tree", precision=0),
    _energy("PVYield"),
    _energy("inverterYield"),
    _energy("selfUsePower"),
    _energy("selfProvide"),
    _energy("buyPower", shown=_TODAY),
    _energy("chargeCap"),
    _energy("dischargeCap"),
)

_INVERTER: Final = (
    _CAPACITY,
    _energy("product_power"),
    _hours("perpower_ratio"),
    _ratio("yield_deviation", periods=_TODAY),
    _ratio("total_aop", periods=_TODAY),
    _ratio("aoc_ratio", periods=_TODAY),
)

_STORAGE: Final = (
    _energy("charge_cap"),
    _energy("discharge_cap"),
    _hours("charge_time"),
    _hours("discharge_time"),
)

type Periods = Mapping[Period, tuple[PeriodKpi, ...]]


def _by_period(rows: tuple[_Row, ...]) -> Periods:
    return {
        period: tuple(row.of(period) for row in rows if period in row.periods)
        for period in PERIODS
    }


PLANT_PERIODS: Final[Periods] = _by_period(_PLANT)
INVERTER_PERIODS: Final[Periods] = _by_period(_INVERTER)
STORAGE_PERIODS: Final[Periods] = _by_period(_STORAGE)

DEVICE_PERIODS: Final[Mapping[int, Periods]] = {
    1: INVERTER_PERIODS,
    14: INVERTER_PERIODS,
    38: INVERTER_PERIODS,
    39: STORAGE_PERIODS,
    41: STORAGE_PERIODS,
}
"""By the reference's device type id."""

PERIOD_KEYS: Final = frozenset(
    kpi.key
    for periods in (PLANT_PERIODS, *DEVICE_PERIODS.values())
    for kpis in periods.values()
    for kpi in kpis
)

"""What the imported statistics say about a plant: rows that no interface has.

The formulas are in `insight/`. Their values change when more of the past is imported,
and the series they are made of are in the statistics already: they have no state class.
"""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfRatio

from ..northbound import Period
from .kpi import Kpi
from .period import PERIODS
from .plant import AUTARKY_RATE, SELF_CONSUMPTION_RATE


def _battery(
    key: str, unit: str | None, device_class: SensorDeviceClass | None = None
) -> Kpi:
    return Kpi(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        suggested_display_precision=0 if unit is None else 1,
        entity_category=EntityCategory.DIAGNOSTIC,
    )


BATTERY_CYCLES: Final = _battery("battery_cycles", None)
BATTERY_THROUGHPUT: Final = _battery(
    "battery_throughput",
    UnitOfEnergy.KILO_WATT_HOUR,
    SensorDeviceClass.ENERGY,
)
BATTERY_EFFICIENCY: Final = _battery("battery_efficiency", UnitOfRatio.PERCENTAGE)
CAPACITY_KEPT: Final = _battery("battery_capacity_kept", UnitOfRatio.PERCENTAGE)

TOTAL: Final = "total"
"""The whole time since the start; it begins the key as the name of a period does."""


def saved(period: str) -> str:
    """Return the key of what a plant has saved in a period."""
    return f"{period}_saved"


def share(period: str, key: str) -> str:
    """Return the key of a share of a period."""
    return f"{period}_{key}"


def _saved(period: str) -> Kpi:
    return Kpi(
        key=saved(period),
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        money=True,
    )


def _share(period: str, key: str) -> Kpi:
    return Kpi(
        key=share(period, key),
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
    )


SHARES: Final = (SELF_CONSUMPTION_RATE, AUTARKY_RATE)

INSIGHTS: Final[tuple[Kpi, ...]] = (
    BATTERY_CYCLES,
    BATTERY_THROUGHPUT,
    BATTERY_EFFICIENCY,
    CAPACITY_KEPT,
    *(_saved(period) for period in (*PERIODS, TOTAL)),
    # Those of today are derived from the live values.
    *(_share(period, key) for period in (Period.MONTH, Period.YEAR) for key in SHARES),
)
INSIGHT_KEYS: Final = frozenset(kpi.key for kpi in INSIGHTS)

"""What each KPI of the interface means in Home Assistant, as tables."""

from .device_types import (
    DEVICE_TYPES,
    NAMES,
    PV_INPUT,
    WITHOUT_VALUES,
    DeviceType,
    Quantity,
    Role,
    kind_of,
)
from .kpi import OTHER, Counter, Direction, Kpi, Status
from .period import DEVICE_PERIODS, PERIOD_KEYS, PERIODS, PLANT_PERIODS, PeriodKpi
from .plant import DERIVED, PLANT

__all__ = [
    "DERIVED",
    "DEVICE_PERIODS",
    "DEVICE_TYPES",
    "NAMES",
    "OTHER",
    "PERIODS",
    "PERIOD_KEYS",
    "PLANT",
    "PLANT_PERIODS",
    "PV_INPUT",
    "WITHOUT_VALUES",
    "Counter",
    "DeviceType",
    "Direction",
    "Kpi",
    "PeriodKpi",
    "Quantity",
    "Role",
    "Status",
    "kind_of",
]

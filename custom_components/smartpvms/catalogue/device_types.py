"""The device types that have real-time data, and what each adds to its plant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.const import EntityCategory

from .battery import BATTERY
from .combiner_box import COMBINER_BOX
from .inverter import CENTRAL_INVERTER, STRING_INVERTER
from .kpi import Kpi, Status
from .meter import EMMA, GRID_METER, POWER_SENSOR
from .series import DEVICE_CHARGE, DEVICE_DISCHARGE, DEVICE_EXPORT, DEVICE_IMPORT
from .transformer import TRANSFORMER
from .weather import WEATHER_STATION


class Role(StrEnum):
    """What a device does in the plant's balance of power."""

    INVERTER = "inverter"
    DC_BATTERY = "dc_battery"
    AC_STORAGE = "ac_storage"
    METER = "meter"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A KPI as a term of the plant's balance.

    `factor` turns its unit into kW and its sign into Home Assistant's (grid
    positive = import, battery positive = discharge).
    """

    key: str
    factor: float


RUN_STATE: Final = Status(
    key="run_state",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)
METER_STATUS: Final = Status(
    key="meter_status",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceType:
    """A device type that has real-time data.

    `power`: the term it adds to the balance; `energies`: its counters of energy by
    what they count (`DEVICE_…` of `series`), in kWh; `urgency`: its place in a cycle of
    calls, 0 first; `precedence`: which meter is the grid's, 0 first; `newer`:
    served by systems of 2022 and later.
    """

    id: int
    kpis: tuple[Kpi, ...]
    statuses: tuple[Status, ...] = (RUN_STATE,)
    role: Role | None = None
    power: Quantity | None = None
    energies: Mapping[str, str] = field(default_factory=dict)
    urgency: int = 9
    precedence: int = 0
    newer: bool = True


_INVERTER_POWER: Final = Quantity("active_power", 1.0)
_BATTERY_POWER: Final = Quantity("ch_discharge_power", -0.001)
_BATTERY_ENERGIES: Final = {
    DEVICE_CHARGE: "charge_cap",
    DEVICE_DISCHARGE: "discharge_cap",
}
_POSITIVE_IS_EXPORT: Final = {
    DEVICE_EXPORT: "active_cap",
    DEVICE_IMPORT: "reverse_active_cap",
}
_POSITIVE_IS_IMPORT: Final = {
    DEVICE_IMPORT: "active_cap",
    DEVICE_EXPORT: "reverse_active_cap",
}

DEVICE_TYPES: Final[Mapping[int, DeviceType]] = {
    kind.id: kind
    for kind in (
        DeviceType(
            id=1,
            kpis=STRING_INVERTER,
            role=Role.INVERTER,
            power=_INVERTER_POWER,
            urgency=0,
        ),
        DeviceType(
            id=38,
            kpis=STRING_INVERTER,
            role=Role.INVERTER,
            power=_INVERTER_POWER,
            urgency=0,
        ),
        DeviceType(
            id=14,
            kpis=CENTRAL_INVERTER,
            role=Role.INVERTER,
            power=_INVERTER_POWER,
            urgency=0,
            newer=False,
        ),
        DeviceType(
            id=39,
            kpis=BATTERY,
            role=Role.DC_BATTERY,
            power=_BATTERY_POWER,
            energies=_BATTERY_ENERGIES,
            urgency=1,
        ),
        DeviceType(
            id=41,
            kpis=BATTERY,
            role=Role.AC_STORAGE,
            power=_BATTERY_POWER,
            energies=_BATTERY_ENERGIES,
            urgency=1,
        ),
        DeviceType(
            id=23070,
            kpis=EMMA,
            statuses=(METER_STATUS, RUN_STATE),
            role=Role.METER,
            power=Quantity("active_power", 1.0),
            energies=_POSITIVE_IS_IMPORT,
            urgency=2,
            precedence=0,
        ),
        DeviceType(
            id=17,
            kpis=GRID_METER,
            statuses=(METER_STATUS, RUN_STATE),
            role=Role.METER,
            power=Quantity("active_power", -1.0),
            energies=_POSITIVE_IS_EXPORT,
            urgency=2,
            precedence=1,
        ),
        DeviceType(
            id=47,
            kpis=POWER_SENSOR,
            statuses=(METER_STATUS, RUN_STATE),
            role=Role.METER,
            power=Quantity("active_power", -0.001),
            energies=_POSITIVE_IS_EXPORT,
            urgency=2,
            precedence=2,
        ),
        DeviceType(id=10, kpis=WEATHER_STATION, urgency=3),
        DeviceType(id=15, kpis=COMBINER_BOX, urgency=4, newer=False),
        DeviceType(id=8, kpis=TRANSFORMER, urgency=4, newer=False),
    )
}
"""By the reference's device type id, in the order of its value to a user."""

PV_INPUT: Final = "mppt_power"
"""PV input of an inverter in kW; where it is never reported, its AC output."""

NAMES: Final[Mapping[int, str]] = {
    1: "String inverter",
    2: "SmartLogger",
    3: "String",
    6: "Bay",
    7: "Busbar",
    8: "Transformer (STS)",
    9: "Transformer meter",
    10: "Weather station (EMI)",
    11: "AC combiner box",
    13: "Protocol converter",
    14: "Central inverter",
    15: "DC combiner box",
    16: "General device",
    17: "Grid meter",
    18: "Step-up station",
    19: "Factory generation area meter",
    20: "Solar power forecasting system",
    21: "Factory non-generation area meter",
    22: "PID",
    23: "Virtual device of the monitoring system",
    24: "Power quality device",
    25: "Step-up transformer",
    26: "Grid connection cabinet",
    27: "Grid connection panel",
    37: "Pinnet data logger",
    38: "Residential inverter",
    39: "Battery",
    40: "Backup box",
    41: "Energy storage",
    45: "MBUS",
    46: "Optimizer",
    47: "Power sensor",
    52: "SAJ data logger",
    53: "Main transformer, high-voltage bay",
    54: "Main transformer",
    55: "Main transformer, low-voltage bay",
    56: "Bus bay",
    57: "Line bay",
    58: "Plant transformer bay",
    59: "SVC/SVG bay",
    60: "Bus tie bay",
    61: "Plant power supply",
    62: "Dongle",
    63: "Distributed SmartLogger",
    70: "Safety box",
    71: "Collector",
    23070: "EMMA",
    23071: "Smart Guard",
    23072: "Third-party meter",
    23076: "Power meter",
    23093: "All-in-one storage",
    60001: "Mains",
    60003: "Genset",
    60009: "DC output",
    60010: "AC distribution",
    60013: "AC input",
    60014: "Lithium battery rack",
    60016: "Battery group",
    60026: "Controller",
    60039: "Rectifier group",
    60040: "Rectifier",
    60043: "Rectifier group",
    60044: "Rectifier",
    60067: "Site unit",
    60092: "Power converter",
    69999: "Power system",
}
"""What a device type is called where the device list names no model."""

_OF_LATER_EDITIONS: Final = 1000

WITHOUT_VALUES: Final = frozenset(
    key for key in NAMES if key < _OF_LATER_EDITIONS and key not in DEVICE_TYPES
)
"""Types of the 2020 reference that its interface of real-time data (2.9) refuses."""


def kind_of(type_id: int) -> DeviceType:
    """Return what is known of a type; one without a row is asked last."""
    return DEVICE_TYPES.get(type_id) or DeviceType(
        id=type_id, kpis=(), statuses=(), urgency=99, newer=False
    )

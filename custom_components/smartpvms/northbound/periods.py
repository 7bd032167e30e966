"""The interfaces and calls that give the rows of a period.

Plants: reference 2.4 to 2.7. Devices: 2.10 to 2.13.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from .client import NorthboundClient
from .interfaces import Dialect, Interface
from .models import DeviceRow, PlantRow


class Period(StrEnum):
    """The length of a row's period, the longest first."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    FIVE_MINUTES = "5minute"


type AskPlants = Callable[
    [NorthboundClient, Collection[str], datetime], Awaitable[list[PlantRow]]
]
"""Asks for the rows of plants (codes) in the parent period that holds a time."""

type AskDevices = Callable[
    [NorthboundClient, int, Collection[int], datetime], Awaitable[list[DeviceRow]]
]
"""Asks for the rows of devices (ids) of a type in the parent period of a time."""

PLANT_INTERFACES: Final[Mapping[Period, Interface]] = {
    Period.HOUR: Interface.PLANT_HOUR,
    Period.DAY: Interface.PLANT_DAY,
    Period.MONTH: Interface.PLANT_MONTH,
    Period.YEAR: Interface.PLANT_YEAR,
}
DEVICE_INTERFACES: Final[Mapping[Period, Interface]] = {
    Period.DAY: Interface.DEVICE_DAY,
    Period.MONTH: Interface.DEVICE_MONTH,
    Period.YEAR: Interface.DEVICE_YEAR,
}
FIVE_MINUTE_INTERFACES: Final[Mapping[Dialect, Interface]] = {
    Dialect.V2020: Interface.DEVICE_FIVE_MINUTES,
    Dialect.V2022: Interface.DEVICE_HISTORY,
}
"""Five minutes of devices; `DEVICE_HISTORY` is asked with `client.device_history`."""

ASK_PLANTS: Final[Mapping[Interface, AskPlants]] = {
    Interface.PLANT_HOUR: NorthboundClient.plant_hours,
    Interface.PLANT_DAY: NorthboundClient.plant_days,
    Interface.PLANT_MONTH: NorthboundClient.plant_months,
    Interface.PLANT_YEAR: NorthboundClient.plant_years,
}
ASK_DEVICES: Final[Mapping[Interface, AskDevices]] = {
    Interface.DEVICE_FIVE_MINUTES: NorthboundClient.device_five_minutes,
    Interface.DEVICE_DAY: NorthboundClient.device_days,
    Interface.DEVICE_MONTH: NorthboundClient.device_months,
    Interface.DEVICE_YEAR: NorthboundClient.device_years,
}

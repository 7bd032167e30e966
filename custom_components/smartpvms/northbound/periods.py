"""The interfaces that give the rows of a period.

Plants: reference 2.4 to 2.7. Devices: 2.10 to 2.13.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from .interfaces import Dialect, Interface


class Period(StrEnum):
    """The length of a row's period, the longest first."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    FIVE_MINUTES = "5minute"


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

"""The interfaces of the northbound API and the sizes that a call may have."""

from enum import StrEnum
from typing import Final


class Interface(StrEnum):
    """An interface by its name in the address (reference, chapter 2).

    `STATIONS` and `DEVICE_HISTORY` replace `STATION_LIST` and
    `DEVICE_FIVE_MINUTES` on systems newer than the 2020 reference.
    """

    LOGIN = "login"
    LOGOUT = "logout"
    STATION_LIST = "getStationList"
    STATIONS = "stations"
    PLANT_REAL_TIME = "getStationRealKpi"
    PLANT_HOUR = "getKpiStationHour"
    PLANT_DAY = "getKpiStationDay"
    PLANT_MONTH = "getKpiStationMonth"
    PLANT_YEAR = "getKpiStationYear"
    DEVICE_LIST = "getDevList"
    DEVICE_REAL_TIME = "getDevRealKpi"
    DEVICE_FIVE_MINUTES = "getDevFiveMinutes"
    DEVICE_HISTORY = "getDevHistoryKpi"
    DEVICE_DAY = "getDevKpiDay"
    DEVICE_MONTH = "getDevKpiMonth"
    DEVICE_YEAR = "getDevKpiYear"
    UPGRADE = "devUpgrade"
    UPGRADE_RECORD = "getDevUpgradeInfo"
    ALARMS = "getAlarmList"
    REGISTRATION = "snIsRegister"


class Dialect(StrEnum):
    """The two generations of the interface.

    `V2020` lists plants with `getStationList`, `V2022` with `stations`.
    """

    V2020 = "2020"
    V2022 = "2022"


PERIOD_TYPES: Final = frozenset({1, 14, 38, 39, 41})
"""Device types with days, months and years (2.11 to 2.13; 41: later editions)."""

PLANTS_PER_CALL: Final = 100
DEVICES_PER_CALL: Final = 100
DEVICES_PER_HISTORY_CALL: Final = 10
DEVICES_PER_UPGRADE: Final = 10
SERIALS_PER_CALL: Final = 20
PLANTS_PER_PAGE: Final = 100

type Json = dict[str, Json] | list[Json] | str | int | float | bool | None
"""What JSON holds, as `json.loads` returns it."""

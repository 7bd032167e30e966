"""The interfaces of the northbound API and the sizes that a call may have."""

from enum import StrEnum
from typing import Final

_DATA: Final = "thirdData"
_STEERED: Final = "rest/openapi/pvms"


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
    # Control of battery and feed-in (editions 24.4 to 26.2).
    EXPORT_LIMIT = "nbi/v2/control/active-power-control/async-task"
    EXPORT_LIMIT_RESULT = "nbi/v2/control/active-power-control/task-info"
    EXPORT_CONTROL = "nbi/v1/configuration/active-power-control-mode"
    BATTERY_MODE = "nbi/v1/control/battery/mode/async-task"
    BATTERY_MODE_RESULT = "nbi/v1/control/battery/mode/task-info"
    BATTERY_MODE_READ = "nbi/v1/configuration/battery-mode"
    BATTERY_LIMITS = "nbi/v1/control/battery/configuration/async-task"
    BATTERY_LIMITS_RESULT = "nbi/v1/control/battery/configuration/task-info"
    FORCED_CHARGE = "nbi/v2/control/charge-and-discharge/async-task"
    FORCED_CHARGE_STATE = "v1/vpp/chargeAndDischargeStatus"

    @property
    def path(self) -> str:
        """Return where it is below the host's origin."""
        return f"{_STEERED if '/' in self else _DATA}/{self}"


class Dialect(StrEnum):
    """The two generations of the interface.

    `V2020` lists plants with `getStationList`, `V2022` with `stations`.
    """

    V2020 = "2020"
    V2022 = "2022"


CONTROL: Final = frozenset(one for one in Interface if "/" in one)
"""Interfaces that steer a plant, or read how it is steered."""

TASKS: Final = frozenset(
    {
        Interface.EXPORT_LIMIT,
        Interface.BATTERY_MODE,
        Interface.BATTERY_LIMITS,
        Interface.FORCED_CHARGE,
    }
)
"""Interfaces that deliver tasks: failCode 1 and 2 have data, which say why."""

PARTLY_TAKEN: Final = frozenset({1, 2})
"""A task was taken by some plants, by none."""

TASK_CODE: Final = "failCode"
"""The code of such an answer, put beside its data."""

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

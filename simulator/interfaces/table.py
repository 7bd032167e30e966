"""Handlers of the interfaces, by name and dialect."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.dialect import Dialect
from simulator.envelope import Answer, Body, Refused, refuse, wrap

from . import alarms, control, devices, plants, upgrades
from .arguments import Asked, Backend

type Handler = Callable[[Asked], Answer]

HANDLERS: dict[str, Handler] = {
    "getStationList": plants.get_station_list,
    "stations": plants.stations,
    "getStationRealKpi": plants.get_station_real_kpi,
    "getKpiStationHour": plants.get_kpi_station_hour,
    "getKpiStationDay": plants.get_kpi_station_day,
    "getKpiStationMonth": plants.get_kpi_station_month,
    "getKpiStationYear": plants.get_kpi_station_year,
    "getDevList": devices.get_dev_list,
    "getDevRealKpi": devices.get_dev_real_kpi,
    "getDevFiveMinutes": devices.get_dev_five_minutes,
    "getDevHistoryKpi": devices.get_dev_history_kpi,
    "getDevKpiDay": devices.get_dev_kpi_day,
    "getDevKpiMonth": devices.get_dev_kpi_month,
    "getDevKpiYear": devices.get_dev_kpi_year,
    "devUpgrade": upgrades.dev_upgrade,
    "getDevUpgradeInfo": upgrades.get_dev_upgrade_info,
    "getAlarmList": alarms.get_alarm_list,
    "snIsRegister": upgrades.sn_is_register,
    **control.HANDLERS,
}

UNKNOWN: dict[Dialect, frozenset[str]] = {
    Dialect.V2020: frozenset({"stations", "getDevHistoryKpi", *control.HANDLERS}),
    Dialect.V2022: frozenset(),
}
"""Interfaces that a system of this dialect does not have: HTTP 404."""

WITHDRAWN: dict[Dialect, frozenset[str]] = {
    Dialect.V2020: frozenset(),
    Dialect.V2022: frozenset({"getStationList", "getDevFiveMinutes"}),
}
"""Interfaces without permission in this dialect: failCode 401."""


def handler(interface: str, dialect: Dialect) -> Handler | None:
    """Return the handler of an interface; None if the dialect does not have it."""
    if interface in UNKNOWN[dialect]:
        return None
    return HANDLERS.get(interface)


def envelope(
    backend: Backend, interface: str, asked: Mapping[str, Any], at: float
) -> Body:
    """Return the whole answer to a call, without login and quota; `at`: epoch seconds.

    What has no handler, as login and logout, is answered with success and no data.
    """
    body = dict(asked)
    answer_of = handler(interface, backend.dialect)
    if answer_of is None:
        return {"success": True, "data": None, "failCode": 0, "message": None}
    try:
        return wrap(answer_of(Asked(backend, body, at)), body, at)
    except Refused as refused:
        return refuse(refused.code, refused.message, body, at)

"""Plants: list, real-time data, hours, days, months, years (reference 2.2 to 2.7)."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import Any

from simulator.answers.look import Row
from simulator.answers.plants import (
    Period,
    Style,
    by_period,
    known_at,
    real_time,
    starts,
)
from simulator.disturbances import Scope
from simulator.envelope import Answer, Refused
from simulator.model import Plant

from .arguments import Asked

SMALLEST_PAGE = 50


def get_station_list(asked: Asked) -> Answer:
    """getStationList: all plants, or a page of them; capacity in MW."""
    if not asked.sim.is_paged:
        return Answer([_of_2020(plant) for plant in asked.sim.plants])
    if _whole(asked, "pageSize", 0) < SMALLEST_PAGE:
        raise Refused(30005)
    return _page(asked, _of_2020)


def _of_2020(plant: Plant) -> dict[str, Any]:
    return {
        "stationCode": plant.code,
        "stationName": plant.name,
        "stationAddr": plant.address,
        "capacity": round(plant.site.peak_kw / 1000, 6),
        "buildState": "2",
        "combineType": str(plant.category),
        "aidType": 1,
        "stationLinkman": plant.contact,
        "linkmanPho": plant.contact_method,
    }


def stations(asked: Asked) -> Answer:
    """stations: one page of the plants, capacity in kW."""
    return _page(asked, _station)


def _page(asked: Asked, entry: Callable[[Plant], dict[str, Any]]) -> Answer:
    number, size = _whole(asked, "pageNo", 1), min(_whole(asked, "pageSize", 100), 100)
    plants = asked.sim.plants
    page = plants[(number - 1) * size : number * size]
    return Answer(
        {
            "list": [entry(plant) for plant in page],
            "total": len(plants),
            "pageCount": ceil(len(plants) / size),
            "pageNo": number,
            "pageSize": size,
        }
    )


def _whole(asked: Asked, key: str, default: int) -> int:
    text = asked.text(key)
    return max(1, int(text)) if text.isdigit() else default


def _station(plant: Plant) -> dict[str, Any]:
    # The UTC offset is the plant's on the day of the connection.
    connected = datetime.fromtimestamp(
        plant.world.midnight(plant.site.connected), UTC
    ).astimezone(plant.world.zone)
    return {
        "plantCode": plant.code,
        "plantName": plant.name,
        "plantAddress": plant.address,
        "longitude": str(plant.site.longitude),
        "latitude": str(plant.site.latitude),
        "capacity": plant.site.peak_kw,
        "contactPerson": plant.contact,
        "contactMethod": plant.contact_method,
        "gridConnectionDate": connected.isoformat(),
    }


def get_station_real_kpi(asked: Asked) -> Answer:
    """getStationRealKpi: the real-time row of each plant."""
    sim = asked.sim
    style = Style(sim.dialect, sim.quirks)
    rows = []
    for plant in asked.plants():

        def row_at(at: float, plant: Plant = plant) -> Row:
            return real_time(plant, at, style, sim.is_faulty(plant))

        code = plant.code
        row = sim.disturbances.live(code, asked.at, row_at)
        if row is not None:
            values = sim.overridden(code, row)
            rows.append({"stationCode": code, "dataItemMap": values})
    return Answer(rows)


def _by_period(asked: Asked, period: Period) -> Answer:
    plants, at = asked.plants(), asked.moment("collectTime")
    sim = asked.sim
    style = Style(sim.dialect, sim.quirks)
    rows = []
    for plant in plants:
        now = known_at(plant, asked.at, sim.quirks)
        for start, end in starts(plant, at, period, now):
            if period is Period.HOUR and end > now:
                # Only complete hours are answered; longer periods also while they run.
                continue
            energy = plant.world.energy(start, min(end, now))
            row = sim.disturbances.stored(
                plant.code,
                Scope.HOURS if period is Period.HOUR else Scope.PERIODS,
                (end, asked.at),
                by_period(plant, energy, period, style),
            )
            if row is None:
                continue
            row = sim.overridden((plant.code, period.value, start), row)
            rows.append(
                {
                    "stationCode": plant.code,
                    "collectTime": start * 1000,
                    "dataItemMap": row,
                }
            )
    return Answer(rows)


def get_kpi_station_hour(asked: Asked) -> Answer:
    """getKpiStationHour: the hours of a day."""
    return _by_period(asked, Period.HOUR)


def get_kpi_station_day(asked: Asked) -> Answer:
    """getKpiStationDay: the days of a month."""
    return _by_period(asked, Period.DAY)


def get_kpi_station_month(asked: Asked) -> Answer:
    """getKpiStationMonth: the months of a year."""
    return _by_period(asked, Period.MONTH)


def get_kpi_station_year(asked: Asked) -> Answer:
    """getKpiStationYear: all years."""
    return _by_period(asked, Period.YEAR)

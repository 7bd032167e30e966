"""Devices: list, real-time and five-minute data, days, months, years (2.8 to 2.13)."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Any

from simulator.answers import Look, Moment, five_minute_row, live_row
from simulator.answers.look import Row
from simulator.answers.plants import Period, known_at, starts
from simulator.dialect import NEWER_TYPES, Dialect, live_types, period_types
from simulator.disturbances import Scope
from simulator.envelope import Answer, Refused
from simulator.model import INVERTERS, Device, Plant
from simulator.world import Reading
from simulator.world.sun import STEP

from .arguments import Asked, Backend

HISTORY_DEVICES, HISTORY_SPAN = 10, timedelta(days=3).total_seconds()


def get_dev_list(asked: Asked) -> Answer:
    """getDevList: all devices of the plants that the dialect lists."""
    newer = asked.sim.dialect is Dialect.V2022
    return Answer(
        [
            _entry(asked.sim, plant, device, newer)
            for plant in asked.plants()
            for device in plant.devices
            if newer or device.type not in NEWER_TYPES
            if asked.sim.disturbances.lists(device.id, asked.at)
        ]
    )


def _entry(sim: Backend, plant: Plant, device: Device, newer: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": device.id,
        "devName": device.name,
        "stationCode": plant.code,
        "esnCode": device.serial,
        "devTypeId": device.type,
        "softwareVersion": sim.upgrades.version(device),
        "invType": device.model if device.type in INVERTERS else None,
        "longitude": plant.site.longitude,
        "latitude": plant.site.latitude,
    }
    if newer:
        entry |= {
            "devDn": device.dn,
            "model": device.model,
            "optimizerNumber": device.optimizers,
        }
    return entry


def _looks(
    asked: Asked, found: list[tuple[Plant, Device]], at: float
) -> Iterator[Look]:
    """Yield a look at each device at an epoch time; a plant's moment is shared."""
    moments: dict[str, Moment] = {}
    for plant, device in found:
        moment = moments.setdefault(plant.code, Moment(plant, at))
        yield Look(moment, device, asked.sim.dialect, asked.sim.quirks)


def get_dev_real_kpi(asked: Asked) -> Answer:
    """getDevRealKpi: the real-time row of each device."""
    sim = asked.sim
    served = live_types(sim.dialect, sim.all_types) | sim.other_types.keys()
    found = asked.devices(served - sim.unserved)
    sent = asked.body["devTypeId"]
    if not isinstance(sent, str) and sent in sim.text_types:
        return Answer([])
    moments: dict[tuple[str, float], Moment] = {}

    def row_at(plant: Plant, device: Device, at: float) -> Row:
        if device.type in sim.other_types:
            return sim.other_types[device.type]
        moment = moments.setdefault((plant.code, at), Moment(plant, at))
        return live_row(Look(moment, device, sim.dialect, sim.quirks))

    rows = []
    for plant, device in found:
        number = device.id
        row = sim.disturbances.live(number, asked.at, partial(row_at, plant, device))
        if row is not None:
            rows.append({"devId": number, "dataItemMap": sim.overridden(number, row)})
    return Answer(rows)


def _five_minutes(
    asked: Asked,
    found: list[tuple[Plant, Device]],
    begin: float,
    end: float,
) -> list[dict[str, Any]]:
    """Return the five-minute rows from ``begin`` to before ``end`` and now."""
    first = ceil(begin / STEP) * STEP
    last = ceil(min(end, asked.at))
    rows = []
    for at in range(first, last, STEP):
        for look in _looks(asked, found, at):
            number = look.device.id
            row = asked.sim.disturbances.stored(
                number, Scope.FIVE_MINUTES, (at, asked.at), five_minute_row(look)
            )
            if row is None:
                continue
            row = asked.sim.overridden((number, "FiveMinutes", at), row)
            rows.append({"devId": number, "collectTime": at * 1000, "dataItemMap": row})
    return rows


def get_dev_five_minutes(asked: Asked) -> Answer:
    """getDevFiveMinutes: the rows of a local day of the devices' plants."""
    sim = asked.sim
    found = asked.devices(live_types(sim.dialect, sim.all_types) - sim.unserved)
    at = asked.moment("collectTime")
    rows = []
    for plant, device in found:
        world = plant.world
        day = world.local(at).date()
        begin, end = world.midnight(day), world.midnight(day + timedelta(days=1))
        rows += _five_minutes(asked, [(plant, device)], begin, end)
    return Answer(rows)


def get_dev_history_kpi(asked: Asked) -> Answer:
    """getDevHistoryKpi: up to ten devices and three days.

    The reference does not name its fail codes for too many devices or days; the closest
    ones of other interfaces are used.
    """
    sim = asked.sim
    types = live_types(sim.dialect, sim.all_types) - sim.unserved
    found = asked.devices(types, HISTORY_DEVICES, beyond=20018)
    begin, end = asked.moment("startTime"), asked.moment("endTime")
    if begin > end:
        raise Refused(20023)
    if end - begin > HISTORY_SPAN:
        raise Refused(20027)
    return Answer(_five_minutes(asked, found, begin, end))


def _by_period(asked: Asked, period: Period) -> Answer:
    sim = asked.sim
    found = asked.devices(period_types(sim.dialect, sim.all_types))
    at = asked.moment("collectTime")
    rows = []
    for plant, device in found:
        now = known_at(plant, asked.at, sim.quirks)
        for start, end in starts(plant, at, period, now):
            energy = plant.world.energy(start, min(end, now))
            row = sim.disturbances.stored(
                device.id,
                Scope.PERIODS,
                (end, asked.at),
                _statistics(plant, device, energy, period),
            )
            if row is None:
                continue
            row = sim.overridden((device.id, period.value, start), row)
            rows.append(
                {
                    "devId": device.id,
                    "collectTime": start * 1000,
                    "dataItemMap": row,
                }
            )
    return Answer(rows)


def _statistics(plant: Plant, device: Device, energy: Reading, period: Period) -> Row:
    """Return KPIs of a battery or an inverter in a period (reference 3.8 to 3.10)."""
    if device.type not in INVERTERS:
        number = device.storage or 0
        return {
            "charge_cap": energy.charge(number),
            "discharge_cap": energy.discharge(number),
            "charge_time": energy.hours_charging(number),
            "discharge_time": energy.hours_discharging(number),
        }
    size = plant.site.arrays[device.array or 0].peak_kw
    made = energy.ac(device.array or 0)
    row: Row = {
        "installed_capacity": size,
        "product_power": made,
        "perpower_ratio": round(made / size, 3),
    }
    if period is Period.DAY:
        row |= {"yield_deviation": 0.0, "total_aop": 100.0, "aoc_ratio": 99.653}
    return row


def get_dev_kpi_day(asked: Asked) -> Answer:
    """getDevKpiDay: the days of a month."""
    return _by_period(asked, Period.DAY)


def get_dev_kpi_month(asked: Asked) -> Answer:
    """getDevKpiMonth: the months of a year."""
    return _by_period(asked, Period.MONTH)


def get_dev_kpi_year(asked: Asked) -> Answer:
    """getDevKpiYear: all years."""
    return _by_period(asked, Period.YEAR)

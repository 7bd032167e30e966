"""KPIs of a plant: real-time (reference 3.1) and by period (3.2 to 3.5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise

from simulator.dialect import Dialect
from simulator.model import METERS, Plant, Type
from simulator.world import Reading
from simulator.world.sun import STEP

from .look import Row

HEALTHY, FAULTY = 3, 2

UNMETERED = 0.0
"""What a real plant without a meter answers day after day."""

CO2_PER_KWH, COAL_PER_KWH = 0.475e-3, 0.4e-3
"""Metric tons saved by each kWh."""

CO2_PER_TREE = 0.0183
"""Metric tons."""


class Period(Enum):
    """Period of a row, by the suffix of its interface."""

    HOUR = "Hour"
    DAY = "Day"
    MONTH = "Month"
    YEAR = "Year"


@dataclass(frozen=True, slots=True)
class Style:
    """Dialect and quirks of an answer about plants.

    ``tells_output``: ``inverter_power`` is the AC output. No real server was seen to.
    """

    dialect: Dialect
    quirks: bool
    tells_output: bool = False

    @property
    def newer(self) -> bool:
        """Return whether the dialect is 2022 or later."""
        return self.dialect is Dialect.V2022


def known_at(plant: Plant, now: float, quirks: bool) -> float:
    """Return the epoch time in seconds up to which the cloud has the plant's data.

    A multiple of five minutes; with quirks less ``plant.lag``.
    """
    known = now - plant.lag if quirks else now
    return known // STEP * STEP


def real_time(plant: Plant, now: float, style: Style, faulty: bool) -> Row:
    """Return energies (kWh) and revenue of today, this month and the lifetime."""
    world = plant.world
    at = known_at(plant, now, style.quirks)
    local = world.local(at).date()
    total = world.totals(at)
    today = total - world.totals(world.midnight(local))
    month = total - world.totals(world.midnight(local.replace(day=1)))
    made = today.pv()
    if style.quirks and plant.falls_at_night and _dark(plant, at):
        # Real servers subtract battery losses from the day's energy after sunset.
        made = round(made - 0.015 * today.charge(), 4)
    row: Row = {
        "real_health_state": FAULTY if faulty else HEALTHY,
        "day_power": made,
        "total_power": total.pv(),
        "day_income": today.revenue,
        "month_power": month.pv(),
        "total_income": total.revenue,
    }
    if style.newer:
        metered = plant.has(METERS)
        row["day_on_grid_energy"] = today.export if metered else None
        row["day_use_energy"] = today.load if metered else None
    elif style.quirks:
        return {key: str(value) for key, value in row.items()}
    return row


def _dark(plant: Plant, at: float) -> bool:
    """Return whether PV has ended on the local day of an epoch time."""
    lit = plant.world.generating(plant.world.local(at).date())
    return lit is not None and at >= lit[1]


def by_period(plant: Plant, energy: Reading, period: Period, style: Style) -> Row:
    """Return the KPIs of an hour, a day, a month or a year.

    ``inverter_power`` is the PV yield, as in every real row that has both. The
    identities of newer systems hold exactly, because conversion has no losses, but for
    self-use where a battery was told to discharge into the grid: it is at least 0. ``inverterYield`` contains AC-coupled storage,
    because the identities would not close otherwise.
    """
    metered, weather = plant.has(METERS), plant.has({Type.WEATHER})
    sunshine = energy.irradiation
    theory = round(sunshine * plant.site.peak_kw, 4)
    row: Row = {
        "radiation_intensity": sunshine if weather else None,
        "theory_power": theory if weather else None,
        "inverter_power": _output(energy) if style.tells_output else energy.pv(),
        "ongrid_power": energy.export if metered else UNMETERED,
        "power_profit": energy.revenue,
    }
    if period is not Period.HOUR:
        row |= _statistics(plant, energy, theory if weather else None)
        row["use_power"] = energy.load if metered else UNMETERED
    if style.newer:
        row |= _flows(plant, energy, metered)
    return row


def _statistics(plant: Plant, energy: Reading, theory: float | None) -> Row:
    """Return the KPIs that hours do not have."""
    made, size = energy.pv(), plant.site.peak_kw
    saved = made * CO2_PER_KWH
    return {
        "installed_capacity": size,
        "performance_ratio": round(made / theory * 100, 2) if theory else None,
        "perpower_ratio": round(made / size, 3),
        "reduction_total_co2": round(saved, 3),
        "reduction_total_coal": round(made * COAL_PER_KWH, 3),
        "reduction_total_tree": round(saved / CO2_PER_TREE),
    }


def _output(energy: Reading) -> float:
    """Return what the inverters gave (kWh), their batteries' share too."""
    return round(energy.pv() + energy.discharge() - energy.charge(), 4)


def _flows(plant: Plant, energy: Reading, metered: bool) -> Row:
    """Return the KPIs of systems since 2022, in kWh."""
    made, charge, discharge = energy.pv(), energy.charge(), energy.discharge()
    stores = bool(plant.site.storages)
    inverted = _output(energy)
    row: Row = {
        "PVYield": made,
        "inverterYield": inverted,
        "chargeCap": charge if stores else None,
        "dischargeCap": discharge if stores else None,
    }
    own = max(0.0, round(made - energy.export, 4))
    row["selfUsePower"] = own if metered else None
    row["selfProvide"] = round(inverted - energy.export, 4) if metered else None
    row["buyPower"] = energy.import_ if metered else None
    row["use_power"] = energy.load if metered else UNMETERED
    return row


def starts(
    plant: Plant, at: float, period: Period, now: float
) -> list[tuple[int, int]]:
    """Return begin and end, in epoch seconds, of the periods of one call.

    ``at`` selects the local day of the hours, the month of the days or the year of the
    months. Only periods between the plant's first day and ``now`` are returned.
    """
    world, day = plant.world, plant.world.local(at).date()
    if period is Period.HOUR:
        begin, end = world.midnight(day), world.midnight(day + timedelta(days=1))
        edges = [*range(begin, end, 3600), end]
    else:
        edges = [world.midnight(edge) for edge in _edges(plant, day, period, now)]
    first = world.midnight(plant.site.connected)
    pairs = pairwise(edges)
    return [(a, b) for a, b in pairs if a <= now and b > first]


def _edges(plant: Plant, day: date, period: Period, now: float) -> list[date]:
    """Return the local days on which the periods begin, and the end of the last."""
    if period is Period.DAY:
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        count = (following - first).days
        return [first + timedelta(days=n) for n in range(count + 1)]
    if period is Period.MONTH:
        months = [date(day.year, month, 1) for month in range(1, 13)]
        return [*months, date(day.year + 1, 1, 1)]
    last = plant.world.local(now).year
    first_year = max(plant.site.connected.year, last - 24)
    return [date(year, 1, 1) for year in range(first_year, last + 2)]

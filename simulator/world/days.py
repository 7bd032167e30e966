"""One day of a site from midnight to midnight, in whole units of energy."""

from array import array as packed
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from .load import Hour, demand
from .orders import DEFAULT, PER_KW, UNITS, Orders, rules_at
from .site import Site, Tariff
from .storage import Steering, balance
from .sun import STEP, sunlight
from .weather import clouds


def day_start(day: date, zone: ZoneInfo) -> int:
    """Return the epoch seconds of a local midnight."""
    return int(datetime.combine(day, time(0), zone).timestamp())


@dataclass(frozen=True, slots=True)
class Day:
    """Cumulative units since the day's start: ``columns[c][k]`` after ``k`` steps."""

    start: int
    columns: tuple[packed[int], ...]
    stored: tuple[float, ...]
    """Energy of each storage above its reserve at the end of the day, in units."""


def _local_hour(start: int, end: int, zone: ZoneInfo) -> Hour:
    """Return a function from step to local hour.

    It is plain arithmetic unless the clocks change on that day, because conversions
    to a time zone are slow.
    """
    first = datetime.fromtimestamp(start, UTC).astimezone(zone)
    last = datetime.fromtimestamp(end - 1, UTC).astimezone(zone)
    begin = first.hour + first.minute / 60
    if first.utcoffset() == last.utcoffset():
        return lambda step: (begin + step * STEP / 3600) % 24

    def converted(step: int) -> float:
        local = datetime.fromtimestamp(start + step * STEP, UTC).astimezone(zone)
        return local.hour + local.minute / 60

    return converted


def _prices(tariff: Tariff, weekend: bool, hour: Hour, steps: int) -> list[float]:
    """Return the feed-in price of each step, in money per kWh."""
    if not tariff.market:
        return [tariff.feed_in] * steps
    prices = []
    for step in range(steps):
        noon = max(0.0, 1 - abs(hour(step) - 13) / 4)
        prices.append(tariff.feed_in * (1.3 - noon * (1.9 if weekend else 0.8)))
    return prices


def _steering(
    orders: Orders, start: int, steps: int, zone: ZoneInfo
) -> Steering | None:
    """Return the rules of a day's steps; None where the controller was told nothing."""
    if not orders or orders[0][0] >= start + steps * STEP:
        return None
    rules = {step: rules_at(orders, start + step * STEP) for step in range(steps)}
    told = {step: one for step, one in rules.items() if one != DEFAULT}
    local = datetime.fromtimestamp(start, UTC).astimezone(zone)
    minute = local.weekday() * 24 * 60 + local.hour * 60 + local.minute
    return Steering(minute, told) if told else None


def simulate(
    site: Site,
    day: date,
    zone: ZoneInfo,
    stored: tuple[float, ...],
    orders: Orders = (),
) -> Day:
    """Return a day that begins with ``stored`` units above reserve in the storages.

    Columns: PV of each array; charge of each storage, discharge of each storage, steps
    it charged, steps it discharged, charge that came from the AC side; load, import, export, revenue, irradiation.
    """
    start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    steps = (end - start) // STEP
    rng = Random(f"{site.seed}/{day.isoformat()}")
    sky = clouds(rng, steps)
    hour = _local_hour(start, end, zone)
    weekend = day.weekday() >= 5
    drawn = demand(rng, site.load, site.load_kw, steps, hour=hour, weekend=weekend)
    load = [int(kw * PER_KW) for kw in drawn]
    ground, tilted = sunlight(site, day, start, steps)
    pv: list[list[int]] = []
    for plane, light in zip(site.arrays, tilted, strict=True):
        most = int(plane.limit_kw * PER_KW)
        size = plane.peak_kw * 0.9 * PER_KW
        pv.append(
            [
                min(int(size * direct * cloud), most) if direct else 0
                for direct, cloud in zip(light, sky, strict=True)
            ]
        )
    steering = _steering(orders, start, steps, zone)
    flows = balance(site, pv, load, list(stored), steering)
    rows = [*pv, *flows.charge, *flows.discharge]
    rows += [[int(e > 0) for e in row] for row in (*flows.charge, *flows.discharge)]
    rows += flows.drawn
    rows += [load, flows.import_, flows.export]
    rows.append(_revenue(site.tariff, weekend, hour, pv, flows.export))
    per_m2 = UNITS * STEP / 3600
    rows.append([int(per_m2 * g * cloud) for g, cloud in zip(ground, sky, strict=True)])
    columns = tuple(packed("q", accumulate(row, initial=0)) for row in rows)
    return Day(start, columns, tuple(flows.stored))


def _revenue(
    tariff: Tariff | None,
    weekend: bool,
    hour: Hour,
    pv: list[list[int]],
    export: list[int],
) -> list[int]:
    """Return the revenue of each step: feed-in and avoided purchase, in units."""
    if tariff is None:
        return [0] * len(export)
    prices = _prices(tariff, weekend, hour, len(export))
    made = map(sum, zip(*pv, strict=True))
    return [
        round(sold * price + max(total - sold, 0) * tariff.own_use)
        for total, sold, price in zip(made, export, prices, strict=True)
    ]

"""How a plant's batteries have done, from what they charged and discharged. Pure.

Energies in kWh; instants are epoch seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta, tzinfo
from typing import Final

from ..catalogue import DEVICE_TYPES
from ..catalogue.insight import BATTERY_CYCLES, BATTERY_EFFICIENCY, BATTERY_THROUGHPUT
from ..history.device_rows import BATTERIES
from ..history.merge import Span
from ..live.readings import Reading
from ..local_time import DAY, HOUR, day_of
from ..northbound import Device

# Less than that much charged in 30 days, in parts of the capacity: what the batteries
# hold at the end and not at the beginning would count for too much.
LEAST_CYCLES: Final = 5.0
LEAST_CHARGE: Final = 25.0

YEAR: Final = timedelta(days=365)
# A year with fewer known days is not judged.
DAYS_OF_A_YEAR: Final = 300
# Nearly all of the capacity was used on the best days, whatever the weather of most.
BEST_DAYS: Final = 10


def rated_capacity(
    devices: Iterable[Device], readings: Mapping[int, Reading]
) -> float | None:
    """Return the capacity of the batteries among devices, None while one is unknown."""
    total = 0.0
    for device in devices:
        kind = DEVICE_TYPES.get(device.type_id)
        if kind is None or kind.role not in BATTERIES:
            continue
        reading = readings.get(device.id)
        capacity = reading.values.get("rated_capacity") if reading else None
        if not capacity:
            return None
        total += capacity
    return round(total, 3) or None


def life(discharged: float, capacity: float | None) -> dict[str, float]:
    """Return what the energy discharged since the start says."""
    values = {BATTERY_THROUGHPUT.key: round(discharged, 1)}
    if capacity:
        values[BATTERY_CYCLES.key] = round(discharged / capacity, 1)
    return values


def efficiency(
    charged: float, discharged: float, capacity: float | None
) -> dict[str, float]:
    """Return the round-trip efficiency (percent) of 30 days, where enough was charged."""
    least = LEAST_CYCLES * capacity if capacity else LEAST_CHARGE
    if charged < least or discharged > charged:
        return {}
    return {BATTERY_EFFICIENCY.key: round(100 * discharged / charged, 1)}


def best_of_years(
    discharged: Sequence[Span], today: date, zone: tzinfo
) -> list[float | None]:
    """Return the mean discharge (kWh) of the best days of each whole year of a battery.

    Its years begin with the first span that is not 0. None for a year of which too few
    days are known.
    """
    first = next((day_of(s.since, zone) for s in discharged if s.amount > 0), today)
    days: dict[date, float] = {}
    for span in discharged:
        if span.until - span.since <= DAY + HOUR:
            day = day_of((span.since + span.until) / 2, zone)
            days[day] = days.get(day, 0.0) + span.amount
    years: list[float | None] = []
    begin = first
    while (end := begin + YEAR) <= today:
        known = sorted(
            (amount for day, amount in days.items() if begin <= day < end), reverse=True
        )
        best = known[:BEST_DAYS]
        is_known = len(known) >= DAYS_OF_A_YEAR and sum(best) > 0
        years.append(round(sum(best) / len(best), 3) if is_known else None)
        begin = end
    return years


def kept_of_years(best: Iterable[float | None]) -> list[float | None]:
    """Return each year's best days in percent of the first year that is known."""
    years = list(best)
    base = next((amount for amount in years if amount), None)
    return [
        min(100.0, round(100 * amount / base, 1)) if amount and base else None
        for amount in years
    ]

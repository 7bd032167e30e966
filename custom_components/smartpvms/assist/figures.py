"""The imported amounts of a plant as an answer holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Final

from homeassistant.const import UnitOfEnergy, UnitOfRatio
from homeassistant.util.json import JsonObjectType

from ..catalogue.plant import AUTARKY_RATE, SELF_CONSUMPTION_RATE
from ..catalogue.series import (
    CONSUMPTION,
    GRID_IMPORT,
    PV_ENERGY,
    SELF_CONSUMPTION,
    SERIES,
    Quantity,
)
from ..history.amounts import LONGEST_SPAN, Amount, amounts, days_without_rows, wide
from ..history.merge import Span
from ..local_time import ONE_DAY, Days, day_of
from ..northbound import Period
from .periods import CannotAnswerError, label, row_bounds
from .plants import SeenPlant

SHARES: Final[Mapping[str, tuple[str, str, bool]]] = {
    SELF_CONSUMPTION_RATE: (SELF_CONSUMPTION, PV_ENERGY, False),
    AUTARKY_RATE: (GRID_IMPORT, CONSUMPTION, True),
}
"""By share: the part, the whole, and whether the rest is meant."""

MOST_SAID: Final = 10
QUANTITIES: Final = (
    *(key for key, series in SERIES.items() if series.quantity is not Quantity.POWER),
    *SHARES,
)
"""What may be asked for: the series that add up, and the shares."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The amounts of a quantity by period, and its whole.

    `counted`: the series that it is made of, each with its spans; `unknown`: days of
    the period of which nothing is known.
    """

    unit: str
    whole: Amount
    rows: Sequence[Amount]
    counted: Mapping[str, Sequence[Span]]
    unknown: Days


async def async_figures(
    plant: SeenPlant, quantity: str, edges: Sequence[int]
) -> Figures:
    """Return what was imported of a quantity between edges (epoch seconds).

    Raises CannotAnswerError where there is no recorder.
    """
    importer = plant.hub.history.importer
    if not importer.is_available:
        raise CannotAnswerError("Home Assistant runs without a recorder: no statistics")
    part, whole, is_rest = SHARES.get(quantity, (quantity, quantity, False))
    counted = {
        key: await importer.async_spans(
            plant.code, key, edges[0], edges[-1] + LONGEST_SPAN
        )
        for key in dict.fromkeys((part, whole))
    }
    unknown = _unknown(plant, counted, edges)

    def known(between: Sequence[int]) -> list[Amount]:
        found = [amounts(counted[key], between) for key in (part, whole)]
        rows = found[0]
        if quantity in SHARES:
            pairs = zip(*found, strict=True)
            rows = [_share(one, other, is_rest=is_rest) for one, other in pairs]
        return [
            row
            if _days(row.since, row.until, plant.zone) - unknown
            else replace(row, amount=None)
            for row in rows
        ]

    return Figures(
        unit_of(plant, quantity),
        known((edges[0], edges[-1]))[0],
        known(edges),
        counted,
        unknown,
    )


def _unknown(
    plant: SeenPlant, counted: Mapping[str, Sequence[Span]], edges: Sequence[int]
) -> Days:
    """Return the days of a period that one of the series says nothing about."""
    zone = plant.zone
    progress = plant.hub.history.progress(plant.code)
    days = _days(edges[0], edges[-1], zone)
    begun = Days.between(progress.first, date.max) if progress.first else days
    unknown = days - begun
    for key, spans in counted.items():
        if spans or key in progress.series:
            unknown |= days_without_rows(spans, days & begun, progress, zone)
        else:
            unknown |= days
    return unknown


def _days(since: int, until: int, zone: tzinfo) -> Days:
    return Days.between(day_of(since, zone), day_of(until - 1, zone) + ONE_DAY)


def unit_of(plant: SeenPlant, quantity: str) -> str:
    """Return the unit: percent, the plant's currency or kilowatt hours."""
    if quantity in SHARES:
        return str(UnitOfRatio.PERCENTAGE)
    if SERIES[quantity].quantity is Quantity.MONEY:
        return plant.hub.account.options.currency
    return str(UnitOfEnergy.KILO_WATT_HOUR)


def shown_row(period: Period, row: Amount, zone: tzinfo) -> JsonObjectType:
    """Return a row of an answer; one that is not whole says which part it is."""
    answer: JsonObjectType = {
        "start": label(period, row.since, zone),
        "value": shown(row.amount),
    }
    if (row.since, row.until) != row_bounds(period, row.since, zone):
        answer |= {"from": when(row.since, zone), "to": when(row.until, zone)}
    return answer


def shown(value: float | None) -> float | None:
    """Return a value with as many decimals as anybody asks for."""
    return None if value is None else round(value, 2)


def when(at: float, zone: tzinfo) -> str:
    """Return an instant by a plant's clock, with its offset."""
    return datetime.fromtimestamp(at, zone).isoformat(timespec="minutes")


def lacking(
    plant: SeenPlant, figures: Figures, edges: Sequence[int], now: float
) -> list[str]:
    """Return what the figures lack, a sentence each."""
    zone = plant.zone
    progress = plant.hub.history.progress(plant.code)
    said: list[str] = []
    unknown = figures.unknown
    for key, spans in figures.counted.items():
        if not spans and key not in progress.series:
            return [f"{key}: the plant has no imported values of it"]
        said += [
            f"{key}: from {when(span.since, zone)} to {when(span.until, zone)} only "
            f"the total is known, {round(span.amount, 2)} {unit_of(plant, key)}"
            for span in wide(spans, edges)[:MOST_SAID]
        ]
    if progress.first and day_of(edges[0], zone) < progress.first:
        said.append(f"the plant's first day with values is {progress.first}")
        unknown -= Days.between(date.min, progress.first)
    said += [
        f"no values from {since} to {until - ONE_DAY}"
        for since, until in unknown.ranges[:MOST_SAID]
    ]
    percent = plant.hub.history.estimate(plant.code).percent
    if said and percent < 100:
        said.append(f"the import of the plant's past is at {percent} %")
    return said + _not_over(figures, edges, now, zone)


def _not_over(
    figures: Figures, edges: Sequence[int], now: float, zone: tzinfo
) -> list[str]:
    """Return until when a running period has values."""
    ends = [span.until for spans in figures.counted.values() for span in spans]
    if edges[-1] < now or not ends:
        return []
    known = min(max(ends), int(now))
    return [f"the period is not over: values until {when(known, zone)}"]


def _share(part: Amount, whole: Amount, *, is_rest: bool) -> Amount:
    """Return a part of a whole in percent, 0 to 100; of nothing there is no share."""
    if part.amount is None or not whole.amount or whole.amount < 0:
        return replace(part, amount=None)
    share = 100 * part.amount / whole.amount
    shown = min(100.0, max(0.0, 100 - share if is_rest else share))
    return replace(part, amount=shown)

"""What a kilowatt hour cost at a time: a number, or an entity's states."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.components.recorder.statistics import (
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.generated.currencies import ACTIVE_CURRENCIES
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from ..account.options import Tariff
from ..catalogue.series import GRID_EXPORT_COMPENSATION, GRID_IMPORT_COST
from ..const import CONF_EXPORT_PRICE, CONF_IMPORT_PRICE
from ..local_time import HOUR
from .merge import Span

PRICE_OPTIONS: Final = {
    GRID_IMPORT_COST: CONF_IMPORT_PRICE,
    GRID_EXPORT_COMPENSATION: CONF_EXPORT_PRICE,
}
"""The option that holds the price of a series of money."""

# States are kept for ten days; before them there are hourly means.
STATES_FOR: Final = timedelta(days=10)
# While an entity is unavailable, the last price is in force; not for ever.
BELIEVED_FOR: Final = 24 * HOUR

# In currency per kWh: far below what any tariff tells apart.
SAME: Final = 1e-6

HUNDREDTHS: Final = frozenset(
    {
        *("ct", "cts", "cent", "cents", "c", "¢", "c€", "ct€", "€ct", "eurocent"),
        *("p", "pence", "penny", "öre", "øre", "gr", "grosz", "groszy", "rappen"),
        *("haléř", "haléřů", "kuruş", "bani", "fillér", "分"),
    }
)
"""What a hundredth of a currency is called in units, in small letters."""

type Step = tuple[float, float]
"""From when on (epoch seconds) a price per kWh is known."""


def average(steps: Sequence[Step], span: Span) -> float | None:
    """Return the mean price of a span, None before the first price is known."""
    known = between(steps, span.since, span.until)
    if not known or known[0][0] > span.since:
        return None
    weighted = (
        price * (until - since)
        for (since, price), (until, _) in pairwise([*known, (span.until, 0.0)])
    )
    return sum(weighted) / (span.until - span.since)


def priced(spans: Sequence[Span], steps: Sequence[Step]) -> list[Span]:
    """Return what energy cost, of the spans whose price is known.

    The energy within an hour is taken as even. In a day it is not: a span longer
    than an hour has a cost only where the price was the same all through it.
    """
    return [
        replace(span, amount=round(span.amount * price, 6))
        for span in spans
        if (price := average(steps, span)) is not None
        and (span.until - span.since <= HOUR or _is_constant(steps, span))
    ]


def mended(
    known: Sequence[Span], costs: Sequence[Span], *, is_per_kwh: bool
) -> list[Span]:
    """Return a series of costs as it should have been.

    `known`: as it is; `costs`: computed anew, where the price is still known. Of an
    older hour the old cost stays if the price `is_per_kwh`; of longer spans none.
    """
    kept = [span for span in known if is_per_kwh and span.until - span.since <= HOUR]
    found = {span.until: span for span in (*kept, *costs)}
    return list(found.values())


def _is_constant(steps: Sequence[Step], span: Span) -> bool:
    # Means of a price that never changed differ by rounding.
    found = [price for _, price in between(steps, span.since, span.until)]
    return max(found) - min(found) <= SAME


def per_kwh(unit: str | None) -> float:
    """Return what a price in this unit is multiplied by to be one per kWh.

    As Home Assistant's own costs (`homeassistant.components.energy.sensor`): by the
    energy after "/", and per kWh where there is none. Hundredths of a currency, which
    Home Assistant takes for the currency, are converted too.
    """
    money, _, energy = (unit or "").partition("/")
    energy, factor = energy.strip(), 1.0
    if energy in EnergyConverter.VALID_UNITS:
        factor = EnergyConverter.convert(1, UnitOfEnergy.KILO_WATT_HOUR, energy)
    return factor / 100 if money.strip().casefold() in HUNDREDTHS else factor


def is_price(unit: str | None, currency: str) -> bool:
    """Tell whether a unit can be one of a price of energy in this currency.

    No unit, and one without "/", is taken as one per kWh.
    """
    money, slash, energy = (unit or "").partition("/")
    code, energy = money.strip().upper(), energy.strip()
    return (code == currency or code not in ACTIVE_CURRENCIES) and (
        not slash
        or energy in EnergyConverter.VALID_UNITS
        or energy.casefold() == UnitOfEnergy.KILO_WATT_HOUR.casefold()
    )


async def async_steps(
    hass: HomeAssistant,
    price: float | str,
    spans: Sequence[Span],
    earlier: Tariff = (),
) -> list[Step]:
    """Return the prices of the time that spans cover.

    `price`: a number, or the id of an entity whose state is a price per kWh;
    `earlier`: those that it has replaced.
    """
    if not spans:
        return []
    begin = min(span.since for span in spans)
    steps: list[Step] = []
    since = float("-inf")
    for until, held in [*earlier, (float("inf"), price)]:
        if held is None:
            continue
        if until > begin:
            known = await _async_steps(hass, held, begin)
            steps += between(known, since, until)
        since = until
    return steps


def between(steps: Sequence[Step], since: float, until: float) -> list[Step]:
    """Return the prices in force from an instant until another."""
    first = bisect_right(steps, (since, float("inf")))
    in_force = [(since, price) for _, price in steps[:first][-1:]]
    last = bisect_left(steps, (until, float("-inf")))
    return [*in_force, *steps[first:last]]


async def _async_steps(
    hass: HomeAssistant, price: float | str, begin: int
) -> list[Step]:
    if isinstance(price, int | float):
        return [(float("-inf"), float(price))]
    at = datetime.fromtimestamp(begin - BELIEVED_FOR, UTC)
    return await get_instance(hass).async_add_executor_job(_steps, hass, price, at)


def _steps(hass: HomeAssistant, entity_id: str, begin: datetime) -> list[Step]:
    """Return an entity's hourly means, then its states; reads the database."""
    oldest = max(begin, dt_util.utcnow() - STATES_FOR)
    found = state_changes_during_period(
        hass, oldest, None, entity_id, include_start_time_state=True
    )
    states = [
        (state.last_updated_timestamp, price * per_kwh(_unit(state.attributes)))
        for state in found.get(entity_id, [])
        if (price := _number(state.state)) is not None
    ]
    rows = statistics_during_period(
        hass, begin, None, {entity_id}, "hour", None, {"mean"}
    ).get(entity_id, [])
    known = states[0][0] if states else float("inf")
    metadata = get_metadata(hass, statistic_ids={entity_id})
    factor = per_kwh(
        metadata[entity_id][1]["unit_of_measurement"] if entity_id in metadata else None
    )
    means = [
        (row["start"], mean * factor)
        for row in rows
        if (mean := row.get("mean")) is not None and row["start"] < known
    ]
    return [*means, *states]


def _unit(attributes: Mapping[str, Any]) -> str | None:
    unit = attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return unit if isinstance(unit, str) else None


def _number(state: str) -> float | None:
    try:
        number = float(state)
    except ValueError:
        return None
    return number if isfinite(number) else None

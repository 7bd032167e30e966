"""What a kilowatt hour cost at a time: a number, or an entity's states."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

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

type Step = tuple[float, float]
"""From when on (epoch seconds) a price per kWh is known."""


def average(steps: Sequence[Step], span: Span) -> float | None:
    """Return the mean price of a span, None before the first price is known."""
    first = bisect_right(steps, (span.since, float("inf"))) - 1
    if first < 0:
        return None
    last = bisect_right(steps, (span.until, float("-inf")))
    edges = [*steps[first:last], (span.until, 0.0)]
    weighted = (
        price * (min(until, span.until) - max(since, span.since))
        for (since, price), (until, _) in pairwise(edges)
    )
    return sum(weighted) / (span.until - span.since)


def priced(spans: Sequence[Span], steps: Sequence[Step]) -> list[Span]:
    """Return what energy cost, of the spans whose price is known."""
    return [
        Span(span.since, span.until, round(span.amount * price, 6))
        for span in spans
        if (price := average(steps, span)) is not None
    ]


async def async_steps(
    hass: HomeAssistant, price: float | str, spans: Sequence[Span]
) -> list[Step]:
    """Return the prices of the time that spans cover.

    `price`: a number, or the id of an entity whose state is a price per kWh.
    """
    if isinstance(price, int | float):
        return [(float("-inf"), float(price))]
    if not spans:
        return []
    begin = datetime.fromtimestamp(
        min(span.since for span in spans) - BELIEVED_FOR, UTC
    )
    return await get_instance(hass).async_add_executor_job(_steps, hass, price, begin)


def _steps(hass: HomeAssistant, entity_id: str, begin: datetime) -> list[Step]:
    """Return an entity's hourly means, then its states; reads the database."""
    oldest = max(begin, dt_util.utcnow() - STATES_FOR)
    found = state_changes_during_period(
        hass, oldest, None, entity_id, no_attributes=True, include_start_time_state=True
    )
    states = [
        (state.last_updated_timestamp, price)
        for state in found.get(entity_id, [])
        if (price := _number(state.state)) is not None
    ]
    rows = statistics_during_period(
        hass, begin, None, {entity_id}, "hour", None, {"mean"}
    ).get(entity_id, [])
    known = states[0][0] if states else float("inf")
    means = [
        (row["start"], mean)
        for row in rows
        if (mean := row.get("mean")) is not None and row["start"] < known
    ]
    return [*means, *states]


def _number(state: str) -> float | None:
    try:
        number = float(state)
    except ValueError:
        return None
    return number if isfinite(number) else None

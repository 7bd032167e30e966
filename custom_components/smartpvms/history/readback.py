"""The sums of a plant's series at moments of the past, read from the recorder."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant

from ..local_time import DAY
from .metadata import statistic_id

_BACK: Final = (2 * DAY, 32 * DAY, 400 * DAY)
"""How far before a moment (seconds) its last row may be: that of an hour, a day, a month,
a year."""

type Sums = Mapping[str, Sequence[float]]
"""By series, what it had counted at each of some moments, which are in order."""


async def async_sums(
    hass: HomeAssistant, code: str, keys: Iterable[str], moments: Sequence[int]
) -> Sums:
    """Return the sums of a plant's series at moments (epoch seconds).

    A series without a row before a moment had counted nothing.
    """
    return await get_instance(hass).async_add_executor_job(
        _sums, hass, {statistic_id(code, key): key for key in keys}, moments
    )


def _sums(
    hass: HomeAssistant, keys_by_id: Mapping[str, str], moments: Sequence[int]
) -> Sums:
    """Read the database; a year of hours would take a thousand times as many rows."""
    found: dict[str, list[float]] = {key: [] for key in keys_by_id.values()}
    for moment in moments:
        known: dict[str, float] = {}
        for back in (*_BACK, moment):
            missing = keys_by_id.keys() - known.keys()
            if not missing:
                break
            rows = statistics_during_period(
                hass,
                datetime.fromtimestamp(moment - back, UTC),
                datetime.fromtimestamp(moment, UTC),
                set(missing),
                "hour",
                None,
                {"sum"},
            )
            for id_, items in rows.items():
                before = [row for row in items if row["start"] < moment]
                if before:
                    known[id_] = before[-1].get("sum") or 0.0
        for id_, key in keys_by_id.items():
            found[key].append(known.get(id_, 0.0))
    return found

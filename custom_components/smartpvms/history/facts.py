"""What rows of a plant say in the end: completed from one another, less what they cannot know.

Pure; energies in kWh, times in epoch seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ..catalogue.series import (
    FED_IN,
    GRID_IMPORT,
    NET_DISCHARGE,
    OF_METER,
    PV,
    SERIES,
    amount_of,
    completed,
)
from ..northbound import Period, Values
from .feeds import Track

type Rows = Sequence[tuple[int, Values]]
"""The rows of a plant: when their period began, and their KPIs."""

type Parts = Mapping[int, Values]
"""What rows of one track wait with for those of another, by the start of a period."""

_MEASURED_BY_METER: Final = ("use_power", "ongrid_power", "buyPower")
_AWAITED: Final = {
    Track.PLANT: frozenset({"use_power", FED_IN, PV}),
    Track.STORAGE: frozenset({NET_DISCHARGE}),
}
"""What import takes from each track."""


def is_metered(rows: Rows) -> bool:
    """Tell whether any row shows that the plant has a meter.

    A plant without one answers 0 day after day.
    """
    return any(row.get(key) for _, row in rows for key in _MEASURED_BY_METER)


def facts(row: Values, *, metered: bool, has_battery: bool) -> dict[str, float]:
    """Return what a row says, with the derived quantities.

    `metered`: the plant has shown a meter.
    """
    return completed(_without_guesses(row, metered=metered), has_battery=has_battery)


def _without_guesses(row: Values, *, metered: bool) -> Values:
    """Return a row without what no meter has measured.

    A house that generates uses something: 0 says that it was not measured. Where energy
    was generated and neither used nor fed in, there was no meter.
    """
    generated = completed(row, has_battery=False).get(PV)
    if generated and row.get("use_power") == 0:
        metered = metered and any(row.get(key) for key in _MEASURED_BY_METER)
        row = {key: value for key, value in row.items() if key != "use_power"}
    if metered:
        return row
    return {key: value for key, value in row.items() if key not in OF_METER}


def joined(rows: Rows, parts: Parts) -> tuple[list[tuple[int, Values]], Parts]:
    """Return rows with the parts that waited for them, and the parts that wait now.

    Systems of 2020 tell a plant's and its batteries' amounts of a period apart; import
    takes both. Rows that tell it themselves take nothing and leave nothing.
    """
    found: list[tuple[int, Values]] = []
    left = dict(parts)
    for since, row in rows:
        waited = left.pop(since, {})
        both = {**waited, **row}
        is_known = amount_of(_IMPORT, both) is not None
        found.append((since, both if is_known else row))
        for keys in _AWAITED.values():
            if not is_known and keys <= row.keys():
                left[since] = {key: row[key] for key in keys}
    return found, left


def awaits(part: Values) -> Track:
    """Return the track whose rows a part waits for."""
    return Track.PLANT if NET_DISCHARGE in part else Track.STORAGE


_IMPORT: Final = SERIES[GRID_IMPORT].operands

JOINED: Final = frozenset({Period.DAY, Period.MONTH, Period.YEAR})
"""The periods that batteries have rows of (reference 3.8 to 3.10)."""

"""Self-consumption and self-sufficiency in percent, from energies. Pure."""

from collections.abc import Mapping

from ..catalogue.plant import AUTARKY_RATE, SELF_CONSUMPTION_RATE
from ..catalogue.series import (
    CONSUMPTION,
    GRID_IMPORT,
    PV_ENERGY,
    SELF_CONSUMPTION,
    SERIES,
    amount_of,
    completed,
)
from ..northbound import Values

ENERGIES = (PV_ENERGY, SELF_CONSUMPTION, CONSUMPTION, GRID_IMPORT)
"""The series that the shares are made of."""


def shares(energies: Mapping[str, float]) -> dict[str, float]:
    """Return the shares (percent) of a period's energies (kWh), as far as they are known.

    Self-consumption is the part of the PV energy that was not fed in, self-sufficiency
    the part of the consumption that was not bought. There is no share of nothing.
    """
    found: dict[str, float] = {}
    pv, kept = energies.get(PV_ENERGY, 0.0), energies.get(SELF_CONSUMPTION)
    used, bought = energies.get(CONSUMPTION, 0.0), energies.get(GRID_IMPORT)
    if pv > 0 and kept is not None:
        found[SELF_CONSUMPTION_RATE] = _percent(kept / pv)
    if used > 0 and bought is not None:
        found[AUTARKY_RATE] = _percent(1 - bought / used)
    return found


def shares_of_row(row: Values, *, has_battery: bool) -> dict[str, float]:
    """Return the shares of a plant's row of an hour, day, month or year."""
    known = completed(row, has_battery=has_battery)
    energies = {
        key: amount
        for key in ENERGIES
        if (amount := amount_of(SERIES[key].operands, known)) is not None
    }
    return shares(energies)


def _percent(share: float) -> float:
    return min(100.0, max(0.0, round(100 * share, 1)))

"""The external statistics of a plant, and the KPIs they are computed from.

Powers are hourly means with minimum and maximum; everything else is an hourly
sum. Signs as in Home Assistant: grid power positive = import, battery power
positive = discharge.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..northbound import Values


class Quantity(StrEnum):
    """What a series measures."""

    ENERGY = "energy"
    MONEY = "money"
    POWER = "power"


type Terms = Mapping[str, float]
"""A sum of KPIs: each key with its factor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """An external statistic.

    `operands`: sums of KPIs of a row (reference 3.2 to 3.5, later editions), of
    `DERIVED` quantities or of the devices' own counters (`DEVICE_…` below), of which
    the first one that a row has is taken; `live`: the same for the counters of the
    live values, until the rows come; `may_fall`: an hour may be negative.
    """

    key: str
    quantity: Quantity = Quantity.ENERGY
    operands: tuple[Terms, ...] = ()
    live: tuple[Terms, ...] = ()
    may_fall: bool = False


DEVICE_INVERTER: Final = "device_inverter"
DEVICE_IMPORT: Final = "device_import"
DEVICE_EXPORT: Final = "device_export"
DEVICE_CHARGE: Final = "device_charge"
DEVICE_DISCHARGE: Final = "device_discharge"
DEVICE_AC_STORAGE: Final = "device_ac_storage"
DEVICE_KEYS: Final = frozenset(
    {
        DEVICE_INVERTER,
        DEVICE_IMPORT,
        DEVICE_EXPORT,
        DEVICE_CHARGE,
        DEVICE_DISCHARGE,
        DEVICE_AC_STORAGE,
    }
)
OPPOSITE: Final = {DEVICE_IMPORT: DEVICE_EXPORT, DEVICE_EXPORT: DEVICE_IMPORT}
"""What the counters of a reversed meter count."""

PV_ENERGY: Final = "pv_energy"
GRID_EXPORT: Final = "grid_export"
GRID_IMPORT: Final = "grid_import"
CONSUMPTION: Final = "consumption"
SELF_CONSUMPTION: Final = "self_consumption"
BATTERY_CHARGE: Final = "battery_charge"
BATTERY_DISCHARGE: Final = "battery_discharge"
REVENUE: Final = "revenue"
GRID_IMPORT_COST: Final = "grid_import_cost"
GRID_EXPORT_COMPENSATION: Final = "grid_export_compensation"
PV_POWER: Final = "pv_power"
GRID_POWER: Final = "grid_power"
BATTERY_POWER: Final = "battery_power"

PV: Final = "pv"
FED_IN: Final = "fed_in"
NET_DISCHARGE: Final = "net_discharge"
DERIVED: Final[Mapping[str, tuple[Terms, ...]]] = {
    PV: ({"PVYield": 1}, {"inverter_power": 1}),
    FED_IN: ({"ongrid_power": 1}, {PV: 1, "selfUsePower": -1}),
    NET_DISCHARGE: (
        {"dischargeCap": 1, "chargeCap": -1},
        {DEVICE_DISCHARGE: 1, DEVICE_CHARGE: -1},
    ),
}
"""Quantities that series share, each after those it is made of.

`inverter_power` is the PV yield: it equals `PVYield` in every real row that has both,
with a battery too. The identities of real rows: `ongrid_power` = `PVYield` -
`selfUsePower`, `inverterYield` = `PVYield` + `dischargeCap` - `chargeCap`,
`selfProvide` = `inverterYield` - `ongrid_power`, `use_power` = `selfProvide` +
`buyPower`.
"""
OF_METER: Final = frozenset(
    {"use_power", "ongrid_power", "buyPower", "selfUsePower", "selfProvide"}
)
"""KPIs that a plant without a meter cannot have, whatever its rows say."""

_EXPORTED_LIVE: Final[tuple[Terms, ...]] = (
    {DEVICE_EXPORT: 1},
    {"day_on_grid_energy": 1},
    {"daily_on_grid_energy": 1},
)

SERIES: Final[Mapping[str, Series]] = {
    series.key: series
    for series in (
        Series(
            key=PV_ENERGY,
            operands=({PV: 1},),
            live=({"day_power": 1},),
        ),
        Series(
            key=GRID_EXPORT,
            operands=({FED_IN: 1}, {DEVICE_EXPORT: 1}),
            live=_EXPORTED_LIVE,
        ),
        Series(
            key=GRID_IMPORT,
            operands=(
                {"buyPower": 1},
                {"use_power": 1, "selfProvide": -1},
                {"use_power": 1, FED_IN: 1, PV: -1, NET_DISCHARGE: -1},
                {DEVICE_IMPORT: 1},
            ),
            live=({DEVICE_IMPORT: 1},),
        ),
        Series(
            key=CONSUMPTION,
            operands=(
                {"use_power": 1},
                {
                    DEVICE_INVERTER: 1,
                    DEVICE_AC_STORAGE: 1,
                    DEVICE_IMPORT: 1,
                    DEVICE_EXPORT: -1,
                },
            ),
            live=(
                {"day_use_energy": 1},
                {"daily_use_energy": 1},
                {
                    "day_power": 1,
                    DEVICE_IMPORT: 1,
                    DEVICE_EXPORT: -1,
                    NET_DISCHARGE: 1,
                },
            ),
        ),
        Series(
            key=SELF_CONSUMPTION,
            operands=({"selfUsePower": 1}, {PV: 1, FED_IN: -1}),
            live=tuple(
                {"day_power": 1} | dict.fromkeys(terms, -1) for terms in _EXPORTED_LIVE
            ),
        ),
        Series(
            key=BATTERY_CHARGE,
            operands=({"chargeCap": 1}, {DEVICE_CHARGE: 1}),
            live=({DEVICE_CHARGE: 1},),
        ),
        Series(
            key=BATTERY_DISCHARGE,
            operands=({"dischargeCap": 1}, {DEVICE_DISCHARGE: 1}),
            live=({DEVICE_DISCHARGE: 1},),
        ),
        Series(
            key=REVENUE,
            quantity=Quantity.MONEY,
            operands=({"power_profit": 1},),
            live=({"day_income": 1},),
            may_fall=True,
        ),
        Series(key=GRID_IMPORT_COST, quantity=Quantity.MONEY, may_fall=True),
        Series(key=GRID_EXPORT_COMPENSATION, quantity=Quantity.MONEY, may_fall=True),
        Series(key=PV_POWER, quantity=Quantity.POWER),
        Series(key=GRID_POWER, quantity=Quantity.POWER),
        Series(key=BATTERY_POWER, quantity=Quantity.POWER),
    )
}


OF_METER_SERIES: Final = frozenset(
    {
        GRID_EXPORT,
        GRID_IMPORT,
        CONSUMPTION,
        SELF_CONSUMPTION,
        GRID_IMPORT_COST,
        GRID_EXPORT_COMPENSATION,
    }
)
"""Series that only a plant with a meter has."""

PRICED: Final = {
    GRID_IMPORT_COST: GRID_IMPORT,
    GRID_EXPORT_COMPENSATION: GRID_EXPORT,
}
"""Series of money by the series of energy that a price turns into them."""


def keys_of(operands: Iterable[Terms]) -> set[str]:
    """Return the KPIs and counters that sums are made of in the end."""
    found: set[str] = set()
    for key in {key for terms in operands for key in terms}:
        found |= keys_of(DERIVED[key]) if key in DERIVED else {key}
    return found


def completed(row: Values, *, has_battery: bool) -> dict[str, float]:
    """Return a row with the derived quantities that it has."""
    known = dict(row)
    if not has_battery:
        known[NET_DISCHARGE] = 0.0
    for key, operands in DERIVED.items():
        if (value := amount_of(operands, known)) is not None:
            known[key] = value
    return known


def amount_of(operands: Iterable[Terms], row: Values) -> float | None:
    """Return the first of some sums that a row has, None where it has none.

    On some days keys are left out. The sums equal each other by the identities of real
    rows, so each row takes its own.
    """
    for terms in operands:
        if terms.keys() <= row.keys():
            return round(sum(row[key] * factor for key, factor in terms.items()), 6)
    return None

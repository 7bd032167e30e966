"""Whether a grid meter (type 17) reports W or kW. Pure.

The 2020 reference says kW, later editions W. Volts times amperes tell, where
the row has them; all of the meter's powers are then given in kW, kvar and kVA.
"""

from typing import Final

from .northbound import Dialect, Values

GRID_METER: Final = 17

_PHASES: Final = "abc"
_POWERS: Final = frozenset(
    {
        "total_apparent_power",
        *(
            f"{kind}_power{suffix}"
            for kind in ("active", "reactive")
            for suffix in ("", *(f"_{phase}" for phase in _PHASES))
        ),
    }
)
# Active power is at most the apparent power: in kW at most a thousandth of the
# number of V x A, and in W seldom less than a hundredth of it.
_SURELY_WATTS: Final = 0.01
_LIKELY_KILOWATTS: Final = 0.002


def is_in_watts(row: Values) -> bool | None:
    """Return the unit that the row's own numbers prove, None if they do not."""
    power = row.get("active_power")
    pairs = [(row.get(f"{phase}_u"), row.get(f"{phase}_i")) for phase in _PHASES]
    apparent = sum(abs(u * i) for u, i in pairs if u is not None and i is not None)
    if not power or not apparent:
        return None
    ratio = abs(power) / apparent
    if ratio > _SURELY_WATTS:
        return True
    return False if ratio <= _LIKELY_KILOWATTS else None


def assumed_in_watts(dialect: Dialect) -> bool:
    """Return the unit of a meter whose rows prove nothing."""
    return dialect is Dialect.V2022


def in_kilowatts(row: Values, *, watts: bool) -> Values:
    """Return the row with its powers in kW, kvar and kVA."""
    if not watts:
        return row
    return {
        key: round(value / 1000, 6) if key in _POWERS else value
        for key, value in row.items()
    }

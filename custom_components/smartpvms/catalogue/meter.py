"""Meters: types 17 (grid meter), 47 (power sensor) and 23070 (EMMA).

Reference 3.6 and later editions. The families have opposite signs: on 17 and 47
a positive power is export and `active_cap` the exported energy; on the EMMA a
positive power is import and `active_cap` the imported energy.

The 2020 reference says that a grid meter (17) reports kW, later editions say W. Volts
times amperes tell, where the row has them; all of its powers are then given in kW, kvar
and kVA.
"""

from typing import Final

from homeassistant.const import UnitOfPower, UnitOfReactivePower

from ..northbound import Dialect, Values
from .kpi import (
    LINE_VOLTAGES,
    PHASE_VALUES,
    Counter,
    Direction,
    Kpi,
    apparent_power,
    energy,
    frequency,
    phases,
    power,
    power_factor,
    reactive_energy,
    reactive_power,
)

TARIFFS: Final = ("peak", "power", "valley", "top")
"""The four tariffs: `power` is shoulder, `valley` off-peak, `top` critical peak.

Reference of 2022; that of 2020 has the names of `power` and `valley` swapped.
"""


def _signed(unit: UnitOfPower, positive: Direction) -> tuple[Kpi, ...]:
    """Return the rows whose meaning depends on the family's sign."""
    is_export = positive is Direction.EXPORT
    forward = Direction.EXPORTED if is_export else Direction.IMPORTED
    backward = Direction.IMPORTED if is_export else Direction.EXPORTED
    return (
        power("active_power", unit, direction=positive),
        energy("active_cap", Counter.LIFETIME, direction=forward),
        energy("reverse_active_cap", Counter.LIFETIME, direction=backward),
        *(
            power(f"active_power_{phase}", unit, enabled=False, direction=positive)
            for phase in "abc"
        ),
    )


def _reactive(unit: UnitOfReactivePower) -> tuple[Kpi, ...]:
    return tuple(
        reactive_power(key, unit)
        for key in ("reactive_power", *(f"reactive_power_{phase}" for phase in "abc"))
    )


_VOLTAGES_AND_CURRENTS: Final = (
    *LINE_VOLTAGES,
    *PHASE_VALUES,
    power_factor(),
    frequency("grid_frequency"),
)

_COUNTERS_BY_TARIFF: Final[tuple[Kpi, ...]] = (
    *(
        energy(
            f"{prefix}_active_{tariff}",
            Counter.LIFETIME,
            enabled=False,
            direction=direction,
        )
        for prefix, direction in (
            ("positive", Direction.EXPORTED),
            ("reverse", Direction.IMPORTED),
        )
        for tariff in TARIFFS
    ),
    *(
        reactive_energy(f"{prefix}_reactive_{tariff}")
        for prefix in ("positive", "reverse")
        for tariff in TARIFFS
    ),
)

GRID_METER: Final[tuple[Kpi, ...]] = (
    *_signed(UnitOfPower.KILO_WATT, Direction.EXPORT),
    *_reactive(UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE),
    *_VOLTAGES_AND_CURRENTS,
    apparent_power("total_apparent_power"),
    reactive_energy("forward_reactive_cap"),
    reactive_energy("reverse_reactive_cap"),
    *_COUNTERS_BY_TARIFF,
)

POWER_SENSOR: Final[tuple[Kpi, ...]] = (
    *_signed(UnitOfPower.WATT, Direction.EXPORT),
    *_reactive(UnitOfReactivePower.VOLT_AMPERE_REACTIVE),
    *phases("meter_u", "meter_i"),
    *_VOLTAGES_AND_CURRENTS,
)

EMMA: Final[tuple[Kpi, ...]] = (
    *_signed(UnitOfPower.KILO_WATT, Direction.IMPORT),
    *_reactive(UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE),
    *phases("meter_u", "meter_i"),
    *_VOLTAGES_AND_CURRENTS,
    apparent_power("total_apparent_power"),
)


GRID_METER_TYPE: Final = 17

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
# number of V x A (a tenth more for rounding), and in W seldom less than a hundredth.
_SURELY_WATTS: Final = 0.01
_LIKELY_KILOWATTS: Final = 0.0011


def apparent_power_of(row: Values) -> float | None:
    """Return volts times amperes of all three phases in VA, None if one is missing.

    Phase A of a power sensor has keys of its own.
    """
    pairs = [
        (row.get("a_u", row.get("meter_u")), row.get("a_i", row.get("meter_i"))),
        *((row.get(f"{phase}_u"), row.get(f"{phase}_i")) for phase in "bc"),
    ]
    known = [abs(u * i) for u, i in pairs if u is not None and i is not None]
    return sum(known) or None if len(known) == len(pairs) else None


def is_in_watts(row: Values) -> bool | None:
    """Return the unit that the row's own numbers prove, None if they do not.

    A row that lacks a phase proves nothing.
    """
    power, apparent = row.get("active_power"), apparent_power_of(row)
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

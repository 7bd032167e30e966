"""Meters: types 17 (grid meter), 47 (power sensor) and 23070 (EMMA).

Reference 3.6 and later editions. The families have opposite signs: on 17 and 47
a positive power is export and `active_cap` the exported energy; on the EMMA a
positive power is import and `active_cap` the imported energy.
"""

from typing import Final

from homeassistant.const import UnitOfPower, UnitOfReactivePower

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
"""The reference's four tariffs; `power` is the off-peak one."""


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

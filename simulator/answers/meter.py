"""Meters: types 17, 47 and 23070, which measure one point with different signs."""

from simulator.model import Oddity

from .look import Look, Row, three_phases

TARIFF_SHARES = {"peak": 0.31, "power": 0.22, "valley": 0.38, "top": 0.09}
"""Share of each tariff period in the lifetime counters of type 17."""


def grid_meter(look: Look) -> Row:
    """Return the KPIs of type 17: positive is export; kW in 2020, W since 2022."""
    power = look.moment.power
    export = round(power.export - power.import_, 4)
    unit = 1000 if look.newer else 1
    reactive = round(0.08 * abs(export) + 0.02, 4)
    row = three_phases(look, export, 230.5)
    row |= {
        "active_power": round(_wrapped(look, export) * unit, 4),
        "power_factor": 0.98,
        "active_cap": look.moment.totals.export,
        "reactive_power": round(reactive * unit, 4),
        "reverse_active_cap": look.moment.totals.import_,
        "total_apparent_power": round((export**2 + reactive**2) ** 0.5 * unit, 4),
        "grid_frequency": look.moment.frequency,
    }
    for phase in "abc":
        row[f"active_power_{phase}"] = round(export * unit / 3, 4)
        row[f"reactive_power_{phase}"] = round(reactive * unit / 3, 4)
    counters = {
        "positive_active": look.moment.totals.export,
        "reverse_active": look.moment.totals.import_,
        "positive_reactive": look.moment.totals.export * 0.08,
        "reverse_reactive": look.moment.totals.import_ * 0.08,
    }
    row["forward_reactive_cap"] = round(counters["positive_reactive"], 2)
    row["reverse_reactive_cap"] = round(counters["reverse_reactive"], 2)
    for name, counted in counters.items():
        for period, share in TARIFF_SHARES.items():
            row[f"{name}_{period}"] = round(counted * share, 2)
    return row


def _wrapped(look: Look, export: float) -> float:
    """Return an export in kW, as a register of 16 bits takes it for negative."""
    return export - 65535 if export > 0 and look.odd(Oddity.WRAPS) else export


def power_sensor(look: Look) -> Row:
    """Return the KPIs of type 47: W, positive is export; ``active_cap`` is export."""
    power = look.moment.power
    watts = round((power.export - power.import_) * 1000, 1)
    volts = round(231 + look.noise("a", 1.6), 1)
    row: Row = {
        "meter_status": 1,
        "meter_u": volts,
        "meter_i": round(abs(watts) / 3 / volts, 2),
        "active_power": watts,
        "reactive_power": round(30 + look.noise("q", 12), 1),
        "power_factor": 0.99,
        "grid_frequency": look.moment.frequency,
        "active_cap": round(look.moment.totals.export, 2),
        "reverse_active_cap": round(look.moment.totals.import_, 2),
        "run_state": 1,
    }
    if look.newer:
        third = round(watts / 3, 1)
        row |= {f"active_power_{phase}": third for phase in "abc"}
    return row


def emma(look: Look) -> Row:
    """Return the KPIs of type 23070: kW, positive is import, as is ``active_cap``."""
    power = look.moment.power
    import_ = round(power.import_ - power.export, 4)
    return three_phases(look, import_, 230.2) | {
        "active_power": import_,
        "reactive_power": round(0.03 + look.noise("q", 0.01), 3),
        "power_factor": 0.99,
        "grid_frequency": look.moment.frequency,
        "active_cap": round(look.moment.totals.import_, 2),
        "reverse_active_cap": round(look.moment.totals.export, 2),
        "run_state": 1,
    }

"""Deviations of real devices from the reference."""

from simulator.model import Oddity

from .look import Look, Row, Value

ENUMERATIONS = frozenset(
    {"inverter_state", "battery_status", "ch_discharge_model", "meter_status"}
)
AS_TEXT = frozenset(
    {"temperature", "elec_freq", "grid_frequency", "power_factor", "active_cap"}
)
NOISY = frozenset({"active_power", "day_cap", "total_cap", "temperature"})
POWERS = frozenset({"active_power", "mppt_power", "ch_discharge_power"})
CHANGED = (ENUMERATIONS | AS_TEXT | NOISY | POWERS) | {"efficiency"}


def apply_oddities(look: Look, row: Row) -> Row:
    """Return a row changed by the device's oddities."""
    if not look.quirks or not look.device.oddities:
        return row
    changed = {
        key: _changed(look, key, _mistold(look, key, row[key]))
        for key in CHANGED & row.keys()
    }
    return row | changed


def _mistold(look: Look, key: str, value: Value) -> Value:
    """Return a power as a device that gets it wrong sends it."""
    if key == "mppt_power" and look.odd(Oddity.NO_PV_INPUT):
        return None
    if key == "mppt_power" and look.odd(Oddity.ZERO_PV_INPUT):
        return 0.0
    if key == "active_power" and look.odd(Oddity.NO_POWER):
        return None
    if not isinstance(value, (int, float)):
        return value
    if key == "active_power" and not value and look.odd(Oddity.DRAWS_AT_NIGHT):
        return -0.02
    if key == "ch_discharge_power" and look.odd(Oddity.DISCHARGE_POSITIVE):
        return -value
    return value


def _changed(look: Look, key: str, value: Value) -> Value:
    if not isinstance(value, (int, float)):
        return value
    if key in ENUMERATIONS:
        return float(value) if look.odd(Oddity.FLOAT_ENUMS) else value
    if key == "efficiency" and look.odd(Oddity.PERCENT_TEXT):
        return f"{value}%"
    if key in AS_TEXT and look.odd(Oddity.TEXT_NUMBERS):
        return str(value)
    if key in NOISY and look.odd(Oddity.FLOAT_NOISE):
        # The error of a sum of decimal fractions in binary.
        return value * (1 + 2**-49)
    return value

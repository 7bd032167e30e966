"""Rows of a device of any type."""

from collections.abc import Callable

from simulator.model import Type

from .inverter import central_inverter, string_inverter
from .look import Look, Row
from .meter import emma, grid_meter, power_sensor
from .quirks import apply_oddities
from .site import combiner_box, transformer, weather_station
from .storage import battery

KPIS: dict[int, Callable[[Look], Row]] = {
    Type.STRING_INVERTER: string_inverter,
    Type.TRANSFORMER: transformer,
    Type.WEATHER: weather_station,
    Type.CENTRAL_INVERTER: central_inverter,
    Type.COMBINER: combiner_box,
    Type.GRID_METER: grid_meter,
    Type.ENERGY_CENTER: string_inverter,
    Type.BATTERY: battery,
    Type.LARGE_STORAGE: battery,
    Type.POWER_SENSOR: power_sensor,
    Type.EMMA: emma,
}

LIVE_ONLY = frozenset({"run_state", "battery_unit_info"})
"""Keys that are missing in five-minute rows (reference 3.7)."""


def live_row(look: Look) -> Row:
    """Return the real-time KPIs (reference 3.6)."""
    return apply_oddities(look, KPIS[look.device.type](look))


def five_minute_row(look: Look) -> Row:
    """Return the five-minute KPIs (reference 3.7)."""
    row = live_row(look)
    return {key: value for key, value in row.items() if key not in LIVE_ONLY}

"""Transformers: type 8 (reference 3.6)."""

from typing import Final

from .kpi import (
    LINE_VOLTAGES,
    PHASE_VALUES,
    Kpi,
    frequency,
    power,
    power_factor,
    reactive_power,
)

TRANSFORMER: Final[tuple[Kpi, ...]] = (
    power("active_power"),
    reactive_power("reactive_power"),
    power_factor(),
    frequency("elec_freq"),
    *LINE_VOLTAGES,
    *PHASE_VALUES,
)

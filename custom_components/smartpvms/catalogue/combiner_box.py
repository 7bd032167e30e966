"""DC combiner boxes: type 15 (reference 3.6, misprinted `temprature` included)."""

from typing import Final

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import EntityCategory

from .kpi import Counter, Kpi, current, phases, temperature

INPUTS: Final = 20

COMBINER_BOX: Final[tuple[Kpi, ...]] = (
    *phases("photc_u", "photc_i"),
    temperature("temprature"),
    Kpi(
        key="thunder_count",
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        counter=Counter.LIFETIME,
    ),
    *(current(f"dc_i{n}", needs_production=True) for n in range(1, INPUTS + 1)),
)

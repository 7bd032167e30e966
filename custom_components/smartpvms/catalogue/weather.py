"""Environmental monitoring instruments (EMI): type 10 (reference 3.6)."""

from dataclasses import replace
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import DEGREE, EntityCategory, UnitOfIrradiance, UnitOfSpeed

from .kpi import Counter, Kpi, measured, temperature

IRRADIATION: Final = "MJ/m²"


def _irradiation(key: str) -> Kpi:
    """Return a row for the day's irradiation, which has no class of its own."""
    return Kpi(
        key=key,
        native_unit_of_measurement=IRRADIATION,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        counter=Counter.DEVICE_DAY,
    )


def _irradiance(key: str) -> Kpi:
    """Return a row for irradiance."""
    unit = UnitOfIrradiance.WATTS_PER_SQUARE_METER
    return measured(key, SensorDeviceClass.IRRADIANCE, unit, 0)


def _shown(kpi: Kpi) -> Kpi:
    """Return a row that is enabled: a weather station has nothing else to show."""
    return replace(kpi, entity_registry_enabled_default=True)


WEATHER_STATION: Final[tuple[Kpi, ...]] = (
    _shown(temperature("temperature")),
    _shown(temperature("pv_temperature")),
    _shown(
        measured(
            "wind_speed", SensorDeviceClass.WIND_SPEED, UnitOfSpeed.METERS_PER_SECOND, 1
        )
    ),
    Kpi(
        key="wind_direction",
        device_class=SensorDeviceClass.WIND_DIRECTION,
        native_unit_of_measurement=DEGREE,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT_ANGLE,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _shown(_irradiance("radiant_line")),
    _shown(_irradiance("horiz_radiant_line")),
    _irradiation("radiant_total"),
    _irradiation("horiz_radiant_total"),
)

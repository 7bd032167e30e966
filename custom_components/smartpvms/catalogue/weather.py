"""Environmental monitoring instruments (EMI): type 10 (reference 3.6).

What it measures is what it is for: none of it is diagnostic.
"""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import DEGREE, UnitOfIrradiance, UnitOfSpeed

from .kpi import Counter, Kpi, measured, temperature

IRRADIATION: Final = "MJ/m²"
IRRADIATION_SHOWN: Final = "kWh/m²"
"""The unit of entities that are new: Home Assistant has no class that converts it."""
MEGAJOULES_PER_KILOWATT_HOUR: Final = 3.6


def _irradiation(key: str) -> Kpi:
    """Return a row for the day's irradiation, which has no class of its own."""
    return Kpi(
        key=key,
        native_unit_of_measurement=IRRADIATION,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL_INCREASING,
        counter=Counter.DEVICE_DAY,
    )


def _irradiance(key: str) -> Kpi:
    """Return a row for irradiance."""
    unit = UnitOfIrradiance.WATTS_PER_SQUARE_METER
    return measured(key, SensorDeviceClass.IRRADIANCE, unit, 0, enabled=True)


WEATHER_STATION: Final[tuple[Kpi, ...]] = (
    temperature("temperature", enabled=True),
    temperature("pv_temperature", enabled=True),
    measured(
        "wind_speed",
        SensorDeviceClass.WIND_SPEED,
        UnitOfSpeed.METERS_PER_SECOND,
        1,
        enabled=True,
    ),
    Kpi(
        key="wind_direction",
        device_class=SensorDeviceClass.WIND_DIRECTION,
        native_unit_of_measurement=DEGREE,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT_ANGLE,
    ),
    _irradiance("radiant_line"),
    _irradiance("horiz_radiant_line"),
    _irradiation("radiant_total"),
    _irradiation("horiz_radiant_total"),
)

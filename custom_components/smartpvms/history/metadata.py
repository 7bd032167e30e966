"""What the recorder is told of a series: its id, its name, its unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.util import slugify
from homeassistant.util.unit_conversion import EnergyConverter, PowerConverter

from ..catalogue.series import Quantity, Series
from ..const import DOMAIN

_UNITS: Final[Mapping[Quantity, tuple[str, str]]] = {
    Quantity.ENERGY: (UnitOfEnergy.KILO_WATT_HOUR, EnergyConverter.UNIT_CLASS),
    Quantity.POWER: (UnitOfPower.KILO_WATT, PowerConverter.UNIT_CLASS),
}
"""The unit and its class; money has the plant's currency and none."""


@dataclass(frozen=True, slots=True)
class PlantSeries:
    """Whose series they are: the plant's code and name, and its currency."""

    code: str
    name: str
    currency: str


def statistic_id(plant_code: str, series: str) -> str:
    """Return the id of a series (a key of `catalogue.series.SERIES`)."""
    return f"{DOMAIN}:{slugify(plant_code)}_{series}"


def unit_of(plant: PlantSeries, series: Series) -> str:
    """Return the unit in which a series is written."""
    unit, _ = _UNITS.get(series.quantity, (plant.currency, None))
    return unit


def metadata_of(plant: PlantSeries, series: Series, name: str) -> StatisticMetaData:
    """Return how a series appears in the recorder; `name`: in the user's language."""
    is_power = series.quantity is Quantity.POWER
    unit, unit_class = _UNITS.get(series.quantity, (plant.currency, None))
    mean = StatisticMeanType.ARITHMETIC if is_power else StatisticMeanType.NONE
    return StatisticMetaData(
        mean_type=mean,
        has_sum=not is_power,
        name=f"{plant.name} {name}",
        source=DOMAIN,
        statistic_id=statistic_id(plant.code, series.key),
        unit_class=unit_class,
        unit_of_measurement=unit,
    )

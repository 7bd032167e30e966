"""The ids of a plant's external statistics."""

from homeassistant.util import slugify

from ..const import DOMAIN


def statistic_id(plant_code: str, series: str) -> str:
    """Return the id of a series (a key of `catalogue.series.SERIES`)."""
    return f"{DOMAIN}:{slugify(plant_code)}_{series}"

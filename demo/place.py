"""Places for the demo's plants, at least one of them in daylight at any time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from astral import Observer
from astral.sun import elevation


@dataclass(frozen=True)
class Place:
    """A location (degrees) with time zone, country and currency."""

    time_zone: str
    latitude: float
    longitude: float
    country: str
    currency: str

    def sun(self, now: datetime) -> float:
        """Return the elevation of the sun in degrees."""
        degrees: float = elevation(Observer(self.latitude, self.longitude), now)
        return degrees


# Around the globe, so that it is day in one of them; in euros where possible.
PLACES: Final = (
    Place("Europe/Berlin", 48.14, 11.58, "DE", "EUR"),
    Place("Indian/Reunion", -20.88, 55.45, "RE", "EUR"),
    Place("America/Cayenne", 4.92, -52.31, "GF", "EUR"),
    Place("Asia/Bangkok", 13.76, 100.50, "TH", "THB"),
    Place("Australia/Brisbane", -27.47, 153.03, "AU", "AUD"),
    Place("Pacific/Honolulu", 21.31, -157.86, "US", "USD"),
    Place("America/Mexico_City", 19.43, -99.13, "MX", "MXN"),
)


def sunny_place(now: datetime) -> Place:
    """Return the place with the highest sun."""
    return max(PLACES, key=lambda place: place.sun(now))


def place_in(time_zone: str) -> Place:
    """Return the place of a time zone."""
    return next(place for place in PLACES if place.time_zone == time_zone)

"""Where the demo's plants stand: somewhere the sun is up while people look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Place:
    """A town."""

    time_zone: str
    latitude: float
    longitude: float
    country: str
    currency: str

    def hours_from_late_morning(self, now: datetime) -> float:
        """Return how far its clock is from 11:00, the best hour to look at a plant."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        distance = abs(local.hour + local.minute / 60 - 11)
        return min(distance, 24 - distance)


PLACES: Final = (
    Place("Europe/Berlin", 48.14, 11.58, "DE", "EUR"),
    Place("America/Sao_Paulo", -23.55, -46.63, "BR", "BRL"),
    Place("America/Mexico_City", 19.43, -99.13, "MX", "MXN"),
    Place("Pacific/Honolulu", 21.31, -157.86, "US", "USD"),
    Place("Australia/Brisbane", -27.47, 153.03, "AU", "AUD"),
    Place("Asia/Bangkok", 13.76, 100.50, "TH", "THB"),
    Place("Asia/Dubai", 25.20, 55.27, "AE", "AED"),
)


def sunny_place(now: datetime) -> Place:
    """Return the place where it is closest to late morning."""
    return min(PLACES, key=lambda place: place.hours_from_late_morning(now))


def place_in(time_zone: str) -> Place:
    """Return the place of a time zone."""
    return next(place for place in PLACES if place.time_zone == time_zone)

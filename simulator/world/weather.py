"""Clouds and air temperature, from seeded noise."""

from itertools import pairwise
from math import cos, pi
from random import Random

KNOT = 3
"""Steps between two knots of the cloud noise, which make clouds of 15 minutes."""


def clouds(rng: Random, steps: int) -> list[float]:
    """Return the share of clear-sky irradiance in each step (0.06 to 1)."""
    clearness = 0.18 + 0.8 * rng.random() ** 0.55
    # Overcast and cloudless days vary least.
    restless = 2.6 * clearness * (1.0 - clearness)
    drift = rng.uniform(-0.12, 0.12)
    random = rng.random
    knots = [
        clearness + restless * (random() - 0.5) + drift * (k * KNOT / steps - 0.5)
        for k in range(steps // KNOT + 2)
    ]
    sky: list[float] = []
    for left, right in pairwise(knots):
        for part in range(KNOT):
            value = left + (right - left) * part / KNOT
            sky.append(0.06 if value < 0.06 else min(value, 1.0))
    return sky[:steps]


def air_temperature(
    seed: int, latitude: float, day_of_year: int, hour: float, light: float
) -> float:
    """Return the air temperature in °C at a local hour; ``light``: kW/m²."""
    season = cos(2 * pi * (day_of_year - 200) / 365) * (1 if latitude >= 0 else -1)
    spread = min(abs(latitude), 60) / 5
    mean = 27 - abs(latitude) * 0.33 + spread * season
    weather = Random(f"{seed}/{day_of_year}").uniform(-4, 4)
    return mean + weather + 4 * cos(2 * pi * (hour - 15) / 24) + 3 * light

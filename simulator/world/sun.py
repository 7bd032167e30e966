"""Clear-sky irradiance on the ground and on tilted planes."""

from datetime import date
from functools import lru_cache
from math import cos, pi, radians, sin

from astral.sun import eq_of_time, jday_to_jcentury, julianday, sun_declination

from .site import Array, Site

STEP = 300
"""Seconds of a simulation step; all energies are sums of steps."""


@lru_cache(maxsize=4096)
def _orbit(day: date) -> tuple[float, float]:
    """Return declination (radians) and equation of time (minutes) of a day."""
    century = jday_to_jcentury(julianday(day) + 0.5)
    return radians(sun_declination(century)), eq_of_time(century)


def _hour_angle(at: int, longitude: float, equation: float) -> float:
    """Return the hour angle (radians, 0 at solar noon) of an epoch time in seconds."""
    solar_minutes = (at % 86400) / 60 + equation + 4 * longitude
    return radians(solar_minutes / 4 - 180)


def _plane(array: Array, latitude: float, decl: float) -> tuple[float, float, float]:
    """Return (a, b, c) of a plane's incidence ``a + b cos(H) + c sin(H)`` on one day.

    H is the hour angle.

    The factors are the plane's normal times the sun's direction (east, north, up).
    """
    phi, tilt, azimuth = (
        radians(latitude),
        radians(array.tilt),
        radians(array.azimuth),
    )
    east, north, up = sin(tilt) * sin(azimuth), sin(tilt) * cos(azimuth), cos(tilt)
    return (
        north * cos(phi) * sin(decl) + up * sin(phi) * sin(decl),
        -north * sin(phi) * cos(decl) + up * cos(phi) * cos(decl),
        -east * cos(decl),
    )


def sunlight(
    site: Site, day: date, start: int, steps: int
) -> tuple[list[float], list[list[float]]]:
    """Return irradiance in kW/m² on the ground ``[step]``, planes ``[plane][step]``."""
    decl, equation = _orbit(day)
    level = _plane(Array(1, 1, tilt=0), site.latitude, decl)
    factors = [_plane(plane, site.latitude, decl) for plane in site.arrays]
    ground = [0.0] * steps
    tilted = [[0.0] * steps for _ in site.arrays]
    first = _hour_angle(start + STEP // 2, site.longitude, equation)
    turn = 2 * pi * STEP / 86400
    for step in range(steps):
        angle = first + step * turn
        c, s = cos(angle), sin(angle)
        height = level[0] + level[1] * c + level[2] * s
        if height <= 0.0:
            continue
        # A cheap approximation of air mass: the low sun is weaker.
        direct = 1.05 * height / (height + 0.22)
        diffuse = 0.11 * height / (height + 0.1)
        ground[step] = direct * height + diffuse
        for row, (a, b, d) in zip(tilted, factors, strict=True):
            incidence = a + b * c + d * s
            row[step] = diffuse + (direct * incidence if incidence > 0 else 0.0)
    return ground, tilted

"""The plant's time zone, which the interface does not tell. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..local_time import DAY
from ..northbound import Plant
from ..northbound.bounds import EASTERNMOST

# Tried first: populous zones are likelier than others with the same offsets.
_POPULOUS: Final = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Athens",
    "Europe/Istanbul",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Karachi",
    "Asia/Dubai",
    "Asia/Bangkok",
    "Australia/Sydney",
    "Australia/Brisbane",
    "Australia/Adelaide",
    "Australia/Perth",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Bogota",
    "America/Santiago",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Cairo",
)
_REGIONS: Final = (
    "Africa/",
    "America/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


def zone_of(plant: Plant, home: tzinfo) -> tzinfo | None:
    """Return the zone that the plant's list row tells, None where it tells none.

    The date of the grid connection carries the plant's offset on that day; where
    `home` had the same offset then, plant and house share their zone and its
    daylight saving time.
    """
    connected = plant.grid_connected_at
    if connected is None or (offset := connected.utcoffset()) is None:
        return None
    if connected.astimezone(home).utcoffset() == offset:
        return home
    return timezone(offset)


def fits(zone: tzinfo, midnights: Iterable[int]) -> bool:
    """Tell whether all these instants (epoch seconds) are midnight in a zone.

    Where clocks go forward at midnight, a day begins an hour late.
    """
    return all(
        (local := datetime.fromtimestamp(at, zone)).hour * 60 + local.minute == 0
        or datetime.fromtimestamp(at - 60, zone).date() < local.date()
        for at in midnights
    )


def find_zone(midnights: Iterable[int], home: tzinfo) -> tzinfo:
    """Return a zone in which the days of a plant begin at midnight.

    A plant's zone may have been changed, so the midnights (epoch seconds) that are last
    in time count, whenever they were answered: the zone that fits the most of them, from
    the last one backwards. Of such zones the first: home's, a populous zone, any zone;
    where none fits, a fixed offset. Reads the time zone database: not for the event loop.
    """
    latest = sorted(midnights, reverse=True)
    zones = [home, *map(ZoneInfo, (*_POPULOUS, *sorted(_regional())))]
    found = max(zones, key=lambda zone: _run(zone, latest))
    if _run(found, latest):
        return found
    behind = latest[0] % DAY
    ahead = DAY - behind
    return timezone(
        timedelta(seconds=ahead if ahead <= EASTERNMOST.total_seconds() else -behind)
    )


def _run(zone: tzinfo, midnights: Iterable[int]) -> int:
    """Return how many instants are midnight in a zone, up to the first that is not."""
    return sum(1 for _ in takewhile(lambda at: fits(zone, [at]), midnights))


def _regional() -> set[str]:
    """Return the zones that are named after a place."""
    return {name for name in available_timezones() if name.startswith(_REGIONS)}


def dump_zone(zone: tzinfo | None) -> str | float | None:
    """Return a zone as JSON data: its name, or its offset in seconds."""
    if isinstance(zone, ZoneInfo):
        return zone.key
    offset = zone.utcoffset(None) if zone else None
    return offset.total_seconds() if offset is not None else None


def load_zone(saved: object) -> tzinfo | None:
    """Return what `dump_zone` saved, None for anything else."""
    try:
        match saved:
            case str():
                return ZoneInfo(saved)
            case int() | float():
                return timezone(timedelta(seconds=saved))
    except ZoneInfoNotFoundError, ValueError, OverflowError, OSError:
        return None
    return None

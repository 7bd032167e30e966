"""The plant's time zone, which the interface does not tell. Pure."""

from datetime import timezone, tzinfo

from .northbound import Plant


def zone_of(plant: Plant, home: tzinfo) -> tzinfo:
    """Return Home Assistant's zone, unless the plant shows another offset.

    The date of the grid connection carries the plant's offset on that day; where
    `home` had the same offset then, plant and house share their zone and its
    daylight saving time.
    """
    connected = plant.grid_connected_at
    if connected is None or (offset := connected.utcoffset()) is None:
        return home
    if connected.astimezone(home).utcoffset() == offset:
        return home
    return timezone(offset)

"""The physical world behind a plant: sun, clouds, load, storage, meters.

Everything is a function of a :class:`~simulator.world.site.Site` and a point in
time. Nothing is stepped forward and nothing is kept but caches, so last year's
hour has the same numbers whether it is asked for today or was watched live.
"""

from .site import Array, Load, Site, Storage, Tariff
from .world import Reading, World, world_of

__all__ = [
    "Array",
    "Load",
    "Reading",
    "Site",
    "Storage",
    "Tariff",
    "World",
    "world_of",
]

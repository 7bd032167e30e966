"""The physical world behind a plant: sun, clouds, load, storage, meters.

Everything is a function of a :class:`~simulator.world.site.Site` and a point in
time. The only state is caches, so that an hour of last year has the same numbers
as it had while it ran.
"""

from .orders import Forced, Mode, Rules, Window
from .site import Array, Load, Site, Storage, Tariff
from .world import Reading, World, world_of

__all__ = [
    "Array",
    "Forced",
    "Load",
    "Mode",
    "Reading",
    "Rules",
    "Site",
    "Storage",
    "Tariff",
    "Window",
    "World",
    "world_of",
]

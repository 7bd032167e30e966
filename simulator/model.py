"""Plants and devices as the management system knows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from .world import Site, World, world_of


class Type(IntEnum):
    """Device types (reference 2.8), and some that came later."""

    STRING_INVERTER = 1
    LOGGER = 2
    TRANSFORMER = 8
    WEATHER = 10
    CENTRAL_INVERTER = 14
    COMBINER = 15
    GRID_METER = 17
    ENERGY_CENTER = 38
    BATTERY = 39
    LARGE_STORAGE = 41
    OPTIMIZER = 46
    POWER_SENSOR = 47
    DONGLE = 62
    EMMA = 23070
    MAINS = 60001


INVERTERS = frozenset({Type.STRING_INVERTER, Type.CENTRAL_INVERTER, Type.ENERGY_CENTER})
METERS = frozenset({Type.GRID_METER, Type.POWER_SENSOR, Type.EMMA})


class Oddity(StrEnum):
    """What real devices do to a parser. All off with ``quirks=False``."""

    LATE_MIDNIGHT = "shows yesterday's day counter until it wakes"
    TEXT_NUMBERS = "sends some numbers as text"
    FLOAT_NOISE = "sends 15.970000000000027"
    FLOAT_ENUMS = "sends 512.0 for an enumeration"
    NO_CLOSE_TIME = "sends N/A for the time it was shut down"
    EFFICIENCY_100 = "does not measure its efficiency and says 100"
    PERCENT_TEXT = "sends 98.2% for a percentage"
    NO_MPPT_COUNTERS = "does not count per tracker and says 0.0"
    NO_HEALTH = "does not measure its battery's health and says 0.0"
    PACKS = "sends an object about its battery packs"
    FORGETS_TOTAL = "sends null for its lifetime counter now and then at night"
    NULL_AT_NIGHT = "sends null instead of 0 while it sleeps"
    OFFLINE_AT_NIGHT = "counts as disconnected while it sleeps"
    NULL_SPARE = "sends null instead of 0 for inputs it does not have"


@dataclass(slots=True, kw_only=True)
class Device:
    """An entry of the device list (reference 2.8).

    ``array`` and ``storage`` say which part of the plant's world it measures.
    """

    id: int
    type: int
    name: str
    serial: str | None = None
    model: str | None = None
    software: str | None = "V100R001C00SPC160"
    array: int | None = None
    storage: int | None = None
    strings: int = 2
    optimizers: int | None = None
    counted_before: float = 0.0
    """kWh made before the plant was registered: ``total_cap`` exceeds ``total_power``."""
    upgrade_to: str | None = None
    """The version an upgrade brings; None: there is no package."""
    upgrade_fails: bool = False
    oddities: frozenset[Oddity] = frozenset()

    @property
    def dn(self) -> str:
        """Distinguished name, as newer device lists have it."""
        return f"NE={abs(self.id) % 100_000_000}"


@dataclass(slots=True, kw_only=True)
class Plant:
    """A plant and its devices. Both lists may be changed while a simulator runs."""

    code: str
    name: str
    site: Site
    devices: list[Device] = field(default_factory=list)
    address: str | None = None
    category: int = 3
    """Reference 2.2: 1 utility, 2 commercial and industrial, 3 residential."""
    contact: str = ""
    contact_method: str = ""
    lag: int = 480
    """Seconds until the cloud knows what the plant did."""
    falls_at_night: bool = False
    """Whether the real-time day counter is corrected downwards after sunset."""

    @property
    def world(self) -> World:
        """What really happens there."""
        return world_of(self.site)

    def has(self, types: Iterable[int]) -> bool:
        """Whether it has a device of one of these types."""
        return any(device.type in types for device in self.devices)

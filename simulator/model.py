"""Plants and devices of the management system."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from .world import Site, World, world_of


class Type(IntEnum):
    """Device types (reference 2.8), and types of later systems."""

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


CONTROLLERS = (frozenset({Type.LOGGER, Type.EMMA}), frozenset({Type.DONGLE}))
"""A dongle controls a plant only where there is neither logger nor EMMA."""

INVERTERS = frozenset({Type.STRING_INVERTER, Type.CENTRAL_INVERTER, Type.ENERGY_CENTER})
METERS = frozenset({Type.GRID_METER, Type.POWER_SENSOR, Type.EMMA})


class Oddity(StrEnum):
    """Deviations of real devices from the reference. ``quirks=False`` disables them."""

    LATE_MIDNIGHT = "keeps yesterday's day counter until PV starts"
    TEXT_NUMBERS = "sends some numbers as text"
    FLOAT_NOISE = "sends 15.970000000000027"
    FLOAT_ENUMS = "sends 512.0 for an enumeration"
    NO_CLOSE_TIME = "sends N/A for its shutdown time"
    EFFICIENCY_100 = "does not measure its efficiency and sends 100"
    PERCENT_TEXT = "sends 98.2% for a percentage"
    NO_MPPT_COUNTERS = "does not count per tracker and sends 0.0"
    NO_HEALTH = "does not measure its battery's health and sends 0.0"
    PACKS = "sends an object with its battery packs"
    FORGETS_TOTAL = "sends null for its lifetime counter in some steps of the night"
    NULL_AT_NIGHT = "sends null instead of 0 while it sleeps"
    OFFLINE_AT_NIGHT = "is disconnected while it sleeps"
    NO_PV_INPUT = "sends null for its PV input"
    ZERO_PV_INPUT = "sends 0.0 for its PV input, whatever it gives"
    DRAWS_AT_NIGHT = "draws 20 W while it sleeps"
    NO_POWER = "sends null for its power"
    WRAPS = "sends an export of 305 kW as -65230 kW"
    DISCHARGE_POSITIVE = "sends a positive power while it discharges"
    NULL_SPARE = "sends null instead of 0 for inputs it does not have"


@dataclass(slots=True, kw_only=True)
class Device:
    """An entry of the device list (reference 2.8).

    ``array`` and ``storage``: indexes of the array and storage of the site that the
    device measures.
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
    """kWh before the plant was registered, by which ``total_cap`` exceeds
    ``total_power``."""
    upgrade_to: str | None = None
    """Version after an upgrade; None: there is no package."""
    upgrade_fails: bool = False
    oddities: frozenset[Oddity] = frozenset()

    @property
    def dn(self) -> str:
        """Distinguished name, a field of the device list since 2022."""
        return f"NE={abs(self.id) % 100_000_000}"


@dataclass(slots=True, kw_only=True)
class Plant:
    """A plant and its devices, which may be changed while a simulator runs."""

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
    """Seconds by which the cloud's data lag behind the plant."""
    falls_at_night: bool = False
    """Whether the real-time day counter is corrected downwards after sunset."""

    told: World | None = None
    """The plant's own world, once its controller was told something."""

    @property
    def world(self) -> World:
        """Physical truth of the plant, shared by plants with equal sites."""
        return self.told or world_of(self.site)

    @property
    def controllers(self) -> list[Device]:
        """Return the devices that control the plant."""
        for kinds in CONTROLLERS:
            if found := [one for one in self.devices if one.type in kinds]:
                return found
        return []

    def has(self, types: Iterable[int]) -> bool:
        """Return whether the plant has a device of one of these types."""
        return any(device.type in types for device in self.devices)

"""A glance at one device at one instant."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import cos, pi
import zlib

from simulator.dialect import Dialect
from simulator.model import Device, Oddity, Plant
from simulator.world import Reading, World
from simulator.world.sun import STEP
from simulator.world.weather import air_temperature

type Value = float | int | str | bool | dict[str, object] | None
type Row = dict[str, Value]


class Moment:
    """What a plant's world does at an instant; shared by all looks at its devices."""

    def __init__(self, plant: Plant, at: float) -> None:
        """Look at a plant at an epoch time in seconds."""
        self.plant = plant
        self.at = at
        self.world: World = plant.world
        self.local = self.world.local(at)

    @cached_property
    def power(self) -> Reading:
        """Powers in kW."""
        return self.world.power(self.at)

    @cached_property
    def totals(self) -> Reading:
        """Counters since commissioning in kWh."""
        return self.world.totals(self.at)

    @cached_property
    def today(self) -> Reading:
        """Energies since plant midnight in kWh."""
        return self.totals - self.world.totals(self.world.midnight(self.local.date()))

    @cached_property
    def yesterday(self) -> Reading:
        """Energies of the day before in kWh."""
        day = self.local.date()
        start = self.world.midnight(day - timedelta(days=1))
        return self.world.energy(start, self.world.midnight(day))

    @cached_property
    def air(self) -> float:
        """Air temperature in °C."""
        return air_temperature(
            self.world.site.seed,
            self.world.site.latitude,
            self.local.timetuple().tm_yday,
            self.local.hour + self.local.minute / 60,
            self.power.irradiation,
        )

    @cached_property
    def frequency(self) -> float:
        """Grid frequency in Hz."""
        swing = cos(2 * pi * self.at / 1700) + cos(2 * pi * self.at / 530)
        return round(50 + 0.015 * swing, 2)


@dataclass(frozen=True, slots=True)
class Look:
    """A device, a moment, and how the system speaks."""

    moment: Moment
    device: Device
    dialect: Dialect
    quirks: bool

    def odd(self, oddity: Oddity) -> bool:
        """Whether the device has this oddity, and oddities are wanted."""
        return self.quirks and oddity in self.device.oddities

    def noise(self, tag: str, spread: float, steady: bool = False) -> float:
        """Something between -spread and +spread, new every step unless steady."""
        step = 0 if steady else int(self.moment.at // STEP)
        text = f"{self.device.id}/{step}/{tag}".encode()
        return spread * (zlib.crc32(text) / 2**31 - 1)

    @property
    def newer(self) -> bool:
        """Whether the answer is for an account made since 2022."""
        return self.dialect is Dialect.V2022


def three_phases(
    look: Look, kilowatts: float, volts: float, factor: float = 1.0
) -> Row:
    """Line and phase voltages (V) and phase currents (A) of a three-phase device."""
    row: Row = {}
    phases = [round(volts + look.noise(phase, 1.6), 1) for phase in "abc"]
    for phase, (first, second) in zip("abc", ((0, 1), (1, 2), (2, 0)), strict=True):
        pair = f"{phase}{'bca'['abc'.index(phase)]}_u"
        row[pair] = round((phases[first] + phases[second]) / 2 * 3**0.5, 1)
    for phase, voltage in zip("abc", phases, strict=True):
        row[f"{phase}_u"] = voltage
    for phase, voltage in zip("abc", phases, strict=True):
        amps = abs(kilowatts) * 1000 / 3 / voltage / factor
        row[f"{phase}_i"] = round(amps, 2)
    return row

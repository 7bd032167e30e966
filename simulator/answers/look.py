"""State of one device at one instant, from which its KPIs are computed."""

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
    """State of a plant's world at an instant, shared by the looks at its devices."""

    def __init__(self, plant: Plant, at: float) -> None:
        """Set plant and epoch time in seconds; values are computed when used."""
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
    """A device at a moment, with the dialect and quirks of the answer."""

    moment: Moment
    device: Device
    dialect: Dialect
    quirks: bool

    def odd(self, oddity: Oddity) -> bool:
        """Return whether the device has this oddity and quirks are enabled."""
        return self.quirks and oddity in self.device.oddities

    def noise(self, tag: str, spread: float, steady: bool = False) -> float:
        """Return a number between -spread and +spread, equal for equal arguments.

        It changes every five-minute step unless ``steady``.
        """
        step = 0 if steady else int(self.moment.at // STEP)
        text = f"{self.device.id}/{step}/{tag}".encode()
        return spread * (zlib.crc32(text) / 2**31 - 1)

    @property
    def newer(self) -> bool:
        """Return whether the dialect is 2022 or later."""
        return self.dialect is Dialect.V2022


def three_phases(
    look: Look, kilowatts: float, volts: float, factor: float = 1.0
) -> Row:
    """Return line and phase voltages (V) and phase currents (A).

    ``kilowatts``: power of all phases; ``volts``: mean phase voltage; ``factor``: power
    factor.
    """
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

"""What a plant is made of, as far as physics is concerned."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Load(StrEnum):
    """Who uses the energy."""

    HOUSEHOLD = "household"
    INDUSTRY = "industry"


@dataclass(frozen=True, slots=True)
class Array:
    """The PV modules of one inverter, and the inverter's size.

    Tilt and azimuth are in degrees, azimuth 180 is south.
    """

    peak_kw: float
    limit_kw: float
    tilt: float = 30.0
    azimuth: float = 180.0


@dataclass(frozen=True, slots=True)
class Storage:
    """A battery: behind the inverter of an array, or AC-coupled (``array`` None)."""

    capacity_kwh: float
    power_kw: float
    array: int | None = None
    reserve: float = 0.08
    efficiency: float = 0.97


@dataclass(frozen=True, slots=True)
class Tariff:
    """Money per kWh, in the plant's currency.

    With ``market`` the feed-in price follows the hour and falls below zero around
    noon at weekends, as spot prices do; this is where a negative ``power_profit``
    comes from.
    """

    feed_in: float = 0.08
    own_use: float = 0.28
    market: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One plant's world. Equal sites share their caches."""

    seed: int
    latitude: float
    longitude: float
    timezone: str
    connected: date
    arrays: tuple[Array, ...]
    storages: tuple[Storage, ...] = ()
    load: Load = Load.HOUSEHOLD
    load_kw: float = 0.5
    tariff: Tariff | None = Tariff()

    @property
    def peak_kw(self) -> float:
        """Installed DC capacity in kW."""
        return sum(array.peak_kw for array in self.arrays)

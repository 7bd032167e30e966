"""Physical description of a plant."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Load(StrEnum):
    """Kind of consumer, which sets the load's shape over the day."""

    HOUSEHOLD = "household"
    INDUSTRY = "industry"


@dataclass(frozen=True, slots=True)
class Array:
    """The PV modules of one inverter, and the inverter's size.

    ``limit_kw``: the inverter's largest output. Tilt and azimuth are in degrees;
    azimuth 180 is south.
    """

    peak_kw: float
    limit_kw: float
    tilt: float = 30.0
    azimuth: float = 180.0


@dataclass(frozen=True, slots=True)
class Storage:
    """A battery: behind the inverter of an array, or AC-coupled (``array`` None).

    ``reserve``: share of the capacity that is never discharged. ``efficiency``: of one
    direction.
    """

    capacity_kwh: float
    power_kw: float
    array: int | None = None
    reserve: float = 0.08
    efficiency: float = 0.97


@dataclass(frozen=True, slots=True)
class Tariff:
    """Money per kWh, in the plant's currency.

    With ``market`` the feed-in price follows the hour and falls below zero around
    noon at weekends, as spot prices do, so that ``power_profit`` can be negative.
    """

    feed_in: float = 0.08
    own_use: float = 0.28
    market: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """Site of a plant; equal sites share one world.

    ``load_kw``: mean power of the load.
    """

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

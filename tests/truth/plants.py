"""Kinds of plants, made from a seed."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from itertools import count
from random import Random
from typing import Final

from simulator import Device, Dialect, Oddity, Plant, Type
from simulator.world import Array, Load, Site, Storage, Tariff


class Kind(StrEnum):
    """Kind of a plant."""

    PV_ONLY = "pv only"
    PV_AND_METER = "pv and meter"
    HYBRID = "hybrid"
    TWO_HYBRIDS = "two hybrids"
    EMMA = "emma"
    AC_COUPLED = "ac coupled"
    LARGE = "large"


KINDS: Final[Mapping[Dialect, tuple[Kind, ...]]] = {
    Dialect.V2020: (
        Kind.PV_ONLY,
        Kind.PV_AND_METER,
        Kind.HYBRID,
        Kind.TWO_HYBRIDS,
        Kind.LARGE,
    ),
    Dialect.V2022: tuple(Kind),
}
"""The 2020 reference has neither EMMA nor the storage of AC-coupled plants."""

METERS: Final[Mapping[Kind, tuple[Type, ...]]] = {
    Kind.PV_ONLY: (),
    Kind.PV_AND_METER: (Type.POWER_SENSOR,),
    Kind.HYBRID: (Type.POWER_SENSOR,),
    Kind.TWO_HYBRIDS: (Type.GRID_METER,),
    Kind.EMMA: (Type.EMMA,),
    Kind.AC_COUPLED: (Type.GRID_METER,),
    Kind.LARGE: (Type.GRID_METER,),
}

STORAGES: Final[Mapping[Kind, tuple[int | None, ...]]] = {
    Kind.PV_ONLY: (),
    Kind.PV_AND_METER: (),
    Kind.HYBRID: (0,),
    Kind.TWO_HYBRIDS: (0, 1),
    Kind.EMMA: (0,),
    Kind.AC_COUPLED: (None,),
    Kind.LARGE: (),
}
"""The inverter of each storage; None: AC-coupled."""

INVERTERS: Final[Mapping[Kind, int]] = {
    Kind.PV_ONLY: 2,
    Kind.PV_AND_METER: 1,
    Kind.HYBRID: 2,
    Kind.TWO_HYBRIDS: 3,
    Kind.EMMA: 1,
    Kind.AC_COUPLED: 2,
    Kind.LARGE: 4,
}

SIZES: Final[Mapping[Kind, float]] = {Kind.LARGE: 20.0}
"""How many times the size of a house a plant is; 1 if left out."""

STRING_INVERTERS: Final = frozenset({Kind.AC_COUPLED, Kind.LARGE})

PLACES: Final[Mapping[str, tuple[float, float]]] = {
    "Europe/Berlin": (48.1, 11.6),
    "Asia/Kolkata": (26.9, 82.5),
    "America/New_York": (40.7, -74.0),
    "America/Santiago": (-33.4, -70.7),
    "Australia/Lord_Howe": (-31.6, 159.1),
}
"""Latitude and longitude by zone; Kolkata has no summer time, two have it in December."""

ODDITIES: Final = (
    Oddity.LATE_MIDNIGHT,
    Oddity.FLOAT_NOISE,
    Oddity.FORGETS_TOTAL,
    Oddity.OFFLINE_AT_NIGHT,
    Oddity.NULL_AT_NIGHT,
    Oddity.NO_MPPT_COUNTERS,
)
"""Those that concern counters; an inverter has each of them or not."""


def make_plant(
    kind: Kind, number: int, rng: Random, zone: str, connected: date
) -> Plant:
    """Return a plant of a kind; ``number`` tells the plants of an account apart."""
    inverters, size = INVERTERS[kind], SIZES.get(kind, 1.0)
    latitude, longitude = PLACES[zone]
    site = Site(
        seed=rng.randrange(1000),
        latitude=latitude,
        longitude=longitude,
        timezone=zone,
        connected=connected,
        arrays=tuple(
            Array(
                size * (6.16 - index),
                size * (6.0 - index),
                32,
                _azimuth(latitude, index),
            )
            for index in range(inverters)
        ),
        storages=tuple(
            Storage(capacity_kwh=10.0, power_kw=3.5, array=array)
            for array in STORAGES[kind]
        ),
        load=Load.HOUSEHOLD,
        load_kw=0.62 * size,
        tariff=Tariff(market=rng.random() < 0.3),
    )
    return Plant(
        code=f"NE={number}",
        name=f"{kind.capitalize()} {number}",
        site=site,
        devices=list(_devices(kind, number, rng)),
        lag=300 + rng.randrange(6) * 60,
    )


def _azimuth(latitude: float, index: int) -> float:
    """Return where an array looks: towards noon's sun, less or more."""
    more = 50.0 * index - 55.0
    return 180.0 + more if latitude > 0 else (360.0 - more) % 360


def _devices(kind: Kind, number: int, rng: Random) -> Iterator[Device]:
    ids = count(number * 1000 + 1)

    def device(type_id: Type, name: str, **fields: int | None) -> Device:
        return Device(id=next(ids), type=type_id, name=f"{name} {number}", **fields)  # type: ignore[arg-type]

    for index in range(INVERTERS[kind]):
        inverter = device(
            Type.STRING_INVERTER if kind in STRING_INVERTERS else Type.ENERGY_CENTER,
            f"Inverter {index + 1}",
            array=index,
        )
        inverter.oddities = frozenset(o for o in ODDITIES if rng.random() < 0.3)
        yield inverter
    for index, array in enumerate(STORAGES[kind]):
        kind_of = Type.LARGE_STORAGE if array is None else Type.BATTERY
        yield device(kind_of, f"Battery {index + 1}", storage=index)
    for type_id in METERS[kind]:
        yield device(type_id, "Meter")

"""Plants to simulate, made from a seed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
import zlib
from zoneinfo import ZoneInfo

from .model import Device, Oddity, Plant, Type
from .world import Array, Load, Site, Storage, Tariff

MUNICH = (48.137, 11.575)
MADRID = (39.864, -4.027)
HOUSE_TARIFF = Tariff(feed_in=0.08, own_use=0.28)
MARKET_TARIFF = Tariff(feed_in=0.06, own_use=0.14, market=True)


class _Maker:
    """Makes the devices of one plant; 16-digit ids, some of them negative."""

    def __init__(self, code: str, seed: int) -> None:
        self.code = code
        self.rng = Random(f"{code}/{seed}")
        # Two plants of one fleet must not share device ids.
        self.base = 1_000_000_000_000_000 + zlib.crc32(code.encode()) * 100_000
        self.count = 0

    def __call__(self, kind: int, name: str, **fields: Any) -> Device:
        """Return the next device."""
        self.count += 1
        number = self.base + self.count * 137
        if kind in (Type.STRING_INVERTER, Type.WEATHER, Type.LOGGER):
            number = -number
        serial = f"HV{self.rng.randrange(10**10):010d}"
        fields.setdefault("serial", serial)
        return Device(id=number, type=kind, name=name, **fields)


def _place(
    location: tuple[float, float] | None, home: tuple[float, float], timezone: str
) -> tuple[float, float]:
    """Return latitude and longitude of a plant in degrees.

    By default ``home``; in a distant time zone the longitude at which the sun
    culminates at about 12:00.
    """
    if location is not None:
        return location
    noon = datetime(2026, 1, 15, 12, tzinfo=ZoneInfo(timezone))
    hours = (noon.utcoffset() or timedelta()).total_seconds() / 3600
    # European clocks run up to two hours ahead of the sun, so a difference of up to
    # 30° is still home.
    near = abs(hours * 15 - home[1]) < 30
    return home if near else (home[0], hours * 15)


def residential(
    code: str = "NE=33554785",
    seed: int = 1,
    *,
    name: str = "Sonnenhof",
    timezone: str = "Europe/Berlin",
    location: tuple[float, float] | None = None,
    connected: date = date(2023, 4, 18),
    tariff: Tariff | None = HOUSE_TARIFF,
    meter: int = Type.POWER_SENSOR,
) -> Plant:
    """Build a house: two inverters, one of them with a battery, a meter, a dongle."""
    latitude, longitude = _place(location, MUNICH, timezone)
    site = Site(
        seed=seed,
        latitude=latitude,
        longitude=longitude,
        timezone=timezone,
        connected=connected,
        arrays=(Array(6.16, 6.0, 32, 125), Array(4.4, 4.0, 32, 235)),
        storages=(Storage(capacity_kwh=10.0, power_kw=3.5, array=0),),
        load=Load.HOUSEHOLD,
        load_kw=0.62,
        tariff=tariff,
    )
    make = _Maker(code, seed)
    hybrid = make(
        Type.ENERGY_CENTER,
        "Inverter-1",
        model="SUN2000-6KTL-M1",
        array=0,
        storage=0,
        strings=2,
        optimizers=0,
        counted_before=41.73,
        software="V100R001C00SPC141",
        upgrade_to="V100R001C00SPC160",
        oddities=frozenset(
            {Oddity.NO_CLOSE_TIME, Oddity.FLOAT_ENUMS, Oddity.FLOAT_NOISE}
        ),
    )
    plain = make(
        Type.ENERGY_CENTER,
        "Inverter-2",
        model="SUN2000-4KTL-L1",
        array=1,
        strings=1,
        optimizers=0,
        counted_before=17.2,
        oddities=frozenset(
            {
                Oddity.LATE_MIDNIGHT,
                Oddity.EFFICIENCY_100,
                Oddity.NO_MPPT_COUNTERS,
                Oddity.FORGETS_TOTAL,
                Oddity.OFFLINE_AT_NIGHT,
                Oddity.NULL_SPARE,
            }
        ),
    )
    battery = make(
        Type.BATTERY,
        "Battery-1",
        model="LUNA2000-10KWH-S0",
        storage=0,
        serial=None,
        oddities=frozenset({Oddity.NO_HEALTH, Oddity.PACKS, Oddity.FLOAT_ENUMS}),
    )
    sensor = make(
        meter,
        "Energy management assistant" if meter == Type.EMMA else "Meter-1",
        model="SmartHEMS-A02" if meter == Type.EMMA else "DTSU666-H 250A/50mA",
        serial="",
        oddities=frozenset({Oddity.TEXT_NUMBERS}),
    )
    dongle = make(Type.DONGLE, "Dongle-1", model="SDongleA-05", serial="null")
    return Plant(
        code=code,
        name=name,
        site=site,
        devices=[hybrid, plain, battery, sensor, dongle],
        address="Am Sonnenhang 1, 80331 München",
        contact="Erika Mustermann",
        contact_method="erika@example.com",
        lag=300 + seed % 6 * 60,
        falls_at_night=True,
    )


def emma(
    code: str = "NE=33554786",
    seed: int = 2,
    *,
    name: str = "Haus am See",
    **rest: Any,
) -> Plant:
    """Build the same house with an EMMA as its meter: the opposite sign."""
    return residential(code, seed, name=name, meter=Type.EMMA, **rest)


def utility(
    code: str = "5D02E8B40AD342159AC8D8A2BCD4FAB5",
    seed: int = 3,
    *,
    name: str = "Solarpark Süd",
    timezone: str = "Europe/Madrid",
    location: tuple[float, float] | None = None,
    connected: date = date(2024, 2, 6),
    tariff: Tariff | None = MARKET_TARIFF,
) -> Plant:
    """Build a plant beside a factory, with a device of every type.

    EMMA, grid meter and power sensor measure the same point, so that each of them as
    the grid meter gives the same result.
    """
    latitude, longitude = _place(location, MADRID, timezone)
    strings = tuple(Array(116 + 4 * n, 100, 25, 180) for n in range(3))
    site = Site(
        seed=seed,
        latitude=latitude,
        longitude=longitude,
        timezone=timezone,
        connected=connected,
        arrays=(*strings, Array(640, 500, 25, 180), Array(11.2, 10, 15, 170)),
        storages=(Storage(15, 5, array=4), Storage(400, 150)),
        load=Load.INDUSTRY,
        load_kw=180,
        tariff=tariff,
    )
    return Plant(
        code=code,
        name=name,
        site=site,
        devices=_utility_devices(_Maker(code, seed)),
        address=None,
        category=1,
        contact="Operations",
        contact_method="+34 600 000 000",
        lag=300 + seed % 6 * 60,
    )


def _utility_devices(make: _Maker) -> list[Device]:
    """Return one device of each type, but three string inverters."""
    inverters = [
        make(
            Type.STRING_INVERTER,
            f"INV-{n + 1}",
            model="SUN2000-100KTL-M1",
            array=n,
            strings=20,
            software="V300R001C00SPC121",
            upgrade_to="V300R001C00SPC136" if n < 2 else None,
            upgrade_fails=n == 1,
            counted_before=912.4 * n,
            oddities=oddities,
        )
        for n, oddities in enumerate(
            (
                frozenset({Oddity.TEXT_NUMBERS, Oddity.OFFLINE_AT_NIGHT}),
                frozenset({Oddity.NULL_AT_NIGHT, Oddity.NULL_SPARE}),
                frozenset({Oddity.LATE_MIDNIGHT, Oddity.FLOAT_ENUMS}),
            )
        )
    ]
    return [
        *inverters,
        make(Type.CENTRAL_INVERTER, "Central-1", model="SUN8000-500KTL", array=3),
        make(
            Type.ENERGY_CENTER,
            "Office",
            model="SUN2000-10KTL-M1",
            array=4,
            storage=0,
            strings=2,
            optimizers=24,
            upgrade_to="V100R001C00SPC160",
            software="V100R001C00SPC141",
            oddities=frozenset({Oddity.PERCENT_TEXT}),
        ),
        make(Type.COMBINER, "Combiner-1", array=3, strings=16, serial=None),
        make(Type.WEATHER, "Weather station", serial=""),
        make(Type.GRID_METER, "Grid meter", model="DTSD1352"),
        make(Type.POWER_SENSOR, "Power sensor", model="DTSU666-HW"),
        make(Type.BATTERY, "Office battery", model="LUNA2000-15-S0", storage=0),
        make(Type.LARGE_STORAGE, "Storage-1", model="LUNA2000-400KWH", storage=1),
        make(Type.TRANSFORMER, "Transformer-1", serial="null"),
        make(Type.LOGGER, "SmartLogger-1", model="SmartLogger3000B"),
        make(Type.EMMA, "EMMA-1", model="SmartHEMS-A01"),
        make(Type.OPTIMIZER, "Optimizer-1", model="SUN2000-450W-P", serial=None),
        make(Type.MAINS, "Mains-1", serial=None),
        make(99999, "Something new", serial=None, software=None),
    ]


def demo() -> list[Plant]:
    """Build the default fleet: a house and a utility plant with all device types."""
    return [residential(), utility()]


def many(
    n_plants: int,
    n_devices: int = 5,
    seed: int = 1,
    *,
    timezone: str = "Europe/Berlin",
    location: tuple[float, float] | None = None,
) -> list[Plant]:
    """Build many houses with ``n_devices`` devices each, all at one place.

    They share eight worlds, because simulating one for each needs minutes.
    """
    plants = []
    for number in range(n_plants):
        plant = residential(
            f"NE={50_000_000 + seed * 100_000 + number}",
            seed * 1000 + number % 8,
            name=f"House {number + 1}",
            timezone=timezone,
            location=location,
            connected=date(2026, 1, 1),
        )
        plant.devices = _fill(plant.devices, n_devices)
        plants.append(plant)
    return plants


def _fill(devices: Sequence[Device], count: int) -> list[Device]:
    """Return ``count`` devices: cut, or filled with optimizers, which have no data."""
    filled = list(devices[:count])
    for number in range(count - len(filled)):
        extra = replace(
            devices[-1],
            id=devices[-1].id + 1000 + number,
            type=Type.OPTIMIZER,
            name=f"Optimizer-{number + 1}",
            model="SUN2000-450W-P",
        )
        filled.append(extra)
    return filled

"""The plant's balance of power, from the readings of its devices.

Pure. Powers in kW with Home Assistant's signs: grid positive = import, battery
positive = discharge. A quantity whose devices a plant does not have is absent;
one whose rows are missing or of different cycles is absent too, so that a sum
is never made of halves.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ..catalogue import DEVICE_TYPES, PV_INPUT, Quantity, Role
from ..catalogue.inverter import PRODUCING_STATES
from ..catalogue.plant import (
    AUTARKY_RATE,
    BATTERY_POWER,
    ENERGY_STORED,
    EXPORTED_TODAY,
    GRID_POWER,
    HOUSE_CONSUMPTION,
    PV_POWER,
    SELF_CONSUMPTION_RATE,
    USED_TODAY,
)
from ..catalogue.series import DEVICE_CHARGE, DEVICE_DISCHARGE
from ..northbound import Device, Values
from .readings import Reading

# Meter and inverter are read seconds apart: a sum this little below 0 is 0.
NOISE_KW: Final = 0.1
NOISE_SHARE: Final = 0.05


class Term(NamedTuple):
    """One device's part of a sum: kW, and when its row came (epoch seconds)."""

    power: float
    at: float


@dataclass(frozen=True, slots=True)
class Part:
    """A device's part of a plant: its id, its power and its counters of energy."""

    device: int
    power: Quantity | None
    energies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Composition:
    """What a plant's balance is made of.

    `batteries`: all of them, those too that are `ac_storage`; `grid`: the meter at
    the grid, if there is one; `stores`: the devices that count their charge.
    """

    inverters: tuple[Part, ...]
    batteries: tuple[Part, ...]
    ac_storage: tuple[Part, ...]
    grid: tuple[Part, ...]
    stores: tuple[Part, ...]


def composition(
    devices: Iterable[Device],
    *,
    grid_meter: int | None,
    reversed_meters: Collection[int] = (),
) -> Composition:
    """Return what the devices of a plant are in its balance.

    `grid_meter`: the device id of the meter at the grid; `reversed_meters`: those
    whose sign the user has reversed.
    """
    by_role: dict[Role | None, list[Part]] = {}
    stores: list[Part] = []
    for device in devices:
        if kind := DEVICE_TYPES.get(device.type_id):
            power = kind.power
            if power and device.id in reversed_meters:
                power = replace(power, factor=-power.factor)
            part = Part(device.id, power, kind.energies)
            by_role.setdefault(kind.role, []).append(part)
            stores += [part] if DEVICE_CHARGE in kind.energies else []
    ac_storage = by_role.get(Role.AC_STORAGE, [])
    meters = by_role.get(Role.METER, [])
    return Composition(
        inverters=tuple(by_role.get(Role.INVERTER, [])),
        batteries=(*by_role.get(Role.DC_BATTERY, []), *ac_storage),
        ac_storage=tuple(ac_storage),
        grid=tuple(meter for meter in meters if meter.device == grid_meter),
        stores=tuple(stores),
    )


def power_balance(
    plant: Composition,
    readings: Mapping[int, Reading],
    *,
    cycle: float,
    reports_pv: Collection[int] = (),
) -> dict[str, float]:
    """Return the powers (kW) and the stored energy (kWh) that are known.

    `cycle`: how far apart (seconds) rows of one sum may be; `reports_pv`:
    inverters that have ever reported their PV input.
    """
    pv = [
        _inverter_term(
            PV_INPUT if part.device in reports_pv else "active_power",
            readings.get(part.device),
        )
        for part in plant.inverters
    ]
    battery = [_term(part.power, readings.get(part.device)) for part in plant.batteries]
    grid = [_term(part.power, readings.get(part.device)) for part in plant.grid]
    result = {
        PV_POWER: _not_below_zero(_sum(pv, cycle), pv),
        BATTERY_POWER: _sum(battery, cycle),
        GRID_POWER: _sum(grid, cycle),
        ENERGY_STORED: _stored([readings.get(part.device) for part in plant.batteries]),
    }
    if grid and plant.inverters:
        terms = [
            *(
                _inverter_term(part.power.key, readings.get(part.device))
                for part in plant.inverters
                if part.power
            ),
            *(
                _term(part.power, readings.get(part.device))
                for part in plant.ac_storage
            ),
            *grid,
        ]
        result[HOUSE_CONSUMPTION] = _not_below_zero(_sum(terms, cycle), terms)
    return {key: value for key, value in result.items() if value is not None}


def stored_today(plant: Composition, readings: Mapping[int, Reading]) -> float | None:
    """Return what the batteries charged less what they discharged today (kWh).

    0 without batteries, None while one of them is not known.
    """
    stored = 0.0
    for part in plant.stores:
        reading = readings.get(part.device)
        values = reading.values if reading else {}
        charged = values.get(part.energies[DEVICE_CHARGE])
        discharged = values.get(part.energies[DEVICE_DISCHARGE])
        if charged is None or discharged is None:
            return None
        stored += charged - discharged
    return stored


def day_rates(plant: Values, stored: float | None) -> dict[str, float]:
    """Return today's self-consumption and autarky in percent, where known.

    Wants the plant's PV generation, export and consumption of today (kWh), and
    what its batteries have stored: that is kept from the grid, but not yet used.
    """
    generated = plant.get("day_power")
    exported = _first(plant, EXPORTED_TODAY)
    used = _first(plant, USED_TODAY)
    rates: dict[str, float] = {}
    if generated is None or exported is None:
        return rates
    kept = generated - exported
    if generated > 0:
        rates[SELF_CONSUMPTION_RATE] = _percent(kept / generated)
    if used and stored is not None:
        rates[AUTARKY_RATE] = _percent((kept - stored) / used)
    return rates


def _percent(share: float) -> float:
    return min(100.0, max(0.0, round(100 * share, 1)))


def _first(values: Values, keys: Sequence[str]) -> float | None:
    return next((values[key] for key in keys if key in values), None)


def _inverter_term(key: str, reading: Reading | None) -> Term | None:
    """Return an inverter's power; asleep, it counts 0."""
    if reading is None:
        return None
    if key in reading.values:
        return Term(reading.values[key], reading.at)
    state = reading.values.get("inverter_state")
    if state is not None and int(state) in PRODUCING_STATES:
        return None
    return Term(0.0, reading.at)


def _term(quantity: Quantity | None, reading: Reading | None) -> Term | None:
    if quantity is None or reading is None or quantity.key not in reading.values:
        return None
    return Term(reading.values[quantity.key] * quantity.factor, reading.at)


def _sum(terms: Sequence[Term | None], cycle: float) -> float | None:
    known = [term for term in terms if term is not None]
    if not known or len(known) < len(terms):
        return None
    times = [term.at for term in known]
    if max(times) - min(times) > cycle:
        return None
    return round(sum(term.power for term in known), 6)


def _not_below_zero(total: float | None, terms: Sequence[Term | None]) -> float | None:
    """Return 0 for a negative rounding error, None for a larger negative value."""
    if total is None or total >= 0:
        return total
    largest = max(abs(term.power) for term in terms if term is not None)
    return 0.0 if -total <= max(NOISE_KW, NOISE_SHARE * largest) else None


def _stored(readings: Sequence[Reading | None]) -> float | None:
    """Return the energy in all batteries (kWh): state of charge x capacity."""
    total = 0.0
    for reading in readings:
        if reading is None:
            return None
        charge = reading.values.get("battery_soc")
        capacity = reading.values.get("rated_capacity")
        if charge is None or not capacity:
            return None
        total += charge * capacity / 100
    return round(total, 3) if readings else None

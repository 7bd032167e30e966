"""The plant's balance of power, from the readings of its devices.

Pure. Powers in kW with Home Assistant's signs: grid positive = import, battery
positive = discharge. A quantity whose devices a plant does not have is absent;
one whose rows are missing or of different cycles is absent too, so that a sum
is never made of halves.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..catalogue import DEVICE_TYPES, Role
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
from .terms import Inverters, Part, battery_term, device_term, positive_total, total


@dataclass(frozen=True, slots=True)
class Composition:
    """What a plant's balance is made of.

    `grid`: the meter at the grid, if there is one; `stores`: the devices that count
    their charge.
    """

    inverters: tuple[Part, ...]
    dc_batteries: tuple[Part, ...]
    ac_storage: tuple[Part, ...]
    grid: tuple[Part, ...]
    stores: tuple[Part, ...]

    @property
    def batteries(self) -> tuple[Part, ...]:
        """Return all batteries."""
        return (*self.dc_batteries, *self.ac_storage)


def composition(
    devices: Iterable[Device],
    *,
    grid_meter: int | None,
    reversed_devices: Collection[int] = (),
) -> Composition:
    """Return what the devices of a plant are in its balance.

    `grid_meter`: the device id of the meter at the grid; `reversed_devices`: meters
    and batteries whose sign the user has reversed.
    """
    by_role: dict[Role | None, list[Part]] = {}
    stores: list[Part] = []
    for device in devices:
        if kind := DEVICE_TYPES.get(device.type_id):
            power = kind.power
            if power and device.id in reversed_devices:
                power = replace(power, factor=-power.factor)
            part = Part(device.id, power, kind.energies)
            by_role.setdefault(kind.role, []).append(part)
            stores += [part] if DEVICE_CHARGE in kind.energies else []
    meters = by_role.get(Role.METER, [])
    return Composition(
        inverters=tuple(by_role.get(Role.INVERTER, [])),
        dc_batteries=tuple(by_role.get(Role.DC_BATTERY, ())),
        ac_storage=tuple(by_role.get(Role.AC_STORAGE, ())),
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
    inverters that have ever reported a PV input above 0.
    """
    rows = [readings.get(part.device) for part in plant.batteries]
    direct = [
        device_term(part.power, readings.get(part.device))
        for part in plant.dc_batteries
    ]
    inverters = Inverters(
        {part.device: readings.get(part.device) for part in plant.inverters},
        reports_pv,
        direct,
    )
    rests = inverters.are_at_rest()
    direct = [
        battery_term(part, readings.get(part.device), rests=rests)
        for part in plant.dc_batteries
    ]
    alternating = [
        device_term(part.power, readings.get(part.device)) for part in plant.ac_storage
    ]
    grid = [device_term(part.power, readings.get(part.device)) for part in plant.grid]
    result = {
        PV_POWER: positive_total(inverters.pv(direct), cycle),
        BATTERY_POWER: total([*direct, *alternating], cycle),
        GRID_POWER: total(grid, cycle),
        ENERGY_STORED: _stored(rows),
    }
    if grid and plant.inverters:
        terms = [*inverters.output(), *alternating, *grid]
        result[HOUSE_CONSUMPTION] = positive_total(terms, cycle)
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

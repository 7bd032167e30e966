"""Hourly powers and energies of a plant from its devices' five-minute rows. Pure.

Powers in kW with Home Assistant's signs, energies in kWh, times in epoch seconds.
Real rows come every five minutes; a row that is missing leaves a gap, which
counters bridge and powers do not.
"""

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from ..catalogue import Role
from ..catalogue.series import (
    BATTERY_POWER,
    DEVICE_AC_STORAGE,
    DEVICE_CHARGE,
    DEVICE_DISCHARGE,
    DEVICE_EXPORT,
    DEVICE_IMPORT,
    DEVICE_INVERTER,
    GRID_POWER,
    PV_POWER,
)
from ..local_time import HOUR, hour_of
from ..northbound import Values
from .device_counters import counted
from .device_rows import STEP, DeviceRows


@dataclass(frozen=True, slots=True)
class Power:
    """The mean, lowest and highest power of an hour in kW."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HourlyFlows:
    """Powers by series and hour, energies by hour and `DEVICE_…` key."""

    powers: Mapping[str, Mapping[int, Power]] = field(default_factory=dict)
    energies: Mapping[int, Values] = field(default_factory=dict)


def hourly_flows(devices: Sequence[DeviceRows], begin: int, end: int) -> HourlyFlows:
    """Return the finished hours of a plant from `begin` up to `end`.

    `begin` lies on the grid of the plant's hours; `end` is where its day ends or
    the rows do. What a plant has no device for is left out.
    """
    grid = begin
    inverters = [d for d in devices if d.kind.role is Role.INVERTER]
    batteries = [d for d in devices if d.is_battery]
    meters = [d for d in devices if d.kind.role is Role.METER]
    times = {at // STEP * STEP for device in devices for at, _ in device.rows}
    powers = {
        PV_POWER: _pv(times, inverters, batteries),
        BATTERY_POWER: _sums(batteries),
        GRID_POWER: _sums(meters),
    }
    output = _integrals(_sums_awake(times, [(d, _OUTPUT) for d in inverters]), grid)
    storages = [d for d in batteries if d.kind.role is Role.AC_STORAGE]
    stored = _integrals(_sums(storages), grid)
    energies = {
        DEVICE_INVERTER: output,
        DEVICE_AC_STORAGE: stored if storages else dict.fromkeys(output, 0.0),
        DEVICE_IMPORT: counted(meters, DEVICE_IMPORT, grid, begin, end),
        DEVICE_EXPORT: counted(meters, DEVICE_EXPORT, grid, begin, end),
        DEVICE_CHARGE: counted(batteries, DEVICE_CHARGE, grid, begin, end),
        DEVICE_DISCHARGE: counted(batteries, DEVICE_DISCHARGE, grid, begin, end),
    }
    return HourlyFlows(
        {key: _by_hour(series, grid) for key, series in powers.items() if series},
        _transposed(energies, begin, end),
    )


def without_batteries(row: Values) -> Values:
    """Return an hour's energies without what a part of the batteries tells."""
    told = {DEVICE_CHARGE, DEVICE_DISCHARGE}
    if row.get(DEVICE_AC_STORAGE):
        told.add(DEVICE_AC_STORAGE)
    return {key: value for key, value in row.items() if key not in told}


_OUTPUT: Final = "active_power"
# Rows of one step are read some seconds apart: so much less than nothing (kW, and in
# parts of the discharge) is nothing.
_NOISE: Final = 0.1
_NOISE_SHARE: Final = 0.05


def _pv(
    times: AbstractSet[int],
    inverters: Sequence[DeviceRows],
    batteries: Sequence[DeviceRows],
) -> dict[int, float]:
    """Return the PV power; an inverter's output contains its battery's discharge."""
    known = _sums_awake(times, [(d, d.pv_key) for d in inverters])
    own = [d for d in batteries if d.kind.role is Role.DC_BATTERY]
    if not own or not _have_silent_ones_the_battery(inverters, own):
        return known
    discharge = _sums(own)
    lives = [device.life for device in own]
    found: dict[int, float] = {}
    for at, power in known.items():
        is_there = any(since < at + STEP and until > at for since, until in lives)
        if at not in discharge and is_there:
            continue
        more = discharge.get(at, 0.0)
        pv = power - more
        if pv >= -max(_NOISE, _NOISE_SHARE * abs(more)):
            found[at] = round(max(0.0, pv), 6)
    return found


def _have_silent_ones_the_battery(
    inverters: Sequence[DeviceRows], batteries: Sequence[DeviceRows]
) -> bool:
    """Tell whether inverters without a PV input have the batteries behind them.

    No list says so. Where others report their input, their output less their input is
    the discharge, or nothing.
    """
    telling = [device for device in inverters if device.pv_key != _OUTPUT]
    if len(telling) == len(inverters):
        return False
    discharge = _sums(batteries)
    outputs = _sums_awake(discharge.keys(), [(d, _OUTPUT) for d in telling])
    inputs = _sums_awake(discharge.keys(), [(d, d.pv_key) for d in telling])
    surplus = {at: outputs[at] - inputs[at] for at in outputs.keys() & inputs.keys()}
    without = sum(abs(more) for more in surplus.values())
    with_it = sum(abs(more - discharge[at]) for at, more in surplus.items())
    return not telling or without < with_it


def _sums(devices: Sequence[DeviceRows]) -> dict[int, float]:
    """Return the sum of devices wherever all that were there have a row."""
    powers = [device.powers() for device in devices]
    lives = [device.life for device in devices]
    times = {at for known in powers for at in known}
    common = {
        at
        for at in times
        if all(
            at in known
            for known, (since, until) in zip(powers, lives, strict=True)
            if since < at + STEP and until > at
        )
    }
    return _sums_at(common, powers)


def _sums_awake(
    times: AbstractSet[int], inverters: Sequence[tuple[DeviceRows, str]]
) -> dict[int, float]:
    """Return the sum of inverters at these times, where each has a row or sleeps.

    None sleeps while another one generates. One without any row is unknown: it may have
    generated all the day.
    """
    powers = [device.powers(key) for device, key in inverters]
    if not powers:
        return {}
    dark = [device.dark(key) for device, key in inverters]
    awake = {
        at
        for known, least in zip(powers, dark, strict=True)
        for at, power in known.items()
        if power > least
    }
    lacking: set[int] = set()
    for device, key in inverters:
        for since, until, may_sleep in device.gaps(key):
            missing = {at for at in times if since < at < until}
            lacking |= missing & awake if may_sleep else missing
    return _sums_at(times - lacking, powers)


def _sums_at(
    times: Iterable[int], powers: Sequence[Mapping[int, float]]
) -> dict[int, float]:
    return {
        at: round(sum(known.get(at, 0.0) for known in powers), 6)
        for at in sorted(times)
    }


def _by_hour(powers: Mapping[int, float], grid: int) -> dict[int, Power]:
    hours: dict[int, list[float]] = {}
    for at, power in powers.items():
        hours.setdefault(hour_of(at, grid), []).append(power)
    return {
        hour: Power(round(sum(values) / len(values), 4), min(values), max(values))
        for hour, values in hours.items()
    }


def _integrals(powers: Mapping[int, float], grid: int) -> dict[int, float]:
    """Return the energy of each hour, its power taken to last from row to row."""
    return {hour: power.mean for hour, power in _by_hour(powers, grid).items()}


def _transposed(
    energies: Mapping[str, Mapping[int, float]], begin: int, end: int
) -> dict[int, Values]:
    """Return values by hour and key that are given by key and hour."""
    hours: dict[int, dict[str, float]] = {}
    for key, known in energies.items():
        for hour, energy in known.items():
            if begin <= hour and hour + HOUR <= end:
                hours.setdefault(hour, {})[key] = round(energy, 6)
    return dict(sorted(hours.items()))

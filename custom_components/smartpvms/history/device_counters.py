"""What devices' counters moved by in each hour, from their five-minute rows. Pure.

Energies in kWh, times in epoch seconds.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Final

from ..catalogue import Role
from ..catalogue.series import DEVICE_DISCHARGE, DEVICE_IMPORT, OPPOSITE
from ..local_time import HOUR, hour_of
from ..northbound import Values
from .device_rows import LONGEST_GAP, STEP, DeviceRows

type Hours = Mapping[int, float]

_TOWARDS_HOUSE: Final = frozenset({DEVICE_IMPORT, DEVICE_DISCHARGE})
# Of two readings: counters are rounded, and settled a little.
_JITTER: Final = 0.05
_JITTER_SHARE: Final = 0.01
# In kW: no counter moves faster, however little power its device has shown.
_LEAST_LIMIT: Final = 100.0
# A row or two that are missing where a day begins or ends (seconds).
_SHORT: Final = 3 * STEP


def counted(
    devices: Sequence[DeviceRows], energy: str, grid: int, begin: int, end: int
) -> Hours:
    """Return the movement of all devices' counters by hour.

    Each device counts from its first to its last row; where one of them has a gap, the
    sum is unknown. The house draws and feeds in whether or not a meter is there, so an
    hour in which one came or went is unknown too. `grid`: an instant at which an hour
    begins.
    """
    found = [
        (device.life, _moved(device, energy, grid, begin, end)) for device in devices
    ]
    if not any(hours for _, hours in found):
        return {}
    sums: dict[int, float] = {}
    for hour in range(hour_of(begin, grid), end, HOUR):
        alive = [
            hours
            for (since, until), hours in found
            if since < hour + HOUR and until > hour
        ]
        if any(_came_or_went(device, hour) for device in devices):
            continue
        if alive and all(hour in hours for hours in alive):
            sums[hour] = sum(hours[hour] for hours in alive)
    return sums


def _came_or_went(device: DeviceRows, hour: int) -> bool:
    """Tell whether a meter has rows of a part of an hour only."""
    since, until = device.life
    is_there = since < hour + HOUR and until > hour
    is_whole = since <= hour + STEP and until >= hour + HOUR - STEP
    return device.kind.role is Role.METER and is_there and not is_whole


def _moved(
    device: DeviceRows, energy: str, grid: int, begin: int, end: int
) -> dict[int, float]:
    hours: dict[int, float] = {}
    if device.is_reversed:
        energy = OPPOSITE.get(energy, energy)
    counter = device.kind.energies.get(energy)
    if counter is None:
        return hours
    limit = _limit(device)
    known = believed(device, counter)
    unknown: set[int] = set()
    for (since, before), (until, after) in pairwise(known):
        if until - since > LONGEST_GAP:
            unknown |= {hour_of(since + STEP, grid), hour_of(until - STEP, grid)}
            continue
        moved = _rise(device, before, after)
        if moved > limit * (until - since) / HOUR:
            moved = 0.0
        _spread(hours, since, until, moved, grid)
    if known:
        came, left = device.life
        first, last = known[0][0], known[-1][0]
        if came < begin < first - _SHORT:
            unknown.add(hour_of(first - STEP, grid))
        if end - last <= _SHORT:
            # The counter's next row is tomorrow's: the power tells the last steps.
            moved = _power(device, energy, device.rows[-1][1]) * (end - last) / HOUR
            _spread(hours, last, end, moved, grid)
        elif left > end:
            unknown.add(hour_of(last, grid))
    # Of the hours in which a long gap begins and ends only a part is known.
    return {hour: moved for hour, moved in hours.items() if hour not in unknown}


def _rise(device: DeviceRows, before: float, after: float) -> float:
    """Return what was counted between two readings.

    A fall by more than half begins a battery's new day. A smaller one is a correction,
    and one of a lifetime counter another device: nothing is known to have moved.
    """
    if after >= before:
        return after - before
    return after if device.is_battery and after < before / 2 else 0.0


def believed(device: DeviceRows, counter: str) -> list[tuple[int, float]]:
    """Return a counter's readings without those that it comes back from.

    It comes back from a 0, and from a leap: a lifetime counter shows 42,949,672.95
    where 32 bits are full. A fall by a rounding is none. A lifetime counter may be 0
    already when the rows begin.
    """
    kept: list[tuple[int, float]] = []
    zeros: list[tuple[int, float]] = []
    last = inf if device.is_battery else 0.0
    for at, row in device.rows:
        if (value := row.get(counter)) is None:
            continue
        if not value:
            zeros.append((at, value))
            continue
        kept = _without_leaps(kept, value)
        if kept and _is_jitter(kept[-1][1], value):
            value = kept[-1][1]
        kept += [*zeros, (at, value)] if value < last else [(at, value)]
        zeros, last = [], value
    return kept + zeros


def _without_leaps(
    kept: list[tuple[int, float]], value: float
) -> list[tuple[int, float]]:
    """Return readings less the last ones that a value shows to have been leaps."""
    number = len(kept)
    while number and kept[number - 1][1] > value:
        number -= 1
    is_leap = 0 < number < len(kept) and kept[number - 1][1] > 0
    return kept[:number] if is_leap else kept


def _is_jitter(before: float, after: float) -> bool:
    return 0 < before - after <= max(_JITTER, before * _JITTER_SHARE)


def _limit(device: DeviceRows) -> float:
    """Return the power (kW) that a counter cannot exceed: twice what was shown."""
    powers = [abs(power) for power in device.powers().values()]
    return max([_LEAST_LIMIT, *(2 * power for power in powers)])


def _power(device: DeviceRows, energy: str, row: Values) -> float:
    """Return the power (kW) that a row's counter of an energy moves with."""
    quantity = device.kind.power
    if quantity is None or quantity.key not in row:
        return 0.0
    power = row[quantity.key] * quantity.factor
    # A reversed meter's counters are exchanged already, a reversed battery's are not.
    power = -power if device.is_reversed and device.is_battery else power
    return max(0.0, power if energy in _TOWARDS_HOUSE else -power)


def _spread(
    hours: dict[int, float], since: int, until: int, amount: float, grid: int
) -> None:
    """Share an amount among the hours it was counted in."""
    at = since
    while at < until:
        hour = hour_of(at, grid)
        stop = min(until, hour + HOUR)
        share = amount * (stop - at) / (until - since)
        hours[hour] = hours.get(hour, 0.0) + share
        at = stop

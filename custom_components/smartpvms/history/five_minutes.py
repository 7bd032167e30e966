"""Hourly powers and energies of a plant from its devices' five-minute rows. Pure.

Powers in kW with Home Assistant's signs, energies in kWh, times in epoch seconds.
Real rows come every five minutes; a row that is missing leaves a gap, which
counters bridge and powers do not.
"""

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from typing import Final

from ..catalogue import DeviceType, Role
from ..catalogue.series import (
    BATTERY_POWER,
    DEVICE_AC_STORAGE,
    DEVICE_CHARGE,
    DEVICE_DISCHARGE,
    DEVICE_EXPORT,
    DEVICE_IMPORT,
    DEVICE_INVERTER,
    GRID_POWER,
    OPPOSITE,
    PV_POWER,
)
from ..local_time import HOUR, hour_of
from ..northbound import Values

STEP: Final = 300
# A counter is believed over this long a gap; its amount is spread evenly.
LONGEST_GAP: Final = 3 * HOUR

type Timed = Sequence[tuple[int, Values]]
"""The rows of a device in the order of time."""


@dataclass(frozen=True, slots=True)
class Power:
    """The mean, lowest and highest power of an hour in kW."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Source:
    """A device and its five-minute rows.

    `pv_key`: where an inverter tells its PV power; `is_reversed`: a meter whose
    sign the user has reversed.
    """

    kind: DeviceType
    rows: Timed
    pv_key: str = "active_power"
    is_reversed: bool = False

    def between(self, begin: int, end: int) -> Source:
        """Return the source with the rows from `begin` up to `end` only."""
        rows = [row for row in self.rows if begin <= row[0] < end]
        return replace(self, rows=rows)


@dataclass(frozen=True, slots=True)
class HourlyFlows:
    """Powers by series and hour, energies by hour and `DEVICE_…` key."""

    powers: Mapping[str, Mapping[int, Power]] = field(default_factory=dict)
    energies: Mapping[int, Values] = field(default_factory=dict)


def hourly_flows(sources: Sequence[Source], begin: int, end: int) -> HourlyFlows:
    """Return the finished hours of a plant from `begin` up to `end`.

    `begin` lies on the grid of the plant's hours; `end` is where its day ends or
    the rows do. What a plant has no device for is left out.
    """
    grid = begin
    inverters = [s for s in sources if s.kind.role is Role.INVERTER]
    batteries = [s for s in sources if s.kind.role in _BATTERIES]
    meters = [s for s in sources if s.kind.role is Role.METER]
    times = {at // STEP * STEP for source in sources for at, _ in source.rows}
    powers = {
        PV_POWER: _sums_awake(times, [_powers(s, s.pv_key) for s in inverters]),
        BATTERY_POWER: _sums([_powers(s) for s in batteries]),
        GRID_POWER: _sums([_powers(s) for s in meters]),
    }
    output = _sums_awake(times, [_powers(s) for s in inverters])
    storages = [s for s in batteries if s.kind.role is Role.AC_STORAGE]
    stored = _sums([_powers(s) for s in storages])
    energies = {
        DEVICE_INVERTER: _integrals(output, grid),
        DEVICE_AC_STORAGE: (
            _integrals(stored, grid)
            if storages
            else dict.fromkeys(_integrals(output, grid), 0.0)
        ),
        DEVICE_IMPORT: _counted(meters, DEVICE_IMPORT, grid, end),
        DEVICE_EXPORT: _counted(meters, DEVICE_EXPORT, grid, end),
        DEVICE_CHARGE: _counted(batteries, DEVICE_CHARGE, grid, end),
        DEVICE_DISCHARGE: _counted(batteries, DEVICE_DISCHARGE, grid, end),
    }
    return HourlyFlows(
        {key: _by_hour(series, grid) for key, series in powers.items() if series},
        _transposed(energies, begin, end),
    )


_BATTERIES: Final = frozenset({Role.DC_BATTERY, Role.AC_STORAGE})


def _powers(source: Source, key: str | None = None) -> dict[int, float]:
    """Return a device's power by the time of its row; asleep it may tell none."""
    quantity = source.kind.power
    if quantity is None:
        return {}
    factor = -quantity.factor if source.is_reversed else quantity.factor
    name = key or quantity.key
    sleeps = source.kind.role is Role.INVERTER
    return {
        at // STEP * STEP: row.get(name, 0.0) * factor
        for at, row in source.rows
        if name in row or (sleeps and row)
    }


def _sums(powers: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Return the sum of devices wherever all of them have a row."""
    common = set.intersection(*(set(known) for known in powers)) if powers else set()
    return _sums_at(common, powers)


def _sums_awake(
    times: AbstractSet[int], powers: Sequence[Mapping[int, float]]
) -> dict[int, float]:
    """Return the sum of devices at these times; one without rows for long sleeps."""
    if not powers:
        return {}
    lacking: set[int] = set()
    for known in powers:
        for since, until in pairwise(sorted(known)):
            if until - since <= LONGEST_GAP:
                lacking.update(range(since + STEP, until, STEP))
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


def _counted(
    sources: Sequence[Source], energy: str, grid: int, end: int
) -> dict[int, float]:
    """Return what the devices' counters moved by in each hour, all of them."""
    found = [_moved(source, energy, grid, end) for source in sources]
    if not found:
        return {}
    common = set.intersection(*(set(hours) for hours in found))
    return {hour: sum(hours[hour] for hours in found) for hour in sorted(common)}


def _moved(source: Source, energy: str, grid: int, end: int) -> dict[int, float]:
    hours: dict[int, float] = {}
    if source.is_reversed:
        energy = OPPOSITE.get(energy, energy)
    counter = source.kind.energies.get(energy)
    if counter is None:
        return hours
    known = _believed(source, counter)
    for (since, before), (until, after) in pairwise(known):
        if until - since <= LONGEST_GAP:
            # A fall is a new day's start, or a counter that was reset.
            moved = after - before if after >= before else _restarted(source, after)
            _spread(hours, since, until, moved, grid)
    if known and known[-1][0] >= end - STEP:
        # The counter's next row is tomorrow's: the power tells the last step.
        at, row = source.rows[-1]
        _spread(hours, at, end, _last_step(source, energy, row), grid)
    return hours


_TOWARDS_HOUSE: Final = frozenset({DEVICE_IMPORT, DEVICE_DISCHARGE})


def _believed(source: Source, counter: str) -> list[tuple[int, float]]:
    """Return a counter's readings without the zeros that it comes back from.

    A lifetime counter may be 0 already when the rows begin.
    """
    kept: list[tuple[int, float]] = []
    zeros: list[tuple[int, float]] = []
    last = inf if source.kind.role in _BATTERIES else 0.0
    for at, row in source.rows:
        if (value := row.get(counter)) is None:
            continue
        if not value:
            zeros.append((at, value))
            continue
        kept += [*zeros, (at, value)] if value < last else [(at, value)]
        zeros, last = [], value
    return kept + zeros


def _restarted(source: Source, after: float) -> float:
    return after if source.kind.role in _BATTERIES else 0.0


def _last_step(source: Source, energy: str, row: Values) -> float:
    quantity = source.kind.power
    if quantity is None or quantity.key not in row:
        return 0.0
    power = row[quantity.key] * quantity.factor
    return max(0.0, power if energy in _TOWARDS_HOUSE else -power) * STEP / HOUR


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

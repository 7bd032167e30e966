"""The meters of an account: which is at the grid, and the unit of its powers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from ..catalogue import DEVICE_TYPES, Role
from ..catalogue.meter import (
    GRID_METER_TYPE,
    assumed_in_watts,
    in_kilowatts,
    is_in_watts,
)
from ..northbound import Device, Dialect, Values
from ..storage.parse import by_id, flag

NO_METER: Final = "none"
"""The choice of a user whose plant has no meter at the grid."""

# How many rows in a row have to contradict the known unit. A proof of W is strong,
# while numbers that prove kW may be a small power in W.
_ROWS_FOR_WATTS: Final = 2
_ROWS_FOR_KILOWATTS: Final = 12


def meters_of(devices: Iterable[Device]) -> list[Device]:
    """Return the meters among devices."""
    return [
        device
        for device in devices
        if (kind := DEVICE_TYPES.get(device.type_id)) and kind.role is Role.METER
    ]


def likely_meters(
    devices: Iterable[Device], with_power: Collection[int]
) -> list[Device]:
    """Return the meters that may be at a plant's grid connection.

    `with_power`: meters that have shown a power. The others are no candidates, unless
    none has shown one yet.
    """
    meters = meters_of(devices)
    return [meter for meter in meters if meter.id in with_power] or meters


def grid_meter(
    devices: Collection[Device], chosen: str | None, with_power: Collection[int]
) -> int | None:
    """Return the device at the grid connection, None if unclear or if there is none.

    `chosen`: the user's choice, an id or `NO_METER`; void where that meter is gone.
    Else an EMMA, the only grid meter, or the only power sensor.
    """
    if chosen == NO_METER:
        return None
    for device in meters_of(devices):
        if str(device.id) == chosen:
            return device.id
    ranks: dict[int, list[Device]] = defaultdict(list)
    for device in likely_meters(devices, with_power):
        ranks[DEVICE_TYPES[device.type_id].precedence].append(device)
    lone = (ranks[rank][0].id for rank in sorted(ranks) if len(ranks[rank]) == 1)
    return next(lone, None)


class MeterUnits:
    """The unit of each grid meter's powers, as its own rows have proved it."""

    def __init__(self, saved: object) -> None:
        """Restore what `dump` returned."""
        self._in_watts = by_id(flag)(saved)
        self._contradicted: dict[int, int] = {}

    def normalise(self, device: Device, row: Values, dialect: Dialect) -> Values:
        """Return a row in the units that the catalogue gives its KPIs."""
        if device.type_id != GRID_METER_TYPE:
            return row
        self._learn(device.id, is_in_watts(row))
        watts = self._in_watts.get(device.id, assumed_in_watts(dialect))
        return in_kilowatts(row, watts=watts)

    def _learn(self, device: int, proof: bool | None) -> None:
        """Take the first proof, and another unit when several rows agree on it."""
        if proof is None:
            return
        if self._in_watts.setdefault(device, proof) is proof:
            self._contradicted.pop(device, None)
            return
        rows = self._contradicted[device] = self._contradicted.get(device, 0) + 1
        if rows >= (_ROWS_FOR_WATTS if proof else _ROWS_FOR_KILOWATTS):
            self._in_watts[device] = proof
            del self._contradicted[device]

    def dump(self) -> Mapping[str, bool]:
        """Return the units as JSON data."""
        return {str(key): flag for key, flag in self._in_watts.items()}

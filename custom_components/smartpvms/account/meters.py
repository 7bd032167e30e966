"""The meters of an account: which is at the grid, and the unit of its powers."""

from collections.abc import Iterable, Mapping

from ..catalogue import DEVICE_TYPES, Role
from ..catalogue.meter import (
    GRID_METER_TYPE,
    assumed_in_watts,
    in_kilowatts,
    is_in_watts,
)
from ..northbound import Device, Dialect, Values
from ..storage.parse import load_flags


def grid_meters(devices: Iterable[Device]) -> list[Device]:
    """Return the candidates for the meter at a plant's grid connection.

    The EMMA where there is one, else the grid meters, else the power sensors.
    """
    meters: dict[int, list[Device]] = {}
    for device in devices:
        kind = DEVICE_TYPES.get(device.type_id)
        if kind and kind.role is Role.METER:
            meters.setdefault(kind.precedence, []).append(device)
    return meters[min(meters)] if meters else []


def grid_meter(devices: Iterable[Device], chosen: int | None) -> int | None:
    """Return the device at the grid connection, None if unclear.

    `chosen`: the user's choice; void where that meter is gone or no candidate.
    """
    candidates = {device.id for device in grid_meters(devices)}
    if chosen in candidates:
        return chosen
    return candidates.pop() if len(candidates) == 1 else None


class MeterUnits:
    """The unit of each grid meter's powers, as its own rows have proved it."""

    def __init__(self, saved: object) -> None:
        """Restore what `dump` returned."""
        self._in_watts = load_flags(saved)

    def normalise(self, device: Device, row: Values, dialect: Dialect) -> Values:
        """Return a row in the units that the catalogue gives its KPIs."""
        if device.type_id != GRID_METER_TYPE:
            return row
        proof = is_in_watts(row)
        # Numbers that prove kW may be a small power in W: the first proof of W stays.
        if proof or (proof is not None and device.id not in self._in_watts):
            self._in_watts[device.id] = proof
        watts = self._in_watts.get(device.id, assumed_in_watts(dialect))
        return in_kilowatts(row, watts=watts)

    def dump(self) -> Mapping[str, bool]:
        """Return the units as JSON data."""
        return {str(key): flag for key, flag in self._in_watts.items()}

"""Powers that a device cannot have: a register that wraps, a number gone wild.

A power is left out beyond twice what the volts and amperes of its row, the device's
rating or the plant's capacity allow, in this order: the first that is known.
"""

from collections.abc import Callable, Mapping
from functools import cache
import re
from typing import Final

from ..northbound import Device, Values
from .device_types import DEVICE_TYPES, PV_INPUT, Role
from .meter import apparent_power_of

BEYOND: Final = 2.0
"""By how much a power has to exceed what is possible."""

# A grid connection has nothing to do with the PV behind it, and a capacity may be
# entered wrongly: up to this any of them may be true (kW).
_ANYBODY_MAY_HAVE: Final = 1000.0
# Row values are rounded, and of moments that lie seconds apart (kW).
_ROUNDED: Final = 0.5

_RATING: Final = re.compile(r"^SUN\d+[A-Z]*-(\d+(?:\.\d+)?)K", re.IGNORECASE)


def plausible(
    device: Device, row: Values, capacity: float | None
) -> tuple[Values, int]:
    """Return a row without the powers that the device cannot have, and their number.

    `capacity` of the plant in kW; the row is in the catalogue's units.
    """
    kind = DEVICE_TYPES.get(device.type_id)
    if kind is None or kind.role is None or kind.power is None:
        return row, 0
    unit = abs(kind.power.factor)
    found = [key for key in _POWERS[kind.role] if row.get(key)]
    most = max((abs(row[key]) * unit for key in found), default=0.0)
    # Most rows are far from any limit: thousands come each cycle.
    if most <= _ROUNDED:
        return row, 0
    possible = _KNOWN[kind.role](device, row) or max(capacity or 0.0, _ANYBODY_MAY_HAVE)
    limit = BEYOND * possible + _ROUNDED
    if most <= limit:
        return row, 0
    wild = {key for key in found if abs(row[key]) * unit > limit}
    kept = {key: value for key, value in row.items() if key not in wild}
    return kept, len(wild)


_POWERS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.INVERTER: ("active_power", PV_INPUT),
    Role.DC_BATTERY: ("ch_discharge_power",),
    Role.AC_STORAGE: ("ch_discharge_power",),
    Role.METER: ("active_power", *(f"active_power_{phase}" for phase in "abc")),
}


def _of_meter(_: Device, row: Values) -> float | None:
    apparent = apparent_power_of(row)
    return apparent and apparent / 1000


def _of_inverter(device: Device, _: Values) -> float | None:
    return rating(device.model or "")


def _of_battery(_: Device, row: Values) -> float | None:
    """Return the power that empties a battery in an hour."""
    return row.get("rated_capacity")


_KNOWN: Final[Mapping[Role, Callable[[Device, Values], float | None]]] = {
    Role.INVERTER: _of_inverter,
    Role.DC_BATTERY: _of_battery,
    Role.AC_STORAGE: _of_battery,
    Role.METER: _of_meter,
}


@cache
def rating(model: str) -> float | None:
    """Return an inverter's rating in kW from its model, such as SUN2000-6KTL-M1."""
    found = _RATING.match(model)
    return float(found[1]) if found else None

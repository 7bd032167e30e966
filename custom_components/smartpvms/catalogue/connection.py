"""What a device says about its connection to the management system."""

from collections.abc import Mapping
from typing import Final

from ..northbound import Values

DISCONNECTED: Final[Mapping[str, frozenset[int]]] = {
    "run_state": frozenset({0}),
    "meter_status": frozenset({0}),
    "battery_status": frozenset({0}),
    "inverter_state": frozenset({0x0303, 0xB000}),
}
"""The codes by KPI with which a device says that it is cut off (reference 3.6)."""


def is_disconnected(values: Values) -> bool:
    """Tell whether a device is cut off, so that the rest of its row is an old one."""
    return any(
        (code := values.get(key)) is not None and int(code) in codes
        for key, codes in DISCONNECTED.items()
    )

"""Devices as the interface takes them: of one type, and only so many in a call."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched

from ..northbound import Device


@dataclass(frozen=True, slots=True)
class DeviceBatch:
    """The devices (ids) of a type that one call is about."""

    type_id: int
    devices: tuple[int, ...] = field(repr=False)


def device_batches(devices: Iterable[Device], most: int) -> Iterator[DeviceBatch]:
    """Yield devices in batches of at most `most`, type by type as they come."""
    by_type: dict[int, list[int]] = {}
    for device in devices:
        by_type.setdefault(device.type_id, []).append(device.id)
    for type_id, ids in by_type.items():
        for batch in batched(ids, most):
            yield DeviceBatch(type_id, batch)

"""Devices as the interface takes them: of one type, and only so many in a call."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched

from ..northbound import Device
from .left_out import LeftOut


@dataclass(frozen=True, slots=True)
class DeviceBatch:
    """The devices (ids) of a type that one call is about."""

    type_id: int
    devices: tuple[int, ...] = field(repr=False)


def device_batches(
    devices: Iterable[Device], most: int, left_out: LeftOut[int] | None = None
) -> Iterator[DeviceBatch]:
    """Yield devices in batches of at most `most`, type by type as they come.

    Those are `left_out` for whose sake the interface refuses a whole batch.
    """
    by_type: dict[int, list[int]] = {}
    for device in devices:
        by_type.setdefault(device.type_id, []).append(device.id)
    for type_id, ids in by_type.items():
        asked = left_out.batches(ids, most) if left_out else batched(ids, most)
        for batch in asked:
            yield DeviceBatch(type_id, batch)

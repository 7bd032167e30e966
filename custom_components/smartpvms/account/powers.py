"""What the rows of an account's devices have proved about their powers.

Units and signs differ between servers, and a number may be impossible: rows become
comparable here, for live values and for history alike.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from ..catalogue.battery import STORAGE_POWER, proves_sign
from ..catalogue.plausible import plausible
from ..northbound import Device, Dialect, Values
from ..storage.parse import as_dict, ids
from .meters import MeterUnits, meters_of
from .signal import Signal
from .storages import StorageSigns


class Powers:
    """The units, signs and limits of the devices' powers.

    `with_power`: meters that have shown a power; `left_out`: how many powers were
    impossible, by device type; `meters_changed` is sent when another meter shows one.
    """

    def __init__(self, saved: Mapping[str, object]) -> None:
        """Restore what was saved, or raise ValueError; `in_watts` is all that 0.1.0 saved of it."""
        self._units = MeterUnits(saved.get("in_watts", {}))
        learnt = as_dict(saved.get("powers", {}))
        self._signs = StorageSigns(learnt.get("storage_signs", {}))
        self.with_power = ids(learnt.get("meters", []))
        self.left_out: Counter[int] = Counter()
        self.meters_changed = Signal("meters changed")

    def normalise(
        self, device: Device, row: Values, dialect: Dialect, capacity: float | None
    ) -> Values:
        """Return a row in the units and signs that the catalogue gives its KPIs.

        Impossible powers are left out; `capacity` of the plant in kW.
        """
        known = self._units.normalise(device, row, dialect)
        known, left_out = plausible(device, known, capacity)
        if left_out:
            self.left_out[device.type_id] += left_out
        if STORAGE_POWER in known and self._signs.sign(device) < 0:
            return {**known, STORAGE_POWER: -known[STORAGE_POWER]}
        return known

    def learn(self, device: Device, at: float, row: Values) -> None:
        """Learn from a row that has just come, as the server sent it."""
        self._signs.learn(device, at, row)

    def learn_from(self, device: Device, rows: Iterable[tuple[float, Values]]) -> None:
        """Learn from rows of the past, in the order of their times."""
        self._signs.learn_from(device, rows)

    def has_sign(self, device: Device, row: Values) -> bool:
        """Tell whether the sign of a storage's power is known, or will never be."""
        return bool(self._signs.sign(device)) or not proves_sign(row)

    def note_meter(self, device: Device, row: Values) -> None:
        """Note a meter whose row has a power other than 0."""
        if device.id in self.with_power or not row.get("active_power"):
            return
        if meters_of((device,)):
            self.with_power.add(device.id)
            self.meters_changed.send()

    def dump_units(self) -> Mapping[str, bool]:
        """Return the units of the grid meters as JSON data."""
        return self._units.dump()

    def dump(self) -> Mapping[str, object]:
        """Return the signs and the meters as JSON data."""
        return {
            "storage_signs": self._signs.dump(),
            "meters": sorted(self.with_power),
        }

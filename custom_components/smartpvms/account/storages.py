"""The sign of the storages' powers, as their own rows have proved it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..catalogue.battery import STORAGE_POWER, STORAGE_TYPE, charging_sign
from ..northbound import Device, Values
from ..storage.parse import by_id, whole

# So many proofs more are needed to take a sign back than have been found for it.
_MOST: Final = 3
# Rows further apart (seconds) leave open what happened in between.
_LONGEST_GAP: Final = 1800.0


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows of a power that keeps its sign, from and to a 0 at the most.

    `first`: the first of them; `power`: a power other than 0, if a row has one; `until`:
    when the last came.
    """

    first: Values
    power: float
    until: float


class StorageSigns:
    """The sign that each storage's power has while it charges.

    The proofs of either sign are counted against each other: a wrong one is outvoted.
    """

    def __init__(self, saved: object) -> None:
        """Restore what `dump` returned."""
        self._proofs = {
            key: max(-_MOST, min(_MOST, count))
            for key, count in by_id(whole)(saved).items()
        }
        self._runs: dict[int, _Run] = {}

    def learn(self, device: Device, at: float, row: Values) -> None:
        """Compare a row that came at `at` (epoch seconds) with those before it."""
        if device.type_id != STORAGE_TYPE:
            return
        self._runs[device.id], proof = _continued(self._runs.get(device.id), at, row)
        if proof:
            count = self._proofs.get(device.id, 0) + proof
            self._proofs[device.id] = max(-_MOST, min(_MOST, count))

    def learn_from(self, device: Device, rows: Iterable[tuple[float, Values]]) -> None:
        """Learn from rows of the past, in the order of their times."""
        live = self._runs.pop(device.id, None)
        for at, row in rows:
            self.learn(device, at, row)
        self._runs.pop(device.id, None)
        if live:
            self._runs[device.id] = live

    def sign(self, device: Device) -> int:
        """Return 1 where a power above 0 charges, -1 where it discharges, 0 if unknown."""
        if device.type_id != STORAGE_TYPE:
            return 1
        count = self._proofs.get(device.id, 0)
        return (count > 0) - (count < 0)

    def dump(self) -> Mapping[str, int]:
        """Return the proofs as JSON data."""
        return {str(key): count for key, count in self._proofs.items()}


def _continued(run: _Run | None, at: float, row: Values) -> tuple[_Run, int]:
    """Return the run that a row belongs to, and the sign that it proves (0: none)."""
    power = row.get(STORAGE_POWER, 0.0)
    begun = _Run(row, power, at)
    if run is None or not 0 <= at - run.until <= _LONGEST_GAP:
        return begun, 0
    if run.power * power < 0:
        return begun, 0
    if proof := charging_sign(run.first, row, run.power or power):
        return begun, proof
    # Standing still, a storage loses charge: that is of no power.
    return (_Run(run.first, power, at) if power else begun), 0

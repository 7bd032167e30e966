"""A device's five-minute rows, and when it was there to have any. Pure.

Powers in kW with Home Assistant's signs, times in epoch seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Final

from ..catalogue import DeviceType, Role
from ..local_time import HOUR
from ..northbound import Values

STEP: Final = 300
# A counter is believed over this long a gap; its amount is spread evenly.
LONGEST_GAP: Final = 3 * HOUR
BATTERIES: Final = frozenset({Role.DC_BATTERY, Role.AC_STORAGE})

type Timed = Sequence[tuple[int, Values]]
"""The rows of a device in the order of time."""


@dataclass(frozen=True, slots=True)
class DeviceRows:
    """A device and its five-minute rows.

    `pv_key`: where an inverter tells its PV power; `is_reversed`: a meter whose sign
    the user has reversed; `before` and `after`: the rows next to these in the same
    answer.
    """

    kind: DeviceType
    rows: Timed
    pv_key: str = "active_power"
    is_reversed: bool = False
    before: tuple[int, Values] | None = None
    after: tuple[int, Values] | None = None

    def between(self, begin: int, end: int) -> DeviceRows:
        """Return the device with the rows from `begin` up to `end` only."""
        earlier = [row for row in self.rows if row[0] < begin]
        later = [row for row in self.rows if row[0] >= end]
        return replace(
            self,
            rows=[row for row in self.rows if begin <= row[0] < end],
            before=earlier[-1] if earlier else self.before,
            after=later[0] if later else self.after,
        )

    @property
    def known(self) -> Timed:
        """Return the rows and those next to them."""
        ends = ((self.before,), self.rows, (self.after,))
        return [row for rows in ends for row in rows if row]

    @property
    def is_battery(self) -> bool:
        """Tell whether it is a battery, whose counters begin anew each day."""
        return self.kind.role in BATTERIES

    @property
    def life(self) -> tuple[float, float]:
        """Return from when until when the device was there, as its rows tell.

        A row of the same answer outside of these says that it was there before, or
        after. Without any row it was not there.
        """
        if self.rows:
            since = -inf if self.before else self.rows[0][0]
            until = inf if self.after else self.rows[-1][0] + STEP
            return since, until
        return (-inf, inf) if self.before and self.after else (inf, -inf)

    def powers(self, key: str | None = None) -> dict[int, float]:
        """Return its power by the time of its row; asleep it may tell none."""
        return dict(self._powers(self.rows, key))

    def _powers(self, rows: Timed, key: str | None) -> Iterator[tuple[int, float]]:
        quantity = self.kind.power
        if quantity is None:
            return
        factor = -quantity.factor if self.is_reversed else quantity.factor
        name = key or quantity.key
        sleeps = self.kind.role is Role.INVERTER
        for at, row in rows:
            if name in row or (sleeps and row):
                yield at // STEP * STEP, row.get(name, 0.0) * factor

    def dark(self, key: str) -> float:
        """Return up to which power it gives next to nothing."""
        powers = [power for _, power in self._powers(self.known, key)]
        return max([0.0, *powers]) * _DARK

    def gaps(self, key: str) -> Iterator[tuple[float, float, bool]]:
        """Yield the times without rows, and whether it may have slept then.

        It falls asleep and wakes with next to no power, and counts nothing meanwhile.
        """
        dark, known = self.dark(key), list(self._powers(self.known, key))
        if not known:
            yield -inf, inf, False
            return
        (first, waking), (last, falling) = known[0], known[-1]
        yield -inf, first, waking <= dark
        for (since, before), (until, after) in pairwise(known):
            if until - since > STEP:
                slept = until - since > LONGEST_GAP and max(before, after) <= dark
                yield since, until, slept and not self._counted(since, until, key)
        yield last, inf, falling <= dark

    def _counted(self, since: int, until: int, key: str) -> bool:
        """Tell whether the inverter's own counters moved in a gap."""
        counters = _COUNTERS.get(key, ())
        rows = {at // STEP * STEP: row for at, row in self.known}
        before, after = rows[since], rows[until]
        return any(
            after[counter] - before[counter] > self.dark(key)
            for counter in counters
            if counter in before and counter in after
        )


# A tenth of the highest power: what an inverter gives as it wakes.
_DARK: Final = 0.1
_COUNTERS: Final = {"active_power": ("total_cap", "day_cap")}

"""What a plant's batteries have stored today, at the time of the plant's own row. Pure.

A device's row is of now, a plant's of minutes ago, and a battery moves much meanwhile.
"""

from bisect import bisect
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Final

from ..local_time import HOUR

CLOUD_LAG: Final = 540.0
"""So long (seconds) a plant's row lags, which does not tell its time.

The cloud lags 5 to 10 minutes, and makes a row each fifth one.
"""

# A row a minute, twice as long as a plant's row may lag.
_KEPT: Final = 20
_RECKONED: Final = 2 * CLOUD_LAG


@dataclass(slots=True)
class StoredToday:
    """The energies (kWh) that came with the rows of a day, by epoch second."""

    day: date | None = None
    _rows: list[tuple[float, float]] = field(default_factory=list)

    def add(self, at: float, day: date | None, stored: float, power: float) -> None:
        """Take the energy of a row; a new day begins anew.

        Before the first row it is reckoned by the power (kW, charging) of that one.
        """
        if day != self.day or (self._rows and at < self._rows[-1][0]):
            self._rows.clear()
        self.day = day
        if not self._rows:
            self._rows.append((at - _RECKONED, stored - power * _RECKONED / HOUR))
        if at > self._rows[-1][0]:
            self._rows.append((at, stored))
            del self._rows[:-_KEPT]

    def at(self, at: float) -> float:
        """Return the energy at a time, between two rows in proportion.

        After the last row it is the last one's.
        """
        index = bisect(self._rows, at, key=itemgetter(0))
        if index == 0:
            return self._rows[0][1]
        if index == len(self._rows):
            return self._rows[-1][1]
        (begin, before), (end, after) = self._rows[index - 1 : index + 1]
        return before + (after - before) * (at - begin) / (end - begin)

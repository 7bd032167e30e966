"""Which of several siblings stays far below the others. Pure.

Siblings are the inverters of a plant, or the strings of an inverter. Each one's
power (kW) is put in relation to its own peak, the result is its level, and that
is compared with the median level of the others at the same moment. Two things
are found: a unit that gives nothing at all, within hours of good sun; and one
that gives much too little on two sunny days. For the latter whole days are summed
up, so that roofs that face east and west are alike; what a unit usually gives is
learnt, so that a roof that is always worse is no fault; and it has to be low in
all parts of the day, so that a week of misty mornings is none.

Times are epoch seconds; sums of levels are in seconds at full power.
"""

from bisect import bisect, bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Final, Self

from ..local_time import HOUR
from ..storage.parse import as_dict, by_id, is_whole
from .member import LOW, PARTS, WELL, Sample, Unit, Verdict

# Where siblings differ much among themselves, one has to differ more than that:
# three standard deviations, estimated by the median absolute deviation.
SPREAD: Final = 3 * 1.4826
SIBLINGS_FOR_SPREAD: Final = 3

# Longer than that without a row, and a sibling is none.
FORGOTTEN_AFTER: Final = 7 * 24 * HOUR


@dataclass(slots=True)
class Siblings:
    """Units that are compared with each other, by number, and the day they are at.

    `day` is the plant's own, as a proleptic ordinal.
    """

    day: int = 0
    units: dict[int, Unit] = field(default_factory=dict)
    _verdicts: dict[int, Verdict] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    def take(self, samples: Mapping[int, Sample], local: datetime) -> None:
        """Take the last sample of each unit that has one, by the plant's clock.

        A unit without a sample is offline or held back: nobody is compared with it.
        One whose sample is known already is a sibling of those with a new one.
        """
        if (day := local.toordinal()) != self.day:
            self._close_day()
            self.day, self._verdicts = day, None
        levels: list[float] = []
        new: list[tuple[Unit, float, float]] = []
        for key, sample in samples.items():
            if (unit := self.units.get(key)) is None:
                unit = self.units[key] = Unit()
                self._verdicts = None
            if is_new := sample.at != unit.seen_at:
                unit.see(sample)
            if (level := unit.level(sample.power)) is not None:
                levels.append(level)
                if is_new:
                    new.append((unit, sample.at, level))
        if len(levels) < 2:
            return
        levels.sort()
        part = bisect(PARTS, local.hour)
        for unit, at, level in new:
            if unit.take(at, part, level, median_without(levels, level)):
                self._verdicts = None

    def _close_day(self) -> None:
        # Among few a low one changes what the others are compared with.
        is_calm = len(self.units) > SIBLINGS_FOR_SPREAD or not any(
            unit.is_low for unit in self.units.values()
        )
        best = {
            key: unit.close_day(is_calm=is_calm) for key, unit in self.units.items()
        }
        ratios = {
            key: unit.ratio
            for key, unit in self.units.items()
            if unit.ratio is not None
        }
        for key, ratio in ratios.items():
            others = [item for other, item in ratios.items() if other != key]
            if (
                (part := best[key]) is not None
                and part < WELL
                and ratio < _line(others)
            ):
                self.units[key].is_low = True

    def keep_only(self, keys: Iterable[int]) -> None:
        """Forget the units that are gone."""
        for gone in self.units.keys() - set(keys):
            del self.units[gone]
            self._verdicts = None

    def verdict(self, key: int) -> Verdict | None:
        """Return what is known of a unit; with no siblings left it is not low."""
        return self.verdicts().get(key)

    def verdicts(self) -> Mapping[int, Verdict]:
        """Return what is known of each unit.

        It is the same object until something about it may have changed.
        """
        if self._verdicts is None:
            seen = sorted(unit.seen_at for unit in self.units.values())
            self._verdicts = {
                key: unit.verdict(
                    len(seen) - 1 - bisect_left(seen, unit.seen_at - FORGOTTEN_AFTER)
                )
                for key, unit in self.units.items()
            }
        return self._verdicts

    def dump(self) -> dict[str, object]:
        """Return what is remembered as JSON data."""
        units = {str(key): unit.dump() for key, unit in self.units.items()}
        return {"day": self.day, "units": units}

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, as far as it has that shape.

        What has been read is of this class already.
        """
        if isinstance(saved, cls):
            return saved
        found = as_dict(saved)
        day = found.get("day")
        return cls(
            day if is_whole(day) else 0,
            {
                key: unit
                for key, item in by_id(found.get("units")).items()
                if (unit := Unit.load(item))
            },
        )


def median_without(ordered: Sequence[float], value: float) -> float:
    """Return the median of a sorted sequence, one `value` of it left out."""
    at = bisect_left(ordered, value)
    last = len(ordered) - 2
    low, high = last // 2, (last + 1) // 2
    return (ordered[low + (low >= at)] + ordered[high + (high >= at)]) / 2


def _line(others: Sequence[float]) -> float:
    """Return below which ratio a unit is low, given the siblings' ratios."""
    if len(others) < SIBLINGS_FOR_SPREAD:
        return LOW
    middle = median(others)
    spread = median(abs(ratio - middle) for ratio in others)
    return min(LOW, middle - SPREAD * spread)

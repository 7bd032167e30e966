"""Which of several siblings stays far below the others. Pure.

Siblings are the inverters of a plant, or the strings of an inverter. Each one's
power (kW) is put in relation to its own peak, the result is its level, and that
is compared with the median level of the others at the same moment. Two things
are found: a member that gives nothing at all, within hours of good sun; and one
that gives much too little on two sunny days. For the latter whole days are summed
up, so that roofs that face east and west are alike; what a member usually gives is
learnt, so that a roof that is always worse is no fault; and it has to be low in
all parts of the day, so that a week of misty mornings is no fault.

Times are epoch seconds; sums of levels are in seconds at full power.
"""

from bisect import bisect, bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Final, Self

from ..local_time import HOUR
from ..storage.parse import as_dict, by_id, whole
from .member import LOW, PARTS, WELL, Member, Sample, Verdict

# Where siblings differ much among themselves, one has to differ more than that:
# three standard deviations, estimated by the median absolute deviation.
SPREAD: Final = 3 * 1.4826
SIBLINGS_FOR_SPREAD: Final = 3

# A member without a row for so long is no sibling.
FORGOTTEN_AFTER: Final = 7 * 24 * HOUR


@dataclass(slots=True)
class Siblings:
    """Units that are compared with each other, by number, and the day they are at.

    `day` is the plant's own, as a proleptic ordinal.
    """

    day: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    _verdicts: dict[int, Verdict] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    def add(self, samples: Mapping[int, Sample], local: datetime) -> None:
        """Take the last sample of each member that has one, by the plant's clock.

        A member without a sample is offline or limited, and left out on both sides.
        One whose sample is known already is a sibling of those with a new one.
        """
        if (day := local.toordinal()) != self.day:
            self._close_day()
            self.day, self._verdicts = day, None
        levels: list[float] = []
        new: list[tuple[Member, float, float]] = []
        for key, sample in samples.items():
            if (member := self.members.get(key)) is None:
                member = self.members[key] = Member()
                self._verdicts = None
            if is_new := sample.at != member.seen_at:
                member.see(sample)
            if (level := member.level(sample.power)) is not None:
                levels.append(level)
                if is_new:
                    new.append((member, sample.at, level))
        if len(levels) < 2:
            return
        levels.sort()
        part = bisect(PARTS, local.hour)
        for member, at, level in new:
            if member.add(at, part, level, median_without(levels, level)):
                self._verdicts = None

    def _close_day(self) -> None:
        # Among few a low one changes what the others are compared with.
        is_calm = len(self.members) > SIBLINGS_FOR_SPREAD or not any(
            member.is_low for member in self.members.values()
        )
        best = {
            key: member.close_day(is_calm=is_calm)
            for key, member in self.members.items()
        }
        ratios = {
            key: member.ratio
            for key, member in self.members.items()
            if member.ratio is not None
        }
        for key, ratio in ratios.items():
            others = [item for other, item in ratios.items() if other != key]
            if (
                (part := best[key]) is not None
                and part < WELL
                and ratio < _line(others)
            ):
                self.members[key].is_low = True

    def keep_only(self, keys: Iterable[int]) -> None:
        """Forget the members that are gone."""
        for gone in self.members.keys() - set(keys):
            del self.members[gone]
            self._verdicts = None

    def verdict(self, key: int) -> Verdict | None:
        """Return the verdict on a member; with no siblings left it is not low."""
        return self.verdicts().get(key)

    def verdicts(self) -> Mapping[int, Verdict]:
        """Return the verdict on each member."""
        if self._verdicts is None:
            seen = sorted(member.seen_at for member in self.members.values())
            self._verdicts = {
                key: member.verdict(
                    len(seen) - 1 - bisect_left(seen, member.seen_at - FORGOTTEN_AFTER)
                )
                for key, member in self.members.items()
            }
        return self._verdicts

    def dump(self) -> dict[str, object]:
        """Return this as JSON data."""
        # In a thread: a sibling may come in meanwhile.
        members = dict(self.members).items()
        return {"day": self.day, "units": {str(key): m.dump() for key, m in members}}

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError."""
        parts = as_dict(saved)
        return cls(whole(parts.get("day")), _load_members(parts.get("units")))


_load_members: Final = by_id(Member.load)


def median_without(ordered: Sequence[float], value: float) -> float:
    """Return the median of a sorted sequence, one `value` of it left out."""
    at = bisect_left(ordered, value)
    last = len(ordered) - 2
    low, high = last // 2, (last + 1) // 2
    return (ordered[low + (low >= at)] + ordered[high + (high >= at)]) / 2


def _line(others: Sequence[float]) -> float:
    """Return below which ratio a member is low, given the siblings' ratios."""
    if len(others) < SIBLINGS_FOR_SPREAD:
        return LOW
    middle = median(others)
    spread = median(abs(ratio - middle) for ratio in others)
    return min(LOW, middle - SPREAD * spread)

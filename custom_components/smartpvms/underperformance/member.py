"""The state of an inverter or string that is compared with its siblings. Pure.

Powers in kW, times in epoch seconds, sums of levels in seconds at full power.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple, Self

from ..local_time import HOUR
from ..storage.parse import amount, as_list, flag, optional

# Below this share of the usual output on two sunny days it is a fault: dirt, ageing,
# a passing shadow and a mixed day on two roofs cost less.
LOW: Final = 0.6
# Of one sunny day: so far back that it will not cross the line tomorrow again.
WELL: Final = 0.75
# The parts of a day by the plant's clock, in hours; the best part must be below
# WELL too. In mist one roof loses its best hours, and is as usual in the others.
PARTS: Final = (10, 13, 16)
# A part with less (full power) is not compared.
SUN_OF_A_PART: Final = 0.4 * HOUR

# Good sun: the others at a fifth of their peak. Less is dawn, rain or snow.
GOOD_SUN: Final = 0.2
# On a day with less, dim light decides, in which roofs compare in another way.
SUN_OF_A_DAY: Final = 3 * HOUR

# A roof turned away from the sun still gets a tenth of it from the sky.
DEAD: Final = 0.03
ALIVE: Final = 0.1
DEAD_FOR: Final = 2 * HOUR

# The usual output is learnt over so many sunny days; the seasons change it slowly.
DAYS_TO_LEARN: Final = 5
LEARNT_A_DAY: Final = 0.15
# What lasts becomes the new normal some day: a tree that grew, modules taken down.
LEARNT_A_LOW_DAY: Final = 0.005
# Below this share of the others' level no roof is in order.
LEAST_USUAL: Final = 0.25
# Two years halve the peak, so that a false peak is outgrown.
PEAK_KEPT: Final = 0.999
# A false peak of a row, or a bright edge of a cloud.
HIGHEST_LEVEL: Final = 1.2

# Over a longer silence the generation is unknown.
LONGEST_SILENCE: Final = 1800.0
# A silence in less light than this misses nothing that counts.
DIM: Final = 0.3


class Sample(NamedTuple):
    """What a member gave: kW, and when its row came."""

    at: float
    power: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a member: `ratio` is 1 at its usual output."""

    is_low: bool
    ratio: float | None
    siblings: int


@dataclass(slots=True)
class Part:
    """A part of the day: the member's own and the others' sum, and the usual ratio.

    `usual` is the unit's sum where that of the others is 1, 0 while not known.
    """

    actual: float = 0.0
    expected: float = 0.0
    usual: float = 0.0

    def ratio(self) -> float | None:
        """Return the sum in relation to the usual one, None if unknown."""
        if self.expected < SUN_OF_A_PART or not self.usual:
            return None
        return self.actual / self.expected / self.usual

    def close_day(self, rate: float | None) -> None:
        """Start anew; learn the usual ratio, but nothing from a day without a verdict."""
        if rate is not None and self.expected >= SUN_OF_A_PART:
            share = self.actual / self.expected
            self.usual += (share - self.usual) * (rate if self.usual else 1.0)
        self.actual = self.expected = 0.0


def _parts() -> list[Part]:
    return [Part() for _ in range(len(PARTS) + 1)]


@dataclass(slots=True)
class Member:
    """The state of an inverter or string that is compared.

    `seen_at`, `power`: its last sample; `at`, `reference`: when it was compared, and
    the others' level then; `peak` in kW; `usual`: its sum of a sunny day where that
    of the others is 1, learnt from `days`; `dead_for`: good sun without power;
    `sun`: seconds of good sun today; `is_patchy`: rows of today are missing;
    `last_…`: sums and the best part's ratio of the last sunny day; `ratio` over
    that and the one before; `parts`: the sums of today.
    """

    seen_at: float = 0.0
    power: float = 0.0
    at: float = 0.0
    reference: float = 0.0
    peak: float = 0.0
    usual: float = 1.0
    days: float = 0.0
    dead_for: float = 0.0
    sun: float = 0.0
    is_patchy: bool = False
    last_actual: float = 0.0
    last_expected: float = 0.0
    last_best: float = 1.0
    is_low: bool = False
    ratio: float | None = None
    parts: list[Part] = field(default_factory=_parts)

    @property
    def is_dead(self) -> bool:
        """Tell whether it has given nothing for hours of good sun."""
        return self.dead_for >= DEAD_FOR

    def level(self, power: float) -> float | None:
        """Return a power in relation to the peak, None as long as none is known."""
        if self.peak <= 0:
            return 0.0 if power <= 0 else None
        return min(max(power, 0.0) / self.peak, HIGHEST_LEVEL)

    def see(self, sample: Sample) -> None:
        """Take a sample; raise the peak to what two of them in a row have shown."""
        if sample.at - self.seen_at <= LONGEST_SILENCE:
            self.peak = max(self.peak, min(self.power, sample.power))
        self.seen_at, self.power = sample.at, max(sample.power, 0.0)

    def add(self, at: float, part: int, level: float, reference: float) -> bool:
        """Add the time since the last comparison to the sums of a part of today.

        Return whether it is dead now and was not, or the other way round.
        """
        passed, has_turned = at - self.at, False
        if passed > LONGEST_SILENCE:
            self.is_patchy |= max(reference, self.reference) >= DIM
        elif passed > 0:
            self.parts[part].actual += level * passed
            self.parts[part].expected += reference * passed
            if reference >= GOOD_SUN:
                self.sun += passed
                has_turned = self._look_alive(level / reference, passed)
        self.at, self.reference = at, reference
        return has_turned

    def _look_alive(self, share: float, passed: float) -> bool:
        """Count how long there was none; return whether that makes a difference."""
        was_dead = self.is_dead
        if share <= DEAD:
            self.dead_for = min(self.dead_for + passed, DEAD_FOR)
        elif share >= ALIVE:
            if was_dead:
                # Back again: the days without it say nothing any more.
                self.is_low, self.is_patchy = False, True
                self.last_actual = self.last_expected = 0.0
                self.ratio = None
            self.dead_for = 0.0
        return self.is_dead != was_dead

    def close_day(self, *, is_calm: bool) -> float | None:
        """End a day and learn from it, little unless it is calm, which is when no member is low.

        Return the ratio in the best part of the last two sunny days, None where
        this was not one, or too few were seen so far.
        """
        best = max((r for part in self.parts if (r := part.ratio())), default=1.0)
        best_of_two, rate = None, None
        if self.sun >= SUN_OF_A_DAY and not self.is_patchy:
            actual = sum(part.actual for part in self.parts)
            expected = sum(part.expected for part in self.parts)
            if self._compare(actual, expected):
                best_of_two = max(best, self.last_best)
            self.last_best = best
            rate = self._learn(min(actual / expected, 1.0), is_calm=is_calm)
        for part in self.parts:
            part.close_day(rate)
        self.peak *= PEAK_KEPT
        self.sun, self.is_patchy = 0.0, False
        return best_of_two

    def _compare(self, actual: float, expected: float) -> bool:
        """Take the sums of a sunny day; tell whether there is a ratio of two."""
        whole = (expected + self.last_expected) * self.usual
        is_known = self.days >= DAYS_TO_LEARN and self.last_expected > 0
        self.ratio = (actual + self.last_actual) / whole if is_known else None
        if actual >= WELL * expected * self.usual:
            self.is_low = False
        self.last_actual, self.last_expected = actual, expected
        return is_known

    def _learn(self, share: float, *, is_calm: bool) -> float | None:
        """Move the usual ratio towards the share of a day; return how far.

        Never above the others' level: a member that gives more than they do shows a
        fault of theirs.
        """
        if self.is_dead:
            return None
        self.days = min(self.days + 1, DAYS_TO_LEARN + 1)
        if self.days <= DAYS_TO_LEARN:
            rate = 1 / self.days
        else:
            is_usual = is_calm and not self.is_low and share >= LOW * self.usual
            rate = LEARNT_A_DAY if is_usual else LEARNT_A_LOW_DAY
        self.usual = max(LEAST_USUAL, self.usual + rate * (share - self.usual))
        return rate

    def verdict(self, siblings: int) -> Verdict:
        """Return the verdict; with no siblings left the member is not low."""
        is_dead = self.is_dead
        is_low = siblings > 0 and (self.is_low or is_dead)
        return Verdict(is_low, 0.0 if is_dead else self.ratio, siblings)

    def dump(self) -> list[object]:
        """Return this as JSON data."""
        values = [_rounded(getattr(self, name)) for name in _FIELDS[:-1]]
        sums = [
            [round(part.actual, 4), round(part.expected, 4), round(part.usual, 4)]
            for part in self.parts
        ]
        return [*values, sums]

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError."""
        read = [load(item) for load, item in zip(_LOADERS, as_list(saved), strict=True)]
        return cls(*read)


def _rounded(item: float | None) -> float | None:
    """Return a number as short as it may be in the file."""
    return round(item, 4) if isinstance(item, float) else item


def _positive(item: object) -> float:
    return max(0.0, amount(item))


def _load_parts(saved: object) -> list[Part]:
    parts = [Part(*map(_positive, as_list(part))) for part in as_list(saved)]
    if len(parts) != len(PARTS) + 1:
        raise ValueError("not all parts of a day")
    return parts


_FIELDS: Final = tuple(item.name for item in fields(Member))
_KINDS: Final[Mapping[str, Callable[[object], Any]]] = {
    "is_patchy": flag,
    "is_low": flag,
    "ratio": optional(_positive),
    "parts": _load_parts,
}
_LOADERS: Final = tuple(_KINDS.get(name, _positive) for name in _FIELDS)

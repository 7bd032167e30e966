"""Sets of days, kept as ranges. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from ..storage.parse import load_date

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """A set of days: ranges in order, apart from each other, ends excluded."""

    ranges: tuple[tuple[date, date], ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[tuple[date, date]]) -> Self:
        """Return the days of ranges that may touch and overlap."""
        merged: list[tuple[date, date]] = []
        for begin, end in sorted(item for item in ranges if item[0] < item[1]):
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        return cls(tuple(merged))

    @classmethod
    def between(cls, begin: date, end: date) -> Self:
        """Return the days from `begin` up to, not including, `end`."""
        return cls.of([(begin, end)])

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.ranges)

    def __len__(self) -> int:
        """Return how many there are."""
        return sum((end - begin).days for begin, end in self.ranges)

    def __contains__(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return any(begin <= day < end for begin, end in self.ranges)

    def __or__(self, other: Days) -> Days:
        """Return the days of both."""
        return Days.of([*self.ranges, *other.ranges])

    def __sub__(self, other: Days) -> Days:
        """Return the days that the other does not have."""
        left = list(self.ranges)
        for begin, end in other.ranges:
            left = [
                part
                for first, last in left
                for part in ((first, min(last, begin)), (max(first, end), last))
                if part[0] < part[1]
            ]
        return Days(tuple(left))

    def __and__(self, other: Days) -> Days:
        """Return the days that both have."""
        return self - (self - other)

    def newest_first(self) -> Iterator[date]:
        """Yield the days, the newest first."""
        for begin, end in reversed(self.ranges):
            day = end
            while day > begin:
                day -= ONE_DAY
                yield day

    def dump(self) -> list[list[str]]:
        """Return the ranges as JSON data."""
        return [[begin.isoformat(), end.isoformat()] for begin, end in self.ranges]

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved; whatever is malformed is left out."""
        ranges: list[tuple[date, date]] = []
        for item in saved if isinstance(saved, list) else []:
            match item:
                case [first, last]:
                    begin, end = load_date(first), load_date(last)
                    if begin and end:
                        ranges.append((begin, end))
        return cls.of(ranges)

"""What to ask next. Pure.

Two purposes share a lane. The continuation asks for the hours of today, again
for those of the last days, since rows get corrected. The backfill asks for the
plant's whole life: years, months, days, and the hours of the chosen depth, the
newest first at each period. Times are epoch seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from math import ceil
from typing import Final

from ..catalogue.series import BATTERY_CHARGE
from ..local_time import (
    ALL_YEARS,
    HOUR,
    ONE_DAY,
    Days,
    day_of,
    midnight,
    parent_end,
    parents,
)
from ..northbound import Period
from .feeds import DAYS, FIVE_MINUTES, HOURS, LAG, LOOK_BACK, Feed, Question, Track
from .progress import Progress

# Rows get corrected for a day or two: asked once more each day, then left alone.
SETTLED_AFTER: Final = 48 * 3600.0
AGAIN_AFTER: Final = 24 * 3600.0
# A system at fault answers with nothing, or with zeros.
EMPTY_AGAIN: Final = 4 * 3600.0
PLANTS_AT_ONCE: Final = 100
# A question about five-minute rows is answered by several calls; not by too many.
DEVICES_AT_ONCE: Final = 40


@dataclass(frozen=True, slots=True)
class Subject:
    """A plant as the planner sees it.

    `devices`: how many of its devices tell powers by five minutes; `batteries`:
    how many have daily, monthly and yearly rows.
    """

    code: str = field(repr=False)
    zone: tzinfo
    progress: Progress
    devices: int = 0
    batteries: int = 0

    def has(self, feed: Feed) -> bool:
        """Tell whether a feed says anything about the plant."""
        match feed.track:
            case Track.PLANT:
                return True
            case Track.DEVICES:
                return bool(self.devices)
            case Track.STORAGE:
                known = self.progress.hourly
                return bool(self.batteries and known) and BATTERY_CHARGE not in known


@dataclass(frozen=True, slots=True)
class Planner:
    """Chooses among the plants of an account.

    `depth`: for how many days hours are imported; `span`: how much of five-minute
    rows one call answers.
    """

    subjects: tuple[Subject, ...]
    now: float
    depth: int
    span: timedelta = ONE_DAY

    def live(self, feed: Feed, interval: float) -> Question | None:
        """Return the recent hours that are due, today's every `interval`."""
        due: dict[tuple[date, tzinfo], list[Subject]] = {}
        for subject in self._about(feed):
            for day, at in self._due(feed, subject, interval):
                if at <= self.now:
                    due.setdefault((day, subject.zone), []).append(subject)
        if not due:
            return None
        # A day that is over waits for no other; today's is told by live values too.
        day, zone = min(due, key=lambda item: item[0])
        plants = _together(feed, due[day, zone])
        return Question(feed, day, day + ONE_DAY, zone, plants, is_live=True)

    def live_at(self, feed: Feed, interval: float) -> float | None:
        """Return when the next recent hours are due, None for never."""
        times = [
            at
            for subject in self._about(feed)
            for _, at in self._due(feed, subject, interval)
        ]
        return min(times, default=None)

    def backfill(self, feed: Feed) -> Question | None:
        """Return the newest rows of a feed that were never asked."""
        groups = self._groups(feed)
        if not groups:
            return None
        first, zone = max(groups, key=lambda item: item[0])
        subjects = groups[first, zone]
        until = parent_end(feed.period, first)
        if feed == FIVE_MINUTES:
            first = self._reach_back(subjects[0], first)
        return Question(feed, first, until, zone, _together(feed, subjects))

    def left(self, feed: Feed) -> int:
        """Return about how many questions the backfill of a feed still takes."""
        questions = sum(
            ceil(_weight(feed, subjects) / limit(feed))
            for subjects in self._groups(feed).values()
        )
        return self._calls(feed, questions)

    def left_by_plant(self, feed: Feed) -> dict[str, int]:
        """Return how many answers of a feed each plant still lacks."""
        return {
            subject.code: self._calls(
                feed, len(parents(feed.period, self._missing(feed, subject)))
            )
            for subject in self._about(feed)
        }

    def _calls(self, feed: Feed, parents: int) -> int:
        """Return how many questions answer so many parents."""
        return ceil(parents / self.span.days) if feed == FIVE_MINUTES else parents

    def _about(self, feed: Feed) -> Iterator[Subject]:
        return (subject for subject in self.subjects if subject.has(feed))

    def _due(
        self, feed: Feed, subject: Subject, interval: float
    ) -> Iterator[tuple[date, float]]:
        """Yield the recent days that are not settled, and when they are due."""
        progress, zone = subject.progress, subject.zone
        today = day_of(self.now, zone)
        if feed == FIVE_MINUTES and not progress.asked_at.get(HOURS):
            # The plant's own hours tell which series are missing.
            return
        # The day's first hour has yet to be delivered when the day begins.
        begun = max(midnight(today, zone), self._asked(progress, feed, today))
        yield today, begun + interval
        for back in range(1, LOOK_BACK + 1):
            day = today - back * ONE_DAY
            over, asked = (
                midnight(day + ONE_DAY, zone),
                self._asked(progress, feed, day),
            )
            if not asked and day in progress.holds(feed):
                continue
            _, times = progress.empty.get(feed, {}).get(day, (0.0, 0))
            if asked < over + LAG:
                yield day, over + LAG
            elif times:
                # Whatever its age: an answer with nothing settles no day.
                yield day, asked + min(times * EMPTY_AGAIN, AGAIN_AFTER)
            elif asked < over + SETTLED_AFTER:
                yield day, asked + AGAIN_AFTER

    def _asked(self, progress: Progress, feed: Feed, day: date) -> float:
        """Return when a day's hours were asked; the future counts as now."""
        return min(self.now, progress.asked(feed, day))

    def _groups(self, feed: Feed) -> dict[tuple[date, tzinfo], list[Subject]]:
        """Return who lacks what: by the parent's first day and the time zone."""
        groups: dict[tuple[date, tzinfo], list[Subject]] = {}
        for subject in self._about(feed):
            for first in parents(feed.period, self._missing(feed, subject)):
                groups.setdefault((first, subject.zone), []).append(subject)
        return groups

    def _missing(self, feed: Feed, subject: Subject) -> Days:
        """Return the days of which a feed has rows that were never asked."""
        progress = subject.progress
        if feed.period is Period.YEAR:
            known = progress.holds(feed) | self._resting(progress, feed)
            return Days.between(ALL_YEARS, ALL_YEARS + ONE_DAY) - known
        today = day_of(self.now, subject.zone)
        settled = today - LOOK_BACK * ONE_DAY
        held = self._held(progress, feed) | self._resting(progress, feed)
        if feed.period is Period.HOUR:
            begin = today - timedelta(days=self.depth)
            begin = max(begin, progress.first or begin)
            wanted = Days.between(begin, settled) | progress.requested
            # Younger days are the continuation's, and older ones have nothing.
            life = Days.between(progress.first or date.min, settled)
            return (wanted & life) - held
        return Days.between(progress.first or settled, settled) - held

    def _held(self, progress: Progress, feed: Feed) -> Days:
        """Return the days whose rows are known as finely as a feed tells them.

        Where the plant's hours lack a series, its days do not.
        """
        if feed == DAYS and progress.lacks_hours:
            return progress.holds(feed)
        return progress.holds_or_finer(feed)

    def _resting(self, progress: Progress, feed: Feed) -> Days:
        """Return the days that were answered with nothing a while ago."""
        return Days.of(
            (first, parent_end(feed.period, first))
            for first, (at, times) in progress.empty.get(feed, {}).items()
            if min(at, self.now) + (AGAIN_AFTER if times > 1 else HOUR) > self.now
        )

    def _reach_back(self, subject: Subject, day: date) -> date:
        """Return the first day of those before that one call answers too."""
        missing = self._missing(FIVE_MINUTES, subject)
        over = midnight(day + ONE_DAY, subject.zone)
        first = day
        while (before := first - ONE_DAY) in missing:
            # A day on which clocks go back is an hour longer.
            if over - midnight(before, subject.zone) > self.span.total_seconds():
                break
            first = before
        return first


def _weight(feed: Feed, subjects: list[Subject]) -> int:
    if feed.track is Track.PLANT:
        return len(subjects)
    return sum(
        subject.devices if feed.track is Track.DEVICES else subject.batteries
        for subject in subjects
    )


def limit(feed: Feed) -> int:
    """Return how many plants or devices one question is about at most."""
    return DEVICES_AT_ONCE if feed.track is Track.DEVICES else PLANTS_AT_ONCE


def _together(feed: Feed, subjects: list[Subject]) -> tuple[str, ...]:
    """Return the plants that one question takes, one at least."""
    chosen: list[Subject] = []
    for subject in subjects:
        if chosen and _weight(feed, [*chosen, subject]) > limit(feed):
            break
        chosen.append(subject)
    return tuple(subject.code for subject in chosen)

"""Counters that start anew with a day or month. Pure.

While a plant's zone is not known, no midnight is assumed: only the row itself begins a
day. Whatever is in doubt is lost, never counted twice.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, override

from ..local_time import DAY, HOUR, Day, day_of, midnight
from .memory import JITTER, Memory, Moment, State

# The cloud lags 5 to 10 minutes: a first row this early is of the day before.
LAG: Final = 15 * 60.0

# A device's clock, or our idea of the plant's zone, may be this far ahead.
EARLY: Final = 2 * HOUR

# Home Assistant takes a fall of more than 10 % for a counter's new start.
NEW_START: Final = 0.9

# Rises this early in the day are yesterday's, whatever the season.
DAWN: Final = 4 * HOUR
# So long (seconds) a plant's day stands still, or is not to be had, over a night only.
STOOD: Final = 4 * HOUR


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """The day of a device, which starts at 0 when the device's day does.

    0 is shown from shortly after midnight until the counter has begun anew.
    """

    def begin(self, raw: float, now: Moment) -> Memory:
        """Show the first row as today's."""
        return Memory(raw, raw, now.at, period=now.date_of(now.at))

    def pass_over(self, memory: Memory, now: Moment) -> Memory:
        """Go on to the next day, whether a row tells of it or not."""
        return self.advance(memory, memory.raw, now)

    def advance(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Follow the counter upwards within its day."""
        # A counter that starts anew moves; a 0 may mean that it was not read.
        raw = raw or memory.raw
        if (value := memory.value) is None:
            return self.begin(raw, now)
        memory = now.placed(memory, _same)
        if now.day and (memory.lags or memory.period < now.day.period):
            return self._yesterdays(memory, raw, now, now.day)
        if not memory.lags:
            return self._within(memory, value, raw, now)
        is_fall = raw < memory.raw * NEW_START
        return self.begin(raw, now) if is_fall else memory._replace(raw=raw)

    def _within(self, memory: Memory, value: float, raw: float, now: Moment) -> Memory:
        """Return the memory after a row of the day that is shown."""
        if raw == memory.raw == value and memory.state is State.COUNTING:
            return memory
        if raw >= value:
            return now.moved(memory, raw)
        if raw >= value * NEW_START:
            return memory._replace(raw=raw, since=None, state=State.COUNTING)
        if now.day and (tomorrow := now.date_of(now.at + EARLY)) != now.day.period:
            return self.begin(raw, now)._replace(period=tomorrow)
        if memory.lasted(now.at) >= HOUR:
            return self.begin(raw, now)
        since = now.at if memory.since is None else memory.since
        return memory._replace(raw=raw, since=since, state=State.DOUBTED)

    def _yesterdays(self, memory: Memory, raw: float, now: Moment, day: Day) -> Memory:
        """Return the memory after a row that may still count the day before.

        A fall begins the new day, and so does a rise that goes on by day. Any other
        rise is the rest of yesterday: an inverter that was cut off delivers it at night.
        """
        assert memory.value is not None
        woke = memory.since if memory.state is State.WAKING else None
        is_surely_new = woke is not None and woke - day.begin > DAY / 2
        if raw < memory.raw * NEW_START or raw == 0 or is_surely_new:
            return self.begin(raw, now)
        if raw == memory.raw and memory.state is State.LAGGING:
            return memory if memory.period == day.period else self._lag(raw, now)
        rises = raw > memory.raw + JITTER
        clock = now.at - day.begin
        if not memory.lags:
            if rises and clock > DAY / 2:
                # It is today's, and a fall to 0 tells Home Assistant so first.
                return self._wake(raw, now)
            is_recent = now.date_of(now.at - DAY / 2) == memory.period
            if clock < LAG and is_recent:
                return memory._replace(value=max(memory.value, raw), raw=raw, at=now.at)
        # Small steps add up to a rise, wavering does not.
        stands = memory.lags and abs(raw - memory.raw) <= JITTER
        lagging = self._lag(memory.raw if stands else raw, now)
        if clock < DAWN:
            return lagging
        if not rises:
            if memory.lags:
                return lagging._replace(since=memory.since, state=memory.state)
            return lagging
        if memory.state is State.WAKING:
            return self.begin(raw, now)
        return self._wake(raw, now)

    @staticmethod
    def _lag(raw: float, now: Moment) -> Memory:
        period = now.date_of(now.at)
        return Memory(0.0, raw, now.at, period=period, state=State.LAGGING)

    def _wake(self, raw: float, now: Moment) -> Memory:
        return self._lag(raw, now)._replace(since=now.at, state=State.WAKING)


@dataclass(frozen=True, slots=True)
class PlantDay:
    """A plant's local day. Its value may fall within it."""

    def first_of(self, day: date) -> date:
        """Return the first day of the period."""
        return day

    def begin(self, raw: float, now: Moment) -> Memory:
        """Show the first row; the cloud lags behind midnight."""
        if now.day is None:
            return Memory(raw, raw, now.at)
        first = self.first_of(now.day.date)
        if raw and now.at - midnight(first, now.day.zone) < LAG:
            first = self.first_of(first - timedelta(days=1))
        return self._anew(first, raw, now.at, now.day)

    def pass_over(self, memory: Memory, now: Moment) -> Memory:
        """Keep the value with its reset."""
        return memory

    def advance(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Follow the row up and down within its period."""
        if memory.value is None:
            return self.begin(raw, now)
        memory = now.placed(memory, self.first_of)
        if now.day and memory.period < self.first_of(now.day.date).isoformat():
            return self._over(memory, raw, now, now.day)
        return self._within(memory, raw, now)

    def is_of_next(self, memory: Memory, raw: float) -> bool:
        """Tell whether a row, at a time that allows it, begins the next period.

        Its first row may be 0, which may also mean that it was not read.
        """
        return bool(raw) and _is_halved(memory, raw)

    def fell_in_silence(self, memory: Memory, raw: float, now: Moment) -> bool:
        """Tell whether a row is lower than what stood for hours, as after a night."""
        stood = now.at - memory.at > STOOD
        return stood and 0 < raw < memory.raw * NEW_START

    def _within(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Return the memory after a row of the period that is shown.

        Close to midnight, and in an unknown zone, it may also begin the next one.
        """
        if raw == memory.raw and memory.state is State.COUNTING:
            return memory
        if memory.base and self._is_of_before(memory, raw, now):
            return memory._replace(base=max(memory.base, raw))
        period = ""
        if now.day:
            ahead = day_of(now.at + EARLY, now.day.zone)
            period = self.first_of(ahead).isoformat()
        may_begin = not period or period > memory.period
        begins = self.is_of_next(memory, raw) or (
            not period and self.fell_in_silence(memory, raw, now)
        )
        if may_begin and begins:
            begun = now.at if memory.since is None else memory.since
            return Memory(raw, raw, now.at, begun, period=period)
        if not raw and memory.raw:
            # No correction takes back all that was counted.
            if memory.state is State.DOUBTED:
                return memory
            return memory._replace(since=now.at, state=State.DOUBTED)
        return now.moved(memory, raw)

    def _over(self, memory: Memory, raw: float, now: Moment, day: Day) -> Memory:
        """Return the memory after a row that came when the period shown was over.

        A row that has stood still over midnight, or was not to be had, is of the new
        one as soon as it falls by day, or rises twice: the first rise may be the rest of
        the old one, like all that moves at night.
        """
        first = self.first_of(day.date)
        begun = midnight(first, day.zone)
        if raw == 0 or _is_halved(memory, raw):
            base = 0.0 if raw else memory.raw
            return self._anew(first, raw, now.at, day)._replace(base=base)
        stood = now.at - max(memory.at, begun)
        if abs(raw - memory.raw) <= JITTER:
            # Wavering, or in the first minutes the last of the day before.
            return memory if stood > LAG else memory._replace(value=raw, raw=raw)
        if stood > HOUR and now.at - begun >= DAWN:
            fell = raw < memory.raw * NEW_START
            if fell or memory.state is State.WAKING:
                return self._anew(first, raw, now.at, day)
            return memory._replace(raw=raw, since=now.at, state=State.WAKING)
        return now.moved(memory, raw)

    @staticmethod
    def _is_of_before(memory: Memory, raw: float, now: Moment) -> bool:
        """Tell whether a row is the old period's again, after a 0 that was not read."""
        if raw < memory.base - JITTER:
            return False
        is_night = now.day is not None and now.at - now.day.begin < DAWN
        return is_night or raw <= memory.base + JITTER

    @staticmethod
    def _anew(first: date, raw: float, at: float, day: Day) -> Memory:
        begun = midnight(first, day.zone)
        return Memory(raw, raw, at, begun, period=first.isoformat())


def _same(day: date) -> date:
    return day


def _is_halved(memory: Memory, raw: float) -> bool:
    """Tell whether a number is much nearer to 0; money may be below it."""
    return abs(raw) < abs(memory.raw) / 2


@dataclass(frozen=True, slots=True)
class PlantMonth(PlantDay):
    """A plant's local month."""

    @override
    def first_of(self, day: date) -> date:
        return day.replace(day=1)


@dataclass(frozen=True, slots=True)
class PlantMoney(PlantDay):
    """The income of a plant's local day, which halves at any price below 0."""

    @override
    def is_of_next(self, memory: Memory, raw: float) -> bool:
        """Tell it only of a row that was 0 before."""
        was_0 = memory.state is State.DOUBTED
        return was_0 and PlantDay.is_of_next(self, memory, raw)

    @override
    def fell_in_silence(self, memory: Memory, raw: float, now: Moment) -> bool:
        """Tell nothing by it: money falls by itself."""
        return False

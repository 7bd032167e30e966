"""Counters that a long-term statistic can trust.

Pure: a memory and a value go in, the next memory comes out. The memory is saved
with the reading it belongs to, so that a restart changes nothing. Times are
epoch seconds; a period is named by the ISO date that it starts on.

Real servers let day counters show yesterday's total until the inverter wakes,
plant days fall after sunset, lifetime counters read 0 or nothing at night.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta, tzinfo
from typing import Final, NamedTuple

from ..catalogue import Counter
from ..local_time import DAY, HOUR, Day, day_of, midnight, today_of

# The cloud lags 5 to 10 minutes: a first row this early is of the day before.
LAG: Final = 15 * 60.0

# A device's clock, or our idea of the plant's zone, may be this far ahead.
EARLY: Final = 2 * HOUR

# Home Assistant takes a fall of more than 10 % for a counter's new start.
NEW_START: Final = 0.9

# A counter that stands still may waver by so much (kWh, rounding included).
JITTER: Final = 0.021

# Rises this early in the day are yesterday's, whatever the season.
DAWN: Final = 4 * HOUR

# A lifetime counter's rise beyond this (kW) is a leap: no plant is as large.
LEAP: Final = 1e6

# What counters of 32 bits show when they are full, by their decimals.
FULL: Final = frozenset(
    round(register / scale, 3)
    for register in (2**31 - 1, 2**32 - 1)
    for scale in (1, 10, 100, 1000)
)


class Memory(NamedTuple):
    """The state of a counter.

    `value` is shown, None while the first 0 is not believed; `raw` the
    last row's number, `at` when a row had it; `last_reset` belongs to `value`;
    `doubted_since` is when a fall or leap was first seen, while `lagging` when a rise
    by day was; `period` the day or month that `value` counts; `lagging` while the rows
    still count the period before.
    """

    value: float | None
    raw: float
    at: float
    last_reset: float | None = None
    doubted_since: float | None = None
    period: str = ""
    lagging: bool = False


def advance(
    counter: Counter,
    memory: Memory | None,
    raw: float | None,
    at: float,
    zone: tzinfo,
) -> Memory | None:
    """Return the memory after a row at `at`, whose number is missing if None.

    A counter that a row leaves out, or whose register is full, keeps its value. `zone`
    is the plant's time zone.
    """
    if memory and not raw and counter is Counter.DEVICE_DAY:
        # A counter that starts anew moves; a 0 may mean that it was not read.
        raw = memory.raw
    if raw is None or round(raw, 3) in FULL:
        return memory
    return _RULES[counter](memory, raw, at, zone)


def _lifetime(memory: Memory | None, raw: float, at: float, zone: tzinfo) -> Memory:
    """Believe a fall, a leap, or a first 0 only after a day; a fall starts it anew."""
    if memory is None:
        if raw:
            return Memory(raw, raw, at)
        return Memory(None, raw, at, doubted_since=at)
    if memory.value is None:
        believed = raw or at - (memory.doubted_since or at) >= DAY
        return Memory(raw, raw, at) if believed else memory._replace(at=at)
    if raw == memory.value and memory.doubted_since is None:
        return memory
    limit = LEAP * max(at - memory.at, HOUR) / HOUR
    if memory.value <= raw <= memory.value + limit:
        return Memory(raw, raw, at, memory.last_reset)
    if memory.doubted_since is None:
        return memory._replace(raw=raw, at=at, doubted_since=at)
    if at - memory.doubted_since < DAY:
        return memory._replace(raw=raw, at=at)
    # A small fall is a correction: to count it all again would be the larger error.
    is_new_start = raw < memory.value * NEW_START
    last_reset = at if is_new_start else memory.last_reset
    return Memory(raw, raw, at, last_reset)


def _plant_lifetime(
    memory: Memory | None, raw: float, at: float, zone: tzinfo
) -> Memory:
    """Stand still while the server settles the day before.

    After midnight the number goes up and down again: 8254.39 in the evening, 8256.12
    at 00:04, 8253.81 at 00:09 (seen on real servers).
    """
    if memory and memory.value and at - today_of(at, zone).begin < EARLY:
        return memory
    return _lifetime(memory, raw, at, zone)


def _lifetime_money(
    memory: Memory | None, raw: float, at: float, zone: tzinfo
) -> Memory:
    """Follow the row up and down; believe a 0 only after a day."""
    if memory is None or memory.value is None:
        return _lifetime(memory, raw, at, zone)
    if raw == memory.value and memory.doubted_since is None:
        return memory
    if raw or not memory.value:
        return Memory(raw, raw, at, memory.last_reset)
    # Doubts of a fall, saved by an older version, are not doubts of this 0.
    since = memory.doubted_since if not memory.raw else None
    if since is None or at - since < DAY:
        return memory._replace(raw=raw, at=at, doubted_since=since or at)
    return Memory(raw, raw, at, memory.last_reset)


def _device_day(memory: Memory | None, raw: float, at: float, zone: tzinfo) -> Memory:
    """Show 0 from shortly after midnight until the counter has begun anew."""
    today = today_of(at, zone)
    if (
        memory
        and memory.raw == raw
        and memory.period == today.period
        and memory.doubted_since is None
        and (raw if memory.lagging else memory.value == raw)
    ):
        return memory
    fresh = Memory(raw, raw, at, period=today.period)
    if memory is None or memory.value is None:
        return fresh
    if memory.period < fresh.period or memory.lagging:
        return _yesterdays(memory, fresh, today, zone)
    if raw >= memory.value:
        return Memory(raw, raw, at, memory.last_reset, period=memory.period)
    if raw >= memory.value * NEW_START:
        return memory._replace(raw=raw, at=at, doubted_since=None)
    if (tomorrow := day_of(at + EARLY, zone)) != today.date:
        return fresh._replace(period=tomorrow.isoformat())
    since = memory.doubted_since or at
    if at - since >= HOUR:
        return fresh
    return memory._replace(raw=raw, at=at, doubted_since=since)


def _yesterdays(memory: Memory, fresh: Memory, today: Day, zone: tzinfo) -> Memory:
    """Return the memory after a row that may still count the day before.

    A fall begins the new day, and so does a rise that goes on by day. Any other rise
    is the rest of yesterday: an inverter that was cut off delivers it at night.
    """
    raw, at = fresh.raw, fresh.at
    assert memory.value is not None
    if raw < memory.raw * NEW_START or raw == 0:
        return fresh
    rises = raw > memory.raw + JITTER
    clock = at - today.begin
    if not memory.lagging:
        if rises and clock > DAY / 2:
            return fresh
        is_recent = day_of(at - DAY / 2, zone).isoformat() == memory.period
        if clock < LAG and is_recent:
            return memory._replace(value=max(memory.value, raw), raw=raw, at=at)
    # Small steps add up to a rise, wavering does not.
    last = memory.raw if memory.lagging and abs(raw - memory.raw) <= JITTER else raw
    lagging = Memory(0.0, last, at, period=fresh.period, lagging=True)
    if clock < DAWN:
        return lagging
    if not rises:
        return lagging._replace(doubted_since=memory.doubted_since)
    if memory.lagging and memory.doubted_since is not None:
        return fresh
    return lagging._replace(doubted_since=at)


def _plant_period(start_of: Callable[[date], date]) -> _Rule:
    """Return the rule of a value that may fall within its period."""

    def rule(memory: Memory | None, raw: float, at: float, zone: tzinfo) -> Memory:
        start = start_of(day_of(at, zone))
        fresh = _period(start, raw, at, zone)
        if memory is None or memory.value is None:
            if raw and at - midnight(start, zone) < LAG:
                return _period(start_of(start - timedelta(days=1)), raw, at, zone)
            return fresh
        # Money may be below 0: a new start is nearer to 0, whatever the sign.
        halved = abs(raw) < abs(memory.raw) / 2
        if memory.period < fresh.period:
            begun = midnight(start, zone)
            unseen = at - max(memory.at, begun) > HOUR and raw != memory.raw
            if unseen or halved or raw == 0:
                return fresh
        elif halved and (early := start_of(day_of(at + EARLY, zone))) > start:
            return Memory(raw, raw, at, at, period=early.isoformat())
        elif not raw and memory.raw:
            # No correction takes back all that was counted.
            return memory._replace(at=at)
        return Memory(raw, raw, at, memory.last_reset, period=memory.period)

    return rule


def _period(start: date, raw: float, at: float, zone: tzinfo) -> Memory:
    return Memory(raw, raw, at, midnight(start, zone), period=start.isoformat())


type _Rule = Callable[[Memory | None, float, float, tzinfo], Memory]

_RULES: Final[Mapping[Counter, _Rule]] = {
    Counter.LIFETIME: _lifetime,
    Counter.LIFETIME_MONEY: _lifetime_money,
    Counter.PLANT_LIFETIME: _plant_lifetime,
    Counter.DEVICE_DAY: _device_day,
    Counter.PLANT_DAY: _plant_period(lambda day: day),
    Counter.PLANT_MONTH: _plant_period(lambda day: day.replace(day=1)),
}

"""Counters that a long-term statistic can trust.

Pure: a memory and a row's number go in, the next memory comes out. One class per kind
of counter; none of them keeps anything.

Real servers let day counters show yesterday's total until the inverter wakes,
plant days fall after sunset, lifetime counters read 0 or nothing at night.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, override

from ..catalogue import Counter
from ..local_time import DAY, HOUR, Day
from .days import NEW_START, DeviceDay, PlantDay, PlantMoney, PlantMonth
from .memory import Memory, Moment, State

# The server settles a plant's day before for so long after midnight.
SETTLED_AFTER: Final = 2 * HOUR

# What a new device may have counted before it is seen (kWh); more is an old one's.
OF_NEW_DEVICE: Final = 1000.0
# A leap is generous: so much of it may have flowed through a new device meanwhile.
OF_LEAP: Final = 0.4

# What counters of 32 bits show when they are full, by their decimals.
FULL: Final = frozenset(
    round(register / scale, 3)
    for register in (2**31 - 1, 2**32 - 1)
    for scale in (1, 10, 100, 1000)
)
_NEARLY_FULL: Final = min(FULL) - 1


class Kind(Protocol):
    """A kind of counter."""

    def begin(self, raw: float, now: Moment) -> Memory:
        """Return the memory after the first row."""

    def advance(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Return the memory after another row; the same where nothing has changed."""

    def pass_over(self, memory: Memory, now: Moment) -> Memory:
        """Return the memory after a row that leaves the counter out."""


def advance(
    counter: Counter, memory: Memory | None, raw: float | None, now: Moment
) -> Memory | None:
    """Return the memory after a row, whose number is missing if None.

    A counter whose register is full keeps its value.
    """
    if raw is None:
        return memory and KINDS[counter].pass_over(memory, now)
    if raw > _NEARLY_FULL and round(raw, 3) in FULL:
        return memory
    kind = KINDS[counter]
    return kind.begin(raw, now) if memory is None else kind.advance(memory, raw, now)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The lifetime counter of a device: it never starts anew, but with the device.

    A fall, a leap, or a first 0 is believed only after a day. A register that had then
    counted no more than can have flowed since the last row before is a new device's and
    starts anew; any other is another device's (or put right): what it had at first sight
    counts for nothing.
    """

    def begin(self, raw: float, now: Moment) -> Memory:
        """Show the register, unless it is 0."""
        if raw:
            return Memory(raw, raw, now.at)
        return Memory(None, raw, now.at, since=now.at, state=State.UNSEEN)

    def pass_over(self, memory: Memory, now: Moment) -> Memory:
        """Keep the value."""
        return memory

    def advance(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Follow the register upwards."""
        if memory.value is None:
            believed = raw or memory.lasted(now.at) >= DAY
            return Memory(raw, raw, now.at) if believed else memory
        count = round(raw - memory.base, 6)
        if count == memory.value and memory.state is State.COUNTING:
            return memory
        # What goes on from a leap is no likelier for the time that it has lasted.
        leapt = memory.raw - memory.base > memory.value and raw >= memory.raw
        until = memory.since if leapt and memory.since is not None else now.at
        if memory.value <= count <= memory.value + now.most(memory.at, until):
            return self._follow(memory, count, raw, now)
        return self._doubt(memory, memory.value, raw, now)

    def _doubt(self, memory: Memory, value: float, raw: float, now: Moment) -> Memory:
        """Return the memory after a fall or a leap from the value shown."""
        count = round(raw - memory.base, 6)
        if memory.state is not State.DOUBTED:
            # Until the row before, which had not moved it, it was the old one.
            at = max(memory.at, now.before or memory.at)
            return memory._replace(raw=raw, at=at, since=now.at, state=State.DOUBTED)
        goes_on = memory.raw <= raw <= memory.raw + now.most(memory.at, now.at)
        # A 0 may mean that the register was not read.
        if raw and not (memory.raw and goes_on):
            memory = memory._replace(raw=raw)
        if memory.lasted(now.at) < DAY:
            return memory
        if value * NEW_START <= count < value:
            # To count it all again would be the larger error.
            return self._follow(memory, count, raw, now)
        # It was put in after the last row of the one before it.
        unseen = (memory.since or now.at) - memory.at
        flowed = OF_LEAP * now.leap * unseen / HOUR
        if memory.raw <= min(flowed, OF_NEW_DEVICE) and raw < value:
            return Memory(raw, raw, now.at, now.at)
        base = memory.raw - value
        count = round(raw - base, 6)
        return self._follow(memory._replace(base=base), count, raw, now)

    @staticmethod
    def _follow(memory: Memory, count: float, raw: float, now: Moment) -> Memory:
        return Memory(count, raw, now.at, memory.last_reset, base=memory.base)


@dataclass(frozen=True, slots=True)
class PlantLifetime(Lifetime):
    """The lifetime counter of a plant, which the server settles after midnight.

    The number goes up and down again: 8254.39 in the evening, 8256.12 at 00:04, 8253.81
    at 00:09 (seen on real servers). It stands still meanwhile, and the next day is
    counted from the settled number on.
    """

    @override
    def advance(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Stand still for two hours after midnight."""
        if memory.value and now.day and self._is_settled_now(now, now.day):
            if memory.state is State.DOUBTED or not self._is_near(memory, raw):
                return memory
            if memory.state is State.SETTLING and memory.raw == raw:
                return memory
            return memory._replace(raw=raw, state=State.SETTLING)
        if memory.state is State.SETTLING:
            memory = self._settled(memory)
        return Lifetime.advance(self, memory, raw, now)

    @staticmethod
    def _is_settled_now(now: Moment, day: Day) -> bool:
        """Tell whether it is after midnight, also where summer time is not known of."""
        is_after = now.at - day.begin < SETTLED_AFTER
        return is_after or now.date_of(now.at + HOUR) != day.period

    @staticmethod
    def _is_near(memory: Memory, raw: float) -> bool:
        return raw - memory.base >= (memory.value or 0.0) * NEW_START

    @staticmethod
    def _settled(memory: Memory) -> Memory:
        """Return the memory with the base that the settled number gives the value.

        What was taken back is not counted again, and a number that is above the value
        makes up for what earlier nights have taken back.
        """
        assert memory.value is not None
        base = min(0.0, memory.raw - memory.value) if memory.base <= 0 else memory.base
        return memory._replace(state=State.COUNTING, base=base)


@dataclass(frozen=True, slots=True)
class LifetimeMoney(Lifetime):
    """A plant's income since ever: the row is followed up and down.

    A 0 is believed only after a day.
    """

    @override
    def advance(self, memory: Memory, raw: float, now: Moment) -> Memory:
        """Follow the row, whatever it is but 0."""
        if memory.value is None:
            return Lifetime.advance(self, memory, raw, now)
        if raw == memory.value and memory.state is State.COUNTING:
            return memory
        if raw or not memory.value:
            return Memory(raw, raw, now.at, memory.last_reset)
        # Doubts of a fall, saved by an older version, are not doubts of this 0.
        if memory.state is not State.DOUBTED or memory.raw:
            return memory._replace(raw=raw, since=now.at, state=State.DOUBTED)
        if memory.lasted(now.at) < DAY:
            return memory
        return Memory(raw, raw, now.at, memory.last_reset)


KINDS: Final[Mapping[Counter, Kind]] = {
    Counter.LIFETIME: Lifetime(),
    Counter.LIFETIME_MONEY: LifetimeMoney(),
    Counter.PLANT_LIFETIME: PlantLifetime(),
    Counter.DEVICE_DAY: DeviceDay(),
    Counter.PLANT_DAY: PlantDay(),
    Counter.PLANT_DAY_MONEY: PlantMoney(),
    Counter.PLANT_MONTH: PlantMonth(),
}

"""What a counter remembers from one row to the next, and when a row came. Pure.

It is saved with the reading it belongs to, so that a restart changes nothing. Times are
epoch seconds; a period is named by the ISO date that it starts on.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, Self

from ..local_time import HOUR, Day, day_of
from ..storage.parse import amount, instant, optional, text


class State(StrEnum):
    """What a counter's rows are taken for."""

    COUNTING = "counting"
    UNSEEN = "unseen"
    """Only zeros have come, which are not believed yet; nothing is shown."""
    DOUBTED = "doubted"
    """The last rows fell or leapt, or were 0; what was before is shown."""
    LAGGING = "lagging"
    """The rows still count the day before; 0 is shown."""
    WAKING = "waking"
    """A rise by day was seen, which may be of the day before; the shown value stays."""
    SETTLING = "settling"
    """The server settles the day before; what was before is shown."""


class Memory(NamedTuple):
    """The state of a counter.

    `value` is shown; `raw`: the row's number that is compared with the next one; `at`:
    when a row moved it; `last_reset` belongs to `value`; `since`: when a state that is
    to last began; `period`: the day or month that `value` counts, none before the
    plant's zone is known; `base`: what the register had when `value` was 0, or of a plant's
    day that began with a 0, what the day before had come to.
    """

    value: float | None
    raw: float
    at: float
    last_reset: float | None = None
    since: float | None = None
    period: str = ""
    state: State = State.COUNTING
    base: float = 0.0

    @property
    def lags(self) -> bool:
        """Tell whether the rows still count the day before, which is not shown."""
        return self.state in _LAGS

    def lasted(self, at: float) -> float:
        """Return for how long (seconds) the state has lasted."""
        return 0.0 if self.since is None else at - self.since

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return a memory that was saved as a list, or raise ValueError."""
        match saved:
            case [value, raw, at, reset, since, str() as period, mode, *rest]:
                shown, began = optional(amount)(value), optional(instant)(since)
                return cls(
                    shown,
                    amount(raw),
                    instant(at),
                    optional(instant)(reset),
                    began,
                    period,
                    _load_state(mode, shown, began),
                    *map(amount, rest[:1]),
                )
        raise ValueError("no memory")


_LAGS: Final = frozenset({State.LAGGING, State.WAKING})


def _load_state(saved: object, value: float | None, since: float | None) -> State:
    """Return a saved state; 0.1.0 saved whether the counter lagged."""
    if not isinstance(saved, bool):
        return State(text(saved))
    if value is None:
        return State.UNSEEN
    if saved:
        return State.LAGGING if since is None else State.WAKING
    return State.COUNTING if since is None else State.DOUBTED


# A counter's rise or first number beyond this (kW) is a leap, whatever the plant.
LEAP: Final = 1e6

# A counter that stands still may waver by so much (kWh, rounding included).
JITTER: Final = 0.021

# Where its size is known: so many times that (house and grid may be larger), or this.
LARGER: Final = 10.0
LEAP_OF_SMALL: Final = 100.0


class Moment(NamedTuple):
    """When a row came.

    `day`: the plant's local day, None while its zone is not known; `leap`: the power (kW)
    beyond which nothing counts; `before`: when the row before came, None for the first.
    """

    at: float
    day: Day | None
    leap: float = LEAP
    before: float | None = None

    def most(self, begin: float, end: float) -> float:
        """Return what a counter may have moved (kWh) between two instants."""
        return self.leap * max(end - begin, HOUR) / HOUR

    def date_of(self, at: float) -> str:
        """Return the local day of another instant; none in an unknown zone."""
        return day_of(at, self.day.zone).isoformat() if self.day else ""

    def moved(self, memory: Memory, raw: float) -> Memory:
        """Return the memory after a movement within the period.

        In an unknown zone the period of a movement is unknown; wavering is none.
        """
        if self.day is None and abs(raw - memory.raw) <= JITTER:
            return Memory(raw, raw, memory.at, memory.last_reset, period=memory.period)
        period = memory.period if self.day else ""
        return Memory(raw, raw, self.at, memory.last_reset, period=period)

    def placed(self, memory: Memory, first_of: Callable[[date], date]) -> Memory:
        """Return a memory with its period, as far as the zone is known.

        Where the zone has just become known, it is the period of the last movement.
        """
        if self.day is None or memory.period:
            return memory
        first = first_of(day_of(memory.at, self.day.zone))
        return memory._replace(period=first.isoformat())


def leap_of(capacity: float | None) -> float:
    """Return the power (kW) beyond which nothing counts at a plant of this size (kW)."""
    return max(LEAP_OF_SMALL, LARGER * capacity) if capacity else LEAP

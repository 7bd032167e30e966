"""A reading: the last row of a plant or device, its counters made trustworthy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from types import MappingProxyType
from typing import Any, Final, Self

from ..catalogue import Kpi
from ..local_time import Day
from ..northbound import Values
from ..storage.parse import by_name, instant, numbers, texts
from .counters import advance
from .memory import Memory, Moment, leap_of

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


# A counter that moves does so at least that often (seconds).
COUNTED_SINCE: Final = 3600.0


# Frozen, it would take thrice as long to make, and thousands are made each cycle.
@dataclass(slots=True)
class Reading:
    """The last row of a plant or device, with trustworthy counters.

    `values` by KPI key, missing ones left out; `at`: the epoch second at which the row
    came, on the local `day`; `memories`: the states of its counters; `hidden`: counters
    withheld until a row reports them again; `is_settled`: on this day an identical
    `row` cannot change any counter, so that it may be skipped.
    """

    at: float
    values: Values
    memories: Mapping[str, Memory] = _NONE
    row: Values = field(default=_NONE, compare=False, repr=False)
    day: Day | None = field(default=None, compare=False, repr=False)
    is_settled: bool = field(default=False, compare=False, repr=False)
    hidden: frozenset[str] = frozenset()

    def doubting_counters(self) -> Self:
        """Return a copy that hides every counter that moved within the last hour.

        Such a counter may have moved further than the file knows.
        """
        doubted = frozenset(
            key
            for key, memory in self.memories.items()
            if memory.lags or self.at - memory.at < COUNTED_SINCE
        )
        shown = {k: v for k, v in self.values.items() if k not in doubted}
        hidden = self.hidden | doubted
        return replace(self, values=shown, is_settled=False, hidden=hidden)

    def last_reset(self, key: str) -> float | None:
        """Return when a counter started anew (epoch seconds)."""
        memory = self.memories.get(key)
        return memory.last_reset if memory else None

    def shows_the_same_as(self, other: Reading) -> bool:
        """Tell whether values, and the starts of what they count, are the same."""
        return self.values == other.values and self.memories == other.memories

    def dump(self) -> dict[str, object]:
        """Return the reading as JSON data."""
        memories = {key: tuple(memory) for key, memory in self.memories.items()}
        return {
            "at": self.at,
            "values": dict(self.values),
            "memories": memories,
            "hidden": sorted(self.hidden),
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError."""
        match saved:
            case {"at": at, "values": values, "memories": memories, **more}:
                hidden = frozenset(texts(more.get("hidden", [])))
                known = _load_memories(memories)
                return cls(instant(at), numbers(values), known, hidden=hidden)
        raise ValueError("no reading")


def dump_readings(readings: Mapping[Any, Reading]) -> dict[str, object]:
    """Return readings as JSON data by plant code or device id."""
    return {str(key): reading.dump() for key, reading in readings.items()}


_load_memories: Final = by_name(Memory.load)


def advance_reading(
    before: Reading | None,
    row: Values,
    at: float,
    counters: Iterable[Kpi],
    zone: tzinfo | None,
    *,
    capacity: float | None = None,
) -> Reading:
    """Return the reading after a row that came at `at` (epoch seconds).

    `counters` are the rows of the catalogue that count; `zone` and `capacity` (kW) the
    plant's, None while they are not known.
    """
    day = _day_of(before, at, zone)
    if before and before.is_settled and before.day is day and before.row == row:
        return Reading(
            at, before.values, before.memories, before.row, day, True, before.hidden
        )
    now = Moment(at, day, leap_of(capacity), before.at if before else None)
    values = dict(row)
    memories: dict[str, Memory] = dict(before.memories) if before else {}
    hidden = set(before.hidden if before else ())
    is_settled = day is not None
    for kpi in counters:
        assert kpi.counter is not None
        key, raw = kpi.key, row.get(kpi.key)
        known = memories.get(key)
        memory = advance(kpi.counter, known, raw, now)
        if memory is None:
            continue
        if memory is not known:
            memories[key], is_settled = memory, False
        # What is doubted is believed in time.
        is_settled = is_settled and memory.since is None
        if hidden and (raw or (known and "" < known.period < memory.period)):
            hidden.discard(key)
        if memory.value is None or key in hidden:
            values.pop(key, None)
        else:
            values[key] = memory.value
    # Most rows stay as they are: one dict less for each of thousands.
    shown = row if values == row else values
    return Reading(at, shown, memories, row, day, is_settled, frozenset(hidden))


def _day_of(before: Reading | None, at: float, zone: tzinfo | None) -> Day | None:
    """Return the local day of a row; that of the row before while it lasts."""
    if zone is None:
        return None
    if before and before.day and before.day.has(at, zone):
        return before.day
    return Day.of(at, zone)

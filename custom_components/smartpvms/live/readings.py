"""A reading: the last row of a plant or device, its counters made trustworthy."""

from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from types import MappingProxyType
from typing import Any, Final, Self

from ..catalogue import Kpi
from ..local_time import Day, today_of
from ..northbound import Values
from ..storage.parse import amount, instant, numbers, texts
from .counters import Memory, advance

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


# A counter that moves does so at least that often (seconds).
COUNTED_SINCE: Final = 3600.0


# Frozen, it would take thrice as long to make, and thousands are made each cycle.
@dataclass(slots=True)
class Reading:
    """The last row of a plant or device, with trustworthy counters.

    `values` by KPI key, missing ones left out; `at`: the epoch second at which the row
    came; `memories`: the states of its counters; `hidden`: counters withheld until a
    row reports them again; `settled`: the local day on which an identical `row` cannot
    change any counter, so that it may be skipped.
    """

    at: float
    values: Values
    memories: Mapping[str, Memory] = _NONE
    row: Values = field(default=_NONE, compare=False, repr=False)
    settled: Day | None = field(default=None, compare=False, repr=False)
    hidden: frozenset[str] = frozenset()

    def doubting_counters(self) -> Self:
        """Return a copy that hides every counter that moved within the last hour.

        Such a counter may have moved further than the file knows.
        """
        doubted = frozenset(
            key
            for key, memory in self.memories.items()
            if memory.lagging or self.at - memory.at < COUNTED_SINCE
        )
        shown = {k: v for k, v in self.values.items() if k not in doubted}
        hidden = self.hidden | doubted
        return replace(self, values=shown, settled=None, hidden=hidden)

    def last_reset(self, key: str) -> float | None:
        """Return when a counter started anew (epoch seconds)."""
        memory = self.memories.get(key)
        return memory.last_reset if memory else None

    def differs_from(self, other: Reading | None) -> AbstractSet[str]:
        """Return the keys whose values, or starts of what they count, are others."""
        if other is None:
            return self.values.keys()
        keys: set[str] = set()
        old, new = other.values, self.values
        if new is not old:
            keys = {k for k, value in new.items() if k not in old or old[k] != value}
            if old.keys() != new.keys():
                keys |= old.keys() - new.keys()
        if self.memories is other.memories:
            return keys
        for key, memory in self.memories.items():
            # A counter that stands still keeps its memory.
            if (known := other.memories.get(key)) is memory:
                continue
            if memory.last_reset != (known and known.last_reset):
                keys.add(key)
        return keys

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
    def load(cls, saved: object) -> Self | None:
        """Return what `dump` saved, None where that is of another shape.

        A reading is returned as it is.
        """
        if isinstance(saved, cls):
            return saved
        match saved:
            case {
                "at": at,
                "values": dict() as values,
                "memories": dict() as memories,
                **more,
            }:
                if (came := instant(at)) is None:
                    return None
                return cls(
                    came,
                    numbers(values),
                    {
                        key: memory
                        for key, items in memories.items()
                        if (memory := _load_memory(items)) is not None
                    },
                    hidden=frozenset(texts(more.get("hidden"))),
                )
        return None


def _load_memory(saved: object) -> Memory | None:
    match saved:
        case [
            value,
            raw,
            at,
            last_reset,
            doubted_since,
            str() as period,
            bool() as lagging,
        ]:
            read = [
                amount(value),
                amount(raw),
                *map(instant, (at, last_reset, doubted_since)),
            ]
            if [item is None for item in read] != [item is None for item in saved[:5]]:
                return None
            known_value, known_raw, known_at, reset, doubted = read
            if known_raw is None or known_at is None:
                return None
            return Memory(
                known_value, known_raw, known_at, reset, doubted, period, lagging
            )
    return None


def advance_reading(
    before: Reading | None,
    row: Values,
    at: float,
    counters: Iterable[Kpi],
    zone: tzinfo,
) -> Reading:
    """Return the reading after a row that came at `at` (epoch seconds).

    `counters` are the rows of the catalogue that count, `zone` the plant's.
    """
    today = today_of(at, zone)
    if before and before.settled is today and before.row == row:
        return Reading(
            at, before.values, before.memories, before.row, today, before.hidden
        )
    values = dict(row)
    memories: dict[str, Memory] = dict(before.memories) if before else {}
    hidden = set(before.hidden if before else ())
    is_settled = True
    for kpi in counters:
        assert kpi.counter is not None
        key, raw = kpi.key, row.get(kpi.key)
        known = memories.get(key)
        memory = advance(kpi.counter, known, raw, at, zone)
        if memory is None:
            continue
        if memory is not known:
            memories[key], is_settled = memory, False
        if hidden and (raw or (known and memory.period != known.period)):
            hidden.discard(key)
        if memory.value is None or key in hidden:
            values.pop(key, None)
        else:
            values[key] = memory.value
    # Most rows stay as they are: one dict less for each of thousands.
    shown = row if values == row else values
    settled = today if is_settled else None
    return Reading(at, shown, memories, row, settled, frozenset(hidden))

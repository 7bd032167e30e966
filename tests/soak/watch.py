"""Watches what must never happen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
import logging
from typing import Final, Protocol, override

from homeassistant.components.sensor import ATTR_LAST_RESET, ATTR_STATE_CLASS
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from custom_components.smartpvms.alarms.record import AlarmChange
from custom_components.smartpvms.const import SIGNAL_ALARM
from simulator import Simulator

OURS: Final = "custom_components.smartpvms"
# The simulator's own server, which is told to break; that we are no part of core.
THEIRS: Final = ("aiohttp.server", "simulator", "homeassistant.loader")
# Plants' days begin at midnight, give or take what their rows are late or early.
AROUND_MIDNIGHT: Final = 3 * 3600.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log that is a warning or worse."""

    at: float
    name: str
    text: str
    is_exception: bool


class Watch(Protocol):
    """Something that has to look away where a process is dead already."""

    is_muted: bool


class LogWatch(logging.Handler):
    """Keeps what is worth a warning, at the simulator's time."""

    def __init__(self, sim: Simulator) -> None:
        """Listen to everybody but the simulator."""
        super().__init__(logging.WARNING)
        self._sim = sim
        self.lines: list[Line] = []
        self.is_muted = False

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not self.is_muted and not record.name.startswith(THEIRS):
            self.lines.append(
                Line(
                    self._sim.clock.now(),
                    record.name,
                    record.getMessage(),
                    record.exc_info is not None or record.levelno >= logging.CRITICAL,
                )
            )

    def exceptions(self) -> list[Line]:
        """Return the lines that tell of an exception."""
        return [line for line in self.lines if line.is_exception]

    def of_others(self) -> list[Line]:
        """Return the lines that Home Assistant wrote because of us."""
        return [line for line in self.lines if not line.name.startswith(OURS)]

    def between(self, begin: float, end: float) -> list[Line]:
        """Return our lines of a period."""
        return [
            line
            for line in self.lines
            if line.name.startswith(OURS) and begin <= line.at < end
        ]


type Told = tuple[str, str, str, float]
"""What happened to which alarm: kind, plant, id and time of raising."""


class AlarmWatch:
    """Counts the events of alarms."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen; restarts of the integration do not matter."""
        self.told: Counter[Told] = Counter()
        self.is_muted = False
        self.stop = async_dispatcher_connect(hass, SIGNAL_ALARM, self._take)

    @callback
    def _take(self, news: AlarmChange) -> None:
        if self.is_muted:
            return
        record = news.record
        raised = record.raised_at.timestamp() if record.raised_at else 0.0
        self.told[str(news.kind), record.plant_code, record.id, raised] += 1


class CounterWatch:
    """Looks for counters that fall.

    A lifetime counter never does; a day's only where the day changes.
    """

    def __init__(self, hass: HomeAssistant, sim: Simulator) -> None:
        """Listen to all states."""
        self._sim = sim
        self._last: dict[str, tuple[float, float]] = {}
        self.falls: list[str] = []
        self.is_muted = False
        self.seen: Counter[str] = Counter()
        self.stop = hass.bus.async_listen(EVENT_STATE_CHANGED, self._take)

    @callback
    def _take(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if self.is_muted or not state or not state.entity_id.startswith("sensor."):
            return
        kind = state.attributes.get(ATTR_STATE_CLASS)
        # What a plant has counted today may fall within the day. While its time zone
        # is not known, nothing says when it began.
        of_today = kind == "total" and "_today" in state.entity_id
        resets = of_today or ATTR_LAST_RESET in state.attributes
        if kind not in ("total", "total_increasing") or resets:
            return
        try:
            value = float(state.state)
        except ValueError:
            return
        self.seen[kind] += 1
        now, name = self._sim.clock.now(), state.entity_id
        before, at = self._last.get(name, (value, now))
        self._last[name] = (value, now)
        if value < before - 1e-9 and not (
            kind == "total_increasing" and self._is_new_day(at, now)
        ):
            when = self._sim.clock.at().isoformat()
            self.falls.append(f"{when} {name}: {before} -> {value}")

    def _is_new_day(self, begin: float, end: float) -> bool:
        """Tell whether a day began at one of the plants, or nearly."""
        return any(
            plant.world.local(begin - AROUND_MIDNIGHT).date()
            != plant.world.local(end + AROUND_MIDNIGHT).date()
            for plant in self._sim.plants
        )


def too_many(found: Counter[Told], expected: Iterable[Told]) -> dict[Told, int]:
    """Return what was told more often than it happened."""
    left = found.copy()
    left.subtract(Counter(expected))
    return {what: count for what, count in left.items() if count > 0}


def too_few(found: Counter[Told], expected: Iterable[Told]) -> dict[Told, int]:
    """Return what happened more often than it was told."""
    left = Counter(expected)
    left.subtract(found)
    return {what: count for what, count in left.items() if count > 0}


GRACE: Final = timedelta(minutes=35).total_seconds()

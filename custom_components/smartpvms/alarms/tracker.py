"""The active alarms of an account, and their changes. Pure but for its own state.

Alarms are polled in 30-day windows. An alarm is cleared when two consecutive answers
for its window omit it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from typing import Any, Final, Self

from ..catalogue.alarm import ENDED
from ..northbound.models import Alarm
from ..storage.parse import instant, texts, times
from .record import (
    AlarmChange,
    AlarmRecord,
    ChangeKind,
    dump_record,
    identity,
    load_record,
    record_of,
)

# The interface takes 31 days at a time and looks back 365; clocks differ.
WINDOW: Final = timedelta(days=30)
LOOK_BACK: Final = timedelta(days=365)
SKEW: Final = timedelta(hours=2)
WINDOWS: Final = LOOK_BACK // WINDOW + 1

# One answer without an alarm may be a faulty one.
ABSENCES: Final = 2
# Answers without a list are faults, unless they go on for so long.
SILENT_FOR: Final = timedelta(days=1)

# One poll in so many asks an older window in place of the newest: more often
# until all of them were asked once.
SWEEP_EVERY: Final = 12
FIRST_SWEEP_EVERY: Final = 4
# A window with active alarms is asked before the others, unless they wait longer.
HEAD_START: Final = 36 * 3600.0


@dataclass(frozen=True, slots=True)
class AlarmWindow:
    """A period of raising times to ask for; 0 is the newest."""

    number: int
    begin: datetime
    end: datetime

    def holds(self, raised_at: datetime | None) -> bool:
        """Tell whether an alarm of that time is in the window's answer."""
        if raised_at is None:
            return self.number == 0
        return self.begin <= raised_at < self.end


def window_at(number: int, now: datetime) -> AlarmWindow:
    """Return a window of the past, counted back from now."""
    end = now + SKEW if number == 0 else now - number * WINDOW
    begin = max(now - (number + 1) * WINDOW, now - LOOK_BACK + SKEW)
    return AlarmWindow(number, begin, end)


LONGEST_PERIOD: Final = timedelta(days=31)


def split(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield periods that are short enough for a call, the first one first."""
    starts = takewhile(
        lambda at: at < end, (begin + n * LONGEST_PERIOD for n in count())
    )
    for start in starts:
        yield start, min(start + LONGEST_PERIOD, end)


class AlarmTracker:
    """The known alarms of an account.

    `active` by identity; `ended` holds when those that are over were raised
    (epoch seconds), so that none is reported twice; `latest` the alarm of each
    plant that was raised last, over or not; `answered_at` when a plant's alarms
    were last answered; `asked_at` when each window was, and by `seen`
    for which plants, since a first answer is history and not news; `silent_since`
    the first of the last answers if they had no list.
    """

    def __init__(self) -> None:
        """Start knowing nothing."""
        self.active: dict[str, AlarmRecord] = {}
        self.ended: dict[str, float] = {}
        self.latest: dict[str, tuple[float, str]] = {}
        self.answered_at: dict[str, float] = {}
        self.asked_at: dict[int, float] = {}
        self.seen: dict[int, set[str]] = {}
        self.polls = 0
        self.silent_since: datetime | None = None
        # Put together when it is asked for.
        self._owners: dict[str | int, list[AlarmRecord]] | None = None

    def of_plant(self, code: str) -> Sequence[AlarmRecord]:
        """Return a plant's active alarms, the gravest and then newest first."""
        return self._by_owner().get(code, [])

    def of_device(self, device_id: int) -> Sequence[AlarmRecord]:
        """Return a device's active alarms, the gravest and then newest first."""
        return self._by_owner().get(device_id, [])

    def _by_owner(self) -> Mapping[str | int, Sequence[AlarmRecord]]:
        """Return the active alarms by plant code and by device id."""
        if self._owners is None:
            self._owners = {}
            for record in _sorted(self.active.values()):
                self._owners.setdefault(record.plant_code, []).append(record)
                if record.device_id is not None:
                    self._owners.setdefault(record.device_id, []).append(record)
        return self._owners

    def next_window(self, now: datetime) -> int:
        """Return the number of the window to ask next: the newest alarms, now and then older ones."""
        self.polls += 1
        is_first = len(self.asked_at) < WINDOWS
        if self.polls % (FIRST_SWEEP_EVERY if is_first else SWEEP_EVERY):
            return 0
        older = [window_at(number, now) for number in range(1, WINDOWS)]
        return min(older, key=self._urgency).number

    def _urgency(self, asked: AlarmWindow) -> float:
        alive = any(asked.holds(record.raised_at) for record in self.active.values())
        return self.asked_at.get(asked.number, 0.0) - HEAD_START * alive

    def apply(
        self,
        asked: AlarmWindow,
        plants: Collection[str],
        answer: Iterable[tuple[Alarm, int | None]] | None,
        now: datetime,
    ) -> list[AlarmChange]:
        """Apply the answer for a window and return the changes.

        `answer` pairs each alarm with the device that it fits, None where there was
        no list. The first answer for a plant and window is history: it is known,
        but no news.
        """
        seen = self.seen.setdefault(asked.number, set())
        news: list[AlarmChange] = []
        found: set[str] = set()
        for alarm, device_id in answer or ():
            key = identity(alarm)
            found.add(key)
            record = record_of(alarm, device_id)
            raised = record.raised_at.timestamp() if record.raised_at else 0.0
            latest = self.latest.get(alarm.plant_code, (0.0, record.name))
            self.latest[alarm.plant_code] = max(latest, (raised, record.name))
            told = list(self._follow(key, alarm.status in ENDED, record, now))
            if alarm.plant_code in seen:
                news += told
        self.silent_since = (self.silent_since or now) if answer is None else None
        if self.silent_since is None or now - self.silent_since >= SILENT_FOR:
            news += self._apply_absences(asked, plants, found, now)
        seen.update(plants)
        self.asked_at[asked.number] = now.timestamp()
        self.answered_at |= dict.fromkeys(plants, now.timestamp())
        self._forget(now)
        self._owners = None
        return news

    def _follow(
        self, key: str, is_over: bool, record: AlarmRecord, now: datetime
    ) -> Iterator[AlarmChange]:
        """Yield what an alarm's row says that was not known."""
        before = self.active.get(key)
        if before is None and not (is_over and key in self.ended):
            # An alarm that came and went between two polls is both raised and cleared.
            yield AlarmChange(ChangeKind.RAISED, record)
        elif before and record.acknowledged and not before.acknowledged:
            yield AlarmChange(ChangeKind.ACKNOWLEDGED, record)
        if not is_over:
            self.active[key] = record
            self.ended.pop(key, None)
        elif before or key not in self.ended:
            yield AlarmChange(ChangeKind.CLEARED, self._end(key, record, now))

    def _apply_absences(
        self,
        asked: AlarmWindow,
        plants: Collection[str],
        found: set[str],
        now: datetime,
    ) -> list[AlarmChange]:
        """End the alarms that the window should hold and has left out again."""
        news = []
        for key, record in list(self.active.items()):
            if key in found or record.plant_code not in plants:
                continue
            if not asked.holds(record.raised_at):
                continue
            record = replace(record, absences=record.absences + 1)
            self.active[key] = record
            if record.absences >= ABSENCES:
                news.append(
                    AlarmChange(ChangeKind.CLEARED, self._end(key, record, now))
                )
        return news

    def _end(self, key: str, record: AlarmRecord, now: datetime) -> AlarmRecord:
        self.active.pop(key, None)
        self.ended[key] = (record.raised_at or now).timestamp()
        return replace(record, cleared_at=now)

    def _forget(self, now: datetime) -> None:
        """Drop what the interface no longer answers."""
        oldest = (now - LOOK_BACK - SKEW).timestamp()
        self.ended = {key: at for key, at in self.ended.items() if at > oldest}
        self.active = {
            key: record
            for key, record in self.active.items()
            if record.raised_at is None or record.raised_at.timestamp() > oldest
        }

    def keep_only(self, plants: Collection[str], devices: Collection[int]) -> None:
        """Drop the alarms of plants that are gone; those of a gone device stay the plant's.

        A plant that comes back is a new one: its first answers are history.
        """
        self.active = {
            key: record
            if record.device_id is None or record.device_id in devices
            else replace(record, device_id=None)
            for key, record in self.active.items()
            if record.plant_code in plants
        }
        self.latest = {
            code: self.latest[code] for code in self.latest if code in plants
        }
        self.answered_at = {
            code: at for code, at in self.answered_at.items() if code in plants
        }
        for seen in self.seen.values():
            seen.intersection_update(plants)
        self._owners = None

    def dump(self) -> dict[str, Any]:
        """Return the book as JSON data."""
        return {
            "active": {key: dump_record(record) for key, record in self.active.items()},
            "ended": self.ended,
            "latest": self.latest,
            "heard_at": self.answered_at,
            "asked_at": {str(number): at for number, at in self.asked_at.items()},
            "seen": {str(number): sorted(codes) for number, codes in self.seen.items()},
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, an empty book where it is of another shape."""
        book = cls()
        if not isinstance(saved, dict):
            return book
        try:
            book.active = {
                key: load_record(item) for key, item in saved["active"].items()
            }
            book.ended = times(saved["ended"])
            book.latest = {
                code: (instant(at) or 0.0, str(name))
                for code, (at, name) in saved["latest"].items()
            }
            book.answered_at = times(saved["heard_at"])
            book.asked_at = {int(n): at for n, at in times(saved["asked_at"]).items()}
            book.seen = {int(n): texts(codes) for n, codes in saved["seen"].items()}
        except KeyError, TypeError, ValueError, AttributeError:
            return cls()
        return book


_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def _sorted(records: Iterable[AlarmRecord]) -> list[AlarmRecord]:
    newest = sorted(records, key=lambda r: r.raised_at or _EPOCH, reverse=True)
    return sorted(newest, key=lambda r: r.rank)

"""The active alarms of an account, and their changes. Pure but for its own state.

An alarm is cleared when two consecutive answers that are complete for its window
omit it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import voluptuous as vol

from ..catalogue.alarm import ACKNOWLEDGED, ENDED
from ..northbound.models import Alarm
from ..storage.parse import as_list, by_id, by_name, instant, text, texts, times, whole
from .record import (
    AlarmChange,
    AlarmRecord,
    ChangeKind,
    dump_record,
    identity,
    load_record,
    record_of,
)
from .windows import LOOK_BACK, SKEW, WINDOW, WINDOWS, AlarmWindow, number_at

# One answer without an alarm may be a faulty one.
ABSENCES: Final = 2
# Answers without a list are faults, unless they go on for so long.
SILENT_FOR: Final = timedelta(days=1)

# One poll in so many asks an older window in place of the newest: more often
# until all of them were asked once.
SWEEP_EVERY: Final = 12
FIRST_SWEEP_EVERY: Final = 4
# One sweep in so many is for the older windows without active alarms.
OTHERS_EVERY: Final = 2
# Until 0.1.0 a window was as long as this.
FORMER_WINDOW: Final = timedelta(days=30)

type Rows = dict[str, tuple[Alarm, int | None]]
"""An answer's alarms by identity, each with the device that it fits."""


class AlarmTracker:
    """The known alarms of an account.

    `active` by identity; `ended` holds when those that are over were raised, or
    last listed where their time says nothing (epoch seconds), so that none is
    reported twice; `strays` the window whose answer holds an active alarm that its
    time puts elsewhere; `latest` the alarm of each plant that was raised last, over
    or not; `answered_at` when a plant's alarms were last answered; `asked_at` when
    each window was, and by `seen` for which plants, since a first answer is history
    and not news; `silent_since` the first of the last answers if they had no list.
    """

    def __init__(self) -> None:
        """Start knowing nothing."""
        self.active: dict[str, AlarmRecord] = {}
        self.ended: dict[str, float] = {}
        self.strays: dict[str, int] = {}
        self.latest: dict[str, tuple[float, str]] = {}
        self.answered_at: dict[str, float] = {}
        self.asked_at: dict[int, float] = {}
        self.seen: dict[int, set[str]] = {}
        self.polls = 0
        self.silent_since: datetime | None = None
        # Put together when it is asked for.
        self._owners: dict[str | int, list[AlarmRecord]] | None = None

    def copy(self) -> AlarmTracker:
        """Return another book of the same content; records are never changed."""
        book = AlarmTracker()
        vars(book).update(vars(self))
        book.active, book.ended = dict(self.active), dict(self.ended)
        book.strays, book.latest = dict(self.strays), dict(self.latest)
        book.answered_at, book.asked_at = dict(self.answered_at), dict(self.asked_at)
        book.seen = {number: set(codes) for number, codes in self.seen.items()}
        return book

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
        # A clock may have been ahead.
        self.asked_at = {
            number: min(at, now.timestamp()) for number, at in self.asked_at.items()
        }
        is_first = len(self.asked_at) < WINDOWS
        every = FIRST_SWEEP_EVERY if is_first else SWEEP_EVERY
        if self.polls % every:
            return 0
        older = set(range(1, WINDOWS))
        if not is_first and self.polls // every % OTHERS_EVERY:
            older = self._alive(now) & older or older
        return min(sorted(older), key=lambda number: self.asked_at.get(number, 0.0))

    def _alive(self, now: datetime) -> set[int]:
        """Return the windows with active alarms."""
        placed = {
            number_at(record.raised_at, now)
            for record in self.active.values()
            if record.raised_at
        }
        return placed | set(self.strays.values())

    def apply(
        self,
        asked: AlarmWindow,
        plants: Collection[str],
        answer: Iterable[tuple[Alarm, int | None]] | None,
        now: datetime,
    ) -> list[AlarmChange]:
        """Apply the answer for a period and return the changes.

        `answer` pairs each alarm with the device that it fits, None where there was
        no list. The first answer for a plant and window is history: it is known,
        but no news.
        """
        if answer is None and not self._is_silence_long(now):
            self.asked_at |= dict.fromkeys(asked.newest().numbers, now.timestamp())
            known = [code for code in plants if code in self.answered_at]
            self.answered_at |= dict.fromkeys(known, now.timestamp())
            return []
        if answer is not None:
            self.silent_since = None
        rows = _folded(answer or ())
        news = list(self._apply_rows(rows, asked, now))
        sure = asked.proved(alarm.raised_at for alarm, _ in rows.values())
        news += self._apply_absences(sure, plants, rows, now)
        for number in sure.numbers:
            self.seen.setdefault(number, set()).update(plants)
            self.asked_at[number] = now.timestamp()
        self.answered_at |= dict.fromkeys(plants, now.timestamp())
        self._forget(now)
        self._owners = None
        return news

    def _is_silence_long(self, now: datetime) -> bool:
        self.silent_since = min(self.silent_since or now, now)
        return now - self.silent_since >= SILENT_FOR

    def _apply_rows(
        self, rows: Rows, asked: AlarmWindow, now: datetime
    ) -> Iterator[AlarmChange]:
        """Apply the alarms of an answer and yield what is news."""
        nowhere: set[str] = set()
        for key, (alarm, device_id) in rows.items():
            record = record_of(alarm, device_id)
            at = record.raised_at
            number = asked.numbers[0]
            if at and not asked.is_far_from(at):
                number = number_at(at, now)
                self.strays.pop(key, None)
            else:
                self.strays[key] = min(number, self.strays.get(key, number))
            raised = at.timestamp() if at and at < now + SKEW else 0.0
            latest = self.latest.get(alarm.plant_code, (0.0, record.name))
            self.latest[alarm.plant_code] = max(latest, (raised, record.name))
            told = list(self._follow(key, alarm.status in ENDED, record, now))
            if alarm.plant_code in self.seen.get(number, nowhere):
                yield from told

    def _follow(
        self, key: str, is_over: bool, record: AlarmRecord, now: datetime
    ) -> Iterator[AlarmChange]:
        """Yield what an alarm's row says that was not known."""
        before = self.active.get(key)
        was_over = key in self.ended
        if before is None and not (is_over and was_over):
            # An alarm that came and went between two polls is both raised and cleared.
            yield AlarmChange(ChangeKind.RAISED, record)
        elif before and record.acknowledged and not before.acknowledged:
            yield AlarmChange(ChangeKind.ACKNOWLEDGED, record)
        if not is_over:
            self.active[key] = record
            self.ended.pop(key, None)
            return
        ended = self._end(key, record, now)
        if before or not was_over:
            yield AlarmChange(ChangeKind.CLEARED, ended)

    def _apply_absences(
        self,
        sure: AlarmWindow,
        plants: Collection[str],
        found: Collection[str],
        now: datetime,
    ) -> list[AlarmChange]:
        """End the alarms that a complete answer should hold and has left out again."""
        news = []
        asked = frozenset(plants)
        for key, record in list(self.active.items()):
            if key in found or record.plant_code not in asked:
                continue
            if not self._is_expected(key, record, sure):
                continue
            record = replace(record, absences=record.absences + 1)
            self.active[key] = record
            if record.absences >= ABSENCES:
                news.append(
                    AlarmChange(ChangeKind.CLEARED, self._end(key, record, now))
                )
        return news

    def _is_expected(self, key: str, record: AlarmRecord, sure: AlarmWindow) -> bool:
        """Tell whether an active alarm belongs into an answer."""
        if (stray := self.strays.get(key)) is not None:
            return stray in sure.numbers
        if record.raised_at is None:
            return 0 in sure.numbers
        return sure.holds(record.raised_at)

    def _end(self, key: str, record: AlarmRecord, now: datetime) -> AlarmRecord:
        self.active.pop(key, None)
        self.strays.pop(key, None)
        raised = record.raised_at
        is_usable = raised is not None and now - LOOK_BACK < raised < now
        self.ended[key] = (raised if raised and is_usable else now).timestamp()
        return replace(record, cleared_at=now)

    def _forget(self, now: datetime) -> None:
        """Drop what the interface no longer answers."""
        oldest = (now - LOOK_BACK - SKEW).timestamp()
        self.ended = {key: at for key, at in self.ended.items() if at > oldest}
        self.active = {
            key: record
            for key, record in self.active.items()
            if record.raised_at is None
            or key in self.strays
            or record.raised_at.timestamp() > oldest
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
        self.strays = {
            key: number for key, number in self.strays.items() if key in self.active
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

    def _shorten_windows(self) -> None:
        """Turn what is known by windows of 30 days into windows of 7 days."""
        former_seen, former_asked = self.seen, self.asked_at
        self.seen, self.asked_at = {}, {}
        for number in range(WINDOWS):
            begin = number * WINDOW // FORMER_WINDOW
            end = ((number + 1) * WINDOW - SKEW) // FORMER_WINDOW
            parts = range(begin, min(end, LOOK_BACK // FORMER_WINDOW) + 1)
            if all(part in former_asked for part in parts):
                self.asked_at[number] = min(former_asked[part] for part in parts)
            seen = (former_seen.get(part, set()) for part in parts)
            self.seen[number] = set.intersection(*map(set, seen))

    def dump(self) -> dict[str, Any]:
        """Return the book as JSON data."""
        return {
            "active": {key: dump_record(record) for key, record in self.active.items()},
            "ended": self.ended,
            "strays": self.strays,
            "window_days": WINDOW.days,
            "latest": self.latest,
            "heard_at": self.answered_at,
            "asked_at": {str(number): at for number, at in self.asked_at.items()},
            "seen": {str(number): sorted(codes) for number, codes in self.seen.items()},
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise vol.Invalid."""
        read = _SCHEMA(saved)
        book = cls()
        book.active = {_timeless(key): item for key, item in read["active"].items()}
        book.ended = {_timeless(key): at for key, at in read["ended"].items()}
        book.strays = {
            key: number
            for key, number in read["strays"].items()
            if 0 <= number < WINDOWS and key in book.active
        }
        book.latest, book.answered_at = read["latest"], read["heard_at"]
        book.asked_at, book.seen = read["asked_at"], read["seen"]
        if read["window_days"] != WINDOW.days:
            book._shorten_windows()
        return book


def _latest(saved: object) -> tuple[float, str]:
    at, name = as_list(saved)
    return instant(at), text(name)


_SCHEMA: Final = vol.Schema(
    {
        vol.Required("active"): by_name(load_record),
        vol.Required("ended"): times,
        vol.Optional("strays", default=dict): by_name(whole),
        vol.Required("latest"): by_name(_latest),
        vol.Required("heard_at"): times,
        vol.Required("asked_at"): by_id(instant),
        vol.Required("seen"): by_id(texts),
        vol.Optional("window_days", default=0): whole,
    },
    extra=vol.REMOVE_EXTRA,
)


def _folded(answer: Iterable[tuple[Alarm, int | None]]) -> Rows:
    """Return an answer with one row for each identity.

    Rows agree where no time tells them apart: an active one goes before one that is
    over, then one that is not acknowledged, then the last.
    """
    rows: Rows = {}
    for alarm, device_id in answer:
        key = identity(alarm)
        if key not in rows or _weight(alarm) >= _weight(rows[key][0]):
            rows[key] = alarm, device_id
    return rows


def _weight(alarm: Alarm) -> tuple[bool, bool]:
    return alarm.status not in ENDED, alarm.status not in ACKNOWLEDGED


def _timeless(key: str) -> str:
    """Return an identity with a raising time of 0, which was saved once, as none."""
    return key.removesuffix("0.0") if key.endswith("|0.0") else key


_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def _sorted(records: Iterable[AlarmRecord]) -> list[AlarmRecord]:
    newest = sorted(records, key=lambda r: r.raised_at or _EPOCH, reverse=True)
    return sorted(newest, key=lambda r: r.rank)

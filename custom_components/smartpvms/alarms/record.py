"""An alarm as Home Assistant shows it, and what has happened to it. Pure.

Two rows are the same alarm if plant, device, alarm id, cause id and time of raising
agree.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ..catalogue import OTHER
from ..catalogue.alarm import ACKNOWLEDGED, LEAST, RANKS, SEVERITIES
from ..northbound.models import Alarm
from ..storage.parse import as_dict, as_list, flag, load_time, optional, text, whole

# Signs of a text of an alarm: a suggestion may be a page long.
LONGEST: Final = 1000


class ChangeKind(StrEnum):
    """What has happened to an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """An alarm as Home Assistant shows it.

    `device_id` is None where it fits no device that we know; then it belongs to
    the plant. `severity` is `other` for an undocumented code. Times in UTC.
    """

    id: str
    name: str
    severity: str
    plant_code: str = field(repr=False)
    device_id: int | None = None
    device_type: int | None = None
    cause: str | None = None
    cause_id: str | None = None
    suggestion: str | None = None
    raised_at: datetime | None = None
    cleared_at: datetime | None = None
    acknowledged: bool = False
    absences: int = 0

    def details(self) -> dict[str, Any]:
        """Return the keys that events, triggers and actions give an alarm."""
        return {
            "id": self.id,
            "name": self.name,
            "severity": self.severity,
            "cause": self.cause,
            "cause_id": self.cause_id,
            "suggestion": self.suggestion,
            "raised_at": self.raised_at and self.raised_at.isoformat(),
            "cleared_at": self.cleared_at and self.cleared_at.isoformat(),
        }

    def explained(self) -> dict[str, str | None]:
        """Return what a person wants to know: name, severity, cause, what to do, since.

        Others have written the texts: their white space is taken together, their
        length is bounded.
        """
        return {
            "alarm": _plain(self.name),
            "severity": self.severity,
            "cause": _plain(self.cause),
            "suggestion": _plain(self.suggestion),
            "since": self.raised_at.isoformat() if self.raised_at else None,
        }

    @property
    def rank(self) -> int:
        """Return how grave it is, 1 the gravest."""
        return RANKS.get(self.severity, LEAST)


def _plain(text: str | None) -> str | None:
    """Return a text in one line without control characters, None for none."""
    if text is None:
        return None
    line = " ".join(text.split())
    return "".join(sign for sign in line if sign.isprintable())[:LONGEST]


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """Something that happened to an alarm."""

    kind: ChangeKind
    record: AlarmRecord


def identity(alarm: Alarm) -> str:
    """Return what makes an alarm the same one in the next answer."""
    raised = "" if alarm.raised_at is None else str(alarm.raised_at.timestamp())
    device = alarm.serial or alarm.device_name or ""
    return "|".join(
        (alarm.plant_code, device, alarm.alarm_id, alarm.cause_id or "", raised)
    )


def raising_of(known: str) -> tuple[str, str]:
    """Return the alarm id and the raising time (epoch seconds as text) of an identity."""
    _, alarm_id, _, raised = known.rsplit("|", 3)
    return alarm_id, raised


def record_of(alarm: Alarm, device_id: int | None) -> AlarmRecord:
    """Return an alarm as Home Assistant shows it."""
    return AlarmRecord(
        id=alarm.alarm_id,
        name=alarm.name,
        severity=SEVERITIES.get(alarm.severity or 0, OTHER),
        plant_code=alarm.plant_code,
        device_id=device_id,
        device_type=alarm.device_type,
        cause=alarm.cause,
        cause_id=alarm.cause_id,
        suggestion=alarm.suggestion,
        raised_at=alarm.raised_at,
        acknowledged=alarm.status in ACKNOWLEDGED,
    )


def dump_changes(news: Iterable[AlarmChange]) -> dict[str, Any]:
    """Return news that were not told yet as JSON data."""
    return {"untold": [[item.kind, dump_record(item.record)] for item in news]}


def load_changes(saved: object) -> list[AlarmChange]:
    """Return the news that `dump_changes` saved, or raise ValueError."""
    found = []
    for item in as_list(saved):
        kind, record = as_list(item)
        found.append(AlarmChange(ChangeKind(text(kind)), load_record(record)))
    return found


def dump_record(record: AlarmRecord) -> dict[str, Any]:
    """Return an alarm as JSON data."""
    # A fleet has thousands of them: `asdict` would copy each value.
    saved = {key: getattr(record, key) for key in _NAMES}
    for key in _TIMES:
        saved[key] = saved[key] and saved[key].isoformat()
    return saved


def load_record(saved: object) -> AlarmRecord:
    """Return what `dump_record` made of an alarm, or raise ValueError."""
    parts = as_dict(saved)
    if parts.keys() != _READERS.keys():
        raise ValueError("no alarm")
    read: dict[str, Any] = {key: _READERS[key](item) for key, item in parts.items()}
    return AlarmRecord(**read)


_TIMES: Final = ("raised_at", "cleared_at")
_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    **dict.fromkeys(("id", "name", "severity", "plant_code"), text),
    **dict.fromkeys(("device_id", "device_type"), optional(whole)),
    **dict.fromkeys(("cause", "cause_id", "suggestion"), optional(text)),
    **dict.fromkeys(_TIMES, optional(load_time)),
    "acknowledged": flag,
    "absences": whole,
}
_NAMES: Final = tuple(_READERS)

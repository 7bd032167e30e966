"""Alarms, seeded and on request (reference 2.16)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum, IntEnum
from itertools import count
from random import Random
from typing import Any

from .alarm_texts import CATALOGUE, KINDS, ODD, Kind, Texts
from .clock import Clock
from .model import Device, Plant

CHANCE_PER_DAY = {1: 0.55, 2: 0.3, 3: 0.12}
"""Probability of an alarm on a day, by category of the plant."""

CUT = 7 * 86400
"""Seconds that a server which cuts a longer window answers, its last ones."""

NEGLECTED, NEGLECTED_DAYS = 0.04, 200
"""Share of alarms that stay active for months, and their length in days."""


class _TrueTime(Enum):
    """Type of ``TRUE_TIME``, which sends the time at which an alarm was raised."""

    TRUE_TIME = "true"


TRUE_TIME = _TrueTime.TRUE_TIME


class Status(IntEnum):
    """Status of an alarm in getAlarmList; the first three are active."""

    ACTIVE = 1
    ACKNOWLEDGED = 2
    IN_HAND = 3
    HANDLED = 4
    CLEARED_BY_USER = 5
    CLEARED_BY_DEVICE = 6


ACTIVE = frozenset({Status.ACTIVE, Status.ACKNOWLEDGED, Status.IN_HAND})


@dataclass(slots=True, kw_only=True, eq=False)
class Alarm:
    """One alarm. Times are epoch seconds; None: not yet.

    ``sent_time``: the ``raiseTime`` that is sent in place of the true one, such as
    None, "N/A", 0, or the time of a device whose clock was reset.
    """

    number: int
    plant: Plant
    device: Device | None
    kind: Kind
    raised: float
    acknowledged: float | None = None
    in_hand: float | None = None
    cleared: float | None = None
    cleared_as: Status = Status.CLEARED_BY_DEVICE
    sent_time: Any = TRUE_TIME

    def status(self, now: float) -> Status:
        """Return the status at an epoch time in seconds."""
        if self.cleared is not None and self.cleared <= now:
            return self.cleared_as
        if self.in_hand is not None and self.in_hand <= now:
            return Status.IN_HAND
        if self.acknowledged is not None and self.acknowledged <= now:
            return Status.ACKNOWLEDGED
        return Status.ACTIVE

    def entry(self, now: float, language: str) -> dict[str, Any]:
        """Return the row of getAlarmList at an epoch time in seconds."""
        texts, device = self.kind.text(language), self.device
        return {
            "stationCode": self.plant.code,
            "stationName": self.plant.name,
            "alarmId": self.kind.alarm_id,
            "alarmName": texts.name,
            "alarmCause": texts.cause,
            "causeId": self.kind.cause_id,
            "alarmType": self.kind.category,
            "repairSuggestion": texts.suggestion,
            "devName": device.name if device else "Removed logger",
            "devTypeId": device.type if device else 63,
            "esnCode": device.serial if device else None,
            "lev": self.kind.level,
            "raiseTime": int(self.raised * 1000)
            if self.sent_time is TRUE_TIME
            else self.sent_time,
            "status": int(self.status(now)),
        }


@dataclass(slots=True)
class Alarms:
    """All alarms of a simulator; ``automatic`` False leaves out the seeded ones.

    ``only_active``: alarms that are over are not listed, as the edition of 2025 says.
    ``cuts``: of a window of more than 7 days the last 7 are answered.
    ``has_more_languages``: texts in languages that the references lack are not refused.
    """

    clock: Clock
    plants: list[Plant]
    quirks: bool = True
    automatic: bool = True
    only_active: bool = False
    cuts: bool = False
    has_more_languages: bool = False
    _raised: list[Alarm] = field(default_factory=list)
    _seeded: dict[tuple[str, date], list[Alarm]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def raise_(
        self,
        plant: Plant | str,
        device: Device | int | None = None,
        *,
        alarm_id: int = 2032,
        level: int | None = None,
        name: str | None = None,
        at: datetime | None = None,
        sent_time: Any = TRUE_TIME,
    ) -> Alarm:
        """Raise an alarm now, or as of ``at``; ``name``: its text in all languages."""
        kind = CATALOGUE.get(alarm_id) or replace(ODD, alarm_id=alarm_id)
        if level is not None:
            kind = replace(kind, level=level)
        if name is not None:
            own = Texts(name, f"{name}: cause", f"{name}: suggestion")
            kind = replace(kind, texts={"en": own})
        owner = self._plant(plant)
        alarm = Alarm(
            number=next(self._numbers),
            plant=owner,
            device=_device(owner, device),
            kind=kind,
            # In whole seconds, as devices send it. Rounding down keeps the alarm within
            # the window of a client that asks until now.
            raised=int(at.timestamp() if at else self.clock.now()),
            sent_time=sent_time,
        )
        self._raised.append(alarm)
        return alarm

    def acknowledge(self, alarm: Alarm | int) -> None:
        """Set an alarm to acknowledged."""
        self.find(alarm).acknowledged = self.clock.now()

    def clear(self, alarm: Alarm | int, status: int = Status.CLEARED_BY_DEVICE) -> None:
        """End an alarm: 4 handled, 5 cleared by a user, 6 by the device."""
        found = self.find(alarm)
        found.cleared, found.cleared_as = self.clock.now(), Status(status)

    def find(self, alarm: Alarm | int) -> Alarm:
        """Return an alarm by its number; StopIteration if it does not exist."""
        if isinstance(alarm, Alarm):
            return alarm
        known = [*self._raised, *(a for day in self._seeded.values() for a in day)]
        return next(found for found in known if found.number == alarm)

    def _plant(self, plant: Plant | str) -> Plant:
        if isinstance(plant, Plant):
            return plant
        return next(known for known in self.plants if known.code == plant)

    def between(self, plants: Iterable[Plant], begin: float, end: float) -> list[Alarm]:
        """Return the alarms raised between two epoch times and by now, oldest first."""
        end = min(end, self.clock.now())
        wanted = {plant.code: plant for plant in plants}
        found = [alarm for alarm in self._raised if alarm.plant.code in wanted]
        if self.automatic:
            for plant in wanted.values():
                found += self._of_days(plant, begin, end)
        found = [alarm for alarm in found if begin <= alarm.raised <= end]
        return sorted(found, key=lambda alarm: (alarm.raised, alarm.number))

    def listed(self, plants: Iterable[Plant], begin: float, end: float) -> list[Alarm]:
        """Return the alarms that getAlarmList answers for a window."""
        if self.cuts:
            begin = max(begin, end - CUT)
        found, now = self.between(plants, begin, end), self.clock.now()
        if self.only_active:
            found = [alarm for alarm in found if alarm.status(now) in ACTIVE]
        return found

    def is_faulty(self, plant: Plant) -> bool:
        """Return whether a critical alarm of the last three days is active."""
        now = self.clock.now()
        return any(
            alarm.kind.level == 1 and alarm.status(now) in ACTIVE
            for alarm in self.between([plant], now - 3 * 86400, now)
        )

    def _of_days(self, plant: Plant, begin: float, end: float) -> list[Alarm]:
        """Return the seeded alarms of all local days between two epoch times."""
        day, last = plant.world.local(begin).date(), plant.world.local(end).date()
        day = max(day, plant.site.connected)
        found: list[Alarm] = []
        while day <= last:
            key = (plant.code, day)
            if key not in self._seeded:
                self._seeded[key] = self._seed(plant, day)
            found += self._seeded[key]
            day += timedelta(days=1)
        return found

    def _seed(self, plant: Plant, day: date) -> list[Alarm]:
        """Draw no or one alarm for a plant and day; equal seeds give equal alarms."""
        rng = Random(f"{plant.code}/{plant.site.seed}/alarm/{day.isoformat()}")
        if rng.random() >= CHANCE_PER_DAY[plant.category]:
            return []
        candidates: list[tuple[Kind, Device | None]] = [
            (kind, device)
            for kind in KINDS
            for device in plant.devices
            if device.type in kind.types
        ]
        if self.quirks:
            candidates.append((ODD, None))
        if not candidates:
            return []
        kind, device = rng.choice(candidates)
        raised = plant.world.midnight(day) + rng.randrange(5 * 3600, 21 * 3600)
        lasts = rng.uniform(0.5, 60) * 3600
        if rng.random() < NEGLECTED:
            lasts = NEGLECTED_DAYS * 86400
        alarm = Alarm(
            number=next(self._numbers),
            plant=plant,
            device=device,
            kind=kind,
            raised=raised,
            cleared=raised + lasts,
        )
        if rng.random() < 0.35:
            alarm.acknowledged = raised + lasts * rng.uniform(0.1, 0.6)
            alarm.cleared_as = Status.CLEARED_BY_USER
            if rng.random() < 0.4:
                alarm.in_hand = raised + lasts * 0.7
                alarm.cleared_as = Status.HANDLED
        return [alarm]


def _device(plant: Plant, device: Device | int | None) -> Device | None:
    if device is None or isinstance(device, Device):
        return device
    return next(known for known in plant.devices if known.id == device)

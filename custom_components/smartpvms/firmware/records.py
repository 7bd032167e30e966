"""The records of firmware upgrades, and when each is asked for again. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import Final, Self

from ..catalogue.firmware import RUNNING
from ..local_time import DAY, HOUR, MINUTE
from ..northbound.models import UpgradeRecord
from ..storage.parse import (
    amount,
    as_dict,
    by_id,
    instant,
    load_time,
    optional,
    text,
    whole,
)

# Nothing is put off for longer, whatever a clock said when it was saved.
LONGEST: Final = 7 * DAY
# For so long the outcome of a request may not be in the records yet.
UNCLEAR_FOR: Final = 10 * MINUTE


def is_running(record: UpgradeRecord | None) -> bool:
    """Tell whether an upgrade was begun that has not ended.

    A record without a target is that of a device which was never upgraded.
    """
    if record is None or record.target is None:
        return False
    return record.result in RUNNING


def cadence(record: UpgradeRecord | None, at: float) -> float:
    """Return the seconds from one look at a record to the next.

    An upgrade that is a day old and has not ended may never do so.
    """
    if record is None or not is_running(record):
        return DAY
    begun = record.upgraded_at
    return MINUTE if begun and at - begun.timestamp() < DAY else HOUR


@dataclass(slots=True)
class FirmwareRecords:
    """The last upgrade of each device (id) that has a record.

    `answered_at` is the epoch second of the last answer about a device, with or
    without a record; `due_at` that of the next question; `requested_at` that of the
    last request for an upgrade that may have been taken.
    """

    records: dict[int, UpgradeRecord] = field(default_factory=dict)
    answered_at: dict[int, float] = field(default_factory=dict)
    due_at: dict[int, float] = field(default_factory=dict)
    requested_at: dict[int, float] = field(default_factory=dict)

    def is_running(self, device_id: int) -> bool:
        """Tell whether a device is being upgraded."""
        return is_running(self.records.get(device_id))

    def is_busy(self, device_id: int, at: float) -> bool:
        """Tell whether an upgrade runs that may still end."""
        record = self.records.get(device_id)
        return is_running(record) and cadence(record, at) <= MINUTE

    def is_unclear(self, device_id: int, at: float) -> bool:
        """Tell whether what became of a request is not known yet."""
        if (known := self.requested_at.get(device_id)) is None:
            return False
        # A clock may have been ahead.
        requested = self.requested_at[device_id] = min(known, at)
        if at - requested >= UNCLEAR_FOR:
            return False
        record = self.records.get(device_id)
        begun = record.upgraded_at if record else None
        is_over = begun is not None and begun.timestamp() > requested - MINUTE
        return self.is_running(device_id) or not is_over

    def apply(
        self, asked: Iterable[int], records: Iterable[UpgradeRecord], at: float
    ) -> None:
        """Apply an answer; a device that it leaves out has no record."""
        found = {record.device_id: record for record in records}
        for device_id in asked:
            self.answered_at[device_id] = at
            if device_id in found:
                self.records[device_id] = found[device_id]
            else:
                self.records.pop(device_id, None)
            self.due_at[device_id] = at + cadence(found.get(device_id), at)

    def bound(self, at: float) -> None:
        """Put right the times of a clock that was ahead."""
        for known in (self.answered_at, self.requested_at):
            known.update({key: min(then, at) for key, then in known.items()})
        self.due_at.update(
            {key: at for key, due in self.due_at.items() if due > at + LONGEST}
        )

    def postpone(self, asked: Iterable[int], at: float, seconds: float = HOUR) -> None:
        """Ask again later, but no later than an upgrade that runs needs it."""
        for device_id in asked:
            record = self.records.get(device_id)
            pause = cadence(record, at) if is_running(record) else seconds
            self.due_at[device_id] = at + min(pause, seconds)

    def keep_only(self, devices: Collection[int]) -> None:
        """Drop the records of devices that are gone."""
        known_of = (self.records, self.answered_at, self.due_at, self.requested_at)
        for known in known_of:
            for gone in known.keys() - set(devices):
                del known[gone]

    def dump(self) -> dict[str, object]:
        """Return the book as JSON data."""
        return {
            "records": {
                str(key): {
                    **asdict(record),
                    "upgraded_at": record.upgraded_at
                    and record.upgraded_at.isoformat(),
                }
                for key, record in self.records.items()
            },
            "heard_at": {str(key): at for key, at in self.answered_at.items()},
            "due_at": {str(key): at for key, at in self.due_at.items()},
            "requested_at": {str(key): at for key, at in self.requested_at.items()},
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError; times may be ahead."""
        parts = as_dict(saved)
        known = (parts.get(key, {}) for key in ("heard_at", "due_at", "requested_at"))
        return cls(by_id(_load_record)(parts.get("records", {})), *map(_times, known))


_times: Final = by_id(instant)


def _load_record(saved: object) -> UpgradeRecord:
    parts = as_dict(saved)
    return UpgradeRecord(
        whole(parts.get("device_id")),
        optional(load_time)(parts.get("upgraded_at")),
        optional(text)(parts.get("source")),
        optional(text)(parts.get("target")),
        optional(amount)(parts.get("progress")),
        optional(whole)(parts.get("result")),
    )

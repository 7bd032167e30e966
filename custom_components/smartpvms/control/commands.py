"""Commands: what was asked of plants, by which task, and what came of it. Pure.

A command is sent exactly once. It is saved before it is sent, with its task as soon as
that is known, and followed until it is done at each of its plants.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from ..local_time import DAY, HOUR, MINUTE
from ..northbound.tasks import (
    BatteryLimits,
    BatteryMode,
    ExportLimit,
    ForcedCharge,
    Outcome,
    Setting,
    Status,
)
from ..storage.parse import amount, as_dict, by_name, instant, optional, text

FOLLOWED_EVERY: Final = MINUTE
# A forced charge is over after a day at the latest.
LONGEST_CHARGE: Final = DAY + HOUR
LONGEST_SETTING: Final = HOUR
KEPT: Final = 20

NO_ANSWER: Final = "no_answer"
"""The reason of a command that may or may not have arrived."""

NEVER_ENDED: Final = "never_ended"
"""The reason of a command of which no end was heard."""


class Kind(StrEnum):
    """What a command sets."""

    EXPORT_LIMIT = "export_limit"
    BATTERY_MODE = "battery_mode"
    BATTERY_LIMITS = "battery_limits"
    FORCED_CHARGE = "forced_charge"


SETTINGS: Final[Mapping[Kind, type[Setting]]] = {
    Kind.EXPORT_LIMIT: ExportLimit,
    Kind.BATTERY_MODE: BatteryMode,
    Kind.BATTERY_LIMITS: BatteryLimits,
    Kind.FORCED_CHARGE: ForcedCharge,
}
KINDS: Final = {setting: kind for kind, setting in SETTINGS.items()}


@dataclass(slots=True)
class Command:
    """One task at some plants; times in epoch seconds.

    `wishes`: what was asked, by plant code, as JSON data. `task` is None until the
    server has named it, and stays so where it never did. `followed_at`: when its
    outcome was last asked for.
    """

    kind: Kind
    sent_at: float
    wishes: Mapping[str, Mapping[str, Any]] = field(repr=False)
    outcomes: dict[str, Outcome] = field(repr=False)
    task: str | None = None
    followed_at: float = 0.0
    ended_at: float | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Setting], now: float) -> Self:
        """Return a command that is about to be sent, settings by plant code."""
        kind = KINDS[type(next(iter(settings.values())))]
        wishes = {code: asdict(setting) for code, setting in settings.items()}
        running = dict.fromkeys(settings, Outcome(Status.RUNNING))
        return cls(kind, now, wishes, running, followed_at=now)

    @property
    def setting(self) -> type[Setting]:
        """Return the kind of its settings."""
        return SETTINGS[self.kind]

    @property
    def is_stop(self) -> bool:
        """Tell whether it ends a forced charge."""
        return self.kind is Kind.FORCED_CHARGE and not any(
            wish.get("watts") for wish in self.wishes.values()
        )

    @property
    def is_running(self) -> bool:
        """Tell whether it is not done at one plant at least."""
        return any(one.status is Status.RUNNING for one in self.outcomes.values())

    def asked(self, plant: str) -> dict[str, Any]:
        """Return what was asked of a plant, without what was left open."""
        wish = self.wishes[plant].items()
        return {key: value for key, value in wish if value is not None}

    def runs_at(self, plant: str) -> bool:
        """Tell whether it is not done at a plant."""
        outcome = self.outcomes.get(plant)
        return outcome is not None and outcome.status is Status.RUNNING

    def apply(self, found: Mapping[str, Outcome], now: float) -> list[str]:
        """Enter outcomes by plant code; return the plants at which it has ended now.

        What has ended stays so, and a plant of which nothing is said runs on.
        """
        ended = []
        for code in self.outcomes:
            if not self.runs_at(code) or code not in found:
                continue
            self.outcomes[code] = found[code]
            if found[code].status is not Status.RUNNING:
                ended.append(code)
        if not self.is_running and self.ended_at is None:
            self.ended_at = now
        return ended

    def fail(self, reason: str, now: float) -> list[str]:
        """End it at all plants where it runs; return them."""
        running = [code for code in self.outcomes if self.runs_at(code)]
        return self.apply(dict.fromkeys(running, Outcome(Status.FAILED, reason)), now)

    def is_overdue(self, now: float) -> bool:
        """Tell whether it should have ended long ago."""
        is_charge = self.kind is Kind.FORCED_CHARGE
        longest = LONGEST_CHARGE if is_charge else LONGEST_SETTING
        return not self.sent_at - HOUR <= now < self.sent_at + longest

    def dump(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError or KeyError."""
        parts = as_dict(saved)
        return cls(
            Kind(text(parts["kind"])),
            instant(parts["sent_at"]),
            by_name(_wish)(parts["wishes"]),
            by_name(_outcome)(parts["outcomes"]),
            optional(text)(parts["task"]),
            instant(parts["followed_at"]),
            optional(instant)(parts["ended_at"]),
        )


def _wish(saved: object) -> dict[str, object]:
    return {
        key: item if isinstance(item, list | str) else optional(amount)(item)
        for key, item in as_dict(saved).items()
    }


def _outcome(saved: object) -> Outcome:
    parts = as_dict(saved)
    return Outcome(Status(text(parts["status"])), optional(text)(parts["reason"]))


def restored(commands: Iterable[Command], now: float) -> list[Command]:
    """Return saved commands, the oldest first.

    One without a task was sent, or was about to be, when Home Assistant stopped: it is
    not sent again.
    """
    found = sorted(commands, key=lambda one: one.sent_at)
    for command in found:
        if command.task is None:
            command.fail(NO_ANSWER, now)
    return found


def pruned(commands: Iterable[Command]) -> list[Command]:
    """Return the commands worth keeping: all that run, and the last ones."""
    known = list(commands)
    older, last = known[:-KEPT], known[-KEPT:]
    return [*(one for one in older if one.is_running), *last]


def is_code(reason: str) -> bool:
    """Tell whether a reason is a fail code."""
    return reason.isdecimal() and len(reason) < 10

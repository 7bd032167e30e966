"""Firmware upgrades over simulated time (reference 2.14, 2.15)."""

from dataclasses import dataclass, field
from enum import IntEnum

from .clock import Clock
from .model import Device

START_DELAY, DURATION = 30, 10 * 60
"""Seconds until an upgrade starts, and its length in seconds from there."""


class Result(IntEnum):
    """Outcome of an upgrade, in the numbers of getDevUpgradeInfo."""

    NOT_STARTED = 0
    SUCCESS = 1
    FAILURE = 2
    CANCELLED = 3
    RUNNING = 4
    TIMEOUT = 5


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A requested upgrade; ``begun`` in epoch seconds."""

    begun: float
    source: str
    target: str
    fails: bool

    def state(self, now: float) -> tuple[Result, float]:
        """Return outcome and progress in percent at an epoch time in seconds."""
        share = (now - self.begun - START_DELAY) / DURATION
        if share < 0:
            return Result.NOT_STARTED, 0.0
        if self.fails and share >= 0.4:
            return Result.FAILURE, 40.0
        if share >= 1:
            return Result.SUCCESS, 100.0
        return Result.RUNNING, round(share * 100, 1)


@dataclass(slots=True)
class Upgrades:
    """The last upgrade of each device."""

    clock: Clock
    _last: dict[int, Upgrade] = field(default_factory=dict)

    def begin(self, device: Device) -> bool:
        """Start an upgrade if there is a newer package; returns whether one runs."""
        now, version = self.clock.now(), self.version(device)
        if device.upgrade_to is None or version in {None, device.upgrade_to}:
            return False
        running = self._last.get(device.id)
        if running and running.state(now)[0] in {Result.NOT_STARTED, Result.RUNNING}:
            return True
        self._last[device.id] = Upgrade(
            now, str(version), device.upgrade_to, device.upgrade_fails
        )
        return True

    def last(self, device: Device) -> Upgrade | None:
        """Return the record of a device's last upgrade."""
        return self._last.get(device.id)

    def version(self, device: Device) -> str | None:
        """Return the version that a device runs now."""
        last = self._last.get(device.id)
        if last and last.state(self.clock.now())[0] is Result.SUCCESS:
            return last.target
        return device.software

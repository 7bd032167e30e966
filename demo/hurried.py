"""Home Assistant that polls as often as the played day needs.

Run as a module in place of `homeassistant`, in the demo only: the windows of all quotas
are as much shorter as the simulator's clock is faster, and alarms are asked for as late
as its clock may be.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import importlib
import sys
from typing import Any, Final

from homeassistant.__main__ import main

from .day import SPEED

# The played day begins on the morrow at the latest.
AHEAD: Final = timedelta(days=2)
ROOMS: Final = ("northbound.ledger", "history.shares", "live.period_coordinator")


def known(
    alarm: Any, now: datetime, first_seen: dict[tuple[object, ...], datetime]
) -> Any:
    """Return an alarm of the morrow as raised when it was first seen."""
    if alarm.raised_at is None or alarm.raised_at <= now:
        return alarm
    key = (alarm.plant_code, alarm.alarm_id, alarm.device_name, alarm.raised_at)
    return replace(alarm, raised_at=first_seen.setdefault(key, now))


def hurry(speed: int) -> None:
    """Shorten the windows in each room that reads them."""
    package = "custom_components.smartpvms"
    limits = importlib.import_module(f"{package}.northbound.limits")
    windows: Callable[..., tuple[Any, ...]] = limits.windows

    def shortened(*args: object) -> tuple[Any, ...]:
        return tuple(
            replace(window, seconds=window.seconds / speed) for window in windows(*args)
        )

    for room in ROOMS:
        module = importlib.import_module(f"{package}.{room}")
        module.windows = shortened  # type: ignore[attr-defined]
    client = importlib.import_module(f"{package}.northbound.client").NorthboundClient
    ask = client.alarms

    first_seen: dict[tuple[object, ...], datetime] = {}

    async def later(
        self: object, plants: object, begin: datetime, end: datetime, *rest: object
    ) -> object:
        found = await ask(self, plants, begin + AHEAD, end + AHEAD, *rest)
        now = datetime.now(UTC)
        return found and [known(alarm, now, first_seen) for alarm in found]

    client.alarms = later
    # Its sun does not follow the played day: it is night while no plant gives power.
    sun = importlib.import_module("homeassistant.components.sun.entity")
    sun.Sun.state = sun.STATE_BELOW_HORIZON
    alarms = importlib.import_module(f"{package}.alarms.coordinator")
    alarms.OFTEN = alarms.OFTEN / speed  # type: ignore[attr-defined]


if __name__ == "__main__":
    # Where Home Assistant looks for it, before it does.
    sys.path.insert(0, sys.argv[sys.argv.index("--config") + 1])
    hurry(SPEED)
    sys.exit(main())

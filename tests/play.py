"""Plays hours in seconds: the clock goes from one timer to the next."""

import asyncio
from datetime import timedelta
import threading
import time
from typing import Final
from unittest.mock import patch

from freezegun import api
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import event
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles

# Home Assistant spreads its timers over this part of a second.
SPREAD: Final = event.RANDOM_MICROSECOND_MAX / 1e6
# Timers closer together than this (seconds) run at the same time.
CLOSE: Final = 0.05
# Where no timer is due.
LONGEST: Final = 60.0
# Seconds of real time in which whatever does not wait for the server is done.
PATIENCE: Final = 0.05
# What the clock of the loop cannot tell apart.
_RESOLUTION: Final = time.get_clock_info("monotonic").resolution
# Seconds of real time after which a task must be waiting for time to pass.
TOO_LONG: Final = 1800.0


def due_in(loop: asyncio.AbstractEventLoop) -> float:
    """Return the seconds until the loop's next timer, infinite without one."""
    times = [
        timer.when()
        for timer in get_scheduled_timer_handles(loop)
        if not timer.cancelled()
    ]
    return min(times, default=float("inf")) - loop.time()


def run_timers(hass: HomeAssistant, ahead: float = 0.0) -> None:
    """Run the timers that are due, or will be in `ahead` seconds.

    The test plugin's async_fire_time_changed makes two mocks for each of them, which
    takes a tenth of the time of a played day.
    """
    at = dt_util.utcnow() + timedelta(seconds=ahead)
    clock = {
        "time_tracker_utcnow": lambda: at,
        "time_tracker_timestamp": at.timestamp,
    }
    with patch.multiple(event, **clock):
        due = hass.loop.time() + ahead + _RESOLUTION
        for timer in list(get_scheduled_timer_handles(hass.loop)):
            if not timer.cancelled() and timer.when() <= due:
                timer._run()
                timer.cancel()


async def play(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    seconds: float,
    stalled: asyncio.Event | None = None,
) -> None:
    """Let time pass, and each timer run when it is due.

    `stalled` is set while the server lets somebody wait: then time is what has to
    pass for anything to go on.
    """
    left = seconds
    while left > 0:
        step = min(left, LONGEST, max(due_in(hass.loop), CLOSE))
        freezer.tick(step)
        left -= step
        run_timers(hass)
        await settle(hass, stalled)


async def settle(hass: HomeAssistant, stalled: asyncio.Event | None = None) -> None:
    """Wait until all is done that can be done at this moment."""
    done = asyncio.ensure_future(hass.async_block_till_done(wait_background_tasks=True))
    waiting = asyncio.ensure_future((stalled or asyncio.Event()).wait())
    tasks = {done, waiting}
    # A timer of the loop would stand still.
    overdue = threading.Timer(
        TOO_LONG, hass.loop.call_soon_threadsafe, (waiting.cancel,)
    )
    overdue.start()
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if waiting.cancelled():
            raise AssertionError(f"time stands still for {_pending(hass)}")
        until = api.real_monotonic() + PATIENCE
        while not done.done() and api.real_monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0)
    finally:
        overdue.cancel()
        overdue.join()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pending(hass: HomeAssistant) -> list[asyncio.Future[object]]:
    """Return what does not come to an end."""
    return [task for task in asyncio.all_tasks(hass.loop) if not task.done()]

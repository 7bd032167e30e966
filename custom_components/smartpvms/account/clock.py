"""The time of an account."""

import asyncio
from collections.abc import Callable
from datetime import datetime
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


def _wall_clock() -> float:
    return time.time()


class Clock:
    """Epoch seconds for all that an account does.

    The ledger of calls has a clock of its own, which follows jumps of this one.
    """

    def __init__(self, wall: Callable[[], float] = _wall_clock) -> None:
        """Follow a clock, that of the machine by default."""
        self._wall = wall

    def now(self) -> float:
        """Return the present epoch second."""
        return self._wall()


async def async_delay(hass: HomeAssistant, seconds: float) -> None:
    """Let seconds pass on Home Assistant's clock."""
    over = asyncio.Event()

    @callback
    def wake(_: datetime) -> None:
        over.set()

    cancel = async_call_later(hass, seconds, wake)
    try:
        await over.wait()
    finally:
        cancel()

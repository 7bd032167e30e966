"""The time of an account."""

import asyncio
from datetime import datetime
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


class Clock:
    """Epoch seconds for all that an account does.

    The ledger of calls has a clock of its own, which follows jumps of this one.
    """

    def now(self) -> float:
        """Return the present epoch second."""
        return time.time()


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

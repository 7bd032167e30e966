"""Waiting for what a real Home Assistant does in its own time."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(look: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while True:
            if await look():
                return
            await asyncio.sleep(2)

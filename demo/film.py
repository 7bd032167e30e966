"""The README's film: the house's view while a day is played."""

import asyncio
from collections.abc import AsyncIterator, Sequence
import io
from pathlib import Path
import tempfile
from typing import Final

from PIL import Image
from playwright.async_api import FloatRect, Page, ViewportSize

from .browser import logged_in_page
from .dashboard import ensure_dashboard, view_of
from .day import play
from .energy import house
from .entities import Pace, settled_entities
from .stage import Options, stage

SIZE: Final = ViewportSize(width=900, height=620)
# Without the cards below, whose times are those of the played day.
CLIP: Final = FloatRect(x=0, y=0, width=900, height=510)
# A frame each five minutes of the day: two seconds of the clock on the wall.
SECONDS_A_FRAME: Final = 2.0
MILLISECONDS_SHOWN: Final = 90
# The history's sensors have no value before the day is over: they are not waited for.
PACE: Final = Pace(settled=15, patience=90)
# Bytes: what a README may weigh.
MOST: Final = 4_000_000
QUALITIES: Final = (70, 55, 40, 25)


async def make_film(target: Path) -> Path:
    """Play a day, and write what the house's view has shown of it."""
    with tempfile.TemporaryDirectory(prefix="smartpvms-") as folder:
        options = Options(Path(folder), port=0, simulator_port=0, day=True)
        async with stage(options) as running:
            client = running.home_assistant.client
            await settled_entities(running.home_assistant, PACE)
            await ensure_dashboard(client)
            view = await view_of(client, (await house(client))["name"])
            async with logged_in_page(client, "light", SIZE, scale=1) as page:
                await page.goto(client.address + view)
                await page.wait_for_load_state("networkidle")
                day = asyncio.create_task(play(running.simulator, running.begin))
                frames = [frame async for frame in _frames(page, day)]
    return save(frames, target / "day.webp")


async def _frames(page: Page, day: asyncio.Task[None]) -> AsyncIterator[bytes]:
    """Yield pictures of a page until the day is over."""
    while not day.done():
        yield await page.screenshot(type="png", clip=CLIP)
        await asyncio.sleep(SECONDS_A_FRAME)
    await day


def save(frames: Sequence[bytes], target: Path) -> Path:
    """Write frames (PNG) as a WebP that a README can carry."""
    first, *others = (Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames)
    for quality in QUALITIES:
        first.save(
            target,
            save_all=True,
            append_images=others,
            duration=MILLISECONDS_SHOWN,
            loop=0,
            quality=quality,
        )
        if target.stat().st_size <= MOST:
            break
    return target

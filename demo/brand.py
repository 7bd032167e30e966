"""Renders the brand images from docs/brand, in light and dark colours."""

import asyncio
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from .browser import ARGUMENTS, chromium
from .configuration import INTEGRATION, ROOT

SOURCES: Final = ROOT / "docs" / "brand"
IMAGES: Final = INTEGRATION / "brand"
# Height in pixels. Home Assistant requires a square icon of 256, a logo of 128 to 256.
HEIGHTS: Final = {"icon": 256, "logo": 256}
DARK: Final = {"#1565c0": "#64b5f6", "#e3f2fd": "#0d2b4e", "#2e9e5b": "#66d19e"}


async def render() -> None:
    """Write every image in sizes 1 and 2."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=ARGUMENTS
        )
        for scale, suffix in ((1, ""), (2, "@2x")):
            page = await browser.new_page(device_scale_factor=scale)
            for name, height in HEIGHTS.items():
                light = (SOURCES / f"{name}.svg").read_text()
                await _picture(page, light, height, IMAGES / f"{name}{suffix}.png")
                await _picture(
                    page, _dark(light), height, IMAGES / f"dark_{name}{suffix}.png"
                )
        await browser.close()


def _dark(svg: str) -> str:
    for light, dark in DARK.items():
        svg = svg.replace(light, dark)
    return svg


async def _picture(page: Page, svg: str, height: int, target: Path) -> None:
    style = (
        f"<style>body {{margin: 0}} svg {{height: {height}px; display: block}}</style>"
    )
    await page.set_content(style + svg)
    await page.locator("svg").screenshot(path=target, omit_background=True)
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    asyncio.run(render())

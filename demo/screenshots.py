"""Takes the README's pictures of the demo."""

import argparse
import asyncio
from pathlib import Path
import sys
import tempfile
from typing import Any, Final

from playwright.async_api import Page, ViewportSize

from .browser import Scheme, logged_in_page
from .client import HomeAssistantClient
from .configuration import ROOT
from .entities import PACES, integration_devices, settled_entities
from .entry import DOMAIN
from .processes import DemoError
from .stage import Options, Stage, stage

IMAGES: Final = ROOT / "docs" / "images"
LIGHT: Final[Scheme] = "light"
DARK: Final[Scheme] = "dark"
TALL: Final = ViewportSize(width=1100, height=1225)
WIDE: Final = ViewportSize(width=1100, height=800)


async def take(target: Path) -> None:
    """Start the demo afresh, wait until all has a value, and picture it."""
    with tempfile.TemporaryDirectory(prefix="smartpvms-") as temporary:
        async with stage(Options(Path(temporary), port=0, simulator_port=0)) as running:
            print("Waiting for values", flush=True)
            await settled_entities(running.home_assistant, PACES[running.dialect])
            await _pictures(running, target)


async def _pictures(running: Stage, target: Path) -> None:
    client = running.home_assistant.client
    plant = f"/config/devices/device/{(await _first_plant(client))['id']}"
    integration = f"/config/integrations/integration/{DOMAIN}"
    for name, path, scheme, size in (
        ("plant", plant, LIGHT, TALL),
        ("plant-dark", plant, DARK, TALL),
        ("integration", integration, LIGHT, WIDE),
    ):
        async with logged_in_page(client, scheme, size) as page:
            await page.goto(client.address + path)
            await _settle(page)
            await page.screenshot(path=target / f"{name}.png")
        print(target / f"{name}.png", flush=True)


async def _first_plant(client: HomeAssistantClient) -> dict[str, Any]:
    """Return the residential plant's device: the one with the fewest devices."""
    devices = await integration_devices(client)
    plants = [device for device in devices if device["entry_type"] == "service"]
    if not plants:
        raise DemoError("The integration has no plants")

    def size(plant: dict[str, Any]) -> int:
        return sum(device["via_device_id"] == plant["id"] for device in devices)

    return min(plants, key=size)


async def _settle(page: Page) -> None:
    """Wait until the page asks for nothing more and its last frame is drawn."""
    await page.wait_for_load_state("networkidle")
    await page.wait_for_timeout(4000)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser("script/screenshots", description=__doc__)
    parser.add_argument("--target", type=Path, default=IMAGES)
    target = parser.parse_args().target
    target.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(take(target))
    except DemoError as error:
        sys.exit(f"No pictures. {error}")


if __name__ == "__main__":
    main()

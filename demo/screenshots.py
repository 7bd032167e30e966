"""Writes the README's pictures of the demo."""

import argparse
import asyncio
from pathlib import Path
import sys
import tempfile
from typing import Final

from playwright.async_api import FloatRect, Page, ViewportSize

from .browser import Scheme, logged_in_page
from .client import HomeAssistantClient
from .configuration import ROOT
from .dashboard import ensure_dashboard, view_of
from .energy import add_plants, histories, house, imported
from .entities import PACES, settled_entities
from .entry import DOMAIN
from .film import make_film
from .home_assistant import HomeAssistant
from .processes import DemoError
from .stage import Options, Stage, stage

IMAGES: Final = ROOT / "docs" / "images"
LIGHT: Final[Scheme] = "light"
DARK: Final[Scheme] = "dark"
TALL: Final = ViewportSize(width=1100, height=1225)
WIDE: Final = ViewportSize(width=1100, height=800)
# The lower part is cut off: there the dashboard has a bar over the cards.
SQUARE: Final = ViewportSize(width=1100, height=1300)
CUT: Final = FloatRect(x=0, y=0, width=1100, height=944)
# First screens of the integration's dashboard.
SCREEN: Final = ViewportSize(width=1400, height=1240)
LOW: Final = ViewportSize(width=1400, height=880)
PHONE: Final = ViewportSize(width=390, height=1100)
# Item of local storage with the Energy dashboard's initial period: the last 30 days,
# because a calendar month is short on its first days.
LAST_DAYS: Final = {"energy-default-period-_energy_dashboard": "now-30d"}
ENERGY: Final = "/energy/electricity"
MARGIN: Final = 16
POWER_SECONDS: Final = 900
# A slow machine has no requests for a while before it shows anything.
IS_THERE: Final = """() => {
  const waiting = "#ha-launch-screen, hass-loading-screen, ha-spinner";
  const waits = (root) =>
    root.querySelector(waiting) ||
    [...root.querySelectorAll("*")].some((one) => one.shadowRoot && waits(one.shadowRoot));
  return document.querySelector("home-assistant")?.hass && !waits(document);
}"""
# The last power to appear, because it is computed from the others.
HOUSE_POWER: Final = "house_consumption"


async def make_pictures(target: Path) -> None:
    """Start a new demo, wait for values and history, write the pictures."""
    with tempfile.TemporaryDirectory(prefix="smartpvms-") as temporary:
        async with stage(Options(Path(temporary), port=0, simulator_port=0)) as running:
            print("Waiting for values and history", flush=True)
            pace = PACES[running.dialect]
            await settled_entities(running.home_assistant, pace)
            await imported(running.home_assistant, pace.patience)
            await _powers(running.home_assistant)
            await _pictures(running, target)


async def _powers(home_assistant: HomeAssistant) -> None:
    """Wait for the last values: every plant's powers, live and in statistics."""
    client = home_assistant.client
    async with asyncio.timeout(POWER_SECONDS):
        while True:
            known = await histories(client)
            entries = await client.command("config/entity_registry/list")
            powers = [e for e in entries if e["translation_key"] == HOUSE_POWER]
            if len(powers) == len(known) and all(
                "pv_power" in history.statistics for history in known
            ):
                return
            home_assistant.child.raise_if_ended()
            await asyncio.sleep(5)


async def _pictures(running: Stage, target: Path) -> None:
    client = running.home_assistant.client
    residence = (await house(client))["id"]
    plant = f"/config/devices/device/{residence}"
    integration = f"/config/integrations/integration/{DOMAIN}"
    # Before the sources are added, because the form shows what it will change.
    await _options(client, integration, target / "energy-options.png")
    await add_plants(client, [residence])
    for name, path, scheme, size, clip in (
        ("plant", plant, LIGHT, TALL, None),
        ("plant-dark", plant, DARK, TALL, None),
        ("integration", integration, LIGHT, WIDE, None),
        ("energy", ENERGY, LIGHT, SQUARE, CUT),
        ("energy-dark", ENERGY, DARK, SQUARE, CUT),
    ):
        async with logged_in_page(client, scheme, size, LAST_DAYS) as page:
            await page.goto(client.address + path)
            await _settle(page)
            await page.screenshot(path=target / f"{name}.png", clip=clip)
        print(target / f"{name}.png", flush=True)
    await _dashboard(client, target)


async def _dashboard(client: HomeAssistantClient, target: Path) -> None:
    """Write pictures of the integration's dashboard: house, alarm, all plants."""
    overview = f"{await ensure_dashboard(client)}/overview"
    view = client.address + await view_of(client, (await house(client))["name"])
    for name, address, scheme, size in (
        ("dashboard", view, LIGHT, SCREEN),
        ("dashboard-dark", view, DARK, SCREEN),
        ("dashboard-phone", view, LIGHT, PHONE),
        ("dashboard-plants", overview, LIGHT, LOW),
    ):
        scale = 2 if size is PHONE else 1
        async with logged_in_page(client, scheme, size, scale=scale) as page:
            await page.goto(address)
            await _settle(page)
            await page.screenshot(path=target / f"{name}.png")
            alarms = page.locator("hui-section").filter(
                has=page.locator("smartpvms-alarms")
            )
            # The house has an alarm on most days.
            if name == "dashboard" and await alarms.first.is_visible():
                await alarms.first.screenshot(path=target / "dashboard-alarm.png")
        print(target / f"{name}.png", flush=True)


async def _options(client: HomeAssistantClient, path: str, target: Path) -> None:
    """Write a picture of the options' step that fills the Energy dashboard."""
    async with logged_in_page(client, LIGHT, WIDE) as page:
        await page.goto(client.address + path)
        await page.get_by_role("button", name="Configure").first.click()
        await page.get_by_text("Set up the Energy dashboard").click()
        await page.get_by_role("button", name="Submit").wait_for()
        await _settle(page)
        box = await page.locator("dialog[open]").bounding_box()
        clip = box and FloatRect(
            x=box["x"] - MARGIN,
            y=max(0, box["y"] - MARGIN),
            width=box["width"] + 2 * MARGIN,
            height=min(WIDE["height"], box["height"] + 2 * MARGIN),
        )
        await page.screenshot(path=target, clip=clip)
    print(target, flush=True)


async def _settle(page: Page) -> None:
    """Wait for the end of the page's requests, spinners and animations."""
    await page.wait_for_load_state("networkidle")
    await page.wait_for_function(IS_THERE)
    await page.wait_for_timeout(4000)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser("script/screenshots", description=__doc__)
    parser.add_argument("--target", type=Path, default=IMAGES)
    parser.add_argument(
        "--film", action="store_true", help="the film of a day, and no pictures"
    )
    options = parser.parse_args()
    target: Path = options.target
    target.mkdir(parents=True, exist_ok=True)
    try:
        if options.film:
            print(asyncio.run(make_film(target)))
        else:
            asyncio.run(make_pictures(target))
    except DemoError as error:
        sys.exit(f"The pictures failed. {error}")


if __name__ == "__main__":
    main()

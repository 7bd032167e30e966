"""The dashboard as a person meets it: added by clicks, alive without a reload."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
import re
from typing import Final
from zoneinfo import ZoneInfo

from playwright.async_api import Page, ViewportSize, expect
import pytest

from demo.browser import logged_in_page
from demo.configuration import ROOT
from demo.log import complaints
from demo.stage import Stage

# script/setup puts it there.
AXE: Final = ROOT / ".environment/axe/node_modules/axe-core/axe.min.js"
SIZE: Final = ViewportSize(width=1400, height=1200)
PLANT: Final = "NE=33554785"
NAME: Final = "Sonnenhof"
ALARM: Final = "Fan is stuck"
# The cards of the plant's view that are there whatever it has.
OURS: Final = (
    "smartpvms-power-flow, smartpvms-status, smartpvms-curve, smartpvms-alarms, "
    "smartpvms-devices"
)
# Milliseconds for a step of the page, and for values: one type of device a minute.
PATIENCE: Final = 60_000
VALUES: Final = 240_000
# Seconds in which colours have changed, however slow the machine.
FADING: Final = 30
# Seconds; alarms are asked for every two minutes here.
ALARM_SECONDS: Final = 360
# The cloud is up to 10 minutes behind, and is asked every five.
LAG: Final = timedelta(minutes=20)
ROUNDING: Final = 0.01


async def add(page: Page, address: str) -> None:
    """Add the dashboard: Settings > Dashboards > Add dashboard."""
    await page.goto(f"{address}/config/lovelace/dashboards")
    await page.get_by_role("button", name="Add dashboard").click()
    await page.get_by_text("Your PV plants: power now").click()
    title = page.get_by_role("textbox", name="Title")
    await expect(title).to_have_value("Huawei FusionSolar", timeout=PATIENCE)
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("button", name="Huawei FusionSolar").wait_for()


async def produced(running: Stage, ago: timedelta = timedelta()) -> float:
    """Return what the plant's modules had really given today some time ago, in kWh."""
    zone = ZoneInfo(running.place.time_zone)
    now = datetime.now(UTC) - ago
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    truth = await running.simulator.ask(
        "GET", "truth", plant=PLANT, start=midnight.isoformat(), end=now.isoformat()
    )
    return float(truth["pv"])


async def see_values(page: Page, running: Stage) -> None:
    """See the simulator's energy of today, and the flow of power."""
    tile = page.locator("hui-tile-card").filter(has_text="PV energy").first
    amount = re.compile(r"([\d.,]+)\s*kWh")
    value = tile.get_by_text(amount).last
    await value.wait_for(timeout=VALUES)
    match = amount.search(await value.inner_text())
    assert match
    shown = float(match[1].replace(",", ""))
    earlier, now = await produced(running, LAG), await produced(running)
    assert earlier - ROUNDING <= shown <= now + ROUNDING
    flow = page.locator("smartpvms-power-flow")
    power = flow.locator(".node.solar .value")
    await expect(power).to_have_text(re.compile(r"\d\s*k?W"), timeout=VALUES)
    # Arrows move from the modules to the house.
    moving = flow.locator(".flow.solar[data-step] .train")
    await expect(moving).to_be_visible(timeout=PATIENCE)
    # In words, and by keyboard.
    said = re.compile(rf"^{NAME}: the roof gives \d")
    await expect(flow.get_by_role("group", name=said)).to_be_visible()
    await flow.get_by_role("button", name="Solar").press("Enter")
    dialog = page.locator("ha-more-info-dialog")
    await expect(dialog.get_by_text("PV power").first).to_be_visible(timeout=PATIENCE)
    await page.keyboard.press("Escape")


async def see_no_violation(page: Page) -> None:
    """See axe-core find nothing in the elements of ours, in light and in dark colours."""
    await page.evaluate(AXE.read_text())
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        dark = page.locator("smartpvms-power-flow[dark]")
        await expect(dark).to_have_count(int(scheme == "dark"), timeout=PATIENCE)
        found = await violations(page)
        # Home Assistant fades a card's background, the text changes at once.
        with suppress(TimeoutError):
            async with asyncio.timeout(FADING):
                while found:
                    await asyncio.sleep(1)
                    found = await violations(page)
        assert found == []


async def violations(page: Page) -> list[str]:
    """Return what axe-core has against the elements of ours."""
    found: list[str] = await page.locator(OURS).evaluate_all(
        "async (all) => (await axe.run(all)).violations.map("
        "({id, nodes}) => `${id}: ${nodes[0].failureSummary}`)"
    )
    return found


async def see_alarm(page: Page, running: Stage) -> None:
    """See an alarm arrive while the page stays."""
    # Before the first list of alarms every one is old news.
    known = "document.querySelector('home-assistant').hass.states[id]"
    count = f"sensor.{NAME.lower()}_active_alarms"
    await page.wait_for_function(f"id => {known}", arg=count, timeout=VALUES)
    devices = await running.home_assistant.client.command("config/device_registry/list")
    (inverter,) = (
        key
        for device in devices
        if device["name"] == "Inverter-1"
        for domain, key in device["identifiers"]
        if domain == "smartpvms"
    )
    alarm = {"alarm": 4711, "level": 2, "name": ALARM}
    await running.simulator.ask(
        "POST",
        "alarms",
        {"do": "raise", "plant": PLANT, "device": int(inverter), **alarm},
    )
    refresh = page.locator("hui-button-heading-badge").first
    arrived = page.get_by_text(f"{ALARM} · Inverter-1")
    async with asyncio.timeout(ALARM_SECONDS):
        while not await arrived.is_visible():
            await refresh.click()
            await page.wait_for_timeout(5000)
    await expect(page.get_by_text(f"{ALARM}: suggestion")).to_be_visible()


@pytest.mark.timeout(900)
async def test_the_dashboard_is_one_click_away(running: Stage) -> None:
    home_assistant = running.home_assistant
    errors: list[str] = []
    async with logged_in_page(home_assistant.client, "light", SIZE, scale=1) as page:
        page.on("pageerror", lambda error: errors.append(error.message))
        await add(page, home_assistant.address)
        await page.goto(f"{home_assistant.address}/huawei-fusionsolar")
        # The overview leads to a plant.
        await page.get_by_role("link", name=NAME, exact=True).click()
        await page.wait_for_url(re.compile("/plant-"))
        await page.evaluate("window.stayed = true")
        await see_alarm(page, running)
        await see_values(page, running)
        await see_no_violation(page)
        assert await page.evaluate("window.stayed")
    assert errors == []
    assert list(complaints(home_assistant.log)) == []

"""The config flow and the options as a person meets them, in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Final

from playwright.async_api import Locator, Page, ViewportSize, expect
import pytest

from demo.browser import logged_in_page
from demo.entry import DOMAIN, ENTRIES
from demo.home_assistant import HomeAssistant
from demo.place import Place, place_in
from demo.processes import LOOPBACK, free_port
from demo.simulator import PASSWORD, USERNAME, Simulator

SIZE: Final = ViewportSize(width=1100, height=1000)
WRONG: Final = "Not-2026"
NEW: Final = "Changed-2026"
HISTORY_DAYS: Final = "30"
IMPORT_PRICE: Final = "0.31"
# Milliseconds for a step of the page, on a machine with other things to do.
PATIENCE: Final = 60_000
# Nothing is imported before the first values are there.
IMPORT_SECONDS: Final = 900


@dataclass(frozen=True)
class House:
    """A Home Assistant that does not know the simulator yet, and where they are."""

    home_assistant: HomeAssistant
    simulator: Simulator
    place: Place

    @property
    def other_address(self) -> str:
        """Return the simulator's address in other words, another account to us."""
        return self.simulator.address.replace(LOOPBACK, "localhost")

    async def restart_without_memory(self) -> None:
        """Restart, as if Home Assistant had never reached the account.

        One that had would try a refused password again half an hour later, and one
        that had just logged in would not log in within the minute.
        """
        (entry,) = await self.home_assistant.client.get(f"{ENTRIES}?domain={DOMAIN}")
        await self.home_assistant.child.stop()
        storage = self.home_assistant.folder / ".storage"
        (storage / f"{DOMAIN}.{entry['entry_id']}").unlink()
        ledgers = storage / f"{DOMAIN}.quota"
        saved = json.loads(ledgers.read_text())
        for lanes in saved["data"].values():
            lanes.pop("stations", None)
            lanes.pop("login", None)
        ledgers.write_text(json.dumps(saved))
        await self.home_assistant.start(self.place)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Start both, without an entry."""
    place = place_in("Europe/Berlin")
    simulator = Simulator(tmp_path, free_port())
    home_assistant = HomeAssistant(tmp_path, LOOPBACK, free_port())
    try:
        await simulator.start(place)
        await home_assistant.start(place)
        yield House(home_assistant, simulator, place)
    finally:
        await home_assistant.stop()
        await simulator.stop()


async def see(page: Page, text: str | re.Pattern[str]) -> None:
    """Wait until a text is to be seen."""
    await page.get_by_text(text).first.wait_for()


async def see_no_dialog(page: Page) -> None:
    """Wait until no dialog is open."""
    await expect(page.locator("dialog[open]")).to_have_count(0, timeout=PATIENCE)


async def press(page: Page, name: str) -> None:
    """Press a button of the dialog, else of the page."""
    await page.get_by_role("button", name=name, exact=True).last.click()


async def fill(page: Page, field: str, text: str) -> None:
    """Fill in a text field."""
    await page.get_by_role("textbox", name=field).fill(text)


async def choose_server(page: Page, address: str) -> None:
    """Enter an address that the list of servers does not have."""
    await page.get_by_role("button", name="Server").click()
    await page.get_by_placeholder("Add custom item").fill(address)
    await page.get_by_role("option", name="Add custom item").click()
    await page.get_by_role("button", name=f"Server * {address}").wait_for()


async def close(page: Page) -> None:
    """Close the dialog."""
    await press(page, "Close")
    await see_no_dialog(page)


async def open_integrations(page: Page, house: House) -> None:
    """Go to Settings > Devices & services."""
    await page.goto(f"{house.home_assistant.address}/config")
    await page.get_by_text("Devices & services").first.click()
    await page.get_by_role("button", name="Add integration").wait_for()


async def open_entry(page: Page, house: House) -> None:
    """Go on to the integration's own page."""
    await open_integrations(page, house)
    await page.get_by_role("link", name="Huawei FusionSolar").click()
    await page.get_by_role("button", name="Configure").wait_for()


async def add(page: Page, house: House) -> None:
    """Add the account, not without mistakes, and deselect a plant."""
    await open_integrations(page, house)
    await press(page, "Add integration")
    await page.get_by_placeholder("Search for a brand name").fill("FusionSolar")
    await page.get_by_text("Huawei FusionSolar").click()
    await see(page, "Log in with a northbound (API) account of FusionSolar.")

    await choose_server(page, house.other_address)
    await fill(page, "Username", USERNAME)
    await fill(page, "Password", WRONG)
    await press(page, "Submit")
    await see(page, "The server refused the login: the username or the password")
    await fill(page, "Password", PASSWORD)

    await choose_server(page, "region01eu5.fusionsolar.huawei.com")
    await press(page, "Submit")
    await see(page, "This is the address of a web portal")
    await choose_server(page, f"http://{LOOPBACK}:{free_port()}")
    await press(page, "Submit")
    await see(page, f"{LOOPBACK} does not answer.")
    # Like a portal, Home Assistant answers, but has no such interface.
    await choose_server(page, house.home_assistant.address)
    await press(page, "Submit")
    await see(page, f"{LOOPBACK} answers, but has no northbound interface.")
    await choose_server(page, house.simulator.address)
    await press(page, "Submit")

    await see(page, "Which plants do you want to see?")
    await page.get_by_text("Solarpark Süd").click()
    await press(page, "Submit")
    await see(page, "What is next?")
    await press(page, "Submit")
    await see(page, "The dashboard is in the sidebar")
    await close(page)


async def see_values(page: Page, house: House) -> None:
    """See what the plant does, on its page."""
    await open_entry(page, house)
    await page.get_by_role("button", name=re.compile("^Sonnenhof PV plant")).click()
    row = page.locator("hui-sensor-entity-row").filter(has_text="PV power")
    await expect(row).to_have_text(re.compile(r"\d\s*kW\b"), timeout=PATIENCE)


async def log_in_again(page: Page, house: House) -> None:
    """Enter the new password where Home Assistant asks for it."""
    await open_integrations(page, house)
    await page.get_by_role("button", name="Reconfigure").click()
    await see(page, f"The server no longer accepts the login of {USERNAME}.")
    await log_in(page, page.get_by_text("Re-authentication was successful"))
    await close(page)


async def log_in(page: Page, done: Locator) -> None:
    """Enter the new password, once more where a call was less than a minute ago."""
    early = page.get_by_text(re.compile(r"Try again in \d+ seconds"))
    await fill(page, "Password", NEW)
    await press(page, "Submit")
    await done.or_(early).first.wait_for()
    if await early.is_visible():
        (seconds,) = re.findall(r"in (\d+) seconds", await early.inner_text())
        await page.wait_for_timeout(int(seconds) * 1000)
        await fill(page, "Password", NEW)
        await press(page, "Submit")
    await done.wait_for()


async def reconfigure(page: Page, house: House) -> None:
    """Change the host to another one of the same system."""
    await open_entry(page, house)
    await page.get_by_role("button", name="Menu").nth(1).click()
    await page.get_by_role("menuitem", name="Reconfigure").click()
    await see(page, "The plants have to stay the same")
    await choose_server(page, house.other_address)
    # The server gives the list of plants once a minute; the entry has just read it.
    await page.wait_for_timeout(65_000)
    await log_in(page, page.get_by_text(re.compile("Re-?configuration was successful")))
    await close(page)


async def open_settings(page: Page) -> None:
    """Choose the settings in the menu of the options."""
    await page.get_by_role("button", name="Configure").click()
    await page.get_by_text("Plants, meters, currency, prices").click()
    await see(page, "Hourly history")


async def change_settings(page: Page) -> None:
    """Set a price and how far back the hours go, and find both set."""
    await open_settings(page)
    await page.get_by_role("button", name="Number").first.click()
    numbers = page.get_by_role("spinbutton")
    await numbers.first.fill(IMPORT_PRICE)
    days = page.get_by_role("spinbutton", name="Hourly history")
    await days.fill(HISTORY_DAYS)
    await press(page, "Submit")
    await see(page, "Options successfully saved.")
    await press(page, "Finish")
    await see_no_dialog(page)

    await open_settings(page)
    assert await numbers.first.input_value() == IMPORT_PRICE
    assert await days.input_value() == HISTORY_DAYS
    await close(page)


async def open_energy_step(page: Page) -> None:
    """Choose the Energy dashboard in the menu of the options."""
    await page.get_by_role("button", name="Configure").click()
    await page.get_by_text("Set up the Energy dashboard").click()


async def fill_energy_dashboard(page: Page) -> None:
    """Let the plant be put in, where the tick of the set-up has not done so yet."""
    plan = page.get_by_text("will put these sources into the Energy dashboard")
    nothing = page.get_by_text("Nothing has been imported yet")
    done = page.get_by_text("There was nothing to change in the Energy dashboard:")
    async with asyncio.timeout(IMPORT_SECONDS):
        while True:
            await open_energy_step(page)
            await plan.or_(nothing).or_(done).wait_for()
            if await done.is_visible():
                break
            if await plan.is_visible():
                await press(page, "Submit")
                await see(page, "Open the Energy dashboard")
            await close(page)
    await close(page)


@pytest.mark.timeout(1500)
async def test_a_person_clicks_through_all_forms(house: House) -> None:
    client = house.home_assistant.client
    async with logged_in_page(client, "light", SIZE, scale=1) as page:
        await add(page, house)
        await see_values(page, house)

        await house.simulator.ask("POST", "password", {"set": NEW})
        await house.restart_without_memory()
        await log_in_again(page, house)
        await reconfigure(page, house)
        await open_entry(page, house)
        await change_settings(page)
        await fill_energy_dashboard(page)

    # Its limits are no matter here: what was counted is forgotten on the way.
    log = house.home_assistant.log.read_text()
    assert not any(secret in log for secret in (WRONG, PASSWORD, NEW))

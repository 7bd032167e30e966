"""The owner's way as a person clicks it: consent on the server's page, then values."""

from typing import Final

from playwright.async_api import Page
import pytest

from demo.browser import logged_in_page
from demo.entry import DOMAIN, ENTRIES
from simulator import Clock, Owner

from . import test_flows
from .test_flows import (
    PATIENCE,
    SIZE,
    House,
    choose_server,
    close,
    open_integrations,
    press,
    see,
    see_values,
)

house = test_flows.house

# What the simulator's process begins with.
OWNER: Final = Owner(Clock())


async def enter_client(house: House) -> None:
    """Enter the client, as Home Assistant's dialog for it does."""
    await house.home_assistant.client.command(
        "application_credentials/create",
        domain=DOMAIN,
        client_id=OWNER.client_id,
        client_secret=OWNER.client_secret,
    )


async def choose_owner(page: Page, house: House) -> None:
    """Choose the owner's login and the server."""
    await open_integrations(page, house)
    await press(page, "Add integration")
    await page.get_by_placeholder("Search for a brand name").fill("FusionSolar")
    await page.get_by_text("Huawei FusionSolar").click()
    await see(page, "has not been tried out on the real server yet")
    await (
        page.get_by_role("combobox", name="Access")
        .or_(page.get_by_role("button", name="Access"))
        .first.click()
    )
    await page.get_by_text("Owner's login (new, not tried out yet)").click()
    await choose_server(page, house.simulator.address)


async def agree(page: Page, consent: Page) -> None:
    """Log in on the server's page, at the second attempt, and agree."""
    await consent.get_by_label("Account").fill(OWNER.username)
    await consent.get_by_label("Password").fill("wrong")
    await consent.get_by_role("button", name="Agree").click()
    await see(consent, "The account or the password is wrong.")
    await consent.get_by_label("Account").fill(OWNER.username)
    await consent.get_by_label("Password").fill(OWNER.password)
    await consent.get_by_role("button", name="Agree").click()


@pytest.mark.timeout(600)
async def test_an_owner_clicks_from_add_integration_to_values(house: House) -> None:
    await enter_client(house)
    client = house.home_assistant.client
    async with logged_in_page(client, "light", SIZE, scale=1) as page:
        page.set_default_timeout(PATIENCE)
        await choose_owner(page, house)
        async with page.context.expect_page() as opened:
            await press(page, "Submit")
        await agree(page, await opened.value)
        await see(page, "Which plants do you want to see?")
        await page.get_by_text("Solarpark Süd").click()
        await press(page, "Submit")
        await see(page, "What is next?")
        await press(page, "Submit")
        await see(page, "The dashboard is in the sidebar")
        await close(page)
        await see_values(page, house)
    (entry,) = await client.get(f"{ENTRIES}?domain={DOMAIN}")
    assert entry["state"] == "loaded"
    log = house.home_assistant.log.read_text()
    assert not any(one in log for one in (OWNER.password, OWNER.client_secret))

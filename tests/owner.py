"""An owner's way through the config flow, as a person with a browser goes it."""

from typing import Any

from aiohttp import ClientSession, DummyCookieJar
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.config_entry_oauth2_flow import AUTH_CALLBACK_PATH
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.smartpvms.const import (
    CONF_CONSENT,
    CONF_EXCLUDED_PLANTS,
    CONF_IMPLEMENTATION,
    DOMAIN,
)
from custom_components.smartpvms.flows.owner import owner_account
from simulator import Simulator
from simulator.owner import SCOPES

from .flows import assert_readable

CLIENT = f"{DOMAIN}_client"
BACK = f"https://example.com{AUTH_CALLBACK_PATH}"


async def register_client(hass: HomeAssistant, sim: Simulator) -> None:
    """Enter the client in Home Assistant's dialog."""
    assert await async_setup_component(hass, "application_credentials", {})
    credential = ClientCredential(sim.owner.client_id, sim.owner.client_secret)
    await async_import_client_credential(hass, DOMAIN, credential, CLIENT)


async def agree(
    hass: HomeAssistant,
    sim: Simulator,
    result: ConfigFlowResult,
    browser: ClientSessionGenerator,
    *scopes: str,
    answer: str = "agree",
) -> ConfigFlowResult:
    """Go to the page of consent, answer, come back, and return what the flow shows."""
    assert result["type"] is FlowResultType.EXTERNAL_STEP
    sent = [
        ("username", sim.owner.username),
        ("password", sim.owner.password),
        ("answer", answer),
        *(("scope", one) for one in scopes or SCOPES),
    ]
    async with (
        ClientSession(cookie_jar=DummyCookieJar()) as http,
        http.post(result["url"], data=sent, allow_redirects=False, ssl=False) as page,
    ):
        back = URL(page.headers["Location"])
    assert str(back.with_query(None)) == BACK
    home = await browser()
    response = await home.get(AUTH_CALLBACK_PATH, params=back.query)
    assert response.status == 200, await response.text()
    shown = await hass.config_entries.flow.async_configure(result["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_readable(shown)
    return shown


def tokens(sim: Simulator, *scopes: str) -> dict[str, Any]:
    """Return the tokens of a consent as Home Assistant stores them."""
    owner = sim.owner
    code = owner.consent(owner.username, owner.password, BACK, scopes or SCOPES)
    answer = owner.exchange(
        {
            "grant_type": "authorization_code",
            "client_id": owner.client_id,
            "client_secret": owner.client_secret,
            "code": code or "",
            "redirect_uri": BACK,
        }
    )
    return {**answer, "expires_at": sim.clock.now() + 3600}


def owner_entry(
    url: str, sim: Simulator, *scopes: str, **options: object
) -> MockConfigEntry:
    """Return an entry of an owner who has agreed, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="FusionSolar owner",
        unique_id=owner_account(url, [plant.code for plant in sim.plants]),
        data={
            CONF_HOST: url,
            CONF_IMPLEMENTATION: CLIENT,
            CONF_CONSENT: "first",
            CONF_VERIFY_SSL: True,
            CONF_TOKEN: tokens(sim, *scopes),
        },
        options={CONF_EXCLUDED_PLANTS: [], **options},
    )

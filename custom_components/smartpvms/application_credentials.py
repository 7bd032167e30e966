"""The client with which an owner logs in, entered in Home Assistant's own dialog."""

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import (
    AUTH_CALLBACK_PATH,
    MY_AUTH_CALLBACK_PATH,
)
from homeassistant.loader import async_get_integration

from .account.owner import OwnerImplementation
from .const import DOMAIN


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> OwnerImplementation:
    """Return a client's implementation; the flow and the tokens name the host."""
    return OwnerImplementation(hass, auth_domain, credential)


async def async_get_description_placeholders(hass: HomeAssistant) -> dict[str, str]:
    """Return what the dialog names: where owners come back to, and what to read."""
    is_my = "my" in hass.config.components
    documentation = (await async_get_integration(hass, DOMAIN)).documentation
    return {
        "redirect_url": MY_AUTH_CALLBACK_PATH if is_my else AUTH_CALLBACK_PATH,
        "help_url": f"{documentation}/blob/main/docs/account.md",
    }

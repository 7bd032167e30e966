"""The owner's way through the config flow: host, consent, plants."""

from collections.abc import Mapping
import logging
from secrets import token_hex
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2FlowHandler
import voluptuous as vol

from .account.owner import OwnerCredentials, OwnerImplementation
from .const import CONF_IMPLEMENTATION, DOMAIN, LOGGER
from .welcome.forms import ACCESS_OWNER


class OwnerFlow(AbstractOAuth2FlowHandler):
    """Steps of the consent; what the ways have in common is the flow's."""

    DOMAIN = DOMAIN

    _host: Mapping[str, Any]

    @property
    @override
    def logger(self) -> logging.Logger:
        return LOGGER

    async def async_ask_owner(self, origin: str, verify_ssl: bool) -> ConfigFlowResult:
        """Send the owner to the page of consent."""
        self._host = {CONF_HOST: origin, CONF_VERIFY_SSL: verify_ssl}
        return await self.async_step_pick_implementation()

    @override
    async def async_generate_authorize_url(self) -> str:
        assert isinstance(self.flow_impl, OwnerImplementation)
        self.flow_impl = self.flow_impl.at(self._host[CONF_HOST])
        return await super().async_generate_authorize_url()

    @override
    async def async_oauth_create_entry(self, data: dict[str, Any]) -> ConfigFlowResult:
        """List the plants with the tokens of the consent."""
        return await self.async_list_of_owner(
            OwnerCredentials(
                self._host[CONF_HOST],
                data[CONF_IMPLEMENTATION],
                token_hex(8),
                self._host[CONF_VERIFY_SSL],
                data[CONF_TOKEN],
            )
        )

    async def async_list_of_owner(
        self, credentials: OwnerCredentials
    ) -> ConfigFlowResult:
        """List the plants and go on with them."""
        raise NotImplementedError

    async def async_step_owner_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new consent where the old one was withdrawn."""
        if user_input is None:
            return self.async_show_form(
                step_id="owner_reauth_confirm", data_schema=vol.Schema({})
            )
        data = self._get_reauth_entry().data
        return await self.async_ask_owner(data[CONF_HOST], data[CONF_VERIFY_SSL])

    def entry_of_consent(self) -> ConfigEntry | None:
        """Return the entry that the consent is for, None for a new one."""
        if self.source == SOURCE_USER:
            return None
        is_reauth = self.source == SOURCE_REAUTH
        return self._get_reauth_entry() if is_reauth else self._get_reconfigure_entry()


def owner_account(origin: str, plants: list[str]) -> str:
    """Return the unique id of an entry by host and owner.

    No interface tells who the owner is: the first plant stands for the owner.
    """
    return f"{origin}|{ACCESS_OWNER}:{min(plants, default='')}"


def moved(unique_id: str | None, origin: str) -> str:
    """Return the unique id of an entry at the host of another origin."""
    _, _, owner = (unique_id or "").partition("|")
    return f"{origin}|{owner}"

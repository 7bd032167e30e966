"""The owner's way through the config flow: host, consent, plants."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
import logging
from secrets import token_hex
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2FlowHandler
import voluptuous as vol

from ..account.owner import OwnerCredentials, OwnerImplementation
from ..account.typed import REASONS
from ..const import CONF_IMPLEMENTATION, DOMAIN, LOGGER
from ..northbound import normalise_address
from ..welcome.forms import ACCESS_OWNER, CONF_ACCESS, OWNER_SCHEMA
from .plants import PlantsFlow, updated

type Form = Callable[[Mapping[str, Any], dict[str, str]], ConfigFlowResult]
"""Shows values and errors."""


class OwnerFlow(PlantsFlow, AbstractOAuth2FlowHandler):
    """Steps of the consent, and what follows it."""

    DOMAIN = DOMAIN

    _host: Mapping[str, Any]

    @property
    @override
    def logger(self) -> logging.Logger:
        return LOGGER

    async def async_ask_owner_at(
        self, typed: Mapping[str, Any], form: Form
    ) -> ConfigFlowResult:
        """Send the owner to the page of consent of the server that was typed."""
        try:
            origin = normalise_address(typed[CONF_HOST])
        except tuple(REASONS) as error:
            return form(*self._corrected(typed, error))
        return await self._async_ask_owner(origin, typed[CONF_VERIFY_SSL])

    async def _async_ask_owner(self, origin: str, verify_ssl: bool) -> ConfigFlowResult:
        self._host = {CONF_HOST: origin, CONF_VERIFY_SSL: verify_ssl}
        return await self.async_step_pick_implementation()

    @override
    async def async_generate_authorize_url(self) -> str:
        assert isinstance(self.flow_impl, OwnerImplementation)
        self.flow_impl = self.flow_impl.at(
            self._host[CONF_HOST], self._host[CONF_VERIFY_SSL]
        )
        return await super().async_generate_authorize_url()

    @override
    async def async_oauth_create_entry(self, data: dict[str, Any]) -> ConfigFlowResult:
        """List the plants with the tokens of the consent."""
        credentials = OwnerCredentials(
            self._host[CONF_HOST],
            data[CONF_IMPLEMENTATION],
            token_hex(8),
            self._host[CONF_VERIFY_SSL],
            data[CONF_TOKEN],
        )
        if await self._sign_in.async_list(credentials):
            return await self._async_when_listed(self._async_offer_of_owner)
        return self._show_again(await self._async_errors())

    async def _async_offer_of_owner(self) -> ConfigFlowResult:
        """Go on with an owner's plants, or with the entry that asked for consent."""
        connection = self._sign_in.connection
        origin = connection.credentials.origin
        if entry := self._entry_of_consent():
            if not self._has_plants_of(entry, connection):
                connection.pop_plants()
                return self._show_other_plants()
            await self._async_carry_over(entry, connection)
            return self.async_update_reload_and_abort(
                entry,
                unique_id=moved(entry.unique_id, origin),
                data=updated(entry, connection.credentials),
            )
        codes = [plant.code for plant in connection.plants]
        await self._async_claim(owner_account(origin, codes))
        return await self._async_offer_plants()

    async def async_step_owner_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new consent where the old one was withdrawn."""
        if user_input is None:
            return self._show_owner_again({}, {})
        data = self._get_reauth_entry().data
        return await self._async_ask_owner(data[CONF_HOST], data[CONF_VERIFY_SSL])

    async def async_step_owner_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another host, and in any case for a new consent."""
        if user_input is None:
            return self._show_owner(self._get_reconfigure_entry().data, {})
        return await self.async_ask_owner_at(user_input, self._show_owner)

    def _show_owner_again(
        self, asked: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Show the form from which the owner went to the page of consent."""
        if self.source == SOURCE_REAUTH:
            return self._show("owner_reauth_confirm", vol.Schema({}), None, errors)
        if self.source == SOURCE_RECONFIGURE:
            return self._show_owner(asked, errors)
        return self._show_user({**asked, CONF_ACCESS: ACCESS_OWNER}, errors)

    def _show_owner(
        self, shown: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self._show("owner_reconfigure", OWNER_SCHEMA, shown, errors)

    @abstractmethod
    def _show_user(
        self, shown: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Show the form of a new account, with a certificate where that may help."""

    def _entry_of_consent(self) -> ConfigEntry | None:
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

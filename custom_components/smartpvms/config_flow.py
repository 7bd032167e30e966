"""Config flow: account, then plants; reauthentication, reconfiguration.

What comes after it (dashboard, Energy dashboard) is a step of the options, which the
frontend opens as the next flow: this one ends with the plants.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, override

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import callback
import voluptuous as vol

from .account.connections import Credentials
from .account.typed import REASONS, async_credentials
from .const import CONF_CA_CERTIFICATE, DOMAIN
from .flows.options import SmartPvmsOptionsFlow
from .flows.owner import OwnerFlow
from .flows.plants import updated
from .hub.hub import SmartPvmsConfigEntry
from .welcome.forms import (
    ACCESS_OWNER,
    ACCOUNT_SCHEMA,
    CA_CERTIFICATE,
    CONF_ACCESS,
    PASSWORD,
    USER_SCHEMA,
)


class SmartPvmsConfigFlow(OwnerFlow, domain=DOMAIN):
    """Sets up an account and its plants."""

    VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(
        config_entry: SmartPvmsConfigEntry,
    ) -> SmartPvmsOptionsFlow:
        """Return the options flow."""
        return SmartPvmsOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account and log in."""
        if user_input is None:
            return self._show_user({}, {})
        if user_input[CONF_ACCESS] == ACCESS_OWNER:
            return await self.async_ask_owner_at(user_input, self._show_user)
        try:
            credentials = await async_credentials(self.hass, user_input)
        except tuple(REASONS) as error:
            return self._show_user(*self._corrected(user_input, error))
        await self._async_claim(credentials.account)
        if await self._sign_in.async_list(credentials):
            return await self._async_when_listed(self._async_offer_plants)
        if self._sign_in.waits:
            return await self._async_wait(partial(self.async_step_user, user_input))
        return self._show_user(user_input, await self._async_errors())

    @override
    def _show_again(self, errors: dict[str, str]) -> ConfigFlowResult:
        asked = self._sign_in.connection.credentials.data()
        if CONF_TOKEN in asked:
            return self._show_owner_again(asked, errors)
        if self.source == SOURCE_RECONFIGURE:
            return self._show_account(asked, errors)
        return self._show_user(asked, errors)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the password, or the consent, after a refused login."""
        if CONF_TOKEN in entry_data:
            return await self.async_step_owner_reauth_confirm()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Log in with the new password."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            password = user_input[CONF_PASSWORD]
            credentials = replace(Credentials.of(entry.data), password=password)
            if await self._sign_in.async_prove(credentials):
                return self.async_update_reload_and_abort(
                    entry, data=updated(entry, credentials)
                )
            if self._sign_in.waits:
                again = partial(self.async_step_reauth_confirm, user_input)
                return await self._async_wait(again)
            errors = await self._async_errors()
        self._sign_in.placeholders["username"] = entry.data[CONF_USERNAME]
        schema = vol.Schema({vol.Required(CONF_PASSWORD): PASSWORD})
        return self._show("reauth_confirm", schema, user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change host, user or password; the plants must be the same ones."""
        entry = self._get_reconfigure_entry()
        if CONF_TOKEN in entry.data:
            return await self.async_step_owner_reconfigure()
        if user_input is None:
            shown = {key: entry.data[key] for key in entry.data if key != CONF_PASSWORD}
            return self._show_account(shown, {})
        try:
            credentials = await async_credentials(self.hass, user_input)
        except tuple(REASONS) as error:
            return self._show_account(*self._corrected(user_input, error))
        if credentials.account == entry.unique_id:
            if await self._sign_in.async_prove(credentials):
                return await self._async_reconfigured()
        else:
            await self._async_claim(credentials.account)
            if await self._sign_in.async_list(credentials):
                return await self._async_when_listed(self._async_move)
        if self._sign_in.waits:
            again = partial(self.async_step_reconfigure, user_input)
            return await self._async_wait(again)
        return self._show_account(user_input, await self._async_errors())

    async def _async_move(self) -> ConfigFlowResult:
        """Move an entry to another host or account that has its plants."""
        connection = self._sign_in.connection
        if not self._has_plants_of(self._get_reconfigure_entry(), connection):
            # They may be the right ones after all, at the next attempt.
            connection.pop_plants()
            return self._show_other_plants()
        return await self._async_reconfigured()

    async def _async_reconfigured(self) -> ConfigFlowResult:
        entry, connection = self._get_reconfigure_entry(), self._sign_in.connection
        await self._async_carry_over(entry, connection)
        return self.async_update_reload_and_abort(
            entry,
            unique_id=connection.credentials.account,
            data=updated(entry, connection.credentials),
        )

    @override
    def _show_user(
        self, shown: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        is_asked = errors.get("base") == "certificate"
        schema = USER_SCHEMA
        if is_asked or shown.get(CONF_CA_CERTIFICATE):
            schema = schema.extend(CA_CERTIFICATE)
        return self._show("user", schema, shown, errors)

    def _show_account(
        self, shown: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Show the form of an account that is there."""
        schema = ACCOUNT_SCHEMA.extend(CA_CERTIFICATE)
        return self._show("reconfigure", schema, shown, errors)

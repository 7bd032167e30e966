"""Config flow: account, then plants; options, reauthentication, reconfiguration."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import chain, count
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from .account.connections import Connection, Credentials, async_get_connections
from .account.device_registry import plant_owners
from .account.sign_in import SignIn
from .account.wording import listed
from .const import CONF_EXCLUDED_PLANTS, CONF_PLANTS, DOMAIN, REGIONS
from .hub.hub import SmartPvmsConfigEntry
from .hub.setup import credentials_of
from .northbound import Plant, normalise_origin
from .northbound.errors import NoAddressError, NotEncryptedError
from .options_flow import SmartPvmsOptionsFlow, several

type GoOn = Callable[[], Awaitable[ConfigFlowResult]]

HOST: Final = SelectSelector(
    SelectSelectorConfig(
        # As they are shown once chosen: a list that may be added to shows no labels.
        options=list(REGIONS),
        mode=SelectSelectorMode.DROPDOWN,
        custom_value=True,
    )
)
USERNAME: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="username")
)
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
ACCOUNT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_HOST, default=REGIONS[0]): HOST,
        vol.Required(CONF_USERNAME): USERNAME,
        vol.Required(CONF_PASSWORD): PASSWORD,
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)


class SmartPvmsConfigFlow(ConfigFlow, domain=DOMAIN):
    """Sets up an account and its plants."""

    VERSION = 1

    _offered: dict[str, Plant]
    _go_on: GoOn

    def __init__(self) -> None:
        """Start without an answer from anywhere."""
        self._listing: asyncio.Task[None] | None = None

    @cached_property
    def _sign_in(self) -> SignIn:
        """Return the log-in of this flow; Home Assistant is known after the start."""
        return SignIn(self.hass)

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
        errors: dict[str, str] = {}
        if user_input is not None and (
            credentials := self._credentials(user_input, errors)
        ):
            await self._async_claim(credentials)
            if await self._sign_in.async_list(credentials):
                return await self._async_when_listed(self._async_offer_plants)
            errors = self._errors()
        return self._show("user", ACCOUNT_SCHEMA, user_input, errors)

    async def async_step_listing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show that further pages of plants have to wait their minute."""
        if self._listing is None:
            rest = self._sign_in.async_list_rest()
            self._listing = self.hass.async_create_background_task(rest, "list plants")
        if not self._listing.done():
            return self.async_show_progress(
                step_id="listing",
                progress_action="listing",
                progress_task=self._listing,
            )
        self._listing = None
        return self.async_show_progress_done(next_step_id="listed")

    async def async_step_listed(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the plants, or start over with the reason."""
        if self._sign_in.error is None:
            return await self._go_on()
        asked = _stored(self._sign_in.connection.credentials)
        step = "reconfigure" if self.source == SOURCE_RECONFIGURE else "user"
        return self._show(step, ACCOUNT_SCHEMA, asked, self._errors())

    async def async_step_plants(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which plants to show, all of them unless deselected."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if chosen := set(user_input[CONF_PLANTS]):
                return self._create(self._offered.keys() - chosen)
            errors[CONF_PLANTS] = "no_plants_selected"
        plants = [(code, plant.name) for code, plant in self._offered.items()]
        schema = vol.Schema(
            {vol.Required(CONF_PLANTS, default=list(self._offered)): several(plants)}
        )
        return self._show("plants", schema, user_input, errors)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the password after a refused login."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Log in with the new password."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            password = user_input[CONF_PASSWORD]
            credentials = replace(credentials_of(entry), password=password)
            if await self._sign_in.async_prove(credentials):
                return self.async_update_reload_and_abort(
                    entry, data=_stored(credentials)
                )
            errors = self._errors()
        self._sign_in.placeholders["username"] = entry.data[CONF_USERNAME]
        schema = vol.Schema({vol.Required(CONF_PASSWORD): PASSWORD})
        return self._show("reauth_confirm", schema, user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change host, user or password; the plants must be the same ones."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None and (
            credentials := self._credentials(user_input, errors)
        ):
            if credentials.account == entry.unique_id:
                if await self._sign_in.async_prove(credentials):
                    return await self._async_reconfigured()
            else:
                await self._async_claim(credentials)
                if await self._sign_in.async_list(credentials):
                    return await self._async_when_listed(self._async_move)
            errors = self._errors()
        shown = {key: entry.data[key] for key in entry.data if key != CONF_PASSWORD}
        return self._show("reconfigure", ACCOUNT_SCHEMA, user_input or shown, errors)

    async def _async_move(self) -> ConfigFlowResult:
        """Move an entry to another host or account that has its plants."""
        connection = self._sign_in.connection
        if not self._has_plants_of(self._get_reconfigure_entry(), connection):
            # They may be the right ones after all, at the next attempt.
            connection.pop_plants()
            asked = _stored(connection.credentials)
            errors: dict[str, str] = {}
            errors["base"] = "other_plants"
            return self._show("reconfigure", ACCOUNT_SCHEMA, asked, errors)
        return await self._async_reconfigured()

    async def _async_reconfigured(self) -> ConfigFlowResult:
        entry, connection = self._get_reconfigure_entry(), self._sign_in.connection
        await self._async_carry_over(entry, connection)
        return self.async_update_reload_and_abort(
            entry,
            unique_id=connection.credentials.account,
            data=_stored(connection.credentials),
        )

    async def _async_when_listed(self, go_on: GoOn) -> ConfigFlowResult:
        """Go on at once, or when the rest of the plants is listed."""
        if not self._sign_in.connection.is_listing:
            return await go_on()
        self._go_on = go_on
        return await self.async_step_listing()

    def _errors(self) -> dict[str, str]:
        """Return the message of a failed log-in, none after a success."""
        return {"base": error} if (error := self._sign_in.error) else {}

    def _credentials(
        self, data: Mapping[str, Any], errors: dict[str, str]
    ) -> Credentials | None:
        """Return the credentials in a form, None with the reason in `errors`."""
        try:
            origin = normalise_origin(data[CONF_HOST])
        except NotEncryptedError:
            errors[CONF_HOST] = "not_encrypted"
            return None
        except NoAddressError:
            errors[CONF_HOST] = "invalid_host"
            return None
        return Credentials(
            origin,
            data[CONF_USERNAME].strip(),
            data[CONF_PASSWORD],
            data[CONF_VERIFY_SSL],
        )

    async def _async_claim(self, credentials: Credentials) -> None:
        """Make the account this flow's, or abort if another entry has it."""
        # A dialog that was left open elsewhere shall not stand in the way.
        await self.async_set_unique_id(credentials.account, raise_on_progress=False)
        self._abort_if_unique_id_configured()

    async def _async_carry_over(
        self, entry: ConfigEntry, connection: Connection
    ) -> None:
        """Keep the count of an account's calls where only its address is new."""
        before, now = credentials_of(entry), connection.credentials
        if now.username == before.username and now.origin != before.origin:
            connections = await async_get_connections(self.hass)
            await connections.async_carry_over(before.account, connection)

    def _has_plants_of(self, entry: ConfigEntry, connection: Connection) -> bool:
        """Tell whether an account has one of the plants that an entry shows."""
        codes = [plant.code for plant in connection.plants]
        return entry in plant_owners(self.hass, codes).values()

    async def _async_offer_plants(self) -> ConfigFlowResult:
        """Go on with the plants that no other entry shows."""
        plants = {plant.code: plant for plant in self._sign_in.connection.plants}
        if not plants:
            return self.async_abort(reason="no_plants")
        owners = plant_owners(self.hass, plants)
        self._offered = {code: p for code, p in plants.items() if code not in owners}
        if not self._offered:
            titles = sorted({entry.title for entry in owners.values()})
            return self.async_abort(
                reason="plants_taken",
                description_placeholders={"entries": listed(self.hass, titles)},
            )
        if len(self._offered) > 1:
            return await self.async_step_plants()
        return self._create(set())

    def _create(self, excluded: Iterable[str]) -> ConfigFlowResult:
        """Create the entry; the deselected plants are stored."""
        credentials = self._sign_in.connection.credentials
        return self.async_create_entry(
            title=self._title(credentials),
            data=_stored(credentials),
            options={CONF_EXCLUDED_PLANTS: sorted(excluded)},
        )

    def _title(self, credentials: Credentials) -> str:
        """Return a title of its own, without a plant's or person's name.

        Titles are written to logs.
        """
        host = URL(credentials.origin).host or ""
        title = f"FusionSolar {host.removesuffix('.fusionsolar.huawei.com')}"
        taken = {entry.title for entry in self._async_current_entries()}
        titles = (f"{title} {number}" for number in count(2))
        return next(name for name in chain((title,), titles) if name not in taken)

    def _show(
        self,
        step_id: str,
        schema: vol.Schema,
        suggested: Mapping[str, Any] | None,
        errors: dict[str, str],
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=self._sign_in.placeholders,
        )


def _stored(credentials: Credentials) -> dict[str, str | bool]:
    """Return the data of an entry."""
    return {
        CONF_HOST: credentials.origin,
        CONF_USERNAME: credentials.username,
        CONF_PASSWORD: credentials.password,
        CONF_VERIFY_SSL: credentials.verify_ssl,
    }

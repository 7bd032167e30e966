"""Config flow: account, then plants; reauthentication, reconfiguration.

What comes after it (dashboard, Energy dashboard) is a step of the options, which the
frontend opens as the next flow: this one ends with the plants.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain, count
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import callback
import voluptuous as vol
from yarl import URL

from .account.connections import (
    AnyCredentials,
    Connection,
    Credentials,
    async_get_connections,
)
from .account.device_registry import plant_owners
from .account.owner import OwnerCredentials
from .account.sign_in import SignIn
from .account.typed import REASONS, async_credentials
from .account.wording import listed
from .const import (
    ACCOUNT_HELP,
    CONF_CA_CERTIFICATE,
    CONF_ENERGY_PENDING,
    CONF_EXCLUDED_PLANTS,
    CONF_LEFT_OUT,
    CONF_PLANTS,
    DOMAIN,
)
from .hub.hub import SmartPvmsConfigEntry
from .hub.setup import credentials_of
from .northbound import Plant, normalise_address
from .northbound.errors import PageAddressError
from .options_flow import SmartPvmsOptionsFlow
from .owner_flow import OwnerFlow, moved, owner_account
from .welcome.forms import (
    ACCESS_NORTHBOUND,
    ACCESS_OWNER,
    ACCOUNT_SCHEMA,
    CA_CERTIFICATE,
    CONF_ACCESS,
    OWNER_SCHEMA,
    PASSWORD,
    USER_SCHEMA,
    several,
)
from .welcome.step import AFTER_SET_UP

type GoOn = Callable[[], Awaitable[ConfigFlowResult]]

# What an entry's data hold beside the account.
_KEPT: Final = (CONF_LEFT_OUT, CONF_ENERGY_PENDING)


class SmartPvmsConfigFlow(OwnerFlow, domain=DOMAIN):
    """Sets up an account and its plants."""

    VERSION = 1

    _offered: dict[str, Plant]
    _go_on: GoOn
    _again: GoOn

    def __init__(self) -> None:
        """Start without an answer from anywhere."""
        super().__init__()
        self._listing: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._wait: dict[str, str] = {}
        self._left_out: list[str] = []

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
        if user_input is None:
            return self._show_account("user", {CONF_ACCESS: ACCESS_NORTHBOUND}, {})
        if user_input.get(CONF_ACCESS) == ACCESS_OWNER:
            return await self._async_ask_owner_at("user", user_input)
        try:
            credentials = await async_credentials(self.hass, user_input)
        except tuple(REASONS) as error:
            return self._show_mistyped("user", user_input, error)
        await self._async_claim(credentials.account)
        if await self._sign_in.async_list(credentials):
            return await self._async_when_listed(self._async_offer_plants)
        if self._sign_in.waits:
            return await self._async_wait(partial(self.async_step_user, user_input))
        return self._show_account("user", user_input, await self._async_errors())

    async def async_step_waiting(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Count down to the next login, and show why the last one failed."""
        if self._waiting is None:
            wait = self._sign_in.async_wait(self.async_update_progress)
            self._wait = {
                "time": self._sign_in.until(),
                "reason": await self._sign_in.async_reason(),
            }
            self._waiting = self.hass.async_create_background_task(wait, "next login")
        if not self._waiting.done():
            return self.async_show_progress(
                step_id="waiting",
                progress_action="waiting",
                progress_task=self._waiting,
                description_placeholders=self._wait,
            )
        self._waiting = None
        return self.async_show_progress_done(next_step_id="waited")

    async def async_step_waited(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Log in with what was typed before."""
        return await self._again()

    async def _async_wait(self, again: GoOn) -> ConfigFlowResult:
        self._again = again
        return await self.async_step_waiting()

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
        return self._show_again(await self._async_errors())

    def _show_again(self, errors: dict[str, str]) -> ConfigFlowResult:
        """Show the form that led to the server, with the reason why there are no plants."""
        asked = self._sign_in.connection.credentials.data()
        if self.source == SOURCE_REAUTH:
            return self._show("owner_reauth_confirm", vol.Schema({}), None, errors)
        if CONF_TOKEN in asked:
            asked[CONF_ACCESS] = ACCESS_OWNER
        step = "reconfigure" if self.source == SOURCE_RECONFIGURE else "user"
        return self._show_account(step, asked, errors)

    def _show_other_plants(self) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        errors["base"] = "other_plants"
        return self._show_again(errors)

    async def _async_ask_owner_at(
        self, step_id: str, typed: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Send the owner to the page of consent of the server that was typed."""
        try:
            origin = normalise_address(typed[CONF_HOST])
        except tuple(REASONS) as error:
            return self._show_mistyped(step_id, typed, error)
        return await self.async_ask_owner(origin, typed[CONF_VERIFY_SSL])

    @override
    async def async_list_of_owner(
        self, credentials: OwnerCredentials
    ) -> ConfigFlowResult:
        if await self._sign_in.async_list(credentials):
            return await self._async_when_listed(self._async_offer_of_owner)
        return self._show_again(await self._async_errors())

    async def _async_offer_of_owner(self) -> ConfigFlowResult:
        """Go on with an owner's plants, or with the entry that asked for consent."""
        connection = self._sign_in.connection
        origin = connection.credentials.origin
        if entry := self.entry_of_consent():
            if not self._has_plants_of(entry, connection):
                connection.pop_plants()
                return self._show_other_plants()
            await self._async_carry_over(entry, connection)
            return self.async_update_reload_and_abort(
                entry,
                unique_id=moved(entry.unique_id, origin),
                data=_updated(entry, connection.credentials),
            )
        codes = [plant.code for plant in connection.plants]
        await self._async_claim(owner_account(origin, codes))
        return await self._async_offer_plants()

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
                    entry, data=_updated(entry, credentials)
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
        if user_input is None:
            shown = {key: entry.data[key] for key in entry.data if key != CONF_PASSWORD}
            return self._show_account("reconfigure", shown, {})
        if CONF_TOKEN in entry.data:
            return await self._async_ask_owner_at("reconfigure", user_input)
        try:
            credentials = await async_credentials(self.hass, user_input)
        except tuple(REASONS) as error:
            return self._show_mistyped("reconfigure", user_input, error)
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
        return self._show_account("reconfigure", user_input, await self._async_errors())

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
            data=_updated(entry, connection.credentials),
        )

    async def _async_when_listed(self, go_on: GoOn) -> ConfigFlowResult:
        """Go on at once, or when the rest of the plants is listed."""
        if not self._sign_in.connection.is_listing:
            return await go_on()
        self._go_on = go_on
        return await self.async_step_listing()

    async def _async_errors(self) -> dict[str, str]:
        """Return the message of a failed log-in, none after a success."""
        error = self._sign_in.error
        self._sign_in.placeholders["reason"] = await self._sign_in.async_reason()
        return {"base": error} if error else {}

    def _show_mistyped(
        self, step_id: str, typed: Mapping[str, Any], error: Exception
    ) -> ConfigFlowResult:
        """Show a form again; where the right server is known, it is filled in."""
        field, key = REASONS[type(error)]
        if isinstance(error, PageAddressError):
            self._sign_in.placeholders["server"] = error.origin
            typed = {**typed, CONF_HOST: error.origin}
        return self._show_account(step_id, typed, {field: key})

    def _show_account(
        self, step_id: str, shown: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Show the form of an account, with a certificate where that may help."""
        is_asked = errors.get("base") == "certificate"
        is_known = bool(shown and shown.get(CONF_CA_CERTIFICATE))
        schema = USER_SCHEMA if step_id == "user" else ACCOUNT_SCHEMA
        if (
            step_id == "reconfigure"
            and CONF_TOKEN in self._get_reconfigure_entry().data
        ):
            return self._show(step_id, OWNER_SCHEMA, shown, errors)
        if step_id == "reconfigure" or is_asked or is_known:
            schema = schema.extend(CA_CERTIFICATE)
        return self._show(step_id, schema, shown, errors)

    async def _async_claim(self, account: str) -> None:
        """Make the account this flow's, or abort if another entry has it."""
        # A dialog that was left open elsewhere shall not stand in the way.
        await self.async_set_unique_id(account, raise_on_progress=False)
        self._abort_if_unique_id_configured()

    async def _async_carry_over(
        self, entry: ConfigEntry, connection: Connection
    ) -> None:
        """Keep the count of an account's calls where only its address is new."""
        before, now = credentials_of(entry), connection.credentials
        if now.identity == before.identity and now.origin != before.origin:
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
        self._left_out = sorted(owners)
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
            data=credentials.data()
            | ({CONF_LEFT_OUT: self._left_out} if self._left_out else {}),
            options={CONF_EXCLUDED_PLANTS: sorted(excluded)},
        )

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with what is next: the dashboard and the Energy dashboard."""
        following = await self.hass.config_entries.options.async_init(
            result["result"].entry_id, context=AFTER_SET_UP
        )
        result["next_flow"] = (FlowType.OPTIONS_FLOW, following["flow_id"])
        return result

    def _title(self, credentials: AnyCredentials) -> str:
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
            description_placeholders={
                "account_help": ACCOUNT_HELP,
                **self._sign_in.placeholders,
            },
        )


def _updated(entry: ConfigEntry, credentials: AnyCredentials) -> dict[str, Any]:
    """Return the data of an entry with other credentials."""
    kept = {key: entry.data[key] for key in _KEPT if key in entry.data}
    return kept | credentials.data()

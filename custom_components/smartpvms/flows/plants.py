"""What all ways through the config flow have in common: a log-in, plants, an entry."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from itertools import chain, count
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.const import CONF_HOST
import voluptuous as vol
from yarl import URL

from ..account.connections import (
    AnyCredentials,
    Connection,
    async_get_connections,
    credentials_of,
)
from ..account.device_registry import plant_owners
from ..account.sign_in import SignIn
from ..account.typed import REASONS
from ..account.wording import listed
from ..const import (
    ACCOUNT_HELP,
    CONF_ENERGY_PENDING,
    CONF_EXCLUDED_PLANTS,
    CONF_LEFT_OUT,
    CONF_PLANTS,
)
from ..northbound import Plant
from ..northbound.errors import PageAddressError
from ..welcome.forms import several
from ..welcome.step import AFTER_SET_UP

type GoOn = Callable[[], Awaitable[ConfigFlowResult]]

# What an entry's data hold beside the account.
_KEPT: Final = (CONF_LEFT_OUT, CONF_ENERGY_PENDING)


class PlantsFlow(ConfigFlow, ABC):
    """Logs in as often as is allowed, lists the plants and creates the entry."""

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

    @abstractmethod
    def _show_again(self, errors: dict[str, str]) -> ConfigFlowResult:
        """Show the form that led to the server, with the reason why there are no plants."""

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
        """Log in as the form was filled in before the wait."""
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

    def _show_other_plants(self) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        errors["base"] = "other_plants"
        return self._show_again(errors)

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

    def _corrected(
        self, typed: Mapping[str, Any], error: Exception
    ) -> tuple[Mapping[str, Any], dict[str, str]]:
        """Return a form as it is shown again: its values and its errors.

        Where the right server is known, it is filled in.
        """
        field, key = REASONS[type(error)]
        if isinstance(error, PageAddressError):
            self._sign_in.placeholders["server"] = error.origin
            typed = {**typed, CONF_HOST: error.origin}
        return typed, {field: key}

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


def updated(entry: ConfigEntry, credentials: AnyCredentials) -> dict[str, Any]:
    """Return the data of an entry with other credentials."""
    kept = {key: entry.data[key] for key in _KEPT if key in entry.data}
    return kept | credentials.data()

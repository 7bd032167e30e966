"""The steps of the options that a user meets after the set-up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowContext,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..account.user_language import async_user_language
from ..account.wording import async_load_words, word
from ..const import ACCOUNT_HELP
from ..dashboard import sidebar
from ..energy_dashboard.later import async_set_up_later
from ..hub.hub import SmartPvmsConfigEntry
from ..northbound import Interface
from .permissions import Grant, as_table, grants, in_short

type Show = Callable[[HomeAssistant, dict[Interface, Grant], str], str]

CONF_DASHBOARD: Final = "dashboard"
CONF_ENERGY: Final = "energy"
AFTER_SET_UP: Final = ConfigFlowContext(source="set_up")
"""The context of options that are opened by the set-up, not by a user."""
# For so long options that are opened are those that the set-up leads to.
JUST_NOW: Final = timedelta(minutes=1)


class NextStep(OptionsFlowWithReload):
    """Leads from the set-up to the dashboards, and shows what the account may do."""

    def _follows_set_up(self) -> bool:
        """Tell whether this flow is what the set-up leads to.

        The frontend (2026.10, 2026.11) opens options of its own in place of those that
        the set-up names; they are ended here, for the first ones take their place.
        """
        options = self.hass.config_entries.options
        if self.context.get("source") == AFTER_SET_UP["source"]:
            return True
        entry = self.config_entry
        named = options.async_progress_by_handler(
            entry.entry_id, match_context=dict(AFTER_SET_UP)
        )
        for flow in named:
            options.async_abort(flow["flow_id"])
        return bool(named) and dt_util.utcnow() - entry.created_at < JUST_NOW

    async def _async_language(self) -> str:
        """Return the user's language; its words are read."""
        language = await async_user_language(self.hass)
        await async_load_words(self.hass, language)
        return language

    async def _async_permissions(self, show: Show) -> dict[str, str]:
        """Return the placeholders that show what the account may do."""
        language = await self._async_language()
        entry: SmartPvmsConfigEntry = self.config_entry
        shown = ""
        if entry.state is ConfigEntryState.LOADED:
            shown = show(self.hass, grants(entry.runtime_data.account), language)
        return {"permissions": shown, "account_help": ACCOUNT_HELP}

    async def async_step_next_steps(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the dashboard and the Energy dashboard at the end of the set-up."""
        return await self._async_offer("next_steps", user_input)

    async def async_step_dashboards(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the same at any later time."""
        return await self._async_offer("dashboards", user_input)

    async def _async_offer(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Offer the dashboards, and add those that are chosen."""
        if user_input is not None:
            return await self._async_do(user_input)
        schema = vol.Schema(
            {
                vol.Required(key, default=True): BooleanSelector()
                for key in (CONF_DASHBOARD, CONF_ENERGY)
            }
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            description_placeholders=await self._async_permissions(in_short),
        )

    async def _async_do(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Add the dashboards that are chosen, and say so in words."""
        language = await self._async_language()
        lines = []
        if user_input[CONF_DASHBOARD]:
            lines.append(await self._async_dashboard(language))
        if user_input[CONF_ENERGY]:
            async_set_up_later(self.hass, self.config_entry)
            lines.append(word(self.hass, "next_energy", "", language))
        lines = lines or [word(self.hass, "next_nothing", "", language)]
        return self.async_abort(
            reason="next_steps_done",
            description_placeholders={"done": "\n\n".join(lines)},
        )

    async def async_step_permissions(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the account may do; there is nothing to store."""
        return self.async_abort(
            reason="permissions",
            description_placeholders=await self._async_permissions(as_table),
        )

    async def _async_dashboard(self, language: str) -> str:
        """Add the dashboard; return in words where it is."""
        path = await sidebar.async_find(self.hass) or await sidebar.async_add(self.hass)
        if path is None:
            return word(self.hass, "next_dashboard_by_hand", "", language)
        done = word(self.hass, "next_dashboard", "", language)
        return done.format(path=f"/{path}")

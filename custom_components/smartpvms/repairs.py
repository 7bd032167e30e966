"""The flows that fix a repair issue: ask again, or leave plants to another entry."""

from abc import abstractmethod
from typing import Final, override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .account.clock import async_delay
from .account.device_registry import plant_owners
from .account.options import excluded_plants
from .const import CONF_EXCLUDED_PLANTS
from .hub.hub import Hub, SmartPvmsConfigEntry
from .northbound import Interface
from .northbound.lane import NOT_GRANTED

# Seconds for which a repair waits for a lane: its minute, and the ledger's margin.
WAITS: Final = 61.0


class FixFlow(ConfirmRepairFlow):
    """Asks for a confirmation and fixes an entry."""

    def __init__(self, entry_id: str) -> None:
        """Belong to the issue of one entry."""
        self._entry_id = entry_id

    @abstractmethod
    async def _async_fix(self, entry: SmartPvmsConfigEntry) -> str | None:
        """Fix a loaded entry; return the error (its key) where that failed."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Apply the fix once confirmed.

        If the entry is not loaded, just close: the issue is raised again at the next
        set-up if it persists.
        """
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if (
            user_input is None
            or not entry
            or entry.state is not ConfigEntryState.LOADED
        ):
            return await super().async_step_confirm(user_input)
        # With the texts of the issue, which the fix may take back.
        form = await super().async_step_confirm()
        if (error := await self._async_fix(entry)) is None:
            return self.async_create_entry(data={})
        form["errors"] = {"base": error}
        return form


class AskAgainFlow(FixFlow):
    """Asks interfaces again after the user has granted them."""

    def __init__(self, entry_id: str, interfaces: list[Interface]) -> None:
        """Belong to the issue of one or more interfaces."""
        super().__init__(entry_id)
        self._interfaces = interfaces

    @override
    async def _async_fix(self, entry: SmartPvmsConfigEntry) -> str | None:
        hub = entry.runtime_data
        answers = hub.account.client.session.call_log.answers
        before = {key: answers.get(key) for key in self._interfaces}
        await self._async_wait(hub)
        if entry.state is not ConfigEntryState.LOADED:
            return "not_answered"
        await hub.async_ask_again(*self._interfaces)
        if any(map(hub.account.issues.is_refused, self._interfaces)):
            return "still_refused"
        heard = [
            answer
            for key, known in before.items()
            if (answer := answers.get(key)) is not None and answer is not known
        ]
        # Without an answer, or with one that tells of trouble, nothing is repaired.
        return None if any(answer.lets_in for answer in heard) else "not_answered"

    async def _async_wait(self, hub: Hub) -> None:
        """Wait for the lanes that open within a minute; polling may come first."""
        ledger = hub.account.ledger
        for key in self._interfaces:
            await ledger.resume(key, *NOT_GRANTED)
        waits = [ledger.wait(key) for key in self._interfaces]
        soon = max((seconds for seconds in waits if seconds <= WAITS), default=0.0)
        if soon:
            await async_delay(hub.account.hass, soon)


class LeaveOutFlow(FixFlow):
    """Deselects the plants that another entry shows."""

    @override
    async def _async_fix(self, entry: SmartPvmsConfigEntry) -> str | None:
        plants = entry.runtime_data.account.inventory.plants
        taken = {
            code
            for code, owner in plant_owners(self.hass, plants).items()
            if owner is not entry
        }
        excluded = sorted(excluded_plants(entry.options) | taken)
        if plants.keys() <= set(excluded):
            return "nothing_left"
        self.hass.config_entries.async_update_entry(
            entry, options={**entry.options, CONF_EXCLUDED_PLANTS: excluded}
        )
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return None


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    assert data is not None
    entry_id = str(data["entry_id"])
    if interfaces := str(data["interfaces"]):
        return AskAgainFlow(entry_id, [Interface(key) for key in interfaces.split(",")])
    return LeaveOutFlow(entry_id)

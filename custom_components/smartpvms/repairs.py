"""Repair issues: what a user can put right, and the flow that asks again."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
import voluptuous as vol

from .const import DOMAIN
from .northbound import Interface, PauseReason

if TYPE_CHECKING:
    from .account import Account

SECOND_SESSION = "second_session"
PLANTS_TAKEN = "plants_taken"
SEVERAL_METERS = "several_meters"
NO_ACCESS = "no_access"


class Issues:
    """The repair issues of one account."""

    def __init__(self, account: Account) -> None:
        """Speak for this account's entry."""
        self._hass = account.hass
        self._account = account
        self._entry = account.entry

    def _id(self, kind: str) -> str:
        return f"{self._entry.entry_id}_{kind}"

    @callback
    def review(self, interface: Interface) -> None:
        """Raise or clear what the last call on an interface has shown."""
        account = self._account
        lane = account.ledger.lane(interface)
        refused = lane.reason is PauseReason.NO_ACCESS or (
            interface is Interface.DEVICE_REAL_TIME
            and bool(account.devices_lane.not_configured)
        )
        self._set(
            refused,
            f"{NO_ACCESS}_{interface}",
            NO_ACCESS,
            {"interface": interface},
            is_fixable=True,
        )
        self._set(account.client.session.is_contested, SECOND_SESSION)

    @callback
    def plants_taken(self, owners: Mapping[str, str]) -> None:
        """Tell which plants (by name) another entry (by title) shows already."""
        self._set(
            bool(owners),
            PLANTS_TAKEN,
            placeholders={
                "plants": ", ".join(sorted(owners)),
                "entries": ", ".join(sorted(set(owners.values()))),
            },
        )

    @callback
    def several_meters(self, plants: Iterable[str]) -> None:
        """Tell for which plants (by name) the grid meter has to be chosen."""
        names = sorted(plants)
        self._set(
            bool(names), SEVERAL_METERS, placeholders={"plants": ", ".join(names)}
        )

    @callback
    def _set(
        self,
        active: bool,
        kind: str,
        translation_key: str | None = None,
        placeholders: Mapping[str, str] | None = None,
        *,
        is_fixable: bool = False,
    ) -> None:
        if not active:
            ir.async_delete_issue(self._hass, DOMAIN, self._id(kind))
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id(kind),
            data={
                "entry_id": self._entry.entry_id,
                **{key: str(value) for key, value in (placeholders or {}).items()},
            },
            is_fixable=is_fixable,
            severity=ir.IssueSeverity.WARNING,
            translation_key=translation_key or kind,
            translation_placeholders={
                "account": self._entry.title,
                **(placeholders or {}),
            },
        )


class AskAgainFlow(RepairsFlow):
    """Asks an interface again after the user has granted it."""

    def __init__(self, entry_id: str, interface: Interface) -> None:
        """Belong to the issue of one interface."""
        self._entry_id = entry_id
        self._interface = interface

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go to the confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask again once the user says that it was granted."""
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders={"interface": self._interface},
            )
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry and entry.state is ConfigEntryState.LOADED:
            await entry.runtime_data.async_ask_again(self._interface)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow that mends an issue; only missing access can be mended."""
    assert data is not None
    return AskAgainFlow(str(data["entry_id"]), Interface(str(data["interface"])))

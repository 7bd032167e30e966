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
        # The login that a call began with may be what was refused.
        for lane in (interface, Interface.LOGIN):
            self._set(
                self.is_refused(lane),
                f"{NO_ACCESS}_{lane}",
                NO_ACCESS,
                {"interface": lane},
                is_fixable=True,
            )
        self._set(self._account.client.session.is_contested, SECOND_SESSION)

    def is_refused(self, interface: Interface) -> bool:
        """Tell whether the account may not use an interface, or a part of it."""
        if self._account.ledger.lane(interface).reason is PauseReason.NO_ACCESS:
            return True
        types = {lane.interface: lane.types for lane in self._account.periods.devices}
        types[Interface.DEVICE_REAL_TIME] = self._account.devices_lane.types
        return interface in types and bool(types[interface].not_configured)

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
        errors = {}
        if user_input is not None:
            if await self._async_ask_again():
                return self.async_create_entry(data={})
            errors["base"] = "still_refused"
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={"interface": self._interface},
        )

    async def _async_ask_again(self) -> bool:
        """Return whether the interface is granted now, as far as can be told."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return True
        account: Account = entry.runtime_data
        await account.async_ask_again(self._interface)
        return not account.issues.is_refused(self._interface)


@callback
def async_forget_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Take back what was raised for an entry that is gone."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(f"{entry_id}_"):
            ir.async_delete_issue(hass, domain, issue_id)


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow that mends an issue; only missing access can be mended."""
    assert data is not None
    return AskAgainFlow(str(data["entry_id"]), Interface(str(data["interface"])))

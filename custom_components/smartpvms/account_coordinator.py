"""What all coordinators of an account have in common."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import LOGGER

if TYPE_CHECKING:
    from .account.account import Account


# Seconds without a failure that end an outage.
SAME_OUTAGE: Final = 1800.0


class AccountCoordinator[T](DataUpdateCoordinator[T]):
    """A coordinator that is silent while another one has said what is wrong.

    A server that is down fails all of them; the log needs to say so once. One that
    comes and goes is down until all has been well for a while.
    """

    def __init__(
        self, account: Account, name: str, update_interval: timedelta | None
    ) -> None:
        """Poll for an account; `name` says in the log what."""
        super().__init__(
            account.hass,
            LOGGER,
            config_entry=account.entry,
            name=name,
            update_interval=update_interval,
        )
        self.account = account

    @override
    async def _async_refresh(
        self,
        log_failures: bool = True,
        raise_on_auth_failed: bool = False,
        scheduled: bool = False,
        raise_on_entry_error: bool = False,
    ) -> None:
        # A call that is cancelled is counted all the same.
        if not self.account.is_leaving:
            was_fine = self.last_update_success
            await super()._async_refresh(
                False, raise_on_auth_failed, scheduled, raise_on_entry_error
            )
            self._note_outcome(may_say=log_failures and was_fine)
        await self._async_refreshed()

    async def _async_refreshed(self) -> None:
        """Do what follows a refresh, however it ended."""

    @callback
    def tell(self, listeners: Iterable[CALLBACK_TYPE]) -> None:
        """Call listeners: one entity's fault is not the others'."""
        for listener in listeners:
            try:
                listener()
            except Exception:  # noqa: BLE001
                LOGGER.exception("Unexpected error updating %s", self.name)

    def _note_outcome(self, *, may_say: bool) -> None:
        failing = self.account.failing
        if self.last_update_success:
            failing.discard(self.name)
            return
        now, known = self.account.ledger.now(), self.account.failed_at
        # A clock that was set back makes no outage of one that is long over.
        is_new = not failing and not 0 <= now - known < SAME_OUTAGE
        if may_say and is_new:
            LOGGER.error("Error fetching %s data: %s", self.name, self.last_exception)
        failing.add(self.name)
        self.account.failed_at = now

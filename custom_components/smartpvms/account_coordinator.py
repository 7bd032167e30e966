"""What all coordinators of an account have in common."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final, override

from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import LOGGER

if TYPE_CHECKING:
    from .account import Account


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
        if self.account.is_leaving:
            # A call that is cancelled is counted all the same.
            return
        was_fine, failing = self.last_update_success, self.account.failing
        await super()._async_refresh(
            False, raise_on_auth_failed, scheduled, raise_on_entry_error
        )
        if self.last_update_success:
            failing.discard(self.name)
            return
        now, known = self.account.ledger.now(), self.account.failed_at
        # A clock that was set back makes no outage of one that is long over.
        is_new = not failing and not 0 <= now - known < SAME_OUTAGE
        if log_failures and was_fine and is_new:
            LOGGER.error("Error fetching %s data: %s", self.name, self.last_exception)
        failing.add(self.name)
        self.account.failed_at = now

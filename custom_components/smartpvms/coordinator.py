"""Base of all coordinators, and what they do about a call that fails.

A coordinator asks the ledger when its lane is free and takes that as its interval. A
lane that may not be asked now keeps its last data.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .account.account import Account
from .const import DOMAIN, LOGGER
from .northbound import Interface
from .northbound.errors import (
    AccessError,
    LoginError,
    NorthboundError,
    RefusedError,
    ResourceMissingError,
)

# Home Assistant starts a refresh up to a second early.
EARLY: Final = 1.0
SOON: Final = timedelta(seconds=1)
FRESH_CYCLES: Final = 3
# Answers take their time; three cycles to the second would flicker.
FRESH_GRACE: Final = 30.0


def fresh_since(now: float, cycle: float) -> float:
    """Return since when (epoch seconds) an answer counts as fresh.

    `cycle`: the seconds from one answer to the next.
    """
    return now - FRESH_CYCLES * cycle - FRESH_GRACE


def keep_polling() -> None:
    """Be a listener, without which Home Assistant does not poll."""


def what_failed(error: NorthboundError) -> dict[str, str]:
    """Return the placeholders of the text `update_failed`."""
    return {"interface": error.interface, "error": error.meaning}


@contextmanager
def calling(account: Account, interface: Interface) -> Iterator[None]:
    """Turn the errors of a call into what a coordinator does about them.

    A refusal leaves the last data as they are; a missing permission or a
    refused login is for the user; the rest is a failed update.
    """
    try:
        yield
    except (RefusedError, AccessError) as error:
        LOGGER.debug("%s", error)
    except LoginError as error:
        account.note_login_refused(error)
    except NorthboundError as error:
        if isinstance(error, ResourceMissingError):
            # A plant or device left the account; the lists tell which.
            account.inventory_doubted.send()
        raise UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="update_failed",
            translation_placeholders=what_failed(error),
        ) from error
    finally:
        account.issues.review()


class AccountCoordinator[T](DataUpdateCoordinator[T]):
    """A coordinator that logs a failure only where it begins an outage.

    It alone uses private methods of Home Assistant.
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
        elif self._listeners and not self.account.is_closed:
            # The unload may fail, and polling then goes on.
            self._schedule_refresh()
        await self._async_refreshed()

    async def _async_refreshed(self) -> None:
        """Do what follows a refresh, however it ended."""

    @callback
    def notify[*ToldT](
        self, listeners: Iterable[Callable[[*ToldT], None]], *told: *ToldT
    ) -> None:
        """Call listeners: one entity's fault is not the others'."""
        for listener in listeners:
            try:
                listener(*told)
            except Exception:  # noqa: BLE001
                LOGGER.exception("Unexpected error updating %s", self.name)

    def _note_outcome(self, *, may_say: bool) -> None:
        outage = self.account.outage
        if self.last_update_success:
            outage.note_success(self.name)
            return
        is_new = outage.note_failure(self.name, self.account.clock.now())
        if may_say and is_new:
            LOGGER.error("Error fetching %s data: %s", self.name, self.last_exception)

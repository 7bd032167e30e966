"""The calls that an action may spend, and its errors when a call fails."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from typing import Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later

from ..account.account import Account
from ..const import DOMAIN
from ..coordinator import what_failed
from ..hub.hub import SmartPvmsConfigEntry
from ..hub.targets import running
from ..local_time import MINUTE
from ..northbound import Interface, NorthboundError
from ..northbound.errors import LoginError, RefusedError
from ..northbound.lane import MARGIN

# An action lets its caller wait this long for the lane; more is refused.
PATIENCE: Final = MINUTE + MARGIN
# An action that asks call by call, as the lane allows, takes this long at most.
LONG_PATIENCE: Final = 30 * MINUTE


async def async_await_calls(account: Account, interface: Interface, calls: int) -> None:
    """Wait until calls can be made, at most a minute.

    Raises HomeAssistantError, before any call is spent, with the number needed
    and the time.
    """
    allowed = account.ledger.burst(interface)
    if calls > allowed:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="too_many_calls",
            translation_placeholders={
                "interface": interface,
                "needed": str(calls),
                "allowed": str(allowed),
            },
        )
    if wait := _bearable_wait(account, interface, calls, calls):
        await _async_delay(account, wait)


def _bearable_wait(
    account: Account, interface: Interface, calls: int, needed: int
) -> float:
    """Return the seconds until calls, of those needed, can be made."""
    wait = account.wait(interface, calls)
    if wait > PATIENCE:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="calls_used_up",
            translation_placeholders={
                "interface": interface,
                "needed": str(needed),
                "minutes": str(ceil(wait / 60)),
            },
        )
    return wait


def check_turns(account: Account, interface: Interface, calls: int) -> None:
    """Raise HomeAssistantError where calls, one turn after the other, take too long.

    The first one is waited for a minute at most, all of them half an hour.
    """
    ledger = account.ledger
    _bearable_wait(account, interface, 1, calls)
    turns = ceil(calls / ledger.burst(interface)) - 1
    seconds = turns * (ledger.cycle(interface, 1) + MARGIN)
    if seconds > LONG_PATIENCE:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="takes_too_long",
            translation_placeholders={
                "interface": interface,
                "needed": str(calls),
                "minutes": str(ceil(seconds / 60)),
                "most": str(round(LONG_PATIENCE / 60)),
            },
        )


async def async_await_turn(
    entry: SmartPvmsConfigEntry, interface: Interface, deadline: float
) -> Account:
    """Return the account of an entry when it may make the next call.

    Raises HomeAssistantError where that is after `deadline` (epoch seconds), or
    where the entry is no longer set up; it may have been reloaded.
    """
    while wait := (account := running(entry).account).wait(interface):
        if account.clock.now() + wait > deadline:
            raise _refused(interface)
        await _async_delay(account, wait)
    return account


async def _async_delay(account: Account, seconds: float) -> None:
    over = asyncio.Event()

    @callback
    def wake(_: datetime) -> None:
        over.set()

    cancel = async_call_later(account.hass, seconds, wake)
    try:
        await over.wait()
    finally:
        cancel()


@contextmanager
def explained(account: Account, interface: Interface) -> Iterator[None]:
    """Turn the error of a call into a translated one.

    Its consequences are those of a failed poll.
    """
    try:
        yield
    except LoginError as error:
        account.note_login_refused(error)
        raise _failed(error) from error
    except RefusedError as error:
        raise _refused(error.interface) from error
    except NorthboundError as error:
        raise _failed(error) from error
    finally:
        account.issues.review(interface)


def _refused(interface: Interface) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="call_refused",
        translation_placeholders={"interface": interface},
    )


def _failed(error: NorthboundError) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="update_failed",
        translation_placeholders=what_failed(error),
    )

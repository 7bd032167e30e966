"""What an action may spend, and what it says when a call fails."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from typing import Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later

from .account import Account
from .const import DOMAIN
from .coordinator import what_failed
from .northbound import Interface, NorthboundError
from .northbound.errors import LoginError, RefusedError

# An action lets its caller wait this long for the lane; more is refused.
PATIENCE: Final = 60.0


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
    wait = account.wait(interface, calls)
    if wait > PATIENCE:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="calls_used_up",
            translation_placeholders={
                "interface": interface,
                "needed": str(calls),
                "minutes": str(ceil(wait / 60)),
            },
        )
    if wait:
        await _async_delay(account, wait)


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
    """Turn the error of a call into one that a person understands.

    What polling would do about it is done here too.
    """
    try:
        yield
    except LoginError as error:
        account.note_login_refused(error)
        raise _failed(error) from error
    except RefusedError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="call_refused",
            translation_placeholders={"interface": error.interface},
        ) from error
    except NorthboundError as error:
        raise _failed(error) from error
    finally:
        account.issues.review(interface)


def _failed(error: NorthboundError) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="update_failed",
        translation_placeholders=what_failed(error),
    )

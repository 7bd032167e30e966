"""The calls that an action may spend, and its errors when a call fails."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Final

from ..account.account import Account
from ..account.clock import async_delay
from ..coordinator import what_failed
from ..failures import failure
from ..hub.targets import running
from ..local_time import MINUTE
from ..northbound import Interface, NorthboundClient, NorthboundError
from ..northbound.errors import LoginError, NotYetError, RefusedError
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
        raise failure(
            "too_many_calls",
            interface=interface,
            needed=str(calls),
            allowed=str(allowed),
        )
    if wait := _bearable_wait(account, interface, calls, calls):
        await async_delay(account.hass, wait)


def _bearable_wait(
    account: Account, interface: Interface, calls: int, needed: int
) -> float:
    """Return the seconds until calls, of those needed, can be made."""
    check_login(account)
    wait = account.wait(interface, calls)
    if wait > PATIENCE:
        raise failure(
            "calls_used_up",
            interface=interface,
            needed=str(needed),
            minutes=str(ceil(wait / 60)),
        )
    return wait


def check_login(account: Account) -> None:
    """Raise HomeAssistantError where the server has refused the login.

    That is no quota: waiting does not help where the password has changed.
    """
    if account.is_login_refused:
        raise failure("login_refused")


def is_closed(account: Account, interface: Interface) -> bool:
    """Tell whether the next call is further away than an action waits for."""
    return account.wait(interface) > PATIENCE


def check_turns(account: Account, interface: Interface, calls: int) -> None:
    """Raise HomeAssistantError where calls, one turn after the other, take too long.

    The first one is waited for a minute at most, all of them half an hour.
    """
    ledger = account.ledger
    _bearable_wait(account, interface, 1, calls)
    seconds = ledger.last_at(interface, calls) - ledger.now()
    if seconds > LONG_PATIENCE:
        raise failure(
            "takes_too_long",
            interface=interface,
            needed=str(calls),
            minutes=str(ceil(seconds / 60)),
            most=str(round(LONG_PATIENCE / 60)),
        )


async def async_take_turn[T](
    account: Account,
    interface: Interface,
    deadline: float,
    ask: Callable[[NorthboundClient], Awaitable[T]],
) -> T:
    """Return the answer of a call that is made when it is its turn.

    Raises HomeAssistantError where that is after `deadline` (epoch seconds), or
    where the entry is no longer set up; it may have been reloaded.
    """
    while True:
        while wait := (current := running(account.entry).account).wait(interface):
            if current.clock.now() + wait > deadline:
                raise failure("call_refused", interface=interface)
            await async_delay(current.hass, wait)
        try:
            return await ask(current.client)
        except NotYetError:
            # Somebody else was first; nothing was sent.
            continue


@contextmanager
def explained(account: Account, interface: Interface) -> Iterator[None]:
    """Turn the error of a call into a translated one.

    Its consequences are those of a failed poll.
    """
    try:
        yield
    except LoginError as error:
        account.note_login_refused(error)
        raise failure("update_failed", **what_failed(error)) from error
    except RefusedError as error:
        raise failure("call_refused", interface=error.interface) from error
    except NorthboundError as error:
        raise failure("update_failed", **what_failed(error)) from error
    finally:
        account.issues.review()

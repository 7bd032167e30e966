"""The first log-in with credentials that a user has typed, and what it finds."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import HomeAssistant
from yarl import URL

from ..northbound import Interface, Ledger, NorthboundError, PauseReason
from ..northbound.errors import (
    CertificateError,
    ConsentMissingError,
    ExpiredAccountError,
    ForbiddenAccountError,
    LoginError,
    NotNorthboundError,
    NotYetError,
    PermissionMissingError,
    RefusedError,
    ResponseError,
    UnknownAccountError,
    UnreachableError,
)
from ..northbound.lane import NOT_GRANTED
from .clock import async_delay
from .connections import Connection, Credentials, async_get_connections

LOGINS_THAT_LOCK: Final = 5
PLANT_LISTS: Final = (Interface.STATIONS, Interface.STATION_LIST)

# From the special to the general: the first class that fits names the message.
ERRORS: Final[tuple[tuple[type[NorthboundError], str], ...]] = (
    (CertificateError, "certificate"),
    (UnreachableError, "cannot_connect"),
    (NotNorthboundError, "not_northbound"),
    (ResponseError, "invalid_response"),
    (UnknownAccountError, "unknown_account"),
    (ForbiddenAccountError, "forbidden_account"),
    (ExpiredAccountError, "expired_account"),
    (LoginError, "invalid_auth"),
    (PermissionMissingError, "no_permission"),
    (ConsentMissingError, "no_consent"),
    (RefusedError, "too_frequent"),
    (NorthboundError, "server_error"),
)


def error_key(error: NorthboundError, ledger: Ledger) -> str:
    """Return the message that a failed log-in deserves."""
    if isinstance(error, NotNorthboundError) and error.code == 200:
        return "web_page"
    if isinstance(error, RefusedError) and error.interface is Interface.LOGIN:
        return "login_too_frequent"
    if type(error) is LoginError:
        calls = ledger.lane(Interface.LOGIN).calls
        recent = sum(at > ledger.now() - 600 for at in calls)
        return "account_locked" if recent >= LOGINS_THAT_LOCK else "invalid_auth"
    return next(key for kind, key in ERRORS if isinstance(error, kind))


class SignIn:
    """Logs in for a config flow.

    `error`: the message that the last failure deserves, None after a success;
    `placeholders`: those of the message; `connection`: that of the last success.
    """

    connection: Connection

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without an answer from anywhere."""
        self._hass = hass
        self.error: str | None = None
        self.placeholders: dict[str, str] = {}

    async def async_prove(self, credentials: Credentials) -> bool:
        """Log in; the plants of a known account need not be listed."""
        return await self._async_try(credentials, _async_log_in)

    async def async_list(self, credentials: Credentials) -> bool:
        """Log in and list the plants, as many as the lane allows now."""
        return await self._async_try(credentials, _async_list)

    async def async_list_rest(self) -> None:
        """List the rest of the plants, a page a minute."""
        connection = self.connection
        ledger = connection.client.session.ledger
        try:
            while connection.is_listing:
                at = max(ledger.wait(lane) for lane in PLANT_LISTS)
                await async_delay(self._hass, at)
                await _async_list(connection)
        except NorthboundError as error:
            self._note(error, connection)

    async def _async_try(
        self, credentials: Credentials, ask: Callable[[Connection], Awaitable[None]]
    ) -> bool:
        connections = await async_get_connections(self._hass)
        connection = connections.try_out(credentials)
        ledger = connection.client.session.ledger
        login = ledger.lane(Interface.LOGIN)
        is_refused = login.reason is PauseReason.LOGIN_REFUSED
        rest = login.paused_until - ledger.now() if is_refused else 0.0
        # The user says that password and rights are in order now: try them.
        await ledger.resume(Interface.LOGIN, PauseReason.LOGIN_REFUSED)
        for interface in (Interface.LOGIN, *PLANT_LISTS):
            await ledger.resume(interface, *NOT_GRANTED)
        self.error = None
        try:
            await ask(connection)
        except NorthboundError as error:
            self._note(error, connection)
            if rest > 0 and not connection.client.session.is_open:
                # Else the entry would spend the next login on its old password.
                await ledger.pause(Interface.LOGIN, rest, PauseReason.LOGIN_REFUSED)
        if connection.client.session.is_open:
            # The next attempt, or the set-up, needs no login then.
            connections.keep(connection)
        self.connection = connection
        return self.error is None

    def _note(self, error: NorthboundError, connection: Connection) -> None:
        """Keep the message that an error deserves."""
        ledger = connection.client.session.ledger
        origin = connection.credentials.origin
        self.error = error_key(error, ledger)
        self.placeholders = {
            "host": URL(origin).host or origin,
            "interface": error.interface,
            "seconds": str(round(ledger.wait(error.interface)) + 1),
        }


async def _async_log_in(connection: Connection) -> None:
    if not connection.client.session.is_open:
        await connection.client.log_in()


async def _async_list(connection: Connection) -> None:
    try:
        await connection.detect()
    except NotYetError:
        if not connection.is_listing:
            raise

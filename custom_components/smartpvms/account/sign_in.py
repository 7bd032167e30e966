"""The first log-in with credentials that a user has typed, and what it finds."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from yarl import URL

from ..const import DOMAIN
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
    ReportedError,
    ResponseError,
    UnknownAccountError,
    UnreachableError,
)
from ..northbound.lane import NOT_GRANTED
from ..northbound.plant_list import LISTED_BY
from .clock import async_delay
from .connections import AnyCredentials, Connection, async_get_connections
from .user_language import async_user_language
from .wording import escaped

# Seconds for which a dialog waits by itself; a longer wait is only told.
WAITS: Final = 90.0
TICK: Final = 1.0
TOO_EARLY: Final = frozenset({"login_too_frequent", "too_frequent"})

# From the special to the general: the first class that fits names the message.
ERRORS: Final[tuple[tuple[type[NorthboundError], str], ...]] = (
    (CertificateError, "certificate"),
    (UnreachableError, "cannot_connect"),
    (NotNorthboundError, "not_northbound"),
    (ResponseError, "invalid_response"),
    (UnknownAccountError, "unknown_account"),
    (ForbiddenAccountError, "forbidden_account"),
    (ExpiredAccountError, "expired_account"),
    (ReportedError, "server_reason"),
    (LoginError, "invalid_auth"),
    (PermissionMissingError, "no_permission"),
    (ConsentMissingError, "no_consent"),
    (RefusedError, "too_frequent"),
    (NorthboundError, "server_error"),
)


def error_key(error: NorthboundError) -> str:
    """Return the message that a failed log-in deserves."""
    if isinstance(error, NotNorthboundError) and error.code == 200:
        return "web_page"
    if isinstance(error, RefusedError) and error.interface is Interface.LOGIN:
        return "login_too_frequent"
    return next(key for kind, key in ERRORS if isinstance(error, kind))


class SignIn:
    """Logs in for a config flow.

    `error`: the message that the last failure deserves, None after a success;
    `placeholders`: those of the message; `connection`: that of the last success;
    the first reason is kept while further attempts come too early.
    """

    connection: Connection

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without an answer from anywhere."""
        self._hass = hass
        self.error: str | None = None
        self.placeholders: dict[str, str] = {}
        self._reason: tuple[str, dict[str, str]] | None = None

    async def async_prove(self, credentials: AnyCredentials) -> bool:
        """Log in; the plants of a known account need not be listed."""
        return await self._async_try(credentials, _async_log_in)

    async def async_list(self, credentials: AnyCredentials) -> bool:
        """Log in and list the plants, as many as the lane allows now."""
        return await self._async_try(credentials, _async_list)

    async def async_list_rest(self) -> None:
        """List the rest of the plants, a page a minute."""
        connection = self.connection
        ledger = connection.client.session.ledger
        try:
            while connection.is_listing:
                at = max(ledger.wait(lane) for lane in LISTED_BY.values())
                await async_delay(self._hass, at)
                await _async_list(connection)
        except NorthboundError as error:
            self._note(error, connection)

    async def _async_try(
        self, credentials: AnyCredentials, ask: Callable[[Connection], Awaitable[None]]
    ) -> bool:
        connections = await async_get_connections(self._hass)
        connection = connections.try_out(credentials)
        ledger = connection.client.session.ledger
        login = ledger.lane(Interface.LOGIN)
        is_refused = login.reason is PauseReason.LOGIN_REFUSED
        rest = login.paused_until - ledger.now() if is_refused else 0.0
        # The user says that password and rights are in order now: try them.
        await ledger.resume(Interface.LOGIN, PauseReason.LOGIN_REFUSED)
        for interface in (Interface.LOGIN, *LISTED_BY.values()):
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
        self.error = error_key(error)
        self.placeholders = {
            "host": URL(origin).host or origin,
            "interface": error.interface,
            "seconds": str(round(_wait(ledger, error.interface)) + 1),
        }
        if isinstance(error, ReportedError):
            self.placeholders["reason"] = escaped(error.reason)
        if self.error not in TOO_EARLY:
            self._reason = (self.error, self.placeholders)

    @property
    def login_wait(self) -> float:
        """Return for how long (seconds) the next login by hand has to wait."""
        return _wait(self.connection.client.session.ledger, Interface.LOGIN)

    @property
    def waits(self) -> bool:
        """Tell whether the last attempt came too early, but not by much."""
        return self.error == "login_too_frequent" and 0 < self.login_wait <= WAITS

    async def async_wait(self, tell: Callable[[float], None]) -> None:
        """Wait for the next login; `tell` hears which part (0 to 1) is over."""
        whole = self.login_wait
        while (left := self.login_wait) > 0:
            tell(1 - left / whole)
            await async_delay(self._hass, min(left, TICK))

    async def async_reason(self) -> str:
        """Return the first reason in the user's language, empty without one."""
        if self._reason is None:
            return ""
        key, placeholders = self._reason
        language = await async_user_language(self._hass)
        texts = await async_get_translations(self._hass, language, "config", {DOMAIN})
        return texts[f"component.{DOMAIN}.config.error.{key}"].format_map(placeholders)

    def until(self) -> str:
        """Return the local time at which the next login may be made."""
        at = dt_util.utcnow().timestamp() + self.login_wait
        zone = dt_util.get_default_time_zone()
        return f"{datetime.fromtimestamp(at, zone):%X}"


def _wait(ledger: Ledger, interface: Interface) -> float:
    """Return for how long (seconds) the next call of a user has to wait."""
    if interface is Interface.LOGIN:
        return max(0.0, ledger.login_by_hand_at() - ledger.now())
    return ledger.wait(interface)


async def _async_log_in(connection: Connection) -> None:
    if not connection.client.session.is_open:
        await connection.client.session.log_in_by_hand()


async def _async_list(connection: Connection) -> None:
    await _async_log_in(connection)
    try:
        await connection.detect()
    except NotYetError:
        if not connection.is_listing:
            raise

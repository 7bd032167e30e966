"""Access by a plant's owner: consent, codes and tokens of OAuth 2.0.

As clients of 2025 and 2026 use it; the reference does not have it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
import secrets

from .clock import Clock
from .envelope import Refused

BASIC, CONTROL = "pvms.openapi.basic", "pvms.openapi.control"
SCOPES = (BASIC, CONTROL)

TOKEN_LIFE = 3600
"""Seconds for which an access token is valid."""

CODE_LIFE = 5 * 60
"""Seconds for which a code may be turned into tokens, once."""

LONGEST_STATE = 64
"""Characters that are left of a longer `state`."""

MINUTE, DAY = 60, 24 * 3600
CALLS_A_DAY = {BASIC: 1000, CONTROL: 100}
LIVE = frozenset({"getStationRealKpi", "getDevRealKpi"})
LIVE_EVERY = 5 * MINUTE


class Denied(Exception):
    """Raised where an authorisation server answers with an error of OAuth 2.0."""

    def __init__(self, error: str, status: int = 400) -> None:
        """Set the error's name (RFC 6749) and the HTTP status."""
        super().__init__(error)
        self.error = error
        self.status = status


class TooMany(Exception):
    """Raised where the owner's calls are used up: HTTP 429."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What an owner has agreed to; ``scopes`` may be less than was asked."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Owner:
    """An owner, the client that a company has registered, and the tokens.

    ``client_secret``: of the client. ``redirects``: where a code may be sent, empty:
    anywhere. ``hands_refresh_token``: an answer to a refresh has a new refresh token.
    ``lost_as_305``: an unknown access token is answered by failCode 305, not by HTTP
    401. ``denies_as_200``: errors of the token interface are in an answer with HTTP 200.
    ``retry_after``: seconds that an HTTP 429 tells, None: none. ``scale``: factor on the
    windows of the quota, 0: no quota.
    """

    clock: Clock
    username: str = "owner"
    password: str = "consent"
    client_id: str = "100000001"
    client_secret: str = "client-secret"
    redirects: frozenset[str] = frozenset()
    hands_refresh_token: bool = False
    lost_as_305: bool = False
    denies_as_200: bool = False
    retry_after: int | None = 60
    scale: float = 1.0
    refreshes: int = 0
    refused: int = 0
    """Calls beyond the quota."""
    _codes: dict[str, tuple[Consent, float]] = field(default_factory=dict)
    _refresh: dict[str, Consent] = field(default_factory=dict)
    _access: dict[str, tuple[Consent, float]] = field(default_factory=dict)
    _calls: dict[str, list[float]] = field(default_factory=dict)
    _live: dict[str, float] = field(default_factory=dict)

    def knows(self, client_id: str, redirect_uri: str) -> bool:
        """Return whether a client may send owners here."""
        is_redirect = not self.redirects or redirect_uri in self.redirects
        return client_id == self.client_id and bool(redirect_uri) and is_redirect

    def consent(
        self, username: str, password: str, redirect_uri: str, scopes: Iterable[str]
    ) -> str | None:
        """Return a code for what an owner agrees to, None where the login is wrong."""
        if (username, password) != (self.username, self.password):
            return None
        code = secrets.token_urlsafe(24)
        granted = tuple(one for one in scopes if one in SCOPES)
        given = Consent(self.client_id, redirect_uri, granted)
        self._codes[code] = (given, self.clock.now() + CODE_LIFE)
        return code

    def exchange(self, asked: dict[str, str]) -> dict[str, object]:
        """Return the answer of the token interface; Denied with the reason."""
        known = (asked.get("client_id"), asked.get("client_secret"))
        if known != (self.client_id, self.client_secret):
            raise Denied("invalid_client", 401)
        match asked.get("grant_type"):
            case "authorization_code":
                consent = self._redeem(asked.get("code", ""))
                if asked.get("redirect_uri") != consent.redirect_uri:
                    raise Denied("invalid_grant")
                return self._tokens(consent, hands_refresh_token=True)
            case "refresh_token":
                refresh = asked.get("refresh_token", "")
                if refresh not in self._refresh:
                    raise Denied("invalid_grant")
                self.refreshes += 1
                return self._tokens(self._refresh[refresh], self.hands_refresh_token)
        raise Denied("unsupported_grant_type")

    def _redeem(self, code: str) -> Consent:
        consent, until = self._codes.pop(code, (None, 0.0))
        if consent is None or self.clock.now() >= until:
            raise Denied("invalid_grant")
        return consent

    def _tokens(self, consent: Consent, hands_refresh_token: bool) -> dict[str, object]:
        access = secrets.token_urlsafe(32)
        self._access[access] = (consent, self.clock.now() + TOKEN_LIFE)
        answer: dict[str, object] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE,
            "scope": " ".join(consent.scopes),
        }
        if hands_refresh_token:
            refresh = secrets.token_urlsafe(32)
            self._refresh[refresh] = consent
            answer["refresh_token"] = refresh
        return answer

    def scopes(self, access: str) -> tuple[str, ...] | None:
        """Return the scopes of an access token, None where it is not valid."""
        consent, until = self._access.get(access, (None, 0.0))
        return consent.scopes if consent and self.clock.now() < until else None

    def expire(self) -> None:
        """End all access tokens; they may be refreshed."""
        self._access.clear()

    def revoke(self) -> None:
        """Withdraw the consent: neither access nor refresh tokens are valid."""
        self.expire()
        self._refresh.clear()
        self._codes.clear()

    def check(self, access: str, is_control: bool) -> None:
        """Raise Refused 401 where a valid token lacks the scope of an interface."""
        if (CONTROL if is_control else BASIC) not in (self.scopes(access) or ()):
            raise Refused(401)

    def admit(self, interface: str, about: str, is_control: bool) -> None:
        """Count a call; TooMany where the day's are used up, or live data too early.

        ``about``: the plants or devices that are asked for.
        """
        now, scope = self.clock.now(), CONTROL if is_control else BASIC
        calls = [at for at in self._calls.get(scope, ()) if at > now - DAY * self.scale]
        live = f"{interface} {about}"
        is_early = self._live.get(live, 0.0) > now - LIVE_EVERY * self.scale
        is_too_many = len(calls) >= CALLS_A_DAY[scope]
        if self.scale > 0 and (is_too_many or (interface in LIVE and is_early)):
            self.refused += 1
            raise TooMany
        self._calls[scope] = [*calls, now]
        self._live[live] = now

    def calls(self, scope: str = BASIC) -> int:
        """Return the calls of the last 24 hours."""
        now = self.clock.now()
        return sum(at > now - DAY for at in self._calls.get(scope, ()))

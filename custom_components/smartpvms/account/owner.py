"""Access by the owner: who authorises, the credentials, and the tokens that renew.

As clients of 2025 and 2026 use it; the reference does not have it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import time
from typing import Any, Final, Self, override

from aiohttp import ClientError, ClientResponseError, ClientTimeout, RequestInfo
from homeassistant.components.application_credentials import ClientCredential
from homeassistant.const import CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    OAuth2TokenRequestConnectionError,
    OAuth2TokenRequestError,
    OAuth2TokenRequestReauthError,
)
from homeassistant.helpers import config_entry_oauth2_flow as oauth2
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from multidict import MultiMapping
from yarl import URL

from ..const import CONF_CONSENT, CONF_IMPLEMENTATION, DOMAIN, REGIONS
from ..northbound import Interface
from ..northbound.errors import (
    BusyError,
    LoginError,
    NorthboundError,
    ServerError,
    UnansweredError,
    UnreachableError,
    retry_after,
)
from .short_state import async_issue

AUTHORISATION: Final = "https://oauth2.fusionsolar.huawei.com"
PATH: Final = "/rest/dp/uidm/oauth2/v1"
CONTROL_SCOPE: Final = "pvms.openapi.control"
SCOPES: Final = ("pvms.openapi.basic", CONTROL_SCOPE)
ACCESS: Final = "access_token"
REFRESH: Final = "refresh_token"
# The reasons that a new consent removes (RFC 6749, 5.2), whatever the HTTP status.
ENDED: Final = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})
# Where an answer does not tell how long its token is valid (seconds).
USUAL_LIFE: Final = 3600
# The server's clock may be ahead (seconds).
EARLY: Final = 20.0
TIMEOUT: Final = ClientTimeout(total=30.0)

type Token = dict[str, Any]


class OwnerImplementation(oauth2.LocalOAuth2Implementation):
    """A client that the user has registered, at the server that authorises."""

    def __init__(
        self,
        hass: HomeAssistant,
        auth_domain: str,
        credential: ClientCredential,
        origin: str = REGIONS[0],
        verify_ssl: bool = True,
    ) -> None:
        """Authorise for the host of this origin: one server does for all regions."""
        server = f"{AUTHORISATION if origin in REGIONS else origin}{PATH}"
        super().__init__(
            hass,
            auth_domain,
            credential.client_id,
            credential.client_secret,
            f"{server}/authorize",
            f"{server}/token",
        )
        self._credential = credential
        self._verify_ssl = verify_ssl

    def at(self, origin: str, verify_ssl: bool) -> OwnerImplementation:
        """Return the same client for the host of another origin."""
        return OwnerImplementation(
            self.hass, self.domain, self._credential, origin, verify_ssl
        )

    @property
    @override
    def name(self) -> str:
        return self._credential.name or self.client_id

    @override
    async def async_generate_authorize_url(self, flow_id: str) -> str:
        url = URL(await super().async_generate_authorize_url(flow_id))
        meaning = {"flow_id": flow_id, "redirect_uri": self.redirect_uri}
        state = async_issue(self.hass, meaning)
        query = {"scope": " ".join(SCOPES), **({"state": state} if state else {})}
        return str(url.update_query(query))

    @override
    async def async_resolve_external_data(self, external_data: Any) -> Token:
        """Return the tokens, with the seconds for which they are valid.

        Home Assistant would write tokens without them to its log.
        """
        return _with_life(await super().async_resolve_external_data(external_data))

    @override
    async def _async_refresh_token(self, token: Token) -> Token:
        return _with_life(await super()._async_refresh_token(token))

    @override
    async def _token_request(self, data: Token) -> Token:
        """Return the answer of the token interface.

        Home Assistant's own request verifies the certificate of every server, and takes
        each refusal as one of the consent.
        """
        http = async_get_clientsession(self.hass, verify_ssl=self._verify_ssl)
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        try:
            async with http.post(
                self.token_url,
                data=data | client,
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as response:
                response.raise_for_status()
                token = await response.json(content_type=None)
        except ClientResponseError as error:
            raise _refused(error.request_info, error.status, error.headers) from None
        except ClientError, ValueError, RecursionError:
            raise OAuth2TokenRequestConnectionError(domain=DOMAIN) from None
        answer: Token = token if isinstance(token, dict) else {}
        if str(answer.get("error")) in ENDED:
            raise _refused(response.request_info, HTTPStatus.BAD_REQUEST)
        if not isinstance(answer.get(ACCESS), str):
            raise OAuth2TokenRequestConnectionError(domain=DOMAIN)
        return answer


def _refused(
    request: RequestInfo, status: int, headers: MultiMapping[str] | None = None
) -> OAuth2TokenRequestError:
    """Return what an HTTP status means; a gateway's is not the consent's end."""
    kind = OAuth2TokenRequestError
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
        kind = OAuth2TokenRequestReauthError
    return kind(request_info=request, status=status, headers=headers, domain=DOMAIN)


def _with_life(token: Token) -> Token:
    life = str(token.get("expires_in", ""))
    is_number = life.isdecimal() and len(life) < 10
    return {**token, "expires_in": int(life) if is_number else USUAL_LIFE}


class OwnerTokens:
    """The tokens of a consent; `keep` is called with each new one.

    `token` as Home Assistant stores it: `access_token`, `refresh_token`, `expires_at`.
    """

    def __init__(self, hass: HomeAssistant, credentials: OwnerCredentials) -> None:
        """Use the client of these credentials, and at first their tokens."""
        self._hass = hass
        self._credentials = credentials
        self.token = credentials.token
        self.keep: Callable[[Token], None] = _forget

    def current(self) -> str | None:
        """Return the access token, None where it has expired."""
        is_valid = float(self.token.get("expires_at", 0.0)) > time() + EARLY
        return str(self.token[ACCESS]) if is_valid else None

    async def renew(self) -> str:
        """Return a new access token; an answer without a refresh token keeps the old."""
        if not self.token.get(REFRESH):
            raise LoginError(Interface.LOGIN, detail="no refresh token")
        try:
            implementation = await self._async_implementation()
            self.token = await implementation.async_refresh_token(self.token)
        except OAuth2TokenRequestError as error:
            raise _failure(error) from None
        except OAuth2TokenRequestConnectionError:
            raise UnreachableError(Interface.LOGIN) from None
        except TimeoutError:
            raise UnansweredError(Interface.LOGIN) from None
        self.keep(self.token)
        return str(self.token[ACCESS])

    async def _async_implementation(self) -> OwnerImplementation:
        known = await oauth2.async_get_implementations(self._hass, DOMAIN)
        found = known.get(self._credentials.implementation)
        if not isinstance(found, OwnerImplementation):
            raise LoginError(Interface.LOGIN, detail="no application credentials")
        return found.at(self._credentials.origin, self._credentials.verify_ssl)


def _forget(token: Token) -> None:
    """Keep nothing: no entry is there yet."""


def _failure(error: OAuth2TokenRequestError) -> NorthboundError:
    """Return what a refused refresh means."""
    if isinstance(error, OAuth2TokenRequestReauthError):
        return LoginError(Interface.LOGIN, error.status)
    is_busy = error.status == HTTPStatus.TOO_MANY_REQUESTS
    failure = (BusyError if is_busy else ServerError)(Interface.LOGIN, error.status)
    failure.retry_after = retry_after(error.headers or {})
    return failure


@dataclass(frozen=True, slots=True)
class OwnerCredentials:
    """How to reach an owner's plants: host, client (by its id), consent, its tokens.

    `consent`: a random text, another one for each consent.
    """

    origin: str
    implementation: str
    consent: str
    verify_ssl: bool
    token: Token = field(repr=False, compare=False)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return those of an entry's data."""
        return cls(
            data[CONF_HOST],
            data[CONF_IMPLEMENTATION],
            data[CONF_CONSENT],
            data[CONF_VERIFY_SSL],
            dict(data[CONF_TOKEN]),
        )

    def data(self) -> dict[str, Any]:
        """Return the data of an entry."""
        return {
            CONF_HOST: self.origin,
            CONF_IMPLEMENTATION: self.implementation,
            CONF_CONSENT: self.consent,
            CONF_VERIFY_SSL: self.verify_ssl,
            CONF_TOKEN: self.token,
        }

    @property
    def account(self) -> str:
        """Return whose calls are counted together: those of a client at a host."""
        return f"{self.origin}|{self.implementation}"

    @property
    def identity(self) -> str:
        """Return who logs in, whatever the host."""
        return self.implementation

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what is to be shown nowhere."""
        tokens = (self.token.get(key) for key in (ACCESS, REFRESH))
        return (self.implementation, *(str(token) for token in tokens if token))


def grants_control(data: Mapping[str, Any]) -> bool:
    """Tell whether what the owner has agreed to includes control.

    An answer without a scope means all that was asked (RFC 6749, 5.1).
    """
    scope = data.get(CONF_TOKEN, {}).get("scope")
    return not isinstance(scope, str) or CONTROL_SCOPE in scope.split()

"""What outlives a config entry: ledgers and sessions, one per account.

The config flow hands its session, plant list and dialect to the set-up, a reload
finds the session it left, and all of them share one ledger an account. Ledgers are
kept on disk for a day, which is as far back as any limit looks.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import time
from typing import Any, Self

from aiohttp import ClientSession, DummyCookieJar
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    EVENT_HOMEASSISTANT_CLOSE,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.hass_dict import HassKey
import voluptuous as vol

from ..const import CONF_CA_CERTIFICATE, DOMAIN
from ..local_time import DAY, MINUTE
from ..northbound import (
    Authenticator,
    BearerAuthenticator,
    Dialect,
    Ledger,
    NorthboundClient,
    NorthboundSession,
    PasswordAuthenticator,
    Plant,
    PlantList,
    Profile,
    trusting,
)
from ..storage.store import KeptStore
from .owner import OwnerCredentials, OwnerTokens

STORE_VERSION = 1
STORE_KEY = f"{DOMAIN}.quota"
ANSWERED_AFTER = 30
# Seconds for which the plants found by a dialog are as good as a new list.
LISTED_FOR = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach an account: address, user, password, TLS verification.

    `origin`: with the path prefix of a server that has one; `ca_certificate`: PEM text
    that is trusted in place of the public authorities, empty for these.
    """

    origin: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    verify_ssl: bool = True
    ca_certificate: str = field(default="", repr=False)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return those of an entry's data."""
        return cls(
            data[CONF_HOST],
            data[CONF_USERNAME],
            data[CONF_PASSWORD],
            data[CONF_VERIFY_SSL],
            data.get(CONF_CA_CERTIFICATE, ""),
        )

    def data(self) -> dict[str, Any]:
        """Return the data of an entry."""
        own = self.ca_certificate
        return {
            CONF_HOST: self.origin,
            CONF_USERNAME: self.username,
            CONF_PASSWORD: self.password,
            CONF_VERIFY_SSL: self.verify_ssl,
        } | ({CONF_CA_CERTIFICATE: own} if own else {})

    @property
    def account(self) -> str:
        """Return the account's identity, the unique id of its entry."""
        return f"{self.origin}|{self.username}"

    @property
    def identity(self) -> str:
        """Return who logs in, whatever the host."""
        return self.username

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what is to be shown nowhere."""
        return (self.username, self.password)


type AnyCredentials = Credentials | OwnerCredentials
"""The two ways to an account."""


def credentials_of(entry: ConfigEntry) -> AnyCredentials:
    """Return how an entry reaches its account."""
    data = entry.data
    return OwnerCredentials.of(data) if CONF_TOKEN in data else Credentials.of(data)


@dataclass(slots=True)
class Connection:
    """A session with an account and what its last log-in found.

    `plants` is the result of the last listing, empty before it and after
    `pop_plants`; `is_listing` tells that further pages have to wait. `tokens`: those of
    an owner's consent, None for an account with a password.
    """

    credentials: AnyCredentials
    client: NorthboundClient
    dialect: Dialect | None = None
    plants: list[Plant] = field(default_factory=list)
    tokens: OwnerTokens | None = None
    _list: PlantList | None = None
    _listed_at: float = 0.0

    @property
    def is_listing(self) -> bool:
        """Tell whether pages were read and others are left."""
        return self._list is not None and self._list.is_begun

    async def detect(self) -> None:
        """Find out the server's dialect and list the plants.

        Raises NotYetError where a further page has to wait: the next call goes on
        there. What was listed a few minutes ago is not listed again.
        """
        now = self.client.session.ledger.now()
        if self.plants and abs(now - self._listed_at) < LISTED_FOR:
            return
        if self._list is None or not self._list.is_begun:
            self._list = PlantList(self.client)
        self.dialect, self.plants = await self._list.read_on()
        self._list, self._listed_at = None, now

    def pop_plants(self) -> list[Plant]:
        """Return the result of the last listing; a second caller gets an empty list."""
        plants, self.plants = self.plants, []
        return plants


class Connections:
    """The ledgers and connections of all accounts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; `async_get_connections` loads the saved ledgers."""
        self._hass = hass
        self._store: KeptStore[dict[str, Ledger]] = KeptStore(
            hass, STORE_VERSION, STORE_KEY, vol.Schema({str: self._loaded})
        )
        self._ledgers: dict[str, Ledger] = {}
        self._connections: dict[str, Connection] = {}
        # By verification of TLS; all accounts share them, no cookies are kept.
        self._http: dict[bool, ClientSession] = {}
        self._loaded_at = 0.0
        # A task: a flow and a set-up may ask at the same time.
        self.loaded = hass.async_create_task(self._async_load(), "load ledgers")

    async def _async_load(self) -> None:
        """Load the ledgers; after damage the calls of the last day are not known."""
        self._ledgers |= await self._store.async_load_sound() or {}
        self._loaded_at = time.time()

    def _loaded(self, saved: object) -> Ledger:
        ledger = Ledger(self.async_save)
        ledger.load(saved)
        return ledger

    async def async_save(self) -> None:
        """Write the ledgers that had a call within the last day."""
        await self._store.async_save(self._dump())
        # The answer comes later, and the server counts from then on.
        self._store.async_delay_save(self._dump, ANSWERED_AFTER)

    def _dump(self) -> dict[str, dict[str, object]]:
        return {
            account: ledger.dump()
            for account, ledger in self._ledgers.items()
            if account in self._connections or _is_recent(ledger)
        }

    def ledger(self, account: str) -> Ledger:
        """Return the one ledger of an account."""
        if account not in self._ledgers:
            ledger = self._ledgers[account] = Ledger(self.async_save)
            if self._store.was_damaged:
                ledger.used_up_at = self._loaded_at
        return self._ledgers[account]

    async def async_carry_over(self, account: str, connection: Connection) -> None:
        """Share one ledger between the old and the new host of an account.

        The server counts the calls of both together.
        """
        ledger = self.ledger(account)
        session = connection.client.session
        if session.ledger is not ledger:
            await ledger.merge(session.ledger)
        self._ledgers[connection.credentials.account] = ledger
        session.ledger = ledger

    @callback
    def connect(self, credentials: AnyCredentials) -> Connection:
        """Return the account's connection, a new one for new credentials."""
        known = self._connections.get(credentials.account)
        if known and known.credentials == credentials:
            return known
        connection = self._open(credentials)
        self.keep(connection)
        return connection

    @callback
    def try_out(self, credentials: AnyCredentials) -> Connection:
        """Return a connection that is logged in, or a new one that is not shared."""
        known = self._connections.get(credentials.account)
        if known and known.credentials == credentials and known.client.session.is_open:
            return known
        return self._open(credentials)

    @callback
    def keep(self, connection: Connection) -> None:
        """Let others meet this connection, in place of an older one."""
        self._connections[connection.credentials.account] = connection

    def _open(self, credentials: AnyCredentials) -> Connection:
        ledger, tokens = self.ledger(credentials.account), None
        authenticator: Authenticator
        own = ""
        if isinstance(credentials, OwnerCredentials):
            ledger.profile = Profile.OWNER
            tokens = OwnerTokens(self._hass, credentials)
            authenticator = BearerAuthenticator(tokens)
        else:
            own = credentials.ca_certificate if credentials.verify_ssl else ""
            authenticator = PasswordAuthenticator(
                credentials.username, credentials.password
            )
        http = self._client_session(credentials.verify_ssl)
        session = NorthboundSession(
            http,
            credentials.origin,
            authenticator,
            ledger,
            tls=trusting(own) if own else True,
        )
        return Connection(credentials, NorthboundClient(session), tokens=tokens)

    def _client_session(self, verify_ssl: bool) -> ClientSession:
        if verify_ssl not in self._http:
            # Cookies are set by hand: a shared jar would mix accounts of a host.
            self._http[verify_ssl] = async_create_clientsession(
                self._hass,
                verify_ssl=verify_ssl,
                auto_cleanup=False,
                cookie_jar=DummyCookieJar(),
            )
        return self._http[verify_ssl]

    async def async_drop(self, account: str) -> None:
        """End the session of an account whose entry is gone."""
        if connection := self._connections.pop(account, None):
            await connection.client.session.log_out()
        await self.async_save()

    @callback
    def close(self, _: Event) -> None:
        """Let go of the sockets when Home Assistant closes."""
        for http in self._http.values():
            http.detach()


def _is_recent(ledger: Ledger) -> bool:
    stamps: Iterable[float] = (
        lane.calls[-1] for lane in ledger.lanes.values() if lane.calls
    )
    return max(stamps, default=0.0) > ledger.now() - DAY


_KEY: HassKey[Connections] = HassKey(f"{DOMAIN}_connections")


async def async_get_connections(hass: HomeAssistant) -> Connections:
    """Return what all entries and flows share, loaded from disk once."""
    if (connections := hass.data.get(_KEY)) is None:
        connections = hass.data[_KEY] = Connections(hass)
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, connections.close)
    # The loading goes on for others when a flow is given up.
    await asyncio.shield(connections.loaded)
    return connections

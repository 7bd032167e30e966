"""A client on a simulator, both on a clock that only the test moves."""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from inspect import isawaitable
import json
import traceback
from typing import Any, override

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.smartpvms.northbound import (
    Interface,
    Ledger,
    NorthboundClient,
    NorthboundSession,
    PasswordAuthenticator,
)
from simulator import Clock, Dialect, Plant, Simulator, fleet

NOON = datetime(2026, 6, 15, 10, 2, tzinfo=UTC)
SINCE = date(2026, 5, 1)
USER, PASSWORD = "Northbound-User", "Secret-Systemcode"


class HandClock(Clock):
    """A simulator's clock that stands still until it is moved."""

    @override
    def now(self) -> float:
        return NOON.timestamp() + self.offset.total_seconds()

    def wait(self, seconds: float) -> None:
        """Let seconds pass."""
        self.advance(timedelta(seconds=seconds))

    def set_to(self, moment: datetime) -> None:
        """Make it a given moment."""
        self.offset = timedelta(seconds=moment.timestamp() - NOON.timestamp())


@dataclass(slots=True)
class Link:
    """An account as a user of the library holds it."""

    ledger: Ledger
    session: NorthboundSession
    client: NorthboundClient
    clock: HandClock

    @property
    def authenticator(self) -> PasswordAuthenticator:
        """Return what logs in."""
        assert isinstance(self.session._authenticator, PasswordAuthenticator)
        return self.session._authenticator

    def calls(self, interface: Interface) -> int:
        """Count the calls that the ledger has on record."""
        return len(self.ledger.lane(interface).calls)


type Connect = Callable[..., Link]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it reached the raw server."""

    interface: str
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class RawServer:
    """Answers what a test lays out; what it does not, like a good login.

    A text or bytes is a body, a function makes the response, and anything else is
    sent as JSON.
    """

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        interface = request.match_info["interface"]
        body = await request.json()
        self.requests.append(Seen(interface, request.headers, body))
        answer = self.answers.get(interface)
        if callable(answer):
            made = answer()
            response: web.Response = await made if isawaitable(made) else made
            return response
        if answer is None:
            good = web.json_response({"success": True, "data": None, "failCode": 0})
            good.headers["xsrf-token"] = f"raw-token-{len(self.requests)}"
            return good
        if not isinstance(answer, str | bytes):
            answer = json.dumps(answer)
        body = answer.encode() if isinstance(answer, str) else answer
        return web.Response(body=body, content_type="application/json")


def done[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")


async def nothing() -> None:
    """Save a ledger nowhere."""


def discreet(error: BaseException, *secrets: str) -> None:
    """Make sure that an error tells nothing that is none of a log's business."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    for secret in (PASSWORD, *secrets):
        assert secret not in shown


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Let tests reach servers on loopback."""


@pytest.fixture
def clock() -> HandClock:
    """Return the clock of simulator and ledger."""
    return HandClock()


@pytest.fixture
def plant() -> Plant:
    """Return a house young enough for its life to be counted quickly."""
    return fleet.residential(connected=SINCE)


@pytest.fixture
async def sim(clock: HandClock, dialect: Dialect, plant: Plant) -> Simulator:
    """Return the simulator behind `url`, with quotas and quirks."""
    return Simulator([plant], dialect, username=USER, password=PASSWORD, clock=clock)


@pytest.fixture
async def connect(clock: HandClock) -> AsyncIterator[Connect]:
    """Return a function that makes a client for a server."""
    async with AsyncExitStack() as stack:

        def connect(
            url: str, password: str = PASSWORD, *, verify_ssl: bool = True, **kept: Any
        ) -> Link:
            http = ClientSession(
                connector=TCPConnector(ssl=verify_ssl), cookie_jar=DummyCookieJar()
            )
            stack.push_async_callback(http.close)
            ledger = kept.get("ledger") or Ledger(nothing, clock.now)
            authenticator = kept.get("authenticator") or PasswordAuthenticator(
                USER, password
            )
            session = NorthboundSession(http, url, authenticator, ledger)
            return Link(ledger, session, NorthboundClient(session), clock)

        yield connect


@pytest.fixture
async def link(connect: Connect, url: str) -> Link:
    """Return a client of the simulator, not logged in yet."""
    return connect(url)


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    """Serve whatever a test wants."""
    server = RawServer()
    app = web.Application()
    app.router.add_post("/thirdData/{interface}", server.handle)
    app.router.add_post("/rest/openapi/pvms/{interface:.+}", server.handle)
    async with TestServer(app) as listening:
        server.url = str(listening.make_url("/")).rstrip("/")
        yield server


@pytest.fixture
async def raw_link(connect: Connect, raw: RawServer) -> Link:
    """Return a client of the raw server, not logged in yet."""
    return connect(raw.url)

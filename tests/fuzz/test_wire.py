"""Whatever comes over the wire: a value or one of our errors leaves the client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import gzip
import traceback
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from hypothesis import example, given, strategies as st
import pytest

from custom_components.smartpvms.northbound import (
    Ledger,
    NorthboundClient,
    NorthboundError,
    NorthboundSession,
    PasswordAuthenticator,
)

from .sound import assert_sound
from .strategies import SECRETS, bodies, draws, spoken
from .truth import NOON, PASSWORD, USER, calls, document

LOGIN_BODY = b'{"success":true,"data":null,"failCode":0}'


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return an answer as it goes over the wire; its length is told."""
    length = b"Content-Length: %d" % len(body)
    lines = (b"HTTP/1.1 " + status, b"Connection: close", length, *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


GOOD_LOGIN = http(LOGIN_BODY, b"xsrf-token: x-good", b"Content-Type: application/json")


@dataclass(slots=True)
class Wire:
    """A server that sends the same bytes for every call but a login, and hangs up."""

    url: str = ""
    login: bytes = GOOD_LOGIN
    answer: bytes = b""

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one call."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            await reader.readexactly(length)
            writer.write(self.login if b"/login" in head[:40] else self.answer)
            await writer.drain()
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Wire]:
    """Serve on loopback."""
    wire = Wire()
    async with await asyncio.start_server(wire.serve, "127.0.0.1", 0) as server:
        wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield wire


async def saved() -> None:
    """Save a ledger nowhere."""


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """Serve whatever a test wants."""
    async with listening() as wire:
        yield wire


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    """Return the session that all clients of a test share."""
    async with ClientSession(
        connector=TCPConnector(force_close=True), cookie_jar=DummyCookieJar()
    ) as web:
        yield web


async def ask(wire: Wire, web: ClientSession, name: str) -> Any:
    """Return what a coroutine of a new client returns, or its error of ours."""
    ledger = Ledger(saved, NOON.timestamp)
    client = NorthboundClient(
        NorthboundSession(web, wire.url, PasswordAuthenticator(USER, PASSWORD), ledger)
    )
    try:
        result = await calls()[name](client)
    except NorthboundError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)
        assert not any(secret in shown for secret in (*SECRETS, PASSWORD, USER))
        return error
    assert_sound(result)
    return result


odd_headers = st.sampled_from(
    [
        (b"Content-Type: text/html",),
        (b"Content-Type: application/json; charset=utf-7",),
        (b"Content-Type: application/json; charset=no-such",),
        (b"Content-Type: ;;;",),
        (b"Content-Type: \xff\xfe",),
        (b"Content-Encoding: gzip",),
        (b"Content-Encoding: deflate",),
        (b"Content-Encoding: no-such",),
        (b"Transfer-Encoding: chunked",),
        (b"Content-Length: 7",),
        (b"Content-Length: 0",),
        (b"Content-Length: -1",),
        (b"Content-Length: many",),
        (b"Content-Length: 999999",),
        (b"Set-Cookie: XSRF-TOKEN=\xff",),
        (b"X-Long: " + b"x" * 9000,),
        tuple(b"X-%d: x" % number for number in range(200)),
        (b"no header at all",),
        (b"\x00: \x00",),
    ]
)
statuses = st.sampled_from(
    b"200 OK|200|201 Created|204 No Content|206 Partial|301 Moved|302 Found|304 Same"
    b"|401 No|403 No|404 No|407 No|429 No|500 No|502 No|503 No|599 No|999 Odd".split(
        b"|"
    )
)


@st.composite
def answers(draw: st.DrawFn, name: str) -> bytes:
    """Draw an answer of a web server, or something that is none."""
    body = draw(bodies(document(name)))
    match draw(st.sampled_from(["odd", "zip", "status", "head", "noise", "chunks"])):
        case "zip":
            return http(gzip.compress(body), b"Content-Encoding: gzip")
        case "status":
            return http(body, status=draw(statuses))
        case "head":
            return http(body, *draw(odd_headers))
        case "noise":
            return draw(st.binary(max_size=60)) + http(body)
        case "chunks":
            size = draw(st.sampled_from([b"%x" % len(body), b"fffffff", b"-1", b"zz"]))
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            return head + size + b"\r\n" + body + b"\r\n0\r\n\r\n"
    return http(body, b"Content-Type: application/json")


@pytest.mark.parametrize("name", calls())
@draws(0.06)
@given(data=st.data())
async def test_any_answer(
    wire: Wire, web: ClientSession, name: str, data: st.DataObject
) -> None:
    drawn = data.draw(answers(name))
    wire.login = drawn if name == "log_in" else GOOD_LOGIN
    wire.answer = drawn
    await ask(wire, web, name)


tokens = st.binary(max_size=12) | st.sampled_from(
    [b"\xff", b"a\tb", b'"a\\015\\012b"', b"a; b=c", b"a,b", b"x" * 5000, b"a b"]
)


@draws(0.3)
@given(
    header=st.sampled_from([b"XSRF-TOKEN: ", b"Set-Cookie: XSRF-TOKEN="]), token=tokens
)
@example(header=b"XSRF-TOKEN: ", token=b"\xff")
@example(header=b"Set-Cookie: XSRF-TOKEN=", token=b'"a\\015\\012b"')
async def test_any_token(
    wire: Wire, web: ClientSession, header: bytes, token: bytes
) -> None:
    """It becomes a header and a cookie of ours."""
    wire.login = http(LOGIN_BODY, header + token)
    wire.answer = http(spoken(document("stations")))
    await ask(wire, web, "stations")

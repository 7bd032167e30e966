"""One account's session: proof, one relogin, envelope to data or error."""

from asyncio import CancelledError, to_thread
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address
import json
import re
import ssl
from time import monotonic
from typing import Final, Literal, override

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorSSLError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
)
from yarl import URL

from .authenticator import SECOND_CHANCE, Authenticator, Proof
from .call_log import CallLog
from .errors import (
    CertificateError,
    NoAddressError,
    NorthboundError,
    NotEncryptedError,
    NotNorthboundError,
    OldProofError,
    PermissionMissingError,
    ReportedError,
    ReportedLoginError,
    ResponseError,
    SessionLostError,
    UnansweredError,
    UnreachableError,
    error_for,
    error_for_status,
    retry_after,
)
from .interfaces import PARTLY_TAKEN, TASK_CODE, TASKS, Interface, Json
from .lane import PauseReason
from .ledger import Ledger
from .models import text

TIMEOUT: Final = ClientTimeout(total=30)
# 100 plants' five-minute rows of a day are about 20 MB; more is no answer.
LARGEST_ANSWER: Final = 64 * 1024 * 1024
# Bytes: a body of this size takes a millisecond to parse, a long one seconds.
LONG_ANSWER: Final = 100_000
LARGEST_CODE: Final = 10**9
LONGEST_REASON: Final = 200
# The message of a lost session, whatever its code (seen with 305 and 20010).
RELOGIN: Final = "USER_MUST_RELOGIN"


def normalise_origin(typed: str) -> str:
    """Return the origin (scheme, lower-case host, port) of what a user typed.

    A host without scheme is https. Raises NoAddressError, or NotEncryptedError for
    `http` to anything but this machine.
    """
    text = typed.strip()
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", text):
        text = f"https://{text}"
    try:
        url = URL(text)
        origin = str(url.origin()).lower()
    except ValueError as error:
        raise NoAddressError("not an address") from error
    host = url.host or ""
    is_sound = host and host.isprintable() and " " not in host
    if url.scheme not in ("http", "https") or not is_sound:
        raise NoAddressError("not an address")
    if url.scheme == "http" and not _is_loopback(host):
        raise NotEncryptedError("not encrypted")
    return origin


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class NorthboundSession:
    """Sends calls of one account, within its ledger.

    Wants an aiohttp session of its own that keeps no cookies: the authenticator says
    what a call carries. `origin` comes from `normalise_address`; a context `tls`
    (`trusting`) takes the place of the trust that `http` has.
    """

    def __init__(
        self,
        http: ClientSession,
        origin: str,
        authenticator: Authenticator,
        ledger: Ledger,
        *,
        tls: ssl.SSLContext | Literal[True] = True,
    ) -> None:
        """Keep the way to log in; nothing is sent before the first call."""
        self._http = http
        self._tls = tls
        self._base = URL(origin)
        self._authenticator = authenticator
        self.ledger = ledger
        self.call_log = CallLog()

    def trust_credentials(self) -> None:
        """Note that these credentials have worked: a refusal may be a lock."""
        self._authenticator.trust()

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base.host}>"

    async def call(
        self, interface: Interface, payload: Mapping[str, Json] | None = None
    ) -> Json:
        """Return the `data` of an answer, or raise a NorthboundError.

        Logs in when there is no session and once more when it was lost. The
        call is put on the ledger before it leaves.
        """
        lane = self.ledger.lane(interface)
        async with lane.turn:
            # Before the login, which would be spent for nothing.
            self.ledger.check(interface)
            proof = await self._authenticator.prove(self)
            await self.ledger.claim(interface)
            try:
                data = await self._recorded(interface, payload or {}, proof)
            except OldProofError:
                await self._authenticator.renew(self)
                data = await self._once_more(interface, payload or {})
            except SessionLostError:
                # The server did not know whose call it was, so it did not count.
                self.ledger.withdraw(interface)
                self._authenticator.lose(proof, self.ledger.now())
                data = await self._once_more(interface, payload or {})
            return data

    async def _once_more(
        self, interface: Interface, payload: Mapping[str, Json]
    ) -> Json:
        proof = await self._authenticator.prove(self)
        await self.ledger.claim(interface)
        return await self._recorded(interface, payload, proof)

    async def log_in(self) -> None:
        """Log in now (reference 2.1), whether or not there is a session."""
        await self._authenticator.renew(self)

    async def log_in_by_hand(self) -> None:
        """Log in where there is no session, as often as a user may."""
        await self._authenticator.prove_by_hand(self)

    async def log_out(self) -> None:
        """End the session on the server; what fails is not worth telling."""
        await self._authenticator.end(self)

    async def _recorded(
        self, interface: Interface, payload: Mapping[str, Json], proof: Proof
    ) -> Json:
        try:
            data, _ = await self.post(interface, payload, proof)
        except PermissionMissingError as error:
            # What was never granted is believed at once.
            was_good = self.ledger.lane(interface).was_good
            is_doubted = was_good and self._authenticator.doubts(self.ledger.now())
            told = OldProofError(interface, error.code) if is_doubted else error
            await self.ledger.record(interface, told)
            raise told from None
        except NorthboundError as error:
            await self.ledger.record(interface, error)
            raise
        except CancelledError:
            self.ledger.give_up(interface)
            raise
        await self.ledger.record(interface, None)
        self._authenticator.used(self.ledger.now())
        return data

    @property
    def refusals(self) -> int:
        """Return how often in a row a login that worked before was refused."""
        return self._authenticator.refusals

    @property
    def is_open(self) -> bool:
        """Tell whether a call needs no login."""
        return self._authenticator.is_open

    @property
    def is_refused(self) -> bool:
        """Tell whether the second chance of a refused login was in vain.

        As the ledger knows it, so that a restart does not forget it.
        """
        lane = self.ledger.lane(Interface.LOGIN)
        is_long = lane.paused_until - lane.paused_since > 2 * SECOND_CHANCE
        return self.rests_after_refusal and is_long

    @property
    def rests_after_refusal(self) -> bool:
        """Tell whether the login rests, since the server has refused it."""
        lane = self.ledger.lane(Interface.LOGIN)
        is_paused = lane.paused_until > self.ledger.now()
        return lane.reason is PauseReason.LOGIN_REFUSED and is_paused

    @property
    def is_contested(self) -> bool:
        """Tell whether somebody else keeps ending our session."""
        return self._authenticator.is_contested(self.ledger.now())

    async def post(
        self, interface: Interface, payload: Mapping[str, Json], proof: Proof
    ) -> tuple[Json, ClientResponse]:
        """Make a call, and note how it ended."""
        started = monotonic()
        try:
            data, response = await self._exchange(interface, payload, proof)
        except NorthboundError as error:
            self.call_log.failed(self.ledger.now(), monotonic() - started, error)
            raise
        seconds = monotonic() - started
        self.call_log.answered(interface, self.ledger.now(), seconds, data)
        return data, response

    async def _exchange(
        self, interface: Interface, payload: Mapping[str, Json], proof: Proof
    ) -> tuple[Json, ClientResponse]:
        try:
            async with self._http.post(
                self._base / interface.path,
                json=payload,
                headers=proof.headers,
                allow_redirects=False,
                ssl=self._tls,
                timeout=TIMEOUT,
            ) as response:
                if response.status in proof.lost_by:
                    raise SessionLostError(interface, response.status)
                if error := error_for_status(interface, response.status):
                    error.retry_after = retry_after(response.headers)
                    raise await _reported(interface, response) or error
                body = await _read(interface, response)
        except (ClientConnectorCertificateError, ClientConnectorSSLError) as err:
            raise CertificateError(interface) from err
        except TimeoutError as err:
            raise UnansweredError(interface, detail=type(err).__name__) from None
        except (ClientError, OSError, ssl.SSLError) as err:
            # The error's own text may hold the address with its parameters.
            raise UnreachableError(interface, detail=type(err).__name__) from None
        if len(body) > LONG_ANSWER:
            # The event loop runs on meanwhile.
            return await to_thread(_open, interface, body, response), response
        return _open(interface, body, response), response


async def _read(interface: Interface, response: ClientResponse) -> bytes:
    """Return the body, as long as it is no longer than an answer can be."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ResponseError(interface, detail="larger than any answer")
    return bytes(body)


async def _reported(
    interface: Interface, response: ClientResponse
) -> NorthboundError | None:
    """Return the error that the body of a bad request tells (HTTP 400)."""
    if response.status != HTTPStatus.BAD_REQUEST:
        return None
    try:
        body = json.loads(await _read(interface, response))
    except ValueError, RecursionError:
        return None
    return _exception(interface, body, response.status)


def _exception(interface: Interface, body: Json, status: int) -> ReportedError | None:
    """Return the error that an object with `exceptionId` is, with its reason."""
    if not isinstance(body, dict) or not isinstance(body.get("exceptionId"), str):
        return None
    reasons = body.get("reasonArgs")
    told = [text(item) for item in reasons] if isinstance(reasons, list) else []
    reason = "; ".join(filter(None, told)) or text(body["exceptionId"]) or ""
    is_login = interface is Interface.LOGIN
    kind = ReportedLoginError if is_login else ReportedError
    return kind(interface, status, reason[:LONGEST_REASON])


def _open(interface: Interface, body: bytes, response: ClientResponse) -> Json:
    """Return the `data` of an envelope, or raise the error that it holds."""
    try:
        envelope = json.loads(body, parse_constant=lambda _: None)
    except ValueError, RecursionError:
        if response.content_type == "text/html" or body.lstrip()[:1] == b"<":
            raise NotNorthboundError(interface, HTTPStatus.OK, "a web page") from None
        raise ResponseError(interface, detail="not JSON") from None
    if error := _exception(interface, envelope, response.status):
        raise error
    if not isinstance(envelope, dict) or not envelope.keys() & {"success", "failCode"}:
        raise ResponseError(interface, detail="no envelope")
    data: Json = envelope.get("data")
    code = _fail_code(envelope, data)
    if code in PARTLY_TAKEN and interface in TASKS:
        return {**(data if isinstance(data, dict) else {}), TASK_CODE: code}
    if code:
        if envelope.get("message") == RELOGIN and interface is not Interface.LOGIN:
            raise SessionLostError(interface, code)
        raise error_for(interface, code)
    if envelope.get("success") is False:
        raise error_for(interface, 0)
    return data


def _fail_code(envelope: Mapping[str, Json], data: Json) -> int:
    """Return the code of an envelope: its failCode, or the number in `data`."""
    for value in (envelope.get("failCode"), data):
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value:
            # One of hundreds of digits cannot be shown.
            return max(-LARGEST_CODE, min(value, LARGEST_CODE))
    return 0

"""The two ways to prove whose a call is: an account's password, an owner's consent.

A session asks its authenticator for a proof before each call and does not know which
way it is.
"""

from abc import ABC, abstractmethod
from asyncio import Lock
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
import re
from typing import Final, Protocol, override

from aiohttp import ClientResponse

from .errors import CertificateError, LoginError, NorthboundError, ResponseError
from .interfaces import Interface, Json
from .lane import PauseReason
from .ledger import Ledger
from .limits import DAY

TOKEN: Final = "XSRF-TOKEN"
# What may stand in a header and in a cookie; anything else could break out of it.
_SOUND_TOKEN: Final = re.compile(r"[!#-+\--:<-\[\]-~]{1,2048}")
# A token of an authorisation server stands in no cookie, and may be a long one.
_SOUND_ACCESS_TOKEN: Final = re.compile(r"[!-~]{1,8192}")

# A token lives 30 minutes and each call extends it: a token that ends earlier was
# ended by another login on the account.
TOKEN_LIFE: Final = 25 * 60.0
OFTEN: Final = 3
OFTEN_WITHIN: Final = 3600.0

# NetEco systems answer 401 to an old token: a missing permission looks the same. A
# younger token is not the reason, and a login an hour settles it.
OLD_TOKEN: Final = 5 * 60.0
DOUBTED_EVERY: Final = 3600.0

# A refused login that worked before may be a lock (30 min) or too many sessions.
SECOND_CHANCE: Final = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What a call carries to prove whose it is.

    `lost_by`: the HTTP statuses by which a server says that it takes the proof no more.
    """

    headers: Mapping[str, str] = field(repr=False)
    lost_by: frozenset[int] = frozenset()


NO_PROOF: Final = Proof({})


class Line(Protocol):
    """What an authenticator needs of its session: the ledger, and calls of its own."""

    ledger: Ledger

    async def post(
        self, interface: Interface, payload: Mapping[str, Json], proof: Proof
    ) -> tuple[Json, ClientResponse]:
        """Make a call that the caller has put on the ledger."""


class Authenticator(ABC):
    """Obtains proofs, one at a time, and remembers whether the last was refused.

    `refusals`: how often in a row a proof that once was given was refused.
    """

    def __init__(self) -> None:
        """Start without a proof."""
        self._turn = Lock()
        self._has_worked = False
        self.refusals = 0

    def trust(self) -> None:
        """Note that there was a proof before: a refusal may be a lock."""
        self._has_worked = True

    async def prove(self, line: Line) -> Proof:
        """Return the proof in hand, or obtain one."""
        async with self._turn:
            if held := self._held():
                return held
            await line.ledger.claim(Interface.LOGIN)
            return await self._obtained(line)

    async def prove_by_hand(self, line: Line) -> None:
        """Obtain a proof where there is none, as often as a user may log in."""
        async with self._turn:
            if self._held() is None:
                await line.ledger.claim_login_by_hand()
                await self._obtained(line)

    async def renew(self, line: Line) -> None:
        """Obtain a proof now, whether or not there is one."""
        async with self._turn:
            await line.ledger.claim(Interface.LOGIN)
            await self._obtained(line)

    async def _obtained(self, line: Line) -> Proof:
        """Return a new proof; the login is on the ledger."""
        try:
            proof = await self._obtain(line)
        except CertificateError:
            # Nothing was sent, so the next login need not wait.
            line.ledger.withdraw(Interface.LOGIN)
            raise
        except NorthboundError as error:
            await self._refused(line.ledger, error)
            raise
        self._has_worked, self.refusals = True, 0
        await line.ledger.record(Interface.LOGIN, None)
        return proof

    async def _refused(self, ledger: Ledger, error: NorthboundError) -> None:
        """Keep the login lane at rest, so that no account is hammered shut."""
        if isinstance(error, LoginError) and self._has_worked:
            self.refusals += 1
            pause = SECOND_CHANCE if self.refusals == 1 else DAY
            await ledger.pause(Interface.LOGIN, pause, PauseReason.LOGIN_REFUSED)
        await ledger.record(Interface.LOGIN, error)

    @property
    def is_open(self) -> bool:
        """Tell whether a call needs no login."""
        return self._held() is not None

    def is_contested(self, now: float) -> bool:
        """Tell whether somebody else keeps ending our sessions."""
        return False

    def doubts(self, now: float) -> bool:
        """Tell whether an old proof may be why an interface is not permitted (401)."""
        return False

    @abstractmethod
    def used(self, now: float) -> None:
        """Note that the server has taken the proof."""

    @abstractmethod
    def lose(self, proof: Proof, now: float) -> None:
        """Drop a proof that the server no longer takes."""

    @abstractmethod
    async def end(self, line: Line) -> None:
        """End the session on the server; what fails is not worth telling."""

    @abstractmethod
    def _held(self) -> Proof | None:
        """Return the proof in hand."""

    @abstractmethod
    async def _obtain(self, line: Line) -> Proof:
        """Return a new proof; the login is on the ledger."""


class PasswordAuthenticator(Authenticator):
    """A northbound account: a login, then a token with each call (reference 2.1)."""

    def __init__(self, username: str, password: str) -> None:
        """Keep the credentials; nothing is sent before the first call."""
        super().__init__()
        self._username = username
        self._password = password
        self._token: str | None = None
        self._used_at = 0.0
        self._got_at = 0.0
        self._doubted_at = float("-inf")
        self._losses: deque[float] = deque(maxlen=OFTEN)

    @override
    def is_contested(self, now: float) -> bool:
        losses = self._losses
        return len(losses) == OFTEN and losses[0] > now - OFTEN_WITHIN

    @override
    def doubts(self, now: float) -> bool:
        if now - self._got_at < OLD_TOKEN or now - self._doubted_at < DOUBTED_EVERY:
            return False
        self._doubted_at = now
        return True

    @override
    def used(self, now: float) -> None:
        self._used_at = now

    @override
    def lose(self, proof: Proof, now: float) -> None:
        if self._held() != proof:
            return
        self._token = None
        if now - self._used_at < TOKEN_LIFE:
            self._losses.append(now)

    @override
    async def end(self, line: Line) -> None:
        proof, token = self._held(), self._token
        self._token = None
        if proof is None:
            return
        try:
            await line.post(Interface.LOGOUT, {"xsrfToken": token}, proof)
        except NorthboundError:
            return

    @override
    def _held(self) -> Proof | None:
        token = self._token
        return Proof({TOKEN: token, "Cookie": f"{TOKEN}={token}"}) if token else None

    @override
    async def _obtain(self, line: Line) -> Proof:
        self._token = None
        payload: Mapping[str, Json] = {
            "userName": self._username,
            "systemCode": self._password,
        }
        _, response = await line.post(Interface.LOGIN, payload, NO_PROOF)
        cookie = response.cookies.get(TOKEN)
        token = response.headers.get(TOKEN) or (cookie.value if cookie else None)
        if not token or not _SOUND_TOKEN.fullmatch(token):
            raise ResponseError(Interface.LOGIN, detail="no token")
        self._token, self._got_at = token, line.ledger.now()
        return Proof({TOKEN: token, "Cookie": f"{TOKEN}={token}"})


class AccessTokens(Protocol):
    """The access token of an owner's consent, kept and renewed by the caller."""

    def current(self) -> str | None:
        """Return the access token, None where it has expired."""

    async def renew(self) -> str:
        """Return a new access token.

        Raises LoginError (of the interface LOGIN) where the consent was withdrawn, any
        other NorthboundError where there was no answer.
        """


class BearerAuthenticator(Authenticator):
    """An owner's consent: an access token with each call (OAuth 2.0).

    Clients of 2026 run so; the token in a second header would be a lost session.
    """

    def __init__(self, tokens: AccessTokens) -> None:
        """Use these tokens; the first is renewed when it has to be."""
        super().__init__()
        self._tokens = tokens
        self._lost: Proof | None = None

    @override
    def used(self, now: float) -> None:
        # From now on a refusal may be a fault that passes.
        self._has_worked = True

    @override
    def lose(self, proof: Proof, now: float) -> None:
        self._lost = proof

    @override
    async def end(self, line: Line) -> None:
        """Do nothing: the consent goes on until the owner withdraws it."""

    @override
    def _held(self) -> Proof | None:
        access = self._tokens.current()
        proof = _bearer(access) if access else None
        return None if proof == self._lost else proof

    @override
    async def _obtain(self, line: Line) -> Proof:
        return _bearer(await self._tokens.renew())


def _bearer(access: str) -> Proof:
    if not _SOUND_ACCESS_TOKEN.fullmatch(access):
        raise ResponseError(Interface.LOGIN, detail="no token")
    headers = {"Authorization": f"Bearer {access}"}
    return Proof(headers, frozenset({HTTPStatus.UNAUTHORIZED}))

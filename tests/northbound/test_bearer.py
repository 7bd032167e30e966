"""Access by the owner: an access token with each call, refreshed by the caller."""

from dataclasses import dataclass, field

from aiohttp import web
import pytest

from custom_components.smartpvms.northbound import BearerAuthenticator, Interface
from custom_components.smartpvms.northbound.errors import (
    BusyError,
    CertificateError,
    LoginError,
    NotYetError,
    PermissionMissingError,
    ResponseError,
    SessionLostError,
    UnreachableError,
    retry_after,
)
from custom_components.smartpvms.northbound.lane import PauseReason
from simulator import Fault, Simulator
from simulator.owner import BASIC, SCOPES

from .conftest import Connect, HandClock, Link, RawServer

BACK = "https://house.example/auth/external/callback"


@dataclass
class Tokens:
    """The tokens of a consent, as a caller keeps them."""

    sim: Simulator
    access: str = ""
    refresh: str = ""
    renewed: int = 0
    error: Exception | None = None
    scopes: tuple[str, ...] = field(default=SCOPES)

    def agree(self) -> None:
        """Let the owner agree."""
        owner = self.sim.owner
        code = owner.consent(owner.username, owner.password, BACK, self.scopes)
        answer = self._exchange(
            grant_type="authorization_code", code=code or "", redirect_uri=BACK
        )
        self.access, self.refresh = (
            str(answer["access_token"]),
            str(answer["refresh_token"]),
        )

    def _exchange(self, **asked: str) -> dict[str, object]:
        owner = self.sim.owner
        known = {"client_id": owner.client_id, "client_secret": owner.client_secret}
        return owner.exchange({**asked, **known})

    def current(self) -> str | None:
        """Return the access token."""
        return self.access or None

    async def renew(self) -> str:
        """Refresh it."""
        self.renewed += 1
        if self.error:
            raise self.error
        answer = self._exchange(grant_type="refresh_token", refresh_token=self.refresh)
        self.access = str(answer["access_token"])
        return self.access


@pytest.fixture
async def tokens(sim: Simulator) -> Tokens:
    """Return the tokens of an owner who has agreed."""
    found = Tokens(sim)
    found.agree()
    return found


@pytest.fixture
async def owner(connect: Connect, url: str, tokens: Tokens) -> Link:
    """Return a client that has an owner's consent."""
    return connect(url, authenticator=BearerAuthenticator(tokens))


def test_a_refusal_is_not_put_down_to_the_token(tokens: Tokens) -> None:
    """An access token is refreshed where a call says so, not where one is forbidden."""
    authenticator = BearerAuthenticator(tokens)
    assert not authenticator.doubts(0.0)
    assert not authenticator.is_contested(0.0)


async def test_a_call_needs_no_login(owner: Link, sim: Simulator) -> None:
    assert owner.session.is_open
    page = await owner.client.stations()
    assert [plant.code for plant in page.items] == [sim.plants[0].code]
    assert not sim.count("login")
    assert not owner.session.is_contested
    await owner.client.session.log_out()
    assert not sim.count("logout")


@pytest.mark.parametrize("is_305", [False, True])
async def test_a_token_that_is_lost_is_refreshed_once(
    owner: Link, sim: Simulator, tokens: Tokens, is_305: bool
) -> None:
    sim.owner.lost_as_305 = is_305
    sim.owner.expire()
    assert (await owner.client.stations()).items
    assert (tokens.renewed, owner.calls(Interface.STATIONS)) == (1, 1)
    assert owner.session.is_open
    assert not owner.session.is_contested


async def test_a_token_known_to_have_expired_is_not_sent(
    owner: Link, sim: Simulator, tokens: Tokens
) -> None:
    tokens.access = ""
    assert not owner.session.is_open
    assert (await owner.client.stations()).items
    assert (tokens.renewed, sim.count("stations")) == (1, 1)


async def test_a_server_that_takes_no_token_is_asked_once_more_only(
    connect: Connect, raw: RawServer, tokens: Tokens
) -> None:
    raw.answers["stations"] = lambda: web.Response(status=401)
    link = connect(raw.url, authenticator=BearerAuthenticator(tokens))
    with pytest.raises(SessionLostError):
        await link.client.stations()
    assert [seen.interface for seen in raw.requests] == ["stations", "stations"]
    assert all("XSRF-TOKEN" not in seen.headers for seen in raw.requests)
    first, second = (seen.headers["Authorization"] for seen in raw.requests)
    assert first != second


async def test_a_withdrawn_consent_has_a_second_chance_and_then_rests(
    owner: Link, sim: Simulator, tokens: Tokens, clock: HandClock
) -> None:
    await owner.client.stations()
    sim.owner.revoke()
    tokens.error = LoginError(Interface.LOGIN, 400)
    for refusals in (1, 2):
        clock.wait(31 * 60)
        with pytest.raises(LoginError):
            await owner.client.stations()
        assert owner.session.refusals == refusals
        assert owner.session.is_refused == (refusals == 2)
        with pytest.raises(NotYetError):
            await owner.client.stations()
    assert owner.ledger.lane(Interface.LOGIN).reason is PauseReason.LOGIN_REFUSED
    # A new consent is good at once.
    tokens.error = None
    tokens.agree()
    clock.wait(120)
    assert (await owner.client.stations()).items
    assert tokens.renewed == 2


@pytest.mark.parametrize(
    "error", [UnreachableError(Interface.LOGIN), CertificateError(Interface.LOGIN)]
)
async def test_a_refresh_without_an_answer_is_no_refusal(
    owner: Link, tokens: Tokens, error: Exception
) -> None:
    tokens.access, tokens.error = "", error
    with pytest.raises(type(error)):
        await owner.client.stations()
    assert not owner.session.refusals
    # A certificate that is not trusted was seen before anything was sent.
    assert owner.calls(Interface.LOGIN) == (type(error) is UnreachableError)


async def test_a_token_that_could_break_out_of_its_header_is_not_sent(
    owner: Link, tokens: Tokens
) -> None:
    tokens.access = "a\r\nHost: elsewhere"
    with pytest.raises(ResponseError) as caught:
        await owner.client.stations()
    assert "elsewhere" not in str(caught.value)


async def test_a_control_that_was_not_agreed_to_is_not_granted(
    owner: Link, tokens: Tokens
) -> None:
    tokens.scopes = (BASIC,)
    tokens.agree()
    with pytest.raises(PermissionMissingError):
        await owner.session.call(Interface.BATTERY_MODE_READ, {})


@pytest.mark.parametrize(("told", "rest"), [(None, 120), (90, 90), (7200, 7200)])
async def test_a_429_is_obeyed_for_as_long_as_it_tells(
    owner: Link, sim: Simulator, clock: HandClock, told: int | None, rest: int
) -> None:
    fault = Fault("http", "stations", 1, status=429, retry_after=told)
    sim.faults.add(fault)
    with pytest.raises(BusyError) as caught:
        await owner.client.stations()
    assert caught.value.retry_after == told
    for lane in (Interface.STATIONS, Interface.DEVICE_LIST):
        assert owner.ledger.wait(lane) == pytest.approx(rest, abs=1)
    sim.faults.add(Fault("http", "stations", 1, status=429, retry_after=told))
    clock.wait(rest + 61)
    with pytest.raises(BusyError):
        await owner.client.stations()
    assert owner.ledger.wait(Interface.STATIONS) >= rest


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("60", 60.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-5", None)],
)
def test_the_header_is_seconds(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}) == seconds
    assert retry_after({}) is None


async def test_the_tokens_are_in_no_text(owner: Link, tokens: Tokens) -> None:
    await owner.client.stations()
    shown = f"{owner.session!r} {owner.session._authenticator!r}"
    proof = await owner.session._authenticator.prove(owner.session)
    assert tokens.access not in f"{shown} {proof!r}"

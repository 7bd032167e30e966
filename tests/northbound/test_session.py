"""The session: token, one relogin, few logins, calls on the ledger first."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.smartpvms.northbound import (
    Interface,
    Ledger,
    PauseReason,
    Profile,
    Scale,
)
from custom_components.smartpvms.northbound.errors import (
    NorthboundError,
    NotYetError,
    PermissionMissingError,
    ResponseError,
    ServerError,
    SessionLostError,
)
from custom_components.smartpvms.northbound.lane import LONGEST_CALL, NOT_GRANTED
from simulator import Fault, FaultKind, Plant, Simulator, fleet
from tests.captures import captured

from .conftest import PASSWORD, USER, Connect, HandClock, Link, RawServer, discreet

GOOD = {"success": True, "data": [], "failCode": 0}
LOST = {"failCode": 305, "immediately": True, "message": "USER_MUST_RELOGIN"}
LIVE = Interface.PLANT_REAL_TIME


def made(sim: Simulator) -> list[str]:
    return [call.interface for call in sim.calls]


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop turn until something is so."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it never happened")


async def test_the_token_goes_into_header_and_cookie(
    raw: RawServer, raw_link: Link
) -> None:
    await raw_link.session.call(LIVE, {"stationCodes": "NE=1"})
    login, call = raw.requests
    assert login.body == {"userName": USER, "systemCode": PASSWORD}
    assert not {"XSRF-TOKEN", "Cookie"} & login.headers.keys()
    assert call.headers["XSRF-TOKEN"] == "raw-token-1"
    assert call.headers["Cookie"] == "XSRF-TOKEN=raw-token-1"
    assert call.body == {"stationCodes": "NE=1"}


async def test_the_token_may_come_as_a_cookie_only(
    raw: RawServer, raw_link: Link
) -> None:
    def cookie() -> web.Response:
        response = web.json_response(GOOD)
        response.set_cookie("XSRF-TOKEN", "cookie-token")
        return response

    raw.answers["login"] = cookie
    await raw_link.session.call(LIVE)
    assert raw.requests[1].headers["XSRF-TOKEN"] == "cookie-token"


@pytest.mark.parametrize("cookie", [None, ""])
async def test_a_login_without_a_usable_token_is_none(
    raw: RawServer, raw_link: Link, cookie: str | None
) -> None:
    def without() -> web.Response:
        response = web.json_response(GOOD)
        if cookie is not None:
            response.headers["Set-Cookie"] = f"XSRF-TOKEN={cookie}"
        return response

    raw.answers["login"] = without
    with pytest.raises(ResponseError, match="no token"):
        await raw_link.session.log_in()
    assert not raw_link.session.is_open


async def test_one_login_serves_many_calls(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    await link.client.stations()
    await link.client.devices([plant.code])
    await link.client.plant_real_time([plant.code])
    assert made(sim) == ["login", "stations", "getDevList", "getStationRealKpi"]
    assert link.authenticator._has_worked


async def test_concurrent_calls_log_in_once(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    await asyncio.gather(
        link.client.stations(),
        link.client.devices([plant.code]),
        link.client.plant_real_time([plant.code]),
    )
    assert sim.count("login") == 1
    assert len(sim.calls) == 4


async def test_one_request_at_a_time_on_an_interface(
    link: Link, sim: Simulator
) -> None:
    sim.plants[:] = fleet.many(201, n_devices=1)
    codes = [plant.code for plant in sim.plants[:100]]
    link.ledger.profile, link.ledger.scale = Profile.DAILY, Scale(plants=201)
    sim.faults.add(Fault(FaultKind.STALL, "getAlarmList", times=1))

    async def alarms() -> object:
        now = link.clock.at()
        return await link.client.alarms(codes, now - timedelta(days=1), now, "en_UK")

    first = asyncio.create_task(alarms())
    await until(lambda: sim.count("getAlarmList") == 1)
    second = asyncio.create_task(alarms())
    for _ in range(100):
        await asyncio.sleep(0)
    assert link.calls(Interface.ALARMS) == 1
    first.cancel()
    await until(lambda: not sim.quota.busy("getAlarmList"))
    with pytest.raises(NotYetError):
        await second
    # The server may go on with what nobody waits for any more.
    assert link.ledger.wait(Interface.ALARMS) == LONGEST_CALL
    link.clock.wait(LONGEST_CALL)
    assert await alarms() is not None


async def test_a_waiting_call_asks_the_ledger_again(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    """Two at once on a lane with one call left: one is made, one kept back."""
    results = await asyncio.gather(
        *(link.client.plant_real_time([plant.code]) for _ in range(2)),
        return_exceptions=True,
    )
    assert isinstance(results[1], NotYetError)
    assert sim.count("getStationRealKpi") == 1


@pytest.mark.parametrize("code", [305, 306, 307])
async def test_a_lost_session_is_renewed_once_and_costs_no_call(
    raw: RawServer, raw_link: Link, code: int
) -> None:
    await raw_link.session.log_in()
    raw_link.clock.wait(61)
    answers = iter([LOST | {"failCode": code}, GOOD])
    raw.answers[LIVE] = lambda: web.json_response(next(answers))
    assert await raw_link.session.call(LIVE) == []
    assert [request.interface for request in raw.requests] == [
        "login",
        LIVE,
        "login",
        LIVE,
    ]
    assert raw_link.calls(LIVE) == 1


async def test_a_lost_session_is_known_by_its_message(
    raw: RawServer, raw_link: Link
) -> None:
    """Whatever the code: 20010 was seen."""
    await raw_link.session.log_in()
    raw_link.clock.wait(61)
    answers = iter([captured("refusal_1_20010_relogin"), GOOD])
    raw.answers[LIVE] = lambda: web.json_response(next(answers))
    assert await raw_link.session.call(LIVE) == []
    assert raw_link.calls(LIVE) == 1


async def test_a_401_to_an_old_token_is_a_lost_session(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    """NetEco systems say so; the lane would rest for a day."""
    sim.lost_by_401 = True
    await link.client.plant_real_time([plant.code])
    link.clock.wait(1200)
    sim.evict()
    link.ledger.profile = Profile.PER_MINUTE
    # The server may have counted the call: it is made again in a minute.
    with pytest.raises(NotYetError):
        await link.client.plant_real_time([plant.code])
    assert link.ledger.lane(LIVE).reason is None
    assert not link.session.is_contested
    link.clock.wait(61)
    assert await link.client.plant_real_time([plant.code])
    assert made(sim).count("login") == 2


async def test_a_401_is_believed_after_one_login(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    """At once where the token is young, or where there was no good answer before."""
    link.ledger.profile = Profile.PER_MINUTE
    sim.quota.scale = 0
    at = link.clock.at()
    ask = partial(link.client.alarms, [plant.code], at, at, "en_UK")

    async def asked(code: int | None, seconds: float) -> type[BaseException] | None:
        link.clock.wait(seconds)
        await link.ledger.resume(Interface.ALARMS, *NOT_GRANTED)
        sim.deny("getAlarmList", code)
        try:
            await ask()
        except NorthboundError as error:
            return type(error)
        return None

    assert await asked(None, 0) is None
    assert await asked(401, 61) is PermissionMissingError
    assert await asked(401, 600) is PermissionMissingError
    assert await asked(None, 61) is None
    assert sim.count("login") == 1
    assert await asked(401, 600) is NotYetError
    assert link.ledger.lane(Interface.ALARMS).reason is None
    assert await asked(401, 61) is PermissionMissingError
    assert link.ledger.lane(Interface.ALARMS).reason is PauseReason.NO_ACCESS
    assert sim.count("login") == 2
    # One login an hour settles it for all interfaces.
    assert await asked(None, 400) is None
    assert await asked(401, 400) is PermissionMissingError
    assert sim.count("login") == 2


async def test_a_401_is_asked_again_at_once_where_the_lane_allows(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    link.ledger.profile = Profile.DAILY
    link.ledger.scale = Scale(devices={1: 1, 38: 1})
    sim.lost_by_401 = True
    [inverter, *_] = [one.id for one in plant.devices if one.type == 38]
    assert await link.client.device_real_time(38, [inverter])
    link.clock.wait(600)
    sim.evict()
    assert await link.client.device_real_time(38, [inverter])
    assert sim.count("login") == 2


async def test_a_token_of_thirty_minutes_is_renewed(link: Link, sim: Simulator) -> None:
    await link.client.stations()
    link.clock.wait(1800)
    await link.client.stations()
    assert [call.fail_code for call in sim.calls] == [0, 0, 305, 0, 0]
    assert link.calls(Interface.STATIONS) == 2
    # It ended by itself; nobody ended it.
    assert not link.authenticator._losses


async def test_a_session_lost_twice_is_an_error(link: Link, sim: Simulator) -> None:
    await link.session.log_in()
    link.clock.wait(61)
    sim.faults.add(Fault(FaultKind.LOST, "stations"))
    with pytest.raises(SessionLostError):
        await link.client.stations()
    assert made(sim) == ["login", "stations", "login", "stations"]


async def test_no_relogin_within_a_minute(link: Link, sim: Simulator) -> None:
    link.ledger.profile = Profile.DAILY
    await link.client.stations()
    sim.evict()
    with pytest.raises(NotYetError) as caught:
        await link.client.devices([sim.plants[0].code])
    assert caught.value.interface is Interface.LOGIN
    assert (sim.count("login"), link.calls(Interface.DEVICE_LIST)) == (1, 0)
    link.clock.wait(61)
    await link.client.stations()
    assert sim.count("login") == 2


async def evicted(link: Link, sim: Simulator, after: float = 600.0) -> None:
    """Be thrown out, and come back."""
    link.clock.wait(after)
    sim.evict()
    await link.client.stations()


async def test_a_session_thrown_out_thrice_an_hour_is_contested(
    link: Link, sim: Simulator
) -> None:
    await link.client.stations()
    for contested in (False, False, True):
        assert not link.session.is_contested
        await evicted(link, sim)
        assert link.session.is_contested is contested
    # The first of the three is an hour ago.
    link.clock.wait(2400)
    assert not link.session.is_contested


async def test_a_session_thrown_out_now_and_then_is_not(
    link: Link, sim: Simulator
) -> None:
    await link.client.stations()
    for _ in range(6):
        await evicted(link, sim, after=1200)
        link.clock.wait(900)
        await link.client.stations()
        assert not link.session.is_contested


async def test_a_loss_that_another_call_has_repaired_is_no_second_one(
    raw: RawServer, raw_link: Link
) -> None:
    """Of two calls with the old token one hears of its end after the relogin."""
    call, repaired = raw_link.session.call, asyncio.Event()

    async def late() -> web.Response:
        await repaired.wait()
        return web.json_response(next(late_answers))

    await call(Interface.ALARMS)
    raw_link.clock.wait(61)
    answers, late_answers = iter([LOST, GOOD]), iter([LOST, GOOD])
    raw.answers[LIVE] = lambda: web.json_response(next(answers))
    raw.answers[Interface.DEVICE_LIST] = late
    slow = asyncio.create_task(call(Interface.DEVICE_LIST))
    await until(lambda: raw.requests[-1].interface == Interface.DEVICE_LIST)
    await call(LIVE)
    repaired.set()
    assert await slow == []
    assert [seen.interface for seen in raw.requests].count("login") == 2
    assert len(raw_link.authenticator._losses) == 1


async def test_no_login_is_spent_on_a_call_the_ledger_forbids(
    link: Link, sim: Simulator
) -> None:
    await link.ledger.pause(Interface.STATIONS, 60, PauseReason.BUSY)
    with pytest.raises(NotYetError) as caught:
        await link.client.stations()
    assert caught.value.interface is Interface.STATIONS
    assert caught.value.retry_at == link.clock.now() + 60
    assert sim.calls == []


async def test_a_call_is_saved_before_it_leaves(
    connect: Connect, sim: Simulator, url: str, clock: HandClock
) -> None:
    """What is on disk while the server answers: the call that it answers."""
    seen: list[tuple[list[str], dict[str, int]]] = []

    async def save() -> None:
        await asyncio.sleep(0)
        lanes = json.loads(json.dumps(ledger.dump()))
        counts = {name: len(lane["calls"]) for name, lane in lanes.items()}
        seen.append((made(sim), counts))

    ledger = Ledger(save, clock.now)
    await connect(url, ledger=ledger).client.stations()
    assert seen == [
        ([], {"stations": 0, "login": 1}),
        (["login"], {"stations": 1, "login": 1}),
    ]
    assert made(sim) == ["login", "stations"]


async def test_a_call_that_fails_to_be_saved_does_not_leave(
    connect: Connect, sim: Simulator, url: str, clock: HandClock
) -> None:
    async def full() -> None:
        raise OSError

    with pytest.raises(OSError):
        await connect(url, ledger=Ledger(full, clock.now)).client.stations()
    assert sim.calls == []


async def test_what_fails_counts_as_a_call(link: Link, sim: Simulator) -> None:
    sim.faults.add(Fault(FaultKind.HALF, "stations", times=1))
    with pytest.raises(ResponseError):
        await link.client.stations()
    assert link.calls(Interface.STATIONS) == 1


async def test_a_cancelled_call_frees_its_lane_and_stays_on_record(
    link: Link, sim: Simulator
) -> None:
    link.ledger.profile = Profile.DAILY
    sim.faults.add(Fault(FaultKind.STALL, "stations", times=1))
    task = asyncio.create_task(link.client.stations())
    await until(lambda: sim.count("stations") == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not sim.quota.busy("stations"))
    link.clock.wait(61)
    await link.client.stations()
    assert link.calls(Interface.STATIONS) == 2


async def test_a_new_login_on_request(link: Link, sim: Simulator) -> None:
    await link.session.log_in()
    link.clock.wait(61)
    await link.session.log_in()
    assert sim.count("login") == 2


async def test_logout_without_a_session_calls_nobody(
    link: Link, sim: Simulator
) -> None:
    await link.session.log_out()
    assert sim.calls == []


async def test_a_logout_that_fails_is_a_logout(link: Link, sim: Simulator) -> None:
    await link.session.log_in()
    sim.faults.add(Fault(FaultKind.HTML))
    await link.session.log_out()
    assert not link.session.is_open


async def test_nobody_shows_the_password(
    link: Link, sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    await link.client.stations()
    token = str(sim.sessions.token)
    sim.faults.add(Fault(FaultKind.HALF))
    with pytest.raises(NorthboundError) as caught:
        await link.client.stations()
    shown: list[Any] = [link.session, link.client, link.ledger.lanes, caplog.text]
    for text in map(repr, shown):
        assert PASSWORD not in text
        assert USER not in text
        assert token not in text
    discreet(caught.value, token, USER)
    assert repr(link.session) == "<NorthboundSession 127.0.0.1>"


async def test_a_call_that_is_cancelled_counts_from_when_it_was(
    raw: RawServer, raw_link: Link, clock: HandClock
) -> None:
    """The server may have counted it as late as that: a reload is everyday."""
    raw_link.ledger.profile = Profile.PER_MINUTE
    await raw_link.session.log_in()
    arrived, forever = asyncio.Event(), asyncio.Event()

    async def stall() -> web.Response:
        arrived.set()
        await forever.wait()
        return web.Response()

    raw.answers[LIVE] = stall
    call = asyncio.create_task(raw_link.session.call(LIVE))
    await arrived.wait()
    clock.wait(20)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    forever.set()
    assert raw_link.ledger.wait(LIVE) > 60


@pytest.mark.parametrize(
    "token", [b"\xff", b"a b", b"a\tb", b"a;b", b"a,b", b'"a"', b"x" * 3000]
)
async def test_a_token_that_would_break_a_header_is_none(
    raw: RawServer, raw_link: Link, token: bytes
) -> None:
    def odd() -> web.Response:
        response = web.json_response(GOOD)
        response.headers["XSRF-TOKEN"] = token.decode(errors="surrogateescape")
        return response

    raw.answers["login"] = odd
    with pytest.raises(ResponseError, match="no token"):
        await raw_link.session.log_in()


async def test_a_cookie_cannot_smuggle_a_header(raw: RawServer, raw_link: Link) -> None:
    def odd() -> web.Response:
        response = web.json_response(GOOD)
        response.headers["Set-Cookie"] = r'XSRF-TOKEN="a\015\012X-Other: b"'
        return response

    raw.answers["login"] = odd
    with pytest.raises(ResponseError, match="no token"):
        await raw_link.session.log_in()


@pytest.mark.parametrize("code", [10**400, -(10**400)])
async def test_a_code_of_hundreds_of_digits_is_an_error_that_can_be_shown(
    raw: RawServer, raw_link: Link, code: int
) -> None:
    await raw_link.session.log_in()
    raw.answers[LIVE] = {"success": False, "failCode": code}
    with pytest.raises(ServerError) as caught:
        await raw_link.session.call(LIVE)
    assert abs(caught.value.code or 0) == 10**9

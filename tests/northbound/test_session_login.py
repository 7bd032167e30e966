"""Logins: few, and none that hammers an account shut."""

from contextlib import suppress
from itertools import pairwise

import pytest

from custom_components.smartpvms.northbound import Interface, Ledger, PauseReason
from custom_components.smartpvms.northbound.errors import (
    ConsentMissingError,
    LoginError,
    NotYetError,
    PermissionMissingError,
    ReportedLoginError,
    TooFrequentError,
)
from simulator import Fault, FaultKind, Simulator

from .conftest import Connect, Link, discreet, nothing


async def test_logins_stay_below_the_lock(link: Link, sim: Simulator) -> None:
    """A minute apart and four in ten minutes, however often one is asked for."""
    for _ in range(300):
        with suppress(NotYetError):
            await link.session.log_in()
        link.clock.wait(10)
    at = [call.at for call in sim.calls]
    assert sim.count("login", fail_code=0) == len(at) == 20
    assert min(b - a for a, b in pairwise(at)) > 60
    assert min(b - a for a, b in zip(at, at[4:], strict=False)) > 600


async def test_a_user_may_log_in_again_at_once(link: Link, sim: Simulator) -> None:
    """As often as three times a minute; a session in hand needs none."""
    await link.session.log_in_by_hand()
    await link.session.log_in_by_hand()
    assert sim.count("login") == 1
    sim.deny("login", 20400)
    for _ in range(2):
        link.session.trust_credentials()
        await link.session.log_out()
        with pytest.raises(LoginError):
            await link.session.log_in_by_hand()
        await link.ledger.resume(Interface.LOGIN, PauseReason.LOGIN_REFUSED)
    with pytest.raises(NotYetError):
        await link.session.log_in_by_hand()
    assert sim.count("login") == 3


async def test_a_password_wrong_from_the_start_may_be_typed_again(
    connect: Connect, sim: Simulator, url: str
) -> None:
    link = connect(url, "Wrong-Password")
    with pytest.raises(LoginError) as caught:
        await link.client.stations()
    discreet(caught.value, "Wrong-Password")
    assert link.ledger.lane(Interface.LOGIN).reason is None
    assert 60 <= link.ledger.wait(Interface.LOGIN) < 62
    assert ([call.interface for call in sim.calls], link.session.refusals) == (
        ["login"],
        0,
    )


async def test_a_login_that_worked_waits_for_half_an_hour_then_a_day(
    link: Link, sim: Simulator
) -> None:
    await link.client.stations()
    link.clock.wait(1800)
    sim.deny("login", 20400)
    for refusals, pause in ((1, 1800), (2, 86400), (3, 86400)):
        with pytest.raises(LoginError):
            await link.client.stations()
        assert link.session.refusals == refusals
        assert link.ledger.wait(Interface.LOGIN) == pytest.approx(pause, abs=1)
        with pytest.raises(NotYetError):
            await link.client.stations()
        link.clock.wait(pause)
    assert link.ledger.lane(Interface.LOGIN).reason is PauseReason.LOGIN_REFUSED
    sim.deny("login", None)
    await link.client.stations()
    assert link.ledger.lane(Interface.LOGIN).reason is None
    assert link.session.refusals == 0
    assert sim.count("login") == 5


async def test_a_login_may_be_too_frequent_and_lack_consent(
    link: Link, sim: Simulator
) -> None:
    for code, kind, pause in (
        (407, TooFrequentError, 900),
        (20056, ConsentMissingError, 86400),
    ):
        sim.deny("login", code)
        with pytest.raises(kind):
            await link.session.log_in()
        assert link.ledger.wait(Interface.LOGIN) == pytest.approx(pause, abs=1)
        link.clock.wait(pause)


async def assert_not_repeated(link: Link, sim: Simulator) -> None:
    """See a refused login made once more in two hours, and then no more."""
    for _ in range(12):
        with suppress(NotYetError, LoginError):
            await link.session.log_in()
        link.clock.wait(600)
    assert sim.count("login") == 2
    assert link.session.is_refused


@pytest.mark.parametrize("code", [1, 305, 20004 + 1000, 30008])
async def test_a_login_refused_with_an_unknown_code_is_refused(
    link: Link, sim: Simulator, code: int
) -> None:
    """Whatever it means, to repeat it may lock the account."""
    link.session.trust_credentials()
    sim.deny("login", code)
    await assert_not_repeated(link, sim)


@pytest.mark.parametrize("status", [200, 400])
async def test_a_login_that_the_framework_refuses_is_refused(
    link: Link, sim: Simulator, status: int
) -> None:
    """Its reason is for a form; to repeat it may lock the account as well."""
    link.session.trust_credentials()
    sim.faults.add(Fault(FaultKind.EXCEPTION, "login", status=status))
    with pytest.raises(ReportedLoginError) as caught:
        await link.session.log_in()
    assert caught.value.reason.startswith("pageSize must be")
    discreet(caught.value, caught.value.reason)
    await assert_not_repeated(link, sim)


async def test_a_gateways_401_to_a_login_lasts_an_hour(
    link: Link, sim: Simulator
) -> None:
    sim.faults.add(Fault(FaultKind.HTTP, "login", status=401, times=1))
    with pytest.raises(PermissionMissingError):
        await link.session.log_in()
    assert link.ledger.wait(Interface.LOGIN) == pytest.approx(3600, abs=1)
    link.clock.wait(3600)
    await link.session.log_in()


async def test_a_refusal_for_good_outlives_a_restart(
    connect: Connect, link: Link, sim: Simulator, url: str
) -> None:
    await link.client.stations()
    link.clock.wait(1800)
    sim.deny("login", 20400)
    for is_refused in (False, True):
        with pytest.raises(LoginError):
            await link.client.stations()
        again = Ledger(nothing, link.clock.now)
        again.load(link.ledger.dump())
        assert connect(url, ledger=again).session.is_refused is is_refused
        link.clock.wait(1800)
    link.clock.wait(86400)
    assert not connect(url, ledger=again).session.is_refused

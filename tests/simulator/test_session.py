"""Sessions: one per account, their expiry, the lock after wrong passwords."""

import asyncio
from datetime import timedelta
import ssl

import aiohttp
import pytest

from simulator import Fault
from simulator.envelope import LOST
from simulator.quota import Rules

from .conftest import Northbound, Opener, until

MINUTE = timedelta(minutes=1)


async def test_the_token_is_in_header_and_cookie(opened: Opener) -> None:
    async with opened(login=False) as client:
        asked = {"userName": "user", "systemCode": "pass"}
        async with client.post("login", **asked) as response:
            token = response.headers["XSRF-TOKEN"]
            assert response.cookies["XSRF-TOKEN"].value == token
            assert (await response.json())["data"] is None


async def test_a_call_without_a_token_is_refused(opened: Opener) -> None:
    async with opened(login=False) as client:
        assert await client.call("stations") == LOST
        client.headers = {"XSRF-TOKEN": "nonsense"}
        assert await client.call("stations") == LOST
        assert client.sim.count("stations", fail_code=305) == 2


async def test_a_call_extends_the_session(opened: Opener) -> None:
    async with opened() as client:
        for _ in range(3):
            client.sim.clock.advance(29 * MINUTE)
            assert (await client.call("stations"))["failCode"] == 0
        client.sim.clock.advance(30 * MINUTE)
        assert await client.call("stations") == LOST


async def test_a_new_login_ends_the_older_one(opened: Opener) -> None:
    async with opened() as client:
        other = Northbound(client.sim, client.url, client.http)
        assert await other.login() == 0
        assert await client.call("stations") == LOST
        assert (await other.call("stations"))["failCode"] == 0
        client.sim.evict()
        assert await other.call("stations") == LOST


async def test_logout_ends_the_session(opened: Opener) -> None:
    async with opened() as client:
        token = client.headers["XSRF-TOKEN"]
        assert (await client.call("logout", xsrfToken="other"))["failCode"] == 0
        assert (await client.call("stations"))["failCode"] == 0
        assert (await client.call("logout", xsrfToken=token))["failCode"] == 0
        assert await client.call("stations") == LOST


@pytest.mark.parametrize(("user", "password"), [("user", "wrong"), ("other", "pass")])
async def test_wrong_credentials(opened: Opener, user: str, password: str) -> None:
    async with opened(login=False) as client:
        body = await client.call("login", userName=user, systemCode=password)
        assert body["failCode"] == 20400
        assert body["message"] == "user.login.user_or_value_invalid"
        assert "systemCode" not in body["params"]
        assert client.sim.calls[0].payload["systemCode"] == "***"


async def test_five_wrong_passwords_lock_the_account(opened: Opener) -> None:
    async with opened(login=False) as client:
        for _ in range(5):
            assert await client.login(password="wrong") == 20400
        assert await client.login() == 20400
        client.sim.clock.advance(29 * MINUTE)
        assert await client.login() == 20400
        client.sim.clock.advance(2 * MINUTE)
        assert await client.login() == 0


async def test_wrong_passwords_far_apart_do_not_lock(opened: Opener) -> None:
    async with opened(login=False) as client:
        for _ in range(6):
            assert await client.login(password="wrong") == 20400
            client.sim.clock.advance(3 * MINUTE)
        assert await client.login() == 0


async def test_a_login_greets_with_a_message(opened: Opener) -> None:
    async with opened(quirks=True, login=False) as client:
        body = await client.call("login", userName="user", systemCode="pass")
        assert body["success"] is True
        assert body["message"]
        assert body["params"] is None


async def test_tls_is_self_signed(opened: Opener) -> None:
    async with opened(tls=True, login=False) as client:
        assert client.url.startswith("https://")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await client.login()
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        async with client.http.post(
            f"{client.url}/thirdData/login",
            json={"userName": "user", "systemCode": "pass"},
            ssl=context,
        ) as response:
            assert (await response.json())["failCode"] == 0


async def test_a_cancelled_call_frees_its_interface(opened: Opener) -> None:
    async with opened(window=1) as client:
        client.sim.faults.add(Fault("stall", "stations", times=1))
        hanging = asyncio.create_task(client.call("stations"))
        await until(lambda: client.sim.quota.busy("stations") == 1)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        # The interface is free once the server has noticed the disconnection.
        await until(lambda: client.sim.quota.busy("stations") == 0)
        client.sim.clock.advance(MINUTE)
        assert (await client.call("stations"))["failCode"] == 0


async def test_a_server_may_go_on_with_a_call_that_was_given_up(opened: Opener) -> None:
    async with opened(window=1) as client:
        client.sim.quota.rules = Rules(one_a_minute=False)
        client.sim.quota.lingers_for = 29
        client.sim.faults.add(Fault("stall", "stations", times=1))
        hanging = asyncio.create_task(client.call("stations"))
        await until(lambda: client.sim.quota.busy("stations") == 1)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await until(lambda: client.sim.quota.busy("stations") == 0)
        assert (await client.call("stations"))["failCode"] == 407
        client.sim.clock.advance(timedelta(seconds=29))
        assert (await client.call("stations"))["failCode"] == 0

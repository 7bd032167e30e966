"""Access by the owner: consent page, tokens, scopes and quota."""

from datetime import timedelta
import re
from typing import Any

from yarl import URL

from simulator import Fault, Simulator
from simulator.owner import BASIC, CONTROL, LONGEST_STATE, SCOPES
from tests.simulator.conftest import Northbound, Opener

BACK = "https://house.example/auth/external/callback"
BASE = "/rest/dp/uidm/oauth2/v1"


def query(sim: Simulator, **changes: str) -> dict[str, str]:
    """Return the query of an authorise request."""
    return {
        "response_type": "code",
        "client_id": sim.owner.client_id,
        "redirect_uri": BACK,
        "scope": " ".join(SCOPES),
        "state": "short",
        **changes,
    }


async def agree(client: Northbound, *scopes: str, **changes: str) -> URL:
    """Fill in the form and return where it leads to."""
    owner = client.sim.owner
    url = URL(f"{client.url}{BASE}/authorize").with_query(query(client.sim, **changes))
    sent = [
        ("username", owner.username),
        ("password", owner.password),
        ("answer", "agree"),
        *(("scope", one) for one in scopes or SCOPES),
    ]
    async with client.http.post(url, data=sent, allow_redirects=False) as response:
        assert response.status == 302
        return URL(response.headers["Location"])


async def token(client: Northbound, **asked: str) -> tuple[int, dict[str, Any]]:
    """Ask for tokens; returns the HTTP status and the answer."""
    owner = client.sim.owner
    sent = {
        "client_id": owner.client_id,
        "client_secret": owner.client_secret,
        "redirect_uri": BACK,
        **asked,
    }
    async with client.http.post(f"{client.url}{BASE}/token", data=sent) as response:
        return response.status, await response.json()


async def granted(client: Northbound, *scopes: str) -> dict[str, Any]:
    """Return the tokens of a new consent, and use the access token from now on."""
    code = (await agree(client, *scopes)).query["code"]
    status, tokens = await token(client, grant_type="authorization_code", code=code)
    assert status == 200
    client.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return tokens


async def status_of(client: Northbound, interface: str, **asked: Any) -> int:
    """Return the HTTP status of a call."""
    async with client.post(interface, **asked) as response:
        return int(response.status)


async def test_the_page_is_a_form_that_leads_back_with_a_code(opened: Opener) -> None:
    async with opened(login=False) as client:
        url = URL(f"{client.url}{BASE}/authorize").with_query(query(client.sim))
        async with client.http.get(url) as response:
            page = await response.text()
        assert re.findall(r'type="checkbox" name="scope" value="([^"]+)"', page) == [
            BASIC,
            CONTROL,
        ]
        wrong = {"username": "owner", "password": "wrong", "answer": "agree"}
        async with client.http.post(url, data=wrong) as response:
            assert "password is wrong" in await response.text()
        async with client.http.post(url, data={}, allow_redirects=False) as response:
            refused = URL(response.headers["Location"])
        assert dict(refused.query) == {"error": "access_denied", "state": "short"}
        back = await agree(client)
        assert back.query["state"] == "short"
        assert back.with_query(None) == URL(BACK)
        for change in ({"client_id": "2"}, {"response_type": "token"}):
            async with client.http.get(url.update_query(change)) as response:
                assert response.status == 400


async def test_a_long_state_is_cut(opened: Opener) -> None:
    async with opened(login=False) as client:
        back = await agree(client, state="x" * 200)
        assert back.query["state"] == "x" * LONGEST_STATE


async def test_a_code_is_good_once_and_for_its_client(opened: Opener) -> None:
    async with opened(login=False) as client:
        code = (await agree(client)).query["code"]
        asked = {"grant_type": "authorization_code", "code": code}
        assert (await token(client, **asked, client_secret="no"))[0] == 401
        status, tokens = await token(client, **asked)
        assert (status, tokens["expires_in"], tokens["token_type"]) == (
            200,
            3600,
            "Bearer",
        )
        assert tokens["scope"] == f"{BASIC} {CONTROL}"
        assert await token(client, **asked) == (400, {"error": "invalid_grant"})
        asked["code"] = (await agree(client)).query["code"]
        assert (await token(client, **asked, redirect_uri="x"))[0] == 400
        asked["code"] = (await agree(client)).query["code"]
        client.sim.clock.advance(timedelta(minutes=6))
        assert (await token(client, **asked))[0] == 400
        assert (await token(client, grant_type="password"))[0] == 400


async def test_a_token_ends_and_a_refresh_leaves_the_refresh_token_out(
    opened: Opener,
) -> None:
    async with opened(login=False) as client:
        tokens = await granted(client)
        assert await client.data("stations", pageNo=1)
        client.sim.clock.advance(timedelta(hours=1))
        assert await status_of(client, "stations", pageNo=1) == 401
        client.sim.owner.lost_as_305 = True
        assert (await client.call("stations", pageNo=1))["failCode"] == 305
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
        }
        for _ in range(2):
            status, renewed = await token(client, **asked)
            assert status == 200
            assert "refresh_token" not in renewed
        client.headers = {"Authorization": f"Bearer {renewed['access_token']}"}
        assert await client.data("stations", pageNo=1)


async def test_a_revoked_consent_ends_all_tokens(opened: Opener) -> None:
    async with opened(login=False) as client:
        tokens = await granted(client)
        body = {"do": "revoke"}
        async with client.http.post(f"{client.url}/simulator/owner", json=body) as end:
            assert end.status == 200
        assert await status_of(client, "stations", pageNo=1) == 401
        refresh = {"refresh_token": tokens["refresh_token"]}
        answer = await token(client, grant_type="refresh_token", **refresh)
        assert answer == (400, {"error": "invalid_grant"})


async def test_both_ways_together_are_refused_and_apart_they_are_not(
    opened: Opener,
) -> None:
    async with opened() as client:
        account = client.headers
        await granted(client)
        owner = client.headers
        client.headers = {**account, **owner}
        assert (await client.call("stations", pageNo=1))["failCode"] == 305
        for client.headers in (account, owner, account):
            assert await client.data("stations", pageNo=1)


async def test_the_scope_decides(opened: Opener) -> None:
    async with opened(login=False) as client:
        await granted(client, BASIC)
        assert await client.data("stations", pageNo=1)
        path = f"{client.url}/rest/openapi/pvms/nbi/v1/configuration/battery-mode"
        async with client.http.post(path, json={}, headers=client.headers) as response:
            assert (await response.json())["failCode"] == 401
        await granted(client, CONTROL)
        assert (await client.call("stations", pageNo=1))["failCode"] == 401


async def test_the_owner_has_a_day_quota_and_live_data_every_five_minutes(
    opened: Opener,
) -> None:
    async with opened(login=False, window=1) as client:
        await granted(client)
        codes = client.sim.plants[0].code
        live = {"stationCodes": codes}
        assert await status_of(client, "getStationRealKpi", **live) == 200
        client.sim.clock.advance(timedelta(seconds=290))
        async with client.post("getStationRealKpi", **live) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "60")
        client.sim.clock.advance(timedelta(seconds=11))
        assert await status_of(client, "getStationRealKpi", **live) == 200
        client.sim.owner.retry_after = None
        for _ in range(998):
            client.sim.owner.admit("stations", "", is_control=False)
        async with client.post("stations", pageNo=1) as response:
            assert response.status == 429
            assert "Retry-After" not in response.headers
        assert client.sim.owner.refused == 2
        client.sim.clock.advance(timedelta(days=1))
        await granted(client)
        assert await status_of(client, "stations", pageNo=1) == 200


async def test_a_fault_tells_when_to_come_back(opened: Opener) -> None:
    async with opened(login=False) as client:
        await granted(client)
        client.sim.faults.add(Fault("http", "stations", 1, status=429, retry_after=90))
        client.sim.faults.add(Fault("http", "token", 1, status=503))
        async with client.post("stations", pageNo=1) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "90")
        url = f"{client.url}{BASE}/token"
        async with client.http.post(url, data={}) as response:
            assert response.status == 503

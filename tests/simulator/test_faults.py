"""Faults: everything that can go wrong on the way."""

import json

import aiohttp
import pytest

from simulator import Fault, FaultKind
from simulator.faults import Faults

from .conftest import Northbound, Opener, house, of_type

PLANT = house()
ASKED = {"stationCodes": PLANT.code}


async def text(client: Northbound, interface: str = "getDevList") -> str:
    """Read an answer as text, however it ends."""
    async with client.post(interface, **ASKED) as response:
        return await response.text()


async def test_codes_and_statuses(opened: Opener) -> None:
    async with opened(PLANT) as client:
        faults = client.sim.faults
        faults.add(Fault("code", "getDevList", times=2, code=20618))
        faults.add(Fault("http", times=1, status=503))
        async with client.post("stations") as response:
            assert response.status == 503
            assert response.content_type == "text/html"
        codes = [(await client.call("getDevList", **ASKED))["failCode"] for _ in "abc"]
        assert codes == [20618, 20618, 0]
        assert not list(faults)
        assert client.sim.count("getDevList", fail_code=20618) == 2
        [lost] = [call for call in client.sim.calls if call.http_status == 503]
        assert lost.fail_code is None


async def test_pages_and_redirects(opened: Opener) -> None:
    async with opened(PLANT) as client:
        client.sim.faults.add(Fault(FaultKind.HTML, times=1))
        client.sim.faults.add(Fault(FaultKind.REDIRECT, times=1))
        async with client.post("stations") as response:
            assert (response.status, response.content_type) == (200, "text/html")
        async with client.post("stations") as response:
            assert response.status == 302
            assert "portal.example.invalid" in response.headers["Location"]


async def test_broken_bodies(opened: Opener) -> None:
    async with opened(PLANT) as client:
        faults = client.sim.faults
        faults.add(Fault("empty", times=1))
        assert await text(client) == ""
        faults.add(Fault("half", times=1))
        with pytest.raises(json.JSONDecodeError):
            json.loads(await text(client))
        faults.add(Fault("cut", times=1))
        with pytest.raises(aiohttp.ClientPayloadError):
            await text(client)
        faults.add(Fault("refuse", times=1))
        with pytest.raises(aiohttp.ClientConnectionError):
            await text(client)
        assert json.loads(await text(client))["failCode"] == 0


async def test_an_endless_body(opened: Opener) -> None:
    async with opened(PLANT) as client:
        client.sim.faults.add(Fault("huge", times=1))
        async with client.post("getDevList", **ASKED) as response:
            read = 0
            async for chunk in response.content.iter_any():
                read += len(chunk)
                if read > 2**20:
                    break
        assert read > 2**20


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("null", None),
        ("text", "The system is being upgraded."),
        ("number", 20007),
        ("empty_list", []),
    ],
)
async def test_odd_data(opened: Opener, kind: str, data: object) -> None:
    async with opened(PLANT) as client:
        client.sim.faults.add(Fault(kind, "getDevList", times=1))
        body = await client.call("getDevList", **ASKED)
        assert (body["failCode"], body["data"]) == (0, data)
        assert body["success"] is (kind != "number")
        assert (await client.data("getDevList", **ASKED))[0]["id"]


async def test_missing_and_empty_data(opened: Opener) -> None:
    async with opened(PLANT) as client:
        faults = client.sim.faults
        faults.add(Fault("missing", times=1))
        assert "data" not in await client.call("getDevList", **ASKED)
        faults.add(Fault("empty_list", times=1))
        assert (await client.data("stations"))["list"] == []
        faults.add(Fault("zeros", "getDevRealKpi", times=1))
        faults.add(Fault("empty_map", "getDevRealKpi", times=1))
        inverter, _ = of_type(PLANT, 38)
        [zeros] = await client.live(inverter)
        assert set(zeros.values()) == {0}
        assert await client.live(inverter) == [{}]
        assert (await client.live(inverter))[0]["total_cap"] > 0


async def test_a_lost_session(opened: Opener) -> None:
    async with opened(PLANT) as client:
        client.sim.faults.add(Fault("lost", times=1))
        assert (await client.call("stations"))["failCode"] == 305
        assert (await client.call("stations"))["failCode"] == 0


async def test_faults_of_chance(opened: Opener) -> None:
    async with opened(PLANT) as client:
        client.sim.faults.add(Fault("code", probability=0.5))
        codes = [(await client.call("stations"))["failCode"] for _ in range(40)]
        assert 8 < codes.count(20004) < 32
        client.sim.faults.clear()
        assert (await client.call("stations"))["failCode"] == 0


def test_faults_are_read_from_text() -> None:
    assert Fault.parse("html") == Fault("html")
    assert Fault.parse("cut:getDevList:2") == Fault("cut", "getDevList", 2)
    assert Fault.parse("code=20009:stations").code == 20009
    assert Fault.parse("http=429").status == 429
    with pytest.raises(ValueError, match="fire"):
        Fault.parse("fire")


def test_a_fault_of_another_interface_does_not_strike() -> None:
    faults = Faults()
    faults.add(Fault("html", "stations"))
    assert faults.strike("getDevList") is None
    assert faults.strike("stations") is not None

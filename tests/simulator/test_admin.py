"""The routes under /simulator/, and the clock."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from freezegun import freeze_time
import pytest

from simulator import Clock

from .conftest import NOON, Northbound, Opener, house


async def post(client: Northbound, name: str, sent: object = None) -> dict:
    """Post JSON to a route; returns its answer, with the status as ``http``."""
    async with client.http.post(f"{client.url}/simulator/{name}", json=sent) as got:
        answer: dict = await got.json()
        return answer | {"http": got.status}


async def test_state(opened: Opener) -> None:
    plant = house()
    async with opened(plant, window=1) as client:
        await client.call("stations")
        await client.call("getDevList")
        await client.call("getDevList")
        async with client.http.get(f"{client.url}/simulator/state") as response:
            state = await response.json()
        assert state["calls"]["getDevList"] == {"20010": 1, "407": 1}
        assert state["calls"]["login"] == {"0": 1}
        assert state["sessions"] == {"logins": 1, "active": True}
        assert state["plants"] == {plant.code: 5}
        assert datetime.fromisoformat(state["clock"]) - NOON < timedelta(minutes=1)


async def test_faults_clock_and_eviction(opened: Opener) -> None:
    async with opened(house()) as client:
        state = await post(client, "faults", {"kind": "code", "code": 20009})
        assert state["faults"] == [{"kind": "code", "interface": None, "times": None}]
        assert (await client.call("stations"))["failCode"] == 20009
        async with client.http.delete(f"{client.url}/simulator/faults") as response:
            assert (await response.json())["faults"] == []
        assert (await client.call("stations"))["failCode"] == 0
        state = await post(client, "evict")
        assert state["sessions"]["active"] is False
        assert (await client.call("stations"))["failCode"] == 305
        state = await post(client, "clock", {"set": "2026-07-01T00:00:00"})
        assert state["clock"].startswith("2026-07-01T00:00:0")
        state = await post(client, "clock", {"advance": 86400})
        assert state["clock"].startswith("2026-07-02T00:00:0")


async def test_a_new_password(opened: Opener) -> None:
    async with opened(house()) as client:
        state = await post(client, "password", {"set": "new"})
        assert state["sessions"]["active"] is False
        assert (await client.call("stations"))["failCode"] == 305
        assert await client.login(password="pass") == 20400
        assert await client.login(password="new") == 0


async def test_truth(opened: Opener) -> None:
    plant = house()
    start, end = NOON - timedelta(days=1), NOON
    asked = {
        "plant": plant.code,
        "start": start.isoformat(),
        "end": end.astimezone(UTC).replace(tzinfo=None).isoformat(),
    }
    async with opened(plant) as client:
        address = f"{client.url}/simulator/truth"
        async with client.http.get(address, params=asked) as got:
            assert await got.json() == asdict(
                client.sim.truth(plant.code).energy(start, end)
            )
        for wrong in ({**asked, "plant": "nowhere"}, {**asked, "end": "noon"}, {}):
            async with client.http.get(address, params=wrong) as got:
                assert got.status == 400


async def test_alarms(opened: Opener) -> None:
    plant = house()
    device = plant.devices[0].id
    async with opened(plant) as client:
        raised = await post(
            client,
            "alarms",
            {"do": "raise", "plant": plant.code, "device": device, "alarm": 2062},
        )
        assert (raised["status"], raised["devName"]) == (1, "Inverter-1")
        number = raised["number"]
        seen = await post(client, "alarms", {"do": "acknowledge", "number": number})
        assert seen["status"] == 2
        gone = await post(client, "alarms", {"do": "clear", "number": number})
        assert gone["status"] == 6


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("faults", {"kind": "fire"}),
        ("faults", {"colour": "red"}),
        ("alarms", {"do": "dance"}),
        ("alarms", {"do": "raise", "plant": "nowhere"}),
        ("alarms", {}),
        ("clock", {"set": "noon"}),
        ("password", {}),
        ("password", {"set": 1}),
    ],
)
async def test_wrong_input_is_refused(opened: Opener, name: str, sent: dict) -> None:
    async with opened(house()) as client:
        answer = await post(client, name, sent)
        assert answer["http"] == 400
        assert answer["error"]


def test_the_clock_follows_frozen_time() -> None:
    clock = Clock()
    with freeze_time("2026-06-21 12:00:00") as frozen:
        assert clock.at() == datetime(2026, 6, 21, 12, tzinfo=UTC)
        frozen.tick(timedelta(hours=1))
        assert clock.at() == datetime(2026, 6, 21, 13, tzinfo=UTC)
        clock.set(NOON)
        assert clock.at() == NOON
        clock.advance(timedelta(days=1))
        frozen.tick(timedelta(seconds=30))
        assert clock.at() == NOON + timedelta(days=1, seconds=30)
        assert clock.offset == NOON + timedelta(days=1) - datetime(
            2026, 6, 21, 13, tzinfo=UTC
        )
    with pytest.raises(ValueError, match="zone"):
        clock.set(datetime(2026, 6, 21))  # noqa: DTZ001

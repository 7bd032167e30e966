"""An alarm's way to a person: from the server through an automation."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from demo.client import HomeAssistantClient
from demo.place import place_in
from demo.stage import Stage

PLANT: Final = "NE=33554785"
AUTOMATION: Final = {
    "alias": "Tell about alarms",
    "mode": "queued",
    "triggers": [
        {
            "trigger": "smartpvms.alarm_raised",
            "target": {"entity_id": "event.sonnenhof_alarm"},
            "options": {"minimum_severity": "major"},
        }
    ],
    "actions": [
        {
            "action": "persistent_notification.create",
            "data": {
                "title": "{{ trigger.alarm.name }}",
                "message": "{{ trigger.alarm.suggestion }}",
            },
        }
    ],
}
# Alarms are polled every two minutes, and some polls look at older ones.
PATIENCE: Final = 400


@pytest.fixture
def alarms() -> bool:
    """Leave the plants' own alarms out: on some days the inverter has one."""
    return False


async def alarm(running: Stage, **what: Any) -> dict[str, Any]:
    """Let the simulator raise or clear an alarm."""
    return await running.simulator.ask("POST", "alarms", what)


async def notifications(client: HomeAssistantClient) -> list[tuple[str, str]]:
    """Return title and message of what Home Assistant tells its user."""
    found = await client.command("persistent_notification/get")
    return [(item["title"], item["message"]) for item in found]


async def problem(client: HomeAssistantClient) -> str:
    """Return whether the first inverter has a problem."""
    state: str = (await client.get("/api/states/binary_sensor.inverter_1_problem"))[
        "state"
    ]
    return state


async def until(look: Callable[[], Any], *, refresh: HomeAssistantClient) -> None:
    """Press the button "Refresh" now and then until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not await look():
            await refresh.post(
                "/api/services/button/press",
                {"entity_id": "button.sonnenhof_refresh"},
            )
            await asyncio.sleep(5)


@pytest.mark.timeout(900)
async def test_an_alarm_reaches_a_person_once(running: Stage) -> None:
    home_assistant, client = running.home_assistant, running.home_assistant.client

    async def is_known(wanted: str) -> bool:
        return await problem(client) == wanted

    async def has_problem_sensor() -> bool:
        states = await client.get("/api/states")
        return "binary_sensor.inverter_1_problem" in {s["entity_id"] for s in states}

    await until(has_problem_sensor, refresh=client)
    await client.post("/api/config/automation/config/alarms", AUTOMATION)

    registry = await client.command("config/device_registry/list")
    (inverter,) = (
        key
        for device in registry
        if device["name"] == "Inverter-1"
        for domain, key in device["identifiers"]
        if domain == "smartpvms"
    )
    raised = await alarm(
        running,
        do="raise",
        plant=PLANT,
        device=int(inverter),
        alarm=4711,
        level=2,
        name="Fan is stuck",
    )
    await until(lambda: is_known("on"), refresh=client)
    told = ("Fan is stuck", "Fan is stuck: suggestion")
    await until(lambda: _contains(client, told), refresh=client)

    # Past the start, so that a poll could tell it again.
    await home_assistant.restart(place_in(running.place.time_zone))
    await until(lambda: is_known("on"), refresh=client)
    polls = await _polls(running)
    await until(lambda: _more_polls(running, polls + 1), refresh=client)
    assert told not in await notifications(client)
    assert await problem(client) == "on"

    await alarm(running, do="clear", number=raised["number"])
    await until(lambda: is_known("off"), refresh=client)
    calls = (await running.simulator.state())["calls"]
    assert not any("407" in codes for codes in calls.values())


async def _contains(client: HomeAssistantClient, told: tuple[str, str]) -> bool:
    return told in await notifications(client)


async def _polls(running: Stage) -> int:
    calls = (await running.simulator.state())["calls"]["getAlarmList"]
    return int(calls.get("0", 0))


async def _more_polls(running: Stage, polls: int) -> bool:
    return await _polls(running) >= polls

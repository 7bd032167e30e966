"""Which serial numbers a user has registered."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
import voluptuous as vol

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.hub.targets import registry_id_of
from custom_components.smartpvms.northbound import (
    Interface,
    Ledger,
    PauseReason,
    limits,
)
from simulator import Fault, FaultKind, Simulator, Type
from tests.conftest import device_of
from tests.flows import placeholders, texts

type Wait = Callable[..., Awaitable[None]]
type Turn = Callable[..., Awaitable[None]]
type Begin = Callable[..., Awaitable[asyncio.Task[Any]]]

PLANT = "NE=33554785"
REGISTRATION = "snIsRegister"
USER = "erika@example.com"


async def check(
    hass: HomeAssistant,
    *sources: str | int,
    context: Context | None = None,
    **data: Any,
) -> dict[str, Any]:
    """Call the action; return its answer by source."""
    ids = {registry_id_of(hass, str(source)): str(source) for source in sources}
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "check_registration",
        {"device_id": list(ids), "user": USER, **data},
        blocking=True,
        return_response=True,
        context=context,
    )
    return {ids[key]: value for key, value in answer.items()}


def serial_of(sim: Simulator) -> str:
    """Return a serial number that the user has registered."""
    serial = sim.plants[0].devices[0].serial
    assert serial
    return serial


async def test_it_tells_each_serial_and_echoes_the_key(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    serial = serial_of(sim)
    answer = await check(hass, PLANT, serials=[serial, "X1"], key="mine")
    assert answer == {PLANT: {"registered": {serial: True, "X1": False}, "key": "mine"}}
    (call,) = (call for call in sim.calls if call.interface == REGISTRATION)
    assert call.payload == {"SN": f"{serial},X1", "userName": USER, "key": "mine"}


async def test_a_device_tells_the_account_and_two_of_them_ask_once(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    battery = device_of(sim, Type.BATTERY)
    answer = await check(hass, PLANT, battery, serials=f" X1, {serial_of(sim)},,X1")
    told = {"registered": {"X1": False, serial_of(sim): True}, "key": None}
    assert answer == {PLANT: told, str(battery): told}
    assert sim.count(REGISTRATION) == 1


def many(count: int) -> list[str]:
    """Return serial numbers that nobody has registered."""
    return [f"X{number}" for number in range(count)]


def sizes(sim: Simulator) -> list[int]:
    """Return how many serial numbers each call was about."""
    return [
        len(str(call.payload["SN"]).split(","))
        for call in sim.calls
        if call.interface == REGISTRATION
    ]


@pytest.fixture
def begin(hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator) -> Begin:
    """Return a coroutine that calls the action, which then waits for its turn."""
    ledger = setup.runtime_data.account.ledger

    async def begin_(*sources: str | int, **data: Any) -> asyncio.Task[Any]:
        before = sim.count(REGISTRATION)
        asking = check(hass, *sources, **data)
        task = hass.async_create_background_task(asking, "action")
        await settle(ledger, sim, before + 1)
        return task

    return begin_


async def settle(ledger: Ledger, sim: Simulator, calls: int) -> None:
    """Let a call come back."""
    lane = ledger.lane(Interface.REGISTRATION)
    async with asyncio.timeout(30):
        while sim.count(REGISTRATION) < calls or lane.turn.locked():  # noqa: ASYNC110
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def next_turn(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> Turn:
    """Return a coroutine that lets time pass until the next call is made."""
    ledger = setup.runtime_data.account.ledger

    async def pass_(seconds: float = 62, calls: int = 1) -> None:
        before = sim.count(REGISTRATION)
        freezer.tick(seconds)
        async_fire_time_changed(hass)
        await settle(ledger, sim, before + calls)

    return pass_


async def test_twenty_a_call_and_a_call_a_minute(
    sim: Simulator, begin: Begin, next_turn: Turn
) -> None:
    """It waits between the calls and answers once, with all of them."""
    serials = [*many(44), serial_of(sim)]
    task = await begin(PLANT, serials=serials, key="mine")
    for asked in ([20], [20, 20]):
        assert sizes(sim) == asked
        await next_turn(30, calls=0)
        assert sizes(sim) == asked
        assert not task.done()
        await next_turn(32)
    answer = (await task)[PLANT]
    assert sizes(sim) == [20, 20, 5]
    assert list(answer["registered"]) == serials
    assert [key for key, known in answer["registered"].items() if known] == serials[-1:]
    assert answer["key"] == "mine"
    assert sim.count(fail_code=407) == 0


async def test_two_at_once_take_turns(
    hass: HomeAssistant, sim: Simulator, begin: Begin, next_turn: Turn
) -> None:
    tasks = [await begin(PLANT, serials=many(40))]
    other = check(hass, PLANT, serials=[serial_of(sim)])
    tasks.append(hass.async_create_background_task(other, "action"))
    for _ in range(2):
        assert not all(task.done() for task in tasks)
        await next_turn()
    answers = [(await task)[PLANT]["registered"] for task in tasks]
    assert [len(answer) for answer in answers] == [40, 1]
    assert sorted(sizes(sim)) == [1, 20, 20]


async def test_it_goes_on_after_a_reload(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    begin: Begin,
    next_turn: Turn,
) -> None:
    task = await begin(PLANT, serials=many(40))
    assert await hass.config_entries.async_reload(setup.entry_id)
    await next_turn()
    assert len((await task)[PLANT]["registered"]) == 40
    assert sim.count("login") == 1


async def test_it_ends_with_the_entry(
    hass: HomeAssistant, setup: MockConfigEntry, begin: Begin, next_turn: Turn
) -> None:
    task = await begin(PLANT, serials=many(40))
    assert await hass.config_entries.async_unload(setup.entry_id)
    await next_turn(calls=0)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "not_loaded"


async def test_a_call_that_fails_on_the_way_is_made_once_more(
    sim: Simulator, begin: Begin, next_turn: Turn
) -> None:
    """Minutes of waiting are not lost with one bad answer; a second one ends it."""
    task = await begin(PLANT, serials=many(60))
    sim.faults.add(Fault(FaultKind.HALF, REGISTRATION, times=1))
    await next_turn()
    assert not task.done()
    await next_turn()
    sim.faults.add(Fault(FaultKind.HALF, REGISTRATION, times=2))
    await next_turn()
    assert not task.done()
    await next_turn()
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "update_failed"
    assert sizes(sim) == [20] * 5


async def test_a_lane_that_is_paused_on_the_way_is_not_waited_for_long(
    setup: MockConfigEntry, sim: Simulator, begin: Begin, next_turn: Turn
) -> None:
    """Somebody else may have used the account up meanwhile."""
    task = await begin(PLANT, serials=many(40))
    ledger = setup.runtime_data.account.ledger
    await ledger.pause(Interface.REGISTRATION, 2 * 3600, PauseReason.TOO_FREQUENT)
    await next_turn(calls=0)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "call_refused"
    assert sizes(sim) == [20]


async def test_what_takes_too_long_is_refused_before_the_first_call(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await check(hass, PLANT, serials=many(601))
    assert caught.value.translation_key == "takes_too_long"
    assert caught.value.translation_placeholders == {
        "interface": REGISTRATION,
        "needed": "31",
        "minutes": "31",
        "most": "30",
    }
    text = texts("exceptions", "takes_too_long", "message")
    assert placeholders(text) == set(caught.value.translation_placeholders)
    assert not sizes(sim)


async def test_six_hundred_take_half_an_hour(
    sim: Simulator, begin: Begin, next_turn: Turn
) -> None:
    task = await begin(PLANT, serials=many(600))
    for _ in range(29):
        assert not task.done()
        await next_turn()
    assert len((await task)[PLANT]["registered"]) == 600
    assert sizes(sim) == [20] * 30


async def test_a_lane_that_rests_for_minutes_is_not_waited_for(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    ledger = setup.runtime_data.account.ledger
    await ledger.pause(Interface.REGISTRATION, 900, PauseReason.TOO_FREQUENT)
    with pytest.raises(HomeAssistantError) as caught:
        await check(hass, PLANT, serials=many(40))
    assert caught.value.translation_key == "calls_used_up"
    assert caught.value.translation_placeholders == {
        "interface": REGISTRATION,
        "needed": "2",
        "minutes": "15",
    }
    assert not sizes(sim)


async def test_a_lane_that_takes_more_gets_twenty_a_call(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        limits._DAILY, Interface.REGISTRATION, (limits.Window(60, limits._times(5)),)
    )
    sim.quota.scale = 0
    serials = [*many(44), serial_of(sim)]
    answer = await check(hass, PLANT, serials=serials, key="mine")
    registered = answer[PLANT]["registered"]
    assert list(registered) == serials
    assert [key for key, known in registered.items() if known] == [serial_of(sim)]
    assert answer[PLANT]["key"] == "mine"
    assert sizes(sim) == [20, 20, 5]


async def test_a_user_that_nobody_knows(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await check(hass, PLANT, serials=["X1"], user="nobody@example.com")
    assert caught.value.translation_key == "user_unknown"
    assert "nobody@example.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault(FaultKind.CODE, REGISTRATION, code=401), "update_failed"),
        (Fault(FaultKind.CODE, REGISTRATION, code=407), "call_refused"),
        (Fault(FaultKind.CUT, REGISTRATION), "update_failed"),
    ],
    ids=("401", "407", "cut"),
)
async def test_what_the_server_refuses_is_explained(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    fault: Fault,
    key: str,
) -> None:
    sim.faults.add(fault)
    with pytest.raises(HomeAssistantError) as caught:
        await check(hass, PLANT, serials=["X1"])
    assert caught.value.translation_key == key
    assert sim.count(REGISTRATION) == 1


async def test_only_an_administrator_may(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    hass_read_only_user: User,
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await check(hass, PLANT, serials=["X1"], context=context)
    assert sim.count(REGISTRATION) == 0


@pytest.mark.parametrize(
    "data",
    [
        {"serials": []},
        {"serials": " , "},
        {"serials": ["X1"], "user": " "},
        {"serials": ["X1"], "key": "k" * 257},
    ],
)
async def test_fields_that_the_interface_refuses(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, data: dict[str, Any]
) -> None:
    with pytest.raises(vol.Invalid):
        await check(hass, PLANT, **data)
    assert sim.count(REGISTRATION) == 0


async def test_neither_serials_nor_user_are_logged(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await check(hass, PLANT, serials=["SECRET1"], key="SECRET2")
    await wait(61)
    for kind in (FaultKind.HALF, FaultKind.HTML):
        sim.faults.clear()
        sim.faults.add(Fault(kind, REGISTRATION))
        with pytest.raises(HomeAssistantError):
            await check(hass, PLANT, serials=["SECRET1"], key="SECRET2")
        await wait(61)
    ours = [
        record.getMessage()
        for record in caplog.records
        if "smartpvms" in record.name or record.levelno >= logging.WARNING
    ]
    assert ours
    assert not [text for text in ours if "SECRET" in text or USER in text]

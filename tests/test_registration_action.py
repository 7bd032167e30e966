"""Which serial numbers a user has registered."""

from collections.abc import Awaitable, Callable
import logging
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import Interface, quota
from custom_components.smartpvms.targets import registry_id_of
from simulator import Fault, FaultKind, Simulator, Type
from tests.conftest import device_of

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"
REGISTRATION = "snIsRegister"
USER = "erika@example.com"


@pytest.fixture
async def sim(sim: Simulator) -> Simulator:
    """Let no alarm come."""
    sim.alarms.automatic = False
    return sim


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


async def test_more_than_the_lane_takes_is_refused_before_the_first_call(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    serials = [f"X{number}" for number in range(41)]
    with pytest.raises(HomeAssistantError) as caught:
        await check(hass, PLANT, serials=serials)
    assert caught.value.translation_key == "too_many_calls"
    assert caught.value.translation_placeholders
    assert caught.value.translation_placeholders["needed"] == "3"
    assert sim.count(REGISTRATION) == 0
    answer = await check(hass, PLANT, serials=serials[:20])
    assert len(answer[PLANT]["registered"]) == 20
    assert sim.count(REGISTRATION) == 1


async def test_a_lane_that_takes_more_gets_twenty_a_call(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        quota._DAILY, Interface.REGISTRATION, (quota.Window(60, quota._times(5)),)
    )
    sim.quota.scale = 0
    serials = [*(f"X{number}" for number in range(44)), serial_of(sim)]
    answer = await check(hass, PLANT, serials=serials, key="mine")
    registered = answer[PLANT]["registered"]
    assert list(registered) == serials
    assert [key for key, known in registered.items() if known] == [serial_of(sim)]
    assert answer[PLANT]["key"] == "mine"
    asked = [
        len(str(call.payload["SN"]).split(","))
        for call in sim.calls
        if call.interface == REGISTRATION
    ]
    assert asked == [20, 20, 5]


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

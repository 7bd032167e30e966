"""Firmware upgrades: asked for once, when told to, and explained when refused."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.config_entries import RELOAD_AFTER_UPDATE_DELAY
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.actions import firmware
from custom_components.smartpvms.actions.firmware import async_request_upgrade, refusal
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.hub.targets import registry_id_of
from custom_components.smartpvms.northbound import Interface, limits
from simulator import Fault, FaultKind, Simulator, Type, fleet, serve
from simulator.model import Device
from tests.conftest import device_of, entity_id, make_entry, restart
from tests.flows import texts

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"
UPGRADE = "devUpgrade"
NEW = "V100R001C00SPC160"
DAY = 24 * 3600

# What each code of the reference's chapter 4 means to a person.
TEXTS = {
    20018: "upgrade_too_many",
    20019: "upgrade_wrong_command",
    20020: "upgrade_no_package",
    20021: "upgrade_no_file",
    20022: "upgrade_no_record",
    401: "upgrade_not_permitted",
}


def inverters(sim: Simulator, plant: int = 0) -> list[Device]:
    """Return the inverters that can be upgraded."""
    kinds = (Type.STRING_INVERTER, Type.ENERGY_CENTER)
    return [device for device in sim.plants[plant].devices if device.type in kinds]


async def upgrade(
    hass: HomeAssistant,
    *sources: str | int,
    response: bool = True,
    context: Context | None = None,
    **data: Any,
) -> dict[str, Any]:
    """Call the action; return its answer by source."""
    ids = {registry_id_of(hass, str(source)): str(source) for source in sources}
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "upgrade_firmware",
        {"device_id": list(ids), "confirm": True, **data},
        blocking=True,
        return_response=response,
        context=context,
    )
    return {ids[key]: value for key, value in (answer or {}).items()}


async def test_each_device_is_told_whether_it_was_delivered(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    good, current = inverters(sim)
    answer = await upgrade(hass, good.id, current.id)
    assert answer[str(good.id)] == {"delivered": True}
    assert answer[str(current.id)] == {
        "delivered": False,
        "error": "upgrade_no_package",
        "reason": message("upgrade_no_package"),
    }
    (call,) = (call for call in sim.calls if call.interface == UPGRADE)
    assert call.payload == {"devIds": f"{good.id},{current.id}", "devTypeId": 38}
    await wait(10)
    shown = hass.states.get(entity_id(hass, "update", good.id, "firmware"))
    assert shown
    assert shown.attributes["in_progress"] is True
    assert shown.attributes["latest_version"] == NEW
    # Neither the polls of a day nor a restart ask for it again.
    await wait(1200, 30)
    await restart(hass, setup)
    await wait(DAY, 1800)
    assert sim.count(UPGRADE) == 1
    assert sim.count(fail_code=407) == 0


def message(key: str) -> str:
    """Return the English text of an error."""
    return str(texts("exceptions", key, "message"))


async def test_without_a_response_a_refusal_is_an_error(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    good, current = inverters(sim)
    assert await upgrade(hass, good.id, response=False) == {}
    await wait(61)
    with pytest.raises(HomeAssistantError) as caught:
        await upgrade(hass, current.id, response=False)
    assert caught.value.translation_key == "upgrade_no_package"
    assert sim.count(UPGRADE) == 2


@pytest.mark.parametrize("confirm", [{}, {"confirm": False}])
async def test_nothing_is_asked_without_confirmation(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    confirm: dict[str, bool],
) -> None:
    (good, _) = inverters(sim)
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(
            DOMAIN,
            "upgrade_firmware",
            {"device_id": registry_id_of(hass, str(good.id)), **confirm},
            blocking=True,
        )
    assert caught.value.translation_key == "upgrade_not_confirmed"
    assert sim.count(UPGRADE) == 0


async def test_only_an_administrator_may(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    hass_read_only_user: User,
) -> None:
    (good, _) = inverters(sim)
    with pytest.raises(Unauthorized):
        await upgrade(hass, good.id, context=Context(user_id=hass_read_only_user.id))
    assert sim.count(UPGRADE) == 0


@pytest.mark.parametrize(("code", "key"), TEXTS.items())
@pytest.mark.parametrize("response", [True, False])
async def test_each_code_has_its_text(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    code: int,
    key: str,
    response: bool,
) -> None:
    sim.deny(UPGRADE, code)
    (good, _) = inverters(sim)
    with pytest.raises(HomeAssistantError) as caught:
        await upgrade(hass, good.id, response=response)
    assert caught.value.translation_key == key
    assert str(caught.value) == message(key).rstrip(".")
    assert sim.count(UPGRADE) == 1
    issue = (DOMAIN, f"{setup.entry_id}_no_access_{UPGRADE}")
    assert (issue in ir.async_get(hass).issues) is (code == 401)


def test_codes_do_not_share_texts_and_others_are_named() -> None:
    keys = [refusal(code).translation_key for code in TEXTS]
    assert keys == list(TEXTS.values())
    assert len({message(str(key)) for key in keys}) == len(TEXTS)
    other = refusal(20008)
    assert other.translation_key == "upgrade_refused"
    assert other.translation_placeholders == {"code": "20008"}


async def test_without_permission_nothing_is_asked_again_until_it_is_granted(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    (good, _) = inverters(sim)
    sim.deny(UPGRADE, 401)
    for _ in range(2):
        with pytest.raises(HomeAssistantError) as caught:
            await upgrade(hass, good.id)
        assert caught.value.translation_key == "upgrade_not_permitted"
        await wait(61)
    assert sim.count(UPGRADE) == 1
    sim.deny(UPGRADE, None)
    await setup.runtime_data.async_ask_again(Interface.UPGRADE)
    await wait(600, 20)
    # What mends the permission upgrades nothing.
    assert sim.count(UPGRADE) == 1
    assert await upgrade(hass, good.id) == {str(good.id): {"delivered": True}}


async def test_a_lost_session_did_not_take_the_request(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    (good, _) = inverters(sim)
    await wait(61)
    sim.evict()
    assert await upgrade(hass, good.id) == {str(good.id): {"delivered": True}}
    assert sim.count(UPGRADE, fail_code=305) == 1
    assert sim.count(UPGRADE, fail_code=0) == 1


async def test_a_session_that_stays_lost_is_not_tried_on_and_on(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    (good, _) = inverters(sim)
    await wait(61)
    sim.faults.add(Fault(FaultKind.LOST, UPGRADE))
    with pytest.raises(HomeAssistantError) as caught:
        await upgrade(hass, good.id)
    assert caught.value.translation_key == "update_failed"
    await wait(900, 20)
    assert sim.count(UPGRADE) == 2
    assert sim.upgrades.last(good) is None


@pytest.mark.parametrize(
    ("fault", "begun"),
    [
        (Fault(FaultKind.HTTP, UPGRADE, status=500), False),
        (Fault(FaultKind.HTTP, UPGRADE, status=504), False),
        (Fault(FaultKind.REFUSE, UPGRADE), False),
        (Fault(FaultKind.CODE, UPGRADE, code=20004), False),
        (Fault(FaultKind.CUT, UPGRADE), True),
        (Fault(FaultKind.HALF, UPGRADE), True),
        (Fault(FaultKind.EMPTY, UPGRADE), True),
        (Fault(FaultKind.NULL, UPGRADE), True),
        (Fault(FaultKind.EMPTY_LIST, UPGRADE), True),
    ],
    ids=lambda value: (
        f"{value.kind}-{value.status}-{value.code}" if isinstance(value, Fault) else ""
    ),
)
async def test_what_may_have_been_taken_is_never_repeated(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    fault: Fault,
    begun: bool,
) -> None:
    (good, _) = inverters(sim)
    sim.faults.add(fault)
    with pytest.raises(HomeAssistantError) as caught:
        await upgrade(hass, good.id, response=False)
    assert caught.value.translation_key == "upgrade_unclear"
    assert sim.count(UPGRADE) == 1
    sim.faults.clear()
    assert (sim.upgrades.last(good) is not None) is begun
    # A fault of the server rests the account for two minutes.
    rests = fault.kind is FaultKind.CODE
    await wait(130 if rests else 10)
    # Its record tells what became of it.
    assert sim.count("getDevUpgradeInfo") == 1
    seen = hass.states.async_entity_ids("update")
    assert len(seen) == begun
    await wait(900, 20)
    await restart(hass, setup)
    await wait(900, 20)
    assert sim.count(UPGRADE) == 1


async def test_an_answer_that_never_comes_is_not_waited_for_twice(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    freezer: FrozenDateTimeFactory,
) -> None:
    (good, _) = inverters(sim)
    sim.faults.add(Fault(FaultKind.STALL, UPGRADE))
    task = hass.async_create_background_task(upgrade(hass, good.id), "action")
    for _ in range(10_000):
        if sim.count(UPGRADE):
            break
        await asyncio.sleep(0)
    freezer.tick(31)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "upgrade_unclear"
    assert sim.upgrades.last(good)
    await wait(900, 20)
    assert hass.states.async_entity_ids("update")
    assert sim.count(UPGRADE) == 1


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault(FaultKind.CODE, UPGRADE, code=407), "call_refused"),
        (Fault(FaultKind.HTTP, UPGRADE, status=429), "call_refused"),
        (Fault(FaultKind.HTML, UPGRADE), "update_failed"),
        (Fault(FaultKind.REDIRECT, UPGRADE), "update_failed"),
        (Fault(FaultKind.CODE, UPGRADE, code=20056), "update_failed"),
    ],
    ids=lambda value: f"{value.kind}-{value.code}" if isinstance(value, Fault) else "",
)
async def test_what_was_not_taken_is_explained_and_not_repeated(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    fault: Fault,
    key: str,
) -> None:
    (good, _) = inverters(sim)
    sim.faults.add(fault)
    with pytest.raises(HomeAssistantError) as caught:
        await upgrade(hass, good.id)
    assert caught.value.translation_key == key
    sim.faults.clear()
    await wait(1200, 20)
    assert sim.count(UPGRADE) == 1


async def test_a_login_that_fails_is_not_taken_for_a_request(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    (good, _) = inverters(sim)
    await wait(61)
    sim.evict()
    sim.faults.add(Fault(FaultKind.HTTP, "login", status=500))
    with pytest.raises(HomeAssistantError) as caught:
        await upgrade(hass, good.id)
    assert caught.value.translation_key == "update_failed"
    sim.faults.clear()
    await wait(900, 20)
    assert sim.count(UPGRADE, fail_code=0) == 0


def fill(sim: Simulator, count: int) -> list[Device]:
    """Give a utility plant more string inverters, each with an upgrade to come."""
    sim.plants[:] = [fleet.utility()]
    model = sim.plants[0].devices[0]
    more = [
        Device(
            id=model.id - 1000 - number,
            type=Type.STRING_INVERTER,
            name=f"More-{number}",
            array=0,
            software="V300R001C00SPC121",
            upgrade_to="V300R001C00SPC136",
        )
        for number in range(count)
    ]
    sim.plants[0].devices += more
    return more


async def test_more_than_the_lane_takes_is_refused_before_the_first_call(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    more = fill(sim, 11)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    office = device_of(sim, Type.ENERGY_CENTER)
    for devices in ([d.id for d in more], [more[0].id, office]):
        with pytest.raises(HomeAssistantError) as caught:
            await upgrade(hass, *devices)
        assert caught.value.translation_key == "too_many_calls"
        assert caught.value.translation_placeholders
        assert caught.value.translation_placeholders["needed"] == "2"
    assert sim.count(UPGRADE) == 0
    answer = await upgrade(hass, *(device.id for device in more[:10]))
    assert [told["delivered"] for told in answer.values()] == [True] * 10
    assert sim.count(UPGRADE) == 1


async def test_a_lane_that_takes_more_gets_ten_of_a_type_a_call(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        limits._DAILY, Interface.UPGRADE, (limits.Window(60, limits._times(5)),)
    )
    sim.quota.scale = 0
    more = fill(sim, 13)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    office = device_of(sim, Type.ENERGY_CENTER)
    answer = await upgrade(hass, office, *(device.id for device in more))
    assert [told["delivered"] for told in answer.values()] == [True] * 14
    asked = [
        (int(call.payload["devTypeId"]), len(str(call.payload["devIds"]).split(",")))
        for call in sim.calls
        if call.interface == UPGRADE
    ]
    assert sorted(asked) == [(1, 3), (1, 10), (38, 1)]


async def test_a_call_that_fails_does_not_keep_the_others_back(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        limits._DAILY, Interface.UPGRADE, (limits.Window(60, limits._times(5)),)
    )
    sim.quota.scale = 0
    (string,) = fill(sim, 1)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    office = device_of(sim, Type.ENERGY_CENTER)
    sim.faults.add(Fault(FaultKind.HALF, UPGRADE, times=1))
    answer = await upgrade(hass, string.id, office)
    assert answer[str(string.id)]["error"] == "upgrade_unclear"
    assert answer[str(office)] == {"delivered": True}
    assert sim.count(UPGRADE) == 2


async def test_two_accounts_are_asked_by_their_own(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    other = Simulator(plants=[fleet.utility()], dialect=sim.dialect)
    other.alarms.automatic = False
    async with serve(other) as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        (here, _), there = inverters(sim), inverters(other)[0]
        answer = await upgrade(hass, here.id, there.id)
        assert [told["delivered"] for told in answer.values()] == [True, True]
        assert (sim.count(UPGRADE), other.count(UPGRADE)) == (1, 1)
        assert await hass.config_entries.async_unload(second.entry_id)


async def test_targets_that_cannot_be_upgraded(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    (good, _) = inverters(sim)
    battery = device_of(sim, Type.BATTERY)
    for sources in ([PLANT], [battery], [good.id, battery]):
        with pytest.raises(ServiceValidationError) as caught:
            await upgrade(hass, *sources)
        assert caught.value.translation_key == "not_upgradable"
    sim.plants[0].devices.remove(good)
    await wait(4 * 3600, 600)
    assert good.id in setup.runtime_data.account.devices
    with pytest.raises(ServiceValidationError) as caught:
        await upgrade(hass, good.id)
    assert caught.value.translation_key == "not_upgradable"
    assert sim.count(UPGRADE) == 0


async def enable_button(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, wait: Wait
) -> str:
    """Enable the button of a device, as a user does; return its entity."""
    button = entity_id(hass, "button", device.id, "request_firmware_upgrade")
    known = er.async_get(hass).async_get(button)
    assert known
    assert known.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert known.original_device_class == "update"
    er.async_get(hass).async_update_entity(button, disabled_by=None)
    await wait(RELOAD_AFTER_UPDATE_DELAY + 5)
    assert hass.states.get(button)
    return button


async def press(hass: HomeAssistant, button: str) -> None:
    """Press a button."""
    await hass.services.async_call(
        "button", "press", {"entity_id": button}, blocking=True
    )


async def test_the_button_asks_once_for_its_own_device(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    good, current = inverters(sim)
    button = await enable_button(hass, setup, good, wait)
    await press(hass, button)
    (call,) = (call for call in sim.calls if call.interface == UPGRADE)
    assert call.payload["devIds"] == str(good.id)
    await wait(61)
    with pytest.raises(HomeAssistantError) as caught:
        await press(hass, await enable_button(hass, setup, current, wait))
    assert caught.value.translation_key == "upgrade_no_package"
    await restart(hass, setup)
    await wait(1200, 20)
    assert sim.count(UPGRADE) == 2


async def test_the_button_of_an_inverter_that_is_gone(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    (good, _) = inverters(sim)
    button = await enable_button(hass, setup, good, wait)
    sim.plants[0].devices.remove(good)
    await wait(4 * 3600, 600)
    with pytest.raises(ServiceValidationError) as caught:
        await press(hass, button)
    assert caught.value.translation_key == "not_upgradable"
    assert sim.count(UPGRADE) == 0


def test_the_texts_hold_nothing_that_names_anybody() -> None:
    for key in TEXTS.values():
        assert "{" not in message(key)


async def test_an_upgrade_is_not_asked_for_twice(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Neither within ten minutes nor while it runs, by action or button, after a restart."""
    good, current = inverters(sim)
    await upgrade(hass, good.id)
    for _ in range(2):
        await wait(61)
        answer = await upgrade(hass, good.id, current.id)
        assert answer[str(good.id)]["error"] in HELD
        assert answer[str(current.id)]["error"] == "upgrade_no_package"
        await restart(hass, setup)
        with pytest.raises(HomeAssistantError) as caught:
            await async_request_upgrade(setup.runtime_data, good.id)
        assert caught.value.translation_key in HELD
    assert [
        call.payload["devIds"] for call in sim.calls if call.interface == UPGRADE
    ] == [
        f"{good.id}",
        f"{current.id}",
        f"{current.id}",
    ]


async def test_of_two_requests_at_once_one_is_sent(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both wait for the same minute."""

    async def wait_together(*_: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(firmware, "async_await_calls", wait_together)
    good, _ = inverters(sim)
    hub = setup.runtime_data
    results = await asyncio.gather(
        *(async_request_upgrade(hub, good.id) for _ in range(2)),
        return_exceptions=True,
    )
    errors = [error for error in results if isinstance(error, HomeAssistantError)]
    assert [error.translation_key for error in errors] == ["upgrade_just_requested"]
    assert sim.count(UPGRADE) == 1


HELD = ("upgrade_running", "upgrade_just_requested")

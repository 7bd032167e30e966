"""The condition: true while a target has an active alarm that fits."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.condition import (
    ConditionChecker,
    async_from_config,
    async_get_all_descriptions,
    async_validate_condition_config,
)
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
import voluptuous as vol

from custom_components.smartpvms.const import DOMAIN
from simulator import Dialect, Fault, FaultKind, Simulator, Type
from tests.automations import PLANT, TWO_POLLS, automate, registry_device
from tests.conftest import device_of
from tests.flows import texts

type Wait = Callable[..., Awaitable[None]]
type Check = Callable[..., Awaitable[bool | None]]

KEY = f"{DOMAIN}.has_active_alarm"
EVENT = "event.sonnenhof_alarm"
INVERTER = "binary_sensor.inverter_1_problem"
BATTERY = "binary_sensor.battery_1_problem"


@pytest.fixture(autouse=True)
def folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Give each test a folder for the blueprints that Home Assistant copies."""
    hass.config.config_dir = str(tmp_path)


@pytest.fixture
def dialect() -> Dialect:
    """Poll every two minutes."""
    return Dialect.V2020


@pytest.fixture
async def check(hass: HomeAssistant, setup: MockConfigEntry) -> AsyncIterator[Check]:
    """Return a coroutine that checks a target with options."""
    checkers: list[ConditionChecker] = []

    async def checked(target: dict[str, Any], **options: object) -> bool | None:
        config = {"condition": KEY, "target": target, "options": options}
        valid = await async_validate_condition_config(hass, config)
        checker = await async_from_config(hass, valid)
        checkers.append(checker)
        return checker.async_check()

    yield checked
    for checker in checkers:
        checker.async_unload()


async def test_while_an_alarm_is_active(
    sim: Simulator, check: Check, wait: Wait
) -> None:
    target = {"entity_id": INVERTER}
    assert await check(target) is False
    inverter = device_of(sim, Type.ENERGY_CENTER)
    alarm = sim.alarms.raise_(PLANT, inverter)
    await wait(TWO_POLLS)
    assert await check(target) is True
    sim.alarms.acknowledge(alarm)
    await wait(TWO_POLLS)
    assert await check(target) is True
    sim.alarms.clear(alarm)
    await wait(TWO_POLLS)
    assert await check(target) is False


async def test_options(sim: Simulator, check: Check, wait: Wait) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=5, level=3)
    sim.alarms.raise_(PLANT, alarm_id=6, level=9)
    await wait(TWO_POLLS)
    plant = {"entity_id": EVENT}
    assert await check(plant, minimum_severity="warning") is True
    assert await check(plant, minimum_severity="minor") is True
    assert await check(plant, minimum_severity="major") is False
    assert await check(plant, device_types=["38"]) is True
    assert await check(plant, device_types=["39"]) is False
    assert await check(plant, alarm_ids=["6", "7"]) is True
    assert await check(plant, alarm_ids=["7"]) is False
    # One alarm has to fit them all, not one each.
    both = {"minimum_severity": "minor", "alarm_ids": ["6"]}
    assert await check(plant, **both) is False


async def test_targets(
    hass: HomeAssistant, sim: Simulator, check: Check, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter)
    await wait(TWO_POLLS)
    assert await check({"entity_id": [BATTERY, INVERTER]}) is True
    assert await check({"entity_id": BATTERY}) is False
    assert await check({"entity_id": "sensor.sonnenhof_active_alarms"}) is False
    assert await check({}) is False
    device = registry_device(hass, inverter).id
    assert await check({"device_id": device}) is True
    assert await check({"device_id": registry_device(hass, PLANT).id}) is True
    battery = registry_device(hass, device_of(sim, Type.BATTERY)).id
    assert await check({"device_id": battery}) is False
    area = ar.async_get(hass).async_create("Roof").id
    assert await check({"area_id": area}) is False
    dr.async_get(hass).async_update_device(device, area_id=area)
    assert await check({"area_id": area}) is True
    er.async_get(hass).async_update_entity(
        INVERTER, disabled_by=er.RegistryEntryDisabler.USER
    )
    assert await check({"entity_id": INVERTER}) is False
    assert await check({"entity_id": EVENT}) is True


async def test_one_that_fits_no_device_is_the_plants(
    hass: HomeAssistant, sim: Simulator, check: Check, wait: Wait
) -> None:
    sim.alarms.raise_(PLANT)
    await wait(TWO_POLLS)
    assert await check({"entity_id": EVENT}) is True
    problems = [f"{name}_problem" for name in ("inverter_1", "battery_1", "dongle_1")]
    devices = {"entity_id": [f"binary_sensor.{name}" for name in problems]}
    assert await check(devices) is False


async def test_as_long_as_the_entities_are_available(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    check: Check,
    wait: Wait,
) -> None:
    sim.alarms.raise_(PLANT, device_of(sim, Type.ENERGY_CENTER))
    await wait(TWO_POLLS)
    sim.faults.add(Fault(FaultKind.HTTP, "getAlarmList"))
    await wait(TWO_POLLS)
    assert await check({"entity_id": INVERTER}) is True
    # What was heard in the last hour is known.
    await wait(3700, 30)
    assert await check({"entity_id": INVERTER}) is False
    assert await hass.config_entries.async_unload(setup.entry_id)
    assert await check({"entity_id": INVERTER}) is False


async def test_in_an_automation(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    calls = async_mock_service(hass, "test", "automation")
    await automate(
        hass,
        {
            "alias": "Test",
            "triggers": {"trigger": "event", "event_type": "now"},
            "conditions": {"condition": KEY, "target": {"entity_id": EVENT}},
            "actions": {"action": "test.automation"},
        },
    )
    hass.bus.async_fire("now")
    await hass.async_block_till_done()
    assert calls == []
    sim.alarms.raise_(PLANT)
    await wait(TWO_POLLS)
    hass.bus.async_fire("now")
    await hass.async_block_till_done()
    assert len(calls) == 1


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"target": {"entity_id": EVENT}, "options": {"minimum_severity": "none"}},
    ],
)
async def test_what_is_refused(
    hass: HomeAssistant, setup: MockConfigEntry, config: dict[str, Any]
) -> None:
    with pytest.raises(vol.Invalid):
        await async_validate_condition_config(hass, {"condition": KEY, **config})


async def test_the_editor_has_all_it_shows(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    found = await async_get_all_descriptions(hass)
    shown = found[KEY]
    assert shown
    labels = texts("conditions", "has_active_alarm", "fields")
    assert shown["fields"].keys() == labels.keys()
    assert labels == texts("triggers", "alarm_raised", "fields")

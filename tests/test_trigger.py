"""The triggers: which alarms they fire for, and what they give."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from homeassistant.const import CONF_EXCLUDE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.trigger import (
    async_get_all_descriptions,
    async_validate_trigger_config,
)
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
import voluptuous as vol

from custom_components.smartpvms.catalogue import NAMES
from custom_components.smartpvms.const import DOMAIN
from simulator import Dialect, Simulator, Type, fleet
from tests.automations import (
    PLANT,
    TWO_POLLS,
    automate,
    automate_on,
    names,
    registry_device,
)
from tests.conftest import NOON, device_of, entity_id, restart
from tests.flows import texts

type Wait = Callable[..., Awaitable[None]]

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
def calls(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what the automations have done."""
    return async_mock_service(hass, "test", "automation")


async def raise_three(sim: Simulator, wait: Wait) -> None:
    """Raise an alarm of an inverter, one of a battery and one of no device."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=1, level=1, name="inverter")
    battery = device_of(sim, Type.BATTERY)
    sim.alarms.raise_(PLANT, battery, alarm_id=2, level=3, name="battery")
    sim.alarms.raise_(PLANT, alarm_id=3, level=9, name="nothing")
    await wait(TWO_POLLS)


async def test_what_a_trigger_gives(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    await automate_on(hass, {"entity_id": EVENT})
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=2032, level=2, name="Grid Loss")
    await wait(TWO_POLLS)
    (call,) = calls
    assert call.data == {
        "alarm": {
            "id": "2032",
            "name": "Grid Loss",
            "severity": "major",
            "cause": "Grid Loss: cause",
            "cause_id": "1",
            "suggestion": "Grid Loss: suggestion",
            "raised_at": "2026-06-15T10:00:10+00:00",
            "cleared_at": None,
        },
        "device": registry_device(hass, inverter).id,
        "plant": registry_device(hass, PLANT).id,
        "description": "alarm Grid Loss raised",
    }


async def test_cleared(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    await automate_on(hass, {"entity_id": INVERTER}, trigger="alarm_cleared")
    inverter = device_of(sim, Type.ENERGY_CENTER)
    alarm = sim.alarms.raise_(PLANT, inverter, name="Grid Loss")
    await wait(TWO_POLLS)
    sim.alarms.acknowledge(alarm)
    await wait(TWO_POLLS)
    assert calls == []
    sim.alarms.clear(alarm)
    await wait(TWO_POLLS)
    (call,) = calls
    assert call.data["alarm"]["name"] == "Grid Loss"
    assert call.data["alarm"]["cleared_at"] > NOON
    assert call.data["description"] == "alarm Grid Loss cleared"


@pytest.mark.parametrize(
    ("options", "fired"),
    [
        (None, ["battery", "inverter", "nothing"]),
        ({}, ["battery", "inverter", "nothing"]),
        ({"minimum_severity": "critical"}, ["inverter"]),
        ({"minimum_severity": "major"}, ["inverter"]),
        ({"minimum_severity": "minor"}, ["battery", "inverter"]),
        ({"minimum_severity": "warning"}, ["battery", "inverter"]),
        ({"minimum_severity": "other"}, ["battery", "inverter", "nothing"]),
        ({"device_types": [38, "63"]}, ["inverter", "nothing"]),
        ({"device_types": 39}, ["battery"]),
        ({"device_types": [1]}, []),
        ({"device_types": []}, ["battery", "inverter", "nothing"]),
        ({"alarm_ids": ["1", 3]}, ["inverter", "nothing"]),
        ({"alarm_ids": "2"}, ["battery"]),
        ({"alarm_ids": ["0"]}, []),
        ({"minimum_severity": "minor", "alarm_ids": ["2", "3"]}, ["battery"]),
        ({"device_types": ["38"], "alarm_ids": ["2"]}, []),
    ],
)
async def test_options(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
    options: dict[str, Any] | None,
    fired: list[str],
) -> None:
    await automate_on(hass, {"entity_id": EVENT}, options)
    await raise_three(sim, wait)
    assert names(calls) == fired


@pytest.mark.parametrize(
    ("targets", "fired"),
    [
        ([EVENT], ["battery", "inverter", "nothing"]),
        ([INVERTER], ["inverter"]),
        ([BATTERY, INVERTER], ["battery", "inverter"]),
        (["binary_sensor.meter_1_problem"], []),
        # Neither what is no alarm's entity nor what does not exist means anything.
        (["sensor.sonnenhof_active_alarms", "sensor.inverter_1_active_power"], []),
        (["binary_sensor.gone", BATTERY], ["battery"]),
    ],
)
async def test_target_entities(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
    targets: list[str],
    fired: list[str],
) -> None:
    await automate_on(hass, {"entity_id": targets})
    await raise_three(sim, wait)
    assert names(calls) == fired
    devices = {call.data["alarm"]["name"]: call.data["device"] for call in calls}
    if "nothing" in devices:
        assert devices["nothing"] == registry_device(hass, PLANT).id


@pytest.mark.parametrize("kind", ["device_id", "area_id", "label_id"])
@pytest.mark.parametrize(
    ("key", "fired"),
    [
        ("plant", ["battery", "inverter", "nothing"]),
        ("battery", ["battery"]),
        ("meter", []),
    ],
)
async def test_targets_that_contain_devices(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
    kind: str,
    key: str,
    fired: list[str],
) -> None:
    """A device, or the area or label it gets after the automation was made."""
    source = {
        "plant": PLANT,
        "battery": device_of(sim, Type.BATTERY),
        "meter": device_of(sim, Type.POWER_SENSOR),
    }[key]
    device = registry_device(hass, source).id
    area = ar.async_get(hass).async_create("Roof").id
    label = lr.async_get(hass).async_create("PV").label_id
    ids = {"device_id": device, "area_id": area, "label_id": label}
    await automate_on(hass, {kind: ids[kind]})
    dr.async_get(hass).async_update_device(device, area_id=area, labels={label})
    await raise_three(sim, wait)
    assert names(calls) == fired


async def test_what_is_disabled_or_removed_is_no_target(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    registry = er.async_get(hass)
    await automate_on(hass, {"entity_id": [EVENT, INVERTER, BATTERY]})
    user = er.RegistryEntryDisabler.USER
    registry.async_update_entity(EVENT, disabled_by=user)
    registry.async_update_entity(BATTERY, disabled_by=user)
    await raise_three(sim, wait)
    assert names(calls) == ["inverter"]
    registry.async_remove(INVERTER)
    sim.alarms.raise_(PLANT, device_of(sim, Type.ENERGY_CENTER), alarm_id=4)
    await wait(TWO_POLLS)
    assert len(calls) == 1


async def test_an_entity_with_another_name(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    renamed = "event.something_else"
    er.async_get(hass).async_update_entity(EVENT, new_entity_id=renamed)
    await hass.async_block_till_done()
    await automate_on(hass, {"entity_id": renamed})
    await raise_three(sim, wait)
    assert len(calls) == 3


async def test_another_plant_is_none_of_its_business(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    await automate_on(hass, {"entity_id": entity_id(hass, "event", "NE=2", "alarm")})
    await raise_three(sim, wait)
    assert calls == []
    other = device_of(sim, Type.BATTERY, plant=1)
    sim.alarms.raise_("NE=2", other, name="second")
    await wait(TWO_POLLS)
    assert names(calls) == ["second"]
    assert calls[0].data["plant"] == registry_device(hass, "NE=2").id
    assert calls[0].data["device"] == registry_device(hass, other).id


async def test_a_reload_and_a_restart_of_the_entry(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    await automate_on(hass, {"entity_id": EVENT})
    await raise_three(sim, wait)
    assert await hass.config_entries.async_reload(setup.entry_id)
    await wait(TWO_POLLS)
    await restart(hass, setup)
    await wait(TWO_POLLS)
    assert len(calls) == 3
    sim.alarms.raise_(PLANT, alarm_id=4, name="after")
    await wait(TWO_POLLS)
    assert len(calls) == 4


async def test_an_automation_that_is_switched_off(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    await automate_on(hass, {"entity_id": EVENT})
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.test"}, blocking=True
    )
    await raise_three(sim, wait)
    assert calls == []


@pytest.mark.skipif(
    CONF_EXCLUDE not in cv.TARGET_FIELDS, reason="targets leave nothing out yet"
)
async def test_a_device_left_out_of_its_plant(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    calls: list[ServiceCall],
    wait: Wait,
) -> None:
    target = {"entity_id": EVENT, CONF_EXCLUDE: {"entity_id": INVERTER}}
    await automate_on(hass, target)
    await raise_three(sim, wait)
    assert names(calls) == ["battery", "nothing"]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"target": {"entity_id": "all"}},
        {"target": {"entity_id": EVENT}, "options": {"minimum_severity": "grave"}},
        {"target": {"entity_id": EVENT}, "options": {"device_types": ["inverter"]}},
        {"target": {"entity_id": EVENT}, "options": {"alarm_ids": [{}]}},
        {"target": {"entity_id": EVENT}, "options": {"severity": "minor"}},
    ],
)
async def test_what_is_refused(
    hass: HomeAssistant, setup: MockConfigEntry, config: dict[str, Any]
) -> None:
    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(
            hass, [{"platform": f"{DOMAIN}.alarm_raised", **config}]
        )


async def test_no_target_is_said(
    hass: HomeAssistant, setup: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    trigger = {"trigger": f"{DOMAIN}.alarm_raised", "target": {}}
    action = {"action": "test.automation"}
    await automate(hass, {"alias": "Test", "triggers": trigger, "actions": action})
    assert "The trigger has no target" in caplog.text


async def test_the_editor_has_all_it_shows(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    found = await async_get_all_descriptions(hass)
    for key, labels in texts("triggers").items():
        shown = found[f"{DOMAIN}.{key}"]
        assert shown
        assert shown["fields"].keys() == labels["fields"].keys()
        assert {entity["domain"][0] for entity in shown["target"]["entity"]} == {
            "binary_sensor",
            "event",
        }
        for name, field in shown["fields"].items():
            select = field["selector"].get("select")
            if select:
                options = texts("selector", select["translation_key"], "options")
                assert set(select["options"]) <= options.keys(), name
    for type_id, label in texts("selector", "device_type", "options").items():
        assert label == NAMES[int(type_id)]

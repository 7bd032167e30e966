"""The feed-in: set by an entity or an action, obeyed by the plant, read back."""

import asyncio
from datetime import date
from typing import Any

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.errors import NotYetError
from custom_components.smartpvms.northbound.tasks import ExportLimit
from simulator import Fault, FaultKind, Outcome, Simulator, fleet
from tests.conftest import entity_id, restart

from .conftest import READ, SEND, Act, plant_id


def shown(hass: HomeAssistant, sim: Simulator, platform: str, key: str) -> str:
    """Return the state of an entity of the first plant."""
    state = hass.states.get(entity_id(hass, platform, sim.plants[0].code, key))
    assert state
    return state.state


async def put(
    hass: HomeAssistant, sim: Simulator, kind: str, key: str, **to: Any
) -> None:
    """Set a number or choose an option of the first plant."""
    action = {"number": "set_value", "select": "select_option"}[kind]
    to[ATTR_ENTITY_ID] = entity_id(hass, kind, sim.plants[0].code, key)
    await hass.services.async_call(kind, action, to, blocking=True)


async def test_a_limit_set_by_the_number_stops_the_feed_in(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Act
) -> None:
    plant = sim.plants[0]
    assert shown(hass, sim, "select", "export_control") == "no_limit"
    assert shown(hass, sim, "sensor", "last_command") == "none"
    assert shown(hass, sim, "number", "export_limit") == "unknown"
    assert plant.world.power(sim.clock.now()).export > 1
    await put(hass, sim, "number", "export_limit", value=0)
    assert shown(hass, sim, "sensor", "last_command") == "running"
    assert shown(hass, sim, "select", "export_control") == "no_limit"
    await wait(400)
    assert plant.world.power(sim.clock.now()).export == 0
    assert shown(hass, sim, "select", "export_control") == "zero_export"
    assert shown(hass, sim, "number", "export_limit") == "0.0"
    assert shown(hass, sim, "sensor", "last_command") == "succeeded"
    assert sim.count(SEND) == 1
    await put(hass, sim, "number", "export_limit", value=1.5)
    await wait(400)
    assert shown(hass, sim, "select", "export_control") == "limited"
    await put(hass, sim, "select", "export_control", option="no_limit")
    await wait(130)
    assert shown(hass, sim, "select", "export_control") == "no_limit"
    assert shown(hass, sim, "number", "export_limit") == "1.5"
    await put(hass, sim, "select", "export_control", option="limited")
    await wait(130)
    assert shown(hass, sim, "select", "export_control") == "limited"
    assert not sim.quota.refused


async def health(hass: HomeAssistant) -> tuple[str, int]:
    """Return what system health says of control."""
    found = await get_system_health_info(hass, DOMAIN)
    await found["server_reachable"]
    return found["controllable"], found["commands"]


async def test_system_health_counts_plants_and_commands(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Act
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    assert await health(hass) == (f"1/{len(sim.plants)}", 0)
    await put(hass, sim, "number", "export_limit", value=0)
    assert await health(hass) == (f"1/{len(sim.plants)}", 1)
    await wait(400)
    assert await health(hass) == (f"1/{len(sim.plants)}", 0)


async def test_a_limit_is_asked_for_before_one_is_known(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError, match="Enter one in Feed-in limit"):
        await put(hass, sim, "select", "export_control", option="limited")


async def test_what_is_changed_in_the_app_is_seen_within_the_hour(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Act
) -> None:
    def change(rules: Any) -> Any:
        return type(rules)(export_kw=2.0)

    sim.control.change(sim.plants[0], change)
    await wait(3700, 60)
    assert shown(hass, sim, "select", "export_control") == "limited"
    assert shown(hass, sim, "number", "export_limit") == "2.0"
    with pytest.raises(ServiceValidationError, match="cannot be chosen"):
        await put(hass, sim, "select", "export_control", option="other")


async def test_a_command_is_refused_while_another_runs(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act
) -> None:
    plant = sim.plants[0]
    answer = await act("set_export_limit", limit=1)
    [found] = answer.values()
    assert found == {
        "status": "running",
        "asked": {"kilowatts": 1.0},
        "reason": None,
    }
    with pytest.raises(ServiceValidationError, match=f"still running at {plant.name}"):
        await act("set_export_limit", limit=2)
    with pytest.raises(ServiceValidationError, match="at most 5000 kW"):
        await act("set_export_limit", limit=5001)
    assert sim.count(SEND) == 1


async def test_a_restart_follows_and_never_repeats(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    act: Act,
    wait: Act,
) -> None:
    await act("set_export_limit", limit=0)
    await restart(hass, setup)
    assert shown(hass, sim, "sensor", "last_command") == "running"
    await wait(200)
    assert shown(hass, sim, "sensor", "last_command") == "succeeded"
    assert shown(hass, sim, "select", "export_control") == "zero_export"
    assert sim.count(SEND) == 1


async def test_an_answer_that_is_lost_is_not_asked_for_again(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    sim.faults.add(Fault(FaultKind.CUT, SEND, times=1))
    with pytest.raises(HomeAssistantError, match="did not confirm the command"):
        await act("set_export_limit", limit=0)
    assert shown(hass, sim, "sensor", "last_command") == "failed"
    await wait(400)
    # The plant says what is true.
    assert shown(hass, sim, "select", "export_control") == "zero_export"
    assert sim.count(SEND) == 1


async def test_a_stop_in_the_middle_of_sending_does_not_send_again(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    act: Act,
    hass_storage: dict[str, Any],
    wait: Act,
) -> None:
    await act("set_export_limit", limit=0)
    name = f"{DOMAIN}.{setup.entry_id}.control"
    await hass.config_entries.async_unload(setup.entry_id)
    [command] = hass_storage[name]["data"]["commands"]
    command["task"] = None
    command["ended_at"] = None
    await hass.config_entries.async_setup(setup.entry_id)
    await wait(130)
    state = hass.states.get(
        entity_id(hass, "sensor", sim.plants[0].code, "last_command")
    )
    assert state
    assert state.state == "failed"
    assert "did not confirm" in state.attributes["reason"]
    assert sim.count(SEND) == 1


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome.BUSY, "busy with another command"),
        (Outcome.TIMEOUT, "did not answer in time"),
        (Outcome.INVALID, "does not accept the value"),
        (Outcome.EXCEPTION, "could not carry it out"),
    ],
)
async def test_a_failure_says_what_to_do(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    act: Act,
    wait: Act,
    outcome: Outcome,
    text: str,
) -> None:
    sim.control.outcomes[sim.plants[0].code] = outcome
    await act("set_export_limit", limit=0)
    await wait(130)
    found = entity_id(hass, "sensor", sim.plants[0].code, "last_command")
    state = hass.states.get(found)
    assert state
    assert state.state == "failed"
    assert text in state.attributes["reason"]
    assert shown(hass, sim, "select", "export_control") == "no_limit"


async def test_plants_that_cannot_be_steered_are_named_once(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, act: Act, wait: Act
) -> None:
    since = date(2026, 5, 1)
    large, shy = (
        fleet.utility(connected=since),
        fleet.residential("NE=2", connected=since),
    )
    shy.name = "Waldhof"
    sim.plants += [large, shy]
    sim.control.unconsented.add(shy.code)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(200)
    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, f"{entry.entry_id}_not_steerable"
    )
    assert issue
    assert issue.translation_placeholders
    lines = issue.translation_placeholders["plants"]
    assert f"{large.name}: The plant has several controllers" in lines
    assert "Waldhof: The owner has not allowed control" in lines
    assert sim.plants[0].name not in lines
    ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
    await restart(hass, entry)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue.issue_id)
    both = [plant_id(hass, sim.plants[0].code), plant_id(hass, large.code)]
    with pytest.raises(ServiceValidationError, match="several controllers"):
        await act("set_export_limit", limit=0, device_id=both)
    assert sim.count(SEND) == 0
    with pytest.raises(AssertionError):
        entity_id(hass, "select", large.code, "export_control")


@pytest.mark.parametrize("code", [20056, 20045])
async def test_a_plant_that_is_refused_stops_no_other(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Act, code: int
) -> None:
    shy = fleet.residential("NE=2", name="Waldhof", connected=date(2026, 5, 1))
    sim.plants.insert(0, shy)
    sim.refuse_for(shy.code, code)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(200)
    issues = ir.async_get(hass).issues
    told = issues[DOMAIN, f"{entry.entry_id}_not_steerable"].translation_placeholders
    assert told
    assert told["plants"].startswith("- Waldhof: ")
    assert "FusionSolar gave this reason" not in told["plants"]
    assert "\n" not in told["plants"]
    assert hass.states.get(
        entity_id(hass, "select", sim.plants[1].code, "export_control")
    )
    await wait(2 * 3600, 300)
    read = [call for call in sim.calls if call.interface == READ]
    assert [call for call in read if call.fail_code] == read[:1]


async def test_a_task_that_some_plants_take(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, act: Act, wait: Act
) -> None:
    second = fleet.residential("NE=2", connected=date(2026, 5, 1), name="Waldhof")
    sim.plants.append(second)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(200)
    sim.control.unconsented.add(second.code)
    first, other = (plant_id(hass, plant.code) for plant in sim.plants)
    answer = await act("set_export_limit", limit=0, device_id=[first, other])
    assert [answer[key]["status"] for key in (first, other)] == ["running", "failed"]
    assert answer[other]["reason"]
    await wait(130)
    with pytest.raises(HomeAssistantError, match="Waldhof"):
        await act("set_export_limit", answer=False, device_id=[first, other])


async def test_a_missing_permission_makes_no_entities(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, act: Act, wait: Act
) -> None:
    sim.deny(READ, 401)
    sim.deny("nbi/v1/configuration/battery-mode", 401)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(130)
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, f"{entry.entry_id}_no_access_{READ}")
    with pytest.raises(AssertionError):
        entity_id(hass, "sensor", sim.plants[0].code, "last_command")
    with pytest.raises(ServiceValidationError, match="grant the control interfaces"):
        await act("set_export_limit")
    sim.deny(READ, None)
    hub = entry.runtime_data
    await hub.async_ask_again(Interface.EXPORT_CONTROL)
    await wait(70)
    assert shown(hass, sim, "select", "export_control") == "no_limit"
    assert not issues.async_get_issue(DOMAIN, f"{entry.entry_id}_no_access_{READ}")


async def test_control_is_off_at_first_and_taken_back(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    select = entity_id(hass, "select", sim.plants[0].code, "export_control")
    flow = await hass.config_entries.options.async_init(setup.entry_id)
    step = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": "control"}
    )
    assert step["step_id"] == "control"
    done = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"control": False}
    )
    assert done["data"]["control"] is False
    await hass.async_block_till_done(wait_background_tasks=True)
    assert er.async_get(hass).async_get(select) is None
    asked = sim.count(READ)
    await wait(4000, 60)
    assert sim.count(READ) == asked
    with pytest.raises(ServiceValidationError, match="Allow it in the options"):
        await act("set_export_limit")
    device = plant_id(hass, str(next(iter(setup.runtime_data.account.devices))))
    with pytest.raises(ServiceValidationError, match="is not a plant"):
        await act("set_export_limit", device_id=device)


async def test_a_command_without_an_end_is_given_up(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    sim.control.delay = 10 * 3600
    await act("set_export_limit", limit=0)
    await wait(3800, 60)
    found = entity_id(hass, "sensor", sim.plants[0].code, "last_command")
    state = hass.states.get(found)
    assert state
    assert state.state == "failed"
    assert "does not say what became of the command" in state.attributes["reason"]


async def test_a_task_that_the_server_has_forgotten_has_ended(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    await act("set_export_limit", limit=0)
    sim.control.tasks.clear()
    await wait(130)
    assert shown(hass, sim, "sensor", "last_command") == "failed"
    assert shown(hass, sim, "select", "export_control") == "zero_export"
    sim.faults.add(Fault(FaultKind.CODE, SEND, times=1, code=20618))
    with pytest.raises(HomeAssistantError, match="used up"):
        await act("set_export_limit")


async def test_a_coordinator_that_is_closed_sends_nothing(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry
) -> None:
    control = setup.runtime_data.control
    assert await hass.config_entries.async_unload(setup.entry_id)
    with pytest.raises(NotYetError):
        await control.async_send({sim.plants[0].code: ExportLimit(0)})
    assert sim.count(SEND) == 0


async def test_a_command_is_on_disk_before_it_leaves(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    act: Act,
    hass_storage: dict[str, Any],
) -> None:
    sim.faults.add(Fault(FaultKind.STALL, SEND, times=1))
    asking = asyncio.create_task(act("set_export_limit", limit=0))
    await sim.stalled.wait()
    [saved] = hass_storage[f"{DOMAIN}.{setup.entry_id}.control"]["data"]["commands"]
    assert (saved["kind"], saved["task"]) == ("export_limit", None)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await hass.async_block_till_done()
    assert shown(hass, sim, "sensor", "last_command") == "failed"
    assert sim.count(SEND) == 1

"""Repair issues: raised, told, mended."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.components.repairs.models import RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN
from simulator import Simulator, Type, fleet

from .conftest import make_entry
from .flows import placeholders, texts

type Wait = Callable[..., Awaitable[None]]

METERS = {Type.POWER_SENSOR, Type.EMMA}
LIVE = ("getDevRealKpi", "getStationRealKpi")


def issues(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, ir.IssueEntry]:
    """Return an entry's issues by kind, after a look at their texts."""
    found = {
        issue_id.removeprefix(f"{entry.entry_id}_"): issue
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue_id.startswith(entry.entry_id)
    }
    for issue in found.values():
        assert issue.translation_key
        text = texts("issues", issue.translation_key)
        given = set(issue.translation_placeholders or {})
        assert placeholders(text["title"] + text.get("description", "")) <= given
    return found


async def fix(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> RepairsFlowResult:
    """Open an issue's repair and confirm it."""
    manager = repairs_flow_manager(hass)
    assert manager
    form = await manager.async_init(
        DOMAIN, context={"issue_id": f"{entry.entry_id}_{kind}"}
    )
    assert form["type"] is FlowResultType.FORM
    result = await manager.async_configure(form["flow_id"], {})
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = texts("issues", "no_access", "fix_flow")
    for shown in (form, result):
        if shown["type"] is FlowResultType.FORM:
            given = set(shown["description_placeholders"] or {})
            step = flow["step"][shown["step_id"]]
            text = [step["title"], step["description"]]
            text += [flow["error"][key] for key in (shown["errors"] or {}).values()]
            assert placeholders(" ".join(text)) <= given
    return result


@pytest.fixture(autouse=True)
async def repairs(hass: HomeAssistant) -> None:
    """Set up Home Assistant's side of repairs."""
    assert await async_setup_component(hass, REPAIRS, {})


@pytest.fixture
def denied(sim: Simulator) -> None:
    """Grant neither of the live interfaces."""
    for interface in LIVE:
        sim.deny(interface, 401)


@pytest.mark.parametrize("interface", LIVE)
async def test_a_missing_permission_is_named_and_granted(
    hass: HomeAssistant,
    denied: None,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    interface: str,
) -> None:
    kind = f"no_access_{interface}"
    assert set(issues(hass, setup)) == {f"no_access_{name}" for name in LIVE}
    issue = issues(hass, setup)[kind]
    assert issue.is_fixable
    assert issue.translation_placeholders
    assert issue.translation_placeholders["interface"] == interface
    # Left alone for a day, while the rest works on.
    await wait(900, step=60)
    assert sim.count(interface) == 1
    result = await fix(hass, setup, kind)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "still_refused"}
    assert sim.count(interface) == 2
    assert kind in issues(hass, setup)
    sim.deny(interface, None)
    await wait(360, step=60)
    result = await fix(hass, setup, kind)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count(interface, 0) > 0
    assert kind not in issues(hass, setup)
    await wait(600, step=60)
    assert kind not in issues(hass, setup)
    assert len(issues(hass, setup)) == 1
    assert sim.count(fail_code=407) == 0


async def test_indicators_that_are_not_configured(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Wait
) -> None:
    """20009 is about a device type: the issue stays until all are configured."""
    sim.deny("getDevRealKpi", 20009)
    await wait(600, step=60)
    assert set(issues(hass, setup)) == {"no_access_getDevRealKpi"}
    sim.deny("getDevRealKpi", None)
    result = await fix(hass, setup, "no_access_getDevRealKpi")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await wait(600, step=60)
    assert not issues(hass, setup)


async def test_the_device_list_is_asked_again_at_once(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.deny("getDevList", 401)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(120)
    assert set(issues(hass, entry)) == {"no_access_getDevList"}
    assert not entry.runtime_data.devices
    sim.deny("getDevList", None)
    await fix(hass, entry, "no_access_getDevList")
    assert not issues(hass, entry)
    assert len(entry.runtime_data.devices) == len(sim.plants[0].devices)


async def test_a_login_without_consent(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The login that a call begins with is what the owner has forbidden."""
    await wait(60)
    sim.deny("login", 20056)
    sim.evict()
    await wait(600, step=60)
    assert set(issues(hass, setup)) == {"no_access_login"}
    assert sim.count("login") == 2
    sim.deny("login", None)
    result = await fix(hass, setup, "no_access_login")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count("login") == 3
    await wait(600, step=60)
    assert not issues(hass, setup)


async def test_a_repair_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, denied: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    """Nothing can be asked: what is still wrong is raised at the next start."""
    assert await hass.config_entries.async_unload(setup.entry_id)
    calls = len(sim.calls)
    result = await fix(hass, setup, "no_access_getDevRealKpi")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(sim.calls) == calls


async def test_a_second_session(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    for _ in range(3):
        assert not issues(hass, setup)
        sim.evict()
        await wait(360, step=60)
    (issue,) = issues(hass, setup).values()
    assert issue.translation_key == "second_session"
    assert not issue.is_fixable
    # An hour later nobody has come back.
    await wait(4500, step=60)
    assert not issues(hass, setup)


async def test_plants_in_two_entries(
    hass: HomeAssistant, setup: MockConfigEntry, wait: Wait
) -> None:
    """The entry that comes second leaves out what the first one shows."""
    house, lake = fleet.residential(), fleet.emma()
    server = Simulator(plants=[house, lake])
    async with server.serve() as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        (issue,) = issues(hass, second).values()
        assert issue.translation_key == "plants_taken"
        assert issue.translation_placeholders == {
            "account": second.title,
            "plants": house.name,
            "entries": setup.title,
        }
        assert second.runtime_data.plants.keys() == {lake.code}
        assert not issues(hass, setup)
        hass.config_entries.async_update_entry(
            second, options={CONF_EXCLUDED_PLANTS: [house.code]}
        )
        assert await hass.config_entries.async_reload(second.entry_id)
        assert not issues(hass, second)


async def test_several_meters_name_their_plants(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry
) -> None:
    house, lake = fleet.residential(), fleet.emma()
    for plant in (house, lake):
        meter = next(device for device in plant.devices if device.type in METERS)
        plant.devices.append(replace(meter, id=meter.id + 1, name="Meter-2"))
    park = fleet.utility()
    sim.plants[:] = [house, lake, park]
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue = issues(hass, entry)["several_meters"]
    assert issue.translation_placeholders == {
        "account": entry.title,
        "plants": "Haus am See, Sonnenhof",
    }


async def test_issues_go_with_their_entry(
    hass: HomeAssistant, denied: None, setup: MockConfigEntry
) -> None:
    other = make_entry("https://elsewhere.example")
    other.add_to_hass(hass)
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{other.entry_id}_second_session",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="second_session",
        translation_placeholders={"account": other.title},
    )
    assert len(issues(hass, setup)) == 2
    await hass.config_entries.async_remove(setup.entry_id)
    assert not issues(hass, setup)
    assert issues(hass, other)

"""Repair issues: raised, told, mended."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import re

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.components.repairs.models import RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms import northbound, repairs as repair_flows
from custom_components.smartpvms.account.left_out import Refusal
from custom_components.smartpvms.account.wording import device_types, escaped
from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN
from custom_components.smartpvms.northbound import Interface, PauseReason
from custom_components.smartpvms.northbound.errors import error_for
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet, serve

from .conftest import make_entry, restart
from .flows import placeholders, texts

type Wait = Callable[..., Awaitable[None]]

DAY = 86400.0
METERS = {Type.POWER_SENSOR, Type.EMMA}
LIVE = ("getDevRealKpi", "getStationRealKpi")
HELP = Path(__file__).parent.parent / "docs/troubleshooting.md"
ANCHORS = set(re.findall(r'<a id="([a-z-]+)">', HELP.read_text(encoding="utf-8")))


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
        assert issue.is_fixable is ("fix_flow" in text)
        assert issue.learn_more_url
        page, _, anchor = issue.learn_more_url.partition("#")
        assert page.endswith("/blob/main/docs/troubleshooting.md")
        assert anchor in ANCHORS
    return found


def told(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> dict[str, str]:
    """Return what an issue says in the places of its text."""
    found = issues(hass, entry)[kind].translation_placeholders
    assert found
    return found


async def fix(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> RepairsFlowResult:
    """Open an issue's repair and confirm it."""
    manager = repairs_flow_manager(hass)
    assert manager
    key = issues(hass, entry)[kind].translation_key
    assert key
    form = await manager.async_init(
        DOMAIN, context={"issue_id": f"{entry.entry_id}_{kind}"}
    )
    assert form["type"] is FlowResultType.FORM
    result = await manager.async_configure(form["flow_id"], {})
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = texts("issues", key, "fix_flow")
    for shown in (form, result):
        if shown["type"] is FlowResultType.FORM:
            given = set(shown["description_placeholders"] or {})
            step = flow["step"][shown["step_id"]]
            text = [step["title"], step["description"]]
            text += [flow["error"][key] for key in (shown["errors"] or {}).values()]
            assert placeholders(" ".join(text)) <= given
    return result


@pytest.fixture(autouse=True)
async def repairs(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Set up Home Assistant's side of repairs; time passes where one waits."""

    async def tick(hass: HomeAssistant, seconds: float) -> None:
        freezer.tick(seconds)

    monkeypatch.setattr(repair_flows, "async_delay", tick)
    assert await async_setup_component(hass, REPAIRS, {})


@pytest.fixture
def denied(sim: Simulator) -> None:
    """Grant neither of the live interfaces."""
    for interface in LIVE:
        sim.deny(interface, 401)


WORDS = {"getDevRealKpi": "devices", "getStationRealKpi": "plants"}


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
    assert issue.translation_placeholders == {
        "account": setup.title,
        "interface": interface,
        "feature": f"real-time values of {WORDS[interface]}",
    }
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
    kind = "not_configured_getDevRealKpi"
    sim.deny("getDevRealKpi", 20009)
    await wait(1200, step=60)
    assert told(hass, setup, kind) == {
        "account": setup.title,
        "interface": "getDevRealKpi",
        "feature": "real-time values of devices",
        "types": "Battery, Power sensor, Residential inverter",
    }
    assert len(issues(hass, setup)) == 1
    # A restart does not forget it: nothing is asked for a day.
    ir.async_delete_issue(hass, DOMAIN, f"{setup.entry_id}_{kind}")
    await restart(hass, setup)
    assert set(issues(hass, setup)) == {kind}
    result = await fix(hass, setup, kind)
    assert result["errors"] == {"base": "still_refused"}
    sim.deny("getDevRealKpi", None)
    await wait(360, step=60)
    result = await fix(hass, setup, kind)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await wait(600, step=60)
    assert not issues(hass, setup)


async def test_device_types_are_named_in_the_users_language(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """One that no list knows by name keeps its number."""
    await hass.config.async_update(language="de")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert device_types(hass, [38, 47, 39, 4711]) == (
        "Batterie, Device type 4711, Leistungssensor, Wechselrichter für Wohngebäude"
    )
    sim.deny("getDevRealKpi", 20009)
    await wait(1200, step=60)
    found = told(hass, entry, "not_configured_getDevRealKpi")
    assert found["types"] == device_types(hass, [38, 47, 39])


async def test_a_type_that_nobody_has_any_more_needs_no_indicators(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Wait
) -> None:
    kind = "not_configured_getDevRealKpi"
    sim.deny("getDevRealKpi", 20009)
    await wait(1200, step=60)
    assert "Power sensor" in told(hass, setup, kind)["types"]
    house = sim.plants[0]
    house.devices = [d for d in house.devices if d.type not in METERS]
    await wait(30 * 3600, step=1800)
    assert told(hass, setup, kind)["types"] == "Battery, Residential inverter"


async def test_indicators_of_plants(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Wait
) -> None:
    sim.deny("getStationRealKpi", 20009)
    await wait(360, step=60)
    found = told(hass, setup, "not_configured_getStationRealKpi")
    assert found["types"] == "Plants"
    assert len(issues(hass, setup)) == 1
    sim.deny("getStationRealKpi", None)
    await wait(300, step=60)
    await fix(hass, setup, "not_configured_getStationRealKpi")
    assert not issues(hass, setup)


async def test_the_device_list_is_asked_again_at_once(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.deny("getDevList", 401)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(120)
    assert set(issues(hass, entry)) == {"no_access_getDevList"}
    assert not entry.runtime_data.account.devices
    sim.deny("getDevList", None)
    await fix(hass, entry, "no_access_getDevList")
    assert not issues(hass, entry)
    assert len(entry.runtime_data.account.devices) == len(sim.plants[0].devices)


async def plants_refused(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> str:
    """Refuse the plants' values until a repair says so; return which one."""
    sim.deny("getStationRealKpi", 401)
    kind = "no_access_getStationRealKpi"
    while kind not in issues(hass, entry):
        await wait(5)
    return kind


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        pytest.param(None, 2, id="not asked: its window is not over for minutes"),
        pytest.param(503, 400, id="asked, and the server is down"),
    ],
)
async def test_what_was_not_answered_is_not_repaired(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Wait,
    status: int | None,
    seconds: float,
) -> None:
    kind = await plants_refused(hass, sim, setup, wait)
    sim.deny("getStationRealKpi", None)
    if status:
        fault = Fault(FaultKind.HTTP, "getStationRealKpi", status=status)
        sim.faults.add(fault)
    await wait(seconds)
    asked = sim.count("getStationRealKpi")
    result = await fix(hass, setup, kind)
    assert result["errors"] == {"base": "not_answered"}
    assert sim.count("getStationRealKpi") == asked + bool(status)
    sim.faults.clear()
    await wait(700, step=30)
    assert kind not in issues(hass, setup)


async def test_a_repair_waits_for_the_lane(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Wait,
) -> None:
    """What may be asked within a minute is worth waiting for."""
    kind = await plants_refused(hass, sim, setup, wait)
    sim.deny("getStationRealKpi", None)
    await wait(265)
    before, asked = sim.clock.now(), sim.count("getStationRealKpi")
    result = await fix(hass, setup, kind)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count("getStationRealKpi") == asked + 1
    assert 10 < sim.clock.now() - before < 60
    assert sim.count(fail_code=407) == 0
    assert kind not in issues(hass, setup)


async def test_an_entry_that_ends_while_a_repair_waits(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = await plants_refused(hass, sim, setup, wait)
    await wait(265)

    async def unload(hass: HomeAssistant, seconds: float) -> None:
        assert await hass.config_entries.async_unload(setup.entry_id)

    monkeypatch.setattr(repair_flows, "async_delay", unload)
    asked = len(sim.calls)
    manager = repairs_flow_manager(hass)
    assert manager
    form = await manager.async_init(
        DOMAIN, context={"issue_id": f"{setup.entry_id}_{kind}"}
    )
    result = await manager.async_configure(form["flow_id"], {})
    assert result["errors"] == {"base": "not_answered"}
    assert {call.interface for call in sim.calls[asked:]} <= {"logout"}


async def test_a_login_without_consent(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The login that a call begins with is what the owner has forbidden."""
    await wait(60)
    sim.deny("login", 20056)
    sim.evict()
    await wait(600, step=60)
    assert told(hass, setup, "no_consent") == {
        "account": setup.title,
        "features": "login (login)",
    }
    assert len(issues(hass, setup)) == 1
    assert sim.count("login") == 2
    sim.deny("login", None)
    result = await fix(hass, setup, "no_consent")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count("login") == 3
    await wait(600, step=60)
    assert not issues(hass, setup)


async def test_a_plant_without_consent_is_one_issue(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The owner agrees once, to all of it."""
    for interface in LIVE:
        sim.deny(interface, 20056)
    await wait(900, step=60)
    name = escaped(sim.plants[0].name)
    assert told(hass, setup, "left_out") == {
        "account": setup.title,
        "names": f"- {name}: the owner has not allowed access",
    }
    assert len(issues(hass, setup)) == 1
    sim.deny("getStationRealKpi", None)
    await wait(360, step=60)
    result = await fix(hass, setup, "left_out")
    assert result["errors"] == {"base": "still_refused"}
    assert f"({name}): the owner" in told(hass, setup, "left_out")["names"]
    sim.deny("getDevRealKpi", None)
    await wait(360, step=60)
    result = await fix(hass, setup, "left_out")
    # Polling took the lane's turn; the next one brings the answer.
    assert result["errors"] == {"base": "not_answered"}
    await wait(360, step=60)
    assert not issues(hass, setup)


async def test_a_quota_that_is_used_up(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Until midnight there is nothing to do; then it goes away by itself."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    sim.faults.add(Fault(FaultKind.CODE, "getStationRealKpi", 1, code=20618))
    await wait(360, step=60)
    assert told(hass, setup, "quota_used_up") == {
        "account": setup.title,
        "features": "real-time values of plants",
        "lanes": "- real-time values of plants (getStationRealKpi): 2026-06-16 00:00",
    }
    assert len(issues(hass, setup)) == 1
    calls = sim.count("getStationRealKpi")
    await wait(11 * 3600, step=900)
    assert set(issues(hass, setup)) == {"quota_used_up"}
    assert sim.count("getStationRealKpi") == calls
    await wait(3600, step=300)
    assert sim.count("getStationRealKpi") > calls
    assert not issues(hass, setup)


async def test_a_server_that_finds_us_too_frequent(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """A refusal now and then is nobody's concern; hours of them are."""
    sim.deny("getDevRealKpi", 407)
    await wait(360, step=60)
    assert not issues(hass, setup)
    await wait(45 * 60, step=300)
    assert not issues(hass, setup)
    await wait(120 * 60, step=300)
    found = told(hass, setup, "quota_used_up")
    assert found["features"] == "real-time values of devices"
    sim.deny("getDevRealKpi", None)
    await wait(130 * 60, step=300)
    assert not issues(hass, setup)


async def test_limits_that_were_learnt(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """One refusal says little; a second one after a good answer is told."""
    account = setup.runtime_data.account
    lane = account.ledger.lane(Interface.PLANT_REAL_TIME)
    for is_told in (False, True):
        lane.was_good = True
        lane.learn_stricter(account.clock.now())
        account.issues.review()
        assert ("limits_learnt" in issues(hass, setup)) is is_told
    assert told(hass, setup, "limits_learnt") == {
        "account": setup.title,
        "lanes": "- real-time values of plants (getStationRealKpi): × 2.2",
    }
    lane.stretch = 1.5
    account.issues.review()
    assert not issues(hass, setup)


async def test_a_quota_that_ends_soon_is_not_worth_telling(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(10.5 * 3600, step=1800)
    sim.faults.add(Fault(FaultKind.CODE, "getStationRealKpi", 1, code=20618))
    await wait(600, step=60)
    assert sim.count("getStationRealKpi", 20618) == 1
    assert not issues(hass, setup)


async def test_a_plant_that_vanishes(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    house, lake = fleet.residential(), fleet.emma()
    sim.plants[:] = [house, lake]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    assert not issues(hass, entry)
    sim.plants[:] = [house]
    await wait(3 * 3600, step=600)
    hub = entry.runtime_data
    since = hub.account.inventory.missing_since[lake.code]
    local = dt_util.as_local(dt_util.utc_from_timestamp(since))
    assert told(hass, entry, "plants_missing") == {
        "account": entry.title,
        "plants": f"- Haus am See: {local:%Y-%m-%d %H:%M}",
    }
    assert len(issues(hass, entry)) == 1
    assert local.utcoffset() == timedelta(hours=2)
    # It comes back, goes again, and after a day it is gone for good.
    sim.plants[:] = [house, lake]
    await wait(3 * 3600, step=600)
    assert not issues(hass, entry)
    sim.plants[:] = [house]
    await wait(3 * 3600, step=600)
    assert set(issues(hass, entry)) == {"plants_missing"}
    await wait(26 * 3600, step=1800)
    assert lake.code not in hub.account.plants
    assert not issues(hass, entry)


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
    async with serve(server) as url:
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
        assert second.runtime_data.account.plants.keys() == {lake.code}
        assert not issues(hass, setup)
        calls = len(server.calls)
        result = await fix(hass, second, "plants_taken")
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert second.options[CONF_EXCLUDED_PLANTS] == [house.code]
        assert second.runtime_data.account.plants.keys() == {lake.code}
        assert not issues(hass, second)
        assert len(server.calls) == calls
        assert await hass.config_entries.async_reload(second.entry_id)
        assert not issues(hass, second)


async def test_an_entry_that_would_have_no_plants_left(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    server = Simulator(plants=sim.plants)
    async with serve(server) as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        result = await fix(hass, second, "plants_taken")
        assert result["errors"] == {"base": "nothing_left"}
        assert not second.options[CONF_EXCLUDED_PLANTS]
        assert set(issues(hass, second)) == {"plants_taken"}


async def test_several_meters_name_their_plants(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry
) -> None:
    house, lake = fleet.residential(name="[x](y)\r\nz"), fleet.emma()
    for plant in (house, lake):
        meter = next(device for device in plant.devices if device.type in METERS)
        plant.devices.append(replace(meter, id=meter.id + 1, name="Meter-2"))
    park = fleet.utility()
    sim.plants[:] = [house, lake, park]
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue = issues(hass, entry)["several_meters"]
    assert issue.translation_placeholders == {
        "account": entry.title,
        "plants": "Haus am See, &#91;x&#93;&#40;y&#41; z",
    }


HOSTILE = "Roof\n\n![](https://evil.example/x.png) [log in](https://evil.example)"


async def test_names_that_others_gave_are_plain_text_in_every_repair(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry
) -> None:
    house = fleet.residential(name=HOSTILE)
    house.devices = [replace(device, name=HOSTILE) for device in house.devices]
    sim.plants[:] = [house]
    assert await hass.config_entries.async_setup(entry.entry_id)
    account = entry.runtime_data.account
    account.issues.plants_taken({HOSTILE: entry.title})
    account.issues.several_meters([HOSTILE])
    account.issues.not_steerable({house.code: "not supported"})
    account.inventory = replace(account.inventory, missing_since={house.code: 1e9})
    refused = account.left_out.of_devices(Interface.DEVICE_REAL_TIME)
    with refused.asking([house.devices[0].id]):
        raise error_for(Interface.DEVICE_REAL_TIME, 20056)
    account.issues.review()
    by_device = told(hass, entry, "left_out")["names"]
    assert by_device.count("Roof") == 2
    with account.left_out.of_plants(Interface.ALARMS).asking([house.code]):
        raise error_for(Interface.ALARMS, 20056)
    account.issues.review()
    found = issues(hass, entry)
    assert found.keys() == {
        *("plants_taken", "several_meters", "not_steerable"),
        *("plants_missing", "left_out"),
    }
    shown = [
        text
        for issue in found.values()
        for text in (issue.translation_placeholders or {}).values()
    ]
    assert sum("Roof" in text for text in shown) == len(found)
    for text in (*shown, by_device):
        assert "\n" not in text
        assert not set(text) & set("![]<>*")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (20006, "its type does not match the list"),
        (20007, "FusionSolar does not find it"),
        (20008, "FusionSolar does not find it"),
        (20045, "the account has no permission"),
        (20046, "the account has no permission"),
        (20056, "the owner has not allowed access"),
        (30029, "the account has no permission"),
    ],
)
async def test_what_is_left_out_says_why(
    hass: HomeAssistant, setup: MockConfigEntry, code: int, why: str
) -> None:
    account = setup.runtime_data.account
    refused = account.left_out.of_plants(Interface.ALARMS)
    (plant,) = account.plants
    refused.refusals[plant] = Refusal(code, account.clock.now() + DAY, DAY)
    account.issues.review()
    assert told(hass, setup, "left_out")["names"] == f"- Sonnenhof: {why}"


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
        learn_more_url="https://x/blob/main/docs/troubleshooting.md#second-session",
        translation_key="second_session",
        translation_placeholders={"account": other.title},
    )
    assert len(issues(hass, setup)) == 2
    await hass.config_entries.async_remove(setup.entry_id)
    assert not issues(hass, setup)
    assert issues(hass, other)


@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_an_interface_that_is_not_used_needs_no_repair(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """A system of 2020 refuses `stations`, and lists its plants elsewhere."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(30, step=30)
    account = entry.runtime_data.account
    account.ledger.lane(Interface.STATIONS).reason = PauseReason.NO_ACCESS
    account.issues.review()
    assert not issues(hass, entry)
    # A system that was renewed lists them there.
    account.change_dialect(northbound.Dialect.V2022)
    account.issues.review()
    assert set(issues(hass, entry)) == {"no_access_stations"}

"""Servers that are stricter, slower or less sure than documented, while one polls."""

import asyncio
from collections.abc import Awaitable, Callable

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.const import CONF_QUOTA_PROFILE, DOMAIN
from custom_components.smartpvms.northbound import Interface, Profile
from simulator import Fault, FaultKind, Simulator, Type, fleet
from simulator.quota import Edition, Rules
from tests.conftest import device_of, restart, state_of
from tests.play import SPREAD, run_timers

type Wait = Callable[..., Awaitable[None]]

MINUTE, HOUR = 60, 3600


def is_told(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> bool:
    """Tell whether a repair is raised."""
    return (DOMAIN, f"{entry.entry_id}_{kind}") in ir.async_get(hass).issues


@pytest.mark.parametrize("edition", [Edition.V2022, None])
async def test_what_a_stricter_server_refuses_is_learnt(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    edition: Edition | None,
) -> None:
    """One of the older edition, or one whose windows are all twice as long.

    It is asked too often a few times, and then no more.
    """
    if edition:
        sim.quota.rules = Rules(edition)
        hit = {"getAlarmList"}
    else:
        sim.quota.scale = 2
        hit = {"getStationRealKpi", "getDevRealKpi", "getAlarmList"}
    await wait(4 * HOUR, 120)
    assert {key for key in hit if sim.count(key, 407)} == hit
    assert max(sim.count(key, 407) for key in hit) <= 4
    # What the older edition says is nothing to look for a cause of.
    assert is_told(hass, setup, "limits_learnt") is (edition is None)
    # A restart does not begin to learn anew.
    await restart(hass, setup)
    refused = sim.count(fail_code=407)
    await wait(2 * HOUR, 120)
    assert sim.count(fail_code=407) == refused


async def test_alarms_are_heard_of_sooner_with_more_device_types(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Three types with data: three calls in half an hour, in place of one."""
    before = sim.count("getAlarmList")
    await wait(2 * HOUR, 60)
    assert sim.count("getAlarmList") - before >= 11
    assert sim.count(fail_code=407) == 0


async def test_lists_leave_half_of_a_day_to_restarts_and_dialogs(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(MINUTE)
    ledger = setup.runtime_data.account.ledger
    for _ in range(ledger.most(Interface.STATIONS) // 2):
        ledger.lane(Interface.STATIONS).add(ledger.now())
    asked = sim.count("stations")
    await wait(6 * HOUR, 600)
    assert sim.count("stations") == asked
    assert ledger.left(Interface.STATIONS) > 10


@pytest.mark.parametrize("code", [20007, 20008])
async def test_what_goes_on_to_be_missing_leaves_calls_to_dialogs(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait, code: int
) -> None:
    """A listed plant or device of which the interfaces say that there is none."""
    lost = sim.plants[0].code if code == 20007 else device_of(sim, Type.BATTERY)
    sim.refuse_for(lost, code)
    before = {key: sim.count(key) for key in ("stations", "getDevList")}
    await wait(6 * HOUR, 300)
    ledger = setup.runtime_data.account.ledger
    for key, calls in before.items():
        assert calls < sim.count(key) <= ledger.most(Interface(key)) / 2
    assert sim.count(fail_code=407) == 0
    # Of one that lasts, people are told.
    assert is_told(hass, setup, "left_out")
    sim.sessions.password = "new"
    sim.evict()
    await wait(HOUR, 60)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"password": "new"}
    )
    assert result["reason"] == "reauth_successful"


async def test_web_pages_make_no_account_an_older_one(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Also where the system serves both lists; only a refusal turns it, for a day."""
    sim.kept.add("getStationList")
    sim.faults.add(Fault(FaultKind.HTML, "stations"))
    sim.faults.add(Fault(FaultKind.HTTP, "stations", status=404))
    account = setup.runtime_data.account
    tried = sim.count("stations")
    await wait(4 * HOUR, 600)
    assert sim.count("stations") > tried + 1
    assert sim.count("getStationList") == 0
    assert account.ledger.profile is Profile.DAILY
    sim.faults.clear()
    sim.deny("stations", 401)
    await wait(3 * HOUR, 600)
    assert sim.count("getStationList") > 0
    assert account.inventory.dialect == "2020"
    sim.deny("stations", None)
    await wait(25 * HOUR, 3600)
    assert account.inventory.dialect == "2022"
    assert account.ledger.profile is Profile.DAILY


async def test_one_refusal_of_a_type_takes_an_hour_of_its_values(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """It was answered before, so that it is served."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    await wait(10 * MINUTE, 30)
    sim.faults.add(Fault(FaultKind.CODE, "getDevRealKpi", times=1, code=20013))
    await wait(40 * MINUTE, 120)
    assert sim.count("getDevRealKpi", 20013) == 1
    assert state_of(hass, inverter, "active_power") == "unavailable"
    await wait(40 * MINUTE, 120)
    assert float(state_of(hass, inverter, "active_power")) > 0
    assert float(state_of(hass, sim.plants[0].code, "pv_power")) > 0


@pytest.mark.parametrize("kind", [Type.BATTERY, Type.ENERGY_CENTER])
async def test_a_server_that_wants_types_as_text(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    kind: Type,
) -> None:
    """A number gets an empty list: the next round sends the text."""
    sim.text_types = {kind}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(20 * MINUTE, 60)
    key = "battery_soc" if kind is Type.BATTERY else "active_power"
    assert float(state_of(hass, device_of(sim, kind), key)) > 0
    sent = [
        call.payload["devTypeId"]
        for call in sim.calls
        if call.interface == "getDevRealKpi"
        and str(call.payload["devTypeId"]) == str(int(kind))
    ]
    assert sent[0] == int(kind)
    assert set(sent[1:]) == {str(int(kind))}
    assert sim.count(fail_code=407) == 0


async def test_a_reload_in_a_slow_call(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """The server works on at what nobody waits for any more."""
    sim.quota.lingers_for = 29
    sim.faults.add(Fault(FaultKind.STALL, "getDevRealKpi", times=1))
    freezer.tick(5 * MINUTE)
    run_timers(hass, SPREAD)
    async with asyncio.timeout(10):
        await sim.stalled.wait()
    assert await hass.config_entries.async_reload(setup.entry_id)
    asked = sim.count("getDevRealKpi")
    await wait(10 * MINUTE, 2)
    assert sim.count("getDevRealKpi") > asked
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_restart_asks_for_the_password_again(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    hass_storage: dict[str, object],
    is_known: bool,
) -> None:
    """The dialog does not outlive it, and no login is made for a day."""
    await wait(HOUR, 300)
    sim.sessions.password = "new"
    sim.evict()
    await wait(HOUR, 60)
    flows = hass.config_entries.flow
    (flow,) = flows.async_progress_by_handler(DOMAIN)
    flows.async_abort(flow["flow_id"])
    logins = sim.count("login")
    assert await hass.config_entries.async_unload(setup.entry_id)
    if not is_known:
        # The plants are not known either.
        del hass_storage[f"{DOMAIN}.{setup.entry_id}"]
    hass.data.pop(CONNECTIONS)
    assert await hass.config_entries.async_setup(setup.entry_id) is is_known
    (flow,) = flows.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert sim.count("login") == logins


@pytest.mark.slow
async def test_an_old_account_of_a_newer_system_with_more_plants_than_a_page(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """One call a minute of `stations`, by the option: the list comes to its end."""
    sim.quota.rules = Rules(Edition.V2020)
    sim.plants[:] = fleet.many(101, 1)
    hass.config_entries.async_update_entry(
        entry,
        options={**entry.options, CONF_QUOTA_PROFILE: Profile.PER_MINUTE},
        pref_disable_new_entities=True,
    )
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await wait(5 * MINUTE, 30)
    account = entry.runtime_data.account
    assert account.ledger.profile is Profile.PER_MINUTE
    assert len(account.plants) == 101
    sim.plants.append(fleet.residential())
    await wait(70 * MINUTE, 60)
    assert len(account.plants) == 102
    assert sim.count("stations") < 10
    assert sim.count(fail_code=407) == 0

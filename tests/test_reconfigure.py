"""Logging in again and changing the account of an entry."""

from collections.abc import Awaitable, Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.northbound import Profile
from simulator import Dialect, Fault, FaultKind, Simulator, fleet, serve

from .conftest import make_entry
from .flows import account, reauth, reconfigure, submit, suggested

SHOW_PROGRESS = FlowResultType.SHOW_PROGRESS

type Wait = Callable[..., Awaitable[None]]

LIVE = ("getStationRealKpi", "getDevRealKpi")


@pytest.fixture
def sim_moved(sim: Simulator) -> Simulator:
    """Return another server with the same plants."""
    return Simulator(plants=sim.plants)


async def test_reauth(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(60)
    sim.sessions.password = "new"
    sim.evict()
    calls = sim.count("getDevList")
    result = await reauth(hass, setup, "new")
    assert result["reason"] == "reauth_successful"
    assert setup.data[CONF_PASSWORD] == "new"
    assert setup.state is ConfigEntryState.LOADED
    assert sim.count("login") == 2
    assert sim.count("getDevList") == calls
    await wait(900)
    assert sim.count("login") == 2
    assert sim.count(fail_code=407) == 0


async def test_reauth_with_a_wrong_password_keeps_the_entry(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.tick(61)
    before, hub = dict(setup.data), setup.runtime_data
    sim.sessions.password = "new"
    form = await reauth(hass, setup, "guess")
    assert form["errors"] == {"base": "invalid_auth"}
    assert form["description_placeholders"]
    assert form["description_placeholders"]["username"] == "user"
    assert suggested(form) == {CONF_PASSWORD: "guess"}
    assert setup.data == before
    assert setup.runtime_data is hub
    # A user who has mistyped it may type it again at once.
    result = await submit(hass, form, {CONF_PASSWORD: "new"})
    assert result["reason"] == "reauth_successful"
    assert setup.data == {**before, CONF_PASSWORD: "new"}


async def test_reauth_tells_the_reason_of_the_framework(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.tick(61)
    sim.faults.add(Fault(FaultKind.EXCEPTION, "login", status=400, times=1))
    form = await reauth(hass, setup, "new")
    assert form["errors"] == {"base": "server_reason"}
    assert form["description_placeholders"]
    assert "pageSize must" in form["description_placeholders"]["reason"]


async def test_dialogs_that_count_down(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    url: str,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Both of them: a fourth login within a minute waits by itself."""
    # The login of the set-up counts no more.
    freezer.tick(601)
    sim.sessions.password = "new"
    flow = hass.config_entries.flow
    form = await reauth(hass, setup, "guess")
    for _ in range(2):
        assert form["errors"] == {"base": "invalid_auth"}
        form = await submit(hass, form, {CONF_PASSWORD: "guess"})
    shown = await flow.async_configure(form["flow_id"], {CONF_PASSWORD: "new"})
    assert (shown["type"], shown["step_id"]) == (SHOW_PROGRESS, "waiting")
    flow.async_abort(form["flow_id"])
    form = await setup.start_reconfigure_flow(hass)
    typed = account(url, password="new")
    shown = await flow.async_configure(form["flow_id"], typed)
    assert (shown["type"], shown["step_id"]) == (SHOW_PROGRESS, "waiting")
    flow.async_abort(form["flow_id"])


async def test_a_login_that_stays_refused_asks_for_the_password(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The first refusal waits half an hour, the second asks; then all is well."""
    sim.sessions.password = "new"
    sim.evict()
    await wait(1500, step=30)
    assert not hass.config_entries.flow.async_progress()
    await wait(900, step=30)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    # 4 in 10 min at the most, and they are half an hour apart.
    assert sim.count("login", 20400) == 2
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    result = await submit(hass, form, {CONF_PASSWORD: "new"})
    assert result["reason"] == "reauth_successful"
    await wait(400, step=30)
    assert setup.runtime_data.account.client.session.is_open


async def test_reauth_when_the_list_of_plants_is_empty(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """It is the same account: an empty answer is no reason to refuse it."""
    await wait(60)
    sim.evict()
    plants, sim.plants[:] = list(sim.plants), []
    result = await reauth(hass, setup, "pass")
    assert result["reason"] == "reauth_successful"
    assert setup.runtime_data.account.plants.keys() == {plants[0].code}


async def test_reauth_with_more_plants_than_a_page(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """A good login is enough: the second page waits its minute."""
    await wait(60)
    sim.is_paged = True
    sim.plants += fleet.many(101, n_devices=1)
    sim.evict()
    before = sim.count("stations")
    result = await reauth(hass, setup, "pass")
    assert result["reason"] == "reauth_successful"
    assert sim.count(fail_code=407) == 0
    assert sim.count("stations") <= before + 1


async def test_a_new_password(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, url: str, wait: Wait
) -> None:
    await wait(60)
    sim.sessions.password = "new"
    result = await reconfigure(hass, setup, account(url, password="new"))
    assert result["reason"] == "reconfigure_successful"
    assert setup.data == account(url, password="new")
    assert setup.unique_id == f"{url}|user"
    assert sim.count("login") == 2
    assert sim.count("getDevList") == 1


async def test_an_empty_list_is_no_other_account(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, url: str
) -> None:
    plants, sim.plants[:] = list(sim.plants), []
    result = await reconfigure(hass, setup, account(url))
    assert result["reason"] == "reconfigure_successful"
    assert setup.runtime_data.account.plants.keys() == {plants[0].code}


async def test_the_same_account_again_costs_no_login(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, url: str
) -> None:
    result = await reconfigure(hass, setup, account(url))
    assert result["reason"] == "reconfigure_successful"
    assert sim.count("login") == 1
    assert sim.count(fail_code=407) == 0


async def test_a_wrong_password_keeps_the_entry(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    url: str,
    wait: Wait,
) -> None:
    await wait(60)
    hub = setup.runtime_data
    form = await reconfigure(hass, setup, account(url, password="guess"))
    assert form["errors"] == {"base": "invalid_auth"}
    assert suggested(form) == account(url, password="guess")
    assert setup.data == account(url)
    assert setup.runtime_data is hub
    await wait(900, step=30)
    assert sim.count(fail_code=407) == sim.count(fail_code=305) == 0
    assert hub.account.client.session.is_open


async def test_the_same_account_while_the_server_is_away(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, url: str, wait: Wait
) -> None:
    await wait(61)
    sim.evict()
    sim.faults.add(Fault(FaultKind.HTTP, "login", status=503))
    form = await reconfigure(hass, setup, account(url, password="new"))
    assert form["errors"] == {"base": "server_error"}
    assert setup.data == account(url)


async def test_a_user_that_the_server_does_not_know(
    hass: HomeAssistant, setup: MockConfigEntry, url: str, wait: Wait
) -> None:
    await wait(61)
    form = await reconfigure(hass, setup, account(url, username="nobody"))
    assert form["errors"] == {"base": "invalid_auth"}
    assert setup.data == account(url)


async def test_the_form_does_not_show_the_password(
    hass: HomeAssistant, setup: MockConfigEntry, url: str
) -> None:
    form = await setup.start_reconfigure_flow(hass)
    shown = account(url)
    del shown[CONF_PASSWORD]
    assert suggested(form) == shown


async def test_an_address_that_is_none(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    form = await reconfigure(hass, setup, account("http://192.168.0.1"))
    assert form["errors"] == {CONF_HOST: "not_encrypted"}


async def test_the_plants_move_to_another_server(
    hass: HomeAssistant, setup: MockConfigEntry, sim_moved: Simulator
) -> None:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), setup.entry_id)
    async with serve(sim_moved) as url:
        result = await reconfigure(hass, setup, account(url))
        assert result["reason"] == "reconfigure_successful"
        assert setup.unique_id == f"{url}|user"
        assert setup.data == account(url)
        assert setup.state is ConfigEntryState.LOADED
        assert sim_moved.count("login") == sim_moved.count("stations") == 1
    after = dr.async_entries_for_config_entry(dr.async_get(hass), setup.entry_id)
    assert {d.id for d in after} == {d.id for d in devices}


async def test_another_address_of_the_same_server(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    url: str,
    hass_storage: dict[str, Any],
    wait: Wait,
) -> None:
    """It counts the calls of both as one account's; so does the ledger, both ways."""
    await wait(60)
    async with serve(sim) as other:
        for moved in (other, url):
            before = [sim.count(name) for name in LIVE]
            result = await reconfigure(hass, setup, account(moved))
            assert result["reason"] == "reconfigure_successful"
            assert setup.unique_id == f"{moved}|user"
            await wait(60)
            assert [sim.count(name) for name in LIVE] == before
            await wait(960, step=30)
            assert [sim.count(name) for name in LIVE] > before
            assert sim.count(fail_code=407) == 0
    lanes = hass_storage["smartpvms.quota"]["data"][f"{other}|user"]
    assert len(lanes["login"]["calls"]) == sim.count("login") == 3
    assert len(lanes["stations"]["calls"]) == sim.count("stations", 0)


async def test_another_user_has_limits_of_its_own(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The same plants on another account: nothing is to be waited for."""
    other = Simulator(plants=sim.plants, username="other")
    async with serve(other) as url:
        result = await reconfigure(hass, setup, account(url, username="other"))
        assert result["reason"] == "reconfigure_successful"
        await wait(10)
        assert [other.count(name) for name in LIVE] == [sim.count(n) for n in LIVE]


async def test_a_new_address_is_asked_for_what_was_not_granted(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.deny("getStationRealKpi", 401)
    await wait(900, step=60)
    refused = sim.count("getStationRealKpi", 401)
    sim.deny("getStationRealKpi", None)
    async with serve(sim) as other:
        await reconfigure(hass, setup, account(other))
        await wait(360, step=30)
    # Believed after one new login.
    assert refused == 2
    assert sim.count("getStationRealKpi", 0) > 1
    assert sim.count(fail_code=407) == 0


async def test_other_plants_are_another_entry(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim_moved: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    before, unique_id = dict(setup.data), setup.unique_id
    sim_moved.plants = [fleet.emma()]
    async with serve(sim_moved) as url:
        form = await reconfigure(hass, setup, account(url))
        assert form["errors"] == {"base": "other_plants"}
        assert (setup.data, setup.unique_id) == (before, unique_id)
        # The right plants after all: the session that works is used again.
        sim_moved.plants = [fleet.emma(), fleet.residential()]
        freezer.tick(61)
        result = await submit(hass, form, account(url))
        assert result["reason"] == "reconfigure_successful"
        assert sim_moved.count("login") == 1


async def test_the_account_of_another_entry(
    hass: HomeAssistant, setup: MockConfigEntry, sim_moved: Simulator
) -> None:
    async with serve(sim_moved) as url:
        make_entry(url).add_to_hass(hass)
        before = dict(setup.data)
        result = await reconfigure(hass, setup, account(url))
        assert result["reason"] == "already_configured"
        assert setup.data == before
        assert not sim_moved.calls


@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_the_plants_move_to_a_newer_server(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Its dialect and its limits are other ones."""
    newer = Simulator(plants=sim.plants, dialect=Dialect.V2022)
    async with serve(newer) as url:
        result = await reconfigure(hass, setup, account(url))
        assert result["reason"] == "reconfigure_successful"
        hub = setup.runtime_data
        assert hub.account.inventory.dialect == "2022"
        assert hub.account.ledger.profile is Profile.DAILY
        await wait(600, 10)
        assert newer.count(fail_code=407) == newer.count("getStationList") == 0

"""What follows the set-up: the dashboard, the Energy dashboard, the permissions."""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import CONF_ENERGY_PENDING
from custom_components.smartpvms.dashboard import sidebar
from custom_components.smartpvms.energy_dashboard import later
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.welcome.permissions import Grant, grants
from custom_components.smartpvms.welcome.step import CONF_DASHBOARD, CONF_ENERGY
from simulator import Fault, FaultKind, Simulator

from ..flows import assert_readable, open_options

type Wait = Callable[..., Awaitable[None]]


@pytest.fixture
async def lovelace(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """Have dashboards."""
    with patch(
        "homeassistant.components.onboarding.async_is_onboarded", lambda _: True
    ):
        assert await async_setup_component(hass, "lovelace", {})
        await hass.async_block_till_done()


async def choose(
    hass: HomeAssistant, entry: MockConfigEntry, *, dashboard: bool, energy: bool
) -> ConfigFlowResult:
    """Go through the step of the dashboards."""
    form = await open_options(hass, entry, "dashboards")
    # The step after a set-up speaks of the first values, which came long ago.
    assert form["step_id"] == "dashboards"
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {CONF_DASHBOARD: dashboard, CONF_ENERGY: energy}
    )
    await hass.async_block_till_done()
    assert_readable(result, "options")
    return result


@pytest.mark.usefixtures("lovelace")
async def test_the_dashboard_is_the_users_own(
    hass: HomeAssistant, setup: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    result = await choose(hass, setup, dashboard=True, energy=False)
    assert result["type"] is FlowResultType.ABORT
    assert "(/fusionsolar)" in result["description_placeholders"]["done"]
    assert hass.data["frontend_panels"]["fusionsolar"].sidebar_title == sidebar.TITLE
    stored = hass.data[LOVELACE_DATA].dashboards["fusionsolar"]
    assert await stored.async_load(False) == {"strategy": {"type": sidebar.STRATEGY}}
    # A second time leads to the same one.
    with patch.object(sidebar, "async_add") as add:
        result = await choose(hass, setup, dashboard=True, energy=False)
    assert "(/fusionsolar)" in result["description_placeholders"]["done"]
    assert not add.called
    assert CONF_ENERGY_PENDING not in setup.data


async def test_without_dashboards_it_says_how(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    result = await choose(hass, setup, dashboard=True, energy=False)
    assert "Add dashboard" in result["description_placeholders"]["done"]


async def test_nothing_is_chosen(hass: HomeAssistant, setup: MockConfigEntry) -> None:
    result = await choose(hass, setup, dashboard=False, energy=False)
    assert result["description_placeholders"]["done"]


@pytest.mark.usefixtures("lovelace")
async def test_a_dashboard_that_is_not_taken(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    hass.data["frontend_panels"][sidebar.PATH] = None
    assert await sidebar.async_add(hass) is None
    del hass.data["frontend_panels"][sidebar.PATH]
    fault = AsyncMock(side_effect=HomeAssistantError)
    with patch.object(sidebar.DashboardsCollection, "async_create_item", fault):
        assert await sidebar.async_add(hass) is None


async def test_energy_waits_for_history(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """Years and months first; then once, and never again."""
    history = setup.runtime_data.history
    with (
        patch.object(later, "async_set_up", AsyncMock()) as set_up,
        patch.object(later, "_has_history", lambda *_: False),
    ):
        await choose(hass, setup, dashboard=False, energy=True)
        assert setup.data[CONF_ENERGY_PENDING] is True
        history.async_update_listeners()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert not set_up.called
        with patch.object(later, "_has_history", lambda *_: True):
            set_up.side_effect = HomeAssistantError
            history.async_update_listeners()
            await hass.async_block_till_done(wait_background_tasks=True)
            assert setup.data[CONF_ENERGY_PENDING] is True
            set_up.side_effect = None
            # A second look while the first one works.
            history.async_update_listeners()
            history.async_update_listeners()
            await hass.async_block_till_done(wait_background_tasks=True)
            history.async_update_listeners()
            await hass.async_block_till_done(wait_background_tasks=True)
    assert set_up.call_count == 2
    assert CONF_ENERGY_PENDING not in setup.data


async def test_energy_waits_for_powers(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """A power that has no entity yet would be left out for good."""
    history, devices = setup.runtime_data.history, setup.runtime_data.devices
    made = devices.made
    with (
        patch.object(later, "async_set_up", AsyncMock()) as set_up,
        patch.object(later, "_has_history", lambda *_: True),
    ):
        devices.made = 0
        await choose(hass, setup, dashboard=False, energy=True)
        assert not set_up.called
        devices.made = made
        history.async_update_listeners()
        await hass.async_block_till_done(wait_background_tasks=True)
    assert set_up.call_count == 1
    assert CONF_ENERGY_PENDING not in setup.data


async def test_energy_does_not_wait_for_powers_that_are_refused(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    devices = setup.runtime_data.devices
    sim.faults.add(Fault(FaultKind.CODE, "getDevRealKpi", code=401))
    await wait(900, 10)
    devices.made = 0
    assert devices.has_asked_all


async def test_energy_is_not_forgotten_by_a_restart(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        setup, data={**setup.data, CONF_ENERGY_PENDING: True}
    )
    with (
        patch.object(later, "async_set_up", AsyncMock()) as set_up,
        patch.object(later, "_has_history", lambda *_: True),
    ):
        assert await hass.config_entries.async_reload(setup.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert set_up.call_count == 1
    assert CONF_ENERGY_PENDING not in setup.data


async def test_history_is_there_with_its_months(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    (code,) = setup.runtime_data.account.plants
    assert not later._has_history(setup.runtime_data, code)


async def test_what_the_account_may_do(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.deny("getAlarmList", 401)
    await wait(1900, step=60)
    known = grants(setup.runtime_data.account)
    assert known[Interface.STATIONS] is Grant.ANSWERS
    assert known[Interface.DEVICE_REAL_TIME] is Grant.ANSWERS
    assert known[Interface.ALARMS] is Grant.REFUSED
    assert Interface.STATION_LIST not in known
    result = await open_options(hass, setup, "permissions")
    assert result["type"] is FlowResultType.ABORT
    table = result["description_placeholders"]["permissions"]
    assert "| ✗ | alarms | `getAlarmList` |" in table
    assert "| ✓ | list of plants | `stations` |" in table
    form = await open_options(hass, setup, "dashboards")
    lines = form["description_placeholders"]["permissions"].split("\n\n")
    assert [line[0] for line in lines] == ["✓", "✗", "…"]
    assert lines[1] == "✗ alarms"


async def test_an_account_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await open_options(hass, entry, "dashboards")
    assert form["description_placeholders"]["permissions"] == ""
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {CONF_DASHBOARD: False, CONF_ENERGY: True}
    )
    assert result["type"] is FlowResultType.ABORT
    assert entry.data[CONF_ENERGY_PENDING] is True

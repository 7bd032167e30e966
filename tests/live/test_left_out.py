"""One plant without its owner's consent stops no other."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from simulator import Simulator, fleet
from tests.conftest import restart, state_of

type Wait = Callable[..., Awaitable[None]]

HOUR = 3600
LANES = {
    "getStationRealKpi",
    "getKpiStationHour",
    "getKpiStationDay",
    "getKpiStationMonth",
    "getKpiStationYear",
    "getDevRealKpi",
    "getAlarmList",
}


@pytest.fixture
def sim(sim: Simulator) -> Simulator:
    """Return the simulator of an account with four plants."""
    sim.plants[:] = fleet.many(4, 3)
    return sim


def named(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the plants and devices that the repair names."""
    key = (DOMAIN, f"{entry.entry_id}_left_out")
    issue = ir.async_get(hass).issues.get(key)
    return (issue.translation_placeholders or {})["names"] if issue else ""


async def test_a_plant_without_consent_stops_no_other(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    refused, *others = sim.plants
    sim.refuse_for(refused.code, 20056)
    await wait(HOUR, 60)
    assert "the owner has not allowed access" in named(hass, setup)
    assert named(hass, setup).count("\n") == 0
    assert sim.count(fail_code=407) == 0
    since = len(sim.calls)
    await wait(HOUR, 60)
    # The list of devices is asked hourly, and finds it now.
    assert {c.interface for c in sim.calls[since:] if c.fail_code} <= {"getDevList"}
    assert {c.interface for c in sim.calls[since:]} >= {
        "getStationRealKpi",
        "getDevRealKpi",
        "getAlarmList",
    }
    assert state_of(hass, refused.code, "day_power") == "unavailable"
    for plant in others:
        assert float(state_of(hass, plant.code, "day_power")) > 0
        assert float(state_of(hass, plant.code, "pv_power")) > 0
    # A restart does not begin to look for it anew.
    await wait(HOUR, 60)
    since = len(sim.calls)
    await restart(hass, setup)
    await wait(HOUR, 60)
    assert not [call for call in sim.calls[since:] if call.fail_code]
    assert named(hass, setup)
    # Asked again once a day, alone.
    await wait(18 * HOUR, 600)
    sim.refuse_for(refused.code, None)
    await wait(4 * HOUR, 600)
    assert float(state_of(hass, refused.code, "total_power")) > 0
    assert not named(hass, setup)

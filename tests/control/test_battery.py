"""The battery: forced charges, the working mode, the bounds."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from simulator import Simulator
from tests.conftest import entity_id, restart

from .conftest import FORCE, Act
from .test_feed_in import put, shown


@pytest.fixture
def now(freezer: FrozenDateTimeFactory) -> str:
    """Stop the clocks at three in the night."""
    night = "2026-06-15T01:00:00+00:00"
    freezer.move_to(night)
    return night


async def test_a_forced_charge_ends_at_its_target_over_a_restart(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    plant = sim.plants[0]
    await act("force_charge", power=3000, target_soc=95)
    await wait(400)
    power = plant.world.power(sim.clock.now())
    assert power.charge(0) == pytest.approx(3, abs=0.1)
    assert power.import_ > 3
    with pytest.raises(ServiceValidationError, match="still running"):
        await act("force_discharge", power=100, duration=5)
    await restart(hass, setup)
    assert shown(hass, sim, "sensor", "last_command") == "running"
    await wait(5400, 30)
    assert shown(hass, sim, "sensor", "last_command") == "succeeded"
    assert plant.world.stored(sim.clock.now(), 0) > 8.5
    assert sim.count(FORCE) == 1
    assert not sim.quota.refused


async def test_a_forced_discharge_is_stopped(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    plant = sim.plants[0]
    await act("force_discharge", power=2000, duration=600)
    await wait(400)
    assert plant.world.power(sim.clock.now()).discharge(0) > 1
    await act("stop_forced_charge")
    await wait(400)
    assert sim.control.rules(plant).forced is None
    assert shown(hass, sim, "sensor", "last_command") == "succeeded"
    assert not setup.runtime_data.control.running("forced_charge", [plant.code])


@pytest.mark.usefixtures("setup")
async def test_a_forced_charge_is_told_beside_a_later_command(
    hass: HomeAssistant, sim: Simulator, act: Act, wait: Act
) -> None:
    def forced() -> dict[str, object] | None:
        found = entity_id(hass, "sensor", sim.plants[0].code, "last_command")
        state = hass.states.get(found)
        assert state
        told: dict[str, object] | None = state.attributes["forced_charge"]
        return told

    await act("force_discharge", power=2000, duration=600)
    await wait(130)
    # It is the last command itself.
    assert forced() is None
    await act("set_export_limit", limit=0)
    await wait(130)
    assert shown(hass, sim, "sensor", "last_command") == "succeeded"
    told = forced()
    assert told
    assert told["asked"] == {"watts": -2000, "minutes": 600}
    assert str(told["sent_at"]).startswith("2026-06-15T01:00")
    await act("stop_forced_charge")
    await wait(400)
    assert forced() is None


async def test_mode_and_bounds(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    await wait(5)
    assert shown(hass, sim, "select", "battery_mode") == "maximum_self_consumption"
    window = {"start": "01:00", "end": "24:00", "action": "charge", "weekdays": "mon"}
    await act(
        "set_battery_mode",
        mode="time_of_use",
        windows=[window],
        charge_from_grid_power=2,
        surplus="feed_in",
    )
    await wait(130)
    assert shown(hass, sim, "select", "battery_mode") == "time_of_use"
    rules = sim.control.rules(sim.plants[0])
    assert (rules.ac_charge_kw, rules.surplus_to_grid) == (2, True)
    assert rules.windows[0].weekdays == {1}
    option = "maximum_self_consumption"
    await put(hass, sim, "select", "battery_mode", option=option)
    await wait(130)
    assert shown(hass, sim, "select", "battery_mode") == option
    assert shown(hass, sim, "number", "end_of_discharge_soc") == "unknown"
    await put(hass, sim, "number", "end_of_discharge_soc", value=15)
    assert shown(hass, sim, "number", "end_of_discharge_soc") == "unknown"
    await wait(130)
    assert shown(hass, sim, "number", "end_of_discharge_soc") == "15.0"
    assert sim.control.rules(sim.plants[0]).lowest == 0.15
    await act("set_battery_limits", maximum_charge_power=1000)
    await wait(130)
    assert shown(hass, sim, "number", "maximum_charge_power") == "1000.0"
    with pytest.raises(ServiceValidationError, match="end after it starts"):
        await act(
            "set_battery_mode",
            mode="time_of_use",
            windows=[{**window, "start": "05:00", "end": "04:00"}],
        )
    with pytest.raises(vol.Invalid):
        await act("set_battery_limits")
    with pytest.raises(vol.Invalid):
        await act("force_charge", power=100)

"""The blueprints about control, run on a simulated plant."""

from pathlib import Path
import shutil

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint import Blueprint
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator
from tests.automations import automate
from tests.conftest import entity_id

from .conftest import FORCE, SEND, Act, plant_id

BLUEPRINTS = Path(__file__).parent.parent.parent / "blueprints/automation/smartpvms"
NEGATIVE = "no_feed_in_at_negative_prices"
CHEAP = "charge_in_cheap_hours"
EVENING = "keep_battery_for_evening"
PRICE = "sensor.price"


@pytest.fixture(autouse=True)
async def folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Give each test a folder of its own that has the blueprints."""
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints/automation/smartpvms")


async def use(hass: HomeAssistant, name: str, **inputs: object) -> None:
    """Make an automation of a blueprint."""
    blueprint = {"path": f"smartpvms/{name}.yaml", "input": inputs}
    await automate(hass, {"alias": "Test", "use_blueprint": blueprint})


async def quiet(hass: HomeAssistant) -> None:
    """Switch the automations off, so that no timer is left."""
    target = {"entity_id": "all"}
    await hass.services.async_call("automation", "turn_off", target, blocking=True)


@pytest.mark.parametrize("name", [NEGATIVE, CHEAP, EVENING])
def test_they_are_sound(name: str) -> None:
    found = load_yaml_dict(str(BLUEPRINTS / f"{name}.yaml"))
    blueprint = Blueprint(
        found, expected_domain="automation", schema=AUTOMATION_BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(f"/{name}.yaml")


async def test_no_feed_in_at_negative_prices(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Act
) -> None:
    plant = sim.plants[0]
    control = entity_id(hass, "select", plant.code, "export_control")
    hass.states.async_set(PRICE, "0.05")
    await use(hass, NEGATIVE, feed_in_control=control, price=PRICE)
    hass.states.async_set(PRICE, "-0.01")
    await hass.async_block_till_done()
    await wait(400)
    assert plant.world.power(sim.clock.now()).export == 0
    # A price that does not change the decision sends nothing.
    hass.states.async_set(PRICE, "-0.02")
    await wait(70)
    assert sim.count(SEND) == 1
    # The price was positive again while Home Assistant was off: the clock finds it.
    await quiet(hass)
    hass.states.async_set(PRICE, "0.2")
    await hass.services.async_call(
        "automation", "turn_on", {"entity_id": "all"}, blocking=True
    )
    await wait(1300)
    assert plant.world.power(sim.clock.now()).export > 0
    assert sim.count(SEND) == 2
    await quiet(hass)


async def test_the_battery_is_charged_in_cheap_hours(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, wait: Act
) -> None:
    plant = sim.plants[0]
    hass.states.async_set(PRICE, "0.3")
    hass.states.async_set("sensor.soc", "50")
    await use(
        hass,
        CHEAP,
        plant=plant_id(hass, plant.code),
        last_command=entity_id(hass, "sensor", plant.code, "last_command"),
        state_of_charge="sensor.soc",
        price=PRICE,
        below=0.2,
        target=100,
    )
    await wait(70)
    assert sim.count(FORCE) == 0
    hass.states.async_set(PRICE, "0.1")
    await hass.async_block_till_done()
    await wait(130)
    forced = sim.control.rules(plant).forced
    assert forced
    assert (forced.power_kw, forced.target) == (2, 1)
    hass.states.async_set("sensor.soc", "51")
    await wait(70)
    assert sim.count(FORCE) == 1
    hass.states.async_set(PRICE, "0.3")
    await hass.async_block_till_done()
    await wait(130)
    assert sim.control.rules(plant).forced is None
    assert sim.count(FORCE) == 2
    await quiet(hass)


async def test_the_battery_is_kept_for_the_evening(
    hass: HomeAssistant,
    sim: Simulator,
    setup: MockConfigEntry,
    wait: Act,
    freezer: FrozenDateTimeFactory,
) -> None:
    plant = sim.plants[0]
    await hass.config.async_set_time_zone("Europe/Berlin")
    number = entity_id(hass, "number", plant.code, "maximum_discharge_power")
    await use(hass, EVENING, discharge_power=number, keep_until="12:30:00", power=3000)
    await wait(1000)
    assert sim.control.rules(plant).discharge_kw == 0
    await wait(1300)
    assert sim.control.rules(plant).discharge_kw == 3
    state = hass.states.get(number)
    assert state
    assert state.state == "3000.0"
    await quiet(hass)

"""Without a recorder nothing is imported, and nothing claims to be."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from simulator import Simulator
from tests.actions.history_requests import PLANT, ask
from tests.flows import texts


async def test_no_sensor_and_no_import(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    """The action says why, and costs no call."""
    registry = er.async_get(hass)
    unique_id = f"{PLANT}_history_import"
    assert not registry.async_get_entity_id("sensor", DOMAIN, unique_id)
    assert registry.async_get_entity_id("sensor", DOMAIN, f"{PLANT}_day_power")
    calls = len(sim.calls)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "import_history", PLANT)
    assert caught.value.translation_key == "no_recorder"
    assert texts("exceptions", "no_recorder", "message")
    assert len(sim.calls) == calls

"""The entry's life."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from simulator import Simulator


async def test_residential(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    for state in sorted(hass.states.async_all(), key=lambda s: s.entity_id):
        print(
            state.entity_id,
            state.state,
            state.attributes.get("unit_of_measurement"),
            state.attributes.get("last_reset", ""),
            state.attributes.get("friendly_name"),
        )
    print([(c.interface, c.fail_code) for c in sim.calls])
    assert hass.states.async_all()

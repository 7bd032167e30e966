"""A plant whose zone no list tells, in a Home Assistant of another zone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Dialect, Simulator, Type, fleet
from tests.conftest import device_of, entity_id, restart
from tests.live.periods import PLANT_LANES

type Wait = Callable[..., Awaitable[None]]

CODE = "NE=33554785"
LOOK = 200

pytestmark = pytest.mark.parametrize("dialect", [Dialect.V2020])


@pytest.fixture
async def far(hass: HomeAssistant, sim: Simulator) -> None:
    """Move the plant to New York, and Home Assistant to Berlin."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    sim.plants[:] = [fleet.residential(timezone="America/New_York")]


async def test_no_midnight_is_assumed(
    hass: HomeAssistant,
    sim: Simulator,
    far: None,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """At midnight in Berlin, it is six in the evening in New York."""
    for lane in PLANT_LANES:
        sim.deny(lane, 401)
    freezer.move_to("2026-06-15T21:48:00+00:00")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    assert entry.runtime_data.account.known_zone(CODE) is None
    inverter = device_of(sim, Type.ENERGY_CENTER)
    shown: dict[str, list[float]] = {}

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state
        shown.setdefault(state.entity_id, []).append(float(state.state))

    sensors = [
        entity_id(hass, "sensor", CODE, "day_power"),
        entity_id(hass, "sensor", inverter, "day_cap"),
    ]
    async_track_state_change_event(hass, sensors, note)
    await wait(1800, 60)
    for sensor in sensors:
        assert len(shown[sensor]) > 3
        # It went to 0 and back, and was counted twice.
        assert all(after >= before > 1 for before, after in pairwise(shown[sensor]))


async def test_the_rows_of_days_tell_the_zone(
    hass: HomeAssistant,
    sim: Simulator,
    far: None,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """After a restart too, without a call."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(LOOK, 10)
    calls = sim.count("getKpiStationDay")
    for _ in range(2):
        zone = entry.runtime_data.account.known_zone(CODE)
        assert zone
        assert zone.utcoffset(dt_util.now()) == timedelta(hours=-4)
        await restart(hass, entry)
        assert entry.runtime_data.account.known_zone(CODE) == zone
        await wait(LOOK, 10)
    assert sim.count("getKpiStationDay") == calls

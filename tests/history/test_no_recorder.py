"""A Home Assistant that records nothing is not in need of history."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Simulator

from .life import HOUR, pass_time


@pytest.fixture(autouse=True)
def integration(enable_custom_integrations: None, socket_enabled: None) -> None:
    """Load the integration without a recorder."""


async def test_nothing_is_asked(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The lanes are left to those who have a use for them."""
    await pass_time(hass, freezer, 6 * HOUR, HOUR / 4)
    interfaces = {call.interface for call in sim.calls}
    assert "getStationRealKpi" in interfaces
    # Days, months and years are those of the period sensors.
    assert not {"getKpiStationHour", "getDevHistoryKpi"} & interfaces
    assert not history.is_complete

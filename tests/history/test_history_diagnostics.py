"""Diagnostics tell how far the import of a plant is, in numbers."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.diagnostics import async_get_config_entry_diagnostics
from custom_components.smartpvms.history.coordinator import HistoryCoordinator


async def test_how_far_history_is(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    wait: Callable[..., Awaitable[None]],
) -> None:
    await wait(1200, step=60)
    dump = await async_get_config_entry_diagnostics(hass, entry)
    told = dump["plants"]["plant_1"]["history"]
    assert told["days"]["plant_month"] > 365
    assert told["series"] > 0
    assert told["answered"] > 0
    assert sum(told["left"].values()) > 0
    assert 0 < told["percent"] < 100

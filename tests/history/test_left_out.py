"""A device that was left out of the five-minute rows: made good later."""

from datetime import date

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.northbound import Interface
from simulator import Dialect, Simulator, Type
from tests.conftest import device_of, restart

from .conftest import rows_of
from .life import HOUR, ImportAll, pass_time, start, step_of

DEPTH = 4


@pytest.fixture
def connected() -> date:
    """Return when the house began: some weeks ago."""
    return date(2026, 6, 1)


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


# Missing (20007), which a shorter pause follows, and not permitted (20045).
@pytest.mark.slow
@pytest.mark.parametrize("refusal", [20045, 20007])
async def test_the_past_of_a_device_that_was_left_out(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
    refusal: int,
) -> None:
    """Its plant's past is asked once more with it, also after a restart."""
    code, inverter = sim.plants[0].code, device_of(sim, Type.ENERGY_CENTER)
    sim.refuse_for(inverter, refusal)
    history = await start(hass, entry)
    await import_all(history, step_of(dialect))
    assert not await rows_of(hass, code, "pv_power")
    assert len(await rows_of(hass, code, "grid_power")) >= (DEPTH - 1) * 24
    await restart(hass, entry)
    sim.refuse_for(inverter, None)
    await entry.runtime_data.async_ask_again(Interface.DEVICE_HISTORY)
    await pass_time(hass, freezer, 2 * HOUR, HOUR / 6)
    await import_all(entry.runtime_data.history, step_of(dialect))
    assert len(await rows_of(hass, code, "pv_power")) >= (DEPTH - 1) * 24
    assert sim.count(fail_code=407) == 0

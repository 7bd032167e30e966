"""The powers that are imported have the units and signs that the rows prove."""

from dataclasses import replace
from datetime import date

from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Simulator
from simulator.model import Oddity, Type

from .conftest import rows_of
from .life import HOUR, ImportAll


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return 4


@pytest.fixture
def connected() -> date:
    """Return when the house was connected."""
    return date(2026, 6, 8)


@pytest.fixture
async def sim(sim: Simulator) -> Simulator:
    """Return the simulator, its storage of a type whose sign differs."""
    house = sim.plants[0]
    house.devices[2] = replace(
        house.devices[2],
        type=Type.LARGE_STORAGE,
        model=None,
        oddities=frozenset({Oddity.DISCHARGE_POSITIVE}),
    )
    sim.all_types = True
    return sim


async def test_a_storage_with_the_other_sign(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
) -> None:
    """Its own rows prove it, though no live row has yet."""
    house = sim.plants[0]
    await import_all(history)
    rows = await rows_of(hass, house.code, "battery_power")
    assert len(rows) > 24
    for row in rows:
        begin = row["start"]
        flow = house.world.totals(begin + HOUR) - house.world.totals(begin)
        discharged = flow.discharge() - flow.charge()
        assert row["mean"] == pytest.approx(discharged, abs=0.02)

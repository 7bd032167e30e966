"""The import into the databases that many recorders have, run by script/soak."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Dialect, Simulator
from tests.conftest import DIALECTS_OF_DAYS

from .conftest import ENERGIES, negative, rows_of
from .databases import ENGINES, served
from .life import ImportAll, last_midnight, settle, step_of
from .test_import import expected_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    """Return the dialect of a database."""
    return str(request.param)


@pytest.fixture
def recorder_db_url(
    engine: str, hass_fixture_setup: list[bool], socket_enabled: None
) -> Iterator[str]:
    """Run a server for the recorder; its database comes before Home Assistant."""
    assert not hass_fixture_setup
    if lacks := ENGINES[engine].lacks:
        pytest.skip(lacks)
    with served(engine) as url:
        yield url


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: two years ago."""
    return date(2024, 6, 10)


@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_two_years(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    dialect: Dialect,
    engine: str,
) -> None:
    """Each day of each series is what happened, to 0.1 kWh."""
    assert get_instance(hass).dialect_name == engine.replace("mariadb", "mysql")
    await import_all(history, step_of(dialect))
    await settle(hass, freezer)
    house = sim.plants[0]
    await hass.config.async_set_time_zone(house.site.timezone)
    truth = sim.truth(house.code)
    end = last_midnight(sim)
    for series in ENERGIES:
        assert series == "revenue" or not negative(
            await rows_of(hass, house.code, series)
        )
        days = await rows_of(hass, house.code, series, period="day")
        assert len(days) > 730
        for day in days:
            if day["end"] > end:
                continue
            begin, until = (
                datetime.fromtimestamp(day[k], UTC) for k in ("start", "end")
            )
            expected = expected_of(truth.energy(begin, until), series)
            assert day["change"] == pytest.approx(expected, abs=0.1), (series, begin)

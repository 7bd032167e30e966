"""The sensor that tells how far the import is."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.metadata import statistic_id
from simulator import Dialect, Simulator
from tests.conftest import entity_id

from .conftest import all_recorded
from .life import DAY, HOUR, ImportAll, moment, pass_time, start, step_of, stop

# It takes half an hour in 2020, and more than a day's calls in 2022.
DEPTH = {Dialect.V2020: 12, Dialect.V2022: 24}
LEVELS = ("years_left", "months_left", "days_left", "hours_left")


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is some months old."""
    return date(2026, 5, 2)


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported; a test may parametrise it."""
    return 4


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Record the states of this sensor, too."""
    return {"include": {"entity_globs": ["sensor.*history_import*"]}}


def shown(hass: HomeAssistant, sim: Simulator) -> tuple[int, dict[str, Any]]:
    """Return what the sensor shows: percent and attributes."""
    found = entity_id(hass, "sensor", sim.plants[0].code, "history_import")
    state = hass.states.get(found)
    assert state
    return int(state.state), dict(state.attributes)


@pytest.mark.lives
@pytest.mark.parametrize(("dialect", "depth"), DEPTH.items())
async def test_it_rises_to_all(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """It never falls once the years are known, and tells when it will be done."""
    code = sim.plants[0].code
    begun = sim.clock.now()
    guesses: list[tuple[float, float]] = []
    percents: list[int] = []
    for _ in range(400):
        # The backfill pauses for a minute and a half between its calls.
        await pass_time(hass, freezer, step_of(dialect), min(step_of(dialect), 100))
        percent, attributes = shown(hass, sim)
        percents.append(percent)
        left = sum(attributes[level] for level in LEVELS)
        assert (percent == 100) is (left == 0) is (attributes["done_at"] is None)
        if percent == 100:
            break
        guess = datetime.fromisoformat(attributes["done_at"])
        # Not a new state with each minute.
        assert (guess.minute, guess.second) == (0, 0)
        guesses.append((sim.clock.now(), guess.timestamp()))
    assert history.is_complete
    assert percents[-1] == 100
    # Devices learnt on the way may add questions, a few.
    falls = [b - a for a, b in pairwise(percents[1:])]
    assert min(falls, default=0) >= -10
    done = sim.clock.now()
    took = done - begun
    assert took > {Dialect.V2020: 15 * 60, Dialect.V2022: DAY}[dialect]
    for at, guess_at in guesses[1:]:
        # Within an hour, or half of what was left to wait.
        assert abs(guess_at - done) <= max(1.5 * HOUR, 0.6 * took), moment(at)
    _, attributes = shown(hass, sim)
    assert attributes["statistic_ids"] == {
        key: statistic_id(code, key) for key in history.progress(code).series
    }
    assert {"pv_energy", "pv_power"} <= attributes["statistic_ids"].keys()


async def test_nothing_is_written_without_a_change(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A day of polling makes no state of a sensor that says 100 %."""
    await import_all(history, 1800)
    changes: list[Event[EventStateChangedData]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        changes.append(event)

    sensor = entity_id(hass, "sensor", sim.plants[0].code, "history_import")
    async_track_state_change_event(hass, sensor, note)
    reported = hass.states.get(sensor)
    assert reported
    at = reported.last_reported
    await pass_time(hass, freezer, 6 * HOUR, 900)
    assert not changes
    again = hass.states.get(sensor)
    assert again
    assert again.last_reported == at


async def test_attributes_that_are_not_recorded(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Ids and guesses would fill the database with what never changes or is void."""
    before = dt_util.utcnow() - timedelta(minutes=1)
    await pass_time(hass, freezer, 600, 100)
    sensor = entity_id(hass, "sensor", sim.plants[0].code, "history_import")
    await all_recorded(hass)
    found = await get_instance(hass).async_add_executor_job(
        lambda: get_significant_states(hass, before, None, [sensor])
    )
    recorded = found[sensor]
    assert recorded
    for state in recorded:
        attributes = state.attributes  # type: ignore[union-attr]
        assert not {"done_at", "statistic_ids"} & attributes.keys()
        assert {*LEVELS} <= attributes.keys()


async def test_after_a_restart(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
) -> None:
    """It says at once what it said before."""
    await import_all(history, 1800)
    known = shown(hass, sim)
    await stop(hass, entry)
    await start(hass, entry)
    assert shown(hass, sim) == known
    assert known[0] == 100

"""A recorder beside the simulated server, and a way to let history be imported."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.metadata import statistic_id
from custom_components.smartpvms.hub.hub import Hub
from simulator import Dialect, Simulator, fleet
from tests.conftest import make_entry
from tests.play import SPREAD, run_timers

ENERGIES = {
    "pv_energy": "pv",
    "grid_export": "export",
    "grid_import": "import_",
    "consumption": "consumption",
    "self_consumption": "self_consumption",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
    "revenue": "revenue",
}
"""The simulator's name of what each series counts."""


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record too, where Home Assistant runs; its database comes first."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
        request.getfixturevalue("enable_custom_integrations")
        request.getfixturevalue("socket_enabled")


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Record statistics only: each state would be a commit; a file may say otherwise."""
    return {"exclude": {"domains": ["binary_sensor", "button", "event", "sensor"]}}


@pytest.fixture
def connected() -> date:
    """Return when the house began: in its second year; a file may say otherwise."""
    return date(2025, 12, 10)


@pytest.fixture
async def sim(now: str, dialect: Dialect, connected: date) -> Simulator:
    """Return the simulator with one house, alarms on request only."""
    sim = Simulator([fleet.residential(connected=connected)], dialect)
    sim.alarms.automatic = False
    return sim


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported; a file or test may say otherwise."""
    return 21


@pytest.fixture
def options() -> Mapping[str, Any]:
    """Return the other options of the entry; a file or test may say otherwise."""
    return {}


@pytest.fixture
def entry(
    hass: HomeAssistant, url: str, depth: int, options: Mapping[str, Any]
) -> MockConfigEntry:
    """Return an entry that imports the hours of some days."""
    entry = make_entry(url, history_days=depth, **options)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def history(hass: HomeAssistant, entry: MockConfigEntry) -> HistoryCoordinator:
    """Set the entry up; nothing is imported before time passes."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hub: Hub = entry.runtime_data
    return hub.history


@pytest.fixture
def import_all(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> Callable[..., Awaitable[int]]:
    """Return a coroutine that lets time pass until the backfill is done."""

    async def run(
        history: HistoryCoordinator, step: float = 95, most: int = 400
    ) -> int:
        for steps in range(most):
            freezer.tick(step)
            run_timers(hass, SPREAD)
            await hass.async_block_till_done(wait_background_tasks=True)
            if history.is_complete:
                return steps
        raise AssertionError("the backfill is not done")

    return run


async def all_recorded(hass: HomeAssistant) -> None:
    """Wait until all states so far are in the database.

    The recorder's own waiting ends while the last one is still being written.
    """
    future: asyncio.Future[None] = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(future))
    await future


async def rows_of(
    hass: HomeAssistant,
    plant: str,
    series: str,
    start: datetime | None = None,
    period: str = "hour",
) -> list[Any]:
    """Return the rows of a statistic."""
    id_ = statistic_id(plant, series)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        start or datetime(2000, 1, 1, tzinfo=UTC),
        None,
        {id_},
        period,
        None,
        {"state", "sum", "mean", "min", "max", "last_reset", "change"},
    )
    return list(found.get(id_, []))


def negative(rows: Iterable[Any]) -> list[Any]:
    """Return the rows with a negative bar."""
    return [row for row in rows if (row["change"] or 0) < -1e-6]

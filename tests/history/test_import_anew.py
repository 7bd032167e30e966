"""An update: what 0.1.0 imported by wrong rules is imported once more, in place."""

from collections import deque
from datetime import date, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.feeds import (
    DAYS,
    FEEDS,
    FIVE_MINUTES,
    HOURS,
    YEARS,
    Question,
)
from custom_components.smartpvms.history.inquiry import Inquiry
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.planner import Planner, Subject
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.local_time import ALL_YEARS, ONE_DAY, Days, midnight
from custom_components.smartpvms.northbound import Interface
from simulator import Simulator, Type, fleet

from .conftest import rows_of

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, TODAY = date(2024, 6, 10), date(2026, 6, 15)
SERIES_2020 = {"pv_energy", "grid_export", "consumption", "grid_import", "revenue"}


def store(hourly: set[str]) -> dict[str, Any]:
    """Return what 0.1.0 kept of a plant whose import is done."""
    known = Progress(first=FIRST, series=SERIES_2020, hourly=hourly, zone=BERLIN)
    for feed in FEEDS:
        known.hold(feed, Days.between(FIRST, TODAY - 3 * ONE_DAY))
    known.hold(YEARS, Days.between(ALL_YEARS, ALL_YEARS + ONE_DAY))
    known.answered, known.delivered_until = 99, midnight(TODAY, BERLIN)
    saved: dict[str, Any] = json.loads(json.dumps(known.dump()))
    for key in ("version", "metered", "parts"):
        del saved[key]
    return saved


def left(progress: Progress) -> int:
    """Return how many questions of the backfill are left."""
    now = midnight(TODAY, BERLIN) + 43200.0
    planner = Planner((Subject("P", BERLIN, progress, 2, 1),), now, 30)
    return sum(planner.left(feed) for feed in FEEDS)


def test_a_system_of_2020_is_imported_anew() -> None:
    """Years to hours, those beyond the depth too; once."""
    progress = Progress.load(store({"pv_energy", "grid_export", "revenue"}))
    assert progress.first == FIRST
    assert progress.series == SERIES_2020
    assert progress.delivered_until == midnight(TODAY, BERLIN)
    assert not any(progress.holds(feed) for feed in FEEDS)
    assert FIRST in progress.requested
    assert left(progress) > 700
    for feed in (YEARS, DAYS, HOURS, FIVE_MINUTES):
        progress.hold(feed, Days.between(FIRST, TODAY))
    again = Progress.load(json.loads(json.dumps(progress.dump())))
    assert again == progress
    assert again.holds(HOURS)


def test_a_system_whose_hours_tell_all_is_left_alone() -> None:
    progress = Progress.load(store({*SERIES_2020, "battery_charge"}))
    assert left(progress) == 0
    assert progress.metered


@pytest.fixture
async def sim(now: str) -> Simulator:
    """Return the simulator with a plant that has no meter."""
    house = fleet.residential(connected=date(2026, 6, 1))
    house.devices[:] = [d for d in house.devices if d.type != Type.POWER_SENSOR]
    sim = Simulator([house])
    sim.alarms.automatic = False
    return sim


async def test_series_of_a_meter_that_is_not_there_go(
    hass: HomeAssistant, sim: Simulator, history: HistoryCoordinator
) -> None:
    """A self-consumption of 100 % and an import of zeros are no statistics."""
    code = sim.plants[0].code
    begin = midnight(date(2026, 1, 1), BERLIN)
    progress = history.progress(code)
    wrong = {"self_consumption", "grid_import"}
    progress.series = {"pv_energy", *wrong}
    hour = [Span(begin, begin + 3600, 2.0)]
    ingest = history._ingest
    await ingest.async_import(code, progress, dict.fromkeys(progress.series, hour))
    assert await rows_of(hass, code, "self_consumption")
    question = Question(YEARS, ALL_YEARS, ALL_YEARS + timedelta(1), BERLIN, (code,))
    row = {"inverter_power": 900.0, "use_power": 0.0, "ongrid_power": 0.0}
    rows: dict[int | str, Any] = {code: {begin: row}}
    known = Inquiry(question, Interface.PLANT_YEAR, deque(), rows)
    assert await ingest.async_ingest(known, history.progress)
    assert progress.series == {"pv_energy"}
    assert await rows_of(hass, code, "pv_energy")
    for series in wrong:
        assert not await rows_of(hass, code, series)

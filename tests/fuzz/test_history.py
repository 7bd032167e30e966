"""Odd rows of history beside a recorder: imported, left out, never an exception."""

from datetime import date
import logging
from math import isfinite
from typing import Any

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.const import DOMAIN
from simulator import Simulator, fleet

from .home import FakeServer, Plans, Wait, assert_quiet, live, new_entry, remove
from .strategies import draws, plans

ROWS = (
    "getKpiStationHour",
    "getKpiStationDay",
    "getKpiStationMonth",
    "getKpiStationYear",
    "getDevHistoryKpi",
    "getDevKpiDay",
    "stations",
)


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record too; the database comes first."""
    request.getfixturevalue("recorder_mock")
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    request.getfixturevalue("enable_custom_integrations")
    request.getfixturevalue("socket_enabled")


@pytest.fixture
def server(now: str, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """Return a server of a house in its second month."""
    house = fleet.residential(connected=date(2026, 5, 10))
    return FakeServer(Simulator([house], quirks=False), monkeypatch)


def _imported(hass: HomeAssistant) -> dict[str, list[Any]]:
    """Return all rows of all external statistics of ours."""
    ids = {
        str(item["statistic_id"])
        for item in list_statistic_ids(hass)
        if item["source"] == DOMAIN
    }
    start = dt_util.utc_from_timestamp(0)
    types = {"state", "sum", "mean", "min", "max"}
    found: Any = statistics_during_period(
        hass,
        start,
        None,
        ids,
        "hour",
        None,
        types,  # type: ignore[arg-type]
    )
    return dict(found)


@draws(0.03)
@given(st.dictionaries(st.sampled_from(ROWS), plans, min_size=1, max_size=4))
async def test_any_rows(
    hass: HomeAssistant,
    server: FakeServer,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    drawn: Plans,
) -> None:
    server.plans = drawn
    entry = new_entry(hass, history_days=4)
    recorder, series = get_instance(hass), dict[str, list[Any]]()
    try:
        await live(hass, entry, wait, 1500, 150)
        server.plans = {}
        await wait(300, 150)
        await recorder.async_block_till_done()
        series = await recorder.async_add_executor_job(_imported, hass)
        for rows in series.values():
            numbers = [row.get(key) for row in rows for key in ("state", "sum", "mean")]
            assert all(isfinite(item) for item in numbers if item is not None)
        assert_quiet(caplog)
    finally:
        await remove(hass, entry)
        # The next example begins with an empty database.
        recorder.async_clear_statistics(list(series))
        await recorder.async_block_till_done()
    assert_quiet(caplog)

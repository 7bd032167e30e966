"""Rows that are corrected, or do not agree, never make a negative bar."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from itertools import pairwise
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.history import importer as importer_module
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.importer import Importer
from custom_components.smartpvms.history.ingest import plant_series
from custom_components.smartpvms.history.merge import Span
from simulator import Simulator

from .life import (
    DAY,
    EXACT,
    HOUR,
    Bars,
    ImportAll,
    all_rows,
    asked,
    assert_hours,
    assert_nothing_falls,
    assert_whole,
    bars_of,
    last_midnight,
    midnight,
    moment,
    pass_time,
    settle,
    start,
    stop,
)

DEPTH = 5
# Rows of hours by series.
KEYS = {
    "pv_energy": "PVYield",
    "grid_export": "ongrid_power",
    "consumption": "use_power",
    "revenue": "power_profit",
}


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is a few months old."""
    return date(2026, 4, 12)


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


def true_hour(sim: Simulator, at: int) -> dict[str, float]:
    """Return what the series of `KEYS` count in an hour."""
    flow = sim.truth(sim.plants[0].code).energy(moment(at), moment(at + HOUR))
    return {
        "pv_energy": flow.pv,
        "grid_export": flow.export,
        "consumption": flow.consumption,
        "revenue": flow.revenue,
    }


def differing(before: Bars, after: Bars) -> dict[str, list[int]]:
    """Return the hours of each series whose bar is another one, as far as known."""
    found = {
        series: [
            at
            for at, bar in known.items()
            if abs(after[series].get(at, 0) - bar) > EXACT
        ]
        for series, known in before.items()
    }
    return {series: hours for series, hours in found.items() if hours}


async def test_corrected_hours(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each hour's bar is the new one, and no other bar of the past changes."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    await settle(hass, freezer)
    now = sim.clock.now()
    yesterday = midnight(plant, now, -1)
    hours = {yesterday + 9 * HOUR: 1.5, yesterday + 11 * HOUR: 0.4}
    hours[yesterday + 13 * HOUR] = 0.0
    before = await bars_of(hass, plant.code)
    before = {
        series: {hour: bar for hour, bar in known.items() if hour < now - 3 * HOUR}
        for series, known in before.items()
    }
    corrected = {
        at: {
            series: round(amount * factor, 4)
            for series, amount in true_hour(sim, at).items()
        }
        for at, factor in hours.items()
    }
    for at, amounts in corrected.items():
        assert true_hour(sim, at)["pv_energy"] > 1
        sim.override(
            (plant.code, "Hour", at), {key: amounts[name] for name, key in KEYS.items()}
        )
    await pass_time(hass, freezer, 26 * HOUR, HOUR)
    after = await bars_of(hass, plant.code)
    assert differing(before, after) == {series: [*hours] for series in KEYS}
    for at, amounts in corrected.items():
        for series, amount in amounts.items():
            assert after[series][at] == pytest.approx(amount, abs=EXACT)
    await assert_nothing_falls(hass, plant.code)
    # The hours between the corrections, after them and of the next day are right, too.
    for begin, end in pairwise([*hours, last_midnight(sim)]):
        await assert_hours(hass, sim, begin + HOUR, end)


async def test_the_same_answer_changes_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    history: HistoryCoordinator,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Rows that were asked once more are what they were, to the last digit."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    await settle(hass, freezer)
    now = sim.clock.now()
    until, calls = now - 3 * HOUR, len(sim.calls)
    before = await all_rows(hass, plant.code, until)
    await pass_time(hass, freezer, 26 * HOUR, HOUR)
    again = {
        midnight(plant, int(call.payload["collectTime"]) / 1000)
        for call in asked(sim, "getKpiStationHour", calls)
    }
    assert {midnight(plant, now), midnight(plant, now, -1)} <= again
    assert await all_rows(hass, plant.code, until) == before


@pytest.mark.parametrize("factor", [1.4, 0.6, 0.0])
async def test_months_that_their_days_do_not_add_up_to(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    factor: float,
) -> None:
    """The finer rows win; what a month had too much is in no bar."""
    plant, code = sim.plants[0], sim.plants[0].code
    following = int(sim.clock.now())
    for back in range(2):
        first = plant.world.local(sim.clock.now()).date().replace(day=1)
        begin = plant.world.midnight(first.replace(month=first.month - back))
        flow = sim.truth(code).energy(moment(begin), moment(following))
        sim.override(
            (code, "Month", begin),
            {
                "PVYield": round(flow.pv * factor, 4),
                "ongrid_power": round(flow.export * factor, 4),
                "buyPower": round(flow.import_ * factor, 4),
                "power_profit": round(flow.revenue * factor, 4),
            },
        )
        following = begin
    history = await start(hass, entry)
    await import_all(history, 1800)
    await assert_nothing_falls(hass, code)
    await settle(hass, freezer)
    await assert_whole(hass, sim)
    now = sim.clock.now()
    this_hour = int(now) // HOUR * HOUR
    await assert_hours(hass, sim, midnight(plant, now, -DEPTH), this_hour - 3 * HOUR)


@pytest.mark.parametrize("factor", [1.3, 0.7])
async def test_a_day_that_its_hours_do_not_add_up_to(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    factor: float,
) -> None:
    """The hours win over the day."""
    plant, code = sim.plants[0], sim.plants[0].code
    now = sim.clock.now()
    begin = midnight(plant, now, 1 - DEPTH)
    flow = sim.truth(code).energy(moment(begin), moment(begin + DAY))
    sim.override(
        (code, "Day", begin),
        {
            "PVYield": round(flow.pv * factor, 4),
            "power_profit": round(flow.revenue * factor, 4),
        },
    )
    history = await start(hass, entry)
    await import_all(history, 1800)
    await assert_hours(hass, sim, midnight(plant, now, 1 - DEPTH), last_midnight(sim))
    await assert_whole(hass, sim)


type Crash = Callable[[pytest.MonkeyPatch], None]


def crash_before_shift(patch: pytest.MonkeyPatch) -> None:
    """Let what moves the later sums do nothing."""
    patch.setattr(Importer, "_shift", lambda *_: None)


def crash_before_rows(patch: pytest.MonkeyPatch) -> None:
    """Let what writes the rows do nothing."""
    patch.setattr(importer_module, "async_add_external_statistics", lambda *_: None)


@pytest.mark.parametrize(
    ("factor", "crash"), [(1.5, crash_before_rows), (0.5, crash_before_shift)]
)
@pytest.mark.parametrize("days_ago", [2, 60], ids=["recent", "long ago"])
async def test_a_crash_between_two_writes(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    import_all: ImportAll,
    factor: float,
    crash: Crash,
    days_ago: int,
) -> None:
    """The sums that a crash has left half moved are repaired at the next start."""
    plant = sim.plants[0]
    await import_all(history, 1800)
    before = await bars_of(hass, plant.code)
    known = before["pv_energy"]
    since = midnight(plant, sim.clock.now(), -days_ago)
    at = next(hour for hour in sorted(known) if hour > since and known[hour] > 1)
    wide = await all_rows(hass, plant.code, at + 1)
    since = round(wide["pv_energy"][-1]["last_reset"])
    with pytest.MonkeyPatch.context() as patch:
        crash(patch)
        span = Span(since, at + HOUR, round(known[at] * factor, 4))
        series = plant_series(history.account, plant.code)
        await history.importer.async_merge(series, {"pv_energy": [span]})
    half = await bars_of(hass, plant.code)
    assert differing(before, half)
    # What is written when Home Assistant ends well is not written in a crash.
    key = f"{DOMAIN}.{entry.entry_id}.history"
    saved = deepcopy(hass_storage[key])
    await stop(hass, entry)
    hass_storage[key] = saved
    await start(hass, entry)
    after = await bars_of(hass, plant.code)
    changed = differing(before, after).get("pv_energy", [])
    assert set(changed) <= {at}
    assert after["pv_energy"][at] == pytest.approx(
        known[at] * (factor if changed else 1), abs=EXACT
    )
    await assert_nothing_falls(hass, plant.code)

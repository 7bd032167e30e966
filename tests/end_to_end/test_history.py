"""The plants' history in a real recorder, through a crash and a restart."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from demo.client import HomeAssistantClient
from demo.energy import (
    MAY_FALL,
    NOISE,
    History,
    complaints_of_energy,
    histories,
    imported,
    rows_of,
    sources,
)
from demo.log import complaints
from demo.place import place_in
from demo.stage import Stage

from .waiting import until

FLOWS: Final = "/api/config/config_entries/options/flow"
TRUTH: Final = {
    "pv_energy": "pv",
    "grid_export": "export",
    "grid_import": "import_",
    "consumption": "consumption",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
    "revenue": "revenue",
}
"""The simulator's name of what a series counts."""
# Four decimals in each answer.
EXACT: Final = 0.1
COARSE: Final = ("getKpiStationYear", "getKpiStationMonth")
# Hours of so many days suffice: there is a call in a minute and a half.
BURST: Final = 5
PATIENCE: Final = 900
# The recorder looks at sensors every five minutes.
COMPILED: Final = 400
# The rows of the last days may yet be corrected.
SETTLED: Final = timedelta(days=3)
# The hours of these days are imported by then; before them days still take the place of
# months.
FINE: Final = timedelta(days=4)

type Bars = dict[str, dict[datetime, float]]
"""By series: what it counts in each period, by its local start."""


@pytest.fixture
def dialect() -> str:
    """Return a server that counts calls by the day."""
    return "2022"


async def bars(running: Stage, known: History, period: str) -> Bars:
    """Return what the series of energy and money count in each period."""
    zone = ZoneInfo(running.place.time_zone)
    ids = {id_: series for series, id_ in known.statistics.items()}
    found = await rows_of(running.home_assistant.client, ids, period)
    return {
        ids[id_]: {
            datetime.fromtimestamp(row["start"] / 1000, zone): row["change"]
            for row in rows
        }
        for id_, rows in found.items()
        if "change" in rows[0]
    }


async def truth(
    running: Stage, plant: str, start: datetime, end: datetime
) -> dict[str, float]:
    """Return what really happened at a plant, by series."""
    flow = await running.simulator.ask(
        "GET", "truth", plant=plant, start=start.isoformat(), end=end.isoformat()
    )
    return {
        "self_consumption": flow["pv"] - flow["export"],
        **{series: flow[name] for series, name in TRUTH.items()},
    }


async def assert_true(running: Stage, known: History, period: str) -> None:
    """Assert that what is over and settled is counted as it happened."""
    now = datetime.now(ZoneInfo(running.place.time_zone))
    (plant,) = (
        code
        for code in (await running.simulator.state())["plants"]
        if code.lower().replace("=", "_") in known.statistics["pv_energy"]
    )
    step = timedelta(days=32 if period == "month" else 1)
    shown = await bars(running, known, period)
    for start in shown["pv_energy"]:
        end = start + step
        if period == "month":
            end = end.replace(day=1)
        is_fine = period == "month" or start > now - timedelta(days=BURST)
        if end > now - SETTLED or not is_fine:
            continue
        for series, really in (await truth(running, plant, start, end)).items():
            counted = shown[series].get(start, 0.0)
            assert counted == pytest.approx(really, abs=EXACT), (series, start)


async def assert_nothing_falls(running: Stage, known: History) -> None:
    """Assert that no hour of a series of energy is negative."""
    for series, hours in (await bars(running, known, "hour")).items():
        assert series in MAY_FALL or min(hours.values()) > -NOISE, series


async def calls_of(running: Stage, interface: str) -> int:
    """Return how many calls of an interface were answered."""
    calls = (await running.simulator.state())["calls"]
    return int(calls.get(interface, {}).get("0", 0))


async def settled_hours(running: Stage, known: History) -> Bars:
    """Return the imported hours that nothing changes any more."""
    now = datetime.now(ZoneInfo(running.place.time_zone))
    since, until = now - FINE, now - SETTLED
    return {
        series: {at: value for at, value in hours.items() if since < at < until}
        for series, hours in (await bars(running, known, "hour")).items()
    }


async def put_in_by_form(client: HomeAssistantClient, entry_id: str) -> dict[str, Any]:
    """Go through the options' step that fills the Energy dashboard."""
    menu = await client.post(FLOWS, {"handler": entry_id})
    flow = f"{FLOWS}/{menu['flow_id']}"
    form = await client.post(flow, {"next_step_id": "energy_dashboard"})
    (plants,) = form["data_schema"]
    done: dict[str, Any] = await client.post(flow, {"plants": plants["default"]})
    return done


@pytest.mark.timeout(2400)
async def test_a_plants_life_is_imported_through_a_crash(running: Stage) -> None:
    home_assistant, client = running.home_assistant, running.home_assistant.client
    place = place_in(running.place.time_zone)

    async def has_months() -> bool:
        known = await histories(client)
        return bool(known) and all(history.is_useful for history in known)

    async def has_hours() -> bool:
        return await calls_of(running, "getKpiStationHour") > BURST

    async def goes_on() -> bool:
        return await calls_of(running, "getDevHistoryKpi") > powers

    async def is_valid() -> bool:
        return not await complaints_of_energy(client)

    # The first call for days is never answered: in the middle of the import.
    stall = {"kind": "stall", "interface": "getKpiStationDay", "times": 1}
    await running.simulator.ask("POST", "faults", stall)
    await until(has_months, PATIENCE)
    begun = await histories(client)
    done = await put_in_by_form(client, running.entry["entry_id"])
    assert done["reason"] == "energy_done", done
    assert len(await sources(client)) == 6
    await home_assistant.crash(place)

    # The hours are asked last.
    await until(has_hours, PATIENCE)
    known = await imported(home_assistant, PATIENCE)
    for before, history in zip(begun, known, strict=True):
        assert history.is_useful
        assert history.left["days_left"] < before.left["days_left"]
        await assert_true(running, history, "month")
        await assert_true(running, history, "day")
        await assert_nothing_falls(running, history)

    settled = [await settled_hours(running, history) for history in known]
    coarse = {name: await calls_of(running, name) for name in COARSE}
    powers = await calls_of(running, "getDevHistoryKpi")
    await home_assistant.restart(place)
    # Powers may be asked each minute, so they show that it goes on.
    await until(goes_on, PATIENCE)
    assert [await settled_hours(running, history) for history in known] == settled
    assert {name: await calls_of(running, name) for name in COARSE} == coarse
    await until(is_valid, COMPILED)
    calls = (await running.simulator.state())["calls"]
    assert not any("407" in codes for codes in calls.values())
    await home_assistant.stop()
    assert not complaints(home_assistant.log)

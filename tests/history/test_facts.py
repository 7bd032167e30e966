"""Rows of real plants, and what follows from them: which series, and how much."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.catalogue.series import DEVICE_CHARGE, DEVICE_DISCHARGE
from custom_components.smartpvms.history.facts import Rows
from custom_components.smartpvms.history.feeds import Feed, Track
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.history.spans import (
    delivered_until,
    first_start,
    spans,
    storage_rows,
)
from custom_components.smartpvms.local_time import HOUR
from custom_components.smartpvms.northbound import Period, Values
from custom_components.smartpvms.northbound.models import PlantRow

CAPTURES = Path(__file__).parent.parent / "data/captures"
BERLIN = ZoneInfo("Europe/Berlin")
LATER = 4e9
DAYS, STORED = Feed(Track.PLANT, Period.DAY), Feed(Track.STORAGE, Period.DAY)
HOURS, YEARS = Feed(Track.PLANT, Period.HOUR), Feed(Track.PLANT, Period.YEAR)
DAY = 1_781_474_400
"""A midnight in Berlin: 2026-06-15."""


def captured(name: str) -> Rows:
    """Return the rows of a real plant's answer as the client gives them."""
    answer = json.loads((CAPTURES / f"{name}.json").read_text())
    parsed = (PlantRow.from_row(row) for row in answer["data"])
    return [
        (round(row.collected_at.timestamp()), row.values)
        for row in parsed
        if row and row.collected_at
    ]


def totals(
    feed: Feed, rows: Rows, progress: Progress | None = None, *, has_battery: bool
) -> dict[str, float]:
    """Return the sum of each series of an answer."""
    found = spans(
        feed,
        rows,
        progress or Progress(),
        BERLIN,
        LATER,
        has_battery=has_battery,
    )
    return {key: sum(span.amount for span in known) for key, known in found.items()}


def test_feed_in_and_import_that_a_day_leaves_out() -> None:
    found = totals(DAYS, captured("getKpiStationDay_1"), has_battery=True)
    assert found == {
        "pv_energy": 59.55,
        "grid_export": pytest.approx(25.16),
        "grid_import": pytest.approx(6.09),
        "consumption": 39.58,
        "self_consumption": 34.39,
        "battery_charge": 10.41,
        "battery_discharge": 9.51,
        "revenue": 2.92,
    }


def test_import_beside_a_battery() -> None:
    rows = captured("getKpiStationDay_2b_without_buyPower")
    found = totals(DAYS, rows, has_battery=True)
    assert found["grid_import"] == pytest.approx(2166.4, abs=0.5)
    assert found["pv_energy"] == 429.51


def test_a_plant_without_a_meter() -> None:
    progress = Progress()
    rows = captured("getKpiStationDay_4_no_meter")
    assert totals(DAYS, rows, progress, has_battery=False) == {"pv_energy": 7.46}
    # Its hours tell no use at all.
    hour: Values = {"inverter_power": 1.2, "ongrid_power": 0.0}
    found = totals(HOURS, [(DAY, hour)], progress, has_battery=False)
    assert found == {"pv_energy": 1.2}
    assert progress.hourly == {"pv_energy"}
    newer: Values = {"PVYield": 5.0, "selfUsePower": 5.0, "selfProvide": 5.0}
    rows = [(DAY, {**newer, "use_power": 0.0, "ongrid_power": 0.0, "buyPower": 0.0})]
    found = totals(DAYS, rows, progress, has_battery=False)
    assert found == {"pv_energy": 5.0}


def test_a_meter_that_came_later() -> None:
    rows: Rows = [
        (DAY - 86400, {"inverter_power": 9.0, "ongrid_power": 0.0, "use_power": 0.0}),
        (DAY, {"inverter_power": 9.0, "ongrid_power": 4.0, "use_power": 8.0}),
    ]
    found = spans(DAYS, rows, Progress(), BERLIN, LATER)
    day = [DAY, DAY + 86400]
    assert found["consumption"] == [Span(*day, 8.0)]
    assert found["grid_import"] == [Span(*day, 3.0)]
    assert found["self_consumption"] == [Span(*day, 5.0)]


def test_hours_that_were_not_delivered() -> None:
    rows = captured("getKpiStationHour_1")
    found = spans(HOURS, rows, Progress(), BERLIN, LATER)
    start = rows[1][0]
    assert found["pv_energy"] == [
        Span(start, start + HOUR, 0.0),
        Span(start + HOUR, start + 2 * HOUR, 0.01),
    ]
    assert delivered_until(rows, LATER) == start + 2 * HOUR
    assert delivered_until(rows[:1], LATER) == 0


def test_years_before_commissioning() -> None:
    rows = captured("getKpiStationYear_1")
    found = totals(YEARS, rows, has_battery=False)
    assert found == {
        "pv_energy": 62810.22,
        "grid_export": 56987.11,
        "self_consumption": pytest.approx(5823.11),
        "revenue": 96204.12,
    }
    assert first_start(rows) == max(at for at, _ in rows)


PLANT: Values = {"inverter_power": 20.0, "ongrid_power": 6.0, "use_power": 15.0}
BATTERY: Values = {DEVICE_CHARGE: 7.0, DEVICE_DISCHARGE: 5.0}


@pytest.mark.parametrize("plant_first", [True, False])
def test_import_takes_the_plants_row_and_the_batteries(plant_first: bool) -> None:
    """Whichever comes first, across a restart too; until then it is unknown."""
    progress = Progress()
    answers = [(DAYS, PLANT), (STORED, BATTERY)][:: 1 if plant_first else -1]
    (feed, row), (other, another) = answers
    first = totals(feed, [(DAY, row)], progress, has_battery=True)
    assert "grid_import" not in first
    progress = Progress.load(json.loads(json.dumps(progress.dump())))
    then = totals(other, [(DAY, another)], progress, has_battery=True)
    assert then["grid_import"] == pytest.approx(15 + 6 - (20 + 5 - 7))
    assert not progress.parts
    assert {**first, **then}.keys() == {
        *("pv_energy", "grid_export", "grid_import", "consumption"),
        *("self_consumption", "battery_charge", "battery_discharge"),
    }


def test_a_period_that_runs_waits_for_nothing() -> None:
    progress = Progress()
    noon = DAY + 12 * HOUR
    found = spans(DAYS, [(DAY, PLANT)], progress, BERLIN, noon, has_battery=True)
    assert found["pv_energy"] == [Span(DAY, DAY + 13 * HOUR, 20.0)]
    assert not progress.parts


def test_pv_alone_tells_import_where_there_is_no_battery() -> None:
    found = totals(DAYS, [(DAY, PLANT)], has_battery=False)
    assert found["grid_import"] == pytest.approx(1.0)


def test_a_battery_counts_from_its_first_to_its_last_row() -> None:
    def rows(days: dict[int, float]) -> Rows:
        return [(day, {"charge_cap": amount}) for day, amount in days.items()]

    old = rows(dict.fromkeys(range(8), 2.0))
    added = rows({5: 1.0, 6: 1.0, 7: 1.0})
    broken = rows({0: 4.0, 1: 4.0, 2: 4.0})
    gap = rows({0: 8.0, 2: 8.0})
    silent: Rows = [(day, {}) for day in range(8)]
    found = dict(storage_rows([old, added, broken, gap, silent]))
    assert {day: row[DEVICE_CHARGE] for day, row in found.items()} == {
        0: 14.0,
        2: 14.0,
        3: 2.0,
        4: 2.0,
        5: 3.0,
        6: 3.0,
        7: 3.0,
    }
    assert storage_rows([silent]) == []

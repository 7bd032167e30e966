"""Readings: counters within a row, and a file that survives."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.catalogue import PLANT
from custom_components.smartpvms.readings import Reading, take

BERLIN = ZoneInfo("Europe/Berlin")
NOON = 1_781_517_600.0  # 2026-06-15 12:00 in Berlin
MIDNIGHT = NOON - 12 * 3600
COUNTERS = tuple(kpi for kpi in PLANT if kpi.counter)


def test_a_row_becomes_a_reading() -> None:
    row = {"day_power": 10.0, "total_power": 0.0, "real_health_state": 3.0}
    reading = take(None, row, NOON, COUNTERS, BERLIN)
    assert reading.values == {"day_power": 10.0, "real_health_state": 3.0}
    assert reading.last_reset("day_power") == MIDNIGHT
    assert reading.last_reset("real_health_state") is None


def test_a_counter_outlives_a_row_without_it() -> None:
    before = take(None, {"day_power": 10.0, "x": 1.0}, NOON, COUNTERS, BERLIN)
    after = take(before, {}, NOON + 300, COUNTERS, BERLIN)
    assert after.values == {"day_power": 10.0}
    assert after.last_reset("day_power") == MIDNIGHT
    assert after.at == NOON + 300


def test_a_restart_changes_nothing() -> None:
    row = {"day_power": 10.0, "total_power": 0.0}
    reading = take(None, row, NOON, COUNTERS, BERLIN)
    assert Reading.load(json.loads(json.dumps(reading.dump()))) == reading


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        (None, None),
        ({"at": "x", "values": {}, "memories": {}}, None),
        ({"at": 1, "values": [], "memories": {}}, None),
        (
            {
                "at": 1,
                "values": {"a": 1, "b": "x", "c": None},
                "memories": {"a": [1], "b": 7},
            },
            Reading(1.0, {"a": 1.0}),
        ),
    ],
)
def test_a_file_of_another_shape(saved: Any, expected: Reading | None) -> None:
    assert Reading.load(saved) == expected

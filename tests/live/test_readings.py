"""Readings: counters within a row, and a file that survives."""

from dataclasses import replace
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.catalogue import DEVICE_TYPES, PLANT
from custom_components.smartpvms.live.readings import Reading, advance_reading
from custom_components.smartpvms.northbound import Values
from custom_components.smartpvms.storage.store import DAMAGE

BERLIN = ZoneInfo("Europe/Berlin")
NOON = 1_781_517_600.0  # 2026-06-15 12:00 in Berlin
MIDNIGHT = NOON - 12 * 3600
COUNTERS = tuple(kpi for kpi in PLANT if kpi.counter)
DEVICE_COUNTERS = tuple(kpi for kpi in DEVICE_TYPES[38].kpis if kpi.counter)


def test_a_row_becomes_a_reading() -> None:
    row = {"day_power": 10.0, "total_power": 0.0, "real_health_state": 3.0}
    reading = advance_reading(None, row, NOON, COUNTERS, BERLIN)
    assert reading.values == {"day_power": 10.0, "real_health_state": 3.0}
    assert reading.last_reset("day_power") == MIDNIGHT
    assert reading.last_reset("real_health_state") is None


def test_a_counter_outlives_a_row_without_it() -> None:
    before = advance_reading(
        None, {"day_power": 10.0, "x": 1.0}, NOON, COUNTERS, BERLIN
    )
    after = advance_reading(before, {}, NOON + 300, COUNTERS, BERLIN)
    assert after.values == {"day_power": 10.0}
    assert after.last_reset("day_power") == MIDNIGHT
    assert after.at == NOON + 300


ROWS = st.dictionaries(
    st.sampled_from(["day_cap", "total_cap", "active_power"]),
    st.sampled_from([0.0, 3.0, 8.0]),
)


@given(
    rows=st.lists(
        st.tuples(
            ROWS,
            st.integers(1, 4),
            st.sampled_from([60.0, 3600.0, 30_000.0, 90_000.0]),
            st.sampled_from([BERLIN, ZoneInfo("Asia/Tokyo")]),
        ),
        max_size=8,
    )
)
def test_what_stands_still_is_taken_the_short_way(
    rows: list[tuple[Values, int, float, ZoneInfo]],
) -> None:
    """The same row again, and again another day, as if each were looked through."""
    short = long = None
    at = NOON
    for row, times, passed, zone in rows:
        for _ in range(times):
            at += passed
            long = long and replace(long, is_settled=False)
            short = advance_reading(short, dict(row), at, DEVICE_COUNTERS, zone)
            long = advance_reading(long, dict(row), at, DEVICE_COUNTERS, zone)
            assert short == long


def test_a_doubt_ends_though_the_row_stays_the_same() -> None:
    """A meter that has never exported reads 0; so it is after a day, not after two."""
    reading: Reading | None = None
    for hours in (0, 13, 25):
        at = NOON + hours * 3600
        reading = advance_reading(
            reading, {"total_cap": 0.0}, at, DEVICE_COUNTERS, BERLIN
        )
    assert reading
    assert reading.values == {"total_cap": 0.0}


def test_what_shows_the_same() -> None:
    row = {"day_power": 0.0, "x": 1.0, "y": 2.0}
    one = advance_reading(None, row, NOON, COUNTERS, BERLIN)
    later = advance_reading(one, row, NOON + 1, COUNTERS, BERLIN)
    assert later.shows_the_same_as(one)
    for other in ({**row, "x": 3.0}, {"day_power": 0.0, "x": 1.0}):
        changed = advance_reading(one, other, NOON + 1, COUNTERS, BERLIN)
        assert not changed.shows_the_same_as(one)
    # Still 0, but of another day.
    tomorrow = advance_reading(one, row, NOON + 90_000, COUNTERS, BERLIN)
    assert not tomorrow.shows_the_same_as(one)


def test_what_may_be_behind_is_hidden_until_a_row_has_it() -> None:
    row = {"day_cap": 3.0, "total_cap": 50.0, "active_power": 1.0}
    before = advance_reading(None, row, NOON, DEVICE_COUNTERS, BERLIN)
    before = before.doubting_counters()
    before = Reading.load(json.loads(json.dumps(before.dump())))
    assert before
    assert before.values == {"active_power": 1.0}
    # Nothing and 0 are no news of a counter.
    for silent in ({"active_power": 2.0}, {"day_cap": 0.0, "active_power": 2.0}):
        before = advance_reading(before, silent, NOON + 60, DEVICE_COUNTERS, BERLIN)
        assert before.values == {"active_power": 2.0}
    # Neither is another kill.
    before = advance_reading(before, {}, NOON + 90, DEVICE_COUNTERS, BERLIN)
    assert replace(before, at=NOON + 7200).doubting_counters().hidden == before.hidden
    after = advance_reading(
        before, {"total_cap": 50.5}, NOON + 120, DEVICE_COUNTERS, BERLIN
    )
    assert after.values == {"total_cap": 50.5}
    # Another day counts from 0, whatever was seen of the last one.
    tomorrow = advance_reading(after, {}, NOON + 90_000, DEVICE_COUNTERS, BERLIN)
    assert tomorrow.values == {"day_cap": 0.0, "total_cap": 50.5}


def test_a_zone_that_becomes_known_shows_nothing_that_may_be_behind() -> None:
    """It gives a counter another period, but no number."""
    row = {"day_cap": 3.0}
    reading = advance_reading(None, row, NOON, DEVICE_COUNTERS, BERLIN)
    reading = reading.doubting_counters()
    for minutes, zone in ((1, None), (2, BERLIN)):
        at = NOON + minutes * 60
        reading = advance_reading(reading, {}, at, DEVICE_COUNTERS, zone)
        assert reading.values == {}
    reading = advance_reading(reading, row, NOON + 180, DEVICE_COUNTERS, BERLIN)
    assert reading.values == row


def test_what_has_stood_still_is_not_behind() -> None:
    row = {"day_cap": 3.0, "total_cap": 50.0}
    reading = advance_reading(None, row, NOON, DEVICE_COUNTERS, BERLIN)
    reading = advance_reading(reading, row, NOON + 7200, DEVICE_COUNTERS, BERLIN)
    assert reading.doubting_counters().values == row


def test_what_shows_yesterdays_count_may_be_behind() -> None:
    row = {"day_cap": 3.0}
    reading = advance_reading(None, row, NOON, DEVICE_COUNTERS, BERLIN)
    for later in (14, 17):
        reading = advance_reading(
            reading, row, NOON + later * 3600, DEVICE_COUNTERS, BERLIN
        )
        assert reading.values == {"day_cap": 0.0}
    # It stands still until the device wakes, which may be any moment.
    assert reading.is_settled
    assert reading.doubting_counters().hidden == {"day_cap"}


def test_a_restart_changes_nothing() -> None:
    row = {"day_power": 10.0, "total_power": 0.0}
    reading = advance_reading(None, row, NOON, COUNTERS, BERLIN)
    assert Reading.load(json.loads(json.dumps(reading.dump()))) == reading


@pytest.mark.parametrize(
    "saved",
    [
        None,
        {"at": "x", "values": {}, "memories": {}},
        {"at": 1, "values": [], "memories": {}},
        {"at": 1, "values": {"a": None}, "memories": {}},
        {"at": 1, "values": {}, "memories": {"a": [1]}},
        {"at": 1, "values": {}, "memories": {}, "hidden": [1]},
    ],
)
def test_another_shape_is_damage(saved: Any) -> None:
    with pytest.raises(DAMAGE):
        Reading.load(saved)

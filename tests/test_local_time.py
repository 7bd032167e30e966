"""Sets of days are sets; periods of a plant's clock neither overlap nor leave gaps."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.history.feeds import PERIODS
from custom_components.smartpvms.local_time import (
    ALL_YEARS,
    HOUR,
    ONE_DAY,
    Days,
    day_of,
    hour_of,
    midnight,
    noon,
    parent,
    parent_end,
    parents,
    row_end,
)
from custom_components.smartpvms.northbound import Period
from custom_components.smartpvms.storage.store import DAMAGE

FIRST = date(2024, 2, 20)
ZONES = [
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Atlantic/Azores",
]
"""Summer time of an hour or half of one, odd offsets, clocks changed at midnight."""

days = st.integers(0, 40).map(lambda count: FIRST + count * ONE_DAY)
ranges = st.lists(st.tuples(days, days), max_size=6)
zones = st.sampled_from(ZONES).map(ZoneInfo)
dates = st.dates(date(2011, 1, 1), date(2028, 12, 31))


def members(given_: list[tuple[date, date]]) -> set[date]:
    """Return the days of ranges one by one."""
    return {
        begin + count * ONE_DAY
        for begin, end in given_
        for count in range((end - begin).days)
    }


@given(ranges, ranges)
def test_they_are_sets(
    some: list[tuple[date, date]], more: list[tuple[date, date]]
) -> None:
    """Every operation says what it says of sets."""
    one, two, a, b = Days.of(some), Days.of(more), members(some), members(more)
    for found, expected in (
        (one, a),
        (one | two, a | b),
        (one - two, a - b),
        (one & two, a & b),
    ):
        assert members(list(found.ranges)) == expected
        assert len(found) == len(expected)
        assert bool(found) is bool(expected)
        around = [FIRST + count * ONE_DAY for count in range(-1, 42)]
        assert {day for day in around if day in found} == expected
        # One way of writing for one set: ordered, apart, none empty.
        assert found == Days.of((day, day + ONE_DAY) for day in expected)
        assert Days.load(found.dump()) == found


@pytest.mark.parametrize(
    "saved",
    [None, "2024", {}, [["2024-01-01"]], [["2024-01-01", "soon"]], [[1, 2]], [7]],
)
def test_days_of_another_shape_are_damage(saved: object) -> None:
    with pytest.raises(DAMAGE):
        Days.load(saved)


@settings(deadline=None)
@given(st.sampled_from(PERIODS), dates)
def test_a_day_is_in_one_period_of_each_level(level: Period, day: date) -> None:
    """The parent's bounds hold all of its days, and no other's."""
    first = parent(level, day)
    end = parent_end(level, first)
    assert first <= day < end
    assert parent(level, first) == first
    if level is not Period.YEAR:
        assert parent(level, end - ONE_DAY) == first
        assert parent(level, end) == end


@settings(deadline=None)
@given(st.sampled_from(PERIODS), st.lists(st.tuples(dates, st.integers(0, 900))))
def test_the_parents_of_days(level: Period, spans: list[tuple[date, int]]) -> None:
    """One call for each period that one of the days is in."""
    wanted = [(day, day + count * ONE_DAY) for day, count in spans]
    expected = {parent(level, day) for day in members(wanted)}
    assert parents(level, Days.of(wanted)) == expected
    assert level is not Period.YEAR or expected <= {ALL_YEARS}


@settings(deadline=None)
@given(zones, dates)
def test_days_follow_each_other(zone: ZoneInfo, day: date) -> None:
    """A day begins at its midnight and ends where the next one begins."""
    begin, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
    if end == begin:
        # Samoa had no 30 December 2011.
        assert (zone.key, day) == ("Pacific/Apia", date(2011, 12, 30))
        return
    assert 23 * HOUR <= end - begin <= 25 * HOUR
    assert day_of(begin, zone) == day_of(end - 1, zone) == day
    assert day_of(begin - 1, zone) < day
    assert noon(day, zone).astimezone(zone).date() == day
    assert noon(day, zone).tzinfo is UTC
    assert row_end(Period.DAY, begin, zone) == end
    assert row_end(Period.HOUR, begin, zone) == begin + HOUR


@settings(deadline=None)
@given(zones, st.integers(2012, 2028), st.integers(1, 12))
def test_rows_of_months_and_years_end_where_the_next_begin(
    zone: ZoneInfo, year: int, month: int
) -> None:
    """Even where the clocks of the first day change."""
    first = date(year, month, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    end = midnight(following, zone)
    assert row_end(Period.MONTH, midnight(first, zone), zone) == end
    january, next_one = date(year, 1, 1), date(year + 1, 1, 1)
    end = midnight(next_one, zone)
    assert row_end(Period.YEAR, midnight(january, zone), zone) == end


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_hours_lie_on_their_grid(at: int, grid: int) -> None:
    """The hour of an instant is the last one that began, wherever hours begin."""
    hour = hour_of(at, grid)
    assert hour <= at < hour + HOUR
    assert (hour - grid) % HOUR == 0
    assert hour_of(at + 0.5, grid) == hour


def test_clocks_that_go_forward_at_midnight() -> None:
    """In São Paulo 4 November 2018 began at one o'clock."""
    zone = ZoneInfo("America/Sao_Paulo")
    day = date(2018, 11, 4)
    begin = midnight(day, zone)
    assert datetime.fromtimestamp(begin, zone).hour == 1
    assert row_end(Period.DAY, begin, zone) == begin + 23 * HOUR

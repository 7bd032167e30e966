"""Periods of history: their bounds, the calls they take, the rows' local times."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.actions.history_period import Slot, Span, local_times
from custom_components.smartpvms.local_time import noon
from custom_components.smartpvms.northbound import Period

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
AUCKLAND = ZoneInfo("Pacific/Auckland")
NOW = datetime(2026, 6, 15, 10, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def span(
    period: Period = Period.HOUR,
    start: str | None = None,
    end: str | None = None,
    zone: tzinfo = BERLIN,
) -> Span:
    return Span.of(period, start and at(start), end and at(end), zone, NOW)


def days(found: Span) -> list[int]:
    return [
        slot.at.astimezone(found.zone).day for slot in found.slots(Period.HOUR, NOW)
    ]


@pytest.mark.parametrize(
    ("period", "start"),
    [
        (Period.FIVE_MINUTES, "2026-06-15"),
        (Period.HOUR, "2026-06-15"),
        (Period.DAY, "2026-06-01"),
        (Period.MONTH, "2026-01-01"),
        (Period.YEAR, "2000-01-01"),
    ],
)
def test_what_is_left_out(period: Period, start: str) -> None:
    found = span(period)
    assert (found.start, found.end) == (at(start), NOW)
    assert len(list(found.slots(period, NOW))) == 1


def test_an_end_alone_means_the_period_before_it() -> None:
    assert span(Period.DAY, end="2026-03-01").start == at("2026-02-01")
    assert span(Period.DAY, end="2026-02-28T23:30+00:00").start == at("2026-03-01")
    assert span(Period.HOUR, end="2026-06-15").start == at("2026-06-14")


def test_it_is_today_where_the_plant_is() -> None:
    assert span(zone=AUCKLAND).start == at("2026-06-15")
    late = NOW.replace(hour=13)
    assert Span.of(Period.HOUR, None, None, AUCKLAND, late).start == at("2026-06-16")


@pytest.mark.parametrize(
    ("start", "end", "is_empty"),
    [
        ("2026-06-15", "2026-06-15", True),
        ("2026-06-15", "2026-06-14", True),
        ("2026-06-15", "2026-06-15T00:00:01", False),
        ("2026-06-15T02:00+02:00", "2026-06-15T00:00+00:00", True),
        ("2025-10-26T02:30+02:00", "2025-10-26T02:10+01:00", False),
    ],
)
def test_a_period_that_is_none(start: str, end: str, is_empty: bool) -> None:
    assert span(start=start, end=end).is_empty is is_empty


@pytest.mark.parametrize(
    ("start", "end", "asked"),
    [
        ("2026-06-12", "2026-06-14", [12, 13]),
        ("2026-06-12T23:59", "2026-06-14T00:01", [12, 13, 14]),
        ("2026-06-12T22:00+00:00", "2026-06-13T22:00+00:00", [13]),
        ("2026-06-14", "2026-07-20", [14, 15]),
        ("2026-06-16", "2026-06-20", []),
    ],
)
def test_a_call_for_each_day_that_has_begun(
    start: str, end: str, asked: list[int]
) -> None:
    found = span(start=start, end=end)
    assert days(found) == asked
    assert all(slot.at <= NOW for slot in found.slots(Period.HOUR, NOW))


def test_months_and_years_are_the_same_call_everywhere() -> None:
    for period, count in ((Period.DAY, 18), (Period.MONTH, 2), (Period.YEAR, 1)):
        found = [
            list(span(period, "2025-01-01", "2026-07-01", zone).slots(period, NOW))
            for zone in (BERLIN, KOLKATA, AUCKLAND)
        ]
        assert found[0] == found[1] == found[2]
        assert len(found[0]) == count


def test_five_minutes_by_three_days() -> None:
    found = span(Period.FIVE_MINUTES, "2026-03-26", "2026-03-30T12:00")
    assert [(slot.at, slot.end) for slot in found.pieces(NOW)] == [
        (at("2026-03-26T00:00+01:00"), at("2026-03-29T00:00+01:00")),
        (at("2026-03-29T00:00+01:00"), at("2026-03-30T12:00+02:00")),
    ]
    (today,) = span(Period.FIVE_MINUTES, "2026-06-15", "2026-06-17").pieces(NOW)
    assert today.end == NOW
    assert list(span(start="2026-06-16").pieces(NOW)) == []


def test_its_length_is_the_calendars() -> None:
    assert span(start="2026-03-01", end="2026-04-01").length() == timedelta(days=31)


@pytest.mark.parametrize("zone", [UTC, KOLKATA, timezone(timedelta(hours=-11))])
@pytest.mark.parametrize("aware", [None, UTC, timezone(timedelta(hours=14))])
def test_the_ends_of_all_calendars(zone: tzinfo, aware: tzinfo | None) -> None:
    found = Span.of(
        Period.YEAR,
        datetime.min.replace(tzinfo=aware),
        datetime.max.replace(tzinfo=aware),
        zone,
        NOW,
    )
    assert len(list(found.slots(Period.MONTH, NOW))) in (27, 28)
    assert found.holds(NOW.astimezone(zone))


def test_local_bounds_are_compared_with_local_times() -> None:
    found = span(start="2026-06-14", end="2026-06-15T00:00+02:00", zone=UTC)
    assert found.holds(at("2026-06-14T00:00+05:30"))
    assert not found.holds(at("2026-06-13T23:00-11:00"))
    assert found.holds(at("2026-06-14T21:00+00:00"))
    assert not found.holds(at("2026-06-14T22:00+00:00"))


def rows(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the hours (UTC) of a local day."""
    start, end = (
        datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(UTC)
        for one in (day, day + timedelta(days=1))
    )
    return [start + HOUR * n for n in range((end - start) // HOUR)]


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2026, 3, 29), 23), (date(2026, 1, 15), 24), (date(2025, 10, 26), 25)],
)
@pytest.mark.parametrize(
    "guess", [BERLIN, timezone(HOUR), timezone(2 * HOUR), ZoneInfo("America/New_York")]
)
def test_all_hours_are_of_the_day_they_are_of(
    day: date, count: int, guess: tzinfo
) -> None:
    starts = rows(day, BERLIN)
    local = local_times(Period.HOUR, Slot(noon(day, guess)), starts, guess)
    assert [start.astimezone(UTC) for start in local] == starts
    assert len(local) == count
    assert {start.date() for start in local} == {day}


def test_the_plants_own_zone_is_not_doubted() -> None:
    day = date(2026, 6, 14)
    starts = [*rows(day, BERLIN), at("2026-06-15T00:00+02:00")]
    local = local_times(Period.HOUR, Slot(noon(day, BERLIN)), starts, BERLIN)
    assert local[-1].isoformat() == "2026-06-15T00:00:00+02:00"


@given(
    st.sampled_from([BERLIN, KOLKATA, ZoneInfo("America/St_Johns")]),
    st.sampled_from([BERLIN, KOLKATA, UTC, ZoneInfo("America/New_York")]),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
)
def test_days_start_at_the_plants_midnight(
    zone: ZoneInfo, guess: tzinfo, day: date
) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    (local,) = local_times(Period.DAY, Slot(NOW), [start.astimezone(UTC)], guess)
    assert local.isoformat() == start.isoformat()


@pytest.mark.parametrize(
    ("place", "guess"),
    [
        ("America/Los_Angeles", "Pacific/Auckland"),
        ("Asia/Tokyo", "Pacific/Honolulu"),
        ("Pacific/Kiritimati", "Pacific/Auckland"),
    ],
)
def test_no_offset_is_beyond_the_date_line(place: str, guess: str) -> None:
    start = datetime(2026, 6, 1, tzinfo=ZoneInfo(place))
    (local,) = local_times(Period.DAY, Slot(NOW), [start], ZoneInfo(guess))
    assert local.isoformat() == start.isoformat()


def test_first_rows_that_are_missing_change_no_offset() -> None:
    day = date(2026, 6, 14)
    starts = [start + timedelta(minutes=5) for start in rows(day, KOLKATA)]
    local = local_times(Period.FIVE_MINUTES, Slot(noon(day, BERLIN)), starts, BERLIN)
    assert local[0].isoformat() == "2026-06-14T00:05:00+05:30"
    assert local_times(Period.HOUR, Slot(NOW), [], BERLIN) == []
    piece = Slot(starts[0], starts[-1])
    assert local_times(Period.FIVE_MINUTES, piece, starts, BERLIN)[0].hour == 20

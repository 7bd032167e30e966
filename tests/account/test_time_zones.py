"""A plant's time zone is found from where its days begin."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.account.time_zones import (
    dump_zone,
    find_zone,
    fits,
    load_zone,
    zone_of,
)
from custom_components.smartpvms.local_time import midnight
from custom_components.smartpvms.northbound import Plant

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = [
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
]
zones = st.sampled_from(NAMES).map(ZoneInfo)
years = st.integers(2013, 2026)


def months(zone: tzinfo, year: int) -> list[int]:
    """Return where the months of a year begin."""
    return [midnight(date(year, month, 1), zone) for month in range(1, 13)]


def days(zone: tzinfo, first: date, count: int) -> list[int]:
    """Return where days begin."""
    return [midnight(first + timedelta(days=n), zone) for n in range(count)]


@settings(deadline=None, max_examples=60)
@given(zones, years)
def test_a_year_of_months_shows_the_zone(zone: ZoneInfo, year: int) -> None:
    """What is found has the plant's offset on every one of these days."""
    begins = months(zone, year)
    assert fits(zone, begins)
    found = find_zone(begins, UTC)
    assert fits(found, begins)
    assert months(found, year) == begins


@settings(deadline=None, max_examples=30)
@given(zones, years, st.sampled_from([3, 10]))
def test_the_days_around_a_change_of_clocks(
    zone: ZoneInfo, year: int, month: int
) -> None:
    """The days of March and October fit, wherever the hour is lost or won."""
    begins = days(zone, date(year, month, 1), 31)
    found = find_zone(begins, UTC)
    assert fits(zone, begins)
    assert days(found, date(year, month, 1), 31) == begins


@settings(deadline=None, max_examples=30)
@given(zones, zones, years)
def test_the_home_zone_is_preferred(zone: ZoneInfo, home: ZoneInfo, year: int) -> None:
    """It is taken wherever it explains the rows, and nowhere else."""
    begins = months(zone, year)
    found = find_zone(begins, home)
    assert (found is home) is (months(home, year) == begins)


def test_a_zone_that_no_place_has_becomes_an_offset() -> None:
    """Days that begin 20 minutes after the hour, and on both sides of the dateline."""
    for minutes in (0, 20, -20, 14 * 60 - 7, -(9 * 60 + 59)):
        offset = timezone(timedelta(minutes=minutes))
        begins = days(offset, date(2026, 3, 1), 90)
        found = find_zone(begins, BERLIN)
        assert days(found, date(2026, 3, 1), 90) == begins
    # It may be wrong for some of the days: the newest ones count.
    begins = [*days(UTC, date(2026, 3, 1), 2), midnight(date(2026, 3, 3), BERLIN) + 60]
    assert find_zone(begins, UTC).utcoffset(None) == timedelta(minutes=59)


@pytest.mark.parametrize("old", ["Asia/Shanghai", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("recent", [1, 20, 400])
def test_a_zone_that_was_changed_stays_so(old: str, recent: int) -> None:
    """The rows that are last in time count, whatever was answered last."""
    changed = date(2026, 6, 1)
    before = [
        midnight(date(year, month, 1), ZoneInfo(old))
        for year in (2024, 2025)
        for month in range(1, 13)
    ]
    since = days(ZoneInfo("Europe/Madrid"), changed, recent)
    found = find_zone([*since, *before], BERLIN)
    assert found is BERLIN
    assert find_zone([*before, *since], ZoneInfo(old)) is BERLIN


def test_a_day_that_begins_at_one() -> None:
    """Midnight is not the only beginning of a day; noon is none."""
    zone = ZoneInfo("America/Sao_Paulo")
    begin = midnight(date(2018, 11, 4), zone)
    assert fits(zone, [begin])
    assert not fits(zone, [begin + 3600])
    assert not fits(zone, [begin + 12 * 3600])


@given(zones | st.integers(-86399, 86399).map(lambda s: timezone(timedelta(seconds=s))))
def test_a_zone_is_kept(zone: tzinfo) -> None:
    """What is saved comes back as the same zone."""
    assert load_zone(dump_zone(zone)) == zone


@pytest.mark.parametrize(
    "saved",
    [None, "", "Nowhere/Land", "Europe", "../passwd", [], 86400, -1e9, 1e300,
     float("nan"), float("inf")],
)  # fmt: skip
def test_a_zone_that_nobody_knows_is_none(saved: object) -> None:
    """Whatever is in the file, the zone is looked for again."""
    assert load_zone(saved) is None
    assert dump_zone(None) is None


def plant(connected: datetime | None) -> Plant:
    """Return a plant as the list has it."""
    return Plant(code="NE=1", name="Sonnenhof", grid_connected_at=connected)


def test_the_grid_connection_is_a_hint() -> None:
    """Its offset is the home's on that day, or else the plant is elsewhere."""
    summer = datetime(2024, 7, 1, tzinfo=timezone(timedelta(hours=2)))
    winter = datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert zone_of(plant(summer), BERLIN) is BERLIN
    assert zone_of(plant(winter), BERLIN) == timezone(timedelta(hours=2))
    assert zone_of(plant(None), BERLIN) is None
    assert zone_of(plant(datetime(2024, 1, 1)), BERLIN) is None  # noqa: DTZ001

"""What rows say about the series, as spans of their periods."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.catalogue.series import (
    DEVICE_CHARGE,
    DEVICE_EXPORT,
    DEVICE_IMPORT,
)
from custom_components.smartpvms.history.feeds import (
    FIVE_MINUTES,
    HOURS,
    LAG,
    Feed,
    Track,
)
from custom_components.smartpvms.history.merge import Pieces, Span
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.history.spans import (
    delivered_until,
    first_start,
    spans,
    storage_rows,
)
from custom_components.smartpvms.local_time import HOUR, ONE_DAY, midnight
from custom_components.smartpvms.northbound import Period, Values

BERLIN = ZoneInfo("Europe/Berlin")
DAYS, MONTHS = Feed(Track.PLANT, Period.DAY), Feed(Track.PLANT, Period.MONTH)
YEARS = Feed(Track.PLANT, Period.YEAR)
STORED = Feed(Track.STORAGE, Period.DAY)
MUCH_LATER = 4e9

zones = st.sampled_from(
    ["Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo", "Asia/Beirut"]
).map(ZoneInfo)
values = st.integers(0, 9999).map(lambda units: units / 100)


def begins(feed: Feed, first: date, zone: ZoneInfo) -> list[int]:
    """Return where the rows of an answer begin, and where the last one ends."""
    days = [first + n * ONE_DAY for n in range(366 * 3)]
    match feed.period:
        case Period.YEAR:
            days = [day for day in days if (day.month, day.day) == (1, 1)]
        case Period.MONTH:
            days = [day for day in days if day.day == 1][:13]
        case Period.DAY:
            days = days[:32]
        case Period.HOUR:
            start, end = midnight(first, zone), midnight(first + ONE_DAY, zone)
            return [*range(start, end, HOUR), end]
    return [midnight(day, zone) for day in days]


def pv(starts: list[int], amount: float = 1.0) -> list[tuple[int, Values]]:
    """Return rows in which PV energy is known."""
    return [(start, {"PVYield": amount}) for start in starts]


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from([YEARS, MONTHS, DAYS, HOURS]),
    st.dates(date(2014, 1, 1), date(2027, 1, 1)),
    zones,
    st.sampled_from([None, UTC, timezone(timedelta(hours=1))]),
)
def test_rows_reach_to_the_next_one(
    feed: Feed, first: date, zone: ZoneInfo, believed: timezone | None
) -> None:
    """Each row counts to where the next begins, if the zone is a little off too."""
    near = zone.key == "Europe/Berlin"
    edges = begins(feed, first, zone)
    zone_then = believed if believed and near else zone
    found = spans(feed, pv(edges[:-1]), Progress(), zone_then, MUCH_LATER)["pv_energy"]
    until = [span.until for span in found]
    assert [span.since for span in found] == edges[:-1]
    assert until[:-1] == edges[1:-1]
    if zone_then is zone:
        assert until[-1] == edges[-1]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([DAYS, HOURS]), st.sets(st.integers(0, 22), min_size=1))
def test_a_missing_row_leaves_a_gap(feed: Feed, kept: set[int]) -> None:
    """No row counts what an absent one would have."""
    edges = begins(feed, date(2026, 6, 1), BERLIN)
    rows = pv([edges[number] for number in sorted(kept)])
    found = spans(feed, rows, Progress(), BERLIN, MUCH_LATER)["pv_energy"]
    assert [(span.since, span.until) for span in found] == [
        (edges[number], edges[number + 1]) for number in sorted(kept)
    ]


@settings(deadline=None, max_examples=80)
@given(st.sampled_from([YEARS, MONTHS, DAYS, HOURS]), zones, st.floats(1, 86400 * 800))
def test_a_period_that_runs_ends_with_this_hour(
    feed: Feed, zone: ZoneInfo, passed: float
) -> None:
    """What is not over is known until now; what has not begun is not believed."""
    edges = begins(feed, date(2025, 1, 1), zone)
    now = edges[0] + passed
    found = spans(feed, pv(edges[:-1]), Progress(), zone, now)["pv_energy"]
    assert len(found) == sum(since < now for since in edges[:-1])
    for span, (since, end) in zip(found, pairwise(edges), strict=False):
        assert span.since == since
        if end <= now:
            assert span.until == end
        else:
            assert now < span.until <= max(since + HOUR, now + HOUR)
            assert (span.until - since) % HOUR == 0 or span.until == end


def test_series_begin_with_their_first_amount() -> None:
    """Nobody gets a series of what the plant does not have."""
    starts = begins(DAYS, date(2026, 6, 1), BERLIN)[:3]
    progress = Progress()
    rows: list[tuple[int, Values]] = [
        (start, {"PVYield": 2.5, "chargeCap": 0.0, "power_profit": -0.5})
        for start in starts
    ]
    found = spans(DAYS, rows, progress, BERLIN, MUCH_LATER)
    assert set(found) == {"pv_energy", "revenue"} == progress.series
    assert [span.amount for span in found["revenue"]] == [-0.5] * 3
    assert progress.hourly == set()
    # Once begun, its zeros are known too.
    found = spans(DAYS, pv(starts, 0.0), progress, BERLIN, MUCH_LATER)
    assert [span.amount for span in found["pv_energy"]] == [0.0] * 3
    assert spans(DAYS, [], progress, BERLIN, MUCH_LATER).get("pv_energy") == []


def test_the_devices_give_what_the_plants_hours_lack() -> None:
    """What the plant's own hours have is left to them."""
    starts = begins(HOURS, date(2026, 6, 1), BERLIN)[:2]
    progress = Progress()
    own: Values = {"inverter_power": 2.0, "ongrid_power": 0.5}
    spans(HOURS, [(start, own) for start in starts], progress, BERLIN, MUCH_LATER)
    assert progress.hourly == {"pv_energy", "grid_export", "self_consumption"}
    counted: Values = {DEVICE_EXPORT: 0.6, DEVICE_IMPORT: 0.2, DEVICE_CHARGE: 0.3}
    rows = [(start, counted) for start in starts]
    found = spans(FIVE_MINUTES, rows, progress, BERLIN, MUCH_LATER)
    assert set(found) == {"grid_import", "battery_charge"}
    assert progress.hourly == {"pv_energy", "grid_export", "self_consumption"}
    newer: Values = {**own, "chargeCap": 0.0}
    spans(HOURS, [(start, newer) for start in starts], progress, BERLIN, MUCH_LATER)
    assert set(spans(FIVE_MINUTES, rows, progress, BERLIN, MUCH_LATER)) == {
        "grid_import"
    }


def test_batteries_add_to_the_plants_days() -> None:
    """Their sums are spans of the days, where the plant's hours have none."""
    start = begins(STORED, date(2026, 6, 1), BERLIN)[0]
    rows = storage_rows([[(start, {"charge_cap": 3.0, "discharge_cap": 2.5})]] * 2)
    found = spans(STORED, rows, Progress(), BERLIN, MUCH_LATER)
    assert found == {
        "battery_charge": [Span(start, start + 24 * HOUR, 6.0)],
        "battery_discharge": [Span(start, start + 24 * HOUR, 5.0)],
    }


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from([None, 0.0, 1.5]))))
def test_the_first_row_with_a_value(drawn: list[tuple[int, float | None]]) -> None:
    """Rows of zeros, or of nothing that is counted, are before the plant's life."""
    rows: list[tuple[int, Values]] = [
        (at, {"radiation_intensity": 3.0} if value is None else {"PVYield": value})
        for at, value in drawn
    ]
    expected = min((at for at, value in drawn if value), default=None)
    assert first_start(rows) == expected


@given(st.sets(st.integers(0, 23)), st.floats(0, 30 * HOUR))
def test_what_is_delivered(hours: set[int], passed: float) -> None:
    """An hour is delivered when it is over and the cloud had its time."""
    start = midnight(date(2026, 6, 1), BERLIN)
    rows = [*pv([start + hour * HOUR for hour in sorted(hours)]), (start + 90000, {})]
    over = [h for h in hours if start + (h + 1) * HOUR + LAG <= start + passed]
    expected = start + (max(over) + 1) * HOUR if over else 0
    assert delivered_until(rows, start + passed) == expected


def test_a_life_becomes_the_hours() -> None:
    """Years, months, days and hours of one plant, in the order of the import."""
    zone = BERLIN
    progress, pieces = Progress(), Pieces()
    now = midnight(date(2027, 1, 1), zone)
    first = midnight(date(2026, 1, 1), zone)
    for feed, starts in (
        (YEARS, [date(2026, 1, 1)]),
        (MONTHS, [date(2026, month, 1) for month in range(1, 13)]),
        (DAYS, [date(2026, 3, 1) + n * ONE_DAY for n in range(31)]),
        (HOURS, [date(2026, 3, 29)]),
    ):
        edges = [edge for day in starts for edge in begins(feed, day, zone)[:-1]] if (
            feed == HOURS) else [midnight(day, zone) for day in starts]  # fmt: skip
        ends = [*edges[1:], now]
        if feed == DAYS:
            ends[-1] = midnight(date(2026, 4, 1), zone)
        if feed == HOURS:
            ends[-1] = edges[-1] + HOUR
        rows: list[tuple[int, Values]] = [
            (since, {"PVYield": (end - since) / HOUR})
            for since, end in zip(edges, ends, strict=True)
        ]
        pieces.merge(spans(feed, rows, progress, zone, now)["pv_energy"])
        total = sum(piece.amount for piece in pieces.all().values())
        assert total == pytest.approx((now - first) / HOUR)
    # A kilowatt all year: what each row counts is what it says.
    assert all(
        piece.amount == pytest.approx((piece.end - piece.since) / HOUR)
        for piece in pieces.all().values()
    )
    assert len(pieces.all()) == 11 + 30 + 23
    assert datetime.fromtimestamp(first, UTC).hour == 23

"""Periods in the words of an assistant."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.assist.periods import (
    CannotAnswerError,
    Stretch,
    edges,
    label,
    row_bounds,
    stretch,
)
from custom_components.smartpvms.local_time import HOUR
from custom_components.smartpvms.northbound import Period

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 15, 12, 34)  # noqa: DTZ001


def at(*parts: int) -> datetime:
    """Return a local time."""
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (None, None, (at(2026, 6, 15), at(2026, 6, 16))),
        ("2025", None, (at(2025, 1, 1), at(2026, 1, 1))),
        ("2025-12", None, (at(2025, 12, 1), at(2026, 1, 1))),
        (" 2025-5 ", "2025-07", (at(2025, 5, 1), at(2025, 8, 1))),
        ("2025-05-17", "2025-05-18", (at(2025, 5, 17), at(2025, 5, 19))),
        ("2025-05-17T14:20", None, (at(2025, 5, 17, 14), NOW)),
        ("2025-05-17 14:00", "2025-05-17", (at(2025, 5, 17, 14), at(2025, 5, 18))),
        ("2025-05-17T21:00+09:00", "2026", (at(2025, 5, 17, 14), at(2027, 1, 1))),
    ],
)
def test_words(
    begin: str | None, end: str | None, expected: tuple[datetime, datetime]
) -> None:
    """A year, month or day is meant as a whole; an hour with an offset is an instant."""
    assert stretch(begin, end, NOW, BERLIN) == Stretch(*expected)


@pytest.mark.parametrize("text", ["9999-99", "0000", "yesterday", "2025-05-17T", "20"])
def test_no_words(text: str) -> None:
    """Whatever the text is, it is refused and nothing else fails."""
    with pytest.raises(CannotAnswerError):
        stretch(text, None, NOW, BERLIN)


def test_days_of_the_change_of_clocks() -> None:
    """They have 23 and 25 hours; a row of the hour says which of two it is."""
    for day, hours in (("2026-03-29", 23), ("2025-10-26", 25)):
        begin, end = stretch(day, None, NOW, BERLIN).instants(BERLIN)
        found = edges(Period.HOUR, begin, end, BERLIN)
        assert (len(found) - 1, (end - begin) // HOUR) == (hours, hours)
        assert len({label(Period.HOUR, at, BERLIN) for at in found}) == hours + 1


def test_months_begin_at_the_plants_midnight() -> None:
    """The first and the last row may be a part."""
    begin, end = Stretch(at(2026, 1, 10), at(2026, 3, 5)).instants(BERLIN)
    found = edges(Period.MONTH, begin, end, BERLIN)
    assert [label(Period.DAY, at, BERLIN) for at in found] == [
        "2026-01-10",
        "2026-02-01",
        "2026-03-01",
        "2026-03-05",
    ]
    assert row_bounds(Period.MONTH, begin, BERLIN) != (found[0], found[1])
    assert row_bounds(Period.MONTH, found[1], BERLIN) == (found[1], found[2])
    assert edges(None, begin, end, BERLIN) == [begin, end]


def test_a_zone_of_half_hours() -> None:
    """Its hours begin at the half of UTC."""
    india = timezone(timedelta(hours=5, minutes=30))
    begin, end = Stretch(at(2026, 6, 15, 11), NOW).instants(india)
    assert (begin % HOUR, end - begin) == (HOUR // 2, 2 * HOUR)


def test_too_many_rows() -> None:
    """Nobody reads a year of hours."""
    begin, end = stretch("2025", None, NOW, BERLIN).instants(UTC)
    with pytest.raises(CannotAnswerError, match="more than 400 rows"):
        edges(Period.HOUR, begin, end, UTC)


def test_the_same_period_of_earlier_years() -> None:
    """29 February of another year is the moment after its 28th."""
    leap = Stretch(at(2024, 2, 29), at(2024, 3, 1))
    assert leap.years_before(1) == Stretch(at(2023, 3, 1), at(2023, 3, 1))
    assert leap.years_before(4) == Stretch(at(2020, 2, 29), at(2020, 3, 1))
    february = Stretch(at(2024, 2, 1), at(2024, 3, 1))
    assert february.years_before(1) == Stretch(at(2023, 2, 1), at(2023, 3, 1))

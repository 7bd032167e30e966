"""The demo's time machine."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smartpvms.northbound.models import Alarm
from demo.day import BEGIN_HOUR, EVENTS, HOURS, beginning, raised
from demo.hurried import known
from demo.place import PLACES, Place
from simulator.alarm_texts import CATALOGUE

NOW = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.time_zone)
def test_the_day_begins_at_night_and_soon(place: Place) -> None:
    begin = beginning(place, NOW)
    assert begin.hour == BEGIN_HOUR
    assert timedelta() < begin - NOW <= timedelta(days=1)


def test_all_that_happens_is_within_the_day() -> None:
    hours = [event.hour for event in EVENTS]
    assert hours == sorted(hours)
    assert hours[0] == BEGIN_HOUR
    assert hours[-1] < BEGIN_HOUR + HOURS


def test_the_alarm_to_try_has_a_cause_and_what_to_do() -> None:
    # A name of one's own has neither: "Grid Loss: cause" would look like a fault.
    order = raised()
    assert order["alarm"] in CATALOGUE
    assert "name" not in order


def test_an_alarm_of_the_played_day_has_been_raised_when_it_is_seen() -> None:
    seen: dict[tuple[object, ...], datetime] = {}
    before = Alarm("NE=1", "2032", "Grid Loss", raised_at=NOW - timedelta(hours=1))
    assert known(before, NOW, seen) == before
    morrow = Alarm("NE=1", "2032", "Grid Loss", raised_at=NOW + timedelta(hours=20))
    assert known(morrow, NOW, seen).raised_at == NOW
    assert known(morrow, NOW + timedelta(minutes=5), seen).raised_at == NOW

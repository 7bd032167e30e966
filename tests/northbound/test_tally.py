"""Calls of the last 24 hours, whatever the windows of a lane look back."""

import json

import pytest

from custom_components.smartpvms.northbound import Interface as I, Ledger, Profile
from custom_components.smartpvms.northbound.lane import Tally

from .conftest import HandClock, done, nothing

HOUR = 3600.0


@pytest.fixture
def ledger(clock: HandClock) -> Ledger:
    """Return an empty ledger with an account's usual limits."""
    ledger = Ledger(nothing, clock.now)
    ledger.profile = Profile.DAILY
    return ledger


def calls(ledger: Ledger, interface: I = I.PLANT_REAL_TIME) -> int:
    return ledger.lane(interface).tally.since_yesterday(ledger.now())


def test_calls_are_counted_for_a_day(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(30):
        done(ledger.claim(I.PLANT_REAL_TIME))
        clock.wait(10)
        done(ledger.record(I.PLANT_REAL_TIME, None))
        clock.wait(HOUR - 10)
    assert len(ledger.lane(I.PLANT_REAL_TIME).calls) == 1
    assert calls(ledger) == 24
    assert len(ledger.lane(I.PLANT_REAL_TIME).tally.hours) == 25
    again = Ledger(nothing, clock.now)
    again.load(json.loads(json.dumps(ledger.dump())))
    assert calls(again) == 24
    clock.wait(HOUR)
    assert calls(ledger) == 23
    assert calls(ledger, I.ALARMS) == 0


def test_a_call_that_was_taken_back_does_not_count(ledger: Ledger) -> None:
    done(ledger.claim(I.ALARMS))
    ledger.withdraw(I.ALARMS)
    ledger.withdraw(I.ALARMS)
    assert calls(ledger, I.ALARMS) == 0
    assert not ledger.lane(I.ALARMS).tally.hours


def test_a_call_that_ends_in_the_next_hour_counts_once(
    ledger: Ledger, clock: HandClock
) -> None:
    done(ledger.claim(I.ALARMS))
    clock.wait(HOUR)
    done(ledger.record(I.ALARMS, None))
    assert calls(ledger, I.ALARMS) == 1


def test_the_future_does_not_count() -> None:
    tally = Tally()
    tally.add(30 * HOUR)
    assert tally.since_yesterday(30 * HOUR - 1) == 0
    assert tally.since_yesterday(30 * HOUR) == 1
    assert tally.since_yesterday(55 * HOUR - 1) == 1
    assert tally.since_yesterday(55 * HOUR) == 0


@pytest.mark.parametrize(
    "saved",
    [None, 7, [], {"x": 1}, {"1": "2"}, {"1": None}],
)
def test_what_was_saved_in_another_shape(saved: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Tally.load(saved)


def test_what_was_saved() -> None:
    tally = Tally({1: 2, 123456789: 4})
    assert Tally.load(json.loads(json.dumps(tally.dump()))) == tally

"""Continuation and backfill share a lane; neither takes the other's calls."""

from collections.abc import Callable

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.history import shares as budget
from custom_components.smartpvms.northbound import Interface, Ledger, Profile, Scale
from tests.northbound.conftest import done, nothing

DAY, HOUR = 86400, 3600
HOURS, FIVE = Interface.PLANT_HOUR, Interface.DEVICE_HISTORY
START = 1_790_000_000.0


class Clock:
    """A time that the test sets."""

    at = START


def ledger_of(profile: Profile | None, clock: Clock, plants: int = 1) -> Ledger:
    """Return an empty ledger."""
    ledger = Ledger(nothing, lambda: clock.at)
    ledger.profile, ledger.scale = profile, Scale(plants, {38: plants, 39: plants})
    return ledger


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(Profile),
    st.integers(1, 350),
    st.lists(st.tuples(st.booleans(), st.floats(0, 5000)), max_size=80),
)
def test_each_keeps_to_its_share(
    profile: Profile, plants: int, wishes: list[tuple[bool, float]]
) -> None:
    """Whoever asks as soon as allowed, however often: the lane holds, and both last."""
    clock = Clock()
    ledger = ledger_of(profile, clock, plants)
    own: dict[bool, list[float]] = {True: [], False: []}

    def live(stamps: list[float]) -> float:
        return budget.may_continue(ledger, HOURS, stamps, backfills=True)

    def backfill(stamps: list[float]) -> float:
        return budget.may_backfill(ledger, HOURS, stamps)

    may: dict[bool, Callable[[list[float]], float]] = {True: live, False: backfill}
    for is_live, pause in wishes:
        clock.at += pause
        recent = [at for at in own[is_live] if at > clock.at - DAY]
        clock.at = max(clock.at, may[is_live](recent))
        assert ledger.wait(HOURS) == 0
        done(ledger.claim(HOURS))
        own[is_live].append(clock.at)
        if profile is Profile.DAILY:
            for kind, share in (
                (True, budget.live_calls(ledger, HOURS, backfills=True)),
                (False, budget.backfill_calls(ledger, HOURS)),
            ):
                last_day = [at for at in own[kind] if at > clock.at - DAY]
                assert share
                assert len(last_day) <= share
    # It never takes longer than a day until either may ask again.
    for stamps, at in ((own[True], live), (own[False], backfill)):
        recent = [stamp for stamp in stamps if stamp > clock.at - DAY]
        assert at(recent) <= clock.at + DAY + 1


def test_the_shares_of_an_hour_lane() -> None:
    """Of 25 calls a day 10 are the continuation's while the backfill runs, then 22."""
    ledger = ledger_of(Profile.DAILY, Clock())
    assert budget.a_day(ledger, HOURS) == 25
    assert budget.live_calls(ledger, HOURS, backfills=True) == 10
    assert budget.live_calls(ledger, HOURS, backfills=False) == 22
    assert budget.backfill_calls(ledger, HOURS) == 15
    assert budget.interval(ledger, HOURS, 1, backfills=True) == 4 * HOUR
    assert budget.interval(ledger, HOURS, 1, backfills=False) == 80 * 60
    # However many calls it takes, today is asked while it lasts.
    assert budget.interval(ledger, FIVE, 9, backfills=True) == 12 * HOUR


def test_a_lane_that_may_be_asked_each_minute() -> None:
    """Nothing is counted by the day; the backfill leaves room between its calls."""
    clock = Clock()
    ledger = ledger_of(Profile.PER_MINUTE, clock)
    assert budget.a_day(ledger, HOURS) is None
    assert budget.live_calls(ledger, HOURS, backfills=True) is None
    assert budget.backfill_calls(ledger, HOURS) is None
    assert budget.interval(ledger, HOURS, 1, backfills=True) == HOUR
    assert budget.may_backfill(ledger, HOURS, []) == START
    assert budget.may_backfill(ledger, HOURS, [START]) == START + 90
    many = [START - n for n in range(200)]
    assert budget.may_continue(ledger, HOURS, many, backfills=True) == START


def test_when_the_backfill_is_done_nobody_is_held_back() -> None:
    """The whole lane is the continuation's."""
    ledger = ledger_of(Profile.DAILY, Clock())
    many = [START - n for n in range(20)]
    assert budget.may_continue(ledger, HOURS, many, backfills=False) == START
    assert budget.may_continue(ledger, HOURS, many, backfills=True) > START + DAY - 20


@pytest.mark.parametrize("calls", [0, 1, 15, 16, 300])
def test_how_long_the_backfill_takes(calls: int) -> None:
    """A day's share is made at once, the rest as the days go by."""
    ledger = ledger_of(Profile.DAILY, Clock())
    expected = max(0, calls - 15) / 15 * DAY
    assert budget.seconds(ledger, HOURS, calls) == pytest.approx(expected)
    ledger = ledger_of(Profile.PER_MINUTE, Clock())
    assert budget.seconds(ledger, HOURS, calls) == calls * 90

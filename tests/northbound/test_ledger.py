"""The ledger's windows: how many calls, from when on, on which clock."""

from collections.abc import Callable
import json
import time
from typing import Any

import orjson
import pytest

from custom_components.smartpvms.northbound import (
    Interface as I,
    Ledger,
    Profile,
    Scale,
)
from custom_components.smartpvms.northbound.errors import (
    NotYetError,
    TooFrequentError,
    UnansweredError,
)
from custom_components.smartpvms.northbound.lane import (
    CRASH_MARGIN,
    LONGEST_CALL,
    MARGIN,
    RELAX_AFTER,
    STRETCH,
    STRETCH_MAX,
    PauseReason,
)

from .conftest import HandClock, done, nothing

MINUTE, DAY = 60.0, 86400.0
LARGE = Scale(plants=250, devices={1: 230, 39: 100, 47: 1})


@pytest.fixture
def ledger(clock: HandClock) -> Ledger:
    """Return an empty ledger."""
    return Ledger(nothing, clock.now)


def call(ledger: Ledger, interface: I, times: int = 1) -> None:
    """Make calls that are answered at once."""
    for _ in range(times):
        done(ledger.claim(interface))
        done(ledger.record(interface, None))


def restarted(ledger: Ledger, clock: HandClock) -> Ledger:
    """Return what a restart makes of a ledger."""
    fresh = Ledger(nothing, clock.now)
    fresh.load(json.loads(json.dumps(ledger.dump())))
    fresh.profile, fresh.scale = ledger.profile, ledger.scale
    return fresh


def forbidden(ledger: Ledger, interface: I) -> float:
    """Make sure that a call is kept back; return the wait in seconds."""
    with pytest.raises(NotYetError) as caught:
        done(ledger.claim(interface))
    wait = ledger.wait(interface)
    assert caught.value.interface is interface
    assert caught.value.retry_at == pytest.approx(ledger.now() + wait)
    return wait


# The table of limits: interface, calls, seconds; for one plant, then for LARGE.
DAILY: list[tuple[I, int, int, float]] = [
    (I.LOGIN, 4, 4, 10 * MINUTE),
    (I.STATION_LIST, 34, 54, DAY),
    (I.STATIONS, 34, 54, DAY),
    (I.PLANT_REAL_TIME, 1, 3, 5 * MINUTE),
    (I.PLANT_HOUR, 25, 27, DAY),
    (I.PLANT_DAY, 25, 27, DAY),
    (I.PLANT_MONTH, 25, 27, DAY),
    (I.PLANT_YEAR, 25, 27, DAY),
    (I.DEVICE_LIST, 25, 27, DAY),
    (I.DEVICE_REAL_TIME, 1, 5, 5 * MINUTE),
    (I.DEVICE_DAY, 25, 28, DAY),
    (I.DEVICE_MONTH, 25, 28, DAY),
    (I.DEVICE_YEAR, 25, 28, DAY),
    (I.DEVICE_FIVE_MINUTES, 1, 1, MINUTE),
    (I.DEVICE_HISTORY, 25, 58, DAY),
    (I.ALARMS, 1, 5, 30 * MINUTE),
    (I.UPGRADE, 1, 1, MINUTE),
    (I.UPGRADE_RECORD, 1, 1, MINUTE),
    (I.REGISTRATION, 1, 1, MINUTE),
]

MANY_A_MINUTE = {I.DEVICE_REAL_TIME, I.ALARMS}


def check_window(
    ledger: Ledger, clock: HandClock, interface: I, calls: int, seconds: float
) -> None:
    """Use a lane up, a call a minute where it takes no more, and let it recover."""
    is_slow = ledger.profile is Profile.PER_MINUTE or interface not in MANY_A_MINUTE
    assert ledger.left(interface) == ledger.most(interface) == calls
    assert ledger.burst(interface) == (1 if is_slow else calls)
    begun = clock.now()
    assert ledger.last_at(interface, calls) == pytest.approx(
        begun + (calls - 1) * (MINUTE + MARGIN) * is_slow
    )
    for left in range(calls, 0, -1):
        assert ledger.left(interface) == left
        assert ledger.wait(interface) == 0
        call(ledger, interface)
        if left > 1 and is_slow:
            assert forbidden(ledger, interface) == pytest.approx(MINUTE + MARGIN)
            clock.wait(MINUTE + MARGIN)
    assert ledger.left(interface) == 0
    over = begun + seconds + MARGIN - clock.now()
    assert forbidden(ledger, interface) == pytest.approx(over)
    clock.wait(over - MARGIN)
    forbidden(ledger, interface)
    clock.wait(MARGIN)
    assert ledger.left(interface) == (1 if is_slow else calls)
    call(ledger, interface)


def test_calls_left_while_time_passes(clock: HandClock) -> None:
    """A real clock has gone on between two looks at it."""

    def ticking() -> float:
        clock.wait(1e-6)
        return clock.now()

    ledger = Ledger(nothing, ticking)
    assert ledger.left(I.PLANT_DAY) == 25
    call(ledger, I.PLANT_DAY)
    assert ledger.left(I.PLANT_DAY) == 24


@pytest.mark.parametrize(("interface", "small", "large", "seconds"), DAILY)
def test_the_windows_of_2022(
    ledger: Ledger,
    clock: HandClock,
    interface: I,
    small: int,
    large: int,
    seconds: float,
) -> None:
    ledger.profile = Profile.DAILY
    check_window(ledger, clock, interface, small, seconds)
    ledger.scale = LARGE
    clock.wait(2 * DAY)
    check_window(ledger, clock, interface, large, seconds)


@pytest.mark.parametrize("interface", [i for i in I if i not in {I.LOGIN, I.LOGOUT}])
def test_once_a_minute_on_systems_of_2020(
    ledger: Ledger, clock: HandClock, interface: I
) -> None:
    ledger.profile, ledger.scale = Profile.PER_MINUTE, LARGE
    check_window(ledger, clock, interface, 1, MINUTE)


def test_with_an_unknown_profile_both_apply(ledger: Ledger, clock: HandClock) -> None:
    ledger.scale = Scale(plants=300)
    for _ in range(3):
        call(ledger, I.ALARMS)
        clock.wait(MINUTE + MARGIN)
    assert ledger.wait(I.ALARMS) == pytest.approx(1800 - 3 * (MINUTE + MARGIN) + MARGIN)
    check_window(ledger, clock, I.STATIONS, 54, DAY)


def test_only_types_with_days_count_for_days(ledger: Ledger) -> None:
    """A meter has none; a type that was refused is not counted either."""
    ledger.profile = Profile.DAILY
    ledger.scale = Scale(devices={38: 101, 39: 1, 47: 1, 10: 1})
    assert ledger.most(I.DEVICE_DAY) == 3 + 24
    ledger.scale = Scale(devices={38: 101, 39: 1}, without_periods=frozenset({39}))
    assert ledger.most(I.DEVICE_DAY) == 2 + 24
    ledger.scale = Scale(devices={47: 1})
    assert ledger.most(I.DEVICE_DAY) == 1 + 24


def test_four_logins_in_ten_minutes(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(4):
        call(ledger, I.LOGIN)
        clock.wait(MINUTE + MARGIN)
    assert ledger.left(I.LOGIN) == 0
    assert forbidden(ledger, I.LOGIN) == pytest.approx(600 - 4 * 60.5 + MARGIN)


def test_three_logins_at_once_by_hand(ledger: Ledger, clock: HandClock) -> None:
    """What runs by itself still waits its minute from the last of them."""
    for _ in range(3):
        done(ledger.claim_login_by_hand())
    assert forbidden(ledger, I.LOGIN) == pytest.approx(MINUTE + MARGIN)
    assert ledger.login_by_hand_at() - ledger.now() == pytest.approx(MINUTE + MARGIN)
    with pytest.raises(NotYetError):
        done(ledger.claim_login_by_hand())
    clock.wait(MINUTE + MARGIN)
    done(ledger.claim_login_by_hand())
    # The account locks at 5 in 10 minutes, whoever types.
    left = 600 - MINUTE
    assert ledger.login_by_hand_at() - ledger.now() == pytest.approx(left)


def test_lanes_do_not_touch_each_other(ledger: Ledger) -> None:
    call(ledger, I.ALARMS)
    forbidden(ledger, I.ALARMS)
    call(ledger, I.STATIONS)
    assert set(ledger.lanes) == {I.ALARMS, I.STATIONS}


def test_several_calls_wait_for_room_for_all(ledger: Ledger, clock: HandClock) -> None:
    ledger.profile, ledger.scale = Profile.DAILY, LARGE
    call(ledger, I.DEVICE_REAL_TIME, 2)
    clock.wait(100)
    call(ledger, I.DEVICE_REAL_TIME, 2)
    waits = [ledger.wait(I.DEVICE_REAL_TIME, calls) for calls in range(8)]
    first, last = 200 + MARGIN, 300 + MARGIN
    assert waits == pytest.approx([0, 0, first, first, last, last, last, last])


def test_a_cycle_fits_the_calls_of_a_round(ledger: Ledger) -> None:
    ledger.profile, ledger.scale = Profile.DAILY, LARGE
    assert ledger.cycle(I.DEVICE_REAL_TIME, 5) == 300
    assert ledger.cycle(I.DEVICE_REAL_TIME, 10) == 600
    assert ledger.cycle(I.DEVICE_REAL_TIME, 1) == 300
    ledger.profile = Profile.PER_MINUTE
    assert ledger.cycle(I.DEVICE_REAL_TIME, 5) == 300


@pytest.mark.parametrize("scale", [Scale(), Scale(0, {}), Scale(0, {1: 0})])
def test_an_account_without_plants_may_ask_once(ledger: Ledger, scale: Scale) -> None:
    ledger.profile, ledger.scale = Profile.DAILY, scale
    assert ledger.left(I.DEVICE_REAL_TIME) == ledger.left(I.PLANT_REAL_TIME) == 1


def test_fewer_plants_than_calls_leave_none(ledger: Ledger) -> None:
    ledger.profile, ledger.scale = Profile.DAILY, LARGE
    call(ledger, I.DEVICE_REAL_TIME, 5)
    ledger.scale = Scale()
    assert ledger.left(I.DEVICE_REAL_TIME) == 0
    assert forbidden(ledger, I.DEVICE_REAL_TIME) == pytest.approx(300 + MARGIN)


def test_a_slow_answer_counts_from_its_end(ledger: Ledger, clock: HandClock) -> None:
    """The server may have counted the call at any time in between."""
    done(ledger.claim(I.ALARMS))
    clock.wait(29)
    done(ledger.record(I.ALARMS, None))
    assert ledger.wait(I.ALARMS) == pytest.approx(1800 + MARGIN)


def refuse(ledger: Ledger, clock: HandClock, interface: I) -> None:
    """Be refused as too frequent, and let the pause pass."""
    clock.wait(ledger.wait(interface))
    done(ledger.claim(interface))
    done(ledger.record(interface, TooFrequentError(interface)))
    clock.wait(ledger.lane(interface).paused_until - clock.now())


def test_a_server_that_is_stricter_is_learnt(ledger: Ledger, clock: HandClock) -> None:
    """A refusal after a good call makes windows longer, a second in a row does not."""
    ledger.profile = Profile.DAILY
    refuse(ledger, clock, I.ALARMS)
    assert ledger.lane(I.ALARMS).stretch == 1
    for step in range(1, 8):
        clock.wait(ledger.wait(I.ALARMS))
        call(ledger, I.ALARMS)
        for _ in range(2):
            refuse(ledger, clock, I.ALARMS)
        stretch = min(STRETCH**step, STRETCH_MAX)
        assert ledger.lane(I.ALARMS).stretch == pytest.approx(stretch)
        assert ledger.cycle(I.ALARMS, 1) == pytest.approx(1800 * stretch)
        assert ledger.spacing(I.ALARMS, 1) == pytest.approx(1800 * stretch)
    clock.wait(ledger.wait(I.ALARMS))
    call(ledger, I.ALARMS)
    assert ledger.wait(I.ALARMS) == pytest.approx(1800 * STRETCH_MAX + MARGIN)
    assert ledger.spacing(I.DEVICE_REAL_TIME, 1) == 300


def test_what_was_learnt_is_saved_and_fades(ledger: Ledger, clock: HandClock) -> None:
    ledger.profile = Profile.DAILY
    call(ledger, I.ALARMS)
    refuse(ledger, clock, I.ALARMS)
    again = restarted(ledger, clock)
    clock.wait(again.wait(I.ALARMS))
    call(again, I.ALARMS)
    refuse(again, clock, I.ALARMS)
    clock.wait(again.lane(I.ALARMS).stretched_at - clock.now())
    for expected in (STRETCH**2, STRETCH, 1):
        again = restarted(again, clock)
        assert again.lane(I.ALARMS).stretch == pytest.approx(expected)
        clock.wait(RELAX_AFTER - 1)
        assert again.lane(I.ALARMS).stretch == pytest.approx(expected)
        clock.wait(1)
    assert again.lane(I.ALARMS).stretch == 1


def test_a_call_without_an_answer_keeps_its_lane(
    ledger: Ledger, clock: HandClock
) -> None:
    """The server may still be at work on it, over a restart as well."""
    ledger.profile, ledger.scale = Profile.DAILY, LARGE
    done(ledger.claim(I.DEVICE_REAL_TIME))
    clock.wait(30)
    crashed = restarted(ledger, clock)
    assert crashed.wait(I.DEVICE_REAL_TIME) == LONGEST_CALL - 30
    done(ledger.record(I.DEVICE_REAL_TIME, UnansweredError(I.DEVICE_REAL_TIME)))
    for known in (ledger, restarted(ledger, clock)):
        assert known.wait(I.DEVICE_REAL_TIME) == LONGEST_CALL - 30
        assert known.wait(I.ALARMS) == 0
        assert known.left(I.DEVICE_REAL_TIME) == 0
    other = Ledger(nothing, clock.now)
    other.profile, other.scale = Profile.DAILY, LARGE
    done(other.merge(ledger))
    assert other.wait(I.DEVICE_REAL_TIME) == LONGEST_CALL - 30
    clock.wait(LONGEST_CALL - 30)
    assert ledger.wait(I.DEVICE_REAL_TIME) == 0


@pytest.mark.parametrize(
    ("profile", "interface", "times"),
    [
        (Profile.DAILY, I.PLANT_HOUR, 3.0),
        # By four types of devices now, by plants in 2022.
        (Profile.DAILY, I.ALARMS, 0.75),
        (Profile.PER_MINUTE, I.ALARMS, 3.0),
        (Profile.DAILY, I.STATIONS, 3 * 24 / 34),
    ],
)
def test_what_an_older_edition_says_is_documented(
    ledger: Ledger, profile: Profile, interface: I, times: float
) -> None:
    ledger.profile = profile
    ledger.scale = Scale(devices=dict.fromkeys((1, 38, 39, 47), 1))
    lane = ledger.lane(interface)
    lane.stretch, lane.stretched_at = 3.0, ledger.now()
    assert ledger.stricter(interface) == pytest.approx(times)


def test_the_longer_windows_are_merged(ledger: Ledger, clock: HandClock) -> None:
    call(ledger, I.ALARMS)
    refuse(ledger, clock, I.ALARMS)
    other = Ledger(nothing, clock.now)
    done(other.merge(ledger))
    assert other.lane(I.ALARMS).stretch == STRETCH


def test_a_call_taken_back_never_was(ledger: Ledger) -> None:
    call(ledger, I.ALARMS)
    ledger.withdraw(I.ALARMS)
    ledger.withdraw(I.ALARMS)
    assert ledger.wait(I.ALARMS) == 0
    assert ledger.left(I.ALARMS) == 1


def test_a_restart_forgets_nothing(ledger: Ledger, clock: HandClock) -> None:
    ledger.profile = Profile.DAILY
    ledger.scale = LARGE
    call(ledger, I.DEVICE_REAL_TIME, 5)
    done(ledger.pause(I.ALARMS, 600, PauseReason.BUSY))
    again = restarted(restarted(ledger, clock), clock)
    assert forbidden(again, I.DEVICE_REAL_TIME) == pytest.approx(
        300, abs=2 * CRASH_MARGIN + 1
    )
    assert forbidden(again, I.ALARMS) == pytest.approx(600)
    assert again.lane(I.ALARMS).reason is PauseReason.BUSY


def test_a_crash_counts_the_call_that_was_leaving(clock: HandClock) -> None:
    saved: list[dict[str, Any]] = []

    async def save() -> None:
        saved.append(json.loads(json.dumps(before.dump())))

    before = Ledger(save, clock.now)
    done(before.claim(I.ALARMS))
    clock.wait(CRASH_MARGIN)
    after = Ledger(nothing, clock.now)
    after.load(saved[-1])
    assert after.wait(I.ALARMS) == pytest.approx(1800 + MARGIN)


@pytest.mark.parametrize("jump", [-2 * 3600, -30.0, 0.4, 30.0, 5 * 3600, 3 * DAY])
def test_a_clock_that_is_set_ends_no_window(clock: HandClock, jump: float) -> None:
    """The server's minutes pass as ever, whatever our clock says."""
    steady = HandClock()
    ledger = Ledger(nothing, clock.now, steady.now)
    ledger.profile = Profile.PER_MINUTE

    def pass_time(seconds: float) -> None:
        clock.wait(seconds)
        steady.wait(seconds)

    done(ledger.claim(I.ALARMS))
    pass_time(10)
    done(ledger.claim(I.STATIONS))
    done(ledger.pause(I.DEVICE_LIST, 100, PauseReason.BUSY))
    clock.wait(jump)
    assert ledger.wait(I.ALARMS) == pytest.approx(50, abs=1)
    assert ledger.wait(I.STATIONS) == pytest.approx(60, abs=1)
    assert ledger.wait(I.DEVICE_LIST) == pytest.approx(100, abs=1)
    pass_time(70)
    assert not ledger.wait(I.ALARMS)
    assert not ledger.wait(I.STATIONS)


@pytest.mark.parametrize("jump", [-2 * 3600, 5 * 3600])
def test_a_call_that_was_given_up_is_held_as_long_on_a_clock_that_is_set(
    clock: HandClock, jump: float
) -> None:
    steady = HandClock()
    ledger = Ledger(nothing, clock.now, steady.now)
    done(ledger.claim(I.ALARMS))
    done(ledger.claim(I.STATIONS))
    ledger.give_up(I.ALARMS)
    clock.wait(jump)
    ledger.now()
    ledger.give_up(I.STATIONS)
    held = [ledger.lane(one).held_until - clock.now() for one in (I.ALARMS, I.STATIONS)]
    assert held == [pytest.approx(60, abs=1)] * 2


@pytest.mark.parametrize("back", [1.0, 3600.0, 400 * DAY])
def test_a_clock_set_back_counts_calls_as_now(
    ledger: Ledger, clock: HandClock, back: float
) -> None:
    call(ledger, I.ALARMS)
    clock.wait(-back)
    assert forbidden(ledger, I.ALARMS) == pytest.approx(1800 + MARGIN)
    assert forbidden(restarted(ledger, clock), I.ALARMS) < 1800 + MARGIN + CRASH_MARGIN
    clock.wait(1800 + MARGIN)
    call(ledger, I.ALARMS)


def test_a_clock_set_back_shortens_a_pause_to_a_day(
    ledger: Ledger, clock: HandClock
) -> None:
    done(ledger.pause(I.ALARMS, 3600, PauseReason.BUSY))
    clock.wait(-400 * DAY)
    assert forbidden(ledger, I.ALARMS) == pytest.approx(DAY + 3600)


@pytest.mark.parametrize("ahead", [3600.0, 2 * DAY])
def test_a_clock_that_leaps_during_a_call_does_not_lose_it(
    ledger: Ledger, clock: HandClock, ahead: float
) -> None:
    done(ledger.claim(I.ALARMS))
    clock.wait(ahead)
    done(ledger.record(I.ALARMS, None))
    assert forbidden(ledger, I.ALARMS) == pytest.approx(1800 + MARGIN)


def test_old_calls_are_forgotten(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(100):
        call(ledger, I.STATIONS)
        clock.wait(DAY / 20)
    assert len(ledger.lane(I.STATIONS).calls) <= 21


HUGE = 10**400
GOOD: dict[str, Any] = {
    "calls": [],
    "paused_until": 0,
    "pause": 0,
    "paused_since": 0,
    "reason": None,
    "hours": {},
    "made": 0,
}
MALFORMED: list[Any] = [
    None,
    [],
    "text",
    7,
    {"used_up_at": "now"},
    {"stations": None},
    {"stations": {}},
    *(
        {"stations": GOOD | part}
        for part in (
            {"calls": None},
            {"calls": [None]},
            {"calls": ["1"]},
            {"calls": [HUGE]},
            {"paused_until": None},
            {"paused_until": float("inf")},
            {"pause": float("nan")},
            {"reason": 7},
            {"reason": "unheard of"},
            {"hours": []},
            {"hours": {"x": 1}},
            {"hours": {"1": "2"}},
            {"held_until": []},
        )
    ),
]


@pytest.mark.parametrize("saved", MALFORMED, ids=repr)
def test_a_damaged_record_is_refused_whole(ledger: Ledger, saved: Any) -> None:
    """Calls that are forgotten would be made once more."""
    with pytest.raises(ValueError, match=r".+"):
        ledger.load(saved)


def test_a_later_version_may_know_more_interfaces(ledger: Ledger) -> None:
    ledger.load({"unheardOf": {"calls": [1.0]}})
    assert ledger.lanes == {}


def test_what_is_absurd_on_disk_is_bounded(ledger: Ledger) -> None:
    times = {"calls": [1e17], "paused_until": 1e17, "pause": 1e17, "reason": "busy"}
    ledger.load({"getAlarmList": GOOD | times | {"made": 2.0**59}})
    assert ledger.wait(I.ALARMS) == DAY + 3600
    assert ledger.lane(I.ALARMS).pause == 7200
    ledger.load({"getAlarmList": GOOD | {"stretched_at": -5, "hours": {"1": 1e17}}})
    assert ledger.lane(I.ALARMS).stretched_at == 0
    assert orjson.dumps(ledger.dump())


@pytest.mark.parametrize(
    ("interface", "longest"),
    [
        (I.LOGIN, 600),
        (I.DEVICE_REAL_TIME, 300),
        (I.PLANT_DAY, DAY),
        # Half of a day's lists is kept for restarts.
        (I.STATIONS, 60),
        (I.DEVICE_LIST, 60),
    ],
)
def test_without_a_record_all_windows_count_as_full(
    ledger: Ledger, clock: HandClock, interface: I, longest: float
) -> None:
    ledger.profile, ledger.scale = Profile.DAILY, LARGE
    ledger.used_up_at = clock.now()
    assert ledger.left(interface) == 0
    assert ledger.lanes.keys() <= {interface}
    clock.wait(30)
    again = restarted(ledger, clock)
    assert forbidden(again, interface) == pytest.approx(longest - 30 + MARGIN)
    clock.wait(longest - 30 + MARGIN)
    call(again, interface)


def test_windows_that_count_as_full_follow_a_clock_that_is_set(
    clock: HandClock,
) -> None:
    steady = HandClock()
    ledger = Ledger(nothing, clock.now, steady.now)
    ledger.used_up_at = clock.now()
    clock.wait(5 * 3600)
    assert ledger.wait(I.ALARMS) == pytest.approx(1800 + MARGIN)
    ledger.used_up_at = clock.now() + DAY
    assert ledger.wait(I.ALARMS) == pytest.approx(1800 + MARGIN)


def test_the_ledger_has_a_clock_of_its_own() -> None:
    before = time.time()
    assert before <= Ledger(nothing).now() <= time.time()


type Act = Callable[[Ledger], Any]


@pytest.mark.parametrize(
    ("act", "saves"),
    [
        (lambda ledger: ledger.claim(I.ALARMS), 1),
        (lambda ledger: ledger.record(I.ALARMS, None), 0),
        (lambda ledger: ledger.pause(I.ALARMS, 1, PauseReason.BUSY), 1),
        (lambda ledger: ledger.resume(I.ALARMS, PauseReason.BUSY), 0),
    ],
)
def test_what_must_survive_a_crash_is_saved(
    clock: HandClock, act: Act, saves: int
) -> None:
    count = 0

    async def save() -> None:
        nonlocal count
        count += 1

    done(act(Ledger(save, clock.now)))
    assert count == saves


def test_a_lane_is_written_before_each_call_so_it_stays_short(
    ledger: Ledger, clock: HandClock
) -> None:
    ledger.profile = Profile.PER_MINUTE
    for _ in range(1000):
        call(ledger, I.DEVICE_REAL_TIME)
        clock.wait(MINUTE + 1)
    assert len(ledger.lane(I.DEVICE_REAL_TIME).calls) <= 60

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
from custom_components.smartpvms.northbound.errors import NotYetError
from custom_components.smartpvms.northbound.lane import (
    CRASH_MARGIN,
    MARGIN,
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
    (I.LOGIN, 1, 1, MINUTE),
    (I.STATION_LIST, 24, 24, DAY),
    (I.STATIONS, 24, 24, DAY),
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
    (I.DEVICE_HISTORY, 1, 1, MINUTE),
    (I.ALARMS, 1, 3, 30 * MINUTE),
    (I.UPGRADE, 1, 1, MINUTE),
    (I.UPGRADE_RECORD, 1, 1, MINUTE),
    (I.REGISTRATION, 1, 1, MINUTE),
]


def check_window(
    ledger: Ledger, clock: HandClock, interface: I, calls: int, seconds: float
) -> None:
    """Use a lane up, and let it recover."""
    assert (ledger.left(interface), ledger.burst(interface)) == (calls, calls)
    assert ledger.wait(interface) == 0
    call(ledger, interface, calls)
    assert ledger.left(interface) == 0
    assert forbidden(ledger, interface) == pytest.approx(seconds + MARGIN)
    clock.wait(seconds)
    forbidden(ledger, interface)
    clock.wait(MARGIN)
    assert ledger.left(interface) == calls
    call(ledger, interface)


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


@pytest.mark.parametrize("interface", [i for i in I if i is not I.LOGOUT])
def test_once_a_minute_on_systems_of_2020(
    ledger: Ledger, clock: HandClock, interface: I
) -> None:
    ledger.profile, ledger.scale = Profile.PER_MINUTE, LARGE
    check_window(ledger, clock, interface, 1, MINUTE)


def test_with_an_unknown_profile_both_apply(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(24):
        check_wait = forbidden if ledger.lane(I.STATIONS).calls else Ledger.wait
        assert check_wait(ledger, I.STATIONS) <= MINUTE + MARGIN
        clock.wait(MINUTE + MARGIN)
        call(ledger, I.STATIONS)
    assert ledger.wait(I.STATIONS) == pytest.approx(
        DAY - 23 * (MINUTE + MARGIN) + MARGIN
    )


def test_history_has_two_windows(ledger: Ledger, clock: HandClock) -> None:
    """Tens of devices a call, 24 more a day, once a minute."""
    ledger.profile = Profile.DAILY
    ledger.scale = Scale(devices={38: 11, 39: 1})
    for _ in range(27):
        assert ledger.left(I.DEVICE_HISTORY) == 1
        call(ledger, I.DEVICE_HISTORY)
        clock.wait(MINUTE + MARGIN)
    assert ledger.left(I.DEVICE_HISTORY) == 0
    assert forbidden(ledger, I.DEVICE_HISTORY) > DAY - 28 * (MINUTE + 1)


def test_only_types_with_days_count_for_days(ledger: Ledger) -> None:
    """A meter has none; a type that was refused is not counted either."""
    ledger.profile = Profile.DAILY
    ledger.scale = Scale(devices={38: 101, 39: 1, 47: 1, 10: 1})
    assert ledger.burst(I.DEVICE_DAY) == 3 + 24
    ledger.scale = Scale(devices={38: 101, 39: 1}, without_periods=frozenset({39}))
    assert ledger.burst(I.DEVICE_DAY) == 2 + 24
    ledger.scale = Scale(devices={47: 1})
    assert ledger.burst(I.DEVICE_DAY) == 1 + 24


def test_five_logins_in_ten_minutes(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(5):
        call(ledger, I.LOGIN)
        clock.wait(MINUTE + MARGIN)
    assert ledger.left(I.LOGIN) == 0
    assert forbidden(ledger, I.LOGIN) == pytest.approx(600 - 5 * 60.5 + MARGIN)


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


def test_a_call_taken_back_never_was(ledger: Ledger) -> None:
    call(ledger, I.ALARMS)
    ledger.withdraw(I.ALARMS)
    ledger.withdraw(I.ALARMS)
    assert ledger.wait(I.ALARMS) == 0
    assert ledger.left(I.ALARMS) == 1


def test_a_restart_forgets_nothing(ledger: Ledger, clock: HandClock) -> None:
    ledger.profile = Profile.DAILY
    call(ledger, I.STATIONS, 24)
    done(ledger.pause(I.ALARMS, 600, PauseReason.BUSY))
    again = restarted(restarted(ledger, clock), clock)
    assert forbidden(again, I.STATIONS) == pytest.approx(DAY, abs=2 * CRASH_MARGIN + 1)
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
MALFORMED: list[Any] = [
    None,
    [],
    "text",
    7,
    {"unheardOf": {"calls": [1.0]}},
    {"stations": None},
    {"stations": []},
    {"stations": {}},
    {"stations": {"calls": None, "paused_until": None, "pause": None, "reason": None}},
    {"stations": {"calls": "12", "paused_until": "12", "pause": [], "reason": 7}},
    {"stations": {"calls": [None, "1", {}, [], True, 0, -5.0, HUGE]}},
    {"stations": {"paused_until": HUGE, "pause": HUGE, "reason": "unheard of"}},
    {"stations": {"paused_until": float("inf"), "pause": float("nan"), "reason": []}},
    {"stations": {"paused_until": -1e30, "pause": -900.0, "reason": {}}},
]


@pytest.mark.parametrize("saved", MALFORMED, ids=repr)
def test_what_is_malformed_on_disk_is_left_out(ledger: Ledger, saved: Any) -> None:
    ledger.load(saved)
    assert ledger.wait(I.STATIONS) == 0
    lane = ledger.lane(I.STATIONS)
    assert (lane.paused_until, lane.pause, lane.reason) == (0, 0, None)
    call(ledger, I.STATIONS)
    json.dumps(ledger.dump(), allow_nan=False)


def test_what_is_absurd_on_disk_is_bounded(ledger: Ledger) -> None:
    absurd = {"calls": [1e300], "paused_until": 1e300, "pause": 1e300, "reason": "busy"}
    ledger.load({"alarms": absurd, "getAlarmList": absurd})
    assert ledger.wait(I.ALARMS) == DAY + 3600
    assert ledger.lane(I.ALARMS).pause == 7200
    ledger.load({"getAlarmList": {"made": 2.0**64}})
    assert orjson.dumps(ledger.dump())


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

"""The calls of an owner's day: spread over the day and the interfaces, never too many."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, pairwise
from statistics import median
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.northbound import Interface, Ledger, Profile, Scale
from custom_components.smartpvms.northbound.errors import NotYetError
from custom_components.smartpvms.northbound.interfaces import CONTROL, TASKS
from custom_components.smartpvms.northbound.owner_quota import (
    BASIC_CALLS,
    CONTROL_CALLS,
    LIVE,
    LIVE_EVERY,
    NIGHT_EVERY,
)

from .conftest import HandClock, nothing

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 6, 15, tzinfo=BERLIN)
# A house with five types of devices.
HOUSE = Scale(1, dict.fromkeys((38, 39, 47, 10, 62), 1))
PLANTS, DEVICES = Interface.PLANT_REAL_TIME, Interface.DEVICE_REAL_TIME


@pytest.fixture
def clock() -> HandClock:
    """Return a clock that begins at midnight of the plants."""
    clock = HandClock()
    clock.set_to(MIDNIGHT)
    return clock


@pytest.fixture
def ledger(clock: HandClock) -> Ledger:
    """Return an owner's ledger."""
    return new_ledger(clock)


def new_ledger(clock: HandClock, scale: Scale = HOUSE) -> Ledger:
    """Return an owner's ledger without a call."""
    ledger = Ledger(nothing, clock.now)
    ledger.profile = Profile.OWNER
    ledger.scale = scale
    ledger.zone = BERLIN
    return ledger


async def call(ledger: Ledger, interface: Interface, calls: int = 1) -> None:
    """Make calls as the ledger has them; NotYetError where it has not."""
    for _ in range(calls):
        await ledger.claim(interface)
        await ledger.record(interface, None)


async def spend(ledger: Ledger, calls: int, interface: Interface) -> None:
    """Put calls on record, whatever the ledger says."""
    for _ in range(calls):
        ledger.lane(interface).add(ledger.now())


async def live_day(
    ledger: Ledger, clock: HandClock, others: int, days: int = 1
) -> dict[Interface, list[float]]:
    """Poll as often as the ledger has it; `others`: calls a day of anything else."""
    made: dict[Interface, list[float]] = defaultdict(list)
    rounds = {PLANTS: 1, DEVICES: 5}
    for minute in range(round(days * DAY / MINUTE)):
        if minute % max(1, round(1440 / others)) == 0:
            await spend(ledger, 1, Interface.PLANT_HOUR)
            made[Interface.PLANT_HOUR].append(clock.now())
        for interface, calls in rounds.items():
            if not ledger.wait(interface, calls):
                await call(ledger, interface, calls)
                made[interface] += [clock.now()] * calls
        clock.wait(MINUTE)
    return made


def ages(made: list[float], first: int, last: int) -> list[float]:
    """Return the seconds between rounds in these hours of the first day."""
    start = MIDNIGHT.timestamp()
    rounds = sorted(set(made))
    return [
        later - earlier
        for earlier, later in pairwise(rounds)
        if start + first * HOUR <= earlier and later < start + last * HOUR
    ]


async def test_a_day_of_live_data_stays_within_it(
    ledger: Ledger, clock: HandClock
) -> None:
    made = await live_day(ledger, clock, others=90, days=2)
    stamps = sorted(at for calls in made.values() for at in calls)
    assert all(
        later - earlier > DAY
        for earlier, later in zip(stamps, stamps[BASIC_CALLS:], strict=False)
    )
    # On the first day the import might still take its share.
    assert len(stamps) > 1.5 * BASIC_CALLS
    by_day = ages(made[DEVICES], 6, 22)
    assert median(by_day) <= 13 * MINUTE
    assert min(by_day) >= LIVE_EVERY
    assert median(ages(made[DEVICES], 0, 4)) == pytest.approx(NIGHT_EVERY, rel=0.05)


def most_in_a_day(stamps: Iterable[float], zone: str) -> int:
    """Return the calls of the day of a zone that has most."""
    place = ZoneInfo(zone)
    return max(
        Counter(datetime.fromtimestamp(at, place).date() for at in stamps).values()
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Asia/Shanghai"])
async def test_no_day_has_more_calls_wherever_it_begins(
    clock: HandClock, zone: str
) -> None:
    """The server's day may be of any zone; one of Berlin's here has 25 hours."""
    clock.set_to(datetime(2026, 10, 24, tzinfo=ZoneInfo(zone)))
    ledger, made = new_ledger(clock), list[float]()
    end = clock.now() + 3 * DAY
    while clock.now() < end:
        # What is worth most takes all that the day has.
        if not ledger.wait(Interface.REGISTRATION):
            await call(ledger, Interface.REGISTRATION)
            made.append(clock.now())
        clock.wait(MINUTE + 1)
    assert most_in_a_day(made, zone) == BASIC_CALLS


async def test_a_day_of_25_hours_that_begins_at_half_past(clock: HandClock) -> None:
    adelaide = ZoneInfo("Australia/Adelaide")
    clock.set_to(datetime(2026, 4, 4, tzinfo=adelaide))
    ledger = new_ledger(clock)
    ledger.zone = adelaide
    made = await live_day(ledger, clock, others=400, days=3)
    most = most_in_a_day(chain.from_iterable(made.values()), adelaide.key)
    assert 0.8 * BASIC_CALLS < most <= BASIC_CALLS


@pytest.mark.parametrize("jump", [-5 * HOUR, -MINUTE, 0.7, 50 * MINUTE, 5 * HOUR])
def test_a_clock_that_is_set_ends_no_day(clock: HandClock, jump: float) -> None:
    steady = clock.now()
    ledger = Ledger(nothing, clock.now, lambda: steady)
    ledger.profile = Profile.OWNER
    for _ in range(900):
        ledger.lane(Interface.REGISTRATION).add(ledger.now())
    for hours in range(24):
        assert ledger.left_of_day() == BASIC_CALLS - 900, hours
        clock.wait(jump if hours % 12 == 2 else 0)
        assert ledger.left_of_day() == BASIC_CALLS - 900, hours
        clock.wait(HOUR)
        steady += HOUR
    clock.wait(2 * HOUR)
    steady += 2 * HOUR
    assert ledger.left_of_day() == BASIC_CALLS


def test_a_clock_that_was_wrong_before_a_restart_ends_no_day(clock: HandClock) -> None:
    before, after = new_ledger(clock), new_ledger(clock)
    before.lane(Interface.REGISTRATION).tally.add(clock.now(), 600)
    clock.wait(-5 * DAY)
    after.load(before.dump())
    for _ in range(24):
        # Whatever asks for the lane, as each call does.
        after.lane(Interface.REGISTRATION)
        assert after.left_of_day() == BASIC_CALLS - 600
        clock.wait(HOUR)
    clock.wait(HOUR)
    assert after.left_of_day() == BASIC_CALLS


async def test_the_share_of_the_import_goes_to_live_data_when_it_is_done(
    ledger: Ledger, clock: HandClock
) -> None:
    while_it_runs = await live_day(ledger, clock, others=250)
    clock.set_to(MIDNIGHT)
    done = new_ledger(clock)
    await live_day(done, clock, others=60)
    clock.set_to(MIDNIGHT)
    before, after = (
        ledger.cycle(DEVICES, 5),
        median(ages(while_it_runs[DEVICES], 6, 22)),
    )
    assert after <= 15 * MINUTE
    clock.wait(1.5 * DAY)
    assert done.cycle(DEVICES, 5) < min(before, 9 * MINUTE)


async def test_few_devices_are_asked_as_often_as_is_allowed(clock: HandClock) -> None:
    ledger = new_ledger(clock, Scale(1, {38: 1}))
    clock.wait(12 * HOUR)
    assert ledger.cycle(PLANTS, 1) == LIVE_EVERY
    assert ledger.cycle(DEVICES, 1) == LIVE_EVERY
    await call(ledger, PLANTS)
    assert ledger.wait(PLANTS) == pytest.approx(LIVE_EVERY, abs=1)


async def test_morning_makes_no_value_old(clock: HandClock) -> None:
    ledger = new_ledger(clock, Scale(1, {38: 1}))
    clock.wait(5 * HOUR + MINUTE)
    assert ledger.cycle(PLANTS, 1) == NIGHT_EVERY
    await call(ledger, PLANTS)
    assert ledger.wait(PLANTS) == pytest.approx(LIVE_EVERY, abs=1)
    clock.wait(NIGHT_EVERY)
    assert ledger.cycle(PLANTS, 1) == LIVE_EVERY
    clock.wait(17 * HOUR)
    assert ledger.cycle(PLANTS, 1) == NIGHT_EVERY


async def test_what_is_worth_least_stops_first(
    ledger: Ledger, clock: HandClock
) -> None:
    clock.wait(12 * HOUR)
    order = (Interface.PLANT_HOUR, DEVICES, Interface.ALARMS, Interface.STATIONS)
    for spent, stopped in ((880, 1), (950, 2), (980, 3), (1000, 4)):
        missing = spent - (BASIC_CALLS - (ledger.left_of_day() or 0))
        await spend(ledger, missing, Interface.REGISTRATION)
        for number, interface in enumerate(order):
            assert bool(ledger.wait(interface)) == (number < stopped)
            assert bool(ledger.left(interface)) == (number >= stopped)
    with pytest.raises(NotYetError):
        await call(ledger, Interface.STATIONS)
    # A login is no call of the day, and control has a day of its own.
    assert not ledger.wait(Interface.LOGIN)
    assert not ledger.wait(Interface.BATTERY_MODE)
    clock.wait(DAY + HOUR)
    assert not ledger.wait(Interface.PLANT_HOUR)
    assert ledger.left_of_day() == BASIC_CALLS


async def test_control_has_a_hundred_calls_a_day(
    ledger: Ledger, clock: HandClock
) -> None:
    await spend(ledger, CONTROL_CALLS - 30, Interface.BATTERY_MODE_READ)
    clock.wait(2 * MINUTE)
    for interface in CONTROL:
        assert bool(ledger.wait(interface)) == (interface not in TASKS)
    await spend(ledger, 30, Interface.BATTERY_MODE)
    clock.wait(2 * MINUTE)
    assert all(ledger.wait(interface) > HOUR for interface in CONTROL)
    assert ledger.left(Interface.BATTERY_MODE) == 0
    assert ledger.left_of_day() == BASIC_CALLS
    assert not ledger.wait(DEVICES, 5)


async def test_lists_are_daily_and_alarms_hourly(ledger: Ledger) -> None:
    # The lists are polled with half of their calls.
    assert 2 * ledger.spacing(Interface.DEVICE_LIST, 1) == DAY
    assert 2 * ledger.spacing(Interface.STATIONS, 1) == DAY
    assert ledger.spacing(Interface.ALARMS, 1) == HOUR
    ledger.profile = Profile.DAILY
    assert ledger.spacing(Interface.DEVICE_LIST, 1) < HOUR
    assert ledger.left_of_day() is None


async def test_a_restart_does_not_forget_the_day(
    ledger: Ledger, clock: HandClock
) -> None:
    await spend(ledger, 900, Interface.REGISTRATION)
    again = new_ledger(clock)
    again.load(ledger.dump())
    assert again.left_of_day() == 100
    assert again.wait(Interface.PLANT_HOUR) > 23 * HOUR


async def test_a_fleet_is_never_asked_all_day_for_nothing(clock: HandClock) -> None:
    fleet = Scale(5000, {1: 20_000})
    ledger = new_ledger(clock, fleet)
    clock.wait(12 * HOUR)
    assert set(LIVE) == {PLANTS, DEVICES}
    # 250 calls a round.
    assert 4 * HOUR < ledger.cycle(DEVICES, 200) <= 18 * HOUR
    assert datetime.fromtimestamp(clock.now(), UTC) > MIDNIGHT

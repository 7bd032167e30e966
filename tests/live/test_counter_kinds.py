"""Counters in what goes wrong: other devices, other zones, rows that stand still."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.catalogue import Counter
from custom_components.smartpvms.live.counters import advance
from custom_components.smartpvms.live.memory import Memory, Moment, State, leap_of
from custom_components.smartpvms.local_time import Day
from custom_components.smartpvms.storage.store import DAMAGE

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")

type Row = tuple[str, float | None]


def play(
    counter: Counter,
    rows: Iterable[Row],
    zone: tzinfo | None = BERLIN,
    capacity: float | None = 10.0,
) -> list[Memory]:
    """Return the memories after rows at local times of Berlin."""
    memory: Memory | None = None
    before: float | None = None
    found = []
    for time, raw in rows:
        at = datetime.fromisoformat(time).replace(tzinfo=BERLIN).timestamp()
        moment = Moment(at, zone and Day.of(at, zone), leap_of(capacity), before)
        memory, before = advance(counter, memory, raw, moment), at
        assert memory
        found.append(memory)
    return found


def values(memories: Iterable[Memory]) -> list[float | None]:
    """Return what is shown."""
    return [memory.value for memory in memories]


def counted(memories: Sequence[Memory], *, increasing: bool = False) -> float:
    """Return what Home Assistant counts: from 0 again after a reset."""
    total = 0.0
    for before, after in pairwise(memories):
        assert before.value is not None
        assert after.value is not None
        anew = after.last_reset != before.last_reset
        if increasing:
            anew = after.value < before.value * 0.9
        total += after.value - (0.0 if anew else before.value)
    return total


@pytest.mark.parametrize(
    ("before", "first", "last", "capacity"),
    [
        pytest.param(9000.0, 1500.0, 1549.9, 10.0, id="a used one"),
        pytest.param(9000.0, 1500.0, 1549.9, None, id="of a plant of unknown size"),
        pytest.param(1500.0, 9000.0, 9049.9, 10.0, id="one that has counted more"),
    ],
)
def test_another_devices_register_counts_from_its_first_sight_on(
    before: float, first: float, last: float, capacity: float | None
) -> None:
    rows = [
        ("2026-06-15T10:00", before),
        ("2026-06-15T10:05", first),
        ("2026-06-15T22:00", first + 20.0),
        ("2026-06-16T10:05", last),
        ("2026-06-16T10:10", last + 0.1),
    ]
    memories = play(Counter.LIFETIME, rows, capacity=capacity)
    assert counted(memories) == pytest.approx(last + 0.1 - first)
    assert {memory.last_reset for memory in memories} == {None}


@pytest.mark.parametrize(
    ("first", "register", "expected"),
    [
        pytest.param("2026-06-15T10:05", 12.4, 20.0, id="that has counted elsewhere"),
        pytest.param("2026-06-15T10:10", 12.4, 20.0, id="at no more than 40 kW"),
        pytest.param("2026-06-15T12:00", 12.4, 32.4, id="that is new"),
    ],
)
def test_a_small_register_is_a_new_devices_where_it_can_be(
    first: str, register: float, expected: float
) -> None:
    """No house draws 12.4 kWh in five minutes."""
    rows: list[Row] = [
        ("2026-06-15T10:00", 100.0),
        (first, register),
        ("2026-06-15T22:00", register + 9.0),
        ("2026-06-16T12:05", register + 20.0),
    ]
    assert counted(play(Counter.LIFETIME, rows)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("counter", "expected"),
    [(Counter.PLANT_DAY, 950.0), (Counter.PLANT_DAY_MONEY, -250.0)],
)
def test_a_row_that_is_missing_until_noon_in_an_unknown_zone(
    counter: Counter, expected: float
) -> None:
    """What is less than the evening before is of the next day; money may just fall."""
    rows: list[Row] = [
        ("2026-06-15T18:00", 1200.0),
        ("2026-06-16T13:00", 913.0),
        ("2026-06-16T13:05", 950.0),
    ]
    assert counted(play(counter, rows, zone=None)) == pytest.approx(expected)
    soon = [rows[0], ("2026-06-15T18:05", 913.0), ("2026-06-15T18:10", 950.0)]
    assert counted(play(counter, soon, zone=None)) == pytest.approx(-250.0)


def test_a_row_that_wavers_at_night_is_of_the_day_before_once_the_zone_is_known() -> (
    None
):
    """It stood still, but for its last decimal: the next day has not begun."""
    memories = play(
        Counter.PLANT_DAY,
        [("2026-06-15T20:00", 1262.2), ("2026-06-16T00:30", 1262.21)],
        zone=None,
    )
    at = datetime(2026, 6, 16, 10, 15, tzinfo=BERLIN).timestamp()
    moment = Moment(at, Day.of(at, BERLIN))
    after = advance(Counter.PLANT_DAY, memories[-1], 340.0, moment)
    assert after
    assert counted([*memories, after]) == pytest.approx(340.01)


def test_a_row_that_wavers_all_night_begins_its_day_when_it_moves() -> None:
    """Even where the next day's first number is more than half of the last one's."""
    wavering = [
        (f"2026-06-16T{hour:02}:{minute:02}", 12.60 + 0.01 * (minute % 2))
        for hour in range(10)
        for minute in range(0, 60, 5)
    ]
    rows: list[Row] = [
        ("2026-06-15T20:00", 12.60),
        *wavering,
        ("2026-06-16T10:14", 7.0),
        ("2026-06-16T10:19", 7.2),
    ]
    assert counted(play(Counter.PLANT_DAY, rows)) == pytest.approx(7.2, abs=0.02)


@pytest.mark.parametrize("today", [9.36, 25.0, 41.0])
def test_a_rise_by_day_may_be_yesterdays_rest(today: float) -> None:
    """A plant that was cut off first delivers what the evening has come to."""
    rows: list[Row] = [
        ("2026-06-15T18:15", 36.49),
        ("2026-06-16T00:30", None),
        ("2026-06-16T09:05", 37.15),
        ("2026-06-16T09:25", 37.16),
        ("2026-06-16T10:05", today),
    ]
    memories = play(Counter.PLANT_DAY, rows)
    assert counted(memories[:-1]) == pytest.approx(0, abs=0.7)
    assert counted(memories) == pytest.approx(today, abs=0.7)


@pytest.mark.parametrize(
    "counter", [Counter.PLANT_DAY, Counter.PLANT_DAY_MONEY, Counter.PLANT_MONTH]
)
@pytest.mark.parametrize("again", [47.1, 47.11, 47.6])
def test_a_0_at_midnight_may_not_have_been_read(counter: Counter, again: float) -> None:
    """The row of the evening, which comes back at night, is not the new day's."""
    rows: list[Row] = [
        ("2026-06-30T22:30", 47.1),
        ("2026-06-30T23:30", 0.0),
        ("2026-07-01T00:30", 0.0),
        ("2026-07-01T01:45", again),
        ("2026-07-01T06:50", again),
        ("2026-07-01T08:30", 1.5),
        ("2026-07-01T12:30", 9.5),
    ]
    memories = play(counter, rows)
    assert counted(memories[:-2]) == 0
    assert counted(memories) == pytest.approx(9.5)


@pytest.mark.parametrize("counter", [Counter.PLANT_DAY, Counter.DEVICE_DAY])
def test_the_day_is_still_known_where_the_zone_is_not_for_a_while(
    counter: Counter,
) -> None:
    """A start without the saved zone, in the night while a row stands still."""
    evening = play(
        counter,
        [
            ("2026-06-15T20:00", 9.5),
            ("2026-06-16T00:05", 9.51),
            ("2026-06-16T00:10", 9.5),
            ("2026-06-16T00:14", 9.51),
        ],
    )
    memory: Memory | None = evening[-1]
    memories = [*evening]
    for time, raw, zone in [
        ("2026-06-16T03:00", 9.5, None),
        ("2026-06-16T03:05", 9.51, BERLIN),
        ("2026-06-16T10:14", 7.0, BERLIN),
        ("2026-06-16T10:19", 7.2, BERLIN),
    ]:
        at = datetime.fromisoformat(time).replace(tzinfo=BERLIN).timestamp()
        memory = advance(counter, memory, raw, Moment(at, zone and Day.of(at, zone)))
        assert memory
        memories.append(memory)
    is_device = counter is Counter.DEVICE_DAY
    assert counted(memories, increasing=is_device) == pytest.approx(7.2, abs=0.03)


def test_a_day_that_is_ahead_of_the_one_before_is_counted_as_a_whole() -> None:
    """Home Assistant sees no new day in a rise: 11.95 were lost."""
    rows: list[Row] = [
        ("2026-09-03T23:20", 11.95),
        ("2026-09-04T12:01", 13.13),
        ("2026-09-04T12:11", 13.63),
    ]
    memories = play(Counter.DEVICE_DAY, rows)
    assert counted(memories, increasing=True) == pytest.approx(13.63)


def test_a_lifetime_is_settled_where_summer_time_is_not_known_of() -> None:
    """The list tells the offset of winter: midnight is taken to be an hour later."""
    rows: list[Row] = [
        ("2026-06-15T22:00", 1886.49),
        ("2026-06-16T00:05", 1888.22),
        ("2026-06-16T00:15", 1885.91),
        ("2026-06-16T06:05", 1885.91),
        ("2026-06-16T18:05", 1895.91),
    ]
    memories = play(Counter.PLANT_LIFETIME, rows, zone=timezone(timedelta(hours=1)))
    assert counted(memories) == pytest.approx(10.0)


def test_a_register_that_stood_still_was_the_old_devices() -> None:
    """At night nothing is fed in: no new device has counted all of it since dusk."""
    rows: list[Row] = [
        ("2026-06-15T20:00", 450.0),
        ("2026-06-16T06:00", 450.0),
        ("2026-06-16T06:05", 180.0),
        ("2026-06-16T20:00", 190.0),
        ("2026-06-17T06:10", 190.0),
    ]
    assert counted(play(Counter.LIFETIME, rows)) == pytest.approx(10.0)


@pytest.mark.parametrize("zero", ["2026-06-15T10:02", "2026-06-16T02:00"])
def test_zeros_do_not_make_a_used_meter_a_new_one(zero: str) -> None:
    rows: list[Row] = [
        ("2026-06-14T10:00", 9000.0),
        (zero, 0.0),
        ("2026-06-15T10:05", 1500.0),
        ("2026-06-15T22:00", 1520.0),
        ("2026-06-16T10:06", 1549.9),
    ]
    assert counted(play(Counter.LIFETIME, sorted(rows))) == pytest.approx(49.9)


def test_a_leap_that_stays_is_not_counted() -> None:
    rows = [
        ("2026-06-15T10:00", 1000.0),
        *((f"2026-06-15T{hour}:05", 1300.0 + hour) for hour in range(10, 24)),
        ("2026-06-16T10:10", 1324.0),
    ]
    memories = play(Counter.LIFETIME, rows)
    assert values(memories[:-1]) == [1000.0] * 15
    assert counted(memories) == pytest.approx(14.0)


def test_a_leap_is_measured_by_the_plant() -> None:
    """300 kWh in five minutes are none of a house."""
    rows = [
        ("2026-06-15T10:00", 1000.0),
        ("2026-06-15T10:05", 1300.0),
        ("2026-06-15T10:10", 1000.2),
        # After a night without rows more is likely.
        ("2026-06-16T10:10", 1090.0),
    ]
    house = values(play(Counter.LIFETIME, rows))
    assert house == [1000.0, 1000.0, 1000.2, 1090.0]
    park = values(play(Counter.LIFETIME, rows[:2], capacity=5000.0))
    assert park == [1000.0, 1300.0]


def test_what_the_server_takes_back_at_night_is_not_counted_again() -> None:
    """A later settlement upwards makes up for it."""
    rows = [
        ("2026-06-15T20:00", 100.0),
        ("2026-06-16T00:04", 102.0),
        ("2026-06-16T00:09", 99.4),
        ("2026-06-16T06:00", 99.4),
        ("2026-06-16T20:00", 110.0),
        ("2026-06-17T00:09", 110.4),
        ("2026-06-17T20:00", 120.4),
    ]
    shown = values(play(Counter.PLANT_LIFETIME, rows))
    assert shown == pytest.approx([100.0, 100.0, 100.0, 100.0, 110.6, 110.6, 120.6])


def test_a_row_that_stands_still_over_midnight_is_todays_once_it_moves_by_day() -> None:
    """A plant that is offline: its row was above half of yesterday when it came back."""
    rows = [
        ("2026-06-15T18:00", 11.60),
        *((f"2026-06-15T{hour}:00", 11.60) for hour in range(19, 24)),
        ("2026-06-16T00:05", 11.60),
        *((f"2026-06-16T{hour:02}:00", 11.60) for hour in range(1, 6)),
        ("2026-06-16T06:00", 11.59),
        ("2026-06-16T12:00", 8.40),
        ("2026-06-16T12:05", 8.50),
    ]
    memories = play(Counter.PLANT_DAY, rows)
    assert counted(memories) == pytest.approx(8.5)
    assert memories[-1].period == "2026-06-16"
    assert memories[-3].period == "2026-06-15"


def test_what_moves_at_night_is_the_rest_of_yesterday() -> None:
    rows = [
        ("2026-06-15T19:00", 24.0),
        ("2026-06-16T00:20", 24.0),
        ("2026-06-16T02:05", 25.69),
        ("2026-06-16T05:00", 25.69),
        ("2026-06-16T14:00", 26.0),
        ("2026-06-16T14:05", 26.1),
    ]
    memories = play(Counter.PLANT_DAY, rows)
    assert values(memories) == [24.0, 24.0, 25.69, 25.69, 25.69, 26.1]
    assert counted(memories) == pytest.approx(1.69 + 26.1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [
                ("2026-06-15T21:00", 1.0),
                ("2026-06-15T22:30", 0.4),
                ("2026-06-15T23:30", 0.1),
                ("2026-06-16T00:10", 0.0),
            ],
            -0.9,
            id="halves in the late evening",
        ),
        pytest.param(
            [
                ("2026-06-15T21:00", -1.0),
                ("2026-06-15T23:30", -1.37),
                ("2026-06-16T00:10", 0.0),
                ("2026-06-16T10:00", -0.5),
            ],
            -0.37 - 0.5,
            id="below 0 is not shown the next day",
        ),
        pytest.param(
            [
                ("2026-06-15T21:00", 1.0),
                ("2026-06-15T23:05", 0.0),
                ("2026-06-15T23:30", 0.1),
                ("2026-06-16T10:00", 0.6),
            ],
            0.6,
            id="the next day begins early, with a 0",
        ),
    ],
)
def test_a_days_money(rows: list[Row], expected: float) -> None:
    assert counted(play(Counter.PLANT_DAY_MONEY, rows)) == pytest.approx(expected)


@pytest.mark.parametrize("counter", [Counter.PLANT_DAY, Counter.PLANT_DAY_MONEY])
@pytest.mark.parametrize("zone", [BERLIN, None])
def test_zeros_late_in_the_evening_begin_no_day(
    counter: Counter, zone: tzinfo | None
) -> None:
    rows = [
        ("2026-06-15T22:00", 20.0),
        ("2026-06-15T23:05", 0.0),
        ("2026-06-15T23:10", 0.0),
        ("2026-06-15T23:30", 20.1),
    ]
    memories = play(counter, rows, zone)
    assert values(memories) == [20.0, 20.0, 20.0, 20.1]
    assert len({memory.last_reset for memory in memories}) == 1


@pytest.mark.parametrize(
    "counter", [Counter.DEVICE_DAY, Counter.PLANT_DAY, Counter.PLANT_DAY_MONEY]
)
@pytest.mark.parametrize("zone", [KOLKATA, None])
def test_days_of_a_zone_that_is_not_known_add_up(
    counter: Counter, zone: ZoneInfo | None
) -> None:
    """A plant in Kolkata; Home Assistant's own midnight, in Berlin, is at half past three.

    Seven days of 10 kWh each, lagging, and one hour of zeros.
    """
    start = datetime(2026, 10, 22, tzinfo=KOLKATA)
    memory: Memory | None = None
    found: list[Memory] = []
    for step in range(7 * 288):
        now = start.astimezone(UTC) + timedelta(minutes=5 * step)
        known = now.astimezone(KOLKATA) - timedelta(minutes=5)
        hour = known.hour + known.minute / 60
        raw = min(10.0, max(0.0, hour - 6))
        if known.day == 24 and 12 <= hour < 13:
            raw = 0.0
        if counter is Counter.DEVICE_DAY and hour < 6 and step > 72:
            raw = 10.0
        at = now.timestamp()
        memory = advance(counter, memory, raw, Moment(at, zone and Day.of(at, zone)))
        assert memory
        found.append(memory)
    total = counted(found, increasing=counter is Counter.DEVICE_DAY)
    assert total == pytest.approx(70, abs=0.1)


@pytest.mark.parametrize("counter", [Counter.DEVICE_DAY, Counter.PLANT_DAY])
def test_a_zone_that_becomes_known_begins_no_day(counter: Counter) -> None:
    before = play(counter, [("2026-06-15T09:00", 5.0)], None)[-1]
    at = before.at + 300
    after = advance(counter, before, 5.1, Moment(at, Day.of(at, BERLIN)))
    assert after
    assert (after.value, after.last_reset) == (5.1, None)
    assert after.period == "2026-06-15"


def test_what_was_assumed_of_a_zone_is_forgotten() -> None:
    """Before, Home Assistant's zone was taken for the plant's."""
    memory = play(Counter.PLANT_DAY, [("2026-06-15T20:00", 20.0)])[-1]
    for hours, raw, zone in ((13, 21.0, None), (3, 22.0, KOLKATA)):
        at = memory.at + hours * 3600
        moment = Moment(at, zone and Day.of(at, zone))
        known = advance(Counter.PLANT_DAY, memory, raw, moment)
        assert known
        assert known.last_reset == memory.last_reset
        memory = known
    assert (memory.value, memory.period) == (22.0, "2026-06-16")


def test_a_device_that_sleeps_when_the_zone_becomes_known() -> None:
    """What it shows was counted the day before."""
    before = play(Counter.DEVICE_DAY, [("2026-06-15T20:00", 5.0)], None)[-1]
    at = before.at + 8 * 3600
    after = advance(Counter.DEVICE_DAY, before, 5.0, Moment(at, Day.of(at, BERLIN)))
    assert after
    assert (after.value, after.state) == (0.0, State.LAGGING)


def test_a_device_that_delivers_its_day_at_night_in_steps() -> None:
    rows = [
        ("2026-06-15T19:00", 24.0),
        ("2026-06-16T00:20", 24.0),
        ("2026-06-16T02:05", 25.0),
        ("2026-06-16T02:10", 25.5),
        ("2026-06-16T02:15", 25.69),
        ("2026-06-16T06:30", 0.17),
    ]
    assert values(play(Counter.DEVICE_DAY, rows)) == [24.0, 0.0, 0.0, 0.0, 0.0, 0.17]


def test_small_steps_by_day_add_up_to_a_rise() -> None:
    """A counter that was cut off into the next day, and goes on slowly."""
    rows = [
        ("2026-06-15T19:00", 4.0),
        ("2026-06-16T00:20", 4.0),
        *((f"2026-06-16T10:{n:02}", 4.0 + n / 100) for n in range(1, 9)),
    ]
    assert values(play(Counter.DEVICE_DAY, rows))[-1] == 4.08


@pytest.mark.parametrize(
    ("saved", "state"),
    [
        ([5.0, 5.0, 100.0, None, None, "2026-06-15", False], State.COUNTING),
        ([None, 0.0, 100.0, None, 100.0, "", False], State.UNSEEN),
        ([9.0, 2.0, 100.0, 50.0, 90.0, "", False], State.DOUBTED),
        ([0.0, 5.0, 100.0, None, None, "2026-06-15", True], State.LAGGING),
        ([0.0, 5.1, 100.0, None, 90.0, "2026-06-15", True], State.WAKING),
    ],
)
def test_what_0_1_0_saved_is_read(saved: list[object], state: State) -> None:
    memory = Memory.load(saved)
    assert memory == (*saved[:6], state, 0.0)
    assert Memory.load(list(memory)) == memory


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        [1.0, 1.0, 1.0],
        [5.0, 5.0, 100.0, None, None, "2026-06-15", "odd", 0.0],
        [5.0, 5.0, 100.0, None, None, "2026-06-15", None],
        [5.0, 5.0, 100.0, None, None, "2026-06-15", "counting", "x"],
        ["5", 5.0, 100.0, None, None, "", "counting", 0.0],
        [5.0, None, 100.0, None, None, "", "counting", 0.0],
    ],
)
def test_a_memory_of_another_shape(saved: object) -> None:
    with pytest.raises(DAMAGE):
        Memory.load(saved)

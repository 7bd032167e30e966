"""Counters: midnight, lag, glitches, restarts, zones."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.catalogue import Counter
from custom_components.smartpvms.live.counters import advance
from custom_components.smartpvms.live.memory import Memory, Moment
from custom_components.smartpvms.local_time import Day

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    """Return the epoch second of a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def moment(time: float, zone: tzinfo | None = BERLIN) -> Moment:
    """Return an instant in a zone."""
    return Moment(time, zone and Day.of(time, zone))


def run(
    counter: Counter, rows: Iterable[tuple[str, float | None]]
) -> list[tuple[float | None, str | None]]:
    """Return what is shown after each row: value and local time of the reset."""
    memory: Memory | None = None
    shown = []
    for time, raw in rows:
        memory = advance(counter, memory, raw, moment(at(time)))
        reset = memory and memory.last_reset
        shown.append(
            (
                memory and memory.value,
                reset
                and datetime.fromtimestamp(reset, BERLIN).strftime("%Y-%m-%dT%H:%M"),
            )
        )
    return shown


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [("2026-06-15T10:00", 100), ("2026-06-15T10:05", 101)],
            [(100, None), (101, None)],
            id="runs",
        ),
        pytest.param(
            [
                ("2026-06-15T22:00", 100),
                ("2026-06-15T22:05", 0),
                ("2026-06-15T22:10", None),
                ("2026-06-16T06:00", 100.5),
            ],
            [(100, None), (100, None), (100, None), (100.5, None)],
            id="glitches to 0 and to nothing at night",
        ),
        pytest.param(
            [
                ("2026-06-15T10:00", 100),
                ("2026-06-15T10:05", 2),
                ("2026-06-16T10:04", 7),
                ("2026-06-16T10:05", 8),
                ("2026-06-16T10:10", 9),
            ],
            [
                (100, None),
                (100, None),
                (100, None),
                (8, "2026-06-16T10:05"),
                (9, "2026-06-16T10:05"),
            ],
            id="a replaced device is believed after a day",
        ),
        pytest.param(
            [
                ("2026-06-15T10:00", 100),
                ("2026-06-15T10:05", 99),
                ("2026-06-16T10:05", 99.5),
            ],
            [(100, None), (100, None), (99.5, None)],
            id="a correction is no new start",
        ),
        pytest.param(
            [("2026-06-15T23:00", 0), ("2026-06-16T07:00", 24000)],
            [(None, None), (24000, None)],
            id="a first 0 is not believed",
        ),
        pytest.param(
            [
                ("2026-06-15T10:00", 42949672.95),
                ("2026-06-15T10:05", 100),
                ("2026-06-15T10:10", 42949672.95),
                ("2026-06-18T10:00", 4294967295),
                ("2026-06-18T10:05", 101),
            ],
            [(None, None), (100, None), (100, None), (100, None), (101, None)],
            id="a full register is none",
        ),
        pytest.param(
            [
                ("2026-06-15T10:00", 100),
                ("2026-06-15T10:05", 3e7),
                ("2026-06-15T10:10", 3e7),
                ("2026-06-15T10:15", 101),
            ],
            [(100, None), (100, None), (100, None), (101, None)],
            id="a leap",
        ),
        pytest.param(
            [
                ("2026-06-15T10:00", 0),
                ("2026-06-16T09:59", 0),
                ("2026-06-16T10:00", 0),
            ],
            [(None, None), (None, None), (0, None)],
            id="a meter that has never exported reads 0",
        ),
    ],
)
def test_lifetime(
    rows: list[tuple[str, float | None]],
    expected: list[tuple[float | None, str | None]],
) -> None:
    assert run(Counter.LIFETIME, rows) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [
                ("2026-06-15T21:00", 12.3),
                ("2026-06-15T23:58", 12.3),
                ("2026-06-16T00:03", 12.3),
                ("2026-06-16T05:00", 12.3),
                ("2026-06-16T05:05", 0.1),
                ("2026-06-16T05:10", 0.2),
            ],
            [12.3, 12.3, 12.3, 0, 0.1, 0.2],
            id="yesterday's value is shown as 0 until the inverter wakes",
        ),
        pytest.param(
            [
                ("2026-06-15T23:58", 5.3),
                ("2026-06-16T00:03", 5.4),
                ("2026-06-16T00:08", 0.05),
            ],
            [5.3, 5.4, 0.05],
            id="the cloud catches up after midnight",
        ),
        pytest.param(
            [
                ("2026-06-15T23:58", 5.3),
                ("2026-06-16T00:03", None),
                ("2026-06-16T06:00", 0.5),
            ],
            [5.3, 5.3, 0.5],
            id="nothing is reported at night",
        ),
        pytest.param(
            [
                ("2026-06-15T19:00", 24.0),
                ("2026-06-16T00:05", 24.0),
                ("2026-06-16T00:20", 24.0),
                ("2026-06-16T02:05", 25.69),
                ("2026-06-16T05:50", 25.69),
                ("2026-06-16T06:30", 0.17),
            ],
            [24.0, 24.0, 0, 0, 0, 0.17],
            id="cut off over midnight, the rest of yesterday comes at night",
        ),
        pytest.param(
            [
                ("2026-06-15T19:00", 24.0),
                ("2026-06-16T00:20", 24.0),
                ("2026-06-16T06:40", 25.69),
                ("2026-06-16T06:45", 25.69),
                ("2026-06-16T06:50", 0.17),
            ],
            [24.0, 0, 0, 0, 0.17],
            id="the rest of yesterday comes in the morning",
        ),
        pytest.param(
            [
                ("2026-06-15T19:00", 4.0),
                ("2026-06-16T00:20", 4.0),
                ("2026-06-16T14:00", 9.0),
                ("2026-06-16T14:05", 9.1),
                ("2026-06-16T14:10", 9.2),
            ],
            [4.0, 0, 0, 9.1, 9.2],
            id="cut off into the next day, which has made more already",
        ),
        pytest.param(
            [
                ("2026-06-15T23:50", 3.41),
                ("2026-06-16T00:00", 3.50),
                ("2026-06-16T00:05", 3.56),
                ("2026-06-16T00:13", 3.60),
                ("2026-06-16T00:16", 3.60),
                ("2026-06-16T00:21", 0.10),
            ],
            [3.41, 3.50, 3.56, 3.60, 0, 0.10],
            id="the last minutes of a battery's day",
        ),
        pytest.param(
            [
                ("2026-06-15T18:00", 5.3),
                ("2026-06-16T15:00", 9.0),
                ("2026-06-16T15:05", 9.0),
            ],
            [5.3, 0, 9.0],
            id="Home Assistant was off over midnight",
        ),
        pytest.param(
            [("2026-06-15T18:00", 5.3), ("2026-06-16T04:00", 5.3)],
            [5.3, 0],
            id="off over midnight, and the inverter still sleeps",
        ),
        pytest.param(
            [
                ("2026-06-15T23:05", 5.3),
                ("2026-06-15T23:10", 0),
                ("2026-06-15T23:50", 0.4),
                ("2026-06-16T00:05", 0.5),
                ("2026-06-16T12:00", 6.0),
            ],
            [5.3, 5.3, 0.4, 0.5, 6.0],
            id="the device's clock is an hour ahead",
        ),
        pytest.param(
            [
                ("2026-06-15T12:00", 5.3),
                ("2026-06-15T12:05", 0),
                ("2026-06-15T12:10", 5.4),
            ],
            [5.3, 5.3, 5.4],
            id="a glitch at noon",
        ),
        pytest.param(
            [
                ("2026-06-15T12:00", 5.3),
                ("2026-06-15T12:05", 0.1),
                ("2026-06-15T13:05", 0.2),
            ],
            [5.3, 5.3, 0.2],
            id="a fall that stays is believed after an hour",
        ),
        pytest.param(
            [("2026-06-15T12:00", 5.3), ("2026-06-15T12:05", 5.29)],
            [5.3, 5.3],
            id="noise does not let it fall",
        ),
        pytest.param(
            [
                ("2026-06-15T20:00", 5.3),
                ("2026-06-16T00:05", 5.3),
                ("2026-06-17T00:05", 5.3),
                ("2026-06-17T09:00", 0.3),
            ],
            [5.3, 5.3, 0, 0.3],
            id="an inverter that is off for days",
        ),
    ],
)
def test_device_day(
    rows: list[tuple[str, float | None]], expected: list[float]
) -> None:
    assert [value for value, _ in run(Counter.DEVICE_DAY, rows)] == expected


@pytest.mark.parametrize(
    ("counter", "rows", "expected"),
    [
        pytest.param(
            Counter.PLANT_DAY,
            [
                ("2026-06-15T20:00", 20.0),
                ("2026-06-15T22:00", 19.5),
                ("2026-06-16T00:05", 19.4),
                ("2026-06-16T00:10", 0),
                ("2026-06-16T08:00", 1.0),
            ],
            [
                (20.0, "2026-06-15T00:00"),
                (19.5, "2026-06-15T00:00"),
                (19.4, "2026-06-15T00:00"),
                (0, "2026-06-16T00:00"),
                (1.0, "2026-06-16T00:00"),
            ],
            id="falls in the evening, lags after midnight",
        ),
        pytest.param(
            Counter.PLANT_DAY,
            [("2026-06-16T00:05", 20.0), ("2026-06-16T00:10", 0)],
            [(20.0, "2026-06-15T00:00"), (0, "2026-06-16T00:00")],
            id="the very first row is of the day before",
        ),
        pytest.param(
            Counter.PLANT_DAY,
            [
                ("2026-06-15T14:00", 10.0),
                ("2026-06-16T15:00", 12.0),
                ("2026-06-16T15:05", 12.2),
            ],
            [
                (10.0, "2026-06-15T00:00"),
                (10.0, "2026-06-15T00:00"),
                (12.2, "2026-06-16T00:00"),
            ],
            id="Home Assistant was off over midnight",
        ),
        pytest.param(
            Counter.PLANT_DAY,
            [
                ("2026-06-15T22:55", 20.0),
                ("2026-06-15T23:05", 0),
                ("2026-06-16T00:05", 0),
                ("2026-06-16T09:00", 2.0),
            ],
            [
                (20.0, "2026-06-15T00:00"),
                (20.0, "2026-06-15T00:00"),
                (0, "2026-06-16T00:00"),
                (2.0, "2026-06-16T00:00"),
            ],
            id="the plant's zone is an hour ahead of what we think",
        ),
        pytest.param(
            Counter.PLANT_DAY,
            [("2026-06-15T12:00", 20.0), ("2026-06-15T12:05", None)],
            [(20.0, "2026-06-15T00:00"), (20.0, "2026-06-15T00:00")],
            id="value and reset stay together when a row leaves them out",
        ),
        pytest.param(
            Counter.PLANT_MONTH,
            [
                ("2026-06-30T23:55", 300.0),
                ("2026-07-01T00:05", 300.0),
                ("2026-07-01T00:15", 0.0),
                ("2026-07-02T12:00", 30.0),
            ],
            [
                (300.0, "2026-06-01T00:00"),
                (300.0, "2026-06-01T00:00"),
                (0.0, "2026-07-01T00:00"),
                (30.0, "2026-07-01T00:00"),
            ],
            id="month",
        ),
    ],
)
def test_plant_period(
    counter: Counter,
    rows: list[tuple[str, float | None]],
    expected: list[tuple[float, str]],
) -> None:
    assert run(counter, rows) == expected


@pytest.mark.parametrize("counter", Counter)
def test_nothing_known_yet(counter: Counter) -> None:
    assert advance(counter, None, None, moment(0.0)) is None


@given(
    steps=st.lists(
        st.tuples(
            st.integers(1, 7200), st.sampled_from([None, 0.0, 1.0]) | st.floats(0, 50)
        ),
        max_size=60,
    )
)
def test_lifetime_never_falls_without_a_reset(
    steps: list[tuple[int, float | None]],
) -> None:
    """Whatever is answered, a statistic of this counter never loses energy."""
    memory: Memory | None = None
    time = at("2026-06-15T10:00")
    shown: list[Memory] = []
    for seconds, raw in steps:
        time += seconds
        memory = advance(Counter.LIFETIME, memory, raw, moment(time))
        if memory and memory.value is not None:
            shown.append(memory)
    for before, after in pairwise(shown):
        assert before.value is not None
        assert after.value is not None
        if after.last_reset == before.last_reset:
            assert after.value >= before.value * 0.9


@pytest.mark.parametrize(
    "zone",
    [
        ZoneInfo("Europe/Berlin"),
        ZoneInfo("Asia/Kolkata"),
        ZoneInfo("America/Sao_Paulo"),
        timezone(timedelta(hours=13)),
    ],
)
def test_a_week_adds_up(zone: ZoneInfo) -> None:
    """Seven days of a real day counter, with lag, add up to seven days."""
    start = datetime(2026, 10, 22, tzinfo=zone)
    memory: Memory | None = None
    total = previous = 0.0
    for step in range(7 * 288):
        now = start.astimezone(UTC) + timedelta(minutes=5 * step)
        local = now.astimezone(zone)
        hour = local.hour + local.minute / 60
        raw = 10.0 if hour < 6 and step > 72 else min(10.0, max(0.0, hour - 6))
        memory = advance(Counter.DEVICE_DAY, memory, raw, moment(now.timestamp(), zone))
        assert memory is not None
        assert memory.value is not None
        # What Home Assistant does with `total_increasing`.
        is_reset = memory.value < previous * 0.9
        total += memory.value if is_reset else memory.value - previous
        previous = memory.value
    assert total == pytest.approx(70, abs=0.1)


@pytest.mark.parametrize(
    "counter", [Counter.DEVICE_DAY, Counter.PLANT_DAY, Counter.PLANT_MONTH]
)
def test_hours_of_zeros_at_noon_take_nothing_back(counter: Counter) -> None:
    """A fall and a rise would be counted by Home Assistant as energy."""
    shown = run(
        counter,
        [
            ("2026-06-15T12:00", 14.8),
            *((f"2026-06-15T{hour}:00", 0) for hour in range(13, 18)),
            ("2026-06-15T18:00", 22.5),
        ],
    )
    assert [value for value, _ in shown] == [*[14.8] * 6, 22.5]
    assert len({reset for _, reset in shown}) == 1


def test_what_moved_while_nobody_looked_is_yesterdays() -> None:
    """Home Assistant was off from the evening to the night."""
    shown = run(
        Counter.DEVICE_DAY,
        [
            ("2026-06-15T20:00", 22.0),
            ("2026-06-16T02:00", 23.8),
            ("2026-06-16T05:00", 23.8),
            ("2026-06-16T06:00", 0.1),
        ],
    )
    assert [value for value, _ in shown] == [22.0, 0.0, 0.0, 0.1]


def test_a_day_counter_that_starts_anew_is_believed_once_it_moves() -> None:
    """An inverter that was replaced counts from 0."""
    shown = run(
        Counter.DEVICE_DAY,
        [
            ("2026-06-15T12:00", 14.8),
            ("2026-06-15T12:05", 0),
            ("2026-06-15T13:30", 0),
            ("2026-06-15T13:35", 0.4),
            ("2026-06-15T14:40", 0.9),
        ],
    )
    assert [value for value, _ in shown] == [14.8, 14.8, 14.8, 14.8, 0.9]


@pytest.mark.parametrize("zero", ["2026-06-15T23:00", "2026-06-16T03:00"])
def test_a_zero_in_the_night_makes_no_day_of_yesterdays_count(zero: str) -> None:
    """It is still there when the zeros have passed."""
    rows = sorted(
        [
            ("2026-06-15T22:00", 23.8),
            (zero, 0),
            ("2026-06-15T23:30", 23.8),
            ("2026-06-16T02:00", 23.8),
            ("2026-06-16T05:00", 23.8),
            ("2026-06-16T06:00", 0.1),
        ]
    )
    shown = [value for value, _ in run(Counter.DEVICE_DAY, rows)]
    assert shown == [
        0.1 if raw == 0.1 else 23.8 if at < "2026-06-16" else 0.0 for at, raw in rows
    ]


def test_money_below_0_starts_anew_with_its_day_only() -> None:
    rows = [
        ("2026-06-15T21:00", -1.0),
        ("2026-06-15T22:30", -1.2),
        ("2026-06-15T22:35", -1.37),
        ("2026-06-15T22:40", -1.37),
        ("2026-06-16T00:30", -0.2),
    ]
    today, tomorrow = "2026-06-15T00:00", "2026-06-16T00:00"
    assert run(Counter.PLANT_DAY, rows) == [
        (-1.0, today),
        (-1.2, today),
        (-1.37, today),
        (-1.37, today),
        (-0.2, tomorrow),
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [
                ("2026-06-15T12:00", 1.0),
                ("2026-06-15T12:05", -0.5),
                ("2026-06-16T12:10", -5.0),
                ("2026-06-17T12:15", -6.0),
                ("2026-06-17T12:20", -4.0),
            ],
            [1.0, -0.5, -5.0, -6.0, -4.0],
            id="follows the row",
        ),
        pytest.param(
            [
                ("2026-06-15T22:00", -5.0),
                ("2026-06-15T22:05", 0),
                ("2026-06-15T22:10", None),
                ("2026-06-16T06:00", -5.5),
            ],
            [-5.0, -5.0, -5.0, -5.5],
            id="glitches to 0 and to nothing",
        ),
        pytest.param(
            [
                ("2026-06-15T22:00", 5.0),
                ("2026-06-15T22:05", 0),
                ("2026-06-16T22:05", 0),
            ],
            [5.0, 5.0, 0],
            id="a 0 is believed after a day",
        ),
    ],
)
def test_lifetime_money_never_starts_anew(
    rows: list[tuple[str, float | None]], expected: list[float]
) -> None:
    shown = run(Counter.LIFETIME_MONEY, rows)
    assert shown == [(value, None) for value in expected]


def test_the_server_settles_a_plants_lifetime_after_midnight() -> None:
    """Numbers of a real plant; the next day is counted from the settled one on."""
    rows = [
        ("2026-10-02T18:54", 8254.39),
        ("2026-10-03T00:04", 8256.12),
        ("2026-10-03T00:09", 8253.81),
        ("2026-10-03T06:09", 8253.85),
        ("2026-10-03T18:00", 8270.0),
    ]
    shown = run(Counter.PLANT_LIFETIME, rows)
    settled = 8254.39 - 8253.81
    assert shown == [
        *[(8254.39, None)] * 3,
        (pytest.approx(8253.85 + settled), None),
        (pytest.approx(8270.0 + settled), None),
    ]


def test_a_day_counter_that_wavers_at_night_is_still_yesterdays() -> None:
    rows = [
        ("2026-06-15T20:00", 12.60),
        ("2026-06-16T00:30", 12.60),
        ("2026-06-16T02:00", 12.59),
        ("2026-06-16T02:05", 12.60),
        ("2026-06-16T07:00", 0.05),
    ]
    shown = [value for value, _ in run(Counter.DEVICE_DAY, rows)]
    assert shown == [12.60, 0, 0, 0, 0.05]

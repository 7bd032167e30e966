"""The book of alarms: identity, windows, sweep, restarts, clocks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import itertools
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.alarms.matching import DeviceMatcher
from custom_components.smartpvms.alarms.record import (
    ChangeKind,
    dump_changes,
    identity,
    load_changes,
)
from custom_components.smartpvms.alarms.tracker import AlarmTracker
from custom_components.smartpvms.alarms.windows import (
    LOOK_BACK,
    SKEW,
    WINDOW,
    WINDOWS,
    AlarmWindow,
    left_out,
    split,
    window_at,
)
from custom_components.smartpvms.northbound import Device
from custom_components.smartpvms.northbound.models import Alarm
from custom_components.smartpvms.storage.store import DAMAGE

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FAN = Alarm(
    plant_code="P",
    alarm_id="2064",
    name="Fan",
    serial="S1",
    severity=2,
    status=1,
    raised_at=NOW - timedelta(hours=1),
)
OLD = replace(FAN, alarm_id="7", raised_at=NOW - timedelta(days=100))


def take(
    book: AlarmTracker,
    alarms: Iterable[Alarm],
    now: datetime = NOW,
    number: int = 0,
    plants: Iterable[str] = ("P",),
) -> list[tuple[ChangeKind, str]]:
    """Return what an answer says that is new: kind and alarm id."""
    answer = [(alarm, 1) for alarm in alarms]
    news = book.apply(window_at(number, now), list(plants), answer, now)
    return [(item.kind, item.record.id) for item in news]


@pytest.fixture
def book() -> AlarmTracker:
    """Return a book that has heard of the plant."""
    book = AlarmTracker()
    assert take(book, []) == []
    return book


def test_the_first_answer_is_history_and_no_news() -> None:
    book = AlarmTracker()
    assert take(book, [FAN]) == []
    assert [record.id for record in book.of_plant("P")] == ["2064"]
    assert take(book, [FAN]) == []


def test_a_life(book: AlarmTracker) -> None:
    assert take(book, [FAN]) == [(ChangeKind.RAISED, "2064")]
    assert take(book, [FAN]) == []
    assert take(book, [replace(FAN, status=2)]) == [(ChangeKind.ACKNOWLEDGED, "2064")]
    assert take(book, [replace(FAN, status=3)]) == []
    assert take(book, [replace(FAN, status=6)]) == [(ChangeKind.CLEARED, "2064")]
    assert take(book, [replace(FAN, status=6)]) == []
    assert book.of_device(1) == []


@pytest.mark.parametrize("status", [4, 5, 6])
def test_one_that_came_and_went_between_two_polls(
    book: AlarmTracker, status: int
) -> None:
    assert take(book, [replace(FAN, status=status)]) == [
        (ChangeKind.RAISED, "2064"),
        (ChangeKind.CLEARED, "2064"),
    ]


@pytest.mark.parametrize("status", [None, 0, 77])
def test_a_status_nobody_knows_is_not_the_end(
    book: AlarmTracker, status: int | None
) -> None:
    assert take(book, [replace(FAN, status=status)]) == [(ChangeKind.RAISED, "2064")]


def test_one_answer_without_it_may_be_a_fault(book: AlarmTracker) -> None:
    take(book, [FAN])
    assert take(book, []) == []
    assert take(book, [FAN]) == []
    assert take(book, []) == []
    assert take(book, []) == [(ChangeKind.CLEARED, "2064")]


def test_an_alarm_is_the_same_in_another_language(book: AlarmTracker) -> None:
    take(book, [FAN])
    assert take(book, [replace(FAN, name="Lüfter", cause="x", severity=1)]) == []
    (record,) = book.of_plant("P")
    assert (record.name, record.severity) == ("Lüfter", "critical")


@pytest.mark.parametrize(
    "other",
    [
        replace(FAN, plant_code="Q"),
        replace(FAN, serial="S2"),
        replace(FAN, serial=None, device_name="X"),
        replace(FAN, alarm_id="1"),
        replace(FAN, cause_id="-1"),
        replace(FAN, raised_at=FAN.raised_at and FAN.raised_at + MINUTE),
        replace(FAN, raised_at=None),
    ],
)
def test_what_makes_another_alarm(other: Alarm) -> None:
    assert identity(other) != identity(FAN)


def test_a_restart_reports_what_happened_meanwhile(book: AlarmTracker) -> None:
    take(book, [FAN])
    loaded = AlarmTracker.load(json.loads(json.dumps(book.dump())))
    later = NOW + 3 * DAY
    new = replace(FAN, alarm_id="9", raised_at=later - DAY)
    assert take(loaded, [replace(FAN, status=6), new], later) == [
        (ChangeKind.CLEARED, "2064"),
        (ChangeKind.RAISED, "9"),
    ]
    again = AlarmTracker.load(json.loads(json.dumps(loaded.dump())))
    assert take(again, [replace(FAN, status=6), new], later) == []


@pytest.mark.parametrize(
    "saved", [None, [], {}, {"active": 3}, {"active": {"x": {"raised_at": None}}}]
)
def test_another_shape_is_damage(saved: Any) -> None:
    with pytest.raises(DAMAGE):
        AlarmTracker.load(saved)


def test_news_that_were_not_told_survive(book: AlarmTracker) -> None:
    take(book, [FAN])
    answer = [(replace(FAN, status=6), 1)]
    news = book.apply(window_at(0, NOW), ["P"], answer, NOW)
    assert news[0].record.cleared_at == NOW
    assert load_changes(json.loads(json.dumps(dump_changes(news)))["untold"]) == news


@pytest.mark.parametrize(
    "saved", [None, {}, 3, [["x", {}]], [["raised", {}]], [["raised", 1]], [[1]]]
)
def test_news_of_another_shape_are_damage(saved: Any) -> None:
    with pytest.raises(DAMAGE):
        load_changes(saved)


def test_an_old_alarm_that_is_still_active_is_found_without_a_noise(
    book: AlarmTracker,
) -> None:
    """In the first sweep it is history; one that is missed later is news."""
    assert take(book, [OLD], number=14) == []
    assert book.of_plant("P")
    late = replace(OLD, alarm_id="8")
    assert take(book, [OLD, late], number=14) == [(ChangeKind.RAISED, "8")]


def test_an_alarm_without_a_time_belongs_to_the_newest(book: AlarmTracker) -> None:
    take(book, [replace(FAN, raised_at=None)])
    for _ in range(3):
        assert take(book, [], number=14) == []
    assert take(book, []) == []
    assert take(book, []) == [(ChangeKind.CLEARED, "2064")]


def test_a_window_says_nothing_of_another(book: AlarmTracker) -> None:
    take(book, [OLD], number=14)
    take(book, [FAN])
    for _ in range(3):
        assert take(book, [FAN]) == []
        assert take(book, [], number=20) == []
    assert len(book.of_plant("P")) == 2


def test_a_batch_says_nothing_of_other_plants(book: AlarmTracker) -> None:
    take(book, [FAN])
    for _ in range(3):
        assert take(book, [], plants=["Q"]) == []
    assert book.of_plant("P")


def test_the_sweep_reaches_a_year_back_and_prefers_what_is_alive() -> None:
    book = AlarmTracker()
    asked: list[int] = []
    now = NOW
    for poll in range(12 * WINDOWS):
        assert poll != 4 * WINDOWS or set(book.asked_at) == set(range(WINDOWS))
        now += 30 * MINUTE
        wanted = window_at(book.next_window(now), now)
        asked.append(wanted.numbers[0])
        at = OLD.raised_at
        take(book, [OLD] if at and wanted.holds(at) else [], now, wanted.numbers[0])
    assert asked.count(0) >= 10 * WINDOWS
    latest = asked[4 * WINDOWS :]
    often = latest.count(14) + latest.count(15)
    assert often >= len(latest) // 30 > max(map(latest.count, range(1, 14)))


@given(st.integers(0, 1000 * 24))
def test_windows_fit_the_interface(hours: int) -> None:
    """At most 31 days, never beyond 365 days, the newest ahead of our clock."""
    now = NOW - timedelta(hours=hours)
    windows = [window_at(number, now) for number in range(WINDOWS)]
    for newer, older in itertools.pairwise(map(AlarmWindow.newest, windows)):
        assert older.end == newer.begin
        assert newer.end - newer.begin == WINDOW
    assert windows[0].end > now
    assert windows[-1].begin == now - LOOK_BACK + SKEW
    assert all(timedelta() < w.end - w.begin <= timedelta(days=31) for w in windows)


@given(st.integers(1, 365 * 24))
def test_a_period_is_split_without_gap_or_overlap(hours: int) -> None:
    end = NOW + timedelta(hours=hours)
    parts = list(split(NOW, end))
    assert parts[0][0] == NOW
    assert parts[-1][1] == end
    for before, after in itertools.pairwise(parts):
        assert before[1] == after[0]
    assert all(timedelta() < b - a <= timedelta(days=31) for a, b in parts)


@pytest.mark.parametrize("skew", [-SKEW + MINUTE, timedelta(0), SKEW - MINUTE])
def test_a_clock_that_goes_wrong(book: AlarmTracker, skew: timedelta) -> None:
    """The server's clock may be ahead of ours or behind: nothing is missed."""
    alarm = replace(FAN, raised_at=NOW + skew)
    assert window_at(0, NOW).holds(alarm.raised_at)
    assert take(book, [alarm]) == [(ChangeKind.RAISED, "2064")]
    assert take(book, [alarm], NOW + MINUTE) == []


def test_what_the_interface_forgets_is_forgotten(book: AlarmTracker) -> None:
    take(book, [OLD, replace(FAN, status=6)], number=14)
    take(book, [], NOW + 2 * LOOK_BACK)
    assert book.active == {}
    assert book.ended == {}


def test_plants_and_devices_that_are_gone(book: AlarmTracker) -> None:
    take(book, [FAN, replace(FAN, plant_code="Q")], plants=["P", "Q"])
    book.keep_only({"P"}, set())
    (record,) = book.active.values()
    assert (record.plant_code, record.device_id) == ("P", None)


def test_the_gravest_first_then_the_newest(book: AlarmTracker) -> None:
    alarms = [
        replace(FAN, alarm_id="minor", severity=3),
        replace(FAN, alarm_id="odd", severity=99),
        replace(FAN, alarm_id="critical", severity=1, raised_at=NOW - DAY),
        replace(FAN, alarm_id="newer", severity=1),
        replace(FAN, alarm_id="timeless", severity=1, raised_at=None),
    ]
    take(book, alarms)
    assert [record.id for record in book.of_plant("P")] == [
        "newer",
        "critical",
        "timeless",
        "minor",
        "odd",
    ]
    assert book.of_plant("P")[-1].severity == "other"


def test_a_plant_that_comes_back_has_no_old_news(book: AlarmTracker) -> None:
    """What was active before it left is history by then."""
    assert take(book, [FAN]) == [(ChangeKind.RAISED, "2064")]
    book.keep_only([], [])
    assert take(book, [FAN]) == []
    assert len(book.of_plant("P")) == 1


def test_a_system_that_says_nothing_ends_no_alarm(book: AlarmTracker) -> None:
    """Null in place of a list is a fault; only a day of it says that all is well."""

    def silence(begin: float, end: float) -> list[ChangeKind]:
        told = []
        for minutes in range(int(begin * 60), int(end * 60), 2):
            now = NOW + timedelta(minutes=minutes)
            told += book.apply(window_at(0, now), ["P"], None, now)
        return [item.kind for item in told]

    assert take(book, [FAN]) == [(ChangeKind.RAISED, "2064")]
    assert not silence(0, 20)
    assert take(book, [FAN], now=NOW + timedelta(hours=20)) == []
    # Two faults make no end.
    assert not silence(20, 21)
    assert take(book, [], now=NOW + timedelta(hours=21)) == []
    assert take(book, [FAN], now=NOW + timedelta(hours=21)) == []
    assert not silence(21, 45)
    assert silence(45, 46) == [ChangeKind.CLEARED]


@pytest.mark.parametrize(
    "raised_at",
    [None, NOW - timedelta(days=366), NOW - timedelta(days=9600), NOW + DAY],
)
def test_an_alarm_is_told_once_whatever_its_time(
    book: AlarmTracker, raised_at: datetime | None
) -> None:
    """The server lists it in the newest answer, and only there."""
    odd = replace(FAN, raised_at=raised_at)
    assert take(book, [odd]) == [(ChangeKind.RAISED, "2064")]
    for hours in range(1, 48):
        now = NOW + timedelta(hours=hours)
        number = hours % 4
        loaded = AlarmTracker.load(json.loads(json.dumps(book.dump())))
        assert take(loaded, [] if number else [odd], now, number) == []
        assert [record.id for record in loaded.of_plant("P")] == ["2064"]
        book = loaded
    assert take(book, [], NOW + 3 * DAY) == []
    assert take(book, [], NOW + 3 * DAY) == [(ChangeKind.CLEARED, "2064")]


@pytest.mark.parametrize(
    "raised_at", [None, NOW - timedelta(days=366), NOW - timedelta(days=9600)]
)
def test_the_end_of_an_alarm_is_told_once_whatever_its_time(
    book: AlarmTracker, raised_at: datetime | None
) -> None:
    over = replace(FAN, raised_at=raised_at, status=6)
    assert len(take(book, [over])) == 2
    for days in range(1, 800, 40):
        assert take(book, [], NOW + days * DAY, 3) == []
        assert take(book, [over], NOW + days * DAY) == []


@pytest.mark.parametrize("order", [1, -1])
def test_occurrences_that_no_time_tells_apart_are_one_alarm(
    book: AlarmTracker, order: int
) -> None:
    """An earlier one is over, or two devices without serial share a name."""
    over, second = replace(FAN, raised_at=None, status=6), replace(FAN, raised_at=None)
    acknowledged = replace(second, status=2)
    both = [over, second][::order]
    assert take(book, both) == [(ChangeKind.RAISED, "2064")]
    for _ in range(3):
        assert take(book, both) == []
        assert take(book, [acknowledged, *both][::order]) == []
    assert take(book, [over, acknowledged][::order]) == [
        (ChangeKind.ACKNOWLEDGED, "2064")
    ]
    assert take(book, [over, over]) == [(ChangeKind.CLEARED, "2064")]
    assert take(book, [over, over]) == []


def test_a_first_answer_without_a_list_is_none() -> None:
    """What the next one lists is history all the same, and nothing is known before."""
    book = AlarmTracker()
    for number in (0, 14):
        asked = window_at(number, NOW)
        assert book.apply(asked, ["P"], None, NOW) == []
    assert "P" not in book.answered_at
    assert take(book, [FAN]) == []
    assert take(book, [OLD], number=14) == []
    assert len(book.of_plant("P")) == 2


def test_a_system_that_never_lists_is_believed_after_a_day() -> None:
    book = AlarmTracker()
    asked = window_at(0, NOW)
    assert book.apply(asked, ["P"], None, NOW) == []
    assert book.apply(asked, ["P"], None, NOW + DAY) == []
    assert "P" in book.answered_at
    assert take(book, [FAN], NOW + DAY + MINUTE) == [(ChangeKind.RAISED, "2064")]


WEEKS_OLD = replace(FAN, alarm_id="5", raised_at=NOW - timedelta(days=20))


def test_a_server_that_cuts_the_period_ends_no_alarm(book: AlarmTracker) -> None:
    """An active alarm of 20 days ago is not in the last 7 days."""
    take(book, [WEEKS_OLD], number=2)
    assert take(book, [FAN]) == [(ChangeKind.RAISED, "2064")]
    for _ in range(5):
        assert take(book, [FAN]) == []
    assert len(book.of_plant("P")) == 2
    assert take(book, [WEEKS_OLD], number=2) == []
    assert take(book, [], number=2) == []
    assert take(book, [], number=2) == [(ChangeKind.CLEARED, "5")]


def test_an_older_row_proves_that_the_period_is_whole(book: AlarmTracker) -> None:
    older = replace(FAN, alarm_id="6", raised_at=NOW - timedelta(days=25), status=6)
    assert take(book, [WEEKS_OLD, older]) == []
    assert take(book, [older]) == []
    assert take(book, [older]) == [(ChangeKind.CLEARED, "5")]
    assert {number for number, plants in book.seen.items() if plants} == {0, 1, 2, 3}


def test_an_older_row_outside_of_the_period_proves_nothing(book: AlarmTracker) -> None:
    stray = replace(FAN, alarm_id="6", raised_at=NOW - timedelta(days=300))
    take(book, [WEEKS_OLD], number=2)
    for _ in range(3):
        take(book, [stray])
    assert len(book.of_plant("P")) == 2


def test_windows_of_30_days_are_read() -> None:
    """An older version's file: what was seen stays seen."""
    book = AlarmTracker()
    take(book, [OLD], number=14)
    saved = json.loads(json.dumps(book.dump()))
    del saved["window_days"], saved["strays"]
    at = NOW.timestamp()
    saved["seen"] = {str(number): ["P"] for number in range(4)} | {"5": ["Q"]}
    saved["asked_at"] = {str(number): at + number for number in range(13)}
    loaded = AlarmTracker.load(saved)
    assert len(loaded.asked_at) == WINDOWS
    assert loaded.asked_at[4] == at
    assert [number for number in range(WINDOWS) if "P" in loaded.seen[number]] == [
        *range(17)
    ]
    late = replace(FAN, raised_at=NOW - timedelta(days=50))
    assert take(loaded, [late], number=7) == [(ChangeKind.RAISED, "2064")]
    again = AlarmTracker.load(json.loads(json.dumps(loaded.dump())))
    assert again.seen == loaded.seen


def test_a_saved_raising_time_of_0_is_none() -> None:
    """An older version took it for 1970."""
    book = AlarmTracker()
    timeless = replace(FAN, raised_at=None, status=6)
    take(book, [timeless])
    saved = json.loads(json.dumps(book.dump()))
    saved["ended"] = {f"{key}0.0": at for key, at in saved["ended"].items()}
    assert take(AlarmTracker.load(saved), [timeless]) == []


def test_a_copy_is_another_book(book: AlarmTracker) -> None:
    take(book, [FAN, replace(FAN, alarm_id="8", raised_at=None)])
    before = json.dumps(book.dump(), sort_keys=True, default=str)
    other = book.copy()
    assert json.dumps(other.dump(), sort_keys=True, default=str) == before
    take(other, [replace(FAN, status=6), OLD], NOW + DAY)
    other.keep_only([], [])
    assert json.dumps(book.dump(), sort_keys=True, default=str) == before
    assert len(book.of_plant("P")) == 2


def test_a_flood_is_matched_in_one_look_at_the_devices() -> None:
    """Not one for each alarm: a plant may have thousands of both."""
    looks = 0

    def devices() -> Iterable[Device]:
        nonlocal looks
        for number in range(300):
            looks += 1
            serial = f"S{number}" if number % 2 else None
            yield Device(number, "P", f"D{number}", 1, serial=serial)

    matcher = DeviceMatcher(devices())
    for number in range(300):
        named = replace(FAN, serial=None, device_name=f"D{number}", device_type=1)
        assert matcher.device_of(named) == number
        assert matcher.device_of(replace(named, device_type=2)) is None
        by_serial = matcher.device_of(replace(FAN, serial=f"S{number}"))
        assert by_serial == (number if number % 2 else None)
    assert looks == 300


def test_a_clock_that_was_ahead_leaves_no_window_behind(book: AlarmTracker) -> None:
    """What lies in the future counts as now."""
    ahead = NOW + 30 * DAY
    for number in range(WINDOWS):
        take(book, [], ahead, number)
    asked: set[int] = set()
    now = NOW
    for _ in range(24 * WINDOWS):
        now += 2 * MINUTE
        number = book.next_window(now)
        asked.add(number)
        take(book, [], now, number)
    assert asked == set(range(WINDOWS))
    assert book.apply(window_at(0, NOW), ["P"], None, ahead) == []
    assert book.silent_since == ahead
    book.apply(window_at(0, NOW), ["P"], None, NOW)
    assert book.silent_since == NOW


def test_what_an_answer_may_lack_is_asked_for_by_weeks() -> None:
    end = datetime(2026, 6, 20, tzinfo=UTC)
    begin, week = end - timedelta(days=20), timedelta(days=7)
    weeks = [(end - 2 * week, end - week), (begin, end - 2 * week)]
    assert list(left_out(begin, end, [])) == weeks
    assert list(left_out(begin, end, [None, end - timedelta(days=1)])) == weeks
    assert list(left_out(begin, end, [end - timedelta(days=8)])) == []
    assert list(left_out(end - week, end, [])) == []

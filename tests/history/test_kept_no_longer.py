"""History of long ago that a system keeps no longer: it answers without a row."""

from datetime import UTC, date, timedelta

import pytest

from custom_components.smartpvms.history.feeds import (
    DAYS,
    FIVE_MINUTES,
    HOURS,
    Feed,
    Question,
)
from custom_components.smartpvms.history.planner import Planner, Subject
from custom_components.smartpvms.history.progress import KEPT_NO_LONGER, Progress
from custom_components.smartpvms.local_time import HOUR, ONE_DAY, Days, midnight

TODAY = date(2026, 6, 15)
FIRST = date(2024, 9, 1)
CALLS_A_DAY = 25
NOON = midnight(TODAY, UTC) + 12.0 * HOUR


def settled() -> Progress:
    """Return the progress of a plant of which only the hours are left."""
    progress = Progress(first=FIRST)
    progress.hold(DAYS, Days.between(FIRST, TODAY))
    return progress


def play(
    progress: Progress, feed: Feed, kept: timedelta, *, span: timedelta = ONE_DAY
) -> int:
    """Ask as the lane allows until nothing is left; return the calls.

    `kept`: how far back the system has rows.
    """
    now = NOON
    calls = 0
    for _ in range(24 * 400):
        planner = Planner(
            (Subject("A", UTC, progress, devices=1),), now, depth=2000, span=span
        )
        if not planner.left(feed):
            return calls
        if question := planner.backfill(feed):
            calls += 1
            answer(progress, question, now, has_rows=question.first >= TODAY - kept)
        now += 24 * HOUR / CALLS_A_DAY
    raise AssertionError(f"{calls} calls, and no end")


def answer(
    progress: Progress, question: Question, now: float, *, has_rows: bool
) -> None:
    progress.record_answer(question, now, is_empty=not has_rows)
    if not has_rows:
        progress.end_where_nothing_is_kept(question.feed, question.first)


@pytest.mark.parametrize(
    ("feed", "span", "most"),
    [
        (HOURS, timedelta(days=1), 40 + 6 * KEPT_NO_LONGER),
        (FIVE_MINUTES, timedelta(days=1), 40 + 6 * KEPT_NO_LONGER),
        (FIVE_MINUTES, timedelta(days=3), 20 + 6 * KEPT_NO_LONGER),
    ],
)
def test_weeks_without_a_row_end_it(feed: Feed, span: timedelta, most: int) -> None:
    """1,920 calls for 640 days before."""
    progress = settled()
    assert play(progress, feed, timedelta(days=40), span=span) <= most
    assert FIRST in progress.holds(feed)
    again = Progress.load(progress.dump())
    assert again.holds(feed) == progress.holds(feed)


def test_a_system_that_keeps_everything_is_asked_for_everything() -> None:
    assert play(settled(), HOURS, timedelta(days=2000)) >= (TODAY - FIRST).days - 3


def test_a_gap_of_days_ends_nothing() -> None:
    progress = settled()
    day = TODAY - timedelta(days=100)
    for back in range(KEPT_NO_LONGER - 1):
        first = day - back * ONE_DAY
        question = Question(HOURS, first, first + ONE_DAY, UTC, ("A",))
        for _ in range(3):
            answer(progress, question, 1e9, has_rows=False)
    assert FIRST not in progress.holds(HOURS)
    assert day - (KEPT_NO_LONGER - 1) * ONE_DAY not in progress.holds(HOURS)


def test_a_request_asks_all_the_same() -> None:
    progress = settled()
    play(progress, HOURS, timedelta(days=40))
    wanted = Days.between(FIRST, FIRST + 3 * ONE_DAY)
    progress.request(wanted)
    planner = Planner((Subject("A", UTC, progress),), NOON, depth=2000)
    question = planner.backfill(HOURS)
    assert question is not None
    assert question.first == FIRST + 2 * ONE_DAY

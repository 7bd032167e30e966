"""Rows of hours, days, months and years become one series, in whatever order.

The calendar is a small one: years of 3 months of 3 days of 4 hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.history.merge import Piece, Pieces, Span
from custom_components.smartpvms.local_time import HOUR

START = 1_800_000_000 // HOUR * HOUR
SIZES = (36, 12, 4, 1)
"""Hours of a year, a month, a day, an hour."""
YEARS = 2
HOURS = YEARS * SIZES[0]

type Period = tuple[int, int]
"""First hour and hour after the last one."""


def parts(level: int, period: Period) -> list[Period]:
    """Return the periods of a level within one."""
    size = SIZES[level]
    return [(begin, begin + size) for begin in range(*period, size)]


@dataclass(frozen=True)
class Answer:
    """What one call answers: the rows of a level in their parent."""

    level: int
    parent: Period

    @property
    def periods(self) -> list[Period]:
        """Return the periods of the rows."""
        return parts(self.level, self.parent)


ALL = [
    Answer(0, (0, HOURS)),
    *(Answer(level, parent) for level in (1, 2, 3)
      for parent in parts(level - 1, (0, HOURS))),
]  # fmt: skip


def span(period: Period, amount: float) -> Span:
    """Return a row."""
    begin, end = period
    return Span(START + begin * HOUR, START + end * HOUR, amount)


@dataclass
class Life:
    """What happened in each hour, in hundredths."""

    hours: Sequence[int]
    may_fall: bool = False
    missing: frozenset[Period] = field(default_factory=frozenset)

    def amount(self, period: Period) -> float:
        """Return what happened in a period."""
        return round(sum(self.hours[slice(*period)]) / 100, 2)

    def rows(self, answer: Answer) -> list[Span]:
        """Return the rows of an answer."""
        known = [p for p in answer.periods if p not in self.missing]
        return [span(period, self.amount(period)) for period in known]

    def merged(self, answers: Iterable[Answer]) -> Pieces:
        """Return what becomes of answers."""
        pieces = Pieces(may_fall=self.may_fall)
        for answer in answers:
            pieces.merge(self.rows(answer))
            check(pieces, may_fall=self.may_fall)
        return pieces


def check(pieces: Pieces, *, may_fall: bool) -> None:
    """See that the pieces can be a series of hours."""
    known = pieces.all()
    assert all(start == piece.start for start, piece in known.items())
    assert all(piece.since <= piece.start for piece in known.values())
    assert may_fall or all(piece.amount >= 0 for piece in known.values())
    # What is saved is all there is to know.
    again = Pieces(known.values(), may_fall=may_fall)
    assert again._wide == pieces._wide
    assert again._starts == pieces._starts


def total(pieces: Pieces, period: Period) -> float:
    """Return what stands in a period."""
    begin, end = (START + hour * HOUR for hour in period)
    found = [p.amount for start, p in pieces.all().items() if begin <= start < end]
    return round(sum(found), 4)


def whole(life: Life) -> dict[int, Piece]:
    """Return the pieces of a life that is known by the hour."""
    starts = [START + hour * HOUR for hour in range(HOURS)]
    return {
        start: Piece(start, start, amount / 100)
        for start, amount in zip(starts, life.hours, strict=True)
    }


def amounts(least: int = 0) -> st.SearchStrategy[list[int]]:
    """Draw what happens in each hour; nights happen too."""

    def hours(seed: int) -> list[int]:
        rng = Random(seed)
        return [rng.choice((0, rng.randint(least, 500))) for _ in range(HOURS)]

    return st.integers(0, 10**6).map(hours)


answers = st.permutations(ALL).flatmap(
    lambda order: st.integers(0, len(ALL)).map(lambda count: order[:count])
)
periods = st.sampled_from([period for answer in ALL for period in answer.periods])
lives = st.builds(Life, amounts()) | st.builds(Life, amounts(-300), st.just(True))
gappy = st.builds(Life, amounts(), st.just(False), st.frozensets(periods)) | st.builds(
    Life, amounts(-300), st.just(True), st.frozensets(periods)
)


@settings(deadline=None, max_examples=60)
@given(lives, st.permutations(ALL))
def test_all_answers_give_the_hours(life: Life, order: list[Answer]) -> None:
    """Whatever comes first, in the end every hour has what happened in it."""
    assert life.merged(order).all() == whole(life)


@settings(deadline=None, max_examples=150)
@given(gappy, answers, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    life: Life, order: list[Answer], rng: Random
) -> None:
    """Some answers, some rows missing: the same pieces in whatever order."""
    pieces = life.merged(order)
    rows = [row for answer in order for row in life.rows(answer)]
    rng.shuffle(rows)
    other = Pieces(may_fall=life.may_fall)
    other.merge(rows)
    assert other.all() == pieces.all()
    for row in rows:
        begin, end = ((at - START) // HOUR for at in (row.since, row.until))
        assert total(pieces, (begin, end)) == pytest.approx(row.amount, abs=1e-4)


@settings(deadline=None, max_examples=100)
@given(gappy, answers)
def test_the_same_answer_twice_changes_nothing(life: Life, order: list[Answer]) -> None:
    """Any answer may come again, of any level, at any time."""
    pieces = life.merged(order)
    before = dict(pieces.all())
    for answer in order:
        pieces.merge(life.rows(answer))
        assert pieces.all() == before


@settings(deadline=None, max_examples=100)
@given(lives, st.integers(0, HOURS - 1), st.integers(-300, 500), st.permutations(ALL))
def test_a_correction_moves_exactly_the_later_sums(
    life: Life, hour: int, amount: int, order: list[Answer]
) -> None:
    """One hour changes, nothing else does."""
    pieces = life.merged(order)
    before = sums(pieces.all())
    gained = (amount if life.may_fall else max(0, amount)) - life.hours[hour]
    pieces.merge([span((hour, hour + 1), amount / 100)])
    after = sums(pieces.all())
    assert after[:hour] == before[:hour]
    for old, new in zip(before[hour:], after[hour:], strict=True):
        assert new - old == pytest.approx(gained / 100, abs=1e-6)


def sums(pieces: Mapping[int, Piece]) -> list[float]:
    """Return the cumulative amounts."""
    ordered = [piece.amount for _, piece in sorted(pieces.items())]
    return [round(value, 6) for value in accumulate(ordered)]


finer = st.lists(st.integers(1, 12), min_size=1, max_size=8).flatmap(
    lambda sizes: st.tuples(
        st.just(sizes),
        st.lists(
            st.none() | st.integers(-200, 400),
            min_size=len(sizes),
            max_size=len(sizes),
        ),
    )
)


@settings(deadline=None, max_examples=200)
@given(finer, st.integers(-500, 2000), st.booleans(), st.randoms(use_true_random=False))
def test_finer_rows_win(
    drawn: tuple[list[int], list[int | None]], own: int, may_fall: bool, rng: Random
) -> None:
    """A row counts what finer ones leave of it; nothing where they are complete."""
    sizes, values = drawn
    bounds = list(accumulate(sizes, initial=0))
    if not may_fall:
        own, values = max(0, own), [v and max(0, v) for v in values]
    known = [
        ((begin, begin + size), value)
        for begin, size, value in zip(bounds, sizes, values, strict=False)
        if value is not None
    ]
    year = (0, bounds[-1])
    rows = [span(period, value / 100) for period, value in known]
    rows.append(span(year, own / 100))
    rng.shuffle(rows)
    pieces = Pieces(may_fall=may_fall)
    pieces.merge(rows)
    check(pieces, may_fall=may_fall)
    below = sum(value for _, value in known)
    if None not in values and len(sizes) > 1:
        expected = below
    else:
        expected = own if may_fall else max(own, below)
    if len(sizes) > 1:
        assert total(pieces, year) == pytest.approx(expected / 100, abs=1e-6)
        for period, value in known:
            assert total(pieces, period) == pytest.approx(value / 100, abs=1e-6)


@dataclass
class Reported:
    """A life whose coarser rows do not add up, as the server has it."""

    life: Life
    errors: Mapping[Period, int]

    def rows(self, answer: Answer) -> list[Span]:
        """Return the rows of an answer, which are wrong but for the hours."""
        wrong = self.errors if answer.level < 3 else {}
        return [
            span(
                period, max(0.0, self.life.amount(period) + wrong.get(period, 0) / 100)
            )
            for period in answer.periods
        ]

    def total(self, answers: set[Answer], answer: Answer, period: Period) -> float:
        """Return what a period comes to: its finest rows, its own where they end."""
        own = next(r.amount for r in self.rows(answer) if r == span(period, r.amount))
        below = Answer(answer.level + 1, period)
        if below not in answers:
            return own
        return sum(self.total(answers, below, part) for part in below.periods)


@settings(deadline=None, max_examples=100)
@given(
    st.builds(Reported, st.builds(Life, amounts()),
              st.dictionaries(periods, st.integers(-400, 400), max_size=12)),
    st.sets(st.sampled_from(ALL)),
    st.integers(0, 2),
)  # fmt: skip
def test_from_coarse_to_fine(
    reported: Reported, chosen: set[Answer], live: int
) -> None:
    """The import's own order: the last hours, then years, months, days, hours."""
    days = parts(2, (0, HOURS))
    first = [Answer(3, day) for day in days[len(days) - live :]]
    # A level is asked where the one above it was.
    asked = {ALL[0]}
    for answer in ALL[1:]:
        above = Answer(answer.level - 1, _around(answer))
        if answer in chosen and above in asked:
            asked.add(answer)
    pieces = Pieces()
    for answer in [*first, *(a for a in ALL if a in asked)]:
        pieces.merge(reported.rows(answer))
        check(pieces, may_fall=False)
    if set(first) <= asked:
        for year in ALL[0].periods:
            expected = reported.total(asked, ALL[0], year)
            assert total(pieces, year) == pytest.approx(expected, abs=1e-4)
    for answer in first:
        for row in reported.rows(answer):
            assert pieces.all()[row.since].amount == row.amount


def _around(answer: Answer) -> Period:
    """Return the parent of the answer one level above."""
    if answer.level == 1:
        return ALL[0].parent
    size = SIZES[answer.level - 2]
    begin = answer.parent[0] // size * size
    return (begin, begin + size)


@settings(deadline=None, max_examples=100)
@given(lives, st.integers(1, HOURS - 1), st.data())
def test_periods_that_are_not_over(life: Life, now: int, data: st.DataObject) -> None:
    """Rows that grow are cut where the hour ends; what comes later adds to them."""
    until_now = Life([*life.hours[:now], *[0] * (HOURS - now)], life.may_fall)

    def cut(answer: Answer) -> list[Span]:
        found = [p for p in answer.periods if p[0] < now]
        running = [(begin, min(end, now)) for begin, end in found]
        return [span(p, until_now.amount(p)) for p in running]

    pieces = Pieces(may_fall=life.may_fall)
    for answer in data.draw(st.permutations(ALL)):
        pieces.merge(cut(answer))
    assert total(pieces, (0, HOURS)) == until_now.amount((0, HOURS))
    # Some time later: the hours of the days since, or only days where they are old.
    today = now // SIZES[2] * SIZES[2]
    later = [Answer(3, day) for day in parts(2, (today, HOURS))]
    if data.draw(st.booleans()):
        later += [a for a in ALL if a.level < 3 and a.parent[1] > now]
    for answer in data.draw(st.permutations(later)):
        pieces.merge(life.rows(answer))
        check(pieces, may_fall=life.may_fall)
    assert pieces.all() == whole(life)


@settings(deadline=None, max_examples=100)
@given(lives, answers, st.sampled_from([a for a in ALL if a.level == 3]))
def test_a_cleared_day_comes_back(life: Life, order: list[Answer], day: Answer) -> None:
    """Clearing takes out what is counted there alone; the answer brings it back."""
    order = [*order, day]
    pieces = life.merged(order)
    before = dict(pieces.all())
    begin, end = (START + hour * HOUR for hour in day.parent)
    pieces.clear(begin, end)
    check(pieces, may_fall=life.may_fall)
    assert not any(piece.since >= begin and piece.end <= end
                   for piece in pieces.all().values())  # fmt: skip
    pieces.merge(life.rows(day))
    assert pieces.all() == before


def test_a_cleared_day_is_given_back_to_its_month() -> None:
    """A month that lacks a day keeps its total while that day is asked anew."""
    life = Life([100] * HOURS)
    month, days = span((0, 12), 12.0), parts(2, (0, 12))
    pieces = Pieces()
    pieces.merge([month, *(span(day, 4.0) for day in days[1:])])
    pieces.clear(START + 4 * HOUR, START + 8 * HOUR)
    assert total(pieces, (0, 12)) == 8.0
    pieces = Pieces()
    pieces.merge([month, *(span(day, 4.0) for day in days[:2])])
    pieces.clear(START + 4 * HOUR, START + 8 * HOUR)
    assert total(pieces, (0, 12)) == 12.0
    pieces.merge([span(days[1], 4.0)])
    assert total(pieces, days[1]) == life.amount(days[1])
    assert total(pieces, (0, 12)) == 12.0


def test_a_rest_stays_in_a_cleared_period() -> None:
    """What stands there for a whole month is not lost; the days take it again."""
    pieces = Pieces()
    first, second, third = parts(2, (0, 12))
    pieces.merge([span((0, 12), 12.0), span(first, 4.0), span(third, 4.0)])
    pieces.clear(START + 4 * HOUR, START + 12 * HOUR)
    assert total(pieces, (4, 12)) == 8.0
    pieces.merge([span(third, 4.0)])
    assert total(pieces, third) == 4.0
    assert total(pieces, second) == 4.0


@settings(deadline=None, max_examples=200)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20), st.integers(-300, 500))),
)
def test_spans_that_overlap(may_fall: bool, drawn: list[tuple[int, int, int]]) -> None:
    """A wrong idea of the time zone makes periods cross; a series comes of it still."""
    pieces = Pieces(may_fall=may_fall)
    for begin, length, amount in drawn:
        pieces.merge([span((begin, begin + length), amount / 100)])
        check(pieces, may_fall=may_fall)


def test_half_an_hour_is_no_place() -> None:
    """Clocks that change by half an hour leave a rest without an hour to stand at."""
    pieces = Pieces()
    pieces.merge([Span(START + HOUR // 2, START + 4 * HOUR, 3.0)])
    pieces.merge([Span(START, START + 4 * HOUR + HOUR // 2, 5.0)])
    assert total(pieces, (0, 5)) == 3.0

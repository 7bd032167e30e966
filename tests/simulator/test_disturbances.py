"""Disturbances: rows of one source that are wrong, late or missing for a time."""

import pytest

from simulator import Disturbance, DisturbanceKind as Kind, Scope
from simulator.answers.look import Row
from simulator.disturbances import Disturbances

SOURCE = 7


def row_at(at: float) -> Row:
    """Return a row that counts seconds, once as a number and once as text."""
    return {"total": at, "day": str(at), "name": "x", "none": None}


def live(at: float, *disturbances: Disturbance) -> Row | None:
    """Return the real-time row of an instant."""
    bent = Disturbances()
    bent.add(*disturbances)
    return bent.live(SOURCE, at, row_at)


@pytest.mark.parametrize(
    ("kind", "amount", "expected"),
    [
        (Kind.HELD, 0.0, {"total": 100.0, "day": "100.0"}),
        (Kind.LAG, 30.0, {"total": 120.0, "day": "120.0"}),
        (Kind.NULLS, 0.0, {"total": None, "day": None}),
        (Kind.ZEROS, 0.0, {"total": 0.0, "day": "0.0"}),
        (Kind.CONSTANT, 5.0, {"total": 5.0, "day": "5.0"}),
        (Kind.SHIFTED, 1.5, {"total": 151.5, "day": "151.5"}),
        (Kind.RESTARTED, 0.0, {"total": 50.0, "day": "50.0"}),
    ],
)
def test_a_disturbance_changes_values_while_it_lasts(
    kind: Kind, amount: float, expected: Row
) -> None:
    one = Disturbance(kind=kind, source=SOURCE, begin=100.0, end=200.0, amount=amount)
    assert live(150.0, one) == expected | {"name": "x", "none": None}
    assert live(99.0, one) == row_at(99.0)
    assert live(200.0, one) == row_at(200.0)


def test_only_the_named_values_change() -> None:
    one = Disturbance(kind=Kind.ZEROS, source=SOURCE, keys=frozenset({"total"}))
    assert live(9.0, one) == row_at(9.0) | {"total": 0.0}


def test_jitter_stays_within_its_amount_and_can_be_repeated() -> None:
    one = Disturbance(kind=Kind.JITTER, source=SOURCE, amount=0.01)
    rows = [live(at, one) for at in (600.0, 660.0, 720.0)]
    assert rows == [live(at, one) for at in (600.0, 660.0, 720.0)]
    errors = [
        float(str(row["total"])) - at
        for row, at in zip(rows, (600.0, 660.0, 720.0), strict=True)
        if row
    ]
    assert len(set(errors)) > 1
    assert all(abs(error) <= 0.0101 for error in errors)


@pytest.mark.parametrize("kind", [Kind.ABSENT, Kind.UNLISTED])
def test_a_row_may_be_missing(kind: Kind) -> None:
    bent = Disturbances()
    bent.add(Disturbance(kind=kind, source=SOURCE, begin=100.0))
    assert bent.live(SOURCE, 150.0, row_at) is None
    assert bent.live(SOURCE + 1, 150.0, row_at) is not None
    assert bent.lists(SOURCE, 150.0) is (kind is Kind.ABSENT)
    assert bent.lists(SOURCE, 50.0)


def test_young_hours_are_late_or_half_computed() -> None:
    spans = ((1000.0, 1200.0), (1000.0, 1700.0))
    row: Row = {"PVYield": 3.0, "buyPower": 1.0}
    for kind, young in ((Kind.LATE, None), (Kind.HALF_COMPUTED, {"PVYield": 0.0})):
        bent = Disturbances()
        bent.add(
            Disturbance(
                kind=kind,
                source=SOURCE,
                amount=600.0,
                keys=frozenset({"PVYield"}),
                scope=frozenset({Scope.HOURS}),
            )
        )
        early, later = (bent.stored(SOURCE, Scope.HOURS, span, row) for span in spans)
        assert early == (young and row | young)
        assert later == row

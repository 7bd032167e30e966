"""The energy in a plant's batteries at the time of the plant's own row."""

from datetime import date

import pytest

from custom_components.smartpvms.live.stored import StoredToday

TODAY, TOMORROW = date(2026, 6, 10), date(2026, 6, 11)


def stored(*rows: tuple[float, float]) -> StoredToday:
    """Return what these rows of today have told."""
    known = StoredToday()
    for at, energy in rows:
        known.add(at, TODAY, energy, power=4.0)
    return known


def test_between_two_rows_it_is_in_proportion() -> None:
    rows = stored((0.0, 1.0), (300.0, 2.0), (600.0, 1.5))
    assert rows.at(150.0) == pytest.approx(1.5)
    assert rows.at(300.0) == 2.0
    assert rows.at(500.0) == pytest.approx(2 - 1 / 3)


def test_after_the_last_row_it_is_the_last_and_before_the_first_by_its_power() -> None:
    rows = stored((300.0, 2.0), (600.0, 1.5))
    assert rows.at(900.0) == 1.5
    assert rows.at(0.0) == pytest.approx(2 - 4 * 300 / 3600)


def test_a_row_that_comes_twice_counts_once() -> None:
    rows = stored((0.0, 1.0), (300.0, 2.0), (300.0, 9.0))
    assert rows.at(150.0) == pytest.approx(1.5)


def test_a_day_begins_anew_and_so_does_a_clock_that_was_ahead() -> None:
    rows = stored((300.0, 2.0))
    rows.add(600.0, TOMORROW, 0.0, power=0.0)
    assert rows.at(450.0) == 0.0
    rows.add(100.0, TOMORROW, 0.5, power=0.0)
    assert rows.at(600.0) == 0.5


def test_rows_of_a_while_are_kept() -> None:
    rows = stored(*((60.0 * n, float(n)) for n in range(100)))
    assert rows.at(60.0 * 79) == 80.0
    assert rows.at(60.0 * 84.5) == pytest.approx(84.5)

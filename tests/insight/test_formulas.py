"""Shares, savings, and a battery's years: the formulas alone."""

from datetime import UTC, date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.insight.battery import (
    best_of_years,
    efficiency,
    kept_of_years,
    life,
    rated_capacity,
)
from custom_components.smartpvms.insight.savings import avoided
from custom_components.smartpvms.insight.shares import shares, shares_of_row
from custom_components.smartpvms.live.readings import Reading
from custom_components.smartpvms.local_time import DAY, HOUR
from custom_components.smartpvms.northbound import Device

EPOCH = date(1970, 1, 1)
NEVER = float("-inf")


def hours(*amounts: float) -> list[Span]:
    """Return an hour for each amount."""
    return [Span(n * HOUR, (n + 1) * HOUR, a) for n, a in enumerate(amounts)]


def test_each_hour_is_saved_at_its_own_price() -> None:
    """Charging from the grid costs, and saves when the energy is used."""
    used, bought = hours(1, 1, 1, 1), hours(1, 4, 0, 0)
    steps = [(NEVER, 0.3), (HOUR, 0.1), (2 * HOUR, 0.4)]
    assert avoided(used, bought, steps) == pytest.approx(0 - 0.3 + 0.4 + 0.4)
    assert avoided([], [], steps) == 0
    # An hour without a row of import had none.
    assert avoided(used, bought[:2], steps) == pytest.approx(0.5)


def test_what_has_no_price_is_left_out_on_both_sides() -> None:
    """Else all that was consumed would seem to be saved, or bought."""
    day = Span(0, 24 * HOUR, 10.0)
    changing = [(NEVER, 0.3), (12 * HOUR, 0.1)]
    by_hour = hours(*([0.5] * 48))
    assert avoided(by_hour, [day], changing) == pytest.approx(24 * 0.5 * 0.1)
    assert avoided([day], by_hour[:24], changing) is None
    assert avoided(by_hour, by_hour, []) is None
    late = [(47 * HOUR, 0.2)]
    assert avoided(by_hour, [], late) == pytest.approx(0.1)


energies = st.floats(0, 1e6)


@given(pv=energies, fed_in=st.floats(0, 1), used=energies, own=st.floats(0, 1))
def test_shares_are_between_0_and_100(
    pv: float, fed_in: float, used: float, own: float
) -> None:
    """And of nothing there is no share."""
    found = shares(
        {
            "pv_energy": pv,
            "self_consumption": pv * (1 - fed_in),
            "consumption": used,
            "grid_import": used * (1 - own),
        }
    )
    assert ("self_consumption_rate" in found) == (pv > 0)
    assert ("autarky_rate" in found) == (used > 0)
    if pv > 1e-3:
        assert found["self_consumption_rate"] == pytest.approx(
            100 * (1 - fed_in), abs=0.1
        )
    assert all(0 <= share <= 100 for share in found.values())


def test_shares_of_rows() -> None:
    """A row tells them in its own way; without a meter it does not."""
    full = {"PVYield": 20.0, "selfUsePower": 15.0, "use_power": 10.0, "buyPower": 1.0}
    expected = {"self_consumption_rate": 75.0, "autarky_rate": 90.0}
    assert shares_of_row(full, has_battery=True) == expected
    old = {"inverter_power": 20.0, "ongrid_power": 5.0, "use_power": 16.0}
    assert shares_of_row(old, has_battery=False) == {
        "self_consumption_rate": 75.0,
        "autarky_rate": 93.8,
    }
    assert shares_of_row({"inverter_power": 20.0}, has_battery=False) == {}


def test_life_and_efficiency() -> None:
    """Without a capacity there are no cycles, and little charge says nothing."""
    assert life(1234.56, 10.0) == {
        "battery_throughput": 1234.6,
        "battery_cycles": 123.5,
    }
    assert life(1234.56, None) == {"battery_throughput": 1234.6}
    assert efficiency(200.0, 185.0, 10.0) == {"battery_efficiency": 92.5}
    assert efficiency(49.0, 45.0, 10.0) == efficiency(24.0, 20.0, None) == {}
    assert efficiency(200.0, 201.0, 10.0) == {}
    assert efficiency(0.0, 0.0, None) == {}


def test_the_capacity_of_all_batteries_or_of_none() -> None:
    """A sum of halves would be too small."""
    devices = [Device(id=n, name=str(n), type_id=t, plant_code="P") for n, t in TYPES]
    rows = {n: Reading(0.0, {"rated_capacity": 5.0}) for n in (1, 2)}
    assert rated_capacity(devices, rows) == 10.0
    assert rated_capacity(devices, rows | {2: Reading(0.0, {})}) is None
    assert rated_capacity(devices, {}) is None
    assert rated_capacity(devices[2:], rows) is None


TYPES = ((1, 39), (2, 41), (3, 38))


def life_of(*per_year: float, first: int = 30) -> list[Span]:
    """Return a battery's days: each fifth day of a year it is emptied."""
    spans = [Span(n * DAY, (n + 1) * DAY, 0.0) for n in range(first)]
    for year, full in enumerate(per_year):
        for n in range(365):
            begin = (first + 365 * year + n) * DAY
            spans.append(Span(begin, begin + DAY, full if n % 5 == 0 else 2.0))
    return spans


def test_the_capacity_kept_by_years() -> None:
    """Whole years of the battery, beginning with its first discharge."""
    spans = life_of(10.0, 9.5, 9.0)
    today = EPOCH + timedelta(days=30 + 3 * 365)
    best = best_of_years(spans, today, UTC)
    assert best == [10.0, 9.5, 9.0]
    assert kept_of_years(best) == [100.0, 95.0, 90.0]
    assert best_of_years(spans, today - timedelta(days=1), UTC) == [10.0, 9.5]
    assert best_of_years([], today, UTC) == []
    assert kept_of_years([None, 9.0, 9.9, None]) == [None, 100.0, 100.0, None]


def test_a_year_that_is_known_by_the_month_is_not_judged() -> None:
    """Hours are summed to days; months say nothing of a full discharge."""
    first = [Span(n * 30 * DAY, (n + 1) * 30 * DAY, 200.0) for n in range(12)]
    begin, rest = 365 * DAY, 705 * DAY
    hourly = [Span(at, at + HOUR, 0.25) for at in range(begin, rest, HOUR)]
    gap = Span(rest, rest + 25 * DAY, 200.0)
    today = EPOCH + timedelta(days=730)
    assert best_of_years([*first, *hourly, gap], today, UTC) == [None, 6.0]

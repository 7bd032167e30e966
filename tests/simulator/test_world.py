"""The world: energy balance, access to any instant, changes of the clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from simulator import Simulator
from simulator.world import Tariff, World, world_of

from .conftest import BERLIN, NOON, SINCE, house, park

HOUSE, PARK = house(), park()
START = datetime(2026, 1, 1, tzinfo=BERLIN)

moments = st.integers(0, 300 * 24 * 12).map(lambda step: START.timestamp() + 300 * step)
plants = st.sampled_from([HOUSE, PARK])


@given(plant=plants, at=moments)
@settings(max_examples=120, deadline=None)
def test_power_balances_at_any_instant(plant, at: float) -> None:
    power = plant.world.power(at)
    storages = enumerate(plant.site.storages)
    ac_coupled = [index for index, storage in storages if storage.array is None]
    stored = sum(power.discharge(n) - power.charge(n) for n in ac_coupled)
    supply = power.ac() + stored + power.import_ - power.export
    assert supply == pytest.approx(power.load, abs=1e-3)
    assert min(power.import_, power.export) == 0
    assert all(power.ac(array) >= 0 for array in range(len(plant.site.arrays)))


@given(plant=plants, at=moments)
@settings(max_examples=120, deadline=None)
def test_batteries_stay_within_their_limits(plant, at: float) -> None:
    power = plant.world.power(at)
    for number, storage in enumerate(plant.site.storages):
        stored = plant.world.stored(at, number)
        assert storage.capacity_kwh * storage.reserve - 1e-3 <= stored
        assert stored <= storage.capacity_kwh
        assert max(power.charge(number), power.discharge(number)) <= storage.power_kw


@given(at=moments, offset=st.floats(0, 299.9))
@settings(max_examples=50, deadline=None)
def test_an_instant_is_the_same_however_it_is_reached(at: float, offset: float) -> None:
    at += offset
    assert World(HOUSE.site).totals(START.timestamp()).pv() == 0
    fresh = World(replace(HOUSE.site, connected=HOUSE.site.connected))
    assert fresh.totals(at) == HOUSE.world.totals(at)
    assert fresh.power(at) == HOUSE.world.power(at)


@given(a=moments, b=moments, c=moments)
@settings(max_examples=60, deadline=None)
def test_counters_never_fall_and_energies_add_up(a: float, b: float, c: float) -> None:
    world = PARK.world
    first, middle, last = sorted((a, b, c))
    parts = [world.energy(first, middle), world.energy(middle, last)]
    whole = world.energy(first, last)
    assert min(whole.values[:-2]) >= 0
    for name in ("pv", "charge", "discharge", "ac"):
        added = sum(getattr(part, name)() for part in parts)
        assert added == pytest.approx(getattr(whole, name)(), abs=1e-3)


def test_counters_are_the_sums_of_powers() -> None:
    world, start = HOUSE.world, int(NOON.timestamp()) // 300 * 300
    steps = [world.power(start + 300 * step) for step in range(36)]
    energy = world.energy(start, start + 3 * 3600)
    assert sum(step.pv() for step in steps) / 12 == pytest.approx(energy.pv())
    assert sum(step.load for step in steps) / 12 == pytest.approx(energy.load)


def test_nothing_happens_before_the_plant_is_connected() -> None:
    before = START.timestamp() - 3600
    assert not any(HOUSE.world.totals(before).values)
    assert not any(HOUSE.world.power(before).values)
    assert HOUSE.world.stored(before, 0) == pytest.approx(0.8)


def test_the_sun_shines_by_day() -> None:
    world = HOUSE.world
    lit = world.generating(date(2026, 6, 15))
    assert lit is not None
    dawn, dusk = (world.local(at) for at in lit)
    assert 5 <= dawn.hour <= 6
    assert 20 <= dusk.hour <= 21
    assert world.power(NOON.timestamp()).pv() > 0
    winter = world.energy(
        world.midnight(date(2026, 1, 1)), world.midnight(date(2026, 2, 1))
    )
    summer = world.energy(
        world.midnight(date(2026, 6, 1)), world.midnight(date(2026, 7, 1))
    )
    assert summer.pv() > 2 * winter.pv()


def test_a_polar_night_has_no_light() -> None:
    site = replace(HOUSE.site, latitude=78.2, longitude=15.6)
    assert world_of(site).generating(date(2026, 1, 2)) is None


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Havana", date(2026, 3, 8), 23),
    ],
)
def test_days_are_as_long_as_the_clocks_say(zone: str, day: date, hours: float) -> None:
    world = house(timezone=zone).world
    start, end = world.midnight(day), world.midnight(day + timedelta(days=1))
    assert (end - start) / 3600 == hours
    halfway = world.totals((start + end) / 2)
    assert world.totals(start).load < halfway.load < world.totals(end).load


def test_a_plant_elsewhere_has_its_noon_at_noon() -> None:
    plant = house(timezone="Australia/Sydney")
    lit = plant.world.generating(date(2026, 2, 1))
    assert lit is not None
    hours = [plant.world.local(at).hour for at in lit]
    assert hours[0] < 12 < hours[1]


def test_revenue_follows_the_tariff() -> None:
    plain = house(tariff=Tariff(feed_in=0.1, own_use=0.3)).world
    start, end = START.timestamp(), NOON.timestamp()
    energy = plain.energy(start, end)
    expected = energy.export * 0.1 + (energy.pv() - energy.export) * 0.3
    assert energy.revenue == pytest.approx(expected, rel=1e-3)
    assert house(tariff=None).world.energy(start, end).revenue == 0


def test_a_market_tariff_can_cost_money() -> None:
    world = park(tariff=Tariff(feed_in=0.2, own_use=0.01, market=True)).world
    noon = datetime(2026, 6, 14, 12, tzinfo=ZoneInfo("Europe/Madrid")).timestamp()
    hours = [world.energy(noon - 3600 * n, noon - 3600 * (n - 1)) for n in range(6)]
    assert min(hour.revenue for hour in hours) < 0


def test_truth_has_powers_and_energies_with_signs() -> None:
    sim = Simulator([HOUSE])
    truth = sim.truth(HOUSE.code)
    steps = [START + timedelta(days=160, minutes=5 * step) for step in range(288)]
    for at in steps:
        flow = truth.power(at)
        assert flow.pv + flow.battery + flow.grid == pytest.approx(flow.load, abs=1e-3)
    energy = truth.energy(steps[0], steps[-1])
    left = energy.pv - energy.charge + energy.discharge - energy.export + energy.import_
    assert left == pytest.approx(energy.consumption, abs=1e-3)


def test_days_outside_the_cache_are_computed_again() -> None:
    world = World(HOUSE.site)
    numbers = [START.timestamp() + day * 86400 + 43200 for day in range(0, 620, 20)]
    first = [world.totals(at) for at in numbers]
    assert first == [world.totals(at) for at in numbers]
    assert all(a.values[-1] < b.values[-1] for a, b in pairwise(first))
    assert world.site.connected == SINCE
    assert world.local(0) == datetime(1970, 1, 1, tzinfo=UTC)

"""What counts as underperformance, over weeks of the simulator's weather."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.local_time import HOUR
from custom_components.smartpvms.northbound import Values
from custom_components.smartpvms.storage.store import DAMAGE
from custom_components.smartpvms.underperformance.comparison import (
    Siblings,
    median_without,
)
from custom_components.smartpvms.underperformance.member import (
    DEAD_FOR,
    LOW,
    Member,
    Sample,
    Verdict,
)
from custom_components.smartpvms.underperformance.power import (
    inverter_power,
    string_powers,
)
from simulator import fleet
from simulator.model import Plant
from simulator.truth import Truth
from simulator.world import Array, Site

CONNECTED = date(2025, 5, 1)
JUNE = date(2025, 6, 1)
FIRST = datetime(2025, 6, 1, tzinfo=UTC)
STEP = 600

EAST_AND_WEST = (Array(6, 6, 30, 90), Array(9, 8, 30, 270))
ALIKE = (Array(6, 6), Array(4, 4), Array(8, 8))

type Factor = Callable[[int, datetime], float | None]


def usual(member: int, at: datetime) -> float | None:
    """Leave what a member gives as it is."""
    return 1.0


def house(seed: int = 1) -> Plant:
    """Return the simulator's house: roofs to the south-east and the south-west."""
    return fleet.residential(seed=seed, connected=CONNECTED)


def plant(*arrays: Array, seed: int = 1) -> Plant:
    """Return a plant with an inverter for each array."""
    site = Site(
        seed=seed,
        latitude=48.1,
        longitude=11.6,
        timezone="Europe/Berlin",
        connected=CONNECTED,
        arrays=arrays,
    )
    return Plant(code="P", name="P", site=site)


@dataclass
class Life:
    """A plant's inverters, compared as time goes by; `factor` spoils them."""

    plant: Plant
    day: date = JUNE
    siblings: Siblings = field(default_factory=Siblings)

    def steps(self, days: float) -> Iterator[datetime]:
        """Yield the moments of the next days, and be there afterwards."""
        start = self.plant.world.midnight(self.day)
        for at in range(start, start + int(days * 86400), STEP):
            yield self.plant.world.local(at)
        self.day += timedelta(days=int(days))

    def see(self, now: datetime, factor: Factor = usual) -> None:
        """Take what all inverters give at a moment."""
        power, at = self.plant.world.power(now.timestamp()), now.timestamp()
        self.siblings.add(
            {
                member: Sample(at, power.pv(member) * share)
                for member in range(len(self.plant.site.arrays))
                if (share := factor(member, now)) is not None
            },
            now,
        )

    def live(self, days: int, factor: Factor = usual) -> list[tuple[datetime, int]]:
        """Let days pass; return when a member became low, and which."""
        before, found = self.low, []
        for now in self.steps(days):
            self.see(now, factor)
            found += [(now, member) for member in self.low - before]
            before = self.low
        return found

    @property
    def low(self) -> set[int]:
        """Return the members that are low."""
        return {
            member for member in self.siblings.members if self.verdict(member).is_low
        }

    def verdict(self, member: int) -> Verdict:
        """Return what is known of a member."""
        verdict = self.siblings.verdict(member)
        assert verdict
        return verdict

    def sunny_days(self, days: int, factor: Factor = usual) -> Iterator[int]:
        """Let days pass; yield after each how many of them were sunny so far."""
        sunny = 0
        for _ in range(days):
            self.live(1, factor)
            # What the first moment of the next day does to the sums of this one.
            sun = max(member.sun for member in self.siblings.members.values())
            sunny += sun >= 3 * HOUR
            first = self.plant.world.local(self.plant.world.midnight(self.day))
            self.see(first, factor)
            yield sunny


def spoil(share: float | None, *members: int) -> Factor:
    """Let some members give only a share; None: no row comes."""
    return lambda member, _: share if member in members else 1.0


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("start", [JUNE, date(2025, 9, 10)])
def test_two_roofs_are_no_fault(seed: int, start: date) -> None:
    """South-east and south-west, clear, mixed and dull days, two months."""
    life = Life(house(seed), start)
    assert life.live(60) == []
    truth, zone = Truth(life.plant), life.plant.world.zone
    midnight = datetime(start.year, start.month, start.day, tzinfo=zone)
    made = [
        truth.energy(at, at + timedelta(days=1)).pv
        for at in (midnight + timedelta(days=n) for n in range(60))
    ]
    assert min(made) < max(made) / 3
    # It was not for want of a comparison.
    assert all(0.8 < (life.verdict(member).ratio or 0) < 1.25 for member in (0, 1))


def test_a_winter_is_no_fault() -> None:
    """Roofs to the north and the south drift apart by the season."""
    life = Life(plant(Array(6, 6, 35, 0), Array(6, 6, 35, 180)))
    assert life.live(330) == []


def test_misty_mornings_are_no_fault() -> None:
    """For two weeks the eastern roof loses its best hours."""
    life = Life(plant(*EAST_AND_WEST))
    assert life.live(30) == []

    def mist(member: int, at: datetime) -> float:
        return 0.15 if at.hour < 13 else 1.0

    assert life.live(14, mist) == []
    # By the sums of the days alone it would have been one.
    members = life.siblings.members.values()
    shares = [member.last_actual / member.last_expected for member in members]
    assert min(shares) < LOW


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("member", [0, 1])
@pytest.mark.parametrize("roofs", ["house", "east and west", "alike"])
def test_half_the_power_is_found_on_the_second_sunny_day(
    roofs: str, member: int, seed: int
) -> None:
    plants = {
        "house": house(seed),
        "east and west": plant(*EAST_AND_WEST, seed=seed),
        "alike": plant(*ALIKE, seed=seed),
    }
    life = Life(plants[roofs])
    assert life.live(30) == []
    for sunny in life.sunny_days(12, spoil(0.5, member)):
        assert life.low == ({member} if sunny >= 2 else set())
        if sunny >= 2:
            assert life.verdict(member).ratio == pytest.approx(0.5, abs=0.09)
            return
    pytest.fail("there were no two sunny days")


def test_it_stays_on_for_weeks_and_goes_off_after_a_good_day() -> None:
    life = Life(plant(*ALIKE))
    life.live(30)
    life.live(5, spoil(0.5, 1))
    assert life.low == {1}
    assert life.live(40, spoil(0.5, 1)) == []
    assert life.low == {1}
    for sunny in life.sunny_days(12):
        assert life.low == (set() if sunny else {1})
        if sunny:
            return
    pytest.fail("there was no sunny day")


def test_what_lasts_becomes_the_new_normal() -> None:
    life = Life(plant(*ALIKE))
    life.live(20)
    life.live(300, spoil(0.55, 1))
    assert life.low == set()


def test_a_repair_is_no_fault_of_the_others() -> None:
    """Learnt next to a member with half its power, the other one gave double."""
    life = Life(plant(*EAST_AND_WEST))
    assert life.live(20, spoil(0.5, 0)) == []
    assert life.live(30) == []


def test_no_power_is_found_within_hours_and_forgotten_at_once() -> None:
    life = Life(house())
    life.live(10)
    low_at: datetime | None = None
    for now in life.steps(1):
        dead = 9 <= now.hour < 14
        life.see(now, spoil(0.0, 1) if dead else usual)
        if life.low and low_at is None:
            low_at = now
            assert life.verdict(1) == Verdict(True, 0.0, 1)
    assert low_at
    assert low_at.hour * 60 + low_at.minute == pytest.approx(11 * 60, abs=10)
    assert life.low == set()
    # The spoilt day is not counted as one.
    assert life.live(10) == []


@pytest.mark.parametrize("roofs", [EAST_AND_WEST, (Array(6, 6, 45, 0), Array(6, 6))])
def test_a_roof_in_its_own_shadow_is_not_dead(roofs: tuple[Array, ...]) -> None:
    """In clear mornings the western roof has the light of the sky only."""
    life = Life(plant(*roofs), date(2025, 10, 1))
    assert life.live(60) == []


@pytest.mark.parametrize(
    "factor",
    [
        pytest.param(lambda member, at: 0.3, id="curtailed"),
        pytest.param(lambda member, at: 0.02, id="snow"),
        pytest.param(lambda member, at: 0.0, id="switched off"),
        pytest.param(lambda member, at: 1.0 if 9 < at.hour < 12 else 0.2, id="noon"),
        pytest.param(spoil(None, 1), id="one offline"),
        pytest.param(spoil(None, 0, 1, 2), id="all offline"),
        pytest.param(
            lambda member, at: None if member == 1 and at.hour < 13 else 1.0,
            id="one offline until noon",
        ),
    ],
)
def test_what_is_no_fault_of_one(factor: Factor) -> None:
    life = Life(plant(*ALIKE))
    life.live(20)
    assert life.live(6, factor) == []
    assert life.live(6) == []


def test_nights_say_nothing() -> None:
    """One inverter draws its standby power, another sends none."""
    life = Life(house())
    life.live(10)
    midnight = life.plant.world.midnight(life.day)
    for at in range(midnight, midnight + 5 * 3600, 60):
        samples = {0: Sample(at, 0.01), 1: Sample(at, -0.02)}
        life.siblings.add(samples, life.plant.world.local(at))
    assert life.low == set()
    assert life.siblings.members[1].dead_for == 0


def test_an_inverter_that_never_gave_anything_is_dead() -> None:
    life = Life(house())
    assert [member for _, member in life.live(2, spoil(0.0, 0))] == [0]


def test_a_plant_with_one_inverter() -> None:
    life = Life(plant(Array(6, 6)))
    assert life.live(10) == []
    assert life.verdict(0) == Verdict(False, None, 0)
    assert life.siblings.verdict(1) is None


def test_a_sibling_that_is_gone() -> None:
    """Low until there is nothing to compare it with."""
    life = Life(house())
    life.live(20)
    life.live(6, spoil(0.3, 0))
    assert life.verdict(0).is_low
    life.live(6, lambda member, _: None if member else 0.3)
    assert life.verdict(0).is_low
    assert life.verdict(0).siblings == 1
    life.live(2, lambda member, _: None if member else 0.3)
    assert not life.verdict(0).is_low
    assert life.verdict(0).siblings == 0
    life.siblings.keep_only([0])
    assert set(life.siblings.members) == {0}


def test_where_siblings_differ_much_more_is_asked_for() -> None:
    """Each of eight loses something else all the time: 55 % is no exception."""
    roofs = plant(*(Array(5, 5) for _ in range(8)))
    life = Life(roofs)
    life.live(20)
    lost = (1.0, 0.95, 0.9, 0.8, 0.75, 0.7, 0.65, 0.42)
    assert life.live(10, lambda member, _: lost[member]) == []
    alike = Life(roofs)
    alike.live(20)
    assert {member for _, member in alike.live(10, spoil(0.42, 7))} == {7}


def test_a_single_wrong_row_is_no_peak() -> None:
    life = Life(plant(*ALIKE))
    life.live(10)
    peak = life.siblings.members[0].peak

    def glitch(member: int, at: datetime) -> float:
        return 900.0 if member == 0 and (at.hour, at.minute) == (12, 0) else 1.0

    assert life.live(10, glitch) == []
    assert life.siblings.members[0].peak < 1.5 * peak


def test_a_restart_changes_nothing() -> None:
    """All verdicts are the same with what was saved and read again each hour."""
    ever, anew = Life(house()), Life(house())
    factor = spoil(0.5, 1)
    for now in ever.steps(24):
        spoilt = factor if now.date() > JUNE + timedelta(days=15) else usual
        ever.see(now, spoilt)
        anew.see(now, spoilt)
        if not now.minute:
            anew.siblings = Siblings.load(anew.siblings.dump())
        assert anew.low == ever.low
    assert ever.low == {1}


def test_clocks_that_are_wrong() -> None:
    """A time stamp in the future does not stop the comparison."""
    life = Life(house())
    life.live(10)
    later = life.plant.world.local(life.plant.world.midnight(date(2031, 1, 1)))
    life.siblings.add({0: Sample(later.timestamp(), 0.0)}, later)
    assert life.live(10) == []
    assert {member for _, member in life.live(6, spoil(0.0, 0))} == {0}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


@given(JSON)
def test_another_shape_is_damage(saved: object) -> None:
    with pytest.raises(DAMAGE):
        Siblings.load({"day": 1, "units": {"1": saved}})
    with pytest.raises(DAMAGE):
        Siblings.load(saved)


@given(st.integers(0, 15), JSON)
def test_a_unit_with_one_wrong_field(place: int, wrong: object) -> None:
    dumped = Member().dump()
    dumped[place] = wrong
    with suppress(*DAMAGE):
        member = Member.load(dumped)
        siblings = Siblings(1, {1: member, 2: Member()})
        start = datetime(2025, 6, 1, 12, tzinfo=UTC)
        for minute in range(0, 30, 5):
            at = start + timedelta(minutes=minute)
            siblings.add({1: Sample(minute * 60, 1), 2: Sample(minute * 60, 1)}, at)
        assert siblings.verdict(1)
        siblings.add({1: Sample(1e5, 1)}, start + timedelta(days=1))


def test_a_unit_with_wrong_parts() -> None:
    for parts in (None, [], [1, 2, 3, 4], [[0, 0, 0]] * 3, [[0, 0, 0, 0]] * 4):
        with pytest.raises(DAMAGE):
            Member.load([*Member().dump()[:-1], parts])


@given(st.lists(st.floats(0, 9), min_size=2, max_size=9), st.data())
def test_the_median_of_the_others(levels: list[float], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(levels) - 1))
    others = levels[:place] + levels[place + 1 :]
    assert median_without(sorted(levels), levels[place]) == median(others)


@given(
    shares=st.lists(st.floats(0.05, 1.0), min_size=3, max_size=6),
    size=st.floats(0.01, 1000.0),
    day=st.lists(st.floats(0.0, 1.0), min_size=24, max_size=24),
)
@settings(max_examples=30, deadline=None)
def test_size_and_what_all_share_do_not_matter(
    shares: list[float], size: float, day: list[float]
) -> None:
    """Units of any size under any sky, all with the same share of it: none is low."""
    siblings = Siblings()
    for number in range(9):
        for half_hour in range(48):
            now = FIRST + timedelta(days=number, minutes=30 * half_hour)
            sky = day[half_hour // 2] * (0.3 if number > 6 else 1.0)
            at = now.timestamp()
            samples = {
                member: Sample(at, sky * share * size)
                for member, share in enumerate(shares)
            }
            siblings.add(samples, now)
            verdicts = [siblings.verdict(member) for member in samples]
            assert not any(verdict and verdict.is_low for verdict in verdicts)


ON_GRID = 512.0


@pytest.mark.parametrize(
    ("values", "power"),
    [
        ({"mppt_power": 3.0, "inverter_state": ON_GRID, "run_state": 1.0}, 3.0),
        ({"mppt_power": 3.0}, 3.0),
        ({"mppt_power": 0.0, "inverter_state": 0xA000}, 0.0),
        ({"inverter_state": 0xA000}, 0.0),
        ({"inverter_state": 0x0300}, 0.0),
        ({"inverter_state": ON_GRID}, None),
        ({}, None),
        ({"mppt_power": 3.0, "run_state": 0.0}, None),
        ({"mppt_power": 0.0, "inverter_state": 0xB000}, None),
        ({"mppt_power": 1.0, "inverter_state": 0x0201}, None),
        ({"mppt_power": 0.0, "inverter_state": 0x0301}, None),
        ({"active_power": 3.0, "inverter_state": ON_GRID}, None),
    ],
)
def test_power_of_an_inverter(values: Values, power: float | None) -> None:
    assert inverter_power(values, "mppt_power") == power


def test_powers_of_strings() -> None:
    row = {
        "pv1_u": 600.0,
        "pv1_i": 5.0,
        "pv2_u": 600.0,
        "pv2_i": 0.0,
        "pv3_u": 20.0,
        "pv3_i": 0.05,
        "pv4_i": 5.0,
        "pv5_i": 0.0,
        "pv36_u": 500.0,
        "pv36_i": 8.0,
    }
    assert string_powers(row, ()) == {1: 3.0, 36: 4.0}
    known = string_powers(row, {2, 3, 4, 5, 6})
    assert known == {1: 3.0, 2: 0.0, 3: 0.001, 5: 0.0, 36: 4.0}
    assert string_powers(row | {"run_state": 0.0}, {1}) == {}


def test_one_string_of_twenty() -> None:
    """A fuse that has blown, and a string with half its modules shaded."""
    siblings, at = Siblings(), 0.0
    world = house().world
    low: set[int] = set()
    for number in range(40):
        start = world.midnight(JUNE + timedelta(days=number))
        for at in range(start, start + 86400, STEP):
            whole = world.power(at).pv(0)
            shares = {n: 1 + 0.05 * (-1) ** n for n in range(1, 21)}
            if number > 20:
                shares |= {4: 0.0, 9: 0.5}
            samples = {n: Sample(at, whole * share) for n, share in shares.items()}
            siblings.add(samples, world.local(at))
            low |= {n for n, member in siblings.members.items() if member.is_low}
            low |= {n for n, member in siblings.members.items() if member.is_dead}
        if number == 20:
            assert low == set()
    assert low == {4, 9}
    assert siblings.members[4].dead_for == DEAD_FOR

"""What is asked next where one plant or device refuses a whole batch."""

from collections.abc import Callable, Collection
from contextlib import suppress
import json
from random import Random

import pytest

from custom_components.smartpvms.account.left_out import (
    LEFT_OUT,
    AllLeftOut,
    LeftOut,
    all_named,
)
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.errors import (
    NorthboundError,
    ResourceMissingError,
    TooFrequentError,
    error_for,
)
from custom_components.smartpvms.storage.store import DAMAGE

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
CONSENT, FORBIDDEN, GONE, MISMATCH = 20056, 20045, 20007, 20006
LANE = Interface.PLANT_REAL_TIME


class Server:
    """Refuses each batch that holds one of the `culprits`."""

    def __init__(self, *culprits: int, code: int = CONSENT) -> None:
        """Refuse with this code."""
        self.culprits = set(culprits)
        self.code = code
        self.calls: list[tuple[int, ...]] = []
        self.answered: set[int] = set()

    def ask(self, left_out: LeftOut[int], batch: tuple[int, ...]) -> None:
        """Answer a batch, or refuse it."""
        with suppress(ResourceMissingError), left_out.asking(batch):
            self.calls.append(batch)
            if self.culprits.intersection(batch):
                raise error_for(LANE, self.code)
            self.answered.update(batch)


class Clock:
    """A clock that stands still."""

    now = 1e9


def ignore(_: int) -> None:
    """Do nothing about what is accepted."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


def of(clock: Clock, suspects: Collection[int] = ()) -> LeftOut[int]:
    return LeftOut(lambda: clock.now, lambda key: key in suspects, lambda: None, ignore)


def rounds(left_out: LeftOut[int], server: Server, keys: Collection[int]) -> int:
    """Ask round after round until one is answered in full; return the calls."""
    server.calls.clear()
    for _ in range(100):
        server.answered.clear()
        batches = list(left_out.batches(keys, 100))
        for batch in batches:
            server.ask(left_out, batch)
        if not any(map(server.culprits.intersection, batches)):
            break
    return len(server.calls)


def test_nothing_is_asked_differently_without_a_refusal(clock: Clock) -> None:
    left_out = of(clock)
    assert list(left_out.batches(range(250), 100)) == [
        tuple(range(100)),
        tuple(range(100, 200)),
        tuple(range(200, 250)),
    ]
    assert not left_out
    assert left_out.askable([1, 2]) == [1, 2]


def test_one_of_a_hundred_is_found_by_halves(clock: Clock) -> None:
    for culprit in (0, 42, 99):
        left_out, server = of(clock), Server(culprit)
        # Rounds in which all others are asked, too.
        assert rounds(left_out, server, range(100)) <= 22
        assert sum(culprit in batch for batch in server.calls) <= 8
        assert left_out.named() == {culprit: CONSENT}
        others = tuple(key for key in range(100) if key != culprit)
        assert [set(b) for b in left_out.batches(range(100), 100)] == [set(others)]


def test_many_are_found(clock: Clock) -> None:
    chance = Random(7)
    for _ in range(50):
        keys = range(chance.randrange(1, 301))
        culprits = chance.sample(keys, chance.randrange(min(len(keys), 9) + 1))
        left_out, server = of(clock), Server(*culprits)
        rounds(left_out, server, keys)
        assert left_out.named().keys() == set(culprits)
        assert server.answered == set(keys) - set(culprits)


def test_all_are_refused(clock: Clock) -> None:
    left_out, server = of(clock), Server(*range(8))
    assert rounds(left_out, server, range(8)) == 15
    assert list(left_out.batches(range(8), 100)) == []
    assert left_out.askable(range(8)) == []


def test_what_another_interface_refuses_is_tried_first(clock: Clock) -> None:
    left_out, server = of(clock, suspects={42}), Server(42)
    assert rounds(left_out, server, range(100)) <= 4
    assert left_out.named() == {42: CONSENT}


def test_asked_alone_once_a_day(clock: Clock) -> None:
    left_out, server = of(clock), Server(3, 5)
    rounds(left_out, server, range(10))
    clock.now += DAY - 1
    assert len(list(left_out.batches(range(10), 100))) == 1
    clock.now += 1
    # One at a time, so that a round does not grow by all of them.
    *_, probe = left_out.batches(range(10), 100)
    assert probe == (3,)
    server.ask(left_out, probe)
    *_, probe = left_out.batches(range(10), 100)
    assert probe == (5,)
    server.culprits.clear()
    server.ask(left_out, probe)
    assert left_out.named() == {3: CONSENT}
    assert not left_out.rests(5)
    assert left_out.rests(3)


def test_asked_again_together_when_somebody_has_removed_the_cause(clock: Clock) -> None:
    left_out, server = of(clock), Server(3, 5)
    rounds(left_out, server, range(10))
    server.culprits.clear()
    left_out.ask_again()
    assert not left_out.named()
    assert sorted(next(left_out.batches(range(10), 100))) == [3, 5]
    rounds(left_out, server, range(10))
    assert not left_out
    left_out.ask_again()
    assert not left_out


def test_asked_again_in_vain(clock: Clock) -> None:
    left_out, server = of(clock), Server(3, 5)
    rounds(left_out, server, range(10))
    server.culprits.remove(3)
    left_out.ask_again()
    rounds(left_out, server, range(10))
    assert left_out.named() == {5: CONSENT}


@pytest.mark.parametrize("code", [GONE, 20008, MISMATCH])
def test_a_system_at_fault_does_not_cost_a_day(clock: Clock, code: int) -> None:
    """Such a code may pass: asked again after ten minutes, doubling to a day."""
    left_out, server = of(clock), Server(1, code=code)
    pauses = []
    for _ in range(9):
        rounds(left_out, server, [1])
        pauses.append(left_out.refusals[1].pause / MINUTE)
        assert bool(left_out.named()) is (pauses[-1] >= 60)
        clock.now = left_out.refusals[1].until
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 1440]


def test_what_is_missing_is_told(clock: Clock) -> None:
    told: list[int] = []
    left_out = LeftOut[int](
        lambda: clock.now, lambda _: False, lambda: told.append(1), ignore
    )
    for code, times in ((CONSENT, 0), (FORBIDDEN, 0), (GONE, 1)):
        Server(1, 2, code=code).ask(left_out, (1, 2))
        assert len(told) == times


def test_what_is_newly_missing_ends_a_round(clock: Clock) -> None:
    """The lists tell which it is, sooner than a search."""
    left_out = of(clock)
    with pytest.raises(ResourceMissingError), left_out.asking([1]):
        raise error_for(LANE, GONE)
    with left_out.asking([1]):
        raise error_for(LANE, GONE)


def test_a_login_that_is_refused_is_not_of_one_plant(clock: Clock) -> None:
    left_out = of(clock)
    with pytest.raises(NorthboundError), left_out.asking([1]):
        raise error_for(Interface.LOGIN, CONSENT)
    assert not left_out


def test_other_errors_are_not_of_one_plant(clock: Clock) -> None:
    left_out = of(clock)
    for error in (TooFrequentError(LANE, 407), error_for(LANE, 20009)):
        with pytest.raises(NorthboundError), left_out.asking([1, 2]):
            raise error
    assert not left_out


def test_what_is_gone_is_forgotten(clock: Clock) -> None:
    left_out, server = of(clock), Server(3)
    rounds(left_out, server, range(10))
    server.ask(left_out, (3, 4, 5, 6))
    left_out.keep_only({4})
    assert left_out.refusals == {}
    assert list(left_out.batches([4], 100)) == [(4,)]
    assert left_out.parts([4, 5]) == [(4,)]


def test_half_an_answer_narrows_it_down(clock: Clock) -> None:
    left_out, server = of(clock), Server(3)
    server.ask(left_out, (0, 1, 2, 3))
    assert left_out.parts(range(4)) == [(0, 1), (2, 3)]
    server.ask(left_out, (0, 1))
    assert list(left_out.batches(range(4), 100)) == [(2,), (3,), (0, 1)]


def everything(clock: Clock, note: Callable[[], None] = lambda: None) -> AllLeftOut:
    return AllLeftOut(lambda: clock.now, {7: "A", 8: "A", 9: "B"}.get, note)


def test_devices_of_a_refused_plant_are_suspects(clock: Clock) -> None:
    known = everything(clock)
    with known.of_plants(LANE).asking(["A"]):
        raise error_for(LANE, CONSENT)
    devices = known.of_devices(Interface.DEVICE_REAL_TIME)
    with devices.asking([9, 8, 7]):
        raise error_for(Interface.DEVICE_REAL_TIME, CONSENT)
    assert devices.parts([7, 8, 9]) == [(8, 7), (9,)]
    for key in (7, 8):
        with devices.asking([key]):
            raise error_for(Interface.DEVICE_REAL_TIME, CONSENT)
    days = known.of_devices(Interface.DEVICE_DAY)
    with days.asking([8, 10]):
        raise error_for(Interface.DEVICE_DAY, CONSENT)
    assert days.parts([8, 10]) == [(8,), (10,)]
    assert all_named(known.plants) == {"A": CONSENT}
    assert all_named(known.devices) == {7: CONSENT, 8: CONSENT}
    assert known.interfaces == [Interface.DEVICE_REAL_TIME, LANE]
    assert known.of(LANE) == (known.of_plants(LANE),)
    known.keep_only({"B"}, {9})
    assert known.interfaces == []


def test_what_one_interface_has_again_the_others_ask_soon(clock: Clock) -> None:
    known = everything(clock)
    lanes = (LANE, Interface.PLANT_DAY)
    for lane in lanes:
        with known.of_plants(lane).asking(["A"]):
            raise error_for(lane, CONSENT)
    devices = (Interface.DEVICE_DAY, Interface.DEVICE_MONTH)
    for lane in devices:
        for key in (7, 9):
            with known.of_devices(lane).asking([key]):
                raise error_for(lane, CONSENT)
    with known.of_plants(LANE).asking(["A"]):
        pass
    assert known.of_plants(Interface.PLANT_DAY).askable(["A"]) == ["A"]
    for lane in devices:
        assert known.of_devices(lane).askable([7, 8, 9]) == [7, 8]
    assert all_named(known.plants) == {}
    with known.of_devices(devices[0]).asking([9]):
        pass
    assert all_named(known.devices) == {}


def test_it_is_saved(clock: Clock) -> None:
    known = everything(clock)
    with known.of_plants(LANE).asking(["A"]):
        raise error_for(LANE, CONSENT)
    with known.of_devices(Interface.DEVICE_DAY).asking([7]):
        raise error_for(Interface.DEVICE_DAY, MISMATCH)
    saved = LEFT_OUT(json.loads(json.dumps(known.dump())))
    again = everything(clock)
    again.restore(saved, ["A", "B"], [7, 8])
    assert again.dump() == known.dump()
    # A clock that was ahead does not leave anything out for longer.
    clock.now -= 30 * DAY
    late = everything(clock)
    late.restore(saved, ["A"], [])
    assert late.of_plants(LANE).refusals["A"].until == clock.now + DAY


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        {"plants": {LANE: {"A": [1, 2]}}},
        {"plants": {LANE: {"A": ["x", 2, 3]}}},
        {"plants": {LANE: {"A": [20056, "x", None]}}},
        {"devices": {LANE: []}},
    ],
)
def test_another_shape_is_damage(saved: object) -> None:
    with pytest.raises(DAMAGE):
        LEFT_OUT(saved)


def test_a_later_version_may_know_more_interfaces(clock: Clock) -> None:
    known = everything(clock)
    saved = LEFT_OUT({"plants": {"unknown": {"A": [20056, 1.0, 1.0]}}})
    known.restore(saved, ["A"], [7])
    assert not all_named(known.plants)

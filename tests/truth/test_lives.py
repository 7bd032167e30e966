"""Lives of plants, with whatever goes wrong on real servers."""

from collections.abc import Iterable
from dataclasses import replace
from math import ceil
import os

import pytest

from simulator import Dialect

from .court import FIVE_MINUTES, ONE_HOUR, Court, Home
from .disturber import HOUR, TROUBLES, TROUBLES_OF_IMPORT, TROUBLES_OF_REGISTERS
from .judge import Fault, worst
from .known import NIGHTS_KNOWN, TROUBLES_KNOWN
from .life import CLOCKS, DAYS, FOREIGN, Account, account, draw
from .plants import KINDS

pytestmark = pytest.mark.lives

SURVEYED = 1
PLANTS = 15
"""Plants of an account: Home Assistant's own work is shared by them."""

NIGHTS_AND_ZONES = [
    *((night, None) for night in DAYS),
    *((night, zone) for night, zones in CLOCKS.items() for zone in zones),
]
NIGHTS_OF_SERIES = [
    ("ordinary day", "Europe/Berlin"),
    ("end of a month", "Asia/Kolkata"),
    ("clocks go forward", "America/Santiago"),
    ("clocks go back", "Australia/Lord_Howe"),
]

LIVES = 500
SHORT = (1005, 1002)
"""Seeds of each generation of servers."""


def told(lives: Account, faults: Iterable[Fault]) -> str:
    """Return what was counted wrong, and how to see it again."""
    return "\n".join([lives.title, *map(str, worst(faults))])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_each_trouble(home: Home, dialect: Dialect) -> None:
    """Give a plant of its own to each trouble; the known ones have to fail."""
    lives = account(SURVEYED, dialect, "ordinary day", [(name,) for name in TROUBLES])
    faults = await Court(home, lives).judge(imports=False)
    failed = {name for fault in faults for name in fault.life.troubles}
    assert failed == TROUBLES_KNOWN[dialect], told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_each_register(home: Home, dialect: Dialect) -> None:
    """Let devices be replaced by others, which are believed after a day."""
    troubles = [(name,) for name in TROUBLES_OF_REGISTERS for _ in range(2)]
    lives = account(SURVEYED, dialect, "ordinary day", troubles, length=46 * HOUR)
    faults = await Court(home, lives).judge(imports=False)
    assert not faults, told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_foreign_zone(home: Home, dialect: Dialect) -> None:
    """Judge plants where Home Assistant is in another zone; no row tells theirs."""
    troubles = [(), ("cut off over midnight",), ("held until noon",), ("jitter",), ()]
    lives = account(SURVEYED, dialect, "ordinary day", troubles, "Europe/Berlin")
    faults = await Court(home, replace(lives, home=FOREIGN)).judge(imports=False)
    assert not faults, told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(("night", "zone"), NIGHTS_AND_ZONES)
async def test_each_night(
    home: Home, dialect: Dialect, night: str, zone: str | None
) -> None:
    """Judge undisturbed plants of all kinds on special nights."""
    lives = account(SURVEYED, dialect, night, [()] * len(KINDS[dialect]), zone)
    faults = await Court(home, lives).judge(imports=False)
    assert bool(faults) == (night in NIGHTS_KNOWN[dialect]), told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(("night", "zone"), NIGHTS_OF_SERIES)
async def test_series(home: Home, dialect: Dialect, night: str, zone: str) -> None:
    """Judge the imported series by hour, day and month, and the Energy dashboard."""
    troubles = [(), *[(name,) for name in TROUBLES_OF_IMPORT]]
    lives = account(SURVEYED, dialect, night, troubles, zone)
    faults = await Court(home, lives).judge(imports=True)
    assert not faults, told(lives, faults)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SHORT)
async def test_some_lives(home: Home, seed: int) -> None:
    """Judge some of the lives, by the hour, each time that the tests run."""
    await judged(home, drawn(seed), ONE_HOUR)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1000, 1000 + ceil(LIVES / PLANTS)))
async def test_lives(home: Home, seed: int) -> None:
    """Let up to three troubles that are not known befall each plant."""
    await judged(home, drawn(seed))


@pytest.mark.timeout(900)
@pytest.mark.skipif("TRUTH_SEED" not in os.environ, reason="no life to replay")
async def test_replay(home: Home) -> None:
    """Live an account again: TRUTH_SEED=123 script/test tests/truth -k replay.

    With TRUTH_PLANT=NE=456 one of its plants alone, which takes less time.
    """
    lives = drawn(int(os.environ["TRUTH_SEED"]))
    if plant := os.environ.get("TRUTH_PLANT"):
        alone = tuple(life for life in lives.lives if life.plant.code == plant)
        lives = replace(lives, lives=alone)
    await judged(home, lives)


def drawn(seed: int) -> Account:
    """Return the account of a seed, with no trouble that is known."""
    known = frozenset[str]().union(*TROUBLES_KNOWN.values())
    nights = frozenset[str]().union(*NIGHTS_KNOWN.values())
    unknown = [name for name in TROUBLES if name not in known]
    return draw(seed, unknown, PLANTS, nights)


async def judged(
    home: Home,
    lives: Account,
    run: int = FIVE_MINUTES,
) -> None:
    """Judge the sensors of an account."""
    faults = await Court(home, lives, run).judge(imports=False)
    assert not faults, told(lives, faults)

"""Lives of plants, with whatever goes wrong on real servers."""

from collections.abc import Iterable
import os

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator import Dialect

from .court import Court
from .disturber import TROUBLES
from .judge import Fault, worst
from .known import NIGHTS_KNOWN, TROUBLES_KNOWN
from .life import DAYS, Account, account, draw

SURVEYED = 1
PLANTS = 10
"""Plants of an account: Home Assistant's own work is shared by them."""

LIVES = 500


def told(lives: Account, faults: Iterable[Fault]) -> str:
    """Return what was counted wrong, and how to see it again."""
    return "\n".join([lives.title, *map(str, worst(faults))])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_each_trouble(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, dialect: Dialect
) -> None:
    """Give a plant of its own to each trouble; the known ones have to fail."""
    lives = account(SURVEYED, dialect, "ordinary day", [(name,) for name in TROUBLES])
    faults = await Court(hass, freezer, lives).judge(imports=False)
    failed = {name for fault in faults for name in fault.life.troubles}
    assert failed == TROUBLES_KNOWN[dialect], told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("night", list(DAYS))
async def test_each_night(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, dialect: Dialect, night: str
) -> None:
    """Judge undisturbed plants of all kinds on special nights."""
    lives = account(SURVEYED, dialect, night, [()] * 6)
    faults = await Court(hass, freezer, lives).judge(imports=False)
    assert bool(faults) == (night in NIGHTS_KNOWN[dialect]), told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_series(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, dialect: Dialect
) -> None:
    """Judge the imported series of undisturbed plants, hour by hour."""
    lives = account(SURVEYED, dialect, "ordinary day", [()] * 3)
    faults = await Court(hass, freezer, lives).judge(imports=True)
    assert not faults, told(lives, faults)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1000, 1000 + LIVES // PLANTS))
async def test_lives(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seed: int
) -> None:
    """Let up to three troubles that are not known befall each plant."""
    await judged(hass, freezer, seed)


@pytest.mark.timeout(900)
@pytest.mark.skipif("TRUTH_SEED" not in os.environ, reason="no life to replay")
async def test_replay(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Live an account again: TRUTH_SEED=123 script/test tests/truth -k replay."""
    await judged(hass, freezer, int(os.environ["TRUTH_SEED"]))


async def judged(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seed: int
) -> None:
    """Draw an account and judge it."""
    known = frozenset[str]().union(*TROUBLES_KNOWN.values())
    nights = frozenset[str]().union(*NIGHTS_KNOWN.values())
    unknown = [name for name in TROUBLES if name not in known]
    lives = draw(seed, unknown, PLANTS, nights)
    faults = await Court(hass, freezer, lives).judge(imports=False)
    assert not faults, told(lives, faults)

"""What the tests of bad input share."""

from collections.abc import Iterator
import logging
from random import SystemRandom
from typing import Final

from homeassistant.util import uuid
import pytest

from simulator import Simulator, fleet

from .home import FakeServer


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Let tests reach servers on loopback."""


# They write whole files and statements.
TALKERS: Final = (
    "asyncio",
    "homeassistant",
    "pytest_homeassistant_custom_component",
    "simulator",
    "sqlalchemy",
)


@pytest.fixture(autouse=True)
def quiet_others() -> Iterator[None]:
    """Keep no lines of others: those of thousands of examples fill the memory."""
    loggers = [logging.getLogger(name) for name in TALKERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(autouse=True)
def other_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no two examples draw the same ids for what Home Assistant registers.

    Hypothesis seeds the source of them anew for each example.
    """
    monkeypatch.setattr(uuid, "getrandbits", SystemRandom().getrandbits)


@pytest.fixture
def server(now: str, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """Return a server of a house with an old alarm."""
    house = fleet.residential()
    sim = Simulator([house], quirks=False)
    sim.alarms.raise_(house, house.devices[0])
    return FakeServer(sim, monkeypatch)

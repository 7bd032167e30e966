"""What the tests of bad input share."""

import pytest

from simulator import Simulator, fleet

from .home import FakeServer


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Let tests reach servers on loopback."""


@pytest.fixture
def server(now: str, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """Return a server of a house with an old alarm."""
    house = fleet.residential()
    sim = Simulator([house], quirks=False)
    sim.alarms.raise_(house, house.devices[0])
    return FakeServer(sim, monkeypatch)

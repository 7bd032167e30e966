"""A recorder that computes its statistics itself, every five minutes."""

import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from .court import Home

BEFORE_ALL_LIVES = "2025-12-01T00:00:00+00:00"


@pytest.fixture
def enable_statistics() -> bool:
    """Let the recorder compute statistics when it would."""
    return True


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Write when statistics are computed; the clock stands still in between."""
    return {"commit_interval": 3600}


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record too, where Home Assistant runs; its database comes first."""
    if "hass" in request.fixturenames:
        # The recorder's timers run from when it starts: before all lives.
        request.getfixturevalue("freezer").move_to(BEFORE_ALL_LIVES)
        # Days of lines that are not read take longer than what they tell of.
        for name in ("", "sqlalchemy.engine", "simulator", "homeassistant"):
            logging.getLogger(name).setLevel(logging.WARNING)
        request.getfixturevalue("recorder_mock")
        request.getfixturevalue("enable_custom_integrations")
        request.getfixturevalue("socket_enabled")


@pytest.fixture
def home(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, hass_storage: dict[str, Any]
) -> Home:
    """Return the Home Assistant in which the lives are played."""
    return Home(hass, freezer, hass_storage)

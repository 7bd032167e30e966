"""Actions whose calls wait for their turns."""

from collections.abc import Iterator
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.actions import budget


@pytest.fixture
def turns_pass(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    """Let time pass at once where an action waits for its turn."""

    async def tick(hass: HomeAssistant, seconds: float) -> None:
        freezer.tick(seconds)

    with patch.object(budget, "async_delay", tick):
        yield

"""Lets the test plugin for Home Assistant 2026.10 run on 2026.11.

`script/test-next` loads it before every other plugin. It deselects the tests that do
not start Home Assistant: their results do not depend on its version.
"""

# isort: off
# It puts httpx2 in the place of httpx, which the plugin respx imports.
import homeassistant  # noqa: F401

# They change modules of Home Assistant before their first import.
from pytest_homeassistant_custom_component import (  # noqa: F401
    patch_json,
    patch_recorder,
    patch_time,
)

from homeassistant.components import logger
from homeassistant.components.logger.helpers import _clear_logger_overwrites
import pytest

# The test plugin imports it from its place in 2026.10.
logger._clear_logger_overwrites = _clear_logger_overwrites  # type: ignore[attr-defined]


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep the tests that use the fixture `hass`, directly or through another one."""
    starts = {item: "hass" in getattr(item, "fixturenames", ()) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if not starts[item]])
    items[:] = [item for item in items if starts[item]]

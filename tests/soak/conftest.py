"""A real Home Assistant with a real recorder and real files, and its troubles."""

import logging

import pytest


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record too; the database comes before Home Assistant."""
    request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")
    request.getfixturevalue("socket_enabled")
    # Days of lines that nobody reads; warnings are what the test is about.
    for name in ("", "sqlalchemy.engine", "simulator"):
        logging.getLogger(name).setLevel(logging.WARNING)


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Record statistics only: each state would be a commit, and none is asked for."""
    return {"exclude": {"domains": ["binary_sensor", "button", "event", "sensor"]}}


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Keep real files, where other tests keep them in memory."""
    return {}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep the files of this test in a folder of its own."""
    return hass_tmp_config_dir

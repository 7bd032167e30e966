"""A real Home Assistant beside a simulator, as the demo runs them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.stage import Options, Stage, stage


@pytest.fixture
def dialect() -> str:
    """Return the server's generation; in 2020 it may be asked once a minute."""
    return "2020"


@pytest.fixture
def alarms() -> bool:
    """Return whether the plants have alarms of their own."""
    return True


@pytest.fixture
async def running(
    tmp_path: Path, dialect: str, *, alarms: bool
) -> AsyncIterator[Stage]:
    """Start both."""
    options = Options(
        folder=tmp_path, port=0, simulator_port=0, dialect=dialect, alarms=alarms
    )
    async with stage(options) as started:
        yield started

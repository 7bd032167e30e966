"""A real Home Assistant beside a simulator, as the demo runs them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.stage import Options, Stage, stage


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Stage]:
    """Start both; the account may be asked once a minute."""
    options = Options(folder=tmp_path, port=0, simulator_port=0, dialect="2020")
    async with stage(options) as started:
        yield started

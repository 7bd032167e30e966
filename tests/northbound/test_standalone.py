"""The library stands alone: aiohttp and the standard library, no Home Assistant."""

import asyncio
import os
from pathlib import Path
import shutil
import sys

import pytest

from custom_components.smartpvms import northbound
from simulator import Plant, Simulator

from .conftest import PASSWORD, USER

SCRIPT = """
import asyncio, sys

class NoHomeAssistant:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"homeassistant", "custom_components"}:
            raise AssertionError(name)

sys.meta_path.insert(0, NoHomeAssistant())
from aiohttp import ClientSession, DummyCookieJar
before = {name.partition(".")[0] for name in sys.modules}
from northbound import (
    Ledger, NorthboundClient, NorthboundSession, PasswordAuthenticator, PlantList
)
new = {name.partition(".")[0] for name in sys.modules} - before
assert new - set(sys.stdlib_module_names) == {"northbound"}, new

async def save():
    pass

async def main(url, user, password):
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        session = NorthboundSession(
            http, url, PasswordAuthenticator(user, password), Ledger(save)
        )
        dialect, plants = await PlantList(NorthboundClient(session)).read_on()
        print(dialect, *(plant.code for plant in plants))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_folder_alone_lists_plants(
    tmp_path: Path, sim: Simulator, url: str, plant: Plant
) -> None:
    source = Path(str(northbound.__file__)).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, tmp_path / "northbound", ignore=ignored)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT, url, USER, PASSWORD),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (out.decode().split(), err.decode()) == (["2022", plant.code], "")
    assert [call.interface for call in sim.calls] == ["login", "stations"]


def test_it_is_typed() -> None:
    assert (Path(str(northbound.__file__)).parent / "py.typed").exists()


@pytest.mark.parametrize("name", northbound.__all__)
def test_what_it_exports_exists(name: str) -> None:
    assert getattr(northbound, name)

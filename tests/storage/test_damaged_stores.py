"""Files that are damaged: each is set aside, and none costs a set-up."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.control.coordinator import store_of
from simulator import Fault, FaultKind, Simulator
from tests.conftest import state_of
from tests.play import play

PLANT = "NE=33554785"
STORES = {
    "quota": "smartpvms.quota",
    "account": "smartpvms.{entry}",
    "alarms": "smartpvms.{entry}.alarms",
    "history": "smartpvms.{entry}.history",
    "control": "smartpvms.{entry}.control",
}
DAMAGES = {
    "truncated": lambda good: good[: len(good) // 2],
    "empty": lambda good: b"",
    "null bytes": lambda good: bytes(len(good)),
    "a list": lambda good: b"[1, 2]",
    "no envelope": lambda good: b'{"plants": {}}',
    "no data": lambda good: b'{"version": 1, "minor_version": 1}',
    "data is a list": lambda good: b'{"version": 1, "data": [{"calls": 1}]}',
    "another shape": lambda good: b'{"version": 1, "data": {"calls": 1}}',
    "newer": lambda good: b'{"version": 99, "data": {}}',
}
# Home Assistant says it where it finds no JSON, the integration says the rest.
TELLERS = {"homeassistant.helpers.storage", "custom_components.smartpvms"}


def spoil(path: Path, damage: Callable[[bytes], bytes]) -> bytes:
    """Damage a file; return what is in it now."""
    spoiled = damage(path.read_bytes())
    path.write_bytes(spoiled)
    return spoiled


def set_aside(path: Path) -> list[bytes]:
    """Return what is in the files that were set aside."""
    return [file.read_bytes() for file in path.parent.glob(f"{path.name}.corrupt.*")]


def make_folder(path: Path) -> None:
    """Put a folder in a file's place."""
    path.unlink()
    path.mkdir()
    (path / "something").touch()


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Keep real files, where the tests of others keep them in memory."""
    return {}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep the files of this test in a folder of its own."""
    return hass_tmp_config_dir


@pytest.fixture
async def stopped(
    hass: HomeAssistant, setup: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that has run for a while and is stopped."""
    await play(hass, freezer, 600)
    assert await hass.config_entries.async_unload(setup.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    connections = hass.data.pop(CONNECTIONS)
    await connections._store._async_handle_write_data()
    await store_of(hass, setup.entry_id).async_save({"commands": [], "plants": {}})
    return setup


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("store", STORES)
async def test_a_damaged_file_is_set_aside(
    hass: HomeAssistant,
    stopped: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    store: str,
    damage: str,
) -> None:
    name = STORES[store].format(entry=stopped.entry_id)
    path = Path(hass.config.path(".storage", name))
    spoiled = spoil(path, DAMAGES[damage])
    caplog.clear()
    assert await hass.config_entries.async_setup(stopped.entry_id)
    await play(hass, freezer, 400)
    assert stopped.state is ConfigEntryState.LOADED
    assert float(state_of(hass, PLANT, "pv_power")) > 0
    aside = set_aside(path)
    told = [
        record
        for record in caplog.records
        if record.name in TELLERS and name in record.getMessage()
    ]
    told = [record for record in told if record.levelname in ("WARNING", "ERROR")]
    assert aside == [spoiled]
    assert len(told) == 1
    failed = [record.name for record in caplog.records if record.exc_info]
    assert set(failed) <= {"homeassistant.util.json"}
    assert sim.count(fail_code=407) == 0
    # Home Assistant has an issue of its own for what is no JSON.
    issue_id = f"{name.removeprefix('smartpvms.')}_file_damaged"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    is_json = damage not in {"truncated", "empty", "null bytes"}
    assert bool(issue) is is_json
    assert await hass.config_entries.async_remove(stopped.entry_id)
    left = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert bool(left) is (is_json and store == "quota")


async def test_a_file_that_cannot_even_be_moved(
    hass: HomeAssistant,
    stopped: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = Path(hass.config.path(".storage", "smartpvms.quota"))
    make_folder(path)
    assert await hass.config_entries.async_setup(stopped.entry_id)
    assert stopped.state is ConfigEntryState.LOADED
    assert "smartpvms.quota" in caplog.text


async def test_known_alarms_outlive_the_inventory(
    hass: HomeAssistant,
    stopped: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """One raised while the file with the plants was lost is news all the same."""
    name = f"smartpvms.{stopped.entry_id}"
    spoil(Path(hass.config.path(".storage", name)), lambda good: b"")
    sim.faults.add(Fault(FaultKind.CODE, "getAlarmList", code=20004))
    assert await hass.config_entries.async_setup(stopped.entry_id)
    assert stopped.runtime_data.alarms.knows(PLANT)

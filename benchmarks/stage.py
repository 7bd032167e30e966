"""Prepares the folders of Home Assistant in which the measurements start."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
import pickle
import subprocess
import sys
from typing import Any, Final
from unittest.mock import patch

from homeassistant import config_entries
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_platform, entity_registry as er
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import EntityPlatform

from custom_components.smartpvms.account.device_registry import type_name
from custom_components.smartpvms.const import MANUFACTURER
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.northbound import DeviceRow, PlantRow
from custom_components.smartpvms_floor.recipe import (
    LIVE,
    RECIPE,
    ROWS,
    FloorDevice,
    Recipe,
    plain,
)

from .changing import Answers, Replay
from .home import FLOOR, account_entry, home, make_entry

ROOT: Final = Path(__file__).parent.parent
OURS: Final = "ours"
PARTS: Final = "parts.pickle"
_NEVER: Final = 1_000_000.0

_VALUES: Final = {
    "binary_sensor": "is_on",
    "sensor": "native_value",
    "update": "installed_version",
}


@dataclass(slots=True)
class Parts:
    """Inputs of the measurements of both sides.

    `enabled`: unique ids of the enabled entities; `changing`: (device, key) of the
    states that change with changed answers.
    """

    recipe: Recipe
    answers: Answers = field(default_factory=Answers)
    enabled: set[str] = field(default_factory=set)
    changing: set[tuple[str, str]] = field(default_factory=set)


@contextmanager
def server(plants: int, devices: int) -> Iterator[str]:
    """Serve a fleet from a new process; yields its address."""
    command = [sys.executable, "-m", "benchmarks.server"]
    sizes = ["--plants", str(plants), "--devices", str(devices)]
    with subprocess.Popen(  # noqa: S603
        [*command, *sizes],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


async def prepare(folder: Path, url: str, enabled: int) -> None:
    """Create the folders of both sides, with `enabled` enabled entities."""
    for side in (OURS, FLOOR):
        (folder / side).mkdir()
    with (
        # Home Assistant adds at most 10,000 new entities of an entry.
        patch.object(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", inf),
        # Enabling entities reloads the entry, which would disturb the next step.
        patch.object(config_entries, "RELOAD_AFTER_UPDATE_DELAY", _NEVER),
    ):
        parts = await _prepare_ours(folder / OURS, url, enabled)
        await _prepare_floor(folder / FLOOR, parts)
    (folder / PARTS).write_bytes(pickle.dumps(parts))


async def _prepare_ours(folder: Path, url: str, enabled: int) -> Parts:
    async with home(folder) as hass:
        entry = account_entry(url, history_days=0)
        await hass.config_entries.async_add(entry)
        answers = await _first_answers(entry.runtime_data)
        # What is compared has a verdict from its second row on.
        replay = Replay(entry.runtime_data)
        for step in (0, 1):
            await replay.refresh(answers.changed(step))
        await hass.async_block_till_done(wait_background_tasks=True)
        _enable(hass, entry.entry_id, enabled)
        with _recording() as added:
            await hass.config_entries.async_reload(entry.entry_id)
            await hass.async_block_till_done()
        parts = Parts(_recipe(entry.runtime_data, added), answers)
        registry = er.async_get(hass)
        found = er.async_entries_for_config_entry(registry, entry.entry_id)
        parts.enabled = {e.unique_id for e in found if not e.disabled_by}
        parts.changing = await _changing(hass, entry.runtime_data, added, answers)
        await hass.config_entries.async_unload(entry.entry_id)
    return parts


async def _first_answers(hub: Hub) -> Answers:
    """Refresh every coordinator once; returns the answers of the real-time calls."""
    answers = Answers()
    client = hub.account.client
    ask_plants, ask_devices = client.plant_real_time, client.device_real_time

    async def of_plants(plants: Collection[str]) -> list[PlantRow]:
        rows = answers.plants[tuple(plants)] = await ask_plants(plants)
        return rows

    async def of_devices(type_id: int, devices: Collection[int]) -> list[DeviceRow]:
        rows = await ask_devices(type_id, devices)
        answers.devices[type_id, tuple(devices)] = rows
        return rows

    client.plant_real_time = of_plants  # type: ignore[method-assign]
    client.device_real_time = of_devices  # type: ignore[method-assign]
    for lane in (hub.plants, hub.devices, hub.alarms):
        await lane.async_refresh()
    for period in hub.periods:
        await period.async_refresh()
    return answers


def _enable(hass: HomeAssistant, entry_id: str, count: int) -> None:
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry_id)
    disabled = [entity for entity in entities if entity.disabled_by]
    missing = count - (len(entities) - len(disabled))
    for entity in disabled[: max(0, missing)]:
        registry.async_update_entity(entity.entity_id, disabled_by=None)


type Added = dict[str, tuple[str, str, EntityDescription, Any]]
"""Platform, device, description and value of each added entity, by unique id."""


@contextmanager
def _recording() -> Iterator[Added]:
    """Record all entities that are added to Home Assistant."""
    added: Added = {}
    add = EntityPlatform._async_add_entity  # noqa: SLF001

    async def recorded(self: EntityPlatform, entity: Entity, *more: Any) -> None:
        info = entity.device_info
        assert info and entity.unique_id
        ((_, device),) = info.get("identifiers", set())
        await add(self, entity, *more)
        value = getattr(entity, _VALUES.get(self.domain, ""), None)
        description = entity.entity_description
        added[entity.unique_id] = (self.domain, device, description, value)

    with patch.object(EntityPlatform, "_async_add_entity", recorded):
        yield added


def _recipe(hub: Hub, added: Added) -> Recipe:
    devices = [
        FloorDevice(
            key=plant.code,
            name=plant.name,
            manufacturer=MANUFACTURER,
            model="PV plant",
        )
        for plant in hub.account.plants.values()
    ]
    devices += [
        FloorDevice(
            key=str(device.id),
            name=device.name,
            plant=device.plant_code,
            manufacturer=MANUFACTURER,
            model=device.model or type_name(device.type_id),
            model_id=type_name(device.type_id) if device.model else None,
            serial=device.serial,
            software=device.software,
        )
        for device in hub.account.devices.values()
    ]
    recipe = Recipe(devices, values={device.key: {} for device in devices})
    known: dict[int, int] = {}
    for platform, device_key, description, value in added.values():
        if id(description) not in known:
            known[id(description)] = len(recipe.descriptions)
            recipe.descriptions.append((platform, plain(platform, description)))
        row = (device_key, known[id(description)])
        recipe.entities.setdefault(platform, []).append(row)
        recipe.values[device_key][description.key] = value
    recipe.saved = pickle.dumps(recipe.values)
    return recipe


async def _changing(
    hass: HomeAssistant, hub: Hub, added: Added, answers: Answers
) -> set[tuple[str, str]]:
    """Return (device, key) of the states that change if all answered values change."""
    replay = Replay(hub)
    await replay.refresh(answers.changed(2))
    changing: set[str] = set()
    # Two steps, because a state of two options may return to its first.
    for step in (3, 4):
        before = {state.entity_id: state.state for state in hass.states.async_all()}
        await replay.refresh(answers.changed(step))
        changing.update(
            state.entity_id
            for state in hass.states.async_all()
            if before.get(state.entity_id) != state.state
        )
    registry = er.async_get(hass)
    found = (entity for key in changing if (entity := registry.async_get(key)))
    return {
        (added[entity.unique_id][1], added[entity.unique_id][2].key)
        for entity in found
        if entity.unique_id in added
    }


async def _prepare_floor(folder: Path, parts: Parts) -> None:
    async with home(folder) as hass:
        hass.data[RECIPE], hass.data[ROWS] = parts.recipe, parts.recipe.rows()
        hass.data[LIVE] = parts.changing
        entry = make_entry(FLOOR, {})
        await hass.config_entries.async_add(entry)
        await hass.async_block_till_done()
        registry = er.async_get(hass)
        found = er.async_entries_for_config_entry(registry, entry.entry_id)
        by = er.RegistryEntryDisabler.USER
        for entity in found:
            disabled_by = None if entity.unique_id in parts.enabled else by
            registry.async_update_entity(entity.entity_id, disabled_by=disabled_by)
        missing = parts.enabled - {entity.unique_id for entity in found}
        assert not missing, len(missing)
        await hass.config_entries.async_unload(entry.entry_id)

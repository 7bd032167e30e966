"""The measurements; each runs in a new process."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
import gc
from pathlib import Path
import pickle
import shutil
from tempfile import TemporaryDirectory
from time import process_time
import tracemalloc
from typing import Any, Final
from unittest.mock import AsyncMock, patch

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_conversion import EnergyConverter

from custom_components.smartpvms.catalogue.series import SERIES, Quantity
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.history.importer import Importer
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.metadata import PlantSeries
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.live.coordinator import ReadingsCoordinator
from custom_components.smartpvms_floor.recipe import (
    LIVE,
    RECIPE,
    ROWS,
    Coordinators,
    Values,
)

from .changing import Replay
from .home import FLOOR, home
from .stage import OURS, PARTS, Parts

REGISTRIES: Final = ("core.entity_registry", "core.device_registry")
ROUNDS: Final = 20
_LATER: Final = 10
_HOUR: Final = 3600
_FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def _started(folder: Path, side: str) -> AsyncGenerator[HomeAssistant]:
    """Start Home Assistant in a side's folder, without setting up its entry."""
    parts: Parts = pickle.loads((folder / PARTS).read_bytes())  # noqa: S301
    async with home(folder / side) as hass:
        hass.data[RECIPE], hass.data[ROWS] = parts.recipe, parts.recipe.rows()
        hass.data[LIVE] = parts.changing
        yield hass


@asynccontextmanager
async def _copy(folder: Path, side: str, *, fresh: bool) -> AsyncGenerator[Path]:
    with TemporaryDirectory() as name:
        copy = Path(name)
        shutil.copytree(folder / side, copy / side)
        shutil.copy(folder / PARTS, copy / PARTS)
        if fresh:
            for registry in REGISTRIES:
                (copy / side / ".storage" / registry).unlink()
        yield copy


def _entry(hass: HomeAssistant) -> ConfigEntry[Any]:
    (entry,) = hass.config_entries.async_entries()
    return entry


type Work = Callable[[], Awaitable[object]]


type Ready = Callable[[], Awaitable[Work]]
"""Prepares some work."""


def _given(work: Work) -> Ready:
    """Return what has nothing to prepare."""

    async def ready() -> Work:
        return work

    return ready


async def _cost(ready: Ready) -> float:
    """Return the processor seconds of some work, without garbage collection.

    `ready` prepares the work and is not measured. It runs last, so that its data are
    in the processor's cache, as data that were just read from an answer are.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    work = await ready()
    begun = process_time()
    await work()
    spent = process_time() - begun
    gc.enable()
    gc.unfreeze()
    return spent


async def _set_up(hass: HomeAssistant) -> None:
    assert await hass.config_entries.async_setup(_entry(hass).entry_id)
    await hass.async_block_till_done()


async def set_up(folder: Path, side: str, *, fresh: bool) -> float:
    """Return the seconds of an entry's set-up; `fresh`: with empty registries."""
    async with _copy(folder, side, fresh=fresh) as copy, _started(copy, side) as hass:
        return await _cost(_given(partial(_set_up, hass)))


async def memory(folder: Path, side: str) -> float:
    """Return the bytes that a set-up entry keeps."""
    async with _copy(folder, side, fresh=False) as copy, _started(copy, side) as hass:
        gc.collect()
        tracemalloc.start()
        await _set_up(hass)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return float(kept)


async def refresh(folder: Path, side: str, *, make: Mapping[str, Rounds]) -> float:
    """Return the seconds of one refresh of all values, the least of a few.

    `make` makes the rounds of each side.
    """
    parts: Parts = pickle.loads((folder / PARTS).read_bytes())  # noqa: S301
    async with _copy(folder, side, fresh=False) as copy, _started(copy, side) as hass:
        await _set_up(hass)
        rounds = make[side](_entry(hass).runtime_data, parts)
        # The first refresh fills caches.
        costs = [await _cost(ready) for ready in rounds]
        return min(costs[1:])


type Rounds = Callable[[Any, Parts], list[Ready]]
"""Makes the rounds of a side, of its entry's runtime data."""


def _rows(hub: Hub, parts: Parts, *, change: bool) -> list[Ready]:
    """Return rounds from the rows of the answers to the last state.

    `change`: every value differs from the round before.
    """
    replay = Replay(hub)

    async def ready(step: int) -> Work:
        return partial(replay.refresh, parts.answers.changed(step))

    # Later steps than in the preparation, because counters only rise.
    return [partial(ready, _LATER + n * change) for n in range(ROUNDS + 1)]


def _states(hub: Hub, parts: Parts) -> list[Ready]:
    """Return rounds in which states are written of rows that are there, all changed."""
    replay = Replay(hub)
    told = (hub.plants, hub.devices, hub.balance, hub.polling, hub.underperformance)

    async def publish() -> None:
        for coordinator in told:
            await coordinator.async_publish()

    async def ready(step: int) -> Work:
        with patch.object(ReadingsCoordinator, "async_publish", AsyncMock()):
            await replay.refresh(parts.answers.changed(step))
        return publish

    return [partial(ready, _LATER + n) for n in range(ROUNDS + 1)]


def _of_floor(coordinators: Coordinators, parts: Parts, *, change: bool) -> list[Ready]:
    """Return rounds in which every entity is told; `change`: of another value."""
    options = {
        (device, description.key): getattr(description, "options", None) or ()
        for entities in parts.recipe.rows().values()
        for device, description in entities
    }

    async def ready(step: int) -> Work:
        values: Values = {
            device: {
                key: _other(value, options[device, key], step)
                if (device, key) in parts.changing
                else value
                for key, value in known.items()
            }
            for device, known in parts.recipe.values.items()
        }

        async def apply() -> None:
            coordinators.live.async_set_updated_data(values)

        return apply

    return [partial(ready, n * change) for n in range(ROUNDS + 1)]


REFRESHES: Final[Mapping[str, Mapping[str, Rounds]]] = {
    "states": {OURS: _states, FLOOR: partial(_of_floor, change=True)},
    "all_changed": {
        OURS: partial(_rows, change=True),
        FLOOR: partial(_of_floor, change=True),
    },
    "none_changed": {
        OURS: partial(_rows, change=False),
        FLOOR: partial(_of_floor, change=False),
    },
}


def _other(value: Any, options: Sequence[str], step: int) -> Any:
    """Return a valid value of an entity that differs in every step."""
    match value:
        case bool():
            return bool(step % 2)
        case int() | float():
            return value + 0.01 * step
        case datetime():
            return value + timedelta(seconds=step)
        case str() if options:
            return options[step % len(options)]
    return value


async def statistics(folder: Path, side: str, *, plants: int, days: int) -> float:
    """Return the seconds of an import of hours, one day of all plants after another."""
    async with _copy(folder, side, fresh=False) as copy:
        (copy / "empty").mkdir()
        async with home(copy / "empty", recorder=True) as hass:
            await hass.async_start()
            await get_instance(hass).async_block_till_done()
            write = _import_ours if side == OURS else _import_floor
            return await _cost(_given(partial(write, hass, plants, days)))


_ENERGIES: Final = tuple(
    series for series in SERIES.values() if series.quantity is Quantity.ENERGY
)


def _hours(day: int) -> list[int]:
    """Return the starts of a day's hours in epoch seconds."""
    midnight = int(_FIRST_DAY.timestamp()) + day * 24 * _HOUR
    return [midnight + hour * _HOUR for hour in range(24)]


async def _import_ours(hass: HomeAssistant, plants: int, days: int) -> None:
    async def before_move(code: str, since: int) -> None:
        """Do nothing, because no statistics move."""

    importer = Importer(hass, before_move)
    for day in range(days):
        for number in range(plants):
            plant = PlantSeries(f"NE={number}", f"Plant {number}", "EUR")
            spans = [Span(start, start + _HOUR, 1.5) for start in _hours(day)]
            await importer.async_merge(plant, {s.key: spans for s in _ENERGIES})


async def _import_floor(hass: HomeAssistant, plants: int, days: int) -> None:
    sums = dict.fromkeys(range(plants), 0.0)
    for day in range(days):
        for number in range(plants):
            before = sums[number]
            for series in _ENERGIES:
                metadata = StatisticMetaData(
                    mean_type=StatisticMeanType.NONE,
                    has_sum=True,
                    name=f"Plant {number} {series.key}",
                    source=DOMAIN,
                    statistic_id=f"{DOMAIN}:ne_{number}_{series.key}",
                    unit_class=EnergyConverter.UNIT_CLASS,
                    unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
                )
                rows = [
                    StatisticData(
                        start=datetime.fromtimestamp(start, UTC),
                        state=1.5,
                        sum=before + 1.5 * (hour + 1),
                        last_reset=datetime.fromtimestamp(start, UTC),
                    )
                    for hour, start in enumerate(_hours(day))
                ]
                async_add_external_statistics(hass, metadata, rows)
            sums[number] = before + 1.5 * 24
            await get_instance(hass).async_block_till_done()

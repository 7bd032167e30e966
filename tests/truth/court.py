"""Plays an account's lives in Home Assistant and hands the judge what it counted."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, override
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.db_schema import StatisticsShortTerm
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.recorder.tasks import RecorderTask, StatisticsTask
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, StateMachine
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import Store
from homeassistant.util.event_type import EventType
from pytest_homeassistant_custom_component import common
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.energy_dashboard.sources import Offer, put_in
from custom_components.smartpvms.history.importer import Importer
from custom_components.smartpvms.history.metadata import statistic_id
from simulator import Dialect, Simulator, serve
from tests.conftest import make_entry

from .judge import Fault, Judge
from .life import Account, Life
from .plants import METERS
from .quantities import SERIES, counter_of

STEP: Final = {Dialect.V2022: 300, Dialect.V2020: 150}
"""Seconds; in 2020 a call a minute is allowed, and a round takes two or three."""

FIVE_MINUTES: Final = 300
ONE_HOUR: Final = 3600

COUNTERS: Final = frozenset({SensorStateClass.TOTAL, SensorStateClass.TOTAL_INCREASING})
UNJUDGED: Final[set[EventType[Any] | str]] = {
    EventType("recorder_5min_statistics_generated"),
    EventType("entity_registry_updated"),
    EventType("device_registry_updated"),
    EventType("component_loaded"),
    EventType("service_registered"),
}
"""Events that are not needed in the database."""

_LOOKING_OFTEN: Final = (
    "custom_components.smartpvms.account.clock",
    "custom_components.smartpvms.northbound.ledger",
    "simulator.clock",
)
"""Modules that look at the clock hundreds of times each minute."""

CLASSES: Final = frozenset({SensorDeviceClass.ENERGY, SensorDeviceClass.MONETARY})


@dataclass(slots=True)
class _Release(RecorderTask):
    """Lets others at the database in memory, which is for one at a time."""

    @override
    def run(self, instance: Recorder) -> None:
        """End what the session of the events has begun to read."""
        assert instance.event_session
        instance.event_session.commit()


class _Everything(set[EventType[Any] | str]):
    """All events: where the import is judged, only the import writes."""

    @override
    def __contains__(self, event_type: object) -> bool:
        """Contain it, whatever it is."""
        return True


class _Clock:
    """Tells the stopped time to those who ask for it most, without a look at who asks."""

    def __init__(self) -> None:
        """Look at the clock."""
        self.look()

    def look(self) -> None:
        """Take over the time that the clock was put to."""
        self._at = datetime.now(UTC).timestamp()

    def time(self) -> float:
        """Return the epoch second."""
        return self._at

    monotonic = time

    @contextmanager
    def patched(self) -> Iterator[None]:
        """Let the integration and the simulator look at this clock."""
        with ExitStack() as stack:
            for module in _LOOKING_OFTEN:
                stack.enter_context(patch(f"{module}.time", self))
            yield


class _Ticks:
    """Keeps two states of one instant of the stopped clock apart, as a real one does.

    The recorder would take both for the state with which the next five minutes begin.
    """

    def __init__(self) -> None:
        """Begin in the past."""
        self._last = 0.0
        self._set: Callable[..., None] = StateMachine.async_set_internal

    def patched(self) -> AbstractContextManager[object]:
        """Return a context in which the clock moves on with each state."""

        def set_internal(machine: StateMachine, *args: Any) -> None:
            *rest, at = args
            self._last = max(at, self._last + 2e-6)
            self._set(machine, *rest, self._last)

        return patch.object(StateMachine, "async_set_internal", set_internal)


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant with its clock and its files."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    storage: dict[str, Any]


class Court:
    """One Home Assistant, its recorder, and a simulated server."""

    def __init__(
        self,
        home: Home,
        account: Account,
        run: int = FIVE_MINUTES,
    ) -> None:
        """Prepare the lives of an account.

        ``run``: so often (seconds) the recorder computes statistics; longer runs see
        the same states, and take less time.
        """
        self.hass, self.freezer, self._storage = home.hass, home.freezer, home.storage
        self.account = account
        self._run = run
        self._is_counter: dict[str, bool] = {}
        self._stops = len(account.stops)
        self._clock = _Clock()

    def _record(self, *, counters: bool) -> None:
        """Leave out what is not judged, which takes most of the time."""
        recorder = get_instance(self.hass)
        assert recorder._event_listener and recorder._queue_watcher
        recorder._event_listener()
        recorder._queue_watcher()
        recorder.entity_filter = self._counts
        recorder.exclude_event_types = UNJUDGED if counters else _Everything()
        recorder.async_initialize()

    def _counts(self, entity_id: str) -> bool:
        known = self._is_counter.get(entity_id)
        if known is None:
            entry = er.async_get(self.hass).async_get(entity_id)
            known = entry is not None and _counts(entry)
            if entry is not None:
                self._is_counter[entity_id] = known
        return known

    async def judge(self, *, imports: bool) -> list[Fault]:
        """Live through the account, and return what was counted wrong.

        ``imports``: history is imported, and its series are judged; else the sensors.
        """
        self._record(counters=not imports)
        with (
            _Ticks().patched(),
            self._clock.patched(),
            self._saves(),
            self._runs(),
            patch.object(common, "raise_contains_mocks"),
        ):
            if imports:
                await self._play()
            else:
                # The running hours of all series take longer than all the rest.
                with patch.object(Importer, "is_available", False):
                    await self._play()
        return [
            fault
            for life in self.account.lives
            async for fault in self._judged(life, imports=imports)
        ]

    @contextmanager
    def _runs(self) -> Iterator[None]:
        """Let the recorder compute its statistics as often as is wanted."""
        run = timedelta(seconds=self._run)

        def compile_statistics(instance: Recorder) -> None:
            now = datetime.now(UTC)
            end = datetime.fromtimestamp(
                now.timestamp() // FIVE_MINUTES * FIVE_MINUTES, UTC
            )
            if not end.timestamp() % self._run:
                instance.queue_task(StatisticsTask(end - run, fire_events=False))

        with (
            patch.object(StatisticsShortTerm, "duration", run),
            patch.object(Recorder, "async_periodic_statistics", compile_statistics),
        ):
            yield

    @contextmanager
    def _saves(self) -> Iterator[None]:
        """Let be saved what is read again: by the integration, after its next stop."""
        write = Store._async_write_data

        async def write_data(store: Store[Any], data: dict[str, Any]) -> None:
            if self._stops and store.key.startswith(DOMAIN):
                await write(store, data)

        with patch.object(Store, "_async_write_data", write_data):
            yield

    async def _play(self) -> None:
        account = self.account
        self.hass.loop.set_debug(False)
        self.freezer.move_to(datetime.fromtimestamp(account.begin, UTC))
        self._clock.look()
        await self.hass.config.async_set_time_zone(account.home)
        sim = Simulator([life.plant for life in account.lives], account.dialect)
        sim.alarms.automatic = False
        for life in account.lives:
            sim.disturbances.add(*life.disturbances)
        async with serve(sim) as url:
            entry = make_entry(url, history_days=1)
            entry.add_to_hass(self.hass)
            assert await self.hass.config_entries.async_setup(entry.entry_id)
            await self._settle()
            for stop in account.stops:
                await self._pass_until(stop.begin)
                await self._stop(entry, is_crash=stop.is_crash)
                await self._pass_until(stop.end)
                assert await self.hass.config_entries.async_setup(entry.entry_id)
                await self._settle()
                self._stops -= 1
            await self._pass_until(account.end)
            assert await self.hass.config_entries.async_unload(entry.entry_id)
        await async_wait_recording_done(self.hass)
        get_instance(self.hass).queue_task(_Release())
        await get_instance(self.hass).async_block_till_done()

    async def _pass_until(self, at: float) -> None:
        """Let time pass in steps, on which the recorder's runs are."""
        begin, step = self.account.begin, STEP[self.account.dialect]
        while (passed := datetime.now(UTC).timestamp() - begin) < at - begin:
            self.freezer.tick(step - passed % step)
            self._clock.look()
            async_fire_time_changed(self.hass)
            await self._settle()

    async def _stop(self, entry: ConfigEntry, *, is_crash: bool) -> None:
        """Stop the integration; nothing in memory is left."""
        saved = deepcopy(self._storage)
        assert await self.hass.config_entries.async_unload(entry.entry_id)
        await self._settle()
        self.hass.data.pop(CONNECTIONS)
        if is_crash:
            self._storage.clear()
            self._storage.update(saved)

    async def _settle(self) -> None:
        await self.hass.async_block_till_done(wait_background_tasks=True)
        await get_instance(self.hass).async_block_till_done()

    async def _judged(self, life: Life, *, imports: bool) -> AsyncIterator[Fault]:
        judge = Judge(life, self.account.end)
        if not imports:
            counted = await self._counters(life)
            enough = (self.account.end - self.account.begin) / self._run / 3
            assert any(len(rows) > enough for _, rows in counted), "too few rows"
            for counter, rows in counted:
                for fault in judge.counter(counter, rows):
                    yield fault
            return
        world = life.plant.world
        first = world.midnight(world.local(self.account.begin).date())
        ids = {series: statistic_id(life.plant.code, series) for series in SERIES}
        found = await self._rows(set(ids.values()), "hour")
        bars = {
            id_: {round(row["start"]): row["change"] or 0.0 for row in known}
            for id_, known in found.items()
        }
        assert ids["pv_energy"] in bars, "nothing was imported"
        for series, id_ in ids.items():
            for fault in judge.series(series, bars.get(id_, {}), first):
                yield fault
        for period in ("day", "month"):
            longer = await self._rows(set(ids.values()), period)
            for series, id_ in ids.items():
                for fault in judge.periods(series, longer.get(id_, ())):
                    yield fault
        begun = {series: id_ for series, id_ in ids.items() if id_ in bars}
        own = frozenset(ids.values())
        offer = Offer(statistics=begun, sensors={}, own=own, ours=own)
        if METERS[life.kind]:
            for fault in judge.home(put_in((), offer)[0], bars, first):
                yield fault

    async def _rows(self, ids: set[str], period: str) -> dict[str, list[Any]]:
        found = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period,
            self.hass,
            datetime(2000, 1, 1, tzinfo=UTC),
            None,
            ids,
            period,
            None,
            {"state", "sum", "change"},
        )
        return {key: list(rows) for key, rows in found.items()}

    async def _counters(self, life: Life) -> list[tuple[Any, list[Any]]]:
        """Return the counters of a plant and its devices with their statistics."""
        ids = {entry.entity_id: counter for entry, counter in self._sensors(life)}
        rows = await self._rows(set(ids), "5minute")
        for row in (row for known in rows.values() for row in known):
            row["end"] = row["start"] + self._run
        return [(counter, rows.get(id_, [])) for id_, counter in ids.items()]

    def _sensors(self, life: Life) -> Iterator[tuple[er.RegistryEntry, Any]]:
        registry = er.async_get(self.hass)
        sources = {life.plant.code: None} | {
            str(device.id): device for device in life.plant.devices
        }
        for entry in registry.entities.values():
            if entry.platform != DOMAIN or entry.domain != "sensor" or entry.disabled:
                continue
            source, _, key = entry.unique_id.partition("_")
            if source not in sources or not _counts(entry):
                continue
            counter = counter_of(life.plant, sources[source], key)
            assert counter is not None, f"what does {key} count?"
            yield entry, counter


def _counts(entry: er.RegistryEntry) -> bool:
    """Return whether a sensor counts energy or money."""
    state_class = (entry.capabilities or {}).get("state_class")
    return entry.original_device_class in CLASSES and state_class in COUNTERS

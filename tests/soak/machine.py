"""Home Assistant's process, as somebody restarts it, kills it, or sets its clock."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
import time
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.tasks import (
    AdjustStatisticsTask,
    ImportStatisticsTask,
    RecorderTask,
    SynchronizeTask,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import ledger
from simulator import Simulator
from tests.play import play, settle

from .watch import Watch

# Home Assistant writes something of ours in this time, whatever happens.
LONGEST_LIFE: Final = 1800.0
WRITES: Final = (ImportStatisticsTask, AdjustStatisticsTask)


class Machine:
    """What runs Home Assistant; the simulator's clock is the right one."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        sim: Simulator,
        entry: MockConfigEntry,
        watches: Sequence[Watch],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Stand between Home Assistant and its disk."""
        self.hass, self.sim, self.entry = hass, sim, entry
        self._watches = watches
        self._freezer = freezer
        self._wrong_by = 0.0
        self._writes_left: float | None = None
        self._is_dead = False
        self._hung: list[asyncio.Future[Any]] = []
        self._guard(monkeypatch)

    def _guard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let nothing reach the disk or the database after a kill."""
        write, queue = Store._async_write_data, Recorder.queue_task

        async def guarded_write(store: Store[Any], data: Any) -> None:
            if store.key.startswith(DOMAIN) and self._strikes():
                await self._hang()
            else:
                await write(store, data)

        def guarded_queue(recorder: Recorder, task: RecorderTask) -> None:
            if isinstance(task, WRITES) and self._strikes():
                return
            if isinstance(task, SynchronizeTask) and self._is_dead:
                self._hung.append(task.future)
                return
            queue(recorder, task)

        monkeypatch.setattr(Store, "_async_write_data", guarded_write)
        monkeypatch.setattr(Recorder, "queue_task", guarded_queue)
        monkeypatch.setattr(ledger, "_steady_clock", self._steady)
        monkeypatch.setattr(self.hass.loop, "time", self._steady)

    def _strikes(self) -> bool:
        """Count a write, and tell whether it is one that never happens."""
        if self._writes_left is not None and not self._is_dead:
            self._writes_left -= 1
            if self._writes_left <= 0:
                self._is_dead = True
                self.sim.stalled.set()
        return self._is_dead

    async def _hang(self) -> None:
        """Wait for a disk that never answers, unless the process is gone."""
        if self._writes_left is not None:
            self._hung.append(future := asyncio.get_running_loop().create_future())
            await future

    async def play(self, seconds: float) -> None:
        """Let time pass."""
        await play(self.hass, self._freezer, seconds, self.sim.stalled)

    async def restart(self, off: float = 0.0) -> None:
        """Stop, stay off for some seconds, and start."""
        await self._stop()
        await self._start(off)

    async def reload(self) -> None:
        """Reload the entry, as its options and new entities do."""
        await self.hass.config_entries.async_reload(self.entry.entry_id)
        await settle(self.hass, self.sim.stalled)

    async def kill(self, writes: float, off: float = 0.0) -> None:
        """End in the middle of one of the next writes; stay off; start."""
        self._writes_left = writes
        life = 0.0
        while not self._is_dead and life < LONGEST_LIFE:
            await self.play(5)
            life += 5
        assert self._is_dead, "nothing was written"
        # What is lost with the process ends where it is, and says no more.
        self._mute(True)
        self._writes_left = None
        for future in self._hung:
            future.cancel()
        self._hung.clear()
        self.sim.stalled.clear()
        await settle(self.hass, self.sim.stalled)
        await self._stop()
        self._is_dead = False
        self._mute(False)
        await self._start(off)

    def _mute(self, is_muted: bool) -> None:
        for watch in self._watches:
            watch.is_muted = is_muted

    async def _stop(self) -> None:
        """Stop; nothing that is in memory is left."""
        hub = getattr(self.entry, "runtime_data", None)
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        connections = self.hass.data.pop(CONNECTIONS)
        await connections._store._async_handle_write_data()
        stores = [connections._store]
        if hub is not None:
            stores += [
                hub._store._store,
                hub.alarms._store,
                hub.history._store,
            ]
        for store in stores:
            store._async_cleanup_delay_listener()
            store._async_cleanup_final_write_listener()
        for http in connections._http.values():
            http.detach()
        await settle(self.hass, self.sim.stalled)

    async def _start(self, off: float) -> None:
        self._freezer.tick(off)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await settle(self.hass, self.sim.stalled)

    def set_clock(self, wrong_by: float) -> None:
        """Let the clock be wrong by so many seconds from now on; no time passes."""
        jump = wrong_by - self._wrong_by
        self._wrong_by = wrong_by
        self._freezer.tick(jump)
        self.sim.clock.offset -= timedelta(seconds=jump)

    def _steady(self) -> float:
        """Return what a clock shows that nobody sets; the frozen one goes along."""
        return time.monotonic() - self._wrong_by

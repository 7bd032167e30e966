"""Asks for the plants' history, as the account's lanes allow, and imports it."""

import asyncio
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
import voluptuous as vol

from ..account.account import Account
from ..account.supported_types import TYPES
from ..const import DOMAIN, LOGGER
from ..coordinator import EARLY, AccountCoordinator, keep_polling
from ..live.device_coordinator import DeviceCoordinator
from ..live.plant_coordinator import PlantCoordinator
from ..local_time import DAY, HOUR, MINUTE, ONE_DAY, Days, day_of, midnight
from ..northbound import Interface
from ..storage.parse import ids, instant, times
from ..storage.store import KeptStore
from .calls import ImportCalls, SavedImport
from .estimate import Estimate
from .feeds import FEEDS
from .importer import Importer
from .ingest import Ingest, plant_series
from .inquiry import Inquiry
from .progress import Progress

STORE_VERSION: Final = 1
SAVE_DELAY: Final = 30.0
# The live values come first after a start.
FIRST_AFTER: Final = timedelta(seconds=30)
# The running hour grows as often as the live values do.
IDLE: Final = 5 * MINUTE
# A crash of the machine may cost the recorder's last minutes.
LOST_AFTER: Final = 2 * HOUR
# Where a stop may have left a seam that nothing speaks of.
CHECKED: Final = 40 * DAY


_STAMPS: Final = vol.Schema({str: [instant]})
_SCHEMA: Final = vol.Schema(
    {
        vol.Required("plants"): {str: Progress.load},
        vol.Optional("backfill_calls", default=dict): _STAMPS,
        vol.Optional("live_calls", default=dict): _STAMPS,
        vol.Optional("left_out", default=list): ids,
        vol.Optional("types", default=dict): {str: TYPES},
        vol.Optional("moving", default=dict): times,
    },
    extra=vol.REMOVE_EXTRA,
)


def store_of(hass: HomeAssistant, entry_id: str) -> KeptStore[SavedImport]:
    """Return the file that keeps what of an entry's history was imported."""
    return KeptStore(hass, STORE_VERSION, f"{DOMAIN}.{entry_id}.history", _SCHEMA)


class HistoryCoordinator(AccountCoordinator[dict[str, Progress]]):
    """Continuation and backfill of the statistics of all plants of an account."""

    def __init__(
        self,
        account: Account,
        plants: PlantCoordinator,
        devices: DeviceCoordinator,
    ) -> None:
        """Start without progress; `async_restore` brings back the saved one."""
        super().__init__(account, "history", FIRST_AFTER)
        self.data = {}
        self.importer = Importer(account.hass, self._async_before_move)
        self._plants = plants
        self._devices = devices
        self._ingest = Ingest(account, plants, devices, self.importer)
        self._store = store_of(account.hass, account.entry.entry_id)
        self._calls = ImportCalls(account, self.progress)
        self._estimates: dict[str, Estimate] = {}
        self._moving: dict[str, int] = {}
        self._is_started = False
        account.inventory_changed.connect(self._calls.follow_inventory)

    async def async_restore(self) -> None:
        """Restore the progress of the last run."""
        if (saved := await self._store.async_load_sound()) is None:
            return
        self.data = saved["plants"]
        for code, known in self.data.items():
            if known.zone:
                self.account.learn_zone(code, known.zone)
        self._calls.restore(saved)
        self._moving = {k: int(at) for k, at in saved["moving"].items()}

    @callback
    def start(self) -> None:
        """Begin once Home Assistant has started: the recorder is ready only then."""
        if self.importer.is_available:
            unload = self.account.entry.async_on_unload
            unload(async_at_started(self.hass, self._begin))

    async def _begin(self, _: HomeAssistant) -> None:
        for code in list(self.account.plants):
            if code in self.account.plants:
                await self._async_find_lost(code)
                await self._async_repair(code)
                await self._ingest.async_mend(code, self.progress(code))
                await self._ingest.async_price(code, self.progress(code))
        if self.account.is_closed:
            # The entry was unloaded meanwhile: a listener would poll for ever.
            return
        self._moving.clear()
        self._is_started = True
        unload = self.account.entry.async_on_unload
        unload(self.async_add_listener(keep_polling))
        self._plants.follow(self._async_follow_plants)
        self._devices.follow(self._async_follow_devices)

    async def _async_follow_devices(self, changed: Collection[int]) -> None:
        """Note the live counters of the plants whose devices have changed."""
        await self._async_follow_plants(self.account.plants_of(changed))

    async def _async_follow_plants(self, changed: Collection[str]) -> None:
        """Note the live counters of the plants that have changed."""
        for code in changed:
            if code in self.account.plants:
                self._ingest.note_live(code, self.progress(code))
                await asyncio.sleep(0)
        # A stop of Home Assistant writes what is due, and unloads nothing.
        self._save_later()

    async def _async_find_lost(self, code: str) -> None:
        """Ask once more for what the recorder had and has no longer.

        A new database has nothing; one that was restored lacks what came since.
        """
        progress, zone = self.progress(code), self.account.zone(code)
        if not progress.series:
            return
        end = await self.importer.async_end(code, progress.series)
        if end is None:
            LOGGER.warning("The recorder has lost the history; it is imported again")
            self.data[code] = Progress(zone=progress.zone, live=progress.live)
        elif end < progress.imported_until - LOST_AFTER:
            last = day_of(progress.imported_until, zone) + ONE_DAY
            progress.forget(Days.between(day_of(end, zone), last))
            progress.delivered_until = min(progress.delivered_until, end)
            progress.imported_until = end
        else:
            return
        self._calls.scheduler.start_over()

    async def _async_repair(self, code: str) -> None:
        now = int(self.account.clock.now())
        since = min(now - CHECKED, self._moving.get(code, now) - CHECKED)
        await self.importer.async_repair(plant_series(self.account, code), int(since))

    def progress(self, code: str) -> Progress:
        """Return the progress of a plant."""
        return self.data.setdefault(code, Progress())

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left of the backfill."""
        return self._is_started and self._calls.scheduler.is_complete

    async def async_import_again(
        self, code: str, begin: date | None, end: date, *, replace: bool
    ) -> None:
        """Import a plant's hours of a period anew, in the background.

        `begin` None: from its first day. `replace`: what stands there is taken
        out first.
        """
        progress, zone = self.progress(code), self.account.zone(code)
        days = Days.between(begin or progress.first or end, end)
        if replace and begin is None:
            self.data[code] = Progress(zone=progress.zone)
            await self.importer.async_remove(code)
        elif replace:
            since, until = (midnight(day, zone) for day in days.ranges[0])
            progress.forget(days)
            plant = plant_series(self.account, code)
            await self.importer.async_clear(plant, since, until)
        else:
            progress.request(days)
        self._calls.scheduler.start_over()
        await self._store.async_save(self._dump())
        self.async_update_listeners()
        self.account.entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} import"
        )

    @callback
    def ask_again(self, interface: Interface) -> None:
        """Be ready to ask an interface that the user says to have granted."""
        self._calls.ask_again(interface)

    def estimate(self, code: str) -> Estimate:
        """Return how far the import of a plant is."""
        if code not in self._estimates:
            self._estimates = self._calls.estimates()
        # A plant that the last list lacked is not asked for.
        return self._estimates.get(code, Estimate(0, {}, None))

    @callback
    @override
    def async_update_listeners(self) -> None:
        self._estimates = {}
        super().async_update_listeners()

    @override
    async def _async_update_data(self) -> dict[str, Progress]:
        if not self._is_started:
            return self.data
        try:
            for code in self.account.plants:
                await self._ingest.async_import_live(code, self.progress(code))
            for feed in FEEDS:
                while due := self._calls.scheduler.next(feed):
                    if not await self._async_answer(due):
                        self._calls.scheduler.put_off(feed)
        finally:
            wait = self._calls.scheduler.next_at() - self.account.clock.now()
            seconds = min(IDLE, max(0.0, wait)) + EARLY
            self.update_interval = timedelta(seconds=seconds)
        return self.data

    async def _async_answer(self, due: Inquiry) -> bool:
        """Make the next call of a question, and import its answer after the last."""
        if not await self._calls.async_ask(due):
            return False
        if due.calls:
            return True
        self._calls.close(due)
        if not await self._ingest.async_ingest(due, self.progress):
            return False
        self._save_later()
        self.async_update_listeners()
        return True

    @callback
    def _save_later(self) -> None:
        if not self.account.is_closed:
            self._store.async_delay_save(self._dump, SAVE_DELAY)

    async def async_save(self) -> None:
        """Write the progress, the calls spent and the types learnt."""
        await self._store.async_save(self._dump())

    async def _async_before_move(self, code: str, since: int) -> None:
        """Write down that sums are about to move, in case of a stop in between."""
        self._moving[code] = min(since, self._moving.get(code, since))
        await self._store.async_save(self._dump())
        del self._moving[code]

    def _dump(self) -> dict[str, Any]:
        return {
            "plants": {code: known.dump() for code, known in self.data.items()},
            **self._calls.dump(),
            "moving": self._moving,
        }

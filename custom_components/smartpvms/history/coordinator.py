"""Asks for the plants' history, as the account's lanes allow, and imports it."""

from collections.abc import Iterator
from datetime import UTC, date, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..const import CONF_HISTORY_DAYS, DEFAULT_HISTORY_DAYS, DOMAIN, LOGGER
from ..coordinator import EARLY, calling
from ..northbound import Device, Interface
from ..northbound.errors import KpiNotConfiguredError, UnsupportedTypeError
from ..northbound.quota import DAY, HOUR, MINUTE
from ..saved import as_dict
from . import budget
from .asking import Inquiry, inquiry, interface_of, longest_span
from .days import ONE_DAY, Days
from .importer import Importer
from .intake import Intake, devices_of, plant_series
from .outlook import Outlook
from .periods import Level, day_of, midnight
from .planner import Planner, Question, Subject, limit
from .progress import FEEDS, FIVE_MINUTES, Feed, Progress, Track

if TYPE_CHECKING:
    from ..account import Account

STORE_VERSION: Final = 1
SAVE_DELAY: Final = 30.0
# The live values come first after a start.
FIRST_AFTER: Final = timedelta(seconds=30)
# The running hour grows as often as the live values do.
IDLE: Final = 5 * MINUTE
FIRST_RETRY: Final = 10 * MINUTE
LAST_RETRY: Final = 6 * HOUR
UNSUPPORTED_FOR: Final = 7 * DAY
# Where a stop may have left a seam that nothing speaks of.
CHECKED: Final = 40 * DAY


def store_of(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the file that keeps what of an entry's history was imported."""
    return Store(hass, STORE_VERSION, f"{DOMAIN}.{entry_id}.history")


class HistoryCoordinator(DataUpdateCoordinator[dict[str, Progress]]):
    """Continuation and backfill of the statistics of all plants of an account."""

    def __init__(self, account: Account) -> None:
        """Start without progress; `async_restore` brings back the saved one."""
        super().__init__(
            account.hass,
            LOGGER,
            config_entry=account.entry,
            name="history",
            update_interval=FIRST_AFTER,
        )
        self.account = account
        self.data = {}
        self.importer = Importer(account.hass, self._async_before_move)
        self._intake = Intake(account, self.importer)
        self._store = store_of(account.hass, account.entry.entry_id)
        self._open: dict[tuple[Feed, bool], Inquiry] = {}
        self._retry: dict[Feed, tuple[float, float]] = {}
        self._backfill_calls: dict[str, list[float]] = {}
        self._refused: dict[str, float] = {}
        self._moving: dict[str, int] = {}
        self._is_started = False

    async def async_restore(self) -> None:
        """Take over what the last run has imported."""
        saved = as_dict(await self._store.async_load())
        # Zones are read from the time zone database.
        self.data = await self.hass.async_add_executor_job(
            _load_plants, as_dict(saved.get("plants"))
        )
        for code, known in self.data.items():
            if known.zone:
                self.account.learn_zone(code, known.zone)
        calls = as_dict(saved.get("backfill_calls"))
        self._backfill_calls = {
            name: [float(at) for at in stamps if isinstance(at, int | float)]
            for name, stamps in calls.items()
            if isinstance(stamps, list)
        }
        self._refused = _numbers(saved.get("refused"))
        self._moving = {k: int(at) for k, at in _numbers(saved.get("moving")).items()}

    @callback
    def start(self) -> None:
        """Begin once Home Assistant has started: the recorder is ready only then."""
        if self.importer.is_available:
            unload = self.account.entry.async_on_unload
            unload(async_at_started(self.hass, self._begin))

    async def _begin(self, _: HomeAssistant) -> None:
        for code in self.account.plants:
            await self._async_mend(code)
            await self._intake.async_price(code, self.progress(code))
        self._moving.clear()
        self._is_started = True
        unload = self.account.entry.async_on_unload
        unload(self.async_add_listener(_nobody))
        for lane in (self.account.plants_lane, self.account.devices_lane):
            unload(lane.async_add_listener(self._follow_live))

    @callback
    def _follow_live(self) -> None:
        """Note the live counters of the plants that have changed."""
        account = self.account
        devices = account.devices
        changed = {
            *account.plants_lane.changed,
            *(
                devices[key].plant_code
                for key in account.devices_lane.changed
                if key in devices
            ),
        }
        for code in changed & account.plants.keys():
            self._intake.take_live(code, self.progress(code))

    async def _async_mend(self, code: str) -> None:
        now = int(self.account.ledger.now())
        since = min(now - CHECKED, self._moving.get(code, now) - CHECKED)
        await self.importer.async_mend(plant_series(self.account, code), int(since))

    @callback
    def forget_gone(self) -> None:
        """Drop the progress of plants that are gone; their statistics stay."""
        for gone in self.data.keys() - self.account.plants.keys():
            del self.data[gone]
        self._open = {
            key: known
            for key, known in self._open.items()
            if set(known.question.plants) <= self.account.plants.keys()
        }

    def progress(self, code: str) -> Progress:
        """Return the progress of a plant."""
        return self.data.setdefault(code, Progress())

    def zone(self, code: str) -> tzinfo | None:
        """Return a plant's time zone as its rows have shown it."""
        known = self.data.get(code)
        return known.zone if known else None

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left of the backfill."""
        planner = self.planner()
        return self._is_started and not any(
            planner.left(feed) or self._open.get((feed, False)) for feed in FEEDS
        )

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
        self._open.clear()
        self._retry.clear()
        await self._store.async_save(self._dump())
        self.async_update_listeners()
        await self.async_request_refresh()

    def outlook(self, code: str) -> Outlook:
        """Return how far the import of a plant is."""
        planner, ledger = self.planner(), self.account.ledger
        left = dict.fromkeys(Level, 0)
        longest = 0.0
        for feed in FEEDS:
            left[feed.level] += planner.left_of(feed, code)
            calls = planner.left(feed) * self._calls_a_question(feed)
            wait = budget.seconds(ledger, self._interface(feed), calls)
            longest = max(longest, wait)
        done_at = planner.now + longest if any(left.values()) else None
        return Outlook(self.progress(code).answered, left, done_at)

    @property
    def depth(self) -> int:
        """Return for how many days hours are imported."""
        options = self.account.entry.options
        return int(options.get(CONF_HISTORY_DAYS, DEFAULT_HISTORY_DAYS))

    def planner(self) -> Planner:
        """Return the planner of this moment."""
        account = self.account
        subjects = tuple(
            Subject(
                code,
                account.zone(code),
                self.progress(code),
                devices=len(self._devices(FIVE_MINUTES, code)),
                batteries=len(self._devices(_STORAGE_DAYS, code)),
            )
            for code in account.listed_plants
        )
        span = longest_span(account.inventory.data.dialect)
        return Planner(subjects, account.ledger.now(), self.depth, span)

    def _devices(self, feed: Feed, code: str) -> list[Device]:
        """Return the devices of a plant that a feed asks."""
        now = self.account.ledger.now()
        return [
            device
            for device in devices_of(self.account, feed, code)
            if self._refused.get(f"{feed}_{device.type_id}", 0.0) <= now
        ]

    def _inquiry(self, question: Question) -> Inquiry:
        devices = {code: self._devices(question.feed, code) for code in question.plants}
        return inquiry(question, self.account.inventory.data.dialect, devices)

    def _interface(self, feed: Feed) -> Interface:
        return interface_of(feed, self.account.inventory.data.dialect)

    @override
    async def _async_update_data(self) -> dict[str, Progress]:
        if not self._is_started:
            return self.data
        try:
            for code in self.account.plants:
                await self._intake.async_import_live(code, self.progress(code))
            for feed in FEEDS:
                while (due := self._next(feed)) and await self._async_ask(due):
                    pass
        finally:
            self.update_interval = timedelta(seconds=self._wait() + EARLY)
        return self.data

    def _next(self, feed: Feed) -> Inquiry | None:
        """Return what a feed may ask now, the continuation first."""
        now = self.account.ledger.now()
        interface = self._interface(feed)
        if self._retry.get(feed, (0.0, 0.0))[0] > now or self.account.wait(interface):
            return None
        planner = self.planner()
        for is_live in (True, False):
            if not is_live and self._backfill_at(feed) > now:
                return None
            if known := self._open.get((feed, is_live)):
                return known
            if question := self._question(planner, feed, is_live):
                self._open[feed, is_live] = self._inquiry(question)
                return self._open[feed, is_live]
        return None

    def _question(self, planner: Planner, feed: Feed, is_live: bool) -> Question | None:
        if not is_live:
            return planner.backfill(feed)
        if feed.level is not Level.HOUR:
            return None
        return planner.live(feed, self._live_interval(feed, planner))

    def _backfill_at(self, feed: Feed) -> float:
        interface = self._interface(feed)
        since = self.account.ledger.now() - DAY
        stamps = [at for at in self._backfill_calls.get(interface, ()) if at > since]
        self._backfill_calls[interface] = stamps
        return budget.may_backfill(self.account.ledger, interface, stamps)

    def _live_interval(self, feed: Feed, planner: Planner) -> float:
        return budget.interval(
            self.account.ledger,
            self._interface(feed),
            len(self._about_all(feed).calls),
            backfills=planner.left(feed) > 0,
        )

    def _about_all(self, feed: Feed) -> Inquiry:
        """Return what it takes to ask about all plants at once."""
        plants = tuple(self.account.listed_plants)
        today = day_of(self.account.ledger.now(), UTC)
        return self._inquiry(Question(feed, today, today + ONE_DAY, UTC, plants))

    def _calls_a_question(self, feed: Feed) -> int:
        everybody = self._about_all(feed)
        asked = sum(len(call.ids) for call in everybody.calls)
        questions = -(-asked // limit(feed))
        return -(-len(everybody.calls) // max(1, questions))

    async def _async_ask(self, known: Inquiry) -> bool:
        """Make the next call of an inquiry; return whether to go on."""
        feed, is_live = known.question.feed, known.question.is_live
        now = self.account.ledger.now()
        if known.calls:
            type_id, left = known.calls[0].type_id, len(known.calls)
            if not is_live:
                self._backfill_calls.setdefault(known.interface, []).append(now)
            try:
                with calling(self.account, known.interface):
                    await self._async_call(known)
            except UpdateFailed as error:
                LOGGER.debug("%s of history failed: %s", known.interface, error)
            if len(known.calls) == left:
                self._put_off(feed, type_id)
                return False
        self._retry.pop(feed, None)
        if not known.calls:
            del self._open[feed, is_live]
            if not await self._intake.async_take(known, self.progress):
                self._put_off(feed, None)
                return False
            self._store.async_delay_save(self._dump, SAVE_DELAY)
            self.async_update_listeners()
        return True

    async def _async_call(self, known: Inquiry) -> None:
        type_id = known.calls[0].type_id
        try:
            await known.async_ask(self.account.client, self.account.ledger.now())
        except UnsupportedTypeError, KpiNotConfiguredError:
            if type_id is None:
                raise
            until = self.account.ledger.now() + UNSUPPORTED_FOR
            self._refused[f"{known.question.feed}_{type_id}"] = until
            known.give_up(type_id)

    def _put_off(self, feed: Feed, type_id: int | None) -> None:
        """Leave a feed alone for a while after a call that failed.

        What was open is asked anew: a plant or device of it may be gone.
        """
        now = self.account.ledger.now()
        pause = min(LAST_RETRY, self._retry.get(feed, (0.0, FIRST_RETRY / 2))[1] * 2)
        self._retry[feed] = (now + pause, pause)
        for is_live in (True, False):
            self._open.pop((feed, is_live), None)

    def _wait(self) -> float:
        """Return the seconds until something may be asked."""
        now, planner = self.account.ledger.now(), self.planner()
        return max(0.0, min([now + IDLE, *self._times(planner)]) - now)

    def _times(self, planner: Planner) -> Iterator[float]:
        """Yield when each feed may ask next, where it has anything to ask."""
        now = self.account.ledger.now()
        for feed in FEEDS:
            ready = now + self.account.wait(self._interface(feed))
            ready = max(ready, self._retry.get(feed, (0.0, 0.0))[0])
            if feed.level is Level.HOUR:
                at = planner.live_at(feed, self._live_interval(feed, planner))
                if (feed, True) in self._open:
                    at = now
                if at is not None:
                    yield max(ready, at)
            if (feed, False) in self._open or planner.backfill(feed):
                yield max(ready, self._backfill_at(feed))

    async def async_close(self) -> None:
        """Write for the last time."""
        await self._store.async_save(self._dump())

    async def _async_before_move(self, code: str, since: int) -> None:
        """Write down that sums are about to move, in case of a stop in between."""
        self._moving[code] = min(since, self._moving.get(code, since))
        await self._store.async_save(self._dump())
        del self._moving[code]

    def _dump(self) -> dict[str, Any]:
        return {
            "plants": {code: known.dump() for code, known in self.data.items()},
            "backfill_calls": self._backfill_calls,
            "refused": self._refused,
            "moving": self._moving,
        }


_STORAGE_DAYS: Final = Feed(Track.STORAGE, Level.DAY)


def _nobody() -> None:
    """Keep the coordinator polling while no entity listens."""


def _load_plants(saved: dict[str, object]) -> dict[str, Progress]:
    return {code: Progress.load(item) for code, item in saved.items()}


def _numbers(saved: object) -> dict[str, float]:
    return {
        key: float(item)
        for key, item in as_dict(saved).items()
        if isinstance(item, int | float)
    }

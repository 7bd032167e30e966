"""Polls the alarms and dispatches their changes, once automations are armed."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any, Final, NamedTuple, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.start import async_at_started

from ..account.account import Account
from ..catalogue.alarm import FALLBACK_LANGUAGE, LANGUAGES, POLISH, REFUSED_LANGUAGE
from ..const import DOMAIN, SIGNAL_ALARM
from ..coordinator import EARLY, SOON, AccountCoordinator, calling, fresh_since
from ..local_time import HOUR
from ..northbound import Interface
from ..northbound.errors import NorthboundError, RefusedError
from ..northbound.interfaces import PLANTS_PER_CALL
from ..northbound.models import Alarm
from ..storage.parse import texts
from ..storage.store import KeptStore
from .matching import DeviceMatcher
from .record import AlarmChange, dump_changes, load_changes
from .tracker import AlarmTracker
from .windows import AlarmWindow, window_at

STORE_VERSION: Final = 1
# A fleet has an entity for each of its devices.
NOTIFIED_AT_ONCE: Final = 100
# Applying so many takes some 10 ms.
MANY_ALARMS: Final = 500
# Each change starts the automations that it fits.
TOLD_AT_ONCE: Final = 10
# Where a call a minute is allowed, half of them are left to the actions.
OFTEN: Final = 120.0
# Sooner than the next poll, which would put the writing off.
SAVE_DELAY: Final = 60.0


class _Saved(NamedTuple):
    """What is kept: known alarms, changes not dispatched yet, languages refused."""

    tracker: AlarmTracker
    pending: list[AlarmChange]
    refused_languages: set[str]


def _read(saved: Mapping[str, object]) -> _Saved:
    return _Saved(
        AlarmTracker.load(saved),
        load_changes(saved.get("untold", [])),
        texts(saved.get("refused_languages", [])),
    )


def store_of(hass: HomeAssistant, entry_id: str) -> KeptStore[_Saved]:
    """Return the file that keeps an entry's known alarms."""
    return KeptStore(hass, STORE_VERSION, f"{DOMAIN}.{entry_id}.alarms", _read)


class AlarmCoordinator(AccountCoordinator[AlarmTracker]):
    """The alarms of the account's plants (reference 2.16)."""

    def __init__(self, account: Account) -> None:
        """Start with an empty book; `async_restore` brings back the saved one."""
        super().__init__(account, "alarms", SOON)
        self.data = AlarmTracker()
        self._store = store_of(account.hass, account.entry.entry_id)
        self._due: deque[tuple[str, ...]] = deque()
        self._left_out = account.left_out.of_plants(Interface.ALARMS)
        self._window = 0
        # Epoch seconds of the last answer: a refresh by hand is no sooner.
        self._heard_at = 0.0
        self._refused_languages: set[str] = set()
        # When the running round of calls began (epoch seconds).
        self._round_at = 0.0
        self._pending: list[AlarmChange] = []
        self._leaving: deque[AlarmChange] = deque()
        self._is_armed = False
        account.inventory_changed.connect(self.forget_gone)

    async def async_restore(self) -> None:
        """Restore the alarms of the last run."""
        if saved := await self._store.async_load_sound():
            self.data, self._pending = saved.tracker, saved.pending
            self._refused_languages = saved.refused_languages

    @callback
    def start(self) -> None:
        """Dispatch the pending changes as soon as Home Assistant has started."""
        self.account.entry.async_on_unload(async_at_started(self.hass, self._arm))

    async def _arm(self, _: HomeAssistant) -> None:
        self._is_armed = True
        await self._async_dispatch()

    def language(self) -> str:
        """Return the interface's name of Home Assistant's language."""
        language = self.hass.config.language
        short = language.partition("-")[0]
        if short == "pl":
            wanted = POLISH[self.account.inventory.dialect]
        else:
            wanted = LANGUAGES.get(language) or LANGUAGES.get(short, FALLBACK_LANGUAGE)
        return FALLBACK_LANGUAGE if wanted in self._refused_languages else wanted

    def knows(self, plant_code: str) -> bool:
        """Tell whether a plant's alarms were ever listed."""
        return plant_code in self.data.answered_at

    def is_fresh(self, plant_code: str) -> bool:
        """Tell whether a plant's alarms were listed in the last three cycles, or hour.

        A restart or an update that takes a while makes no alarm unknown.
        """
        heard = self.data.answered_at.get(plant_code, 0.0)
        now = self.account.clock.now()
        return heard >= now - HOUR or heard >= fresh_since(now, self._cycle())

    def _cycle(self) -> float:
        ledger = self.account.ledger
        return max(OFTEN, ledger.spacing(Interface.ALARMS, ledger.scale.plant_calls()))

    @override
    async def _async_update_data(self) -> AlarmTracker:
        try:
            with calling(self.account, Interface.ALARMS):
                await self._async_ask()
        finally:
            wait, cycle = self.account.wait(Interface.ALARMS), self._cycle()
            if not self._due:
                now = self.account.clock.now()
                wait = max(wait, self._rest(), self._round_at + cycle - now)
            self.update_interval = timedelta(seconds=min(wait, cycle) + EARLY)
        return self.data

    def _rest(self) -> float:
        """Return the seconds for which the lane is left to the actions.

        Or, where the server is stricter than documented, for which it may take no call:
        what its windows were learnt to be allows several at once, as after a restart.
        """
        now, lane = self.account.clock.now(), self.account.ledger.lane(Interface.ALARMS)
        # A clock may have been ahead.
        self._heard_at = min(self._heard_at, now)
        asked_at, rest = self._heard_at, OFTEN
        if lane.stretch > 1 and lane.calls:
            asked_at, rest = min(lane.calls[-1], now), self._cycle()
        return max(0.0, asked_at + rest - now)

    async def _async_ask(self) -> None:
        may_ask = not self.account.ledger.wait(Interface.ALARMS)
        if not self._due and may_ask and not self._rest():
            self._round_at = self.account.clock.now()
            self._window = self.data.next_window(self._now())
            plants = self.account.listed_plants
            self._due = deque(self._left_out.batches(plants, PLANTS_PER_CALL))
        while self._due and not self.account.ledger.wait(Interface.ALARMS):
            asked = self._due[0]
            try:
                with self._left_out.asking(asked):
                    await self._async_ask_for(asked)
            except RefusedError:
                raise
            except NorthboundError as error:
                if self._is_language_refused(error):
                    continue
                self._due.popleft()
                raise
            self._due.popleft()
            self._due.extend(self._left_out.parts(asked))

    def _is_language_refused(self, error: NorthboundError) -> bool:
        """Ask in English from now on where the system does not have a language."""
        language = self.language()
        if error.code != REFUSED_LANGUAGE or language == FALLBACK_LANGUAGE:
            return False
        self._refused_languages.add(language)
        return True

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.account.clock.now(), UTC)

    async def _async_ask_for(self, plants: tuple[str, ...]) -> None:
        """Ask for the window's alarms of up to 100 plants and save before telling."""
        # A round may have waited: the window ends when it is asked.
        now = self._now()
        window = window_at(self._window, now)
        alarms = await self.account.client.alarms(
            plants, window.begin, window.end, self.language()
        )
        self._heard_at = self.account.clock.now()
        answer = None if alarms is None else self._with_devices(alarms, plants)
        news = await self._async_apply(window, plants, answer, now)
        self._pending += news
        if self._is_armed:
            await self._async_dispatch()
        elif news:
            await self.async_save()
        if not self.account.is_closed:
            self._store.async_delay_save(self._dump, SAVE_DELAY)

    async def _async_apply(
        self,
        window: AlarmWindow,
        plants: Collection[str],
        answer: list[tuple[Alarm, int | None]] | None,
        now: datetime,
    ) -> list[AlarmChange]:
        """Apply an answer; a long one to a copy, beside the event loop."""
        if len(answer or ()) + len(self.data.active) < MANY_ALARMS:
            return self.data.apply(window, plants, answer, now)
        book = self.data.copy()
        news = await self.hass.async_add_executor_job(
            book.apply, window, plants, answer, now
        )
        self.data = book
        self.forget_gone()
        return news

    def _with_devices(
        self, alarms: list[Alarm], plants: Collection[str]
    ) -> list[tuple[Alarm, int | None]]:
        matchers: dict[str, DeviceMatcher] = {}
        found: list[tuple[Alarm, int | None]] = []
        asked = frozenset(plants)
        for alarm in alarms:
            code = alarm.plant_code
            if code not in asked:
                continue
            if code not in matchers:
                matchers[code] = DeviceMatcher(self.account.devices_of(code))
            found.append((alarm, matchers[code].device_of(alarm)))
        return found

    def device_of(self, alarm: Alarm) -> int | None:
        """Return the device that an alarm fits, None where only the plant does."""
        devices = self.account.devices_of(alarm.plant_code)
        return DeviceMatcher(devices).device_of(alarm)

    async def _async_dispatch(self) -> None:
        """Dispatch the pending changes.

        The store is written with an empty queue first, so that a crash loses a
        notification rather than sending it twice. The entities come before that:
        automations look at them.
        """
        if not self._pending:
            return
        await self._async_notify_entities()
        self._leaving += self._pending
        self._pending = []
        await self.async_save()
        while self._leaving and not self.account.is_closed:
            for _ in range(min(TOLD_AT_ONCE, len(self._leaving))):
                async_dispatcher_send(self.hass, SIGNAL_ALARM, self._leaving.popleft())
            await asyncio.sleep(0)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Do nothing: the entities are told after the refresh, some at a time."""

    @override
    async def _async_refreshed(self) -> None:
        # Home Assistant stays silent after a second failure in a row, but the data age.
        await self._async_notify_entities()

    async def _async_notify_entities(self) -> None:
        for some in batched(list(self._listeners), NOTIFIED_AT_ONCE):
            known = (self._listeners.get(number) for number in some)
            self.notify(listener[0] for listener in known if listener)
            await asyncio.sleep(0)

    @callback
    def forget_gone(self) -> None:
        """Drop the alarms of plants that are gone."""
        self.data.keep_only(self.account.plants.keys(), self.account.devices.keys())

    async def async_save(self) -> None:
        """Write the known alarms and the pending changes."""
        await self._store.async_save(self._dump())

    def _dump(self) -> dict[str, Any]:
        # What is being told is told once; after the end the next start tells the rest.
        rest = self._leaving if self.account.is_closed else ()
        return {
            **self.data.dump(),
            **dump_changes([*rest, *self._pending]),
            "refused_languages": sorted(self._refused_languages),
        }

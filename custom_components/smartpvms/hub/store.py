"""What a restart begins with: the inventory, the last readings, what was learnt."""

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
import voluptuous as vol

from ..account.inventory import Inventory
from ..const import DOMAIN
from ..live.coordinator import RealTimeCoordinator
from ..live.periods import read_periods
from ..live.readings import Reading
from ..storage.parse import as_dict
from ..storage.steps import Steps, async_finished, finished
from ..storage.store import KeptStore
from ..underperformance.coordinator import read_comparisons

STORE_VERSION: Final = 1
SAVE_DELAY: Final = 60

type SavedHub = dict[str, object]


def store_of(hass: HomeAssistant, entry_id: str) -> KeptStore[SavedHub]:
    """Return the file that keeps an entry's inventory and readings."""
    return KeptStore(hass, STORE_VERSION, f"{DOMAIN}.{entry_id}", vol.Schema(dict))


def read_saved(saved: object) -> tuple[Inventory | None, SavedHub]:
    """Return the inventory of an entry's file, and the rest with all rows read.

    Takes no part of Home Assistant: to be run in a thread.
    """
    found = as_dict(saved)
    rows = {
        key: {
            name: Reading.load(item) for name, item in as_dict(found.get(key)).items()
        }
        for key in ("plants", "devices")
    }
    read = {
        "periods": read_periods(found.get("periods")),
        "underperformance": read_comparisons(found.get("underperformance")),
    }
    return Inventory.load(found.get("inventory")), {**found, **rows, **read}


def restore_readings[K](
    coordinator: RealTimeCoordinator[K, Any],
    saved: Mapping[K, object],
    here: Container[K],
    made: Mapping[str, object],
) -> None:
    """Give a coordinator the saved readings of the subjects that are `here`.

    `made`: how many calls of each interface they come from. After further calls their
    counters may have been shown further on: they must not fall back.
    """
    is_exact = made.get(coordinator.interface, 0) == coordinator.made
    readings = load_readings(saved, here)
    coordinator.restore(
        readings
        if is_exact
        else {key: reading.doubting_counters() for key, reading in readings.items()}
    )


def load_readings[K](saved: Mapping[K, object], here: Container[K]) -> dict[K, Reading]:
    """Return the saved readings of the subjects that are `here`."""
    return {
        key: reading
        for key, item in saved.items()
        if key in here and (reading := Reading.load(item))
    }


class HubStore:
    """Writes the state of a hub, some time after it has changed.

    `dumping` returns it. After `async_close` nothing writes over it.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        dumping: Callable[[], Steps[SavedHub]],
    ) -> None:
        """Write nothing yet."""
        self._hass = hass
        self._store = store_of(hass, entry_id)
        self._dumping = dumping
        self._will_save = False
        self._cancel: CALLBACK_TYPE = _nothing
        self._is_closed = False

    @callback
    def save_later(self) -> None:
        """Write it in a while, however often that is asked for until then."""
        # Asked again and again, the store would put the writing off for ever.
        if self._will_save or self._is_closed:
            return
        self._will_save = True
        job = HassJob(self._async_save_now, cancel_on_shutdown=True)
        self._cancel = async_call_later(self._hass, SAVE_DELAY, job)
        # For a stop of Home Assistant in between.
        self._store.async_delay_save(self._dump, 2 * SAVE_DELAY)

    async def async_save(self) -> None:
        """Write it now."""
        self._will_save = False
        await self._store.async_save(await async_finished(self._dumping()))

    async def async_close(self) -> None:
        """Write it for the last time."""
        self._is_closed = True
        self._cancel()
        await self.async_save()

    async def _async_save_now(self, _: datetime) -> None:
        self._cancel = _nothing
        if not self._is_closed:
            await self.async_save()

    def _dump(self) -> SavedHub:
        self._will_save = False
        return finished(self._dumping())


def _nothing() -> None:
    """Cancel nothing."""

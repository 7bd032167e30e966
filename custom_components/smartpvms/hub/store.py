"""What a restart begins with: the inventory, the last readings, what was learnt."""

from collections.abc import Callable, Container, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, TypedDict

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
import voluptuous as vol

from ..account.inventory import Inventory
from ..account.left_out import LEFT_OUT, SavedLeftOut
from ..account.powers import Powers
from ..account.supported_types import TYPES, SavedTypes
from ..account.time_zones import load_zone
from ..const import DOMAIN
from ..firmware.records import FirmwareRecords
from ..live.coordinator import RealTimeCoordinator
from ..live.period_coordinator import SavedPeriods
from ..live.readings import Reading
from ..storage.parse import by_id, ids, instant, times, whole
from ..storage.store import KeptStore
from ..underperformance.comparison import Siblings
from ..underperformance.coordinator import SavedComparisons

STORE_VERSION: Final = 1
SAVE_DELAY: Final = 60


class SavedHub(TypedDict):
    """What a restart begins with; `made`: how many calls there were, by interface."""

    plants: dict[str, Reading]
    devices: dict[int, Reading]
    made: dict[str, int]
    types: SavedTypes
    periods: dict[str, SavedPeriods]
    reports_pv: set[int]
    firmware: FirmwareRecords
    underperformance: SavedComparisons
    insights: dict[str, Reading]
    powers: Powers
    left_out: SavedLeftOut
    zones: dict[str, tzinfo | None]


_PERIODS: Final = vol.Schema(
    {
        vol.Required("round_at"): instant,
        vol.Required("asked"): times,
        vol.Required("readings"): {str: Reading.load},
        vol.Optional("types", default=dict): TYPES,
    },
    extra=vol.REMOVE_EXTRA,
)
_COMPARISONS: Final = vol.Schema(
    {
        vol.Optional("inverters", default=dict): {str: Siblings.load},
        vol.Optional("strings", default=dict): by_id(Siblings.load),
    },
    extra=vol.REMOVE_EXTRA,
)
SCHEMA: Final = vol.Schema(
    {
        vol.Optional("plants", default=dict): {str: Reading.load},
        vol.Optional("devices", default=dict): by_id(Reading.load),
        vol.Optional("made", default=dict): {str: whole},
        vol.Optional("types", default=dict): TYPES,
        vol.Optional("periods", default=dict): {str: _PERIODS},
        vol.Optional("reports_pv", default=list): ids,
        vol.Optional("firmware", default=dict): FirmwareRecords.load,
        vol.Optional("underperformance", default=dict): _COMPARISONS,
        vol.Optional("left_out", default=dict): LEFT_OUT,
        vol.Optional("zones", default=dict): {str: load_zone},
        vol.Optional("insights", default=dict): {str: Reading.load},
    },
    extra=vol.REMOVE_EXTRA,
)


def read_saved(saved: Mapping[str, object]) -> SavedHub:
    """Return what an entry's file says beside the inventory, or raise."""
    read: SavedHub = SCHEMA(saved)
    read["powers"] = Powers(saved)
    return read


def _read(saved: Mapping[str, object]) -> tuple[Inventory, SavedHub]:
    return Inventory.load(saved["inventory"]), read_saved(saved)


def store_of(
    hass: HomeAssistant, entry_id: str
) -> KeptStore[tuple[Inventory, SavedHub]]:
    """Return the file that keeps an entry's inventory and readings."""
    return KeptStore(hass, STORE_VERSION, f"{DOMAIN}.{entry_id}", _read)


def restore_readings[K](
    coordinator: RealTimeCoordinator[K, Any],
    saved: Mapping[K, Reading],
    here: Container[K],
    made: Mapping[str, int],
) -> None:
    """Give a coordinator the saved readings of the subjects that are `here`.

    `made`: how many calls of each interface they come from. After further calls their
    counters may have been shown further on: they must not fall back.
    """
    is_exact = made.get(coordinator.interface, 0) == coordinator.made
    readings = {key: reading for key, reading in saved.items() if key in here}
    coordinator.restore(
        readings
        if is_exact
        else {key: reading.doubting_counters() for key, reading in readings.items()}
    )


class HubStore:
    """Writes the state of a hub, some time after it has changed.

    `copied` copies it and returns what dumps the copy, in a thread. After
    `async_close` nothing writes over it.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        copied: Callable[[], Callable[[], dict[str, object]]],
    ) -> None:
        """Write nothing yet."""
        self._hass = hass
        self._store = store_of(hass, entry_id)
        self._copied = copied
        self._cancel: CALLBACK_TYPE | None = None
        self._is_closed = False

    @callback
    def save_later(self) -> None:
        """Write it in a while, however often that is asked for until then."""
        # Asked again and again, the store would put the writing off for ever.
        if self._cancel or self._is_closed:
            return
        job = HassJob(self._async_save_now, cancel_on_shutdown=True)
        self._cancel = async_call_later(self._hass, SAVE_DELAY, job)
        # For a stop of Home Assistant in between.
        self._store.async_delay_save(self._dump, 2 * SAVE_DELAY)

    async def async_save(self) -> None:
        """Write it now."""
        if self._cancel:
            self._cancel()
            self._cancel = None
        dumped = await self._hass.async_add_executor_job(self._copied())
        await self._store.async_save(dumped)

    async def async_close(self) -> None:
        """Write it for the last time."""
        self._is_closed = True
        await self.async_save()

    async def _async_save_now(self, _: datetime) -> None:
        await self.async_save()

    def _dump(self) -> dict[str, object]:
        return self._copied()()

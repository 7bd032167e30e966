"""One account at run time: its client, inventory, coordinators and memory."""

import asyncio
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo
from math import inf
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..alarms.coordinator import AlarmCoordinator
from ..catalogue import DEVICE_TYPES
from ..catalogue.meter import (
    GRID_METER_TYPE,
    assumed_in_watts,
    in_kilowatts,
    is_in_watts,
)
from ..const import (
    CONF_EXCLUDED_PLANTS,
    CONF_GRID_METERS,
    CONF_QUOTA_PROFILE,
    CONF_TURNED_METERS,
    LOGGER,
    QUOTA_AUTO,
)
from ..coordinator import PlantCoordinator, RealTimeCoordinator
from ..firmware.coordinator import FirmwareCoordinator
from ..history.coordinator import HistoryCoordinator
from ..hub.store import AccountFile, SavedAccount
from ..live.balance import grid_meters
from ..live.balance_coordinator import BalanceCoordinator
from ..live.device_coordinator import DeviceCoordinator
from ..live.inventory_coordinator import InventoryCoordinator
from ..live.period_lanes import PeriodLanes
from ..live.readings import Reading
from ..northbound import Device, Dialect, Interface, Plant, Profile, Values
from ..northbound.errors import LoginError
from ..northbound.lane import NOT_GRANTED
from ..storage.parse import as_dict, by_id, load_flags, load_ids
from ..storage.steps import Steps, dumping
from ..underperformance.coordinator import UnderperformanceCoordinator
from .connections import Connection
from .device_registry import (
    RegisteredDevices,
    RegisteredKeys,
    async_registered_keys,
    plant_owners,
)
from .inventory import Inventory
from .issues import Issues
from .time_zones import zone_of

PROFILES: Final[Mapping[Dialect, Profile]] = {
    Dialect.V2020: Profile.PER_MINUTE,
    Dialect.V2022: Profile.DAILY,
}

type SmartPvmsConfigEntry = ConfigEntry[Account]


class Account:
    """Everything that an entry is at run time.

    `plants` and `devices` are those of the inventory that this entry shows: not
    deselected by the user and not shown by another entry. Those that the last
    list lacked are shown for a day more, but not asked: a call for one of them
    fails for all. `listed_plants` and `listed_devices` are the others,
    `listed_by_type` those devices that have real-time data. `failing`: the names of
    the coordinators whose last update failed; `failed_at`: when one did last (epoch
    seconds). `revision` counts how often plants or devices may have changed;
    `registered`: what the entity registry holds while the platforms are set up.
    `is_leaving`: nothing is asked and nothing added any more.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartPvmsConfigEntry,
        connection: Connection,
        inventory: Inventory,
        saved: SavedAccount,
    ) -> None:
        """Put the parts together; no call is made."""
        self.hass = hass
        self.entry = entry
        self.client = connection.client
        self.ledger = connection.client.session.ledger
        self.turned_meters = {
            int(key) for key in entry.options.get(CONF_TURNED_METERS, ())
        }
        self._chosen_meters: Mapping[str, str] = entry.options.get(CONF_GRID_METERS, {})
        self._file = AccountFile(hass, entry.entry_id, self._dumping)
        self._in_watts: dict[int, bool] = load_flags(saved.get("in_watts"))
        self._zones: dict[str, tzinfo] = {}
        self._by_plant: dict[str, list[Device]] = {}
        self.plants: dict[str, Plant] = {}
        self.devices: dict[int, Device] = {}
        self.is_leaving = False
        self.revision = 0
        self.registered: RegisteredKeys = {}
        self._registered_devices = RegisteredDevices(hass, entry)
        self.failing: set[str] = set()
        self.failed_at = -inf
        self.listed_plants: list[str] = []
        self.listed_devices: list[Device] = []
        self.listed_by_type: dict[int, list[Device]] = {}
        self.issues = Issues(self)
        self.plants_lane = PlantCoordinator(self)
        self.devices_lane = DeviceCoordinator(self)
        self.periods = PeriodLanes(self)
        self.balance = BalanceCoordinator(self)
        self.alarms = AlarmCoordinator(self)
        self.history = HistoryCoordinator(self)
        self.firmware = FirmwareCoordinator(self, saved.get("firmware"))
        compared = saved.get("underperformance")
        self.underperformance = UnderperformanceCoordinator(self, compared)
        self._choose_profile(inventory.dialect)
        self.inventory = InventoryCoordinator(self, inventory)
        self._show_inventory()
        self._restore(saved)
        self.rescale()

    @callback
    def start(self) -> None:
        """Let the coordinators follow each other and poll."""
        unload = self.entry.async_on_unload
        self.inventory.schedule()
        self.alarms.start()
        self.periods.start(self._file.save_later)
        self.history.start()
        for interface in list(self.ledger.lanes):
            self.issues.review(interface)
        unload(self.inventory.async_add_listener(self._file.save_later))
        unload(self.firmware.async_add_listener(self._file.save_later))
        self.devices_lane.follow(self.balance.async_follow_devices)
        self.devices_lane.follow(self.underperformance.async_follow_devices)
        self.plants_lane.follow(self.balance.async_follow_plants)
        for lane in (self.devices_lane, self.plants_lane):
            unload(lane.async_add_listener(self._file.save_later))

    async def async_register(self) -> None:
        """Find out which devices and entities Home Assistant has, before more come."""
        await self.async_take(self.inventory.data)
        names = {*self.plants, *map(str, self.devices)}
        self.registered = await async_registered_keys(self.hass, self.entry, names)

    @property
    def is_closed(self) -> bool:
        """Tell whether all was written for the last time."""
        return self._file.is_closed

    async def async_close(self) -> None:
        """Write for the last time; what comes in later must not write over it."""
        await self._file.async_close()
        await self.alarms.async_save()
        await self.history.async_close()

    async def async_save(self) -> None:
        """Write what the next start begins with."""
        await self._file.async_save()
        await self.alarms.async_save()

    async def async_refresh(self) -> None:
        """Ask for new data, as far as the ledger allows."""
        await asyncio.gather(
            self.plants_lane.async_request_refresh(),
            self.devices_lane.async_request_refresh(),
            self.alarms.async_request_refresh(),
        )

    async def async_ask_again(self, *interfaces: Interface) -> None:
        """Ask interfaces that the user says to have granted."""
        for interface in interfaces:
            await self.ledger.wake(interface, *NOT_GRANTED)
            if interface is Interface.DEVICE_REAL_TIME:
                self.devices_lane.types.ask_all_again()
            self.history.ask_again(interface)
            self.issues.review(interface)
        await asyncio.gather(
            self.async_refresh(),
            *map(self.periods.async_ask_again, interfaces),
            self.firmware.async_request_refresh(),
            self.inventory.async_request_refresh(),
            self.history.async_request_refresh(),
        )

    def wait(self, interface: Interface, calls: int = 1) -> float:
        """Return the seconds until calls can be made, a login included."""
        burst = self.ledger.burst(interface)
        wait = self.ledger.wait(interface, max(1, min(calls, burst)))
        if self.client.session.is_open:
            return wait
        return max(wait, self.ledger.wait(Interface.LOGIN))

    def zone(self, plant_code: str) -> tzinfo:
        """Return a plant's time zone."""
        return self._zones.get(plant_code) or dt_util.get_default_time_zone()

    def learn_zone(self, plant_code: str, zone: tzinfo) -> None:
        """Take over a plant's time zone from its data."""
        self._zones[plant_code] = zone

    def devices_of(self, plant_code: str) -> list[Device]:
        """Return the devices of a plant."""
        return self._by_plant.get(plant_code, [])

    def plants_of(self, devices: Iterable[int]) -> list[str]:
        """Return the plants of these devices that are shown, each once."""
        shown = (self.devices[key] for key in devices if key in self.devices)
        return list(dict.fromkeys(device.plant_code for device in shown))

    def grid_meter(self, plant_code: str) -> int | None:
        """Return the device at the plant's grid connection, None if unclear."""
        candidates = {device.id for device in grid_meters(self.devices_of(plant_code))}
        # A choice among meters is void where it is gone or no longer needed.
        if (chosen := int(self._chosen_meters.get(plant_code, 0))) in candidates:
            return chosen
        return candidates.pop() if len(candidates) == 1 else None

    def in_units(self, device: Device, row: Values) -> Values:
        """Return a row in the units that the catalogue gives its KPIs."""
        if device.type_id != GRID_METER_TYPE:
            return row
        if (proof := is_in_watts(row)) or (
            proof is not None and device.id not in self._in_watts
        ):
            self._in_watts[device.id] = proof
        assumed = assumed_in_watts(self.inventory.data.dialect)
        return in_kilowatts(row, watts=self._in_watts.get(device.id, assumed))

    @callback
    def rescale(self) -> None:
        """Tell the ledger what its limits grow with."""
        self.ledger.scale = self.devices_lane.scale()

    async def async_take_plants(self, connection: Connection) -> None:
        """Take over the plants that a config flow has just listed."""
        plants, connection.plants = connection.plants, []
        now = self.ledger.now()
        await self.async_take(self.inventory.data.with_plants(plants, now))

    async def async_take(self, inventory: Inventory) -> None:
        """Show the plants and devices of an inventory, and no others.

        Whoever adds an entity finds its device in the registry.
        """
        plants, devices, _ = self._of_this_entry(inventory)
        await self._registered_devices.async_add(plants.values(), devices.values())
        self.inventory.data = inventory
        self._show_inventory()
        kept = {*self.plants, *map(str, self.devices)}
        await self._registered_devices.async_keep_only(kept)

    def _of_this_entry(
        self, known: Inventory
    ) -> tuple[dict[str, Plant], dict[int, Device], dict[str, ConfigEntry]]:
        """Return the plants and devices to show, and who shows the other plants."""
        excluded = set(self.entry.options.get(CONF_EXCLUDED_PLANTS, ()))
        wanted = {code: p for code, p in known.plants.items() if code not in excluded}
        taken = {
            code: owner
            for code, owner in plant_owners(self.hass, wanted).items()
            if owner is not self.entry
        }
        plants = {code: p for code, p in wanted.items() if code not in taken}
        devices = {
            device.id: device
            for device in known.devices.values()
            if device.plant_code in plants
        }
        return plants, devices, taken

    @callback
    def _show_inventory(self) -> None:
        known = self.inventory.data
        self.plants, self.devices, taken = self._of_this_entry(known)
        self.revision += 1
        missing = known.missing_since
        self.listed_plants = [code for code in self.plants if code not in missing]
        self.listed_devices = [
            device
            for device in self.devices.values()
            if str(device.id) not in missing and device.plant_code not in missing
        ]
        self.listed_by_type = {}
        for device in self.listed_devices:
            if device.type_id in DEVICE_TYPES:
                self.listed_by_type.setdefault(device.type_id, []).append(device)
        self._by_plant = {code: [] for code in self.plants}
        for device in self.devices.values():
            self._by_plant[device.plant_code].append(device)
        home = dt_util.get_default_time_zone()
        self._zones = {
            code: self.history.zone(code) or zone_of(plant, home)
            for code, plant in self.plants.items()
        }
        self.ledger.zone = next(iter(self._zones.values()), home)
        for lane in (
            self.plants_lane,
            self.devices_lane,
            self.balance,
            self.alarms,
            self.firmware,
            self.underperformance,
        ):
            lane.forget_gone()
        self.periods.forget_gone()
        self.rescale()
        self.issues.plants_taken(
            {known.plants[code].name: owner.title for code, owner in taken.items()}
        )
        self.issues.several_meters(
            plant.name
            for code, plant in self.plants.items()
            if self.grid_meter(code) is None
            and len(grid_meters(self.devices_of(code))) > 1
        )

    @callback
    def note_login_refused(self, error: LoginError) -> None:
        """Say so once; ask for the password when it was refused a second time."""
        if self.client.session.refusals == 1:
            LOGGER.warning("%s; it is tried once more in 30 minutes", error)
        else:
            self.entry.async_start_reauth(self.hass)

    @callback
    def change_dialect(self, dialect: Dialect) -> None:
        """Follow a system that was renewed, to its lists and its limits."""
        self.inventory.data = replace(self.inventory.data, dialect=dialect)
        self._choose_profile(dialect)

    def _choose_profile(self, dialect: Dialect) -> None:
        chosen = self.entry.options.get(CONF_QUOTA_PROFILE, QUOTA_AUTO)
        if chosen == QUOTA_AUTO:
            self.ledger.profile = PROFILES[dialect]
        else:
            self.ledger.profile = Profile(chosen)

    def _dumping(self) -> Steps[SavedAccount]:
        lane = self.devices_lane
        # Before the steps: rows that come in between may be in them or not.
        made = {live.interface: live.made for live in (self.plants_lane, lane)}
        plants = yield from dumping(self.plants_lane.data)
        devices = yield from dumping(lane.data)
        periods = yield from self.periods.dumping()
        compared = yield from self.underperformance.dumping()
        return {
            "inventory": self.inventory.data.dump(),
            "plants": plants,
            "devices": devices,
            "made": made,
            "types": lane.types.dump(),
            "periods": periods,
            "reports_pv": sorted(lane.reports_pv),
            "firmware": self.firmware.data.dump(),
            "underperformance": compared,
            "in_watts": {str(key): flag for key, flag in self._in_watts.items()},
        }

    def _restore(self, saved: SavedAccount) -> None:
        lane = self.devices_lane
        lane.types.restore(saved.get("types"))
        lane.reports_pv = load_ids(saved.get("reports_pv"))
        made = as_dict(saved.get("made"))
        _restore(self.plants_lane, as_dict(saved.get("plants")), self.plants, made)
        _restore(lane, by_id(saved.get("devices")), self.devices, made)
        self.periods.restore(saved.get("periods"))
        self.balance.derive(self.plants)
        self.balance.publish()
        self.underperformance.derive(self.devices)
        self.underperformance.publish()


def _restore[K](
    lane: RealTimeCoordinator[K, Any],
    saved: Mapping[K, object],
    here: Container[K],
    made: Mapping[str, object],
) -> None:
    """Give a lane the readings that were saved of what is `here`.

    `made`: how many calls of an interface they come from. If there were more,
    somebody may have seen its counters further on: they must not fall back.
    """
    is_exact = made.get(lane.interface, 0) == lane.made
    readings = {
        key: reading
        for key, item in saved.items()
        if key in here and (reading := Reading.load(item))
    }
    lane.restore(
        readings
        if is_exact
        else {key: reading.doubting_counters() for key, reading in readings.items()}
    )

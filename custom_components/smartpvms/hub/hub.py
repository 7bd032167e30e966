"""The hub of an entry: it makes the coordinators, hands each what it needs, saves."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ..account.account import Account
from ..account.device_registry import RegisteredKeys, async_registered_keys
from ..alarms.coordinator import AlarmCoordinator
from ..control.coordinator import ControlCoordinator
from ..firmware.coordinator import FirmwareCoordinator
from ..history.coordinator import HistoryCoordinator
from ..insight.coordinator import InsightCoordinator
from ..live.balance_coordinator import BalanceCoordinator
from ..live.device_coordinator import DeviceCoordinator
from ..live.inventory_coordinator import InventoryCoordinator
from ..live.periods import PeriodCoordinators
from ..live.plant_coordinator import PlantCoordinator
from ..northbound import Interface
from ..northbound.interfaces import CONTROL
from ..northbound.lane import NOT_GRANTED
from ..storage.parse import as_dict, by_id, load_ids
from ..storage.steps import Steps, dumping
from ..underperformance.coordinator import UnderperformanceCoordinator
from .store import HubStore, SavedHub, load_readings, restore_readings

type SmartPvmsConfigEntry = ConfigEntry[Hub]


class Hub:
    """The coordinators of an account.

    `registered`: the keys that the entity registry holds, while the platforms are
    being set up.
    """

    def __init__(self, account: Account, saved: SavedHub) -> None:
        """Make the coordinators from the saved state; no call is made."""
        self.account = account
        self.registered: RegisteredKeys = {}
        self.inventory = InventoryCoordinator(account)
        self.plants = PlantCoordinator(account)
        self.devices = DeviceCoordinator(account)
        self.periods = PeriodCoordinators(account, (self.plants, self.devices))
        self.balance = BalanceCoordinator(
            account, self.plants, self.devices, self.async_refresh
        )
        self.alarms = AlarmCoordinator(account)
        self.firmware = FirmwareCoordinator(account, saved.get("firmware"))
        self.underperformance = UnderperformanceCoordinator(
            account, self.devices, saved.get("underperformance")
        )
        self.history = HistoryCoordinator(account, self.plants, self.devices)
        self.insights = InsightCoordinator(account, self.devices, self.history)
        self.control = ControlCoordinator(account)
        self._store = HubStore(account.hass, account.entry.entry_id, self._dumping)
        account.types_changed.connect(self._rescale)
        account.inventory_changed.connect(self._rescale)
        # The calls left, which are derived next, depend on it.
        self._rescale()
        self._restore(saved)
        account.inventory_changed.send()

    @callback
    def _rescale(self) -> None:
        """Tell the ledger the size of the account, which its limits grow with."""
        scale = self.devices.scale(self.periods.refused_types())
        self.account.ledger.use_scale(scale)

    async def async_restore(self) -> None:
        """Restore what has a store of its own: alarms, history, control."""
        await self.alarms.async_restore()
        await self.history.async_restore()
        await self.control.async_restore()

    async def async_register(self) -> None:
        """Write the devices to the registry, and read which entities there are."""
        account = self.account
        await account.async_apply(account.inventory)
        names = {*account.plants, *map(str, account.devices)}
        self.registered = await async_registered_keys(
            account.hass, account.entry, names
        )

    @callback
    def start(self) -> None:
        """Let the coordinators follow each other and poll."""
        account = self.account
        unload = account.entry.async_on_unload
        self.registered = {}
        account.run()
        self.inventory.schedule()
        self.alarms.start()
        self.periods.start(self._store.save_later)
        self.history.start()
        self.control.review()
        for interface in list(account.ledger.lanes):
            account.issues.review(interface)
        unload(self.inventory.async_add_listener(self._store.save_later))
        unload(self.firmware.async_add_listener(self._store.save_later))
        self.devices.follow(self.balance.async_follow_devices)
        self.devices.follow(self.underperformance.async_follow_devices)
        self.plants.follow(self.balance.async_follow_plants)
        unload(self.devices.async_add_listener(self._store.save_later))
        unload(self.plants.async_add_listener(self._store.save_later))

    async def async_close(self) -> None:
        """Write for the last time; a later answer must not write over it."""
        self.account.close()
        await self._store.async_close()
        await self.alarms.async_save()
        await self.history.async_save()
        await self.control.async_close()

    async def async_save(self) -> None:
        """Write what the next start begins with."""
        await self._store.async_save()
        await self.alarms.async_save()

    async def async_refresh(self) -> None:
        """Ask for new data, as far as the ledger allows."""
        await asyncio.gather(
            self.plants.async_request_refresh(),
            self.devices.async_request_refresh(),
            self.alarms.async_request_refresh(),
        )

    async def async_ask_again(self, *interfaces: Interface) -> None:
        """Ask interfaces that the user says to have granted."""
        for interface in interfaces:
            await self.account.ledger.resume(interface, *NOT_GRANTED)
            if interface is Interface.DEVICE_REAL_TIME:
                self.devices.types.ask_all_again()
            for left_out in self.account.left_out.of(interface):
                left_out.ask_again()
            self.history.ask_again(interface)
            self.account.issues.review(interface)
        if CONTROL.intersection(interfaces):
            self.control.ask_again()
            await self.control.async_request_refresh()
        await asyncio.gather(
            self.async_refresh(),
            *map(self.periods.async_ask_again, interfaces),
            self.firmware.async_request_refresh(),
            self.inventory.async_request_refresh(),
            self.history.async_request_refresh(),
        )

    def _dumping(self) -> Steps[SavedHub]:
        # Before the steps: rows that come in between may be in them or not.
        made = {live.interface: live.made for live in (self.plants, self.devices)}
        plants = yield from dumping(self.plants.data)
        devices = yield from dumping(self.devices.data)
        periods = yield from self.periods.dumping()
        compared = yield from self.underperformance.dumping()
        insights = yield from dumping(self.insights.data)
        return {
            "inventory": self.account.inventory.dump(),
            "plants": plants,
            "devices": devices,
            "made": made,
            "types": self.devices.types.dump(),
            "periods": periods,
            "reports_pv": sorted(self.devices.reports_pv),
            "firmware": self.firmware.data.dump(),
            "underperformance": compared,
            "insights": insights,
            "in_watts": self.account.powers.dump_units(),
            "powers": self.account.powers.dump(),
            "left_out": self.account.left_out.dump(),
        }

    def _restore(self, saved: SavedHub) -> None:
        account, devices = self.account, self.devices
        devices.restore_known(
            saved.get("types"), reports_pv=load_ids(saved.get("reports_pv"))
        )
        made = as_dict(saved.get("made"))
        restore_readings(
            self.plants, as_dict(saved.get("plants")), account.plants, made
        )
        restore_readings(devices, by_id(saved.get("devices")), account.devices, made)
        # Until 0.1.0 the meters with a power were not saved.
        account.powers.note_meters(
            {account.devices[key]: row.values for key, row in devices.data.items()}
        )
        account.left_out.restore(saved.get("left_out"), account.plants, account.devices)
        self.periods.restore(saved.get("periods"))
        self.insights.restore(
            load_readings(as_dict(saved.get("insights")), account.plants)
        )
        self.balance.derive(account.plants)
        self.balance.publish()
        self.underperformance.derive(account.devices)
        self.underperformance.publish()

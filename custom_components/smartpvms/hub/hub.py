"""The hub of an entry: it makes the coordinators, hands each what it needs, saves."""

import asyncio
from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ..account.account import Account
from ..account.device_registry import RegisteredKeys, async_registered_keys
from ..account.time_zones import dump_zone
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
from ..live.polling_coordinator import PollingCoordinator
from ..live.readings import dump_readings
from ..northbound import Interface
from ..northbound.interfaces import CONTROL
from ..northbound.lane import NOT_GRANTED
from ..underperformance.coordinator import UnderperformanceCoordinator
from .store import HubStore, SavedHub, restore_readings

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
        live = (self.plants, self.devices, self.async_refresh)
        self.balance = BalanceCoordinator(account, *live)
        self.polling = PollingCoordinator(account, *live)
        self.alarms = AlarmCoordinator(account)
        self.firmware = FirmwareCoordinator(account, saved["firmware"])
        self.underperformance = UnderperformanceCoordinator(
            account, self.devices, saved["underperformance"]
        )
        self.history = HistoryCoordinator(account, self.plants, self.devices)
        self.insights = InsightCoordinator(account, self.devices, self.history)
        self.control = ControlCoordinator(account)
        self._store = HubStore(account.hass, account.entry.entry_id, self._copied)
        account.types_changed.connect(self._rescale)
        account.inventory_changed.connect(self._rescale)
        # The calls left, which are derived next, depend on it.
        self._rescale()
        self._restore(saved)
        account.inventory_changed.send()

    @callback
    def _rescale(self) -> None:
        """Tell the ledger the size of the account, which its limits grow with."""
        ledger = self.account.ledger
        ledger.scale = self.devices.scale(self.periods.refused_types())

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
        self.inventory.schedule()
        self.alarms.start()
        self.periods.start(self._store.save_later)
        self.history.start()
        self.control.review()
        account.issues.review()
        self.devices.follow(self.balance.async_follow_devices)
        self.devices.follow(self.underperformance.async_follow_devices)
        self.devices.follow(self.polling.async_follow_devices)
        self.plants.follow(self.balance.async_follow_plants)
        self.plants.follow(self.polling.async_follow_plants)
        for saved in (self.inventory, self.firmware, self.devices, self.plants):
            unload(saved.async_add_listener(self._store.save_later))

    async def async_close(self) -> None:
        """Write for the last time; a later answer must not write over it."""
        self.account.is_leaving = self.account.is_closed = True
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
        self.account.issues.review()
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

    def _copied(self) -> Callable[[], dict[str, object]]:
        """Return what dumps the present state, in a thread; a reading never changes."""
        inventory, insights = self.account.inventory, dict(self.insights.data)
        plants, devices = dict(self.plants.data), dict(self.devices.data)
        periods, compared = self.periods.copied(), self.underperformance.copied()
        small = {
            "made": {live.interface: live.made for live in (self.plants, self.devices)},
            "types": self.devices.types.dump(),
            "reports_pv": sorted(self.devices.reports_pv),
            "firmware": self.firmware.data.dump(),
            "in_watts": self.account.powers.dump_units(),
            "powers": self.account.powers.dump(),
            "left_out": self.account.left_out.dump(),
            "zones": {
                code: dump_zone(zone)
                for code, zone in self.account.learnt_zones.items()
            },
        }
        return lambda: {
            "inventory": inventory.dump(),
            "plants": dump_readings(plants),
            "devices": dump_readings(devices),
            "periods": periods(),
            "underperformance": compared(),
            "insights": dump_readings(insights),
            **small,
        }

    def _restore(self, saved: SavedHub) -> None:
        account, devices = self.account, self.devices
        for code, zone in saved["zones"].items():
            if zone and code in account.plants:
                account.learn_zone(code, zone)
        devices.restore_known(saved["types"], reports_pv=saved["reports_pv"])
        made = saved["made"]
        restore_readings(self.plants, saved["plants"], account.plants, made)
        restore_readings(devices, saved["devices"], account.devices, made)
        # Until 0.1.0 the meters with a power were not saved.
        for key, reading in devices.data.items():
            account.powers.note_meter(account.devices[key], reading.values)
        account.left_out.restore(saved["left_out"], account.plants, account.devices)
        self.periods.restore(saved["periods"])
        insights = saved["insights"]
        self.insights.restore(
            {code: insights[code] for code in insights.keys() & account.plants.keys()}
        )
        self.balance.derive(account.plants)
        self.balance.publish()
        self.polling.derive(account.plants)
        self.polling.publish()
        self.underperformance.derive(account.devices)
        self.underperformance.publish()

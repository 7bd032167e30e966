"""Polls the records of firmware upgrades; it never asks for an upgrade."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final, override

from homeassistant.core import callback

from ..account.account import Account
from ..account.device_batches import DeviceBatch, device_batches
from ..coordinator import EARLY, SOON, AccountCoordinator, calling, fresh_since
from ..local_time import DAY
from ..northbound import Device, Interface
from ..northbound.client import UPGRADABLE_TYPES
from ..northbound.errors import (
    AccessError,
    NorthboundError,
    RefusedError,
    UnsupportedTypeError,
    UpgradeError,
)
from ..northbound.interfaces import DEVICES_PER_UPGRADE
from ..northbound.models import UpgradeRecord
from .records import LONGEST, FirmwareRecords, cadence

# The live data of a large account take some minutes to arrive.
FIRST_AFTER: Final = 300.0
NO_RECORDS: Final = 20022


class FirmwareCoordinator(AccountCoordinator[FirmwareRecords]):
    """The last firmware upgrade of each inverter (reference 2.15).

    Asked once a day, while an upgrade runs as often as the lane allows.
    """

    def __init__(self, account: Account, saved: FirmwareRecords) -> None:
        """Start with the saved records; nothing is asked while live data are due."""
        super().__init__(account, "firmware upgrades", SOON)
        now = account.clock.now()
        self._first_at = now + FIRST_AFTER
        self._left_out = account.left_out.of_devices(Interface.UPGRADE_RECORD)
        self.data = saved
        self.data.bound(now)
        account.inventory_changed.connect(self.forget_gone)
        for device_id, due_at in self.data.due_at.items():
            self.data.due_at[device_id] = max(due_at, self._first_at)

    def upgradable(self) -> list[Device]:
        """Return the devices that may be asked for; a device that is gone fails the whole call."""
        return [
            device
            for device in self.account.listed_devices
            if device.type_id in UPGRADABLE_TYPES
        ]

    def is_fresh(self, device_id: int) -> bool:
        """Tell whether a device was heard of in the last three cycles."""
        answered = self.data.answered_at.get(device_id)
        if answered is None:
            return False
        now = self.account.clock.now()
        own = cadence(self.data.records.get(device_id), answered)
        # The round looks through all inverters: only where it decides.
        return answered >= fresh_since(now, own) or (
            answered >= fresh_since(now, self._round())
        )

    def _round(self) -> float:
        """Return the seconds that it takes to ask for all that are upgraded now."""
        running = (d for d in self.upgradable() if self.data.is_running(d.id))
        calls = sum(1 for _ in device_batches(running, DEVICES_PER_UPGRADE))
        return self.account.ledger.cycle(Interface.UPGRADE_RECORD, max(1, calls))

    def _due_at(self, device_id: int) -> float:
        if refusal := self._left_out.refusals.get(device_id):
            return max(refusal.until, self._first_at)
        return self.data.due_at.get(device_id, self._first_at)

    def _next_batch(self) -> DeviceBatch | None:
        """Return the devices of the call that has been due for longest."""
        now = self.account.clock.now()
        due = [device for device in self.upgradable() if self._due_at(device.id) <= now]
        due.sort(key=lambda device: self._due_at(device.id))
        return next(device_batches(due, DEVICES_PER_UPGRADE, self._left_out), None)

    @callback
    def schedule(self) -> None:
        """Poll again when a device is due and the lane is free."""
        now = self.account.clock.now()
        self.data.bound(now)
        due = [self._due_at(device.id) for device in self.upgradable()]
        wait = min(due, default=now + DAY) - now
        wait = max(wait, self.account.wait(Interface.UPGRADE_RECORD))
        # Old records are seen to age, also where the lane is at rest.
        is_running = any(self.data.is_running(key) for key in self.data.records)
        wait = min(wait, self._round() if is_running else DAY)
        self.update_interval = timedelta(seconds=max(0.0, wait) + EARLY)

    @callback
    def ask_soon(self, devices: Iterable[int]) -> None:
        """Ask for the records of these devices next."""
        now = self.account.clock.now()
        self.data.due_at.update(dict.fromkeys(devices, now))
        self._reschedule()

    @callback
    def note_requested(self, devices: Iterable[int]) -> None:
        """Remember that an upgrade of these devices is being asked for."""
        now = self.account.clock.now()
        self.data.requested_at.update(dict.fromkeys(devices, now))

    @callback
    def note_refused(self, devices: Iterable[int]) -> None:
        """Forget requests that were certainly not taken."""
        for device_id in devices:
            self.data.requested_at.pop(device_id, None)

    @callback
    def forget_gone(self) -> None:
        """Drop the records of devices that are gone, and ask for new ones'."""
        self.data.keep_only(self.account.devices.keys())
        self._reschedule()

    @callback
    def _reschedule(self) -> None:
        self.schedule()
        if self._listeners and not self.account.is_closed:
            self._schedule_refresh()

    @override
    async def _async_update_data(self) -> FirmwareRecords:
        try:
            with calling(self.account, Interface.UPGRADE_RECORD):
                await self._async_ask_what_is_due()
        finally:
            self.schedule()
        return self.data

    async def _async_ask_what_is_due(self) -> None:
        """Ask as much as the lane takes now."""
        while not self.account.ledger.wait(Interface.UPGRADE_RECORD):
            if (batch := self._next_batch()) is None:
                return
            await self._async_ask(batch.type_id, batch.devices)

    async def _async_ask(self, type_id: int, devices: Collection[int]) -> None:
        """Make one call; a type that the system does not serve is left alone."""
        now = self.account.clock.now()
        try:
            with self._left_out.asking(devices):
                self._apply(devices, await self._async_records(type_id, devices))
        except UnsupportedTypeError:
            same = (d.id for d in self.upgradable() if d.type_id == type_id)
            self.data.postpone(same, now, LONGEST)
        except RefusedError, AccessError:
            # The lane is paused now; due devices stay due.
            raise
        except NorthboundError:
            self.data.postpone(devices, now)
            raise

    async def _async_records(
        self, type_id: int, devices: Collection[int]
    ) -> list[UpgradeRecord]:
        """Return the records; that there are none is an error of the interface."""
        try:
            return await self.account.client.upgrade_records(type_id, devices)
        except UpgradeError as error:
            if error.code != NO_RECORDS:
                raise
            return []

    @callback
    def _apply(self, devices: Collection[int], records: list[UpgradeRecord]) -> None:
        """Apply an answer; after an upgrade the device list has the new version."""
        before = {key for key in devices if self.data.is_running(key)}
        self.data.apply(devices, records, self.account.clock.now())
        if not all(self.data.is_running(key) for key in before):
            self.account.inventory_doubted.send()

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Do nothing: the listeners are called once, after every refresh."""

    @override
    async def _async_refreshed(self) -> None:
        # A record ages while refreshes fail, too.
        super().async_update_listeners()

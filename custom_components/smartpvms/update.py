"""Update entities: the firmware of the inverters, and an upgrade that runs.

The interface never tells which firmware is the newest: what there is to install
is known only while it is being installed. So nothing can be installed from here.
"""

from functools import partial
from typing import Any, Final, override

from homeassistant.components.update import (
    UpdateDeviceClass,
    UpdateEntity,
    UpdateEntityDescription,
    UpdateEntityFeature,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .catalogue import OTHER
from .catalogue.firmware import FIRMWARE, RESULTS
from .const import DOMAIN
from .entity import ComparingEntity, EntityAdder
from .firmware.coordinator import FirmwareCoordinator
from .firmware.records import is_running
from .hub.hub import SmartPvmsConfigEntry
from .northbound.client import UPGRADABLE_TYPES
from .northbound.models import UpgradeRecord

PARALLEL_UPDATES = 0

DESCRIPTION = UpdateEntityDescription(
    key=FIRMWARE,
    translation_key=FIRMWARE,
    device_class=UpdateDeviceClass.FIRMWARE,
    entity_category=EntityCategory.DIAGNOSTIC,
)

ATTR_LAST_RESULT: Final = "last_result"
ATTR_LAST_REQUEST: Final = "last_request"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an update entity for each inverter that has, or had, a record."""
    hub = entry.runtime_data
    registry = er.async_get(hass)
    adder = EntityAdder(hub.account, async_add_entities)

    def was_seen(device_id: int) -> bool:
        unique_id = f"{device_id}_{FIRMWARE}"
        return device_id in hub.firmware.data.records or bool(
            registry.async_get_entity_id(Platform.UPDATE, DOMAIN, unique_id)
        )

    adder.add_following(
        hub.firmware.async_add_listener,
        lambda: {
            device.id: partial(FirmwareUpdate, hub.firmware, device.id)
            for device in hub.account.devices.values()
            if device.type_id in UPGRADABLE_TYPES and was_seen(device.id)
        },
    )
    await adder.async_finish()


class FirmwareUpdate(ComparingEntity[FirmwareCoordinator], UpdateEntity):
    """The firmware of an inverter."""

    _attr_supported_features = UpdateEntityFeature.PROGRESS
    async_entity_id_changed = ComparingEntity.async_entity_id_changed

    def __init__(self, coordinator: FirmwareCoordinator, device_id: int) -> None:
        """Belong to a device."""
        super().__init__(coordinator, device_id, DESCRIPTION)
        self._device_id = device_id

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the device list too, which tells the installed version."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.account.inventory_changed.connect(
                self._handle_coordinator_update
            )
        )

    @override
    async def async_update(self) -> None:
        """Ask for the record, as far as the ledger allows."""
        self.coordinator.ask_soon([self._device_id])
        await super().async_update()

    @property
    @override
    def available(self) -> bool:
        """Tell whether the record is young enough."""
        return self.coordinator.is_fresh(self._device_id)

    @override
    def version_is_newer(self, latest_version: str, installed_version: str) -> bool:
        """Return True: versions have no order, and the one being installed counts as newer."""
        return True

    @override
    def _fingerprint(self) -> object:
        device = self.coordinator.account.devices.get(self._device_id)
        record = self.coordinator.data.records.get(self._device_id)
        return device and device.software, record

    @override
    def _async_update_attrs(self) -> None:
        device = self.coordinator.account.devices.get(self._device_id)
        record = self.coordinator.data.records.get(self._device_id)
        installed = device.software if device else None
        runs = is_running(record)
        self._attr_installed_version = installed
        self._attr_latest_version = record.target if record and runs else installed
        self._attr_in_progress = runs
        self._attr_update_percentage = _percentage(record) if runs else None
        self._attr_extra_state_attributes = _last(record)


def _percentage(record: UpgradeRecord | None) -> float | None:
    """Return the progress in percent."""
    if record is None or record.progress is None:
        return None
    return min(max(record.progress, 0.0), 100.0)


def _last(record: UpgradeRecord | None) -> dict[str, Any]:
    """Return how the last upgrade went, and when it was asked for."""
    if record is None or record.target is None:
        return {}
    result = None if record.result is None else RESULTS.get(record.result, OTHER)
    return {ATTR_LAST_RESULT: result, ATTR_LAST_REQUEST: record.upgraded_at}

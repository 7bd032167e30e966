"""Buttons: new data, as far as the quota allows, and a firmware upgrade."""

from collections.abc import Iterable
from functools import partial
from typing import override

from homeassistant.components.button import (
    ButtonDeviceClass,
    ButtonEntity,
    ButtonEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account.account import Account, SmartPvmsConfigEntry
from .actions.firmware import async_request_upgrade
from .catalogue.firmware import REQUEST_UPGRADE
from .catalogue.plant import REFRESH
from .const import DOMAIN
from .entity import Adder, ReadingEntity, async_add_as_seen, async_add_following
from .live.readings import Reading
from .northbound.client import UPGRADABLE_TYPES

PARALLEL_UPDATES = 1

DESCRIPTION = ButtonEntityDescription(
    key=REFRESH, translation_key=REFRESH, entity_category=EntityCategory.DIAGNOSTIC
)
UPGRADE = ButtonEntityDescription(
    key=REQUEST_UPGRADE,
    translation_key=REQUEST_UPGRADE,
    device_class=ButtonDeviceClass.UPDATE,
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a button for each plant, and one for each inverter."""
    account = entry.runtime_data

    def always(
        code: str, reading: Reading | None, registered: set[str]
    ) -> Iterable[ButtonEntityDescription]:
        return (DESCRIPTION,)

    adder = Adder(entry, async_add_entities)
    async_add_as_seen(entry, account.balance, always, RefreshButton, adder)
    async_add_following(
        entry,
        account.inventory,
        lambda: {
            device.id: partial(RequestUpgradeButton, account, device.id)
            for device in account.devices.values()
            if device.type_id in UPGRADABLE_TYPES
        },
        adder,
    )
    await adder.async_finish()


class RefreshButton(ReadingEntity[str], ButtonEntity):
    """Asks for new data; a lane that may not be asked now is left alone."""

    @property
    @override
    def available(self) -> bool:
        """Be there also when the data are old: that is when it is wanted."""
        return True

    @override
    async def async_press(self) -> None:
        """Ask."""
        await self.coordinator.account.async_refresh()


class RequestUpgradeButton(ButtonEntity):
    """Asks one inverter to upgrade its firmware; nobody else presses it."""

    entity_description: ButtonEntityDescription = UPGRADE
    _attr_has_entity_name = True

    def __init__(self, account: Account, device_id: int) -> None:
        """Belong to a device."""
        self._account = account
        self._device_id = device_id
        self._attr_unique_id = f"{device_id}_{REQUEST_UPGRADE}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, str(device_id))})

    @override
    async def async_press(self) -> None:
        """Make the one call; what the server refuses is said."""
        await async_request_upgrade(self._account, self._device_id)

"""Buttons: new data, as far as the quota allows, and a firmware upgrade."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, override

from homeassistant.components import persistent_notification
from homeassistant.components.button import (
    ButtonDeviceClass,
    ButtonEntity,
    ButtonEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .account.wording import word
from .actions.budget import check_login
from .actions.firmware import async_request_upgrade
from .catalogue.firmware import REQUEST_UPGRADE
from .catalogue.plant import REFRESH
from .const import DOMAIN
from .entity import EntityAdder, SmartPvmsEntity
from .hub.hub import Hub, SmartPvmsConfigEntry
from .northbound import Interface
from .northbound.client import UPGRADABLE_TYPES

PARALLEL_UPDATES = 1

# What a refresh is about, as a user sees it.
REFRESHED: Final = (Interface.PLANT_REAL_TIME, Interface.DEVICE_REAL_TIME)

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
    hub = entry.runtime_data
    account = hub.account

    def buttons() -> dict[object, Callable[[], Entity]]:
        return {code: partial(RefreshButton, hub, code) for code in account.plants} | {
            device.id: partial(RequestUpgradeButton, hub, device.id)
            for device in account.devices.values()
            if device.type_id in UPGRADABLE_TYPES
        }

    adder = EntityAdder(account, async_add_entities)
    adder.add_following(account.inventory_changed.connect, buttons)
    await adder.async_finish()


class RefreshButton(SmartPvmsEntity, ButtonEntity):
    """Asks for new data; a lane that may not be asked now is left alone.

    Always available: a refresh is most useful when data are stale.
    """

    def __init__(self, hub: Hub, plant_code: str) -> None:
        """Belong to a plant."""
        super().__init__(plant_code, DESCRIPTION)
        self._hub = hub
        self._notice = f"{DOMAIN}_refresh_{hub.account.entry.entry_id}"
        self._until: CALLBACK_TYPE | None = None

    @override
    async def async_press(self) -> None:
        """Ask for new data of the whole account, or say when they may be asked."""
        account = self._hub.account
        wait = min(map(account.wait, REFRESHED))
        await self._hub.async_refresh()
        check_login(account)
        if wait > 0:
            self._take_back()
            at = dt_util.now() + timedelta(seconds=wait)
            text = word(self.hass, "refresh_later", "").format(time=f"{at:%X}")
            persistent_notification.async_create(
                self.hass, text, account.entry.title, self._notice
            )
            self._until = async_call_later(self.hass, wait, self._take_back)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Take the notification back: it would stay for ever."""
        self._take_back()
        await super().async_will_remove_from_hass()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on as before: the notification is not known by the entity id."""

    @callback
    def _take_back(self, _: datetime | None = None) -> None:
        """Remove the notification, if this button has made one."""
        if self._until is not None:
            self._until()
            self._until = None
            persistent_notification.async_dismiss(self.hass, self._notice)


class RequestUpgradeButton(SmartPvmsEntity, ButtonEntity):
    """Requests a firmware upgrade of one inverter.

    Never pressed by the integration itself.
    """

    def __init__(self, hub: Hub, device_id: int) -> None:
        """Belong to a device."""
        super().__init__(device_id, UPGRADE)
        self._hub = hub
        self._device_id = device_id

    @override
    async def async_press(self) -> None:
        """Make the one call; a refusal of the server becomes an error."""
        await async_request_upgrade(self._hub, self._device_id)

"""Huawei FusionSolar: plants and devices of the Smart PV Management System."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .account.connections import async_get_connections, credentials_of
from .account.issues import async_forget_issues
from .actions.services import async_setup_services
from .alarms import coordinator as alarm_coordinator
from .const import DOMAIN
from .control import coordinator as control_coordinator
from .control.entity import async_forget_entities
from .dashboard import async_setup_dashboard
from .energy_dashboard import later as energy_dashboard
from .history import coordinator as history_coordinator
from .hub.hub import SmartPvmsConfigEntry
from .hub.setup import async_open
from .hub.store import store_of

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.UPDATE,
]


CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions and the dashboard strategy."""
    async_setup_services(hass)
    await async_setup_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> bool:
    """Set up an account: its saved state is there at once, the rest follows."""
    hub = entry.runtime_data = await async_open(hass, entry)
    if not hub.control.is_allowed:
        async_forget_entities(hass, entry)
    await hub.async_register()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    hub.start()
    energy_dashboard.async_follow(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> bool:
    """Unload an account; its session and its ledger stay for the next set-up."""
    hub = entry.runtime_data
    hub.account.is_leaving = True
    unloaded = False
    try:
        unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    finally:
        if not unloaded:
            hub.account.is_leaving = False
    if unloaded:
        await hub.async_close()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> None:
    """End the session and drop the stores, but for the ledger of calls."""
    connections = await async_get_connections(hass)
    await connections.async_drop(credentials_of(entry).account)
    await store_of(hass, entry.entry_id).async_remove()
    await alarm_coordinator.store_of(hass, entry.entry_id).async_remove()
    await history_coordinator.store_of(hass, entry.entry_id).async_remove()
    await control_coordinator.store_of(hass, entry.entry_id).async_remove()
    async_forget_issues(hass, entry.entry_id)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: SmartPvmsConfigEntry, device: DeviceEntry
) -> bool:
    """Let the user remove a device that the account no longer lists."""
    if entry.state is not ConfigEntryState.LOADED:
        return False
    account = entry.runtime_data.account
    current = {*account.plants, *map(str, account.devices)}
    return not any(
        domain == DOMAIN and key in current for domain, key in device.identifiers
    )

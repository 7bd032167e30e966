"""Opens the account of an entry: from what was saved, or from the first lists."""

from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady

from ..account.account import Account, SmartPvmsConfigEntry
from ..account.connections import Connection, Credentials, async_get_connections
from ..account.inventory import Inventory
from ..const import DOMAIN
from ..coordinator import what_failed
from ..northbound import NorthboundError
from ..northbound.errors import LoginError, NotYetError
from .store import read_saved, store_of


async def async_open(hass: HomeAssistant, entry: SmartPvmsConfigEntry) -> Account:
    """Return the account of an entry, from what was saved if there is that.

    Makes at most three calls: login, plant list, device list. Raises
    ConfigEntryNotReady or ConfigEntryAuthFailed where nothing was saved and
    the plants cannot be listed.
    """
    connections = await async_get_connections(hass)
    connection = connections.connect(credentials_of(entry))
    kept = await store_of(hass, entry.entry_id).async_load_sound()
    # A fleet's takes a while to read.
    inventory, saved = await hass.async_add_executor_job(read_saved, kept)
    if inventory and inventory.plants:
        connection.client.session.has_worked = True
        if connection.plants and connection.dialect:
            inventory = replace(inventory, dialect=connection.dialect)
        account = Account(hass, entry, connection, inventory, saved)
        await account.alarms.async_restore()
        await account.history.async_restore()
        if connection.plants:
            await account.async_take_plants(connection)
        return account
    inventory = await _async_first_inventory(connection)
    account = Account(hass, entry, connection, inventory, saved)
    await account.alarms.async_restore()
    await account.history.async_restore()
    await account.inventory.async_list_devices_now()
    await account.async_save()
    return account


def credentials_of(entry: ConfigEntry) -> Credentials:
    """Return how an entry reaches its account."""
    return Credentials(
        origin=entry.data[CONF_HOST],
        username=entry.data[CONF_USERNAME],
        password=entry.data[CONF_PASSWORD],
        verify_ssl=entry.data[CONF_VERIFY_SSL],
    )


async def _async_first_inventory(connection: Connection) -> Inventory:
    """Return the plants that the config flow has found, or list them now."""
    ledger = connection.client.session.ledger
    try:
        if not connection.plants:
            await connection.detect()
    except LoginError as error:
        raise ConfigEntryAuthFailed(
            translation_domain=DOMAIN, translation_key="login_refused"
        ) from error
    except NotYetError as error:
        seconds = max(1, round(error.retry_at - ledger.now()))
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="not_yet",
            translation_placeholders={"seconds": str(seconds)},
        ) from error
    except NorthboundError as error:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="update_failed",
            translation_placeholders=what_failed(error),
        ) from error
    plants, connection.plants = connection.plants, []
    assert connection.dialect is not None
    return Inventory(connection.dialect).with_plants(plants, ledger.now())

"""The set-up of an entry's hub, from the saved state or from the first lists."""

from dataclasses import replace
from functools import partial

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady

from ..account.account import Account
from ..account.connections import Connection, async_get_connections, credentials_of
from ..account.inventory import Inventory
from ..account.owner import Token
from ..const import DOMAIN
from ..coordinator import what_failed
from ..northbound import NorthboundError
from ..northbound.errors import LoginError, NotYetError
from ..northbound.plant_list import LISTED_BY
from .hub import Hub
from .store import read_saved, store_of


async def async_open(hass: HomeAssistant, entry: ConfigEntry) -> Hub:
    """Return the hub of an entry, from the saved state if there is one.

    Makes at most three calls: login, plant list, device list. Raises
    ConfigEntryNotReady or ConfigEntryAuthFailed where nothing was saved and the plants
    cannot be listed.
    """
    connections = await async_get_connections(hass)
    connection = connections.connect(credentials_of(entry))
    if connection.tokens:
        connection.tokens.keep = partial(_keep_tokens, hass, entry)
    kept = await store_of(hass, entry.entry_id).async_load_sound()
    known, saved = kept or (None, read_saved({}))
    powers = saved["powers"]
    if known and known.plants:
        known = _as_detected(known, connection)
        if connection.client.session.is_refused:
            # The dialog did not outlive the restart.
            entry.async_start_reauth(hass)
        hub = Hub(Account(hass, entry, connection, known, powers), saved)
        await hub.async_restore()
        if listed := connection.pop_plants():
            known = known.with_plants(listed, hub.account.clock.now())
            await hub.account.async_apply(known)
        return hub
    first = await _async_first_inventory(connection)
    hub = Hub(Account(hass, entry, connection, first, powers), saved)
    await hub.async_restore()
    await hub.inventory.async_list_devices_now()
    await hub.async_save()
    return hub


def _as_detected(known: Inventory, connection: Connection) -> Inventory:
    """Return a saved inventory, with the dialect that a config flow has just found."""
    connection.client.session.trust_credentials()
    if connection.plants and connection.dialect:
        return replace(known, dialect=connection.dialect)
    return known


def _keep_tokens(hass: HomeAssistant, entry: ConfigEntry, token: Token) -> None:
    """Store the tokens of a consent, as long as there is an entry."""
    if hass.config_entries.async_get_entry(entry.entry_id):
        data = {**entry.data, CONF_TOKEN: token}
        hass.config_entries.async_update_entry(entry, data=data)


async def _async_first_inventory(connection: Connection) -> Inventory:
    """Return the plants that the config flow has found, or list them now."""
    ledger = connection.client.session.ledger
    try:
        if not connection.plants:
            await connection.detect()
    except (LoginError, NotYetError) as error:
        if isinstance(error, LoginError) or connection.client.session.is_refused:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="login_refused"
            ) from error
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
    assert connection.dialect is not None
    listed = connection.pop_plants()
    if not listed:
        # An empty list is a fault: what the registry holds must not be removed.
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="update_failed",
            translation_placeholders={
                "interface": LISTED_BY[connection.dialect],
                "error": "the list of plants is empty",
            },
        )
    return Inventory(connection.dialect).with_plants(listed, ledger.now())

"""Home Assistant in this process, with the components that an entry needs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from homeassistant import bootstrap, loader
from homeassistant.config_entries import SOURCE_USER, ConfigEntries, ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.setup import async_setup_component

from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN

FLOOR: Final = "smartpvms_floor"


@asynccontextmanager
async def home(
    folder: Path, *, recorder: bool = False
) -> AsyncGenerator[HomeAssistant]:
    """Start Home Assistant in a folder and stop it at the end.

    Stored files stay in the folder, for a restart.
    """
    logging.getLogger("homeassistant").setLevel(logging.ERROR)
    hass = HomeAssistant(str(folder))
    loader.async_setup(hass)
    config: dict[str, Any] = {"homeassistant": {}}
    hass.config_entries = ConfigEntries(hass, config)
    # Not set up, because the first would listen on a port; only the dashboard and the
    # owner's login need them.
    hass.config.components |= {"http", "application_credentials"}
    await loader.async_get_custom_components(hass)
    assert await bootstrap.async_load_base_functionality(hass)
    for domain in (*bootstrap.CORE_INTEGRATIONS, "network"):
        assert await async_setup_component(hass, domain, config)
    await async_process_ha_core_config(hass, {})
    if recorder:
        async_initialize_recorder(hass)
        url = f"sqlite:///{folder / 'recorder.db'}"
        recording = {"recorder": {"db_url": url, "commit_interval": 1}}
        assert await async_setup_component(hass, "recorder", recording)
    try:
        yield hass
    finally:
        await hass.async_stop(force=True)


def make_entry(
    domain: str, data: Mapping[str, Any], **options: object
) -> ConfigEntry[Any]:
    """Return a config entry that is not yet added."""
    return ConfigEntry(
        data=data,
        discovery_keys=MappingProxyType({}),
        domain=domain,
        minor_version=1,
        options=options,
        source=SOURCE_USER,
        subentries_data=(),
        title="Fleet",
        unique_id=domain,
        version=1,
    )


def account_entry(url: str, **options: object) -> ConfigEntry[Any]:
    """Return a config entry for the simulator's account."""
    data = {
        CONF_HOST: url,
        CONF_USERNAME: "user",
        CONF_PASSWORD: "pass",
        CONF_VERIFY_SSL: True,
    }
    return make_entry(DOMAIN, data, **{CONF_EXCLUDED_PLANTS: [], **options})

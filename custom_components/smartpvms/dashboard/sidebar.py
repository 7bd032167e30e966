"""The dashboard in the sidebar, as if the user had added it by hand."""

from inspect import unwrap
from typing import Final

from homeassistant.components import websocket_api
from homeassistant.components.frontend import async_panel_exists
from homeassistant.components.lovelace.const import LOVELACE_DATA, ConfigNotFound
from homeassistant.components.lovelace.dashboard import DashboardsCollection
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

STRATEGY: Final = "custom:smartpvms"
PATH: Final = "fusionsolar"
TITLE: Final = "Huawei FusionSolar"
ICON: Final = "mdi:solar-power-variant"
CREATE: Final = "lovelace/dashboards/create"


async def async_find(hass: HomeAssistant) -> str | None:
    """Return the path of a dashboard of this integration, None where there is none."""
    if LOVELACE_DATA not in hass.data:
        return None
    for path, dashboard in hass.data[LOVELACE_DATA].dashboards.items():
        try:
            config = await dashboard.async_load(False)
        except ConfigNotFound, HomeAssistantError:
            continue
        strategy = config.get("strategy")
        if isinstance(strategy, dict) and strategy.get("type") == STRATEGY:
            return path or "lovelace"
    return None


async def async_add(hass: HomeAssistant) -> str | None:
    """Add the dashboard to the sidebar; return its path, None where that failed.

    It belongs to the user from then on: it is edited and removed like any other.
    """
    if (dashboards := _collection(hass)) is None or async_panel_exists(hass, PATH):
        return None
    try:
        await dashboards.async_create_item(
            {
                "url_path": PATH,
                "allow_single_word": True,
                "title": TITLE,
                "icon": ICON,
                "show_in_sidebar": True,
                "require_admin": False,
            }
        )
        stored = hass.data[LOVELACE_DATA].dashboards[PATH]
        await stored.async_save({"strategy": {"type": STRATEGY}})
    except HomeAssistantError, KeyError, ValueError:
        return None
    return PATH


def _collection(hass: HomeAssistant) -> DashboardsCollection | None:
    """Return the dashboards that Home Assistant keeps.

    It hands them out to its WebSocket commands only; a collection of one's own would
    write over theirs.
    """
    handlers = hass.data.get(websocket_api.DOMAIN, {})
    handler, *_ = handlers.get(CREATE, (None,))
    commands = getattr(handler and unwrap(handler), "__self__", None)
    found = getattr(commands, "storage_collection", None)
    return found if isinstance(found, DashboardsCollection) else None

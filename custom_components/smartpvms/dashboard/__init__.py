"""The dashboard strategy: its files are served, and the frontend loads it.

Nothing has to be added by hand: Home Assistant lists it under "Add dashboard".
"""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

FOLDER: Final = Path(__file__).parent / "browser"
MODULE: Final = "smartpvms.js"
IMAGES: Final = f"/{DOMAIN}/images"


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Serve the modules and have every browser load them; once, without an entry.

    Files are kept by browsers for a month, so the version is in their folder's name and
    all that they import has it, too. The images' address is without it: people have it in
    their own dashboards.
    """
    if "frontend" not in hass.config.components:
        return
    integration = await async_get_integration(hass, DOMAIN)
    modules = f"/{DOMAIN}/{integration.version}"
    await hass.http.async_register_static_paths(
        [
            StaticPathConfig(modules, str(FOLDER)),
            StaticPathConfig(IMAGES, str(FOLDER / "images"), cache_headers=False),
        ]
    )
    add_extra_js_url(hass, f"{modules}/{MODULE}")

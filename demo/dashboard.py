"""The integration's dashboard as Home Assistant's default page."""

from typing import Any, Final

from .client import HomeAssistantClient
from .entities import integration_devices

PATH: Final = "fusionsolar"
STRATEGY: Final = "custom:smartpvms"
TITLE: Final = "Huawei FusionSolar"


async def ensure_dashboard(client: HomeAssistantClient) -> str:
    """Create the dashboard as the default page; returns its address.

    An existing dashboard is kept, because the user may have edited it.
    """
    known = await client.command("lovelace/dashboards/list")
    if PATH not in {dashboard["url_path"] for dashboard in known}:
        await client.command(
            "lovelace/dashboards/create",
            url_path=PATH,
            allow_single_word=True,
            title=TITLE,
            icon="mdi:solar-power-variant",
        )
        await client.command(
            "lovelace/config/save",
            url_path=PATH,
            config={"strategy": {"type": STRATEGY}},
        )
        await _open_first(client, PATH)
    return f"{client.address}/{PATH}"


async def _open_first(client: HomeAssistantClient, path: str) -> None:
    kept = await client.command("frontend/get_system_data", key="core")
    value: dict[str, Any] = {**(kept["value"] or {}), "default_panel": path}
    await client.command("frontend/set_system_data", key="core", value=value)


async def view_of(client: HomeAssistantClient, plant: str) -> str:
    """Return the path of a plant's view, by the plant's name."""
    devices = await integration_devices(client)
    (found,) = (device["id"] for device in devices if device["name"] == plant)
    return f"/{PATH}/plant-{found}"

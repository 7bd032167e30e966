"""The integration's config entry, created through the config flow."""

from typing import Any, Final

from .client import HomeAssistantClient
from .processes import DemoError
from .simulator import PASSWORD, USERNAME, Simulator

DOMAIN: Final = "smartpvms"
ENTRIES: Final = "/api/config/config_entries/entry"
FLOWS: Final = "/api/config/config_entries/flow"


async def ensure_entry(
    client: HomeAssistantClient, simulator: Simulator
) -> dict[str, Any]:
    """Return the config entry, created if missing; DemoError if it is not loaded."""
    if not (entries := await client.get(f"{ENTRIES}?domain={DOMAIN}")):
        await _add(client, simulator)
        entries = await client.get(f"{ENTRIES}?domain={DOMAIN}")
    entry: dict[str, Any] = entries[0]
    if entry["state"] != "loaded":
        raise DemoError(
            f"The integration's entry is {entry['state']}: {entry['reason']}"
        )
    return entry


async def _add(client: HomeAssistantClient, simulator: Simulator) -> None:
    step = await client.post(FLOWS, {"handler": DOMAIN})
    _expect(step, "form", "user")
    step = await client.post(
        f"{FLOWS}/{step['flow_id']}",
        {
            "host": simulator.address,
            "username": USERNAME,
            "password": PASSWORD,
            "verify_ssl": True,
        },
    )
    if step["type"] == "form" and step["step_id"] == "plants":
        field = next(item for item in step["data_schema"] if item["name"] == "plants")
        step = await client.post(
            f"{FLOWS}/{step['flow_id']}", {"plants": field["default"]}
        )
    _expect(step, "create_entry")


def _expect(step: dict[str, Any], kind: str, step_id: str | None = None) -> None:
    """Raise DemoError if a step of the flow is not the expected one."""
    if step["type"] != kind or (step_id and step["step_id"] != step_id):
        seen = {
            key: step.get(key)
            for key in ("type", "step_id", "reason", "errors")
            if step.get(key)
        }
        raise DemoError(f"The config flow gave an unexpected step: {seen}")

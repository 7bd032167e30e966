"""The integration's entities and devices, from Home Assistant's registries."""

import asyncio
from dataclasses import dataclass
import time
from typing import Any, Final

from .client import HomeAssistantClient
from .entry import DOMAIN
from .home_assistant import HomeAssistant

WITHOUT_VALUE: Final = ("unknown", "unavailable")
# Entities of other platforms, such as buttons, have no value before their first use.
MEASURED: Final = ("sensor", "binary_sensor")


@dataclass(frozen=True)
class Pace:
    """Seconds to wait for the first values of an account."""

    settled: float
    """Without a new entity; then all are there."""
    patience: float
    """At most."""


PACES: Final = {
    # One device type a minute.
    "2020": Pace(settled=150, patience=900),
    "2022": Pace(settled=150, patience=900),
}


@dataclass(frozen=True)
class Entity:
    """One entry of the entity registry with its state."""

    entity_id: str
    device_id: str | None
    enabled: bool
    state: str | None

    @property
    def platform(self) -> str:
        """Return the platform: the entity id up to the dot."""
        return self.entity_id.partition(".")[0]

    @property
    def lacks_value(self) -> bool:
        """Return whether the entity should have a value and has none."""
        return (
            self.enabled
            and self.platform in MEASURED
            and (self.state is None or self.state in WITHOUT_VALUE)
        )


async def integration_entities(client: HomeAssistantClient) -> list[Entity]:
    """Return all entities of the integration, disabled ones included."""
    registry = await client.command("config/entity_registry/list")
    states = {
        state["entity_id"]: state["state"]
        for state in await client.command("get_states")
    }
    return [
        Entity(
            entry["entity_id"],
            entry["device_id"],
            entry["disabled_by"] is None,
            states.get(entry["entity_id"]),
        )
        for entry in registry
        if entry["platform"] == DOMAIN
    ]


async def integration_devices(client: HomeAssistantClient) -> list[dict[str, Any]]:
    """Return the integration's devices."""
    return [
        device
        for device in await client.command("config/device_registry/list")
        if any(identifier[0] == DOMAIN for identifier in device["identifiers"])
    ]


async def silent_devices(
    client: HomeAssistantClient, entities: list[Entity]
) -> list[str]:
    """Return the names of devices that have no entity."""
    with_entities = {entity.device_id for entity in entities}
    return sorted(
        device["name"]
        for device in await integration_devices(client)
        if device["id"] not in with_entities
    )


async def settled_entities(home_assistant: HomeAssistant, pace: Pace) -> list[Entity]:
    """Return the entities once their number is settled and all have values.

    After `pace.patience` seconds they are returned as they are.
    """
    count, since = 0, time.monotonic()
    deadline = since + pace.patience
    while True:
        entities = await integration_entities(home_assistant.client)
        now = time.monotonic()
        if len(entities) != count:
            count, since = len(entities), now
        waiting = any(entity.lacks_value for entity in entities)
        if entities and not waiting and now - since >= pace.settled:
            return entities
        if now > deadline:
            return entities
        home_assistant.child.raise_if_ended()
        await asyncio.sleep(2)

"""The integration's entities as Home Assistant's own interfaces show them."""

from dataclasses import dataclass
from typing import Final

from .client import HomeAssistantClient
from .entry import DOMAIN

WITHOUT_VALUE: Final = ("unknown", "unavailable")
# Others have no value before they are first used.
MEASURED: Final = ("sensor", "binary_sensor")


@dataclass(frozen=True)
class Entity:
    """One entry of the entity registry with its state."""

    entity_id: str
    enabled: bool
    state: str | None

    @property
    def platform(self) -> str:
        """Return what comes before the dot."""
        return self.entity_id.partition(".")[0]

    @property
    def lacks_value(self) -> bool:
        """Whether a value should be there and is not."""
        return (
            self.enabled
            and self.platform in MEASURED
            and (self.state is None or self.state in WITHOUT_VALUE)
        )


async def integration_entities(client: HomeAssistantClient) -> list[Entity]:
    """Return all entities of the integration, disabled ones too."""
    registry = await client.command("config/entity_registry/list")
    states = {
        state["entity_id"]: state["state"]
        for state in await client.command("get_states")
    }
    return [
        Entity(
            entry["entity_id"],
            entry["disabled_by"] is None,
            states.get(entry["entity_id"]),
        )
        for entry in registry
        if entry["platform"] == DOMAIN
    ]

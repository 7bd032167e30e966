"""What the tools share: they read only, answer in data, and say what went wrong."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.llm import (
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from ..const import DOMAIN
from .periods import CannotAnswerError
from .plants import SeenPlant, async_seen_plants, named

PLANTS: Final = "plants"
PLANTS_FIELD: Final = {
    vol.Optional(
        PLANTS,
        description="Names of plants, as the user calls them (default: all plants).",
    ): [str]
}

FROM: Final = vol.Optional(
    "from",
    description=(
        "Start by the plant's clock: a year (2026), month (2026-05), day "
        "(2026-05-17) or time (2026-05-17T14:00). Default: today."
    ),
)
TO: Final = vol.Optional(
    "to",
    description=(
        "End, in the same forms; a year, month or day is included as a whole. "
        "Default: the end of the year, month or day in 'from'."
    ),
)

type Answer = tuple[JsonObjectType, list[JsonValueType]]
"""What is known of a plant, and what is missing, a sentence each."""


class PlantTool(Tool):
    """A tool about plants. It makes no call to the server.

    `exposed_only`: it knows the plants only of which something is exposed to the
    assistant.
    """

    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    integration = DOMAIN

    def __init__(self, *, exposed_only: bool) -> None:
        """Answer an assistant whose view is bounded by exposure, or is not."""
        self.exposed_only = exposed_only

    @override
    def __eq__(self, other: object) -> bool:
        """Tell whether another tool answers the same."""
        if not isinstance(other, PlantTool):
            return NotImplemented
        return (self.name, self.exposed_only) == (other.name, other.exposed_only)

    @override
    def __hash__(self) -> int:
        """Return a number that equal tools share."""
        return hash((self.name, self.exposed_only))

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Answer for the plants that were named."""
        given = {
            key: value
            for key, value in tool_input.tool_args.items()
            # Assistants fill in what they leave out.
            if value not in (None, "", [])
        }
        if isinstance(given.get(PLANTS), str):
            given[PLANTS] = [given[PLANTS]]
        try:
            arguments = self.parameters(given)
            seen = await async_seen_plants(
                hass, llm_context, exposed_only=self.exposed_only
            )
            plants = named(seen, arguments.get(PLANTS, ()))
            if not plants:
                return _failed("there is no plant that this user may see")
            answer: list[JsonValueType] = []
            for plant in plants:
                found, missing = await self.async_answer(hass, plant, arguments)
                about: JsonObjectType = {
                    "plant": plant.name,
                    "time_zone": str(plant.zone),
                    **found,
                }
                answer.append({**about, "missing": missing} if missing else about)
        except vol.Invalid as error:
            return _failed(f"wrong arguments: {error}")
        except CannotAnswerError as error:
            return _failed(str(error))
        return ToolResult(data={PLANTS: answer})

    @abstractmethod
    async def async_answer(
        self, hass: HomeAssistant, plant: SeenPlant, arguments: Mapping[str, Any]
    ) -> Answer:
        """Return what is known of a plant, or raise CannotAnswerError."""


def _failed(reason: str) -> ToolResult:
    return ToolResult(data={"error": reason}, error=True)

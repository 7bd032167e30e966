"""The tools that Home Assistant offers to assistants and over MCP."""

from typing import Final

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import LLMContext

from .assist.alarms import GetAlarmsTool
from .assist.compare import CompareTool
from .assist.energy import GetEnergyTool
from .assist.plants import any_exposed
from .assist.status import GetStatusTool
from .assist.tool import PlantTool

# The interface for managing Home Assistant, of 2026.11: for administrators, who see
# everything.
_UNBOUNDED: Final = "homeassistant"
TOOLS: Final[tuple[type[PlantTool], ...]] = (
    GetEnergyTool,
    CompareTool,
    GetStatusTool,
    GetAlarmsTool,
)


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools, None where the assistant would see no plant."""
    exposed_only = api_id != _UNBOUNDED
    if not any_exposed(hass, llm_context.assistant if exposed_only else None):
        return None
    return LLMTools(tools=[tool(exposed_only=exposed_only) for tool in TOOLS])

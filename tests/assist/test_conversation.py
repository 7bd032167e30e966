"""A conversation agent of Home Assistant that answers with the tools.

The agent stands in for a language model: which tool fits a sentence is written down
here, all the rest is Home Assistant's own way from a sentence to a tool and back.
"""

from datetime import date
import importlib.util
from pathlib import Path
from typing import Any, Literal, override

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent, llm
from homeassistant.setup import async_setup_component
import pytest

from custom_components.smartpvms.hub.hub import Hub
from simulator import Simulator

from .conftest import flow, instant

if importlib.util.find_spec("hassil") is None:
    pytest.skip("conversation is not installed", allow_module_level=True)

from homeassistant.components import conversation

DOCUMENT = Path(__file__).parent.parent.parent / "docs/assist.md"
MAY = "How much did the roof make in May, and the May before?"
SENTENCES: dict[str, tuple[str, dict[str, Any]]] = {
    MAY: (
        "compare",
        {"with": "earlier_years", "quantity": "pv_energy", "from": "2026-05"},
    ),
    "Is this year better than the last ones?": (
        "compare",
        {"with": "earlier_years", "from": "2026"},
    ),
    "How much did we feed in yesterday, by the hour?": (
        "get_energy",
        {"quantity": "grid_export", "from": "2026-06-14", "by": "hour"},
    ),
    "How much of our electricity did we make ourselves this month?": (
        "get_energy",
        {"quantity": "autarky_rate", "from": "2026-06"},
    ),
    "What did we pay for electricity in each month of last year?": (
        "get_energy",
        {"quantity": "grid_import_cost", "from": "2025", "by": "month"},
    ),
    "How full is the battery, and is it charging?": ("get_status", {}),
    "Is anything broken at the plant?": ("get_alarms", {}),
    "Which alarms were there last week?": (
        "get_alarms",
        {"from": "2026-06-08", "to": "2026-06-14"},
    ),
    "Does one of the inverters, or a string, do worse than the others?": (
        "compare",
        {"with": "inverters", "from": "2026-06-14"},
    ),
}
"""Those of docs/assist.md, with what a language model makes of them on 15 June 2026."""


def documented() -> list[str]:
    """Return the sentences of the document's table."""
    table = DOCUMENT.read_text(encoding="utf-8").split("| tool | answers |")[0]
    return [
        line.split(" | ")[0].removeprefix("| ")
        for line in table.splitlines()
        if line.startswith("| ") and "`" in line
    ]


class Agent(conversation.AbstractConversationAgent):
    """An agent that calls the tool of a sentence and says what it answered."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have heard nothing yet."""
        self.hass = hass
        self.answers: dict[str, Any] = {}

    @property
    @override
    def supported_languages(self) -> Literal["*"]:
        """Understand all languages."""
        return "*"

    @override
    async def async_process(
        self, user_input: conversation.ConversationInput
    ) -> conversation.ConversationResult:
        """Ask the tool that the assistant's interface offers."""
        api = await llm.async_get_api(
            self.hass, llm.LLM_API_ASSIST, user_input.as_llm_context("test")
        )
        tool, arguments = SENTENCES[user_input.text]
        result = await api.async_call_tool(
            llm.ToolInput(f"smartpvms__{tool}", dict(arguments))
        )
        self.answers[user_input.text] = result.data
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(str(result.data))
        return conversation.ConversationResult(response)


async def test_sentences(hass: HomeAssistant, house: Hub, sim: Simulator) -> None:
    """From a sentence over Home Assistant's conversation to the answer of a tool."""
    assert documented() == list(SENTENCES)
    assert await async_setup_component(hass, "conversation", {})
    agent = Agent(hass)
    conversation.async_set_agent(hass, house.account.entry, agent)
    calls = len(sim.calls)
    for sentence in SENTENCES:
        result = await conversation.async_converse(
            hass, sentence, None, Context(), agent_id=house.account.entry.entry_id
        )
        assert "Sonnenhof" in result.response.speech["plain"]["speech"]
    this, before = agent.answers[MAY]["plants"][0]["years"]
    for year, row in ((2026, this), (2025, before)):
        found = flow(sim, instant(date(year, 5, 1)), instant(date(year, 6, 1)))
        assert row["value"] == pytest.approx(found.pv, abs=0.1)
    assert len(sim.calls) == calls


async def test_the_parameters_can_be_described_to_a_model(
    hass: HomeAssistant, house: Hub
) -> None:
    """Language models and MCP are told of a tool by a schema of JSON."""
    import probatio

    api = await llm.async_get_api(
        hass,
        llm.LLM_API_ASSIST,
        llm.LLMContext("test", Context(), "en", "conversation", None),
    )
    ours = [tool for tool in api.tools if tool.name.startswith("smartpvms__")]
    assert len(ours) == 4
    for tool in ours:
        schema = probatio.to_openapi(
            tool.parameters, custom_serializer=api.custom_serializer
        )
        assert schema["type"] == "object"
        assert schema["properties"]["plants"]["type"] == "array"
        assert tool.annotations.read_only
        assert not tool.annotations.open_world

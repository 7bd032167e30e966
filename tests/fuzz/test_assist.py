"""Whatever an assistant asks of a tool: data, or an error in words, and no call."""

from typing import Any

from homeassistant.components.llm import async_get_tools
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_bytes
from hypothesis import example, given, strategies as st
import pytest

from custom_components.smartpvms.assist.figures import QUANTITIES
from custom_components.smartpvms.hub.hub import Hub
from simulator import Simulator

from ..assist.conftest import context_of, house, integration
from .home import assert_quiet
from .strategies import anything, draws, texts

__all__ = ["house", "integration"]

TIMES = [
    "2026",
    "2026-05",
    "2026-05-17",
    "2026-03-29T02:30",
    "2025-10-26T02:30:00",
    "2026-05-17T14:00Z",
    "2026-05-17T14:00+14:00",
    "2024-02-29",
    "0001",
    "0001-01-01T00:00+14:00",
    "9999",
    "9999-12-31T23:59-12:00",
    "2026-13",
    "2026-02-30",
    "today",
    "٢٠٢٦",
    "\ud800",
]
TOOLS = ("get_energy", "compare", "get_status", "get_alarms")
times = st.sampled_from(TIMES) | texts | anything
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "quantity": st.sampled_from([*QUANTITIES, "power"]) | anything,
    "from": times,
    "to": times,
    "by": st.sampled_from(["hour", "day", "month", "year", "week"]) | anything,
    "plants": st.lists(st.sampled_from(["Sonnenhof", "sonnenhof "]) | texts, max_size=2)
    | anything,
    "with": st.sampled_from(["earlier_years", "inverters", "strings", "x"]) | anything,
}
questions = st.tuples(
    st.sampled_from(TOOLS), st.fixed_dictionaries({}, optional=FIELDS)
)


@draws(0.1)
@given(st.lists(questions, min_size=8, max_size=8))
@example([(tool, {}) for tool in TOOLS])
@example([("get_energy", {"quantity": "pv_energy", "from": at}) for at in TIMES])
@example(
    [
        ("get_energy", {"quantity": "revenue", "from": "0001", "to": "9999", "by": by})
        for by in ("hour", "day", "month", "year")
    ]
)
@example(
    [
        ("compare", {"with": what, "from": at})
        for what in ("earlier_years", "inverters", "strings")
        for at in TIMES
    ]
)
async def test_any_question(
    hass: HomeAssistant,
    house: Hub,
    sim: Simulator,
    caplog: pytest.LogCaptureFixture,
    drawn: list[tuple[str, dict[str, Any]]],
) -> None:
    calls = len(sim.calls)
    context = context_of()
    offered = await async_get_tools(hass, context, llm.LLM_API_ASSIST)
    tools = {tool.name: tool for tool in offered.tools}
    assert tools.keys() >= {f"smartpvms__{name}" for name in TOOLS}
    for name, arguments in drawn:
        tool = tools[f"smartpvms__{name}"]
        asked = {
            key: value
            for key, value in arguments.items()
            if key in {str(field) for field in tool.parameters.schema}
        }
        answer = await tool.async_call(hass, llm.ToolInput(tool.name, asked), context)
        assert isinstance(answer, llm.ToolResult)
        assert json_bytes(answer.data)
        assert answer.error == ("error" in answer.data)
    assert len(sim.calls) == calls
    assert_quiet(caplog)

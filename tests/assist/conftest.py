"""A house whose past is in a real recorder, and an assistant that may see it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.history.feeds import DAYS
from custom_components.smartpvms.history.ingest import plant_series
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.local_time import HOUR, Days
from simulator import Simulator
from simulator.truth import EnergyFlow

from ..conftest import entity_id
from ..history.conftest import ENERGIES
from ..history.test_import import expected_of

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2025, 3, 20)
# Before this day only months are known.
BY_DAY = date(2026, 4, 1)
BY_HOUR = date(2026, 6, 1)

type Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Record too, where Home Assistant runs; its database comes first."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
        request.getfixturevalue("enable_custom_integrations")
        request.getfixturevalue("socket_enabled")


def instant(day: date, hour: int = 0) -> int:
    """Return a local time of the house in epoch seconds."""
    return round(
        datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).timestamp()
    )


def flow(sim: Simulator, begin: int, end: int) -> EnergyFlow:
    """Return what happened at the house between two instants."""
    truth = sim.truth(sim.plants[0].code)
    return truth.energy(*(datetime.fromtimestamp(at, UTC) for at in (begin, end)))


def _periods() -> list[tuple[int, int]]:
    """Return the rows of a year of months, two of days, and two weeks of hours."""
    months = [FIRST, *(date(2025, month, 1) for month in range(4, 13))]
    months += [date(2026, month, 1) for month in range(1, 4)]
    days = [BY_DAY + timedelta(n) for n in range((BY_HOUR - BY_DAY).days)]
    coarse = [*months, *days, BY_HOUR]
    edges = [instant(day) for day in coarse]
    # Noon, by the clock of the simulator.
    edges += range(edges[-1] + HOUR, instant(date(2026, 6, 15), 12) + HOUR, HOUR)
    return list(pairwise(edges))


@pytest.fixture
async def house(hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry) -> Hub:
    """Return the hub of a house with a past, of which its generation is exposed."""
    hub: Hub = setup.runtime_data
    code = sim.plants[0].code
    hub.account.learn_zone(code, BERLIN)
    flows = [(begin, end, flow(sim, begin, end)) for begin, end in _periods()]
    progress = hub.history.progress(code)
    await hub.history.importer.async_merge(
        plant_series(hub.account, code),
        {
            series: [Span(b, e, expected_of(found, series)) for b, e, found in flows]
            for series in ENERGIES
        },
    )
    progress.first = FIRST
    progress.series |= ENERGIES.keys()
    progress.hold(DAYS, Days.between(BY_DAY, date(2026, 6, 15)))
    for component in ("homeassistant", "llm"):
        assert await async_setup_component(hass, component, {})
    expose(hass, code)
    return hub


def expose(hass: HomeAssistant, code: str, *, shown: bool = True) -> None:
    """Expose the generation of a plant to assistants, or no longer."""
    entity = entity_id(hass, "sensor", code, "pv_power")
    async_expose_entity(hass, "conversation", entity, shown)


def context_of(user_id: str | None = None) -> llm.LLMContext:
    """Return what an assistant says of who asks."""
    return llm.LLMContext(
        platform="test",
        context=Context(user_id=user_id),
        language="en",
        assistant="conversation",
        device_id=None,
    )


@pytest.fixture
def ask(hass: HomeAssistant) -> Ask:
    """Return a coroutine that calls a tool as an assistant does."""

    async def call(tool: str, *, user_id: str | None = None, **arguments: Any) -> Any:
        context = context_of(user_id)
        offered = await async_get_tools(hass, context, llm.LLM_API_ASSIST)
        found = next(t for t in offered.tools if t.name == f"smartpvms__{tool}")
        answer = await found.async_call(
            hass, llm.ToolInput(found.name, arguments), context
        )
        assert isinstance(answer, llm.ToolResult)
        assert answer.error == ("error" in answer.data)
        return answer.data

    return call

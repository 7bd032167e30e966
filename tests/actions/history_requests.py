"""History as a script asks for it."""

from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import Dialect, Simulator
from tests.flows import placeholders, texts

type Answer = dict[str, Any]

PLANT = "NE=33554785"
BERLIN = ZoneInfo("Europe/Berlin")
BOTH = pytest.mark.parametrize("dialect", list(Dialect))


async def ask(
    hass: HomeAssistant,
    action: str,
    *sources: str | int,
    context: Context | None = None,
    **data: Any,
) -> Answer:
    """Return what an action answers, by plant code or device id."""
    ids = {registry_id_of(hass, str(source)): str(source) for source in sources}
    answer: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": list(ids), **data},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer.keys() == ids.keys()
    return {ids[key]: value for key, value in answer.items()}


async def of_plant(hass: HomeAssistant, source: str = PLANT, **data: Any) -> list[Any]:
    answer = await ask(hass, "get_plant_history", source, **data)
    rows: list[Any] = answer[source]["rows"]
    return rows


async def of_device(hass: HomeAssistant, source: int, **data: Any) -> list[Any]:
    answer = await ask(hass, "get_device_history", source, **data)
    rows: list[Any] = answer[str(source)]["rows"]
    return rows


async def refused(
    hass: HomeAssistant, sim: Simulator, action: str, *sources: str | int, **data: Any
) -> HomeAssistantError:
    """Return the error of an action, which is readable and has cost no call."""
    calls = len(sim.calls)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, *sources, **data)
    assert len(sim.calls) == calls
    error = caught.value
    text = texts("exceptions", str(error.translation_key), "message")
    assert placeholders(text) == set(error.translation_placeholders or {})
    return error


def starts(rows: list[Any]) -> list[str]:
    return [row["start"] for row in rows]


def column(rows: list[Any], key: str) -> list[float]:
    return [row["values"][key] for row in rows]

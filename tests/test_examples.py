"""The automations of docs/examples.md, as they stand there."""

from collections.abc import Awaitable, Callable
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from simulator import Simulator
from simulator.faults import Fault, FaultKind
from simulator.fleet import MUNICH

from .automations import automate

EXAMPLES = Path(__file__).parent.parent / "docs/examples.md"
DAY = "2026-06-15T"
FIVE_MINUTES = 300.0

type Wait = Callable[..., Awaitable[None]]


def example(alias: str) -> dict[str, Any]:
    """Return the automation of the document that has this name."""
    text = EXAMPLES.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    found = [parse_yaml(block) for block in blocks]
    (automation,) = [a for a in found if isinstance(a, dict) and a["alias"] == alias]
    return automation


async def start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
    at: str,
) -> None:
    """Set the entry up at a time of the day (UTC)."""
    freezer.move_to(f"{DAY}{at}+00:00")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)


async def test_surplus(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    on = async_mock_service(hass, "switch", "turn_on")
    off = async_mock_service(hass, "switch", "turn_off")
    await start(hass, entry, freezer, wait, "05:00:00")
    await automate(hass, example("Boiler on surplus"))
    await wait(3600, step=FIVE_MINUTES)
    assert on == []
    await wait(2 * 3600, step=FIVE_MINUTES)
    (call,) = on
    assert call.data == {"entity_id": ["switch.boiler"]}
    assert off == []
    freezer.move_to(f"{DAY}19:30:00+00:00")
    await wait(1800, step=FIVE_MINUTES)
    (call,) = off
    assert call.data == {"entity_id": ["switch.boiler"]}
    assert len(on) == 1


async def test_solar_day(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    hass.config.latitude, hass.config.longitude = MUNICH
    pushed = async_mock_service(hass, "notify", "mobile_app_phone")
    await start(hass, entry, freezer, wait, "19:00:00")
    await automate(hass, example("Solar day"))
    await wait(1800, step=FIVE_MINUTES)
    assert pushed == []
    await wait(1800, step=FIVE_MINUTES)
    (call,) = pushed
    assert re.fullmatch(r"[1-9]\d\.\d\d kWh of sun", call.data["title"])
    assert re.fullmatch(
        r"\d+ % used here, the house supplied itself to \d+ %\.", call.data["message"]
    )
    # Else it goes on waiting for the next sunset.
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.solar_day"}, blocking=True
    )


@pytest.mark.parametrize(
    ("faulty", "told"), [(True, ["The last data are from 03:00."]), (False, [])]
)
async def test_silence(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
    faulty: bool,
    told: list[str],
) -> None:
    pushed = async_mock_service(hass, "notify", "mobile_app_phone")
    await start(hass, entry, freezer, wait, "10:00:00")
    await automate(hass, example("FusionSolar is silent"))
    if faulty:
        for interface in ("getStationRealKpi", "getDevRealKpi"):
            sim.faults.add(Fault(FaultKind.CODE, interface, code=20200))
    await wait(2 * 3600, step=60)
    assert [call.data["message"] for call in pushed] == told

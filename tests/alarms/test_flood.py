"""Thousands of alarms at once, as after a grid outage: what each of them costs."""

from collections.abc import Callable
import sys
from types import FrameType
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.alarms import filter as alarm_filter
from custom_components.smartpvms.alarms.record import AlarmRecord
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.hub.targets import registry_id_of


def lines_of(work: Callable[[], object]) -> int:
    """Return how many lines of Python are run; no measure of time is as sure."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


async def test_a_device_is_found_without_a_look_at_the_others(
    hass: HomeAssistant,
) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    registry = dr.async_get(hass)

    def add(numbers: range) -> None:
        for number in numbers:
            registry.async_get_or_create(
                config_entry_id=entry.entry_id, identifiers={(DOMAIN, str(number))}
            )

    add(range(10))
    few = lines_of(lambda: registry_id_of(hass, "9"))
    add(range(10, 300))
    assert registry_id_of(hass, "299")
    assert lines_of(lambda: registry_id_of(hass, "299")) == few


async def test_a_target_is_looked_up_once_a_turn(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An area may have thousands of entities."""
    looks = 0

    def resolve(*_: object) -> set[str]:
        nonlocal looks
        looks += 1
        return set()

    monkeypatch.setattr(alarm_filter, "_resolve", resolve)
    fits = alarm_filter.AlarmFilter(hass, {"entity_id": ["event.any"]}, None)
    records = [AlarmRecord(str(n), "Fan", "major", "NE=1") for n in range(50)]
    for record in records:
        fits.pick([record])
    once = looks
    await hass.async_block_till_done()
    fits.pick(records)
    # What is meant, and what is left out of it.
    assert (once, looks) == (2, 4)

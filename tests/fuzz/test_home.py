"""Odd answers in a running Home Assistant: values or none, never an exception."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.json import json_bytes
from hypothesis import example, given, strategies as st
import pytest

from .home import (
    POLLED,
    FakeServer,
    Plans,
    Wait,
    assert_quiet,
    assert_savable,
    live,
    new_entry,
    remove,
)
from .strategies import Mutation, draws, plans


@pytest.fixture
def all_entities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable the entities that are off by default, too."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


# Places in a row of the simulator's.
ID, DEVICE_NAME, VALUES, OPEN_TIME, RAISED = 0, 1, 1, 18, 12


def _one(interface: str, path: tuple[int, ...], odd: Any) -> Plans:
    return {interface: [Mutation(path, "odd", odd)]}


@pytest.mark.usefixtures("all_entities")
@draws(0.08)
@example(_one("getDevList", (0, DEVICE_NAME), "half \ud800"))
@example(_one("getDevList", (0, ID), 2**64))
@example(_one("getDevRealKpi", (0, VALUES, 0), 1e308))
@example(_one("getDevRealKpi", (0, VALUES, OPEN_TIME), 1e17))
@example(_one("getAlarmList", (0, RAISED), -62_135_596_800_000))
@example({"getDevRealKpi": [Mutation((0, VALUES, 0), "twice", "\ud800")]})
@given(st.dictionaries(st.sampled_from(POLLED), plans, min_size=1, max_size=5))
async def test_any_answers(
    hass: HomeAssistant,
    server: FakeServer,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
    drawn: Plans,
) -> None:
    server.plans = drawn
    entry = new_entry(hass)
    try:
        await live(hass, entry, wait, 1500, 300)
        assert_quiet(caplog)
        assert json_bytes(dr.async_get(hass)._data_to_save())
        assert json_bytes(er.async_get(hass)._data_to_save())
        assert_savable(hass_storage)
        server.plans = {}
        await wait(700, 350)
    finally:
        await remove(hass, entry)
    assert_quiet(caplog)

"""Odd answers in a running Home Assistant: values or none, never an exception."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
from hypothesis import given, strategies as st
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
from .strategies import draws, plans


@draws(0.08)
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

"""Any JSON at any place of an answer, parsed without a server."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.northbound import NorthboundError, models

from .sound import assert_sound
from .strategies import anything, bodies, draws, mutated, spoken
from .truth import Told, calls, document, outcome


def assert_harmless(name: str, body: bytes) -> None:
    """Assert that an answer gives something that can be kept, or an error."""
    result = outcome(calls()[name](Told(body)))
    if not isinstance(result, NorthboundError):
        assert_sound(result)


@pytest.mark.parametrize("name", calls())
@draws(0.15)
@given(data=st.data())
def test_any_json_at_any_place(name: str, data: st.DataObject) -> None:
    assert_harmless(name, spoken(data.draw(mutated(document(name)))))


@pytest.mark.parametrize("name", calls())
@draws(0.15)
@given(data=st.data())
def test_any_body(name: str, data: st.DataObject) -> None:
    assert_harmless(name, data.draw(bodies(document(name))))


@given(anything)
def test_any_value(value: Any) -> None:
    for read in (models.number, models.integer, models.text, models.moment):
        assert_sound(read(value))

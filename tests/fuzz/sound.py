"""What Home Assistant can keep."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any

import orjson


def assert_sound(value: Any) -> None:
    """Assert that Home Assistant can keep a value: finite, 64 bits, real text."""
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            assert_sound(getattr(value, item.name))
    elif isinstance(value, dict):
        for key, item in value.items():
            assert_sound(key)
            assert_sound(item)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            assert_sound(item)
    elif isinstance(value, float):
        assert isfinite(value)
    elif isinstance(value, str | int):
        orjson.dumps(value)

"""Answers of real plants."""

import json
from pathlib import Path
from typing import Any

from custom_components.smartpvms.northbound import DeviceRow, Values

CAPTURES = Path(__file__).parent / "data" / "captures"


def captured(name: str) -> Any:
    """Return an answer, or a list of several."""
    return json.loads((CAPTURES / f"{name}.json").read_text(encoding="utf-8"))


def captured_row(answer: Any) -> Values:
    """Return the only device's row of an answer."""
    row = DeviceRow.from_row(answer["data"][0])
    assert row
    return row.values

"""The names of what steers a plant, as Home Assistant's page of the plant shows them."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "custom_components/smartpvms/translations"
# Signs of a name that are seen beside the field of a number.
SEEN = 13


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda p: p.stem)
def test_names_that_are_cut_differ(path: Path) -> None:
    numbers = json.loads(path.read_text())["entity"]["number"]
    names = [number["name"][:SEEN] for number in numbers.values()]
    assert len(names) == len(set(names))

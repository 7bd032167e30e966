"""The actions that documents show are ones that Home Assistant takes."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from custom_components.smartpvms.actions.services import ACTIONS
from custom_components.smartpvms.const import DOMAIN

DOCUMENTS = Path(__file__).parents[2] / "docs"
SCHEMAS = {f"{DOMAIN}.{action.name}": action.schema for action in ACTIONS}
# It has nothing to fill in.
UNSHOWN = {f"{DOMAIN}.setup_energy_dashboard"}


def calls(tree: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield our actions in a tree of YAML, with their data."""
    if isinstance(tree, list):
        for item in tree:
            yield from calls(item)
    if isinstance(tree, dict):
        if tree.get("action") in SCHEMAS:
            yield tree["action"], tree["data"]
        for item in tree.values():
            yield from calls(item)


def shown() -> list[tuple[str, str, dict[str, Any]]]:
    """Return document, action and data of every example."""
    return [
        (path.name, action, data)
        for path in sorted(DOCUMENTS.glob("*.md"))
        for block in re.findall(r"(?s)```yaml\n(.*?)```", path.read_text("utf-8"))
        for action, data in calls(parse_yaml(block))
    ]


@pytest.mark.parametrize(("document", "action", "data"), shown())
def test_example(document: str, action: str, data: dict[str, Any]) -> None:
    given = {
        key: value
        for key, value in data.items()
        # A template is a text or a time once it is rendered.
        if not (isinstance(value, str) and "{{" in value)
    }
    SCHEMAS[action](given)


def test_every_action_is_shown() -> None:
    assert {action for _, action, _ in shown()} >= SCHEMAS.keys() - UNSHOWN

"""The changes of the Energy dashboard in words."""

import json
from pathlib import Path

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.energy_dashboard.texts import Texts

NAMES = json.loads(
    (Path(__file__).parent.parent / "data/names.json").read_text(encoding="utf-8")
)


def test_names_of_plants_are_plain_text_in_the_dialog() -> None:
    """The same names as the tests of the dashboard's modules have."""
    texts = Texts({f"component.{DOMAIN}.common.energy_nothing_imported": "nothing"})
    names = {f"NE={number}": row["name"] for number, row in enumerate(NAMES)}
    shown = texts.ticks(dict.fromkeys(names, ()), names)
    assert shown == "\n\n".join(f"**{row['escaped']}**\n\n- nothing" for row in NAMES)

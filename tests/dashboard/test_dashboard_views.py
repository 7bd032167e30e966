"""The dashboard's views agree with the integration, and their templates render."""

import json
import re
from typing import Any

import pytest

from custom_components.smartpvms.catalogue import NAMES
from custom_components.smartpvms.catalogue.series import SERIES
from custom_components.smartpvms.dashboard import FOLDER
from script.rules import Project
from script.rules.project import read_json
from script.tables.dashboard import ROOT, views

POWERS = ("sensor.solarpark_sud_pv_power", "sensor.sonnenhof_pv_power")
ALARMS = ("sensor.solarpark_sud_active_alarms", "sensor.sonnenhof_active_alarms")


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    """Return what the modules make of the recorded plants."""
    return views()


def _source() -> str:
    return "".join(path.read_text() for path in sorted(FOLDER.glob("*.js")))


def test_every_key_is_one_of_an_entity() -> None:
    english = Project(ROOT).english["entity"]
    known = {key for entities in english.values() for key in entities}
    asked = re.findall(r"find\(\s*\"(\w+)\"", _source())
    listed = re.findall(
        r"(?:findAll\(|keys: |month: |year: |total: )\[(.*?)\]", _source(), re.DOTALL
    )
    asked += re.findall(r"\"(\w+)\"", " ".join(listed))
    assert len(asked) > 50
    assert set(asked) <= known
    recorded = read_json(ROOT / "tests/dashboard/registry.json")["entities"].values()
    ours = [e["translation_key"] for e in recorded if e["platform"] == "smartpvms"]
    assert set(ours) <= known


def test_every_kind_is_a_type_of_device() -> None:
    (table,) = re.findall(r"KINDS = \{(.*?)\}", _source(), re.DOTALL)
    types = re.findall(r"^\s+\"?([\w() -]+?)\"?: \"", table, re.MULTILINE)
    assert len(types) == table.count(":")
    assert set(types) <= set(NAMES.values())


def test_every_series_exists(built: dict[str, Any]) -> None:
    cards = [
        card
        for section in built["views"]["sonnenhof"]["sections"]
        for card in section["cards"]
    ]
    named = {series for card in cards for series in card.get("series", ())}
    assert {"pv_energy", "battery_charge", "revenue"} <= named <= SERIES.keys()
    recorded = re.findall(r"smartpvms:ne_33554785_(\w+)", json.dumps(built))
    assert set(recorded) <= SERIES.keys()


def test_every_language_has_every_text() -> None:
    folder = FOLDER / "texts"
    english = read_json(folder / "en.json")
    found = {path.stem: read_json(path) for path in folder.glob("*.json")}
    assert found.keys() == Project(ROOT).languages.keys()
    for texts in found.values():
        assert list(texts) == list(english)
        assert all(text.strip() for text in texts.values())
    (listed,) = re.findall(r"LANGUAGES = \[(.*?)\]", _source(), re.DOTALL)
    assert set(re.findall(r"\"([\w-]+)\"", listed)) == found.keys()
    used = set(re.findall(r"own\.(\w+)", _source()))
    used |= set(re.findall(r"\"(\w+)\"", _source()))
    assert english.keys() - {"cause", "description", "since", "suggestion"} <= used


def test_images_of_older_dashboards_stay() -> None:
    """They are in dashboards that people took control of."""
    names = (
        *("charge", "discharge", "export", "house", "import", "solar"),
        *("line-battery", "line-grid", "line-house", "line-pv"),
        *("flow-short", "flow-tall"),
    )
    files = {path.name for path in (FOLDER / "images").iterdir()}
    assert {f"{name}.svg" for name in names} <= files

"""The dashboard's views agree with the integration, and their templates render."""

import json
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template
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


def _card(view: dict[str, Any], kind: str) -> dict[str, Any]:
    cards = [card for section in view["sections"] for card in section["cards"]]
    found: dict[str, Any] = next(card for card in cards if card["type"] == kind)
    return found


def _render(hass: HomeAssistant, card: dict[str, Any]) -> str:
    # As the markdown card does.
    template = Template(card["content"], hass)
    return str(template.async_render({"config": card}, strict=True))


def _source() -> str:
    return "".join(path.read_text() for path in sorted(FOLDER.glob("*.js")))


def test_every_key_is_one_of_an_entity() -> None:
    english = Project(ROOT).english["entity"]
    known = {key for entities in english.values() for key in entities}
    asked = re.findall(r"find\(\s*\"(\w+)\"", _source())
    listed = re.findall(r"_KEYS = \[(.*?)\]", _source(), re.DOTALL)
    asked += re.findall(r"\w+", " ".join(listed))
    assert len(asked) > 30
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


def test_those_with_problems_come_first_then_by_power(
    hass: HomeAssistant, built: dict[str, Any]
) -> None:
    card = _card(built["overview"], "markdown")
    for entity, state, unit in (
        (POWERS[0], "0.63", "MW"),
        (POWERS[1], "4.5", "kW"),
        ("sensor.solarpark_sud_pv_energy_today", "unavailable", "kWh"),
        ("sensor.sonnenhof_pv_energy_today", "14700", "Wh"),
        (ALARMS[0], "0", None),
        (ALARMS[1], "0", None),
    ):
        hass.states.async_set(entity, state, {"unit_of_measurement": unit})
    text = _render(hass, card)
    assert re.findall(r"<a .*?>(.*?)</a>", text) == ["Solarpark Süd", "Sonnenhof"]
    assert "630.0&nbsp;kW" in text
    assert "14.7&nbsp;kWh" in text
    # What is not known is not counted.
    assert text.count("–") == 1
    assert "634.5&nbsp;kW" in text
    assert text.count("mdi:check") == 2

    hass.states.async_set(ALARMS[1], "2")
    text = _render(hass, card)
    assert re.findall(r"<a .*?>(.*?)</a>", text) == ["Sonnenhof", "Solarpark Süd"]
    assert text.count("mdi:check") == 1
    assert "<b>2</b></font>" in text


def test_a_wide_table_has_the_month(hass: HomeAssistant, built: dict[str, Any]) -> None:
    card = _card(built["overview"], "markdown")
    wide = {**card, "words": {**card["words"], "month": "This month"}}
    hass.states.async_set(
        "sensor.sonnenhof_pv_energy_this_month", "12.5", {"unit_of_measurement": "MWh"}
    )
    text = _render(hass, wide)
    assert "This month" in text
    # So in the plant's row, and in the sum.
    assert text.count("12.5&nbsp;MWh") == 2
    assert text.count("<td") == 4 * 5


def test_a_table_renders_without_values_and_at_most_once_a_minute(
    hass: HomeAssistant, built: dict[str, Any]
) -> None:
    hass.states.async_set("sun.sun", "above_horizon")
    card = _card(built["overview"], "markdown")
    info = Template(card["content"], hass).async_render_to_info({"config": card})
    assert "Sonnenhof" in str(info.result())
    # A hundred plants that change at once must not be a hundred renderings.
    assert info.rate_limit == 60
    assert not info.entities


def test_a_table_is_one_block_of_html(
    hass: HomeAssistant, built: dict[str, Any]
) -> None:
    text = _render(hass, _card(built["overview"], "markdown"))
    # An empty line would end it, and the rest would be Markdown.
    assert text.startswith("<table")
    assert "\n\n" not in text
    assert text.count("<tr>") == text.count("</tr>") == 4

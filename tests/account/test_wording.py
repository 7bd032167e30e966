"""Words put together with each language's own signs."""

import json
from pathlib import Path

import pytest

from custom_components.smartpvms.account.wording import escaped, joined
from script.rules import Project

ROOT = Path(__file__).parent.parent.parent
NAMES = json.loads((ROOT / "tests/data/names.json").read_text())


@pytest.mark.parametrize(
    ("pattern", "items", "expected"),
    [
        ("{list}, {item}", ["a", "b", "c"], "a, b, c"),
        ("{list}、{item}", ["a", "b"], "a、b"),
        ("{list}, {item}", ["{item}", "{list}"], "{item}, {list}"),
        ("{list}, {item}", ["a"], "a"),
        ("{list}, {item}", [], ""),
    ],
)
def test_items_are_joined_by_the_languages_sign(
    pattern: str, items: list[str], expected: str
) -> None:
    assert joined(pattern, items) == expected


@pytest.mark.parametrize("language", ["ja", "zh-Hans"])
def test_chinese_and_japanese_have_full_width_signs(language: str) -> None:
    texts = Project(ROOT).languages[language]
    signs = [texts["common"][key] for key in ("list", "with_detail", "with_value")]
    signs.append(texts["entity"]["sensor"]["exported"]["name"])
    assert not [sign for sign in signs if set(sign) & set(",():; ")]


@pytest.mark.parametrize("row", NAMES)
def test_what_others_write_is_plain_text(row: dict[str, str]) -> None:
    """The same names as the tests of the dashboard's modules have."""
    assert escaped(row["name"]) == row["escaped"]
    assert not set(escaped(row["name"])) & set("\r\n<>[]{}|*_`!@.\"'\\")

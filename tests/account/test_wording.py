"""Words put together with each language's own signs."""

from pathlib import Path

import pytest

from custom_components.smartpvms.account.wording import joined
from script.rules import Project

ROOT = Path(__file__).parent.parent.parent


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

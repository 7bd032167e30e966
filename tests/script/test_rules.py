"""Every rule holds for the checkout, and finds what is wrong in a broken copy."""

from collections.abc import Callable
import json
from pathlib import Path
import re
import shutil
import struct
from typing import Any

import pytest

from script.rules import RULES, Project, code, documents, glossary, texts

ROOT = Path(__file__).parent.parent.parent

type Break = Callable[[Project], None]


@pytest.fixture
def copy(tmp_path: Path) -> Project:
    """Return a copy of what the rules look at."""
    folders = ("custom_components/smartpvms", "script/glossary", "simulator")
    for name in (*folders, "docs", "blueprints"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for path in (*ROOT.glob("*.md"), ROOT / "LICENSE", ROOT / "pyproject.toml"):
        shutil.copy(path, tmp_path)
    return Project(tmp_path)


def edit(name: str, pattern: str, new: str, *, of_root: bool = False) -> Break:
    """Return a break: the first place that fits a pattern becomes another text."""

    def break_(project: Project) -> None:
        path = (project.root if of_root else project.integration) / name
        text, count = re.subn(pattern, new, path.read_text(), count=1)
        assert count, f"{name} has no {pattern}"
        path.write_text(text)

    return break_


def append(name: str, text: str) -> Break:
    """Return a break: a file of the project gets more text."""

    def break_(project: Project) -> None:
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)

    return break_


def remove(name: str) -> Break:
    """Return a break: a file of the project is gone."""
    return lambda project: (project.root / name).unlink()


def translate(language: str, *path: str, text: str | None = None) -> Break:
    """Return a break: a language of which one text differs, or is gone."""

    def break_(project: Project) -> None:
        tree = project.english
        branch: dict[str, Any] = tree
        for key in path[:-1]:
            branch = branch[key]
        if text is None:
            del branch[path[-1]]
        else:
            branch[path[-1]] = text
        file = project.integration / f"translations/{language}.json"
        file.write_text(json.dumps(tree))

    return break_


def resize(name: str, width: int, height: int) -> Break:
    """Return a break: an image says to have another size."""

    def break_(project: Project) -> None:
        path = project.integration / "brand" / name
        data = path.read_bytes()
        path.write_bytes(data[:16] + struct.pack(">II", width, height) + data[24:])

    return break_


ERROR = 'raise HomeAssistantError(translation_domain="smartpvms", translation_key="{}")'
SCALE = "quality_scale.yaml"

BROKEN: list[tuple[Any, Break, str]] = [
    (
        texts.languages_exist,
        remove("custom_components/smartpvms/translations/en.json"),
        "en is missing",
    ),
    (texts.languages_exist, translate("xx", "common", text=""), "xx is none"),
    (
        texts.languages_are_complete,
        translate("de", "config", "abort", "no_plants"),
        "de.json: config.abort.no_plants is in one",
    ),
    (
        texts.languages_are_complete,
        translate("de", "config", "abort", "new", text="Neu"),
        "de.json: config.abort.new is in one",
    ),
    (
        texts.languages_are_complete,
        translate("de", "config", "error", "web_page", text="{hots} antwortet"),
        "config.error.web_page has other placeholders",
    ),
    (
        texts.languages_are_complete,
        translate("de", "config", "error", "invalid_host", text=" "),
        "config.error.invalid_host is empty",
    ),
    (
        code.errors_are_translated,
        append("custom_components/smartpvms/x.py", ERROR.format("nothing")),
        "no text for nothing",
    ),
    (
        code.errors_are_translated,
        append("custom_components/smartpvms/x.py", 'raise failure("nothing")'),
        "no text for nothing",
    ),
    (
        code.errors_fill_their_texts,
        append("custom_components/smartpvms/x.py", 'raise invalid("not_yet", day="1")'),
        "x.py:1: not_yet has other",
    ),
    (
        code.errors_are_translated,
        append("custom_components/smartpvms/history/x.py", 'raise UpdateFailed("x")'),
        "UpdateFailed without a text",
    ),
    (
        code.errors_are_translated,
        translate("en", "exceptions", "unused", text="Unused"),
        "exceptions.unused is never raised",
    ),
    (
        code.errors_fill_their_texts,
        append("custom_components/smartpvms/x.py", ERROR.format("not_yet")),
        "x.py:1: not_yet has other",
    ),
    (
        code.errors_fill_their_texts,
        translate(
            "en", "exceptions", "not_yet", "message", text="In {seconds} {unit}."
        ),
        "not_yet has other",
    ),
    (
        texts.fields_are_described,
        translate("en", "config", "step", "user", "data_description", "host"),
        "config.user: host lacks",
    ),
    (
        texts.fields_are_described,
        translate("en", "options", "step", "settings", "data", "currency"),
        "options.settings: currency lacks",
    ),
    (
        texts.actions_are_named,
        append("custom_components/smartpvms/services.yaml", "\nnew_one:\n"),
        "new_one lacks YAML or text",
    ),
    (
        texts.actions_are_named,
        translate("en", "services", "get_alarms", "fields", "start"),
        "get_alarms: start lacks",
    ),
    (
        texts.actions_are_named,
        edit("icons.json", '"get_alarms"', '"got_alarms"'),
        "get_alarms lacks an icon",
    ),
    (
        texts.icons_have_entities,
        translate("en", "entity", "sensor", "calls_left"),
        "sensor.calls_left has no entity",
    ),
    (
        texts.names_leave_out_the_device,
        translate("en", "entity", "sensor", "day_cap", "name", text="Inverter today"),
        "Inverter today repeats inverter",
    ),
    (
        texts.names_leave_out_the_device,
        translate("en", "entity", "sensor", "day_charge_cap", "name", text="Battery"),
        "Battery repeats Battery",
    ),
    (
        code.the_dashboard_knows_all_severities,
        edit("dashboard/browser/health.js", "minor: ", "slight: "),
        "differ by minor",
    ),
    (
        code.platforms_limit_updates,
        edit("sensor.py", "\nPARALLEL_UPDATES = 0", ""),
        "sensor.py: no PARALLEL_UPDATES",
    ),
    (
        code.platforms_limit_updates,
        append("custom_components/smartpvms/cover.py", "X = 1"),
        "cover.py: no PARALLEL_UPDATES",
    ),
    (
        code.manifest_is_in_order,
        edit("manifest.json", '"loggers"', '"logger"'),
        "manifest.json: keys",
    ),
    (
        code.manifest_is_in_order,
        edit("manifest.json", r'"requirements": \[\]', '"requirements": ["x==1"]'),
        "needs nothing",
    ),
    (
        code.versions_agree,
        edit("pyproject.toml", '\nversion = ".*"', '\nversion = "0"', of_root=True),
        "pyproject.toml: version 0, not",
    ),
    (
        code.versions_agree,
        edit("CHANGELOG.md", r"\n## \d.*", "", of_root=True),
        "is missing",
    ),
    (
        code.images_have_their_size,
        remove("custom_components/smartpvms/brand/dark_logo.png"),
        "dark_logo.png is missing",
    ),
    (
        code.images_have_their_size,
        resize("icon.png", 128, 128),
        "icon.png is 128 x 128",
    ),
    (
        code.images_have_their_size,
        resize("icon.png", 512, 256),
        "icon.png is 512 x 256",
    ),
    (
        code.images_have_their_size,
        resize("logo@2x.png", 900, 600),
        "logo@2x.png is 900",
    ),
    (
        documents.quality_scale_is_complete,
        edit(SCALE, "  brands:\n", "  brand:\n"),
        "brands is missing",
    ),
    (
        documents.quality_scale_is_complete,
        edit(SCALE, "runtime-data: done", "runtime-data: todo"),
        "runtime-data is todo",
    ),
    (
        documents.quality_scale_is_complete,
        edit(SCALE, "runtime-data: done", "runtime-data: exempt"),
        "runtime-data is exempt without",
    ),
    (
        documents.quality_scale_is_complete,
        append("custom_components/smartpvms/quality_scale.yaml", "  new-rule: done"),
        "new-rule is no rule",
    ),
    (
        documents.quality_scale_is_documented,
        edit("README.md", "\n## Removal\n", "\n## Going\n", of_root=True),
        "README.md: Removal, for docs-removal-instructions",
    ),
    (
        documents.quality_scale_is_documented,
        edit(
            "README.md",
            r"(?s)\n## Options\n.*?\n## ",
            "\n## Options\n\n## ",
            of_root=True,
        ),
        "README.md: Options, for docs-configuration-parameters",
    ),
    (
        documents.quality_scale_is_documented,
        remove("docs/examples.md"),
        "docs/examples.md, for",
    ),
    (
        documents.forms_are_documented,
        edit("README.md", "Import price", "Price of import", of_root=True),
        "Options does not name Import price",
    ),
    (
        documents.forms_are_documented,
        translate("en", "config", "step", "user", "data", "host", text="Address"),
        "Set-up does not name Address",
    ),
    (
        documents.actions_are_documented,
        append("custom_components/smartpvms/services.yaml", "\nnew_one:\n"),
        "README.md: new_one",
    ),
    (
        documents.actions_are_documented,
        append("custom_components/smartpvms/triggers.yaml", "\nnew_one:\n"),
        "docs/alarms.md: new_one",
    ),
    (
        documents.links_lead_somewhere,
        append("docs/new.md", "[x](gone.md)"),
        "gone.md leads",
    ),
    (
        glossary.glossaries_are_complete,
        remove("script/glossary/de.toml"),
        "de has texts only",
    ),
    (
        glossary.glossaries_are_complete,
        edit("script/glossary/fr.toml", '"battery" =', '"barrery" =', of_root=True),
        "fr has no word for battery",
    ),
    (
        glossary.glossaries_are_complete,
        edit("script/glossary/fr.toml", '"battery" =', '"barrery" =', of_root=True),
        "barrery stands in no English text",
    ),
    (
        glossary.terms_are_used,
        edit("translations/de.json", '"Netzzähler"', '"Stromzähler"'),
        "grid meter is Netzzähler",
    ),
    (
        glossary.terms_are_used,
        edit("dashboard/browser/texts/nl.json", '"Omvormers"', '"Inverters"'),
        "nl: dashboard.inverters: inverter is omvormer",
    ),
    (
        glossary.other_words_are_left,
        edit("translations/zh-Hans.json", "北向账户", "北向账户（账号）"),
        "账户 instead of 账号",
    ),
    (
        documents.links_lead_somewhere,
        remove("docs/images/plant.png"),
        "README.md: docs/images/plant.png leads",
    ),
    (
        documents.links_lead_somewhere,
        append("docs/new.md", "# One\n[x](#two) [y](#one)"),
        "#two has no such heading",
    ),
]


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds(rule: Any) -> None:
    assert list(rule(Project(ROOT))) == []


@pytest.mark.parametrize(("rule", "break_", "fault"), BROKEN)
def test_rule_fails(copy: Project, rule: Any, break_: Break, fault: str) -> None:
    break_(copy)
    faults = list(rule(copy))
    assert any(fault in found for found in faults), faults


def test_each_rule_was_broken() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_a_required_language_is_missed(
    copy: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    languages = len(copy.languages)
    assert len(list(texts.languages_exist(copy))) == 16 - languages


def test_the_scale_has_all_its_rules() -> None:
    assert len(set(documents.QUALITY_SCALE)) == len(documents.QUALITY_SCALE) == 54


def test_the_longest_term_stands() -> None:
    """A meter at the grid is no meter of the battery; code is no text."""
    terms = {"meter", "grid meter", "battery", "action"}
    assert glossary.terms_in("Grid meters, `action: x`, {meter}", terms) == {
        "grid meter"
    }
    assert glossary.terms_in("Batteries, meters", terms) == {"battery", "meter"}
    assert glossary.terms_in("reaction, metering", terms) == set()

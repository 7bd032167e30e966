"""Rules about texts: every language, every field, every name."""

from collections.abc import Iterator
from itertools import chain
import re
from typing import Final

from custom_components.smartpvms.catalogue import (
    DEVICE_PERIODS,
    DEVICE_TYPES,
    NAMES,
    Kpi,
)

from .project import Project, Tree, placeholders
from .rule import rule

_LISTED: Final = "dashboard/browser/texts.js"


def languages(project: Project) -> frozenset[str]:
    """Return the languages there have to be: the dashboard's list is the only one."""
    source = (project.integration / _LISTED).read_text(encoding="utf-8")
    found = re.search(r"LANGUAGES = \[(.*?)\]", source, re.DOTALL)
    return frozenset(re.findall(r'"([\w-]+)"', found[1])) if found else frozenset()


def leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of every translation."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}.{key}" if path else key)
        else:
            yield f"{path}.{key}", value


@rule
def languages_exist(project: Project) -> Iterator[str]:
    """Every language that has to be there is, and no other."""
    found, wanted = project.languages.keys(), languages(project)
    for language in sorted(wanted - found):
        yield f"translations: {language} is missing"
    for language in sorted(found - wanted):
        yield f"translations: {language} is none of the languages"


@rule
def languages_are_complete(project: Project) -> Iterator[str]:
    """Every language has the texts of the English one, with their placeholders."""
    english = dict(leaves(project.english))
    for language, tree in project.languages.items():
        texts = dict(leaves(tree))
        for key in sorted(english.keys() ^ texts.keys()):
            yield f"{language}.json: {key} is in one language only"
        for key in sorted(english.keys() & texts.keys()):
            if not texts[key].strip():
                yield f"{language}.json: {key} is empty"
            elif placeholders(english[key]) != placeholders(texts[key]):
                yield f"{language}.json: {key} has other placeholders"


@rule
def fields_are_described(project: Project) -> Iterator[str]:
    """Every field of a form has a name and a description."""
    english = project.english
    flows = {
        **{flow: english[flow] for flow in ("config", "options")},
        **{
            f"issues.{name}": issue["fix_flow"]
            for name, issue in english["issues"].items()
            if "fix_flow" in issue
        },
    }
    for flow, texts in flows.items():
        for name, step in texts["step"].items():
            data, described = step.get("data", {}), step.get("data_description", {})
            for field in data.keys() ^ described.keys():
                yield f"en.json: {flow}.{name}: {field} lacks name or description"


@rule
def actions_are_named(project: Project) -> Iterator[str]:
    """Actions, triggers and conditions: YAML, texts and icons name the same."""
    icons, english = project.icons, project.english
    for kind in ("services", "triggers", "conditions"):
        declared = project.read_yaml(f"{kind}.yaml")
        texts = english.get(kind, {})
        for name in declared.keys() ^ texts.keys():
            yield f"{kind}: {name} lacks YAML or text"
        for name in declared.keys() ^ icons.get(kind, {}).keys():
            yield f"{kind}: {name} lacks an icon, or the icon has no owner"
        for name in declared.keys() & texts.keys():
            fields = (declared[name] or {}).get("fields", {})
            for field in fields.keys() ^ texts[name].get("fields", {}).keys():
                yield f"{kind}: {name}: {field} lacks YAML or text"


@rule
def icons_have_entities(project: Project) -> Iterator[str]:
    """No icon is left over from an entity that is gone."""
    names = project.english["entity"]
    for platform, entities in project.icons["entity"].items():
        for key in entities.keys() - names.get(platform, {}).keys():
            yield f"icons.json: {platform}.{key} has no entity"


@rule
def names_leave_out_the_device(project: Project) -> Iterator[str]:
    """No English name repeats what Home Assistant puts before it: the device's."""
    names = project.english["entity"]
    for kind in DEVICE_TYPES.values():
        noun = NAMES[kind.id].partition(" (")[0].split()[-1]
        periods = DEVICE_PERIODS.get(kind.id, {}).values()
        for row in (*kind.kpis, *kind.statuses, *chain(*periods)):
            platform = "sensor" if isinstance(row, Kpi) else "binary_sensor"
            name = str(names[platform][str(row.translation_key)]["name"])
            if re.search(rf"\b{noun}\b", name, re.IGNORECASE):
                yield f"en.json: {platform}.{row.key}: {name} repeats {noun}"

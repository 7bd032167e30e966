"""Checks what no linter sees: that code, YAML and texts name the same things.

Every rule is a function that yields what is wrong, in words. Run with the
environment of the tests; `script/check` does.
"""

import ast
from collections.abc import Callable, Iterator
import json
from pathlib import Path
import re
import struct
import sys
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parent.parent
INTEGRATION: Final = ROOT / "custom_components/smartpvms"
TRANSLATIONS: Final = INTEGRATION / "translations"
PLATFORMS: Final = ("binary_sensor", "button", "event", "sensor", "update")
MANIFEST_KEYS: Final = (
    "domain",
    "name",
    "after_dependencies",
    "codeowners",
    "config_flow",
    "dependencies",
    "documentation",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "loggers",
    "requirements",
    "version",
)
IMAGES: Final = {
    "icon.png": (256, 256),
    "icon@2x.png": (512, 512),
    "dark_icon.png": (256, 256),
    "dark_icon@2x.png": (512, 512),
}
TRANSLATED_ERRORS: Final = frozenset(
    {
        "ConfigEntryAuthFailed",
        "ConfigEntryError",
        "ConfigEntryNotReady",
        "HomeAssistantError",
        "ServiceValidationError",
        "UpdateFailed",
    }
)

type Tree = dict[str, Any]


def read_json(path: Path) -> Tree:
    """Return a JSON file."""
    tree: Tree = json.loads(path.read_text(encoding="utf-8"))
    return tree


def read_yaml(name: str) -> Tree:
    """Return a YAML file of the integration, empty where there is none."""
    path = INTEGRATION / name
    tree: Tree = yaml.safe_load(path.read_text()) if path.exists() else {}
    # A key with a dot holds what others refer to.
    return {key: value for key, value in tree.items() if not key.startswith(".")}


def leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of every translation."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}.{key}" if path else key)
        else:
            yield f"{path}.{key}", value


def placeholders(text: str) -> set[str]:
    """Return the placeholders of a text."""
    return set(re.findall(r"{(\w+)}", text))


ENGLISH: Final = read_json(TRANSLATIONS / "en.json")


def languages_are_complete() -> Iterator[str]:
    """Every language has the texts of the English one, with their placeholders."""
    english = dict(leaves(ENGLISH))
    for path in sorted(TRANSLATIONS.glob("*.json")):
        texts = dict(leaves(read_json(path)))
        for key in english.keys() ^ texts.keys():
            yield f"{path.name}: {key} is in one language only"
        for key in english.keys() & texts.keys():
            if placeholders(english[key]) != placeholders(texts[key]):
                yield f"{path.name}: {key} has other placeholders"


def errors_are_translated() -> Iterator[str]:
    """Every error of Home Assistant is raised with a text that exists."""
    known = ENGLISH["exceptions"].keys()
    used = set()
    for path in sorted(INTEGRATION.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in TRANSLATED_ERRORS:
                continue
            keys = [k.value for k in node.keywords if k.arg == "translation_key"]
            if not keys or not isinstance(keys[0], ast.Constant):
                yield f"{path.name}:{node.lineno}: {node.func.id} without a text"
                continue
            used.add(key := str(keys[0].value))
            if key not in known:
                yield f"{path.name}:{node.lineno}: no text for {key}"
    for key in known - used:
        yield f"en.json: exceptions.{key} is never raised"


def fields_are_described() -> Iterator[str]:
    """Every field of a form has a description."""
    for flow in ("config", "options"):
        for name, step in ENGLISH[flow]["step"].items():
            data, described = step.get("data", {}), step.get("data_description", {})
            for field in data.keys() ^ described.keys():
                yield f"en.json: {flow}.{name}: {field} lacks name or description"


def actions_are_named() -> Iterator[str]:
    """Actions, triggers and conditions: YAML, texts and icons name the same."""
    icons = read_json(INTEGRATION / "icons.json")
    for kind in ("services", "triggers", "conditions"):
        declared = read_yaml(f"{kind}.yaml")
        texts = ENGLISH.get(kind, {})
        for name in declared.keys() ^ texts.keys():
            yield f"{kind}: {name} lacks YAML or text"
        for name in declared.keys() ^ icons.get(kind, {}).keys():
            yield f"{kind}: {name} lacks an icon, or the icon has no owner"
        for name in declared.keys() & texts.keys():
            fields = (declared[name] or {}).get("fields", {})
            for field in fields.keys() ^ texts[name].get("fields", {}).keys():
                yield f"{kind}: {name}: {field} lacks YAML or text"


def icons_have_entities() -> Iterator[str]:
    """No icon is left over from an entity that is gone."""
    icons = read_json(INTEGRATION / "icons.json")["entity"]
    for platform, entities in icons.items():
        for key in entities.keys() - ENGLISH["entity"].get(platform, {}).keys():
            yield f"icons.json: {platform}.{key} has no entity"


def platforms_limit_updates() -> Iterator[str]:
    """Every platform says how many updates may run at once."""
    for platform in PLATFORMS:
        path = INTEGRATION / f"{platform}.py"
        if path.exists() and "\nPARALLEL_UPDATES" not in path.read_text():
            yield f"{path.name}: no PARALLEL_UPDATES"


def manifest_is_in_order() -> Iterator[str]:
    """Manifest keys are known: domain, name, then by the alphabet."""
    manifest = read_json(INTEGRATION / "manifest.json")
    if tuple(manifest) != MANIFEST_KEYS:
        yield f"manifest.json: keys {list(manifest)}, not {list(MANIFEST_KEYS)}"
    if manifest["requirements"]:
        yield "manifest.json: the integration needs nothing of its own"


def images_have_their_size() -> Iterator[str]:
    """Images of the brand have the sizes that Home Assistant takes."""
    for name, size in IMAGES.items():
        path = INTEGRATION / "brand" / name
        if not path.exists():
            yield f"brand/{name} is missing"
        elif (found := struct.unpack(">II", path.read_bytes()[16:24])) != size:
            yield f"brand/{name} is {found}, not {size}"


def rooms_are_kept() -> Iterator[str]:
    """Nothing in the client knows Home Assistant, nothing in the simulator us."""
    for folder, strangers in (
        (INTEGRATION / "northbound", ("homeassistant",)),
        (ROOT / "simulator", ("homeassistant", "custom_components")),
        (INTEGRATION, ("simulator",)),
    ):
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [
                    *(a.name for a in getattr(node, "names", [])),
                    str(getattr(node, "module", "")),
                ]
                if not isinstance(node, ast.Import | ast.ImportFrom):
                    continue
                if any(name.partition(".")[0] in strangers for name in names):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: a stranger"


RULES: Final[tuple[Callable[[], Iterator[str]], ...]] = (
    languages_are_complete,
    errors_are_translated,
    fields_are_described,
    actions_are_named,
    icons_have_entities,
    platforms_limit_updates,
    manifest_is_in_order,
    images_have_their_size,
    rooms_are_kept,
)


def main() -> int:
    """Say all that is wrong."""
    wrong = [fault for rule in RULES for fault in rule()]
    for fault in wrong:
        print(fault)
    print(f"{len(RULES)} rules, {len(wrong)} faults")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

"""Rules about code, manifest and images."""

import ast
from collections.abc import Iterator
import re
import struct
import tomllib
from typing import Final

from homeassistant.const import Platform

from custom_components.smartpvms.catalogue.alarm import Severity

from .project import Project, placeholders, read_json
from .rule import rule

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
_SMALL: Final = range(128, 257)
_LARGE: Final = range(256, 513)
IMAGES: Final = {
    f"{shade}{name}": sizes
    for shade in ("", "dark_")
    for name, sizes in {
        "icon.png": (256,),
        "icon@2x.png": (512,),
        "logo.png": _SMALL,
        "logo@2x.png": _LARGE,
    }.items()
}
"""What the shorter side may measure, in pixels; an icon is a square."""

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


MAKERS: Final = frozenset({"failure", "invalid"})
"""The functions of `failures.py`: the key of a text, and its placeholders by name."""


def _errors(project: Project) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield place, name and call of what makes an error of Home Assistant."""
    for path in sorted(project.integration.rglob("*.py")):
        if path == project.integration / "failures.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in TRANSLATED_ERRORS | MAKERS:
                yield f"{path.name}:{node.lineno}", node.func.id, node


def _key(name: str, call: ast.Call) -> str | None:
    """Return the key of an error's text, None where the code does not say it."""
    given: dict[str | None, ast.expr] = {k.arg: k.value for k in call.keywords}
    text = call.args[0] if name in MAKERS else given.get("translation_key")
    return str(text.value) if isinstance(text, ast.Constant) else None


def _filled(name: str, call: ast.Call) -> set[object] | None:
    """Return the placeholders that an error brings, None where that cannot be read."""
    given = {k.arg: k.value for k in call.keywords}
    if name in MAKERS:
        return None if None in given else {*given}
    values = given.get("translation_placeholders", ast.Dict([], []))
    if not isinstance(values, ast.Dict):
        return None
    return {n.value for n in values.keys if isinstance(n, ast.Constant)}


@rule
def errors_are_translated(project: Project) -> Iterator[str]:
    """Every error of Home Assistant is raised with a text that exists."""
    known = project.english["exceptions"].keys()
    used = set()
    for place, name, call in _errors(project):
        if (key := _key(name, call)) is None:
            yield f"{place}: {name} without a text"
            continue
        used.add(key)
        if key not in known:
            yield f"{place}: no text for {key}"
    for key in known - used:
        yield f"en.json: exceptions.{key} is never raised"


@rule
def errors_fill_their_texts(project: Project) -> Iterator[str]:
    """Every error brings what its text has a place for, as far as can be read."""
    texts = project.english["exceptions"]
    for place, name, call in _errors(project):
        key, filled = _key(name, call), _filled(name, call)
        if key not in texts or filled is None:
            continue
        if filled != placeholders(texts[key]["message"]):
            yield f"{place}: {key} has other placeholders"


@rule
def the_dashboard_knows_all_severities(project: Project) -> Iterator[str]:
    """Every severity of an alarm has a light; a plant of another one would stay green."""
    path = project.integration / "dashboard" / "browser" / "health.js"
    table = re.search(r"SEVERITY = \{(.*?)\}", path.read_text(), re.DOTALL)
    known = set(re.findall(r"(\w+):", table[1])) if table else set()
    for severity in sorted({*Severity, "other", "none"} ^ known):
        yield f"health.js: SEVERITY and the catalogue differ by {severity}"


@rule
def platforms_limit_updates(project: Project) -> Iterator[str]:
    """Every platform says how many updates may run at once."""
    for platform in Platform:
        path = project.integration / f"{platform}.py"
        if path.exists() and "\nPARALLEL_UPDATES" not in path.read_text():
            yield f"{path.name}: no PARALLEL_UPDATES"


@rule
def manifest_is_in_order(project: Project) -> Iterator[str]:
    """Manifest keys are known: domain, name, then by the alphabet."""
    manifest = read_json(project.integration / "manifest.json")
    if tuple(manifest) != MANIFEST_KEYS:
        yield f"manifest.json: keys {list(manifest)}, not {list(MANIFEST_KEYS)}"
    if manifest["requirements"]:
        yield "manifest.json: the integration needs nothing of its own"


@rule
def versions_agree(project: Project) -> Iterator[str]:
    """Manifest and pyproject.toml have one version, which the changelog describes."""
    version = read_json(project.integration / "manifest.json")["version"]
    pyproject = tomllib.loads((project.root / "pyproject.toml").read_text())
    if (other := pyproject["project"]["version"]) != version:
        yield f"pyproject.toml: version {other}, not {version} as in the manifest"
    if f"\n## {version} - " not in (project.root / "CHANGELOG.md").read_text():
        yield f"CHANGELOG.md: {version} is missing"


@rule
def images_have_their_size(project: Project) -> Iterator[str]:
    """Images of the brand have the sizes that Home Assistant takes."""
    for name, sizes in IMAGES.items():
        path = project.integration / "brand" / name
        if not path.exists():
            yield f"brand/{name} is missing"
            continue
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        if min(width, height) not in sizes or ("icon" in name and width != height):
            yield f"brand/{name} is {width} x {height}"

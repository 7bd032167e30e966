"""Rules about documents: the quality scale, the sections it asks for, links."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Final

from .project import Project
from .rule import rule

QUALITY_SCALE: Final = (
    # Bronze
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    # Silver
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    # Gold
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    # Platinum
    "async-dependency",
    "inject-websession",
    "strict-typing",
)
"""Home Assistant's rules, tier by tier."""

SECTIONS: Final = {
    "docs-actions": ("README.md", "Actions"),
    "docs-conditions": ("docs/alarms.md", "Condition"),
    "docs-configuration-parameters": ("README.md", "Options"),
    "docs-data-update": ("docs/data-update.md", "Data update"),
    "docs-examples": ("docs/examples.md", "Examples"),
    "docs-high-level-description": (
        "README.md",
        "Huawei FusionSolar for Home Assistant",
    ),
    "docs-installation-instructions": ("README.md", "Installation"),
    "docs-installation-parameters": ("README.md", "Set-up"),
    "docs-known-limitations": ("README.md", "Known limitations"),
    "docs-removal-instructions": ("README.md", "Removal"),
    "docs-supported-devices": ("README.md", "Supported devices"),
    "docs-supported-functions": ("docs/entities.md", "Entities"),
    "docs-triggers": ("docs/alarms.md", "Triggers"),
    "docs-troubleshooting": ("docs/troubleshooting.md", "Troubleshooting"),
    "docs-use-cases": ("README.md", "Use cases"),
}
"""Document and heading that keep each rule about documents."""


@rule
def quality_scale_is_complete(project: Project) -> Iterator[str]:
    """Every rule of Home Assistant's quality scale is done, or exempt with a reason."""
    rules = project.read_yaml("quality_scale.yaml").get("rules", {})
    for name in QUALITY_SCALE:
        if name not in rules:
            yield f"quality_scale.yaml: {name} is missing"
    for name, entry in rules.items():
        status, comment = (
            (entry.get("status"), entry.get("comment"))
            if isinstance(entry, dict)
            else (entry, None)
        )
        if name not in QUALITY_SCALE:
            yield f"quality_scale.yaml: {name} is no rule"
        elif status not in {"done", "exempt"}:
            yield f"quality_scale.yaml: {name} is {status}"
        elif status == "exempt" and not comment:
            yield f"quality_scale.yaml: {name} is exempt without a reason"


@rule
def quality_scale_is_documented(project: Project) -> Iterator[str]:
    """Every rule about documents has its section, and there is something in it."""
    for requirement in QUALITY_SCALE:
        if requirement.startswith("docs-") and requirement not in SECTIONS:
            yield f"{requirement} has no section"
    for requirement, (name, heading) in SECTIONS.items():
        path = project.root / name
        if not path.exists():
            yield f"{name}, for {requirement}, is missing"
        elif not _section(path.read_text(encoding="utf-8"), heading):
            yield f"{name}: {heading}, for {requirement}, is missing or empty"


def _section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level."""
    found = re.search(
        rf"(?ms)^(?P<level>#+) {re.escape(heading)}\n(?P<text>.*?)(?=^(?P=level) |\Z)",
        text,
    )
    return found["text"].strip() if found else ""


@rule
def forms_are_documented(project: Project) -> Iterator[str]:
    """Every field of set-up and options has its name in the README."""
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    english = project.english
    for heading, fields in (
        ("Set-up", english["config"]["step"]["user"]["data"]),
        ("Set-up", english["config"]["step"]["plants"]["data"]),
        ("Options", english["options"]["step"]["settings"]["data"]),
    ):
        section = _section(readme, heading)
        for label in fields.values():
            if label not in section:
                yield f"README.md: {heading} does not name {label}"


@rule
def actions_are_documented(project: Project) -> Iterator[str]:
    """Every action, trigger and condition is in a document."""
    for kind, name in (
        ("services", "README.md"),
        ("triggers", "docs/alarms.md"),
        ("conditions", "docs/alarms.md"),
    ):
        text = (project.root / name).read_text(encoding="utf-8")
        for key in project.read_yaml(f"{kind}.yaml"):
            if f"`smartpvms.{key}`" not in text:
                yield f"{name}: {key} is not documented"


@rule
def links_lead_somewhere(project: Project) -> Iterator[str]:
    """Every file, picture and heading that a document names exists."""
    for path in project.documents():
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r"(?<=\]\()[^)\s]+|(?<=src=\")[^\"]+", text):
            if "://" in link:
                continue
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            if not target.exists():
                yield f"{path.relative_to(project.root)}: {link} leads nowhere"
            elif anchor and anchor not in _anchors(target):
                yield f"{path.relative_to(project.root)}: {link} has no such heading"


def _anchors(path: Path) -> set[str]:
    """Return what a link may name in a document: headings, and ids set by hand."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {
        *(re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings),
        *re.findall(r'id="([^"]+)"', text),
    }

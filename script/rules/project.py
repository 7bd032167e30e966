"""The files that the rules look at."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import re
import tomllib
from typing import Any

import yaml

type Tree = dict[str, Any]


def read_json(path: Path) -> Tree:
    """Return a JSON file."""
    tree: Tree = json.loads(path.read_text(encoding="utf-8"))
    return tree


def placeholders(text: str) -> set[str]:
    """Return the placeholders of a text."""
    return set(re.findall(r"{(\w+)}", text))


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout, or a copy of it."""

    root: Path

    @property
    def integration(self) -> Path:
        """Return the folder of the integration."""
        return self.root / "custom_components/smartpvms"

    @property
    def languages(self) -> dict[str, Tree]:
        """Return the texts by language."""
        folder = self.integration / "translations"
        return {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}

    @property
    def english(self) -> Tree:
        """Return the texts that all others follow."""
        return read_json(self.integration / "translations/en.json")

    def all_texts(self, language: str) -> Tree:
        """Return the texts of a language, those of the dashboard among them."""
        name = f"{language}.json"
        own = read_json(self.integration / "dashboard/browser/texts" / name)
        texts = read_json(self.integration / "translations" / name)
        return {**texts, "dashboard": own}

    @property
    def glossaries(self) -> dict[str, Tree]:
        """Return the glossaries by language; English is what they translate."""
        paths = sorted((self.root / "script/glossary").glob("*.toml"))
        return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in paths}

    @property
    def icons(self) -> Tree:
        """Return the icons."""
        return read_json(self.integration / "icons.json")

    def read_yaml(self, name: str) -> Tree:
        """Return a YAML file of the integration, empty where there is none."""
        path = self.integration / name
        tree: Tree = yaml.safe_load(path.read_text()) if path.exists() else {}
        # A key with a dot holds what others refer to.
        return {key: value for key, value in tree.items() if not key.startswith(".")}

    def documents(self) -> Iterator[Path]:
        """Yield the documents that users and contributors read."""
        yield from sorted(self.root.glob("*.md"))
        yield from sorted((self.root / "docs").glob("*.md"))

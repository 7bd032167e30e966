"""Writes the tables of the documents from the catalogue and the English texts.

A document of `DOCUMENTS` holds tables between `<!-- NAME -->` and `<!-- /NAME -->`;
the text around them is written by hand. `--check` changes nothing and fails if a
table is out of date. Run with the environment of the tests.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
import json
from pathlib import Path
import sys
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from script.tables import dashboard, entities, history

ROOT: Final = Path(__file__).parent.parent
ENGLISH: Final = ROOT / "custom_components/smartpvms/translations/en.json"

type Texts = Mapping[str, Any]
type Tables = Callable[[Texts], Mapping[str, str]]

DOCUMENTS: Final[Mapping[str, Tables]] = {
    "docs/dashboard.md": dashboard.tables,
    "docs/entities.md": entities.tables,
    "docs/history.md": history.tables,
}
"""By path: function from texts to the document's tables (Markdown) by name."""


def complete(text: str, tables: Mapping[str, str]) -> str:
    """Return a document with its tables; ValueError if a table's marks are missing."""
    for name, table in tables.items():
        first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, opened, rest = text.partition(first)
        _, closed, after = rest.partition(last)
        if not (opened and closed):
            raise ValueError(f"no place for the table: {first} … {last}")
        text = f"{before}{first}\n\n{table}\n\n{last}{after}"
    return text


def stale(paths: Iterable[Path], texts: Texts, *, write: bool) -> list[Path]:
    """Return the documents with outdated tables; `write` updates them."""
    found = []
    for path in paths:
        before = path.read_text(encoding="utf-8")
        tables = DOCUMENTS[str(path.relative_to(ROOT))](texts)
        after = complete(before, tables)
        if before != after:
            found.append(path)
            if write:
                path.write_text(after, encoding="utf-8")
    return found


def main() -> int:
    """Write or check all tables; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    texts = json.loads(ENGLISH.read_text(encoding="utf-8"))
    found = stale((ROOT / name for name in DOCUMENTS), texts, write=not check)
    if check and found:
        print(f"run script/docs.py: {', '.join(path.name for path in found)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

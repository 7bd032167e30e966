"""The tables of docs/data-update.md, from the measurements of the freshness tests."""

import argparse
from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import sys
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from script.docs import complete

DOCUMENT: Final = Path(__file__).parent.parent.parent / "docs/data-update.md"

ACCOUNTS: Final = {
    "2022-1": "calls per day, 1 plant",
    "2022-100": "calls per day, 100 plants",
    "2020-1": "one call a minute, 1 plant",
    "2020-100": "one call a minute, 100 plants",
    "owner-1": "owner's login, 1 plant",
}
KINDS: Final = {
    "plants": "plants",
    "1": "string inverters",
    "38": "residential inverters",
    "14": "central inverters",
    "39": "batteries",
    "41": "C&I and utility storage",
    "47": "power sensors",
    "17": "grid meters",
    "23070": "EMMA",
    "10": "weather stations",
    "15": "combiner boxes",
    "8": "transformers",
    "alarms": "alarms",
}

type Measured = Mapping[str, Mapping[str, Any]]


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = [head, ["---"] * len(head), *rest]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _head(found: Measured) -> list[str]:
    return ["", *(ACCOUNTS[name] for name in found)]


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.1f} min"


def ages(found: Measured) -> str:
    """Return the table of ages of the data: the median, in brackets the lowest."""

    def cell(kind: str, account: Mapping[str, Any]) -> str:
        age = account["ages"].get(kind)
        if age is None:
            return ""
        return f"{_time(age['median'])} ({_time(age['best'])})"

    rows = [
        [label, *(cell(kind, account) for account in found.values())]
        for kind, label in KINDS.items()
        if any(kind in account["ages"] for account in found.values())
    ]
    return _table([_head(found), *rows])


def calls(found: Measured) -> str:
    """Return the table of calls by interface: number made, in brackets the limit."""
    names = sorted({name for account in found.values() for name in account["calls"]})

    def cell(name: str, account: Mapping[str, Any]) -> str:
        if name not in account["calls"]:
            return ""
        count, allowed = account["calls"][name]
        return f"{count} ({allowed:.0f})"

    rows = [
        [f"`{name}`", *(cell(name, account) for account in found.values())]
        for name in names
        if name != "login"
    ]
    refused = [str(account["refused"]) for account in found.values()]
    return _table([_head(found), *rows, ["refused (407, 429)", *refused]])


def main() -> int:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder",
        type=Path,
        help="folder of the measurements, a JSON file for each account",
    )
    parser.add_argument(
        "--write", action="store_true", help="write the tables into the document"
    )
    given = parser.parse_args()
    found = {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name in ACCOUNTS
        if (path := given.folder / f"{name}.json").exists()
    }
    tables = {"ages": ages(found), "calls": calls(found)}
    if given.write:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(complete(text, tables), encoding="utf-8")
    else:
        print("\n\n".join(tables.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

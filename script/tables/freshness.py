"""The tables of docs/data-update.md, from the measurements of the freshness tests.

What was not measured this time stays as the document has it.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
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

TOGETHER: Final = "all together"
REFUSED: Final = "refused (407, 429)"

type Measured = Mapping[str, Mapping[str, Any]]
type Cells = dict[str, dict[str, str]]
"""A table: by row, then by column."""


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.1f} min"


def ages(found: Measured) -> Cells:
    """Return the ages of the data: the median, in brackets the lowest."""
    rows: Cells = defaultdict(dict)
    for name, account in found.items():
        for kind, age in account["ages"].items():
            best = "" if age["best"] is None else f" ({_time(age['best'])})"
            rows[KINDS[kind]][ACCOUNTS[name]] = f"{_time(age['median'])}{best}"
    return rows


def calls(found: Measured) -> Cells:
    """Return the calls by interface: number made, in brackets the limit."""
    rows: Cells = defaultdict(dict)
    for name, account in found.items():
        for interface, (count, allowed) in account["calls"].items():
            if interface != "login":
                limit = "" if allowed is None else f" ({allowed:.0f})"
                label = TOGETHER if interface == "all" else f"`{interface}`"
                rows[label][ACCOUNTS[name]] = f"{count}{limit}"
        rows[REFUSED][ACCOUNTS[name]] = str(account["refused"])
    return rows


def read(table: str) -> Cells:
    """Return the cells of a table in Markdown."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.strip().splitlines()
    ]
    (_, *columns), _, *rows = lines
    return {
        label: {name: cell for name, cell in zip(columns, cells, strict=True) if cell}
        for label, *cells in rows
    }


def merged(old: Cells, new: Cells) -> str:
    """Return the table: this measurement, and the last one of other accounts."""
    now = {column for cells in new.values() for column in cells}
    rows: Cells = defaultdict(dict)
    for label, cells in old.items():
        rows[label] = {name: cell for name, cell in cells.items() if name not in now}
    for label, cells in new.items():
        rows[label] = {**rows[label], **cells}
    order = [
        *KINDS.values(),
        *sorted(rows.keys() - {*KINDS.values(), REFUSED}),
        REFUSED,
    ]
    shown = {column for cells in rows.values() for column in cells}
    columns = [name for name in ACCOUNTS.values() if name in shown]
    lines = [
        ["", *columns],
        ["---"] * (len(columns) + 1),
        *(
            [label, *(rows[label].get(column, "") for column in columns)]
            for label in order
            if rows.get(label)
        ),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _written(text: str, name: str) -> Cells:
    """Return a table of the document."""
    _, _, rest = text.partition(f"<!-- {name} -->")
    return read(rest.partition(f"<!-- /{name} -->")[0])


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
    text = DOCUMENT.read_text(encoding="utf-8")
    tables = {
        name: merged(_written(text, name), cells)
        for name, cells in (("ages", ages(found)), ("calls", calls(found)))
    }
    if given.write:
        DOCUMENT.write_text(complete(text, tables), encoding="utf-8")
    else:
        print("\n\n".join(tables.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

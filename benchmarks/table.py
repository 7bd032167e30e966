"""Runs all measurements and prints them as a table; `--write` puts it into the docs."""

import argparse
from dataclasses import dataclass
import json
import os
from pathlib import Path
import platform
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any, Final

from homeassistant.const import __version__ as home_assistant

from .home import FLOOR
from .stage import OURS

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = ROOT / "docs" / "performance.md"
OPENING: Final = "<!-- figures -->"
CLOSING: Final = "<!-- /figures -->"
SIZES: Final = (5, 25, 100)
ENTITIES_OF_A_PLANT: Final = 200
"""Enabled ones."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table.

    `scale`: from the case's result to `unit`; `goal`: largest intended ratio.
    """

    case: str
    name: str
    unit: str
    scale: float
    goal: float


FIGURES: Final = (
    Figure("first_set_up", "Set-up, all entities new", "s", 1.0, 1.2),
    Figure("restart", "Set-up after a restart", "s", 1.0, 1.2),
    Figure("memory", "Memory", "MB", 1e-6, 1.12),
    Figure("states", "States of a refresh, all changed", "ms", 1e3, 1.15),
    Figure("all_changed", "Refresh, all values changed", "ms", 1e3, 1.15),
    Figure("none_changed", "Refresh, none changed", "ms", 1e3, 0.3),
    Figure("statistics", "Import of statistics", "s", 1.0, 1.08),
)


def measure(folder: Path, case: str, *more: str) -> Any:
    """Return the result of one measurement, run in a new process."""
    command = [sys.executable, "-m", "benchmarks", str(folder), case, *more]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def best(folder: Path, case: str, rounds: int) -> dict[str, float]:
    """Return the least result of each side, measured in turns."""
    found: dict[str, list[float]] = {FLOOR: [], OURS: []}
    for _ in range(rounds):
        for side, known in found.items():
            known.append(float(measure(folder, case, "--side", side)))
    return {side: min(known) for side, known in found.items()}


def row(figure: Figure, known: dict[str, float]) -> str:
    """Return a figure's row of the table in Markdown."""
    floor, ours = known[FLOOR] * figure.scale, known[OURS] * figure.scale
    cells = (
        figure.name,
        f"{floor:.3g} {figure.unit}",
        f"{ours:.3g} {figure.unit}",
        f"{ours / floor:.2f}",
        f"{figure.goal:g}",
    )
    return f"| {' | '.join(cells)} |"


# What comes after the flow's last step, in the order in which it should.
ARRIVALS: Final = {
    "first": "First value",
    "all": "All values",
    "year": "Years imported",
    "month": "Months imported",
    "day": "Days imported",
    "hour": "Hours imported",
}


def days(house: dict[str, Any], fleet: dict[str, Any]) -> str:
    """Return what a day costs, and how soon a house's data are there, in Markdown."""
    marks, least = house["marks"], house["best"]
    lines = [
        "| | enabled entities | processor seconds of a day |",
        "|---|---|---|",
        f"| A house, its first day | {marks['entities']} | {house['seconds']:.0f} s |",
        f"| A fleet at noon | {fleet['entities']} | {fleet['seconds']:.0f} s |",
        "",
        "| A house, from the flow's last step | after | the quota allows at best |",
        "|---|---|---|",
    ]
    for key, name in ARRIVALS.items():
        after = _span(marks[key]) if key in marks else _span(marks["done"], "expected")
        lines.append(f"| {name} | {after} | {_span(least.get(key, 0.0))} |")
    return "\n".join(lines)


def _span(seconds: float, note: str = "") -> str:
    """Return a time in the largest unit that it fills, but for one below a minute."""
    unit, size = next(
        (unit, size) for unit, size in SPANS.items() if seconds >= size or size == 1
    )
    return f"{seconds / size:.3g} {unit} {note}".strip()


SPANS: Final = {"d": 86400, "h": 3600, "min": 60, "s": 1}


def table(rows: list[str], plants: int, devices: int, entities: int) -> str:
    """Return the table in Markdown, with the sizes, versions and machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    what = f"{plants} plants of {devices} devices, {entities} enabled entities"
    versions = f"Home Assistant {home_assistant}, Python {platform.python_version()}"
    return "\n".join(
        (
            f"{what}. {versions}, {machine}.",
            "",
            "| | Home Assistant's own | this integration | ratio | goal |",
            "|---|---|---|---|---|",
            *rows,
        )
    )


def compared(folder: Path, plants: int, options: argparse.Namespace) -> str:
    """Measure both sides at an account's size; return the table in Markdown."""
    entities = ENTITIES_OF_A_PLANT * plants
    sizes = {
        "--plants": plants,
        "--devices": options.devices,
        "--entities": entities,
    }
    command = [sys.executable, "-m", "benchmarks", str(folder), "prepare"]
    more = [str(part) for size in sizes.items() for part in size]
    subprocess.run([*command, *more], cwd=ROOT, check=True)  # noqa: S603
    rows = []
    for figure in FIGURES:
        rows.append(row(figure, best(folder, figure.case, options.rounds)))
        print(rows[-1], flush=True)
    return table(rows, plants, options.devices, entities)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    add = parser.add_argument
    add("--plants", type=int, nargs="+", default=SIZES, help="plants of the account")
    add("--devices", type=int, default=20, help="devices of each (%(default)s)")
    add("--rounds", type=int, default=3, help="best of so many (%(default)s)")
    add("--days", action="store_true", help="measure days of a house and a fleet too")
    add("--write", action="store_true", help=f"write {DOCUMENT.relative_to(ROOT)}")
    options = parser.parse_args()
    found = []
    for plants in options.plants:
        with TemporaryDirectory() as name:
            found.append(compared(Path(name), plants, options))
    if options.days:
        many = ["--plants", str(max(options.plants)), "--devices", str(options.devices)]
        with TemporaryDirectory() as name:
            house = measure(Path(name, "house"), "day_of_house", "--seconds", "86400")
            fleet = measure(Path(name, "fleet"), "day_of_fleet", *many)
        found.append(days(house, fleet))
    figures = "\n\n".join(found)
    print(f"\n{figures}")
    if options.write:
        before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(OPENING)
        after = rest.partition(CLOSING)[2]
        text = f"{before}{OPENING}\n\n{figures}\n\n{CLOSING}{after}"
        DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Runs one measurement and prints its result; `script/bench` runs all."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
import json
from pathlib import Path
from typing import Final

from . import cases, day, stage
from .home import FLOOR

CASES: Final[Mapping[str, Callable[..., Awaitable[float]]]] = {
    "first_set_up": partial(cases.set_up, fresh=True),
    "restart": partial(cases.set_up, fresh=False),
    "memory": cases.memory,
    **{
        name: partial(cases.refresh, make=make)
        for name, make in cases.REFRESHES.items()
    },
    "statistics": partial(cases.statistics, plants=4, days=30),
}


DAYS: Final[
    Mapping[str, Callable[[Path, argparse.Namespace], Awaitable[dict[str, object]]]]
] = {
    "day_of_house": lambda folder, options: day.house(folder, options.seconds),
    "day_of_fleet": lambda folder, options: day.large(
        folder, options.plants, options.devices, options.seconds
    ),
}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("case", choices=["prepare", *CASES, *DAYS])
    parser.add_argument("--side", choices=[stage.OURS, FLOOR], default=stage.OURS)
    parser.add_argument("--plants", type=int, default=100)
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--entities", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3600.0)
    options = parser.parse_args()
    folder: Path = options.folder
    if options.case == "prepare":
        with stage.server(options.plants, options.devices) as url:
            asyncio.run(stage.prepare(folder, url, options.entities))
        return
    if options.case in DAYS:
        folder.mkdir(exist_ok=True)
        found = asyncio.run(DAYS[options.case](folder, options))
        print(json.dumps(found))
        return
    print(json.dumps(asyncio.run(CASES[options.case](folder, options.side))))


if __name__ == "__main__":
    main()

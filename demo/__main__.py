"""The demo's command line."""

import argparse
import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
import json
from pathlib import Path
import signal
import sys
import tempfile
from typing import Final

from aiohttp import ClientError

from .check import check
from .configuration import ROOT
from .dashboard import ensure_dashboard
from .day import play, raised
from .energy import add_plants, house, imported, sources
from .entities import PACES
from .home_assistant import PASSWORD, USERNAME
from .place import PLACES
from .processes import LOOPBACK, DemoError
from .simulator import PASSWORD as ACCOUNT_PASSWORD
from .stage import Options, Stage, stage

DESCRIPTION: Final = """\
Starts a simulated FusionSolar and a real Home Assistant that shows its plants.
Stops with Ctrl-C and keeps its data for the next start.
"""


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser("script/demo", description=DESCRIPTION)
    parser.add_argument(
        "--check",
        action="store_true",
        help="run in a temporary folder, wait until every entity has a value and "
        "years and months are imported, report, and exit with 0 without a fault",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=0,
        help="with --check: shortest run before the report",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="delete the data of earlier runs"
    )
    parser.add_argument(
        "--day",
        action="store_true",
        help="time machine, in a folder of its own: a day in ten minutes, with night, "
        "morning, an alarm, and FusionSolar off line",
    )
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="address Home Assistant listens on (0.0.0.0: all)",
    )
    parser.add_argument(
        "--port", type=int, default=8123, help="its port; any free port if it is in use"
    )
    parser.add_argument("--dialect", choices=("2020", "2022"), default="2022")
    parser.add_argument(
        "--timezone",
        choices=[place.time_zone for place in PLACES],
        help="time zone of the plants; by default a place in daylight",
    )
    return parser.parse_args()


async def show(running: Stage, *, day: bool = False) -> int:
    """Print the addresses and wait until a process ends, which raises DemoError."""
    home_assistant = running.home_assistant
    dashboard = await ensure_dashboard(home_assistant.client)
    print(
        f"\n  Home Assistant  {home_assistant.address}"
        f"\n  Login           {USERNAME}, password {PASSWORD}"
        f"\n  Dashboard       {dashboard}"
        f"\n  Integration     {home_assistant.address}/config/integrations/integration/"
        f"smartpvms"
        f"\n  Simulator       {running.simulator.address}/simulator/state"
        f"\n  Log             {home_assistant.log}"
        f"{_to_try(running)}"
        "\n\nCtrl-C stops it.\n",
        flush=True,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(home_assistant.serve())
        group.create_task(running.simulator.serve())
        group.create_task(show_energy(running))
        if day:
            group.create_task(play(running.simulator, running.begin))
    return 0


def _to_try(running: Stage) -> str:
    """Return what can be tried by hand, and the commands for it."""
    admin = f"{running.simulator.address}/simulator"
    order = json.dumps(raised())
    fault = json.dumps({"kind": "http", "status": 503})
    return (
        "\n\nTo try the set-up: Settings > Devices & services > Add integration > "
        "Huawei FusionSolar"
        f"\n  Server          {running.second.address}"
        f"\n  Username        {running.second.username}, password {ACCOUNT_PASSWORD}"
        "\n\nTo raise an alarm (seen within half an hour), and to clear it: the answer to the "
        "first begins with its number, to be put in for N"
        f"\n  curl {admin}/alarms -d '{order}'"
        f'\n  curl {admin}/alarms -d \'{{"do": "clear", "number": N}}\''
        "\n\nTo take FusionSolar off line, and to bring it back:"
        f"\n  curl {admin}/faults -d '{fault}'"
        f"\n  curl -X DELETE {admin}/faults"
    )


async def show_energy(running: Stage) -> None:
    """Add the house to the Energy dashboard once its years and months are imported.

    The utility plant is left out, because the house would be invisible beside its
    energies. A dashboard with sources is not changed.
    """
    home_assistant = running.home_assistant
    client, dashboard = home_assistant.client, f"{home_assistant.address}/energy"
    try:
        await imported(home_assistant, PACES[running.dialect].patience)
        if not await sources(client):
            await add_plants(client, [(await house(client))["id"]])
    except (ClientError, DemoError) as error:
        print(f"The Energy dashboard was not set up: {error}", flush=True)
        return
    print(f"The Energy dashboard shows the house: {dashboard}", flush=True)


async def run(options: argparse.Namespace) -> int:
    """Run the demo or the check; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="smartpvms-") as temporary:
        wanted = Options(
            folder=ROOT / ".demo",
            host=options.host,
            port=options.port,
            dialect=options.dialect,
            time_zone=options.timezone,
            fresh=options.fresh,
        )
        if options.day:
            wanted = replace(wanted, folder=ROOT / ".demo-day", fresh=True, day=True)
        if options.check:
            wanted = replace(wanted, folder=Path(temporary), port=0, simulator_port=0)
        async with stage(wanted, say=lambda text: print(text, flush=True)) as running:
            return await (
                check(running, options.minutes)
                if options.check
                else show(running, day=options.day)
            )


async def until_stopped(work: Coroutine[None, None, int]) -> int:
    """Run ``work``; SIGINT, SIGTERM and SIGHUP cancel it, which stops all processes."""
    task = asyncio.create_task(work)
    stopped = asyncio.Event()

    def stop() -> None:
        if not stopped.is_set():
            print("\nStopping", flush=True)
            stopped.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        return await task
    return 0


def main() -> int:
    """Run the demo; returns the exit code. A DemoError is printed, any other raised."""
    code = 1
    try:
        code = asyncio.run(until_stopped(run(arguments())))
    except* DemoError as errors:
        for error in errors.exceptions:
            print(f"The demo failed. {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

"""The demo's processes, started in order and always stopped."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import shutil
from typing import Any, Final

from .day import beginning
from .entry import ensure_entry
from .home_assistant import HomeAssistant
from .place import Place, place_in, sunny_place
from .processes import LOOPBACK, DemoError, free_port, is_free
from .simulator import SECOND_USERNAME, Simulator

SETTINGS: Final = "demo.json"


@dataclass(frozen=True)
class Options:
    """Choices of the user; port 0 is any free port.

    `alarms`: the plants have alarms of their own, beside those that are raised.
    """

    folder: Path
    host: str = LOOPBACK
    port: int = 8123
    simulator_port: int = 27200
    dialect: str = "2022"
    time_zone: str | None = None
    fresh: bool = False
    day: bool = False
    alarms: bool = True


@dataclass(frozen=True)
class Stage:
    """The running processes and their configuration."""

    home_assistant: HomeAssistant
    simulator: Simulator
    second: Simulator
    place: Place
    dialect: str
    entry: dict[str, Any]
    begin: datetime


@asynccontextmanager
async def stage(
    options: Options, say: Callable[[str], None] = print
) -> AsyncIterator[Stage]:
    """Run simulator and Home Assistant with the integration set up."""
    if options.fresh:
        shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    place, simulator_port = _settings(options)
    simulator = Simulator(options.folder, simulator_port)
    second_port = free_port(simulator_port + 1)
    second = Simulator(options.folder, second_port, SECOND_USERNAME)
    port = free_port(options.port, options.host)
    module = "demo.hurried" if options.day else "homeassistant"
    home_assistant = HomeAssistant(options.folder, options.host, port, module)
    begin = beginning(place, datetime.now(UTC))
    try:
        say(f"Starting the simulator: two plants in {place.time_zone}")
        clock = ("--clock", begin.isoformat(), "--window", "0") if options.day else ()
        alarms = () if options.alarms else ("--no-alarms",)
        await simulator.start(place, "--dialect", options.dialect, *clock, *alarms)
        await second.start(place, "--dialect", options.dialect, "--houses")
        say(f"Starting Home Assistant in {options.folder}")
        await home_assistant.start(place)
        entry = await ensure_entry(home_assistant.client, simulator)
        yield Stage(
            home_assistant, simulator, second, place, options.dialect, entry, begin
        )
    finally:
        await home_assistant.stop()
        await second.stop()
        await simulator.stop()


def _settings(options: Options) -> tuple[Place, int]:
    """Return place and simulator port, which are the same in every run of a folder.

    The port is part of the account's identity, and a plant does not move.
    """
    file = options.folder / SETTINGS
    if not file.exists():
        place = place_in(options.time_zone) if options.time_zone else _sunny_now()
        port = free_port(options.simulator_port)
        file.write_text(
            json.dumps({"time_zone": place.time_zone, "simulator_port": port})
        )
        return place, port
    kept = json.loads(file.read_text())
    if options.time_zone not in (None, kept["time_zone"]):
        raise DemoError(f"The plants are in {kept['time_zone']}; --fresh moves them")
    if not is_free(kept["simulator_port"]):
        raise DemoError(
            f"Port {kept['simulator_port']} is in use (another demo?); "
            "stop that process, or start with --fresh"
        )
    return place_in(kept["time_zone"]), kept["simulator_port"]


def _sunny_now() -> Place:
    return sunny_place(datetime.now(UTC))

"""The time machine: a day of the plants in ten minutes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from simulator import Type, fleet

from .place import Place
from .simulator import Simulator

SPEED: Final = 144
BEGIN_HOUR: Final = 4
HOURS: Final = 20
# A critical one, so that it need not be looked for.
ALARM: Final = {"alarm": 2032, "level": 1}


@dataclass(frozen=True)
class Event:
    """Something that happens at an hour of the plants' local day."""

    hour: float
    text: str
    act: Callable[[Simulator], Awaitable[object]] | None = None


def raised() -> dict[str, object]:
    """Return the order that raises an alarm at the house's first inverter."""
    plant = fleet.residential()
    inverter = next(d for d in plant.devices if d.type is Type.ENERGY_CENTER)
    return {"do": "raise", "plant": plant.code, "device": inverter.id, **ALARM}


async def _raise(simulator: Simulator) -> object:
    answer = await simulator.ask("POST", "alarms", raised())
    simulator.alarm = answer["number"]
    return answer


async def _clear(simulator: Simulator) -> object:
    # The simulator has alarms of its own, too: it told the number of this one.
    number = simulator.alarm
    return await simulator.ask("POST", "alarms", {"do": "clear", "number": number})


async def _go_offline(simulator: Simulator) -> object:
    return await simulator.ask("POST", "faults", {"kind": "http", "status": 503})


async def _come_back(simulator: Simulator) -> object:
    return await simulator.ask("DELETE", "faults")


EVENTS: Final = (
    Event(BEGIN_HOUR, "night: the house lives on its battery and the grid"),
    Event(7, "morning: the first power from the roof, clouds as they come"),
    Event(12, "noon: the battery is charged, the rest is fed in"),
    Event(14, "an alarm: grid loss at the first inverter", _raise),
    Event(15.5, "the alarm is over", _clear),
    Event(
        16.5,
        "FusionSolar is off line: values age, then they are unavailable",
        _go_offline,
    ),
    Event(18, "FusionSolar is back", _come_back),
    Event(20, "evening: the battery gives"),
)


def beginning(place: Place, now: datetime) -> datetime:
    """Return the start of the next day that can be played, in the plants' zone.

    In the future: what a server reports of the future counts as present.
    """
    local = now.astimezone(ZoneInfo(place.time_zone))
    begin = local.replace(hour=BEGIN_HOUR, minute=0, second=0, microsecond=0)
    return begin if begin > local else begin + timedelta(days=1)


async def play(
    simulator: Simulator, begin: datetime, say: Callable[[str], None] = print
) -> None:
    """Let the day pass, and say what happens."""
    left = list(EVENTS)
    while True:
        state = await simulator.state()
        passed = datetime.fromisoformat(state["clock"]) - begin
        hour = BEGIN_HOUR + passed / timedelta(hours=1)
        while left and left[0].hour <= hour:
            event = left.pop(0)
            say(f"  {int(event.hour):02}:{int(event.hour % 1 * 60):02}  {event.text}")
            if event.act:
                await event.act(simulator)
        if hour >= BEGIN_HOUR + HOURS:
            break
        await simulator.ask("POST", "clock", {"advance": SPEED - 1})
        await asyncio.sleep(1)
    say("The day is over; the clock runs on as any other.")

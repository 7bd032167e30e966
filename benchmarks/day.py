"""A day of a house and an hour of a fleet, on the simulator's clock.

The server answers in this process, and what it takes is not counted: neither are
sending and receiving. Answers are read, states written, history imported.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from pathlib import Path
import threading
from time import process_time
from types import SimpleNamespace
from typing import Any, Final

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import EVENT_STATE_CHANGED, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.async_ import get_scheduled_timer_handles
import orjson

from custom_components.smartpvms.history.feeds import FEEDS
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.northbound import Interface, NorthboundSession, Period
from custom_components.smartpvms.northbound.session import _open
from simulator import Plant, Simulator, fleet
from simulator.interfaces.table import envelope

from .fleet import plants as many_plants
from .home import account_entry, home

# A plant's day by its clock, in June.
BEGIN: Final = "2026-06-14T22:00:00+00:00"
NOON: Final = "2026-06-15T10:00:00+00:00"
DAY: Final = 86400
HOUR: Final = 3600
STEP: Final = 60.0
# Seconds of real time for what waits neither for the server nor for time to pass.
PATIENCE: Final = 0.2
PERIODS: Final = (Period.YEAR, Period.MONTH, Period.DAY, Period.HOUR)


@dataclass(slots=True)
class Marks:
    """When something was there for the first time, in seconds after the set-up began."""

    begun: float
    now: Callable[[], float]
    at: dict[str, float] = field(default_factory=dict)

    def note(self, name: str) -> None:
        """Note that it is there."""
        self.at.setdefault(name, self.now() - self.begun)


class Answering:
    """Answers a session's calls from a simulator; `seconds`: what that has taken."""

    def __init__(self, sim: Simulator) -> None:
        """Take the place of the network, for the rest of this process."""
        self.seconds = 0.0
        response: Any = SimpleNamespace(
            status=HTTPStatus.OK,
            content_type="application/json",
            headers={"XSRF-TOKEN": "x"},
            cookies={},
        )

        async def exchange(
            session: NorthboundSession,
            interface: Interface,
            payload: Mapping[str, Any],
            proof: object,
        ) -> Any:
            begun = process_time()
            body = orjson.dumps(envelope(sim, interface, payload, sim.clock.now()))
            self.seconds += process_time() - begun
            return _open(interface, body, response), response

        NorthboundSession._exchange = exchange  # type: ignore[assignment,method-assign]  # noqa: SLF001


class Time:
    """The clock of a process, which goes on only when it is told to.

    Answers, files and the database take real time meanwhile: the loop waits for them.
    """

    def __init__(self, hass: HomeAssistant, clock: FrozenDateTimeFactory) -> None:
        """Take the place of the loop's clock."""
        self._hass = hass
        self._clock = clock
        self._passed = 0.0
        real = hass.loop.time
        hass.loop.time = lambda: real() + self._passed  # type: ignore[method-assign]

    async def go_on(self, seconds: float) -> None:
        """Let time pass from one timer of the loop to the next."""
        loop, left = self._hass.loop, seconds
        while left > 0:
            timers = get_scheduled_timer_handles(loop)
            due = min((t.when() for t in timers if not t.cancelled()), default=inf)
            step = min(left, max(due - loop.time(), 0.05))
            self._clock.tick(step)
            self._passed += step
            left -= step
            # The loop runs what is due by now before it waits for anything else.
            await _settle(self._hass)


async def _settle(hass: HomeAssistant) -> None:
    """Wait for all that time does not have to pass for."""
    done = asyncio.ensure_future(hass.async_block_till_done(wait_background_tasks=True))
    impatient = asyncio.Event()
    timer = threading.Timer(PATIENCE, hass.loop.call_soon_threadsafe, [impatient.set])
    timer.start()
    tired = asyncio.ensure_future(impatient.wait())
    await asyncio.wait({done, tired}, return_when=asyncio.FIRST_COMPLETED)
    timer.cancel()
    for task in (done, tired):
        task.cancel()
    await asyncio.gather(done, tired, return_exceptions=True)


async def _play(
    folder: Path, houses: list[Plant], begin: str, before: float, seconds: float
) -> tuple[float, Marks, dict[str, float]]:
    """Return what some time costs after another; the marks, and the best by the quota."""
    async with home(folder, recorder=True) as hass:
        with freeze_time(begin, real_asyncio=True) as clock:
            assert isinstance(clock, FrozenDateTimeFactory)
            sim = Simulator(houses, window=0.0)
            sim.alarms.automatic = False
            answering = Answering(sim)
            entry = account_entry("http://127.0.0.1:1")
            await hass.async_start()
            time = Time(hass, clock)
            marks = Marks(sim.clock.now(), sim.clock.now)

            @callback
            def note_value(event: Event[Any]) -> None:
                state = event.data["new_state"]
                if state and state.domain == "sensor" and state.state[:1].isdigit():
                    marks.note("first")

            hass.bus.async_listen(EVENT_STATE_CHANGED, note_value)
            await hass.config_entries.async_add(entry)
            hub: Hub = entry.runtime_data
            best: dict[str, float] = {}
            spent = answered = 0.0
            passed = 0.0
            while passed < before + seconds:
                if passed >= before and not spent:
                    spent, answered = process_time(), answering.seconds
                await time.go_on(STEP)
                passed += STEP
                _note(hub, marks)
                if Period.YEAR in marks.at:
                    # Only the years tell how far back the rest goes.
                    best = best or _best(hub, marks.begun)
            costs = process_time() - spent - (answering.seconds - answered)
            enabled = er.async_entries_for_config_entry(
                er.async_get(hass), entry.entry_id
            )
            marks.at["entities"] = sum(not entity.disabled for entity in enabled)
            await hass.config_entries.async_unload(entry.entry_id)
    return costs, marks, best


def _note(hub: Hub, marks: Marks) -> None:
    account = hub.account
    devices = {d.id for known in account.listed_by_type.values() for d in known}
    if hub.plants.data.keys() >= account.plants.keys() and (
        hub.devices.data.keys() >= devices
    ):
        marks.note("all")
    if not hub.history.data:
        return
    estimates = [hub.history.estimate(code) for code in account.plants]
    for period in PERIODS:
        if not any(known.left.get(period) for known in estimates):
            marks.note(period)
    done = max(known.done_at or marks.now() for known in estimates)
    marks.at["done"] = done - marks.begun


def _best(hub: Hub, begun: float) -> dict[str, float]:
    """Return after how long each period is imported at best, by the quota alone."""
    calls, ledger = hub.history._calls, hub.account.ledger  # noqa: SLF001
    planner = calls.planner()
    found = dict.fromkeys(PERIODS, 0.0)
    for feed in FEEDS:
        if asked := planner.left(feed) * calls.calls_a_round(feed):
            at = ledger.last_at(calls.interface_of(feed), asked)
            found[feed.period] = max(at - begun, found[feed.period])
    return {str(period): least for period, least in found.items()}


async def house(folder: Path, seconds: float = DAY) -> dict[str, Any]:
    """Return what the first day of a house costs, and how soon its data are there."""
    costs, marks, best = await _play(folder, [fleet.residential()], BEGIN, 0.0, seconds)
    return {"seconds": DAY / seconds * costs, "marks": marks.at, "best": best}


async def large(
    folder: Path, plants: int, devices: int, seconds: float = HOUR
) -> dict[str, Any]:
    """Return what a day of a fleet costs, by the second of its hours at noon."""
    houses = many_plants(plants, devices)
    costs, marks, _ = await _play(folder, houses, NOON, seconds, seconds)
    return {"seconds": DAY / seconds * costs, "entities": marks.at["entities"]}

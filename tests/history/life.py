"""A plant's life as the recorder holds it, held against what really happened."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from simulator import Dialect, Simulator
from simulator.model import Plant
from simulator.simulator import Call
from tests.play import SPREAD, due_in, run_timers

from .conftest import ENERGIES, negative, rows_of
from .test_import import expected_of

type ImportAll = Callable[..., Awaitable[int]]

HOUR = 3600
DAY = 24 * HOUR
# The interface gives four decimals of each term.
EXACT = 1e-3


def midnight(plant: Plant, at: float, days: int = 0) -> int:
    """Return when a plant's day begins, some days after the one of an instant."""
    day = plant.world.local(at).date() + timedelta(days=days)
    return plant.world.midnight(day)


def last_midnight(sim: Simulator, plant: int = 0) -> int:
    """Return up to when all hours have been delivered: a plant's last midnight.

    The last hours of a day are asked for when the lane allows it.
    """
    return midnight(sim.plants[plant], sim.clock.now() - 6 * HOUR)


def moment(at: float) -> datetime:
    """Return an instant given in epoch seconds."""
    return datetime.fromtimestamp(at, UTC)


type Bars = dict[str, dict[int, float]]
"""What each series shows for each hour, by its start."""


async def bars_of(hass: HomeAssistant, code: str) -> Bars:
    """Return all bars of a plant."""
    return {
        series: {
            round(row["start"]): row["change"]
            for row in await rows_of(hass, code, series)
        }
        for series in ENERGIES
    }


async def assert_hours(
    hass: HomeAssistant,
    sim: Simulator,
    begin: int,
    end: int,
    *,
    plant: int = 0,
    within: float = EXACT,
) -> None:
    """Assert that each hour of each series is the plant's own.

    One without a row counts 0: a series begins with its first amount. A row that was
    taken back stays where it was, and counts 0 too.
    """
    code = sim.plants[plant].code
    truth, bars = sim.truth(code), await bars_of(hass, code)
    hours = range(begin, end, HOUR)
    flows = {at: truth.energy(moment(at), moment(at + HOUR)) for at in hours}
    for series, known in bars.items():
        shown = {at: known.get(at, 0.0) for at in hours}
        counted = {at for at, bar in known.items() if abs(bar) > within}
        assert not {at for at in counted if begin <= at < end} - set(hours), series
        expected = {at: expected_of(flows[at], series) for at in hours}
        wrong = {
            moment(at).isoformat(): (shown[at], expected[at])
            for at in hours
            if abs(shown[at] - expected[at]) > within
        }
        assert not wrong, (series, wrong)


async def assert_periods(
    hass: HomeAssistant,
    sim: Simulator,
    periods: Iterable[tuple[int, int]],
    *,
    plant: int = 0,
    within: float = 0.05,
) -> None:
    """Assert that the bars of each period add up to what happened in it."""
    code = sim.plants[plant].code
    truth, bars = sim.truth(code), await bars_of(hass, code)
    for begin, end in periods:
        flow = truth.energy(moment(begin), moment(end))
        for series, known in bars.items():
            shown = sum(bar for at, bar in known.items() if begin <= at < end)
            expected = expected_of(flow, series)
            when = moment(begin).isoformat()
            assert shown == pytest.approx(expected, abs=within), (
                series,
                when,
                shown,
                expected,
            )


def days_of(plant: Plant, begin: float, end: float) -> Iterator[tuple[int, int]]:
    """Yield the plant's days from an instant's on."""
    at = midnight(plant, begin)
    while at < end:
        following = midnight(plant, at, 1)
        yield at, following
        at = following


async def assert_nothing_falls(hass: HomeAssistant, code: str) -> None:
    """Assert that no bar of a series of energy is negative, and none of tomorrow."""
    now = datetime.now(UTC).timestamp()
    for series in ENERGIES:
        rows = await rows_of(hass, code, series)
        assert rows, series
        assert rows[-1]["start"] <= now, series
        # Money may flow both ways.
        assert series == "revenue" or not negative(rows), series


async def assert_whole(hass: HomeAssistant, sim: Simulator, plant: int = 0) -> None:
    """Assert that each day of a plant's life is its own, but for the last one."""
    house = sim.plants[plant]
    begin = house.world.midnight(house.site.connected)
    days = days_of(house, begin, last_midnight(sim, plant))
    await assert_periods(hass, sim, days, plant=plant)
    await assert_nothing_falls(hass, house.code)


async def all_rows(
    hass: HomeAssistant, code: str, until: float
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each series up to an instant."""
    return {
        series: [
            row for row in await rows_of(hass, code, series) if row["start"] < until
        ]
        for series in ENERGIES
    }


def asked(sim: Simulator, interface: str, after: int = 0) -> list[Call]:
    """Return the calls of an interface that were answered, from a number of on."""
    return [
        call
        for call in sim.calls[after:]
        if call.interface == interface and call.fail_code == 0
    ]


async def stop(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Stop as Home Assistant does: nothing in memory is left."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.data.pop(CONNECTIONS)


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> HistoryCoordinator:
    """Start again with what is on disk."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    history: HistoryCoordinator = entry.runtime_data.history
    return history


async def pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float, step: float
) -> None:
    """Let time pass in steps; those at which no timer is due are passed at once."""
    passed = 0.0
    while passed < seconds:
        due = min(due_in(hass.loop), seconds - passed)
        ticked = max(1, ceil(due / step)) * step
        freezer.tick(ticked)
        passed += ticked
        run_timers(hass, SPREAD)
        await hass.async_block_till_done(wait_background_tasks=True)


async def settle(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let time pass until the hours of three hours ago are in.

    In large steps a question that was due may wait for the next step, or two.
    """
    await pass_time(hass, freezer, 2 * HOUR, 300)


def step_of(dialect: Dialect) -> float:
    """Return a step of time that suits the account's limits."""
    return 95 if dialect is Dialect.V2020 else 1800

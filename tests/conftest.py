"""A simulated server and an entry that talks to it over real HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
import logging
from math import ceil
from typing import Any
from unittest.mock import AsyncMock, patch

import freezegun
from freezegun import api
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import Store
from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.smartpvms  # noqa: F401  # before Home Assistant looks for it
from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.actions import budget
from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN
from custom_components.smartpvms.history.importer import Importer
from simulator import Dialect, Simulator, fleet, serve
from simulator.certificate import self_signed
from tests.play import SPREAD, due_in, run_timers

NOON = "2026-06-15T10:00:00+00:00"

# For what plays days: an account of 2020 is asked five times as often.
DIALECTS_OF_DAYS = [
    Dialect.V2022,
    pytest.param(Dialect.V2020, marks=pytest.mark.slow),
]

# Each statement as a line of the log takes longer than the statement.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# A line for each entity and each call, of which there are hundreds in a test.
for _name in ("homeassistant.helpers.entity_registry", "simulator.server"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# The test plugin's handler writes each line a second time, which pytest shows by itself.
logging.getLogger().handlers.clear()

# cryptography keeps the class datetime of its first certificate and accepts only its
# instances later on: it must be the real one, not that of a stopped clock.
self_signed("localhost")

# Both are told the time, and dates of a stopped clock are slow.
freezegun.configure(extend_ignore_list=["simulator.answers", "simulator.world"])
# The caller alone is compared with the ignored modules. Five callers deep, as by
# default, takes a tenth of the time of a history.
api.call_stack_inspection_limit = 1

# What is drawn at random: little of it, the same each time, before a change is taken
# over; script/soak draws much more, and always something else.
settings.register_profile("short", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("short")


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave the loop's debug mode off, which the test plugin switches on.

    It notes where each task was made, which takes a quarter of the time of a played day.
    """


@pytest.fixture(autouse=True)
def integration(request: pytest.FixtureRequest) -> None:
    """Load the integration from the checkout and let it reach loopback."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
        request.getfixturevalue("socket_enabled")


@pytest.fixture
def hass_storage(hass_storage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Keep files in memory without the calls that wrote them: gigabytes in a day."""
    plain = {
        name: getattr(Store, name).side_effect
        for name in ("_async_load", "_async_write_data")
    }
    with patch.multiple(Store, **plain):
        yield hass_storage


@pytest.fixture
def dialect() -> Dialect:
    """Return the server's generation; a test may parametrise it."""
    return Dialect.V2022


@pytest.fixture
def now(freezer: FrozenDateTimeFactory) -> str:
    """Stop the clock of Home Assistant and of the simulator at noon in June."""
    freezer.move_to(NOON)
    return NOON


@pytest.fixture
async def sim(now: str, dialect: Dialect) -> Simulator:
    """Return the simulator behind `url`: one residential plant, alarms on request only."""
    sim = Simulator(plants=[fleet.residential()], dialect=dialect)
    sim.alarms.automatic = False
    return sim


@pytest.fixture
async def url(sim: Simulator) -> AsyncIterator[str]:
    """Serve the simulator on loopback."""
    async with serve(sim) as address:
        yield address


@pytest.fixture
def entry(hass: HomeAssistant, url: str) -> MockConfigEntry:
    """Return an entry for the simulator's account, not set up yet."""
    entry = make_entry(url)
    entry.add_to_hass(hass)
    return entry


def make_entry(url: str, username: str = "user", **options: object) -> MockConfigEntry:
    """Return an entry for an account of a simulator."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="FusionSolar test",
        unique_id=f"{url}|{username}",
        data={
            CONF_HOST: url,
            CONF_USERNAME: username,
            CONF_PASSWORD: "pass",
            CONF_VERIFY_SSL: True,
        },
        options={CONF_EXCLUDED_PLANTS: [], **options},
    )


@pytest.fixture
def wait(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> Callable[..., Awaitable[None]]:
    """Return a coroutine that lets seconds pass, step by step.

    Steps at which no timer is due are passed at once.
    """

    async def pass_(seconds: float, step: float = 5.0) -> None:
        passed = 0.0
        while passed < seconds:
            due = min(due_in(hass.loop), seconds - passed)
            many = max(1, ceil(due / step)) * step
            freezer.tick(min(many, seconds - passed))
            passed += many
            run_timers(hass, SPREAD)
            await hass.async_block_till_done(wait_background_tasks=True)

    return pass_


def write_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the import ask but write nothing: nine tenths of a fleet's day are the recorder's."""
    for writes in ("async_merge", "async_put_powers"):
        monkeypatch.setattr(Importer, writes, AsyncMock())


@pytest.fixture
def turns_pass(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    """Let time pass at once where an action waits for its turn."""

    async def tick(hass: HomeAssistant, seconds: float) -> None:
        freezer.tick(seconds)

    with patch.object(budget, "async_delay", tick):
        yield


@pytest.fixture
async def setup(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Callable[..., Awaitable[None]]
) -> MockConfigEntry:
    """Set the entry up and let the first data arrive."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(10)
    return entry


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Stop and start the integration as a restart of Home Assistant does.

    Nothing in memory is left: sessions, ledgers and readings come from disk.
    """
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.data.pop(CONNECTIONS)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def entity_id(hass: HomeAssistant, platform: str, source: str | int, key: str) -> str:
    """Return the entity of a plant's or device's key."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{source}_{key}")
    assert found, f"no {platform} for {key}"
    return found


def state_of(hass: HomeAssistant, source: str | int, key: str) -> str:
    """Return the state of a sensor."""
    state = hass.states.get(entity_id(hass, "sensor", source, key))
    assert state, f"{key} is not enabled"
    return state.state


def device_of(sim: Simulator, type_id: int, plant: int = 0) -> int:
    """Return the id of the first device of a type."""
    return next(d.id for d in sim.plants[plant].devices if d.type == type_id)

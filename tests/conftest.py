"""A simulated server and an entry that talks to it over real HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

import custom_components.smartpvms  # noqa: F401  # before Home Assistant looks for it
from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from simulator import Dialect, Simulator, fleet

NOON = "2026-06-15T10:00:00+00:00"


@pytest.fixture(autouse=True)
def integration(enable_custom_integrations: None, socket_enabled: None) -> None:
    """Load the integration from the checkout and let it reach loopback."""


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
    """Return the simulator behind `url`, with one residential plant."""
    return Simulator(plants=[fleet.residential()], dialect=dialect)


@pytest.fixture
async def url(sim: Simulator) -> AsyncIterator[str]:
    """Serve the simulator on loopback."""
    async with sim.serve() as address:
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
    """Return a coroutine that lets seconds pass, step by step."""

    async def pass_(seconds: float, step: float = 5.0) -> None:
        passed = 0.0
        while passed < seconds:
            freezer.tick(min(step, seconds - passed))
            passed += step
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)

    return pass_


@pytest.fixture
async def setup(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Callable[..., Awaitable[None]]
) -> MockConfigEntry:
    """Set the entry up and let the first data arrive."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(10)
    return entry

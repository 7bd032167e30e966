"""System health: the server, the login, the calls; it costs none."""

from collections.abc import AsyncIterator, Awaitable, Callable
from socket import socket
from typing import Any

from aiohttp import ClientTimeout
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.smartpvms import system_health
from custom_components.smartpvms.const import DOMAIN
from simulator import Simulator, fleet, serve

from .conftest import make_entry
from .flows import texts

type Wait = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
async def side_of_home_assistant(hass: HomeAssistant) -> None:
    """Set up Home Assistant's side of it."""
    assert await async_setup_component(hass, "system_health", {})


async def info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is shown, each with its name."""
    found: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    assert found.keys() == texts("system_health", "info").keys()
    return {
        key: await value if hasattr(value, "__await__") else value
        for key, value in found.items()
    }


async def test_an_account_that_works(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    freezer: FrozenDateTimeFactory,
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    await wait(300, step=60)
    calls = len(sim.calls)
    shown = await info(hass)
    assert len(sim.calls) == calls
    assert shown["server_reachable"] == "ok"
    assert shown["logged_in"] == "1/1"
    told = dict(item.split(": ") for item in shown["calls"].split(", "))
    assert {name: int(count) for name, count in told.items()} == {
        name: sim.count(name) for name in {call.interface for call in sim.calls}
    }
    counts = [int(count) for count in told.values()]
    assert counts == sorted(counts, reverse=True)
    ledger = setup.runtime_data.account.ledger
    at = dt_util.as_local(
        dt_util.utc_from_timestamp(ledger.ready_at("getStationRealKpi"))
    )
    assert f"getStationRealKpi: {at:%Y-%m-%d %H:%M:%S}" in shown["waiting"]
    assert f"{at:%H}" in ("12", "13")
    lanes = set(ledger.lanes) - {"login"}
    soonest = min(ledger.ready_at(lane) for lane in lanes)
    assert shown["next_call"] == dt_util.utc_from_timestamp(soonest)


async def test_calls_of_yesterday(
    hass: HomeAssistant, setup: MockConfigEntry, wait: Wait
) -> None:
    assert "getDevList: 1" in (await info(hass))["calls"]
    assert await hass.config_entries.async_unload(setup.entry_id)
    await wait(26 * 3600, step=26 * 3600)
    shown = await info(hass)
    assert (shown["calls"], shown["waiting"]) == ("-", "-")


async def test_a_server_that_is_gone(hass: HomeAssistant, now: str) -> None:
    async with serve(Simulator()) as url:
        pass
    entry = make_entry(url)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    shown = await info(hass)
    assert shown["server_reachable"] == {"type": "failed", "error": "unreachable"}
    assert shown["logged_in"] == "0/1"


@pytest.fixture
async def tls() -> AsyncIterator[str]:
    """Serve a simulator whose certificate nobody knows."""
    async with serve(Simulator(plants=[fleet.residential()]), tls=True) as url:
        yield url


@pytest.mark.parametrize(
    ("verify_ssl", "reachable"),
    [(False, "ok"), (True, {"type": "failed", "error": "certificate"})],
)
async def test_certificates_are_verified_as_the_entry_says(
    hass: HomeAssistant, tls: str, verify_ssl: bool, reachable: object
) -> None:
    entry = make_entry(tls)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_VERIFY_SSL: verify_ssl}
    )
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await info(hass))["server_reachable"] == reachable


async def test_several_accounts(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Sums and the longest wait; what is wrong with one is wrong."""
    async with serve(Simulator(plants=[fleet.emma()])) as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        shown = await info(hass)
        assert shown["logged_in"] == "2/2"
        assert shown["server_reachable"] == "ok"
        assert "login: 2" in shown["calls"]
    shown = await info(hass)
    assert shown["server_reachable"] == {"type": "failed", "error": "unreachable"}


async def test_without_an_account(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert await info(hass) == {
        "server_reachable": "ok",
        "logged_in": "0/0",
        "calls": "-",
        "waiting": "-",
        "next_call": None,
        "controllable": "-",
        "commands": 0,
    }


async def test_a_server_that_does_not_answer(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its socket takes the connection, and that is all."""
    monkeypatch.setattr(system_health, "TIMEOUT", ClientTimeout(total=0.1))
    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        entry = make_entry(f"http://127.0.0.1:{silent.getsockname()[1]}")
        entry.add_to_hass(hass)
        reached = (await system_health.async_info(hass))["server_reachable"]
        assert await reached == {"type": "failed", "error": "timeout"}

"""A Home Assistant whose server is replaced by what a test has drawn."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
import logging
from types import SimpleNamespace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import async_get_connections
from custom_components.smartpvms.northbound import NorthboundSession
from custom_components.smartpvms.northbound.session import _open
from simulator import Simulator
from tests.conftest import make_entry

from .strategies import Mutation, applied, spoken
from .truth import answer

type Plans = Mapping[str, Sequence[Mutation]]
type Wait = Callable[..., Awaitable[None]]

POLLED: Final = (
    "stations",
    "getDevList",
    "getStationRealKpi",
    "getDevRealKpi",
    "getKpiStationHour",
    "getKpiStationDay",
    "getKpiStationMonth",
    "getKpiStationYear",
    "getDevKpiDay",
    "getDevKpiMonth",
    "getDevKpiYear",
    "getDevHistoryKpi",
    "getDevUpgradeInfo",
    "getAlarmList",
)

_accounts = count()


class FakeServer:
    """Answers in process what a simulator says, changed as a test has planned."""

    def __init__(self, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the network."""
        self.sim = sim
        self.plans: Plans = {}
        server = self

        async def exchange(
            session: NorthboundSession, interface: Any, payload: Any, token: str | None
        ) -> Any:
            envelope = answer(server.sim, interface, payload)
            if plan := server.plans.get(interface):
                # At the envelope's place of the data, and below it.
                envelope["data"] = applied(plan, envelope["data"])
            response = SimpleNamespace(
                status=200,
                content_type="application/json",
                headers={"XSRF-TOKEN": "x-token"},
                cookies={},
            )
            return _open(interface, spoken(envelope), response), response  # type: ignore[arg-type]

        monkeypatch.setattr(NorthboundSession, "_exchange", exchange)


def new_entry(hass: HomeAssistant, **options: object) -> MockConfigEntry:
    """Return an entry of an account that nobody has asked yet."""
    entry = make_entry("http://127.0.0.1:1", f"user{next(_accounts)}", **options)
    entry.add_to_hass(hass)
    return entry


async def live(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Wait, seconds: float, step: float
) -> None:
    """Set an entry up, let time pass, and remove it."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    if entry.state is ConfigEntryState.LOADED:
        await wait(seconds, step)
    assert entry.state is not ConfigEntryState.SETUP_ERROR
    for state in hass.states.async_all():
        assert state.state not in ("inf", "-inf", "nan")


async def remove(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Remove an entry, so that the next one meets nothing of it."""
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    # Else each example writes the ledgers of all before.
    (await async_get_connections(hass))._ledgers.clear()


def assert_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Assert that nothing was logged but that a server is at fault."""
    for record in caplog.records:
        message = record.getMessage()
        # Home Assistant's coordinators write every failure in full for debugging.
        is_failure = message == "Full exception" and record.levelno == logging.DEBUG
        assert is_failure or not record.exc_info, message
        if record.levelno >= logging.ERROR:
            assert message.startswith("Error fetching "), message
    caplog.clear()


def assert_savable(hass_storage: Mapping[str, Any]) -> None:
    """Assert that all that was saved can be, as Home Assistant does it."""
    for key, data in hass_storage.items():
        assert orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), key

"""System health: is the server there, are we logged in, what may still be asked.

It makes no northbound call and names neither account nor server: people paste it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorSSLError,
    ClientError,
    ClientTimeout,
)
from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .account.connections import (
    AnyCredentials,
    Connection,
    async_get_connections,
    credentials_of,
)
from .account.wording import listed, with_value
from .const import DOMAIN
from .control.entity import commanded
from .hub.hub import Hub, SmartPvmsConfigEntry
from .northbound import Interface, Ledger

TIMEOUT: Final = ClientTimeout(total=5)
OK: Final = "ok"
# Only other calls wait for the login.
_NOT_POLLED: Final = frozenset({Interface.LOGIN, Interface.LOGOUT})

type Failure = dict[str, str]


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what Home Assistant shows under System > Repairs > System information."""
    register.async_register_info(async_info)


async def async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the state of all accounts together; only the check of the server takes time."""
    connections = await async_get_connections(hass)
    entries = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    known = [connections.connect(credentials_of(entry)) for entry in entries]
    loaded: list[SmartPvmsConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    ledgers = [connection.client.session.ledger for connection in known]
    open_now = sum(connection.client.session.is_open for connection in known)
    return {
        "server_reachable": _async_reach(hass, known),
        "logged_in": f"{open_now}/{len(known)}",
        "calls": _listed(hass, _calls(ledgers).most_common()),
        "waiting": _listed(hass, sorted(_waiting(ledgers).items())),
        "next_call": _next_call(ledgers),
        **_control(entry.runtime_data for entry in loaded),
    }


def _control(hubs: Iterable[Hub]) -> dict[str, str | int]:
    """Return how many plants can be controlled, of those that may, and what runs."""
    allowed = [hub for hub in hubs if hub.control.is_allowed]
    plants = sum(len(hub.account.plants) for hub in allowed)
    controllable = sum(len(commanded(hub.control)) for hub in allowed)
    commands = [one for hub in allowed for one in hub.control.commands]
    return {
        "controllable": f"{controllable}/{plants}" if allowed else "-",
        "commands": sum(one.is_running for one in commands),
    }


async def _async_reach(
    hass: HomeAssistant, known: Iterable[Connection]
) -> str | Failure:
    """Return "ok", or the failure of the first server that does not answer."""
    for connection in known:
        if error := await _async_error(hass, connection.credentials):
            return {"type": "failed", "error": error}
    return OK


async def _async_error(hass: HomeAssistant, credentials: AnyCredentials) -> str | None:
    """Ask for the server's front page, whatever it answers."""
    http = async_get_clientsession(hass, verify_ssl=credentials.verify_ssl)
    try:
        async with http.get(
            f"{credentials.origin}/", allow_redirects=False, timeout=TIMEOUT
        ):
            return None
    except ClientConnectorCertificateError, ClientConnectorSSLError:
        return "certificate"
    except TimeoutError:
        return "timeout"
    except ClientError, OSError:
        return "unreachable"


def _calls(ledgers: Iterable[Ledger]) -> Counter[str]:
    """Return the calls of the last 24 hours by interface."""
    counts: Counter[str] = Counter()
    for ledger in ledgers:
        for interface, lane in ledger.lanes.items():
            counts[interface] += lane.tally.since_yesterday(ledger.now())
    return +counts


def _waiting(ledgers: Iterable[Ledger]) -> dict[str, str]:
    """Return until when (local time) each interface has to wait, the longest wait."""
    until = {
        interface: max(ledger.ready_at(interface) for ledger in ledgers)
        for interface in {key for ledger in ledgers for key in ledger.lanes}
        if any(ledger.wait(interface) for ledger in ledgers)
    }
    zone = dt_util.get_default_time_zone()
    return {
        interface: f"{datetime.fromtimestamp(at, zone):%F %H:%M:%S}"
        for interface, at in until.items()
    }


def _next_call(ledgers: Iterable[Ledger]) -> datetime | None:
    """Return when the first of the interfaces in use may be asked."""
    times = [
        ledger.ready_at(interface)
        for ledger in ledgers
        for interface in ledger.lanes.keys() - _NOT_POLLED
    ]
    return dt_util.utc_from_timestamp(min(times)) if times else None


def _listed(hass: HomeAssistant, items: Iterable[tuple[str, object]]) -> str:
    values = (with_value(hass, name, str(value)) for name, value in items)
    return listed(hass, values) or "-"

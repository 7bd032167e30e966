"""The ledgers and sessions that outlive an entry."""

from collections import deque
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import (
    _KEY as CONNECTIONS,
    STORE_KEY,
    STORE_VERSION,
    Credentials,
    async_get_connections,
    credentials_of,
)
from custom_components.smartpvms.northbound import Interface, PasswordAuthenticator
from custom_components.smartpvms.northbound.lane import Lane
from simulator import Dialect, Simulator

from ..conftest import make_entry
from ..flows import account, add, submit

type Storage = dict[str, dict[str, Any]]

DAY = 24 * 3600
BOTH = pytest.mark.parametrize("dialect", Dialect)


def saved(hass_storage: Storage) -> dict[str, Any]:
    """Return the ledgers on disk."""
    ledgers: dict[str, Any] = hass_storage[STORE_KEY]["data"]
    return ledgers


async def test_a_call_is_on_disk_before_its_answer(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: Storage, sim: Simulator
) -> None:
    """A login that is refused counts, even if Home Assistant dies right now."""
    sim.deny("login", 20400)
    await hass.config_entries.async_setup(entry.entry_id)
    lane = saved(hass_storage)[entry.unique_id]["login"]
    assert lane["calls"] == [sim.calls[0].at]


async def test_a_ledger_outlives_its_entry_for_a_day(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    hass_storage: Storage,
    freezer: FrozenDateTimeFactory,
) -> None:
    await hass.config_entries.async_remove(setup.entry_id)
    connections = await async_get_connections(hass)
    freezer.tick(DAY - 60)
    await connections.async_save()
    lanes = saved(hass_storage)[setup.unique_id]
    assert {"login", "stations", "getDevList"} <= lanes.keys()
    freezer.tick(120)
    await connections.async_save()
    assert setup.unique_id not in saved(hass_storage)


async def test_the_ledger_of_an_entry_is_kept(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    hass_storage: Storage,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A pause may be longer than a day."""
    freezer.tick(2 * DAY)
    await (await async_get_connections(hass)).async_save()
    assert setup.unique_id in saved(hass_storage)


@BOTH
@pytest.mark.parametrize("restarted", [False, True])
async def test_remove_and_add_within_a_minute(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    url: str,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
    restarted: bool,
) -> None:
    """The form says how long to wait; nothing is sent that would be refused."""
    await hass.config_entries.async_remove(setup.entry_id)
    assert sim.calls[-1].interface == "logout"
    if restarted:
        hass.data.pop(CONNECTIONS)
    calls = len(sim.calls)
    form = await add(hass, account(url))
    assert form["errors"]
    assert form["errors"]["base"] in ("too_frequent", "login_too_frequent")
    # A user may log in again at once; the list has to wait.
    assert {call.interface for call in sim.calls[calls:]} <= {"login"}
    assert form["description_placeholders"]
    seconds = int(form["description_placeholders"]["seconds"])
    assert 0 < seconds <= 65
    freezer.tick(seconds)
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count("login") == 2
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {"{account}": None},
        {"{account}": []},
        {"{account}": {"login": None, "stations": 7, "nonsense": {}}},
        {"{account}": {"login": {"calls": {"a": 1}, "paused_until": "soon"}}},
        {"{account}": {"login": {"calls": ["x", None, -1, {}], "reason": "mood"}}},
        {"{account}": {"login": {"calls": [10**400], "pause": [], "reason": []}}},
    ],
)
async def test_an_odd_file_is_survived(
    hass: HomeAssistant,
    url: str,
    sim: Simulator,
    hass_storage: Storage,
    freezer: FrozenDateTimeFactory,
    data: Any,
) -> None:
    """Without a record of logins, none is made before the server has forgotten all."""
    if isinstance(data, dict):
        data = {f"{url}|user": next(iter(data.values()))}
    hass_storage[STORE_KEY] = {
        "version": STORE_VERSION,
        "minor_version": 1,
        "key": STORE_KEY,
        "data": data,
    }
    result = await add(hass, account(url))
    if data is not None:
        assert result["errors"] == {"base": "login_too_frequent"}
        assert not sim.calls
        freezer.tick(601)
        result = await submit(hass, result, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(saved(hass_storage)[f"{url}|user"]["login"]["calls"]) == 1


async def test_a_stamp_of_the_future_counts_as_now(
    hass: HomeAssistant,
    url: str,
    sim: Simulator,
    hass_storage: Storage,
) -> None:
    lane = Lane(deque([4_000_000_000.0]))
    hass_storage[STORE_KEY] = {
        "version": STORE_VERSION,
        "minor_version": 1,
        "key": STORE_KEY,
        "data": {f"{url}|user": {"login": lane.dump()}},
    }
    # By hand one is allowed at once; both are on record as of now.
    result = await add(hass, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    calls = saved(hass_storage)[f"{url}|user"]["login"]["calls"]
    assert len(calls) == 2
    assert max(calls) <= sim.clock.now()


async def test_all_accounts_share_two_client_sessions(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """One that checks certificates, one that does not; both are let go of."""
    connections = await async_get_connections(hass)
    mine = credentials_of(setup)
    assert connections.connect(mine) is connections.connect(mine)
    others = [
        Credentials("https://other.example", "user", "pass", verify_ssl=verify)
        for verify in (True, False)
    ]
    opened = [connections.connect(one) for one in others]
    assert opened[0] is not opened[1]
    sessions = set(connections._http.values())
    assert len(sessions) == 2
    assert not any(session.closed for session in sessions)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_CLOSE)
    await hass.async_block_till_done()
    assert all(session.connector is None for session in sessions)


async def test_new_credentials_get_a_new_connection_on_the_same_ledger(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    connections = await async_get_connections(hass)
    mine = credentials_of(setup)
    before = connections.connect(mine)
    changed = Credentials(mine.origin, mine.username, "new")
    tried = connections.try_out(changed)
    assert connections.connect(mine) is before
    assert tried is not before
    assert tried.client.session.ledger is before.client.session.ledger
    assert connections.connect(changed) is not before
    assert connections.ledger(changed.account).lane(Interface.LOGIN).calls


async def test_no_secret_is_shown(hass: HomeAssistant, setup: MockConfigEntry) -> None:
    connection = (await async_get_connections(hass)).connect(credentials_of(setup))
    authenticator = connection.client.session._authenticator
    assert isinstance(authenticator, PasswordAuthenticator)
    assert (token := authenticator._token)
    shown = f"{connection!r} {connection.client.session!r}"
    assert "'pass'" not in shown
    assert token not in shown


async def test_an_account_nobody_has_met_is_dropped(
    hass: HomeAssistant, url: str, sim: Simulator
) -> None:
    """An entry that never came up has nothing to log out from."""
    entry = make_entry(url)
    entry.add_to_hass(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not sim.calls


def test_a_repr_names_neither_user_nor_password() -> None:
    shown = repr(Credentials("https://example.com", "erika", "secret"))
    assert "erika" not in shown
    assert "secret" not in shown

"""Adding an owner's plants: consent, plants, a consent that ends, both ways together."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    config_entry_oauth2_flow as oauth2,
    entity_registry as er,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.smartpvms.account.owner import (
    AUTHORISATION,
    USUAL_LIFE,
    OwnerImplementation,
    _with_life,
)
from custom_components.smartpvms.account.short_state import async_issue
from custom_components.smartpvms.application_credentials import (
    async_get_description_placeholders,
)
from custom_components.smartpvms.const import (
    CONF_PLANTS,
    CONF_QUOTA_PROFILE,
    DOMAIN,
    REGIONS,
)
from custom_components.smartpvms.diagnostics import async_get_config_entry_diagnostics
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.errors import (
    BusyError,
    LoginError,
    NorthboundError,
    ServerError,
    UnansweredError,
    UnreachableError,
)
from simulator import Fault, Simulator, fleet, serve
from simulator.owner import BASIC

from .conftest import make_entry, restart, state_of
from .flows import account, add, assert_readable, open_options, submit, suggested
from .owner import agree, owner_entry, register_client

OWNER = {"access": "owner", CONF_VERIFY_SSL: True}


@pytest.fixture(autouse=True)
async def client(
    hass: HomeAssistant, sim: Simulator, current_request_with_host: None
) -> None:
    """Enter the client; forms are filled in by a browser."""
    await register_client(hass, sim)


@pytest.fixture
async def owned(hass: HomeAssistant, url: str, sim: Simulator) -> MockConfigEntry:
    """Return the loaded entry of an owner."""
    entry = owner_entry(url, sim)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def start(hass: HomeAssistant, url: str) -> ConfigFlowResult:
    """Choose the owner's login."""
    return await add(hass, {CONF_HOST: url, **OWNER})


async def test_an_owner_agrees_and_sees_the_plant(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    asked = await start(hass, url)
    query = URL(asked["url"]).query
    assert query["scope"] == "pvms.openapi.basic pvms.openapi.control"
    assert len(query["state"]) == 16
    result = await agree(hass, sim, asked, hass_client_no_auth)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.unique_id == f"{url}|owner:{sim.plants[0].code}"
    assert entry.data.keys() == {
        CONF_HOST,
        CONF_VERIFY_SSL,
        "auth_implementation",
        "consent",
        "token",
    }
    assert entry.state is ConfigEntryState.LOADED
    assert (sim.count("login"), sim.count("stations")) == (0, 1)
    assert sim.owner.refused == 0
    # The same owner once more, and the account that shows the same plant.
    freezer.tick(61)
    again = await agree(hass, sim, await start(hass, url), hass_client_no_auth)
    assert again["reason"] == "already_configured"
    assert (await add(hass, account(url)))["reason"] == "plants_taken"


async def test_an_account_shows_the_plant_already(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    setup: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    result = await agree(hass, sim, await start(hass, url), hass_client_no_auth)
    assert result["reason"] == "plants_taken"


async def test_both_ways_side_by_side(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    hass_client_no_auth: ClientSessionGenerator,
    wait: Callable[..., Awaitable[None]],
) -> None:
    other = fleet.emma()
    sim.plants.append(other)
    by_account = make_entry(url, excluded_plants=[other.code])
    by_account.add_to_hass(hass)
    assert await hass.config_entries.async_setup(by_account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await agree(hass, sim, await start(hass, url), hass_client_no_auth)
    by_owner = result["result"]
    await wait(70)
    assert set(by_account.runtime_data.account.plants) == {sim.plants[0].code}
    assert set(by_owner.runtime_data.account.plants) == {other.code}
    for code in (sim.plants[0].code, other.code):
        assert float(state_of(hass, code, "pv_power")) > 0
    assert sim.count(fail_code=305) == sim.count(fail_code=407) == 0
    assert sim.owner.refused == 0
    ledgers = [entry.runtime_data.account.ledger for entry in (by_account, by_owner)]
    assert ledgers[0].left_of_day() is None
    assert 900 < float(state_of(hass, other.code, "calls_left")) < 1000
    assert 900 < (ledgers[1].left_of_day() or 0) < 1000


@pytest.mark.parametrize(
    ("data", "field", "error"),
    [
        ({CONF_HOST: "http://plain.example"}, CONF_HOST, "not_encrypted"),
        ({CONF_HOST: "no address"}, CONF_HOST, "invalid_host"),
        ({"access": "northbound"}, CONF_USERNAME, "missing_login"),
        ({"access": "northbound", CONF_USERNAME: "a"}, CONF_PASSWORD, "missing_login"),
    ],
)
async def test_what_is_missing_is_named(
    hass: HomeAssistant, url: str, data: dict[str, str], field: str, error: str
) -> None:
    result = await add(hass, {CONF_HOST: url, **OWNER, **data})
    assert result["step_id"] == "user"
    assert (result["errors"] or {})[field] == error


async def test_an_owner_who_refuses(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    asked = await start(hass, url)
    result = await agree(hass, sim, asked, hass_client_no_auth, answer="refuse")
    assert result["reason"] == "user_rejected_authorize"


async def test_plants_that_cannot_be_listed_are_said_in_the_form(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    sim.faults.add(Fault("http", "stations", 1, status=503))
    result = await agree(hass, sim, await start(hass, url), hass_client_no_auth)
    assert (result["step_id"], result["errors"]) == ("user", {"base": "server_error"})
    sim.plants.append(fleet.emma())
    asked = await submit(hass, result, {CONF_HOST: url, **OWNER})
    # The list has its minute.
    early = await agree(hass, sim, asked, hass_client_no_auth)
    assert early["errors"] == {"base": "too_frequent"}


async def test_an_owner_chooses_plants(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    sim.plants.append(fleet.emma())
    result = await agree(hass, sim, await start(hass, url), hass_client_no_auth)
    assert result["step_id"] == "plants"
    chosen = await submit(hass, result, {CONF_PLANTS: [sim.plants[1].code]})
    assert set(chosen["result"].runtime_data.account.plants) == {sim.plants[1].code}


async def test_the_regions_have_one_server_that_authorises(hass: HomeAssistant) -> None:
    result = await start(hass, REGIONS[1])
    assert str(URL(result["url"]).origin()) == AUTHORISATION
    placeholders = await async_get_description_placeholders(hass)
    assert placeholders["redirect_url"].endswith("/auth/external/callback")
    hass.config.components.add("my")
    placeholders = await async_get_description_placeholders(hass)
    assert placeholders["redirect_url"].startswith("https://my.home-assistant.io/")


async def test_a_token_that_ends_in_the_night(
    hass: HomeAssistant,
    sim: Simulator,
    owned: MockConfigEntry,
    wait: Callable[..., Awaitable[None]],
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to("2026-06-15T23:30:00+00:00")
    before = owned.data["token"]
    await wait(1900)
    after = owned.data["token"]
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] == before["refresh_token"]
    assert sim.owner.refreshes == 1
    assert not hass.config_entries.flow.async_progress()
    assert float(state_of(hass, sim.plants[0].code, "calls_left")) > 0
    await restart(hass, owned)
    assert owned.state is ConfigEntryState.LOADED
    assert sim.owner.refreshes == 1


async def test_a_withdrawn_consent_asks_for_a_new_one(
    hass: HomeAssistant,
    sim: Simulator,
    owned: MockConfigEntry,
    wait: Callable[..., Awaitable[None]],
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await wait(10)
    sim.owner.revoke()
    await wait(3600, step=60.0)
    (flow,) = hass.config_entries.flow.async_progress()
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "owner_reauth_confirm"
    assert_readable(form)
    asked = await submit(hass, form, {})
    result = await agree(hass, sim, asked, hass_client_no_auth)
    assert result["reason"] == "reauth_successful"
    assert owned.state is ConfigEntryState.LOADED
    assert owned.data["consent"] != "first"
    assert not hass.config_entries.flow.async_progress()


async def test_a_consent_for_other_plants_is_refused(
    hass: HomeAssistant,
    sim: Simulator,
    owned: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    wait: Callable[..., Awaitable[None]],
) -> None:
    await wait(70)
    form = await owned.start_reauth_flow(hass)
    mine, sim.plants = sim.plants, [fleet.emma()]
    result = await agree(hass, sim, await submit(hass, form, {}), hass_client_no_auth)
    assert result["step_id"] == "owner_reauth_confirm"
    assert result["errors"] == {"base": "other_plants"}
    sim.plants = mine


async def test_another_host_needs_another_consent(
    hass: HomeAssistant,
    sim: Simulator,
    owned: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    wait: Callable[..., Awaitable[None]],
) -> None:
    await wait(70)
    form = await owned.start_reconfigure_flow(hass)
    assert form["step_id"] == "owner_reconfigure"
    assert_readable(form)
    assert form["data_schema"] is not None
    assert {str(field) for field in form["data_schema"].schema} == {
        CONF_HOST,
        CONF_VERIFY_SSL,
    }
    wrong = await submit(
        hass, form, {CONF_HOST: "http://x.example", "verify_ssl": True}
    )
    assert wrong["errors"] == {CONF_HOST: "not_encrypted"}
    async with serve(sim) as other:
        asked = await submit(hass, wrong, {CONF_HOST: other, CONF_VERIFY_SSL: True})
        result = await agree(hass, sim, asked, hass_client_no_auth)
    assert result["reason"] == "reconfigure_successful"
    assert (owned.data[CONF_HOST], owned.state) == (other, ConfigEntryState.LOADED)
    assert owned.unique_id == f"{other}|owner:{sim.plants[0].code}"


async def test_reconfigured_for_other_plants_is_refused(
    hass: HomeAssistant,
    sim: Simulator,
    owned: MockConfigEntry,
    url: str,
    hass_client_no_auth: ClientSessionGenerator,
    wait: Callable[..., Awaitable[None]],
) -> None:
    await wait(70)
    form = await owned.start_reconfigure_flow(hass)
    mine, sim.plants = sim.plants, [fleet.emma()]
    asked = await submit(hass, form, {CONF_HOST: url, CONF_VERIFY_SSL: True})
    result = await agree(hass, sim, asked, hass_client_no_auth)
    assert result["step_id"] == "owner_reconfigure"
    assert result["errors"] == {"base": "other_plants"}
    sim.plants = mine


async def test_a_self_signed_server_is_trusted_where_it_shall_be(
    hass: HomeAssistant, sim: Simulator, hass_client_no_auth: ClientSessionGenerator
) -> None:
    async with serve(sim, tls=True) as url:
        strict = await agree(hass, sim, await start(hass, url), hass_client_no_auth)
        assert strict["reason"] == "oauth_failed"
        asked = await add(hass, {CONF_HOST: url, **OWNER, CONF_VERIFY_SSL: False})
        result = await agree(hass, sim, asked, hass_client_no_auth)
        entry = result["result"]
        assert entry.state is ConfigEntryState.LOADED
        await entry.runtime_data.account.client.session._authenticator._tokens.renew()
        assert sim.owner.refreshes == 1


async def test_the_quota_of_an_owner_is_no_option(
    hass: HomeAssistant, owned: MockConfigEntry
) -> None:
    form = await open_options(hass, owned)
    assert CONF_QUOTA_PROFILE not in suggested(form)
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"currency": "NOK", "history_days": 30}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["currency"] == "NOK"
    assert CONF_QUOTA_PROFILE not in result["data"]


@pytest.mark.parametrize("has_scope", [False, True])
async def test_no_control_without_its_scope(
    hass: HomeAssistant, sim: Simulator, url: str, has_scope: bool
) -> None:
    entry = owner_entry(url, sim, *(() if has_scope else (BASIC,)), control=True)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.control.is_allowed is has_scope
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    found = {entity.domain for entity in entities} & {"select", "number"}
    assert not found or has_scope
    shown = await open_options(hass, entry, "control")
    assert shown.get("reason") == (None if has_scope else "control_not_agreed")


async def test_neither_tokens_nor_client_are_shown(
    hass: HomeAssistant,
    sim: Simulator,
    owned: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown = str(await async_get_config_entry_diagnostics(hass, owned))
    assert "'profile': <Profile.OWNER" in shown
    token: dict[str, Any] = dict(owned.data["token"])
    secrets = (
        token["access_token"],
        token["refresh_token"],
        sim.owner.client_id,
        sim.owner.client_secret,
    )
    assert not any(secret in f"{shown} {caplog.text}" for secret in secrets)


async def test_removal_leaves_nothing_behind(
    hass: HomeAssistant, sim: Simulator, owned: MockConfigEntry
) -> None:
    await hass.config_entries.async_remove(owned.entry_id)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert not sim.count("logout")


async def test_states_of_others_are_read_as_ever(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    theirs = oauth2._encode_jwt(hass, {"flow_id": "theirs"})
    ours = async_issue(hass, {"flow_id": "ours"})
    late = async_issue(hass, {"flow_id": "late"})
    assert ours
    assert late
    assert oauth2._decode_jwt(hass, theirs) == {"flow_id": "theirs"}
    assert oauth2._decode_jwt(hass, ours) == {"flow_id": "ours"}
    assert oauth2._decode_jwt(hass, ours) is None
    freezer.tick(3601)
    assert oauth2._decode_jwt(hass, late) is None
    gone = async_issue(hass, {"flow_id": "gone"})
    freezer.tick(3601)
    assert async_issue(hass, {"flow_id": "new"})
    assert oauth2._decode_jwt(hass, gone or "") is None


async def test_a_home_assistant_that_reads_states_elsewhere_gets_its_own(
    hass: HomeAssistant, url: str
) -> None:
    with patch.object(oauth2, "_decode_jwt", new=None):
        asked = await start(hass, url)
    assert len(URL(asked["url"]).query["state"]) > 100


async def test_one_of_two_clients_is_chosen(hass: HomeAssistant, url: str) -> None:
    other = ClientCredential("2", "secret", "Cottage")
    await async_import_client_credential(hass, DOMAIN, other, "cottage")
    form = await start(hass, url)
    assert form["step_id"] == "pick_implementation"
    assert_readable(form)
    assert form["data_schema"]
    (choice,) = form["data_schema"].schema.values()
    assert "Cottage" in choice.container.values()
    asked = await submit(hass, form, {"implementation": "cottage"})
    assert URL(asked["url"]).query["client_id"] == "2"


async def test_without_a_client_home_assistant_asks_for_one(
    hass: HomeAssistant, url: str
) -> None:
    with patch.object(oauth2, "async_get_implementations", return_value={}):
        result = await start(hass, url)
    assert result["reason"] == "missing_credentials"


async def test_a_client_that_is_gone_is_a_refused_login(
    hass: HomeAssistant, sim: Simulator, owned: MockConfigEntry
) -> None:
    tokens = owned.runtime_data.account.client.session._authenticator._tokens
    tokens._credentials = replace(tokens._credentials, implementation="gone")
    with pytest.raises(LoginError, match="no application credentials"):
        await tokens.renew()


@pytest.mark.parametrize("as_200", [False, True])
async def test_a_withdrawn_consent_is_a_refused_login(
    hass: HomeAssistant, sim: Simulator, owned: MockConfigEntry, as_200: bool
) -> None:
    tokens = owned.runtime_data.account.client.session._authenticator._tokens
    sim.owner.denies_as_200 = as_200
    sim.owner.revoke()
    with pytest.raises(LoginError) as caught:
        await tokens.renew()
    assert caught.value.code == 400


async def test_tokens_that_cannot_be_refreshed_need_a_new_consent(
    hass: HomeAssistant, owned: MockConfigEntry
) -> None:
    tokens = owned.runtime_data.account.client.session._authenticator._tokens
    del tokens.token["refresh_token"]
    with pytest.raises(LoginError, match="no refresh token"):
        await tokens.renew()


@pytest.mark.parametrize("told", ["9" * 5000, "soon", None, -3])
def test_a_life_that_is_no_number_is_the_usual(told: object) -> None:
    assert _with_life({"expires_in": told})["expires_in"] == USUAL_LIFE
    assert _with_life({"expires_in": "60"})["expires_in"] == 60


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("http", "token", 1, status=429), BusyError),
        (Fault("http", "token", 1, status=503), ServerError),
        # A gateway's answers say nothing of the consent.
        (Fault("http", "token", 1, status=403), ServerError),
        (Fault("redirect", "token", 1), UnreachableError),
        (Fault("html", "token", 1), UnreachableError),
        (Fault("exception", "token", 1, status=200), UnreachableError),
        (Fault("refuse", "token", 1), UnreachableError),
        (Fault("http", "token", 1, status=401), LoginError),
    ],
)
async def test_a_refresh_that_fails_says_why(
    sim: Simulator,
    owned: MockConfigEntry,
    fault: Fault,
    error: type[NorthboundError],
) -> None:
    tokens = owned.runtime_data.account.client.session._authenticator._tokens
    before = tokens.current()
    sim.faults.add(fault)
    with pytest.raises(error) as caught:
        await tokens.renew()
    assert caught.value.interface is Interface.LOGIN
    assert tokens.current() == before
    with (
        patch.object(OwnerImplementation, "_token_request", side_effect=TimeoutError),
        pytest.raises(UnansweredError),
    ):
        await tokens.renew()


async def test_a_busy_server_says_when_to_refresh_again(
    hass: HomeAssistant, sim: Simulator, owned: MockConfigEntry
) -> None:
    account = owned.runtime_data.account
    sim.owner.expire()
    sim.faults.add(Fault("http", "token", 1, status=429, retry_after=300))
    with pytest.raises(BusyError) as caught:
        await account.client.session.log_in()
    assert caught.value.retry_after == 300
    assert account.ledger.wait(Interface.LOGIN) == pytest.approx(300, abs=5)

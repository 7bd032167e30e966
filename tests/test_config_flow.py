"""Adding an account: what is asked, what is stored, what is spent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import ssl

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from yarl import URL

from custom_components.smartpvms.const import (
    CONF_CA_CERTIFICATE,
    CONF_EXCLUDED_PLANTS,
    CONF_PLANTS,
    DOMAIN,
)
from custom_components.smartpvms.northbound import normalise_origin
from simulator import Dialect, Simulator, fleet, serve

from .flows import account, add, assert_readable, choices, submit, suggested, texts

HOUSE, LAKE, PARK = fleet.residential(), fleet.emma(), fleet.utility()
BOTH = pytest.mark.parametrize("dialect", Dialect)


@BOTH
async def test_one_plant_is_not_asked_about(
    hass: HomeAssistant, sim: Simulator, url: str, dialect: Dialect
) -> None:
    result = await add(hass, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "FusionSolar 127.0.0.1"
    entry = result["result"]
    assert entry.unique_id == f"{url}|user"
    assert entry.data == {
        CONF_HOST: url,
        CONF_USERNAME: "user",
        CONF_PASSWORD: "pass",
        CONF_VERIFY_SSL: True,
    }
    assert entry.options == {CONF_EXCLUDED_PLANTS: []}
    assert entry.state is ConfigEntryState.LOADED


@BOTH
async def test_set_up_takes_over_session_plants_and_dialect(
    hass: HomeAssistant, sim: Simulator, url: str, dialect: Dialect
) -> None:
    await add(hass, account(url))
    lists = ["stations"]
    if dialect is Dialect.V2020:
        lists.append("getStationList")
    first = [call.interface for call in sim.calls][: len(lists) + 2]
    assert first == ["login", *lists, "getDevList"]
    for interface in ("login", *lists, "getDevList"):
        assert sim.count(interface) == 1
    assert sim.count(fail_code=407) == 0


async def test_the_servers_are_listed_as_they_are_shown(hass: HomeAssistant) -> None:
    """A field that takes other servers too shows values, not labels."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    schema = form["data_schema"]
    assert schema
    offered = schema.schema[CONF_HOST].config["options"]
    assert suggested(form)[CONF_HOST] == offered[0]
    assert all(isinstance(server, str) for server in offered)
    assert [normalise_origin(server) for server in offered] == offered
    # The regions of Huawei's own interface references.
    regions = {server.split(".")[0].removeprefix("https://") for server in offered}
    assert regions == {"intl", "eu5", "la5", "sg5", "au5", "jp5"}
    assert all(".fusionsolar.huawei.com" in server for server in offered)


async def test_several_plants_are_all_preselected(
    hass: HomeAssistant, sim: Simulator, url: str
) -> None:
    sim.plants += [LAKE, PARK]
    form = await add(hass, account(url))
    assert form["step_id"] == "plants"
    codes = [HOUSE.code, LAKE.code, PARK.code]
    assert suggested(form) == {CONF_PLANTS: codes}
    labels = ["Sonnenhof", "Haus am See", "Solarpark Süd"]
    assert choices(form, CONF_PLANTS) == dict(zip(codes, labels, strict=True))
    result = await submit(hass, form, {CONF_PLANTS: codes})
    assert result["options"] == {CONF_EXCLUDED_PLANTS: []}
    assert sim.count("login") == sim.count("stations") == 1


async def test_what_is_deselected_is_stored(
    hass: HomeAssistant, sim: Simulator, url: str
) -> None:
    sim.plants += [LAKE, PARK]
    form = await add(hass, account(url))
    form = await submit(hass, form, {CONF_PLANTS: []})
    assert form["errors"] == {CONF_PLANTS: "no_plants_selected"}
    result = await submit(hass, form, {CONF_PLANTS: [LAKE.code]})
    assert result["options"] == {CONF_EXCLUDED_PLANTS: [PARK.code, HOUSE.code]}
    assert result["result"].runtime_data.account.plants.keys() == {LAKE.code}


async def begin(hass: HomeAssistant, url: str) -> ConfigFlowResult:
    """Fill in the first form, and do not wait for what goes on behind it."""
    flow = hass.config_entries.flow
    form = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await flow.async_configure(form["flow_id"], account(url))


def is_listing(hass: HomeAssistant) -> bool:
    """Tell whether the only dialog shows that plants are being listed."""
    (shown,) = hass.config_entries.flow.async_progress()
    return shown["step_id"] == "listing"


async def pass_a_minute(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, over: Callable[[], bool]
) -> None:
    """Let a minute pass, and what it starts come to its end."""
    freezer.tick(62)
    async_fire_time_changed(hass)
    for _ in range(100_000):
        if over():
            break
        await asyncio.sleep(0)
    await hass.async_block_till_done()


async def test_more_plants_than_one_page_holds(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    """Further pages wait their minute while the dialog shows that it goes on."""
    sim.plants[:] = fleet.many(101, 1)
    shown = await begin(hass, url)
    assert shown["type"] is FlowResultType.SHOW_PROGRESS
    assert texts("config", "progress", str(shown["progress_action"]))
    await pass_a_minute(hass, freezer, lambda: not is_listing(hass))
    form = await hass.config_entries.flow.async_configure(shown["flow_id"])
    assert len(choices(form, CONF_PLANTS)) == 101
    assert [call.payload["pageNo"] for call in sim.calls[1:]] == [1, 2]
    assert sim.count(fail_code=407) == 0


async def test_a_page_that_fails_ends_the_list_with_its_reason(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    sim.plants[:] = fleet.many(101, 1)
    shown = await begin(hass, url)
    sim.deny("stations", 20618)
    await pass_a_minute(hass, freezer, lambda: not is_listing(hass))
    form = await hass.config_entries.flow.async_configure(shown["flow_id"])
    assert (form["step_id"], form["errors"]) == ("user", {"base": "too_frequent"})


@pytest.mark.parametrize(
    "typed",
    [
        "{url}",
        " {url}/ ",
        "HTTP://127.0.0.1:{port}",
        "{url}/thirdData/login?from=portal#top",
    ],
)
async def test_an_address_is_stored_as_its_origin(
    hass: HomeAssistant, sim: Simulator, url: str, typed: str
) -> None:
    host = typed.format(url=url, port=URL(url).port)
    result = await add(hass, account(host, username=" user "))
    assert result["data"][CONF_HOST] == url
    assert result["data"][CONF_USERNAME] == "user"
    assert result["result"].unique_id == f"{url}|user"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("http://intl.fusionsolar.huawei.com", "not_encrypted"),
        ("http://192.168.1.10:32800", "not_encrypted"),
        ("", "invalid_host"),
        ("no address", "invalid_host"),
        ("ftp://127.0.0.1", "invalid_host"),
        ("https://127.0.0.1:port", "invalid_host"),
        ("https://[::1", "invalid_host"),
    ],
)
async def test_what_is_no_address_is_not_called(
    hass: HomeAssistant, sim: Simulator, url: str, typed: str, key: str
) -> None:
    form = await add(hass, account(typed))
    assert form["errors"] == {CONF_HOST: key}
    assert suggested(form) == account(typed, access="northbound")
    assert not sim.calls
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_self_signed_certificate(hass: HomeAssistant, sim: Simulator) -> None:
    """A company's own system: typed without scheme, verification off."""
    async with serve(sim, tls=True) as url:
        bare = url.removeprefix("https://")
        form = await add(hass, account(bare))
        assert form["errors"] == {"base": "certificate"}
        assert form["description_placeholders"]
        assert form["description_placeholders"]["host"] == "127.0.0.1"
        assert not sim.calls
        # At once: no login was spent.
        result = await submit(hass, form, account(bare, verify_ssl=False))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"][CONF_HOST] == url
        assert result["data"][CONF_VERIFY_SSL] is False
        assert result["result"].state is ConfigEntryState.LOADED


async def certificate_of(hass: HomeAssistant, url: str) -> str:
    """Return the certificate of a server as PEM text."""
    address = ("127.0.0.1", URL(url).port or 443)
    return await hass.async_add_executor_job(ssl.get_server_certificate, address)


async def test_the_certificate_of_a_companys_own_authority(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """It is asked where it may help, and the verification stays on."""
    async with serve(sim, tls=True) as url, serve(sim, tls=True) as other:
        form = await add(hass, account(url))
        assert form["errors"] == {"base": "certificate"}
        assert form["data_schema"]
        assert CONF_CA_CERTIFICATE in form["data_schema"].schema
        form = await submit(hass, form, account(url, ca_certificate="no/such.pem"))
        assert form["errors"] == {CONF_CA_CERTIFICATE: "no_certificate"}
        foreign = await certificate_of(hass, other)
        form = await submit(hass, form, account(url, ca_certificate=foreign))
        assert form["errors"] == {"base": "certificate"}
        assert not sim.calls
        pem = await certificate_of(hass, url)
        result = await submit(hass, form, account(url, ca_certificate=f" {pem} "))
        assert result["data"] == account(url, ca_certificate=pem.strip())
        assert result["result"].state is ConfigEntryState.LOADED
        assert sim.count("login") == 1


async def test_a_certificate_from_a_file(
    hass: HomeAssistant, sim: Simulator, tmp_path: Path
) -> None:
    """Only a file of the configuration folder is read, and what it holds is kept."""
    hass.config.config_dir = str(tmp_path / "config")
    async with serve(sim, tls=True) as url:
        pem = await certificate_of(hass, url)
        (tmp_path / "config").mkdir()
        for name in ("config/ca.pem", "outside.pem"):
            (tmp_path / name).write_text(pem)
        (tmp_path / "config" / "large.pem").write_text(pem + " " * 1_000_000)
        form = await add(hass, account(url))
        for name in ("../outside.pem", str(tmp_path / "outside.pem"), "large.pem"):
            form = await submit(hass, form, account(url, ca_certificate=name))
            assert form["errors"] == {CONF_CA_CERTIFICATE: "no_certificate"}
        result = await submit(hass, form, account(url, ca_certificate="ca.pem"))
        assert result["data"][CONF_CA_CERTIFICATE] == pem.strip()


async def test_a_server_below_a_path(
    hass: HomeAssistant, sim: Simulator, now: str
) -> None:
    async with serve(sim, prefix="/Solar") as url:
        result = await add(hass, account(f"{url}/thirdData/login"))
        assert result["data"][CONF_HOST] == url
        assert url.endswith("/Solar")
        assert result["result"].unique_id == f"{url}|user"
        assert result["result"].state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    ("typed", "key", "server"),
    [
        ("region01eu5.fusionsolar.huawei.com", "portal_address", "eu5"),
        ("https://eu5.fusionsolar.huawei.com/pvms", "page_address", "eu5"),
    ],
)
async def test_an_address_that_is_changed_before_anything_is_sent(
    hass: HomeAssistant, sim: Simulator, typed: str, key: str, server: str
) -> None:
    form = await add(hass, account(typed))
    assert form["errors"] == {CONF_HOST: key}
    assert suggested(form)[CONF_HOST] == f"https://{server}.fusionsolar.huawei.com"


async def test_what_comes_next_is_offered(
    hass: HomeAssistant, sim: Simulator, url: str
) -> None:
    """The flow ends as ever; the frontend goes on with a step of the options."""
    result = await add(hass, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.OPTIONS_FLOW
    form = await hass.config_entries.options.async_configure(flow_id)
    assert form["step_id"] == "next_steps"
    assert_readable(form, "options")


async def test_options_of_the_frontends_own_take_its_place_once(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    """It opens new ones in place of those that the set-up names."""
    entry_id = (await add(hass, account(url)))["result"].entry_id
    options = hass.config_entries.options
    form = await options.async_init(entry_id)
    assert form["step_id"] == "next_steps"
    (left,) = options.async_progress_by_handler(entry_id)
    assert left["flow_id"] == form["flow_id"]
    assert (await options.async_init(entry_id))["type"] is FlowResultType.MENU


async def test_options_much_later_are_the_menu(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    entry_id = (await add(hass, account(url)))["result"].entry_id
    freezer.tick(90)
    menu = await hass.config_entries.options.async_init(entry_id)
    assert menu["type"] is FlowResultType.MENU


async def test_an_account_is_set_up_once(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator, url: str
) -> None:
    result = await add(hass, account(f"{url}/", username="user "))
    assert result["reason"] == "already_configured"
    assert not sim.calls


async def test_an_account_without_plants(
    hass: HomeAssistant, sim: Simulator, url: str
) -> None:
    sim.plants.clear()
    result = await add(hass, account(url))
    assert result["reason"] == "no_plants"
    assert not hass.config_entries.async_entries(DOMAIN)


async def test_a_plant_is_shown_by_one_entry(
    hass: HomeAssistant, setup: MockConfigEntry, now: str
) -> None:
    other = Simulator(plants=[HOUSE])
    async with serve(other) as url:
        result = await add(hass, account(url))
        assert result["reason"] == "plants_taken"
        assert result["description_placeholders"] == {"entries": setup.title}


async def test_only_free_plants_are_offered(
    hass: HomeAssistant, setup: MockConfigEntry, now: str
) -> None:
    other = Simulator(plants=[HOUSE, LAKE, PARK])
    async with serve(other) as url:
        form = await add(hass, account(url))
        assert choices(form, CONF_PLANTS).keys() == {LAKE.code, PARK.code}
        result = await submit(hass, form, {CONF_PLANTS: [PARK.code]})
        # The plant that is taken was not deselected: it may become free.
        assert result["options"] == {CONF_EXCLUDED_PLANTS: [LAKE.code]}
        assert result["result"].runtime_data.account.plants.keys() == {PARK.code}
        # The form has just left it out.
        assert not ir.async_get(hass).issues


async def test_titles_are_told_apart(
    hass: HomeAssistant, sim: Simulator, url: str, now: str
) -> None:
    """Two accounts on one server, and no plant's or person's name in the title."""
    first = await add(hass, account(url))
    async with serve(Simulator(plants=[LAKE])) as other:
        second = await add(hass, account(other))
    async with serve(Simulator(plants=[PARK])) as other:
        third = await add(hass, account(other))
    assert [flow["title"] for flow in (first, second, third)] == [
        "FusionSolar 127.0.0.1",
        "FusionSolar 127.0.0.1 2",
        "FusionSolar 127.0.0.1 3",
    ]


async def test_a_dialog_left_open_does_not_stand_in_the_way(
    hass: HomeAssistant, sim: Simulator, url: str
) -> None:
    sim.plants.append(LAKE)
    left_open = await add(hass, account(url))
    assert left_open["step_id"] == "plants"
    form = await add(hass, account(url))
    assert form["step_id"] == "plants"
    result = await submit(hass, form, {CONF_PLANTS: [LAKE.code]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count("login") == 1
    assert not hass.config_entries.flow.async_progress()

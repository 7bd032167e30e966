"""Whatever is typed or answered: a form, an abort or an entry, never an exception."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import aiohttp
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import normalise_origin
from simulator import fleet
from tests.flows import account, assert_readable

from .home import FakeServer, Plans, Wait, assert_quiet, live, new_entry, remove
from .strategies import anything, draws, plans, texts

HOSTS = [
    "",
    " ",
    "intl.fusionsolar.huawei.com",
    "https://user:password@eu5.fusionsolar.huawei.com/path?query#part",
    "https://[::1]:8443",
    "http://[::1",
    "http://[fe80::1%25eth0]",
    "http://0x7f000001",
    "http://2130706433",
    "http://127.1",
    "http://localhost.example.com",
    "http://127.0.0.1@example.com",
    "http://127.0.0.1:1",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:-1",
    "https://münchen.example",
    "https://" + "a" * 5000 + ".example",
    "https://\ud800.example",
    "https://xn--\x00.example",
    "https://a\r\nX: y.example",
    "https://a..b",
    "https://.",
    "https://*",
    "ftp://example.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//example.com",
    "https://",
    "https:///x",
    "HTTPS://EXAMPLE.COM:443",
    "https://{host}",
    "192.0.2.1",
    "2001:db8::1",
]
# Home Assistant takes no half characters.
typed = texts.map(lambda text: text.encode(errors="replace").decode())
hosts = st.sampled_from(HOSTS) | texts | texts.map("https://{}".format)
_users = count()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let nobody reach anything; return the hosts that were looked for."""
    asked: list[str] = []

    async def resolve(
        connector: aiohttp.TCPConnector, host: str, port: int, traces: object = None
    ) -> list[Any]:
        asked.append(host)
        raise OSError("offline")

    monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", resolve)
    return asked


async def fill_in(
    hass: HomeAssistant, flow: Any, form: Any, data: Mapping[str, Any]
) -> ConfigFlowResult | None:
    """Fill in a form; None where the form itself does not take it."""
    try:
        result: ConfigFlowResult = await flow.async_configure(form["flow_id"], data)
    except InvalidData:
        return None
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def user_form(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the first form."""
    context = {"source": SOURCE_USER}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context)  # type: ignore[arg-type]


@draws(0.8)
@given(host=hosts, username=typed, password=typed, verify_ssl=st.booleans())
async def test_any_account(
    hass: HomeAssistant,
    hass_storage: dict[str, object],
    offline: list[str],
    caplog: pytest.LogCaptureFixture,
    host: str,
    username: str,
    password: str,
    verify_ssl: bool,
) -> None:
    data = account(host, username=username, password=password, verify_ssl=verify_ssl)
    form = await user_form(hass)
    result = await fill_in(hass, hass.config_entries.flow, form, data)
    assert result
    assert result["type"] is FlowResultType.FORM
    assert_readable(result)
    assert result["errors"]
    hass.config_entries.flow.async_abort(result["flow_id"])
    # Else each example reads and writes the ledgers of all before.
    hass.data.pop(CONNECTIONS, None)
    hass_storage.clear()
    assert_quiet(caplog)


@given(hosts)
def test_any_host(host: str) -> None:
    """Nothing but an origin is left, and unencrypted only to this machine."""
    try:
        origin = normalise_origin(host)
    except ValueError:
        return
    assert normalise_origin(origin) == origin
    scheme, _, rest = origin.partition("://")
    assert scheme in ("http", "https")
    assert rest
    assert not set("/@?# \r\n\t") & set(rest)
    if scheme == "http":
        name = rest.rpartition(":")[0] if ":" in rest.rpartition("]")[2] else rest
        assert name in ("localhost", "[::1]") or name.startswith("127.")


@draws(0.15)
@given(
    drawn=st.dictionaries(
        st.sampled_from(["login", "stations", "getStationList", "getDevList"]), plans
    ),
    chosen=st.just(["NE=2"])
    | st.lists(st.sampled_from(["NE=33554785", "NE=2"]) | texts, max_size=3),
)
async def test_any_plants(
    hass: HomeAssistant,
    hass_storage: dict[str, object],
    server: FakeServer,
    caplog: pytest.LogCaptureFixture,
    drawn: Plans,
    chosen: list[str],
) -> None:
    server.plans = drawn
    if len(server.sim.plants) == 1:
        server.sim.plants.append(fleet.residential("NE=2", seed=2))
    form = await user_form(hass)
    result = await fill_in(
        hass,
        hass.config_entries.flow,
        form,
        account("http://127.0.0.1:1", username=f"somebody{next(_users)}"),
    )
    assert result
    assert_readable(result)
    if result["type"] is FlowResultType.FORM and result["step_id"] == "plants":
        after = await fill_in(
            hass, hass.config_entries.flow, result, {"plants": chosen}
        )
        result = after or result
    if result["type"] is FlowResultType.FORM:
        hass.config_entries.flow.async_abort(result["flow_id"])
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.data.pop(CONNECTIONS, None)
    hass_storage.clear()
    assert_quiet(caplog)


options = st.fixed_dictionaries(
    {},
    optional={
        "plants": st.lists(texts) | anything,
        "turned_meters": st.lists(texts) | anything,
        "grid_meters": st.lists(texts) | anything,
        "currency": st.sampled_from(["EUR", "eur"]) | anything,
        "import_price": st.floats() | texts | anything,
        "export_price": st.sampled_from(["none", "sensor.x"]) | anything,
        "history_days": st.integers(0, 4000) | st.floats() | anything,
        "quota_profile": st.sampled_from(["auto", "daily", "per_minute"]) | anything,
    },
)


@draws(0.15)
@given(st.lists(options, min_size=4, max_size=4))
async def test_any_options(
    hass: HomeAssistant,
    server: FakeServer,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    drawn: list[dict[str, Any]],
) -> None:
    entry = new_entry(hass)
    try:
        await live(hass, entry, wait, 30, 10)
        flow = hass.config_entries.options
        for data in drawn:
            menu = await flow.async_init(entry.entry_id)
            form = await flow.async_configure(
                menu["flow_id"], {"next_step_id": "settings"}
            )
            result = await fill_in(hass, flow, form, data)
            if result is None or result["type"] is FlowResultType.FORM:
                flow.async_abort(form["flow_id"])
    finally:
        await remove(hass, entry)
    assert_quiet(caplog)

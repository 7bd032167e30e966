"""What an account is worth stays secret, and no server can do harm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
import gzip
import json
import logging
import traceback
import tracemalloc
from typing import Any

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from homeassistant.auth.models import User
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.const import CONF_PASSWORD, EVENT_CALL_SERVICE
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartpvms.actions.services import ACTIONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.smartpvms.hub.targets import registry_id_of
from custom_components.smartpvms.northbound import (
    Interface,
    Ledger,
    NorthboundError,
    NorthboundSession,
    PasswordAuthenticator,
    session as session_module,
)
from custom_components.smartpvms.northbound.authenticator import TOKEN, Line, Proof
from custom_components.smartpvms.system_health import async_info
from simulator import Fault, FaultKind, Simulator, fleet, serve

from .automations import automate, registry_device
from .conftest import restart
from .flows import account, add

type Wait = Callable[..., Awaitable[None]]

USERNAME, WRONG, PASSWORD = "Secret-User", "Secret-Wrong", "Secret-Password"
NEW_PASSWORD = "Secret-Changed"
ADDRESS, SERIAL, NAME = "Hidden street 1", "HIDDENSERIAL", "Hidden house"

# The test's own harness, which writes down what is saved.
HARNESS = "pytest_homeassistant_custom_component"
OURS = ("custom_components.smartpvms", "homeassistant.config_entries", "aiohttp")
REQUESTED = {
    "get_plant_history": {"period": "day"},
    "get_device_history": {"period": "month"},
    "get_alarms": {},
    "upgrade_firmware": {"confirm": True},
    "check_registration": {"serials": [SERIAL], "user": "Secret-User"},
    "import_history": {},
    "setup_energy_dashboard": {},
    "set_export_limit": {"limit": 1},
    "set_battery_mode": {"mode": "time_of_use"},
    "set_battery_limits": {"maximum_charge_power": 1},
    "force_charge": {"power": 1, "duration": 1},
    "force_discharge": {"power": 1, "target_soc": 1},
    "stop_forced_charge": {},
}

ALARM = {"trigger": f"{DOMAIN}.alarm_raised"}
AUTOMATION: dict[str, Any] = {
    "id": "test",
    "alias": "Test",
    "actions": [{"action": "test.automation", "data": {"all": "{{ trigger }}"}}],
}


def house() -> Simulator:
    """Return a server whose plant tells who owns it."""
    plant = fleet.residential("NE=Hidden-1", name=NAME)
    plant.address, plant.contact = ADDRESS, "Hidden person"
    plant.contact_method = "hidden@example.com"
    plant.devices = [
        replace(device, name=f"Hidden {n}", serial=f"{SERIAL}{n:03}")
        for n, device in enumerate(plant.devices)
    ]
    return Simulator([plant], username=USERNAME, password=PASSWORD)


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Collect every token that was ever handed out."""
    seen: set[str] = set()
    obtain = PasswordAuthenticator._obtain

    async def noted(self: PasswordAuthenticator, line: Line) -> Proof:
        proof = await obtain(self, line)
        seen.add(proof.headers[TOKEN])
        return proof

    monkeypatch.setattr(PasswordAuthenticator, "_obtain", noted)
    return seen


def texts_of_log(caplog: pytest.LogCaptureFixture, *loggers: str) -> Iterator[str]:
    """Yield what was logged, with the texts of exceptions; by some loggers only."""
    for record in caplog.records:
        if record.name.startswith(HARNESS):
            continue
        if loggers and not record.name.startswith(loggers):
            continue
        yield f"{record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            yield "".join(traceback.format_exception(record.exc_info[1]))


def assert_without(text: str, where: str, *secrets: str) -> None:
    """Assert that none of these is in a text, however it is written."""
    lower = text.lower()
    for secret in secrets:
        at = lower.find(secret.lower())
        assert at < 0, f"{where}: {text[max(0, at - 80) : at + 40]}"


async def every_action(hass: HomeAssistant, key: str, wait: Wait) -> AsyncIterator[str]:
    """Call each action; yield what it answers, or what its error says."""
    for action in ACTIONS:
        data = {"device_id": [registry_id_of(hass, key)], **REQUESTED[action.name]}
        # It may wait for its lane.
        asking = asyncio.create_task(
            hass.services.async_call(
                DOMAIN, action.name, data, blocking=True, return_response=True
            )
        )
        await wait(70, 35)
        try:
            yield json_dumps(await asking)
        except HomeAssistantError as error:
            yield "".join(traceback.format_exception(error))


async def live(
    hass: HomeAssistant, sim: Simulator, url: str, wait: Wait
) -> tuple[MockConfigEntry, list[str]]:
    """Live a whole life; return the entry, and what users and callers were shown."""
    shown: list[str] = []
    form = await add(hass, account(url, username=USERNAME, password=WRONG))
    shown.append(str(form["errors"]) + str(form["description_placeholders"]))
    await wait(61)
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], account(url, username=USERNAME, password=PASSWORD)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: Any = result["result"]
    await wait(700, 35)
    plant, inverter = sim.plants[0], sim.plants[0].devices[0]
    async_mock_service(hass, "test", "automation")
    target = {"device_id": registry_device(hass, plant.code).id}
    await automate(hass, AUTOMATION | {"triggers": [ALARM | {"target": target}]})
    sim.alarms.raise_(plant, inverter)
    await wait(3700, 370)
    for kind in FaultKind:
        if kind not in (FaultKind.STALL, FaultKind.HUGE):
            sim.faults.add(Fault(kind, times=2))
    await wait(3600, 600)
    sim.faults.clear()
    sim.evict()
    await wait(3600, 600)
    shown += [text async for text in every_action(hass, plant.code, wait)]
    shown += [text async for text in every_action(hass, str(inverter.id), wait)]
    await restart(hass, entry)
    sim.sessions.password = NEW_PASSWORD
    sim.evict()
    await wait(7200, 600)
    (asked,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    for password in (WRONG, NEW_PASSWORD):
        # The entry leaves the minute's login to the user.
        await wait(61)
        form = await hass.config_entries.flow.async_configure(
            asked["flow_id"], {CONF_PASSWORD: password}
        )
        shown.append(str({key: form.get(key) for key in ("errors", "reason")}))
    assert form.get("reason") == "reauth_successful", form.get("errors")
    await hass.async_block_till_done(wait_background_tasks=True)
    sim.deny("getAlarmList", 20056)
    sim.deny("getDevRealKpi", 401)
    await wait(7200, 600)
    return entry, shown


@pytest.mark.usefixtures("turns_pass")
async def test_a_whole_life_tells_no_secret(
    hass: HomeAssistant,
    now: str,
    wait: Wait,
    tokens: set[str],
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
) -> None:
    """All that is written down at debug level, saved, shown and sent."""
    caplog.set_level(logging.DEBUG)
    for name in ("aiohttp", "homeassistant", "custom_components", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    assert await async_setup_component(hass, "trace", {})
    events: list[Event] = async_capture_events(hass, "*")
    sim = house()
    plant, inverter = sim.plants[0], sim.plants[0].devices[0]
    async with serve(sim) as url:
        entry, shown = await live(hass, sim, url, wait)
        diagnostics = [await async_get_config_entry_diagnostics(hass, entry)]
        for key in (plant.code, inverter.id):
            device = registry_device(hass, key)
            dump = await async_get_device_diagnostics(hass, entry, device)
            diagnostics.append(dump)
        health = await async_info(hass)
        health["server_reachable"] = await health["server_reachable"]
        issues = [issue.to_json() for issue in ir.async_get(hass).issues.values()]
        states = json_dumps([state.as_dict() for state in hass.states.async_all()])
        traces = json_dumps(
            [
                run.as_extended_dict()
                for buckets in hass.data[DATA_TRACE].values()
                for run in buckets.all_traces()
            ]
        )
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert '"trigger"' in traces
    assert issues
    assert len(tokens) >= 3

    worth = (PASSWORD, NEW_PASSWORD, WRONG, *tokens)
    owner = (ADDRESS, "Hidden person", "hidden@example.com")
    named = (NAME, plant.code, SERIAL, str(inverter.id), USERNAME)
    for text in texts_of_log(caplog):
        assert_without(text, "log", *worth, *owner, SERIAL)
    for text in texts_of_log(caplog, *OURS):
        assert_without(text, "our log", *named)
    assert_without(json_dumps(diagnostics), "diagnostics", *worth, *owner, *named)
    assert_without(
        json_dumps(
            health,
        ),
        "health",
        *worth,
        *owner,
        *named,
        "127.0.0.1",
    )
    assert_without(json_dumps(issues), "issues", *worth, *owner, *named[1:])
    assert_without(states, "states", *worth, *owner, SERIAL, USERNAME)
    assert_without(traces, "traces", *worth, *owner, SERIAL, USERNAME)
    for text in shown:
        assert_without(text, "shown", *worth, *owner)
    # What an action was asked is its caller's.
    told = [event for event in events if event.event_type != EVENT_CALL_SERVICE]
    data = json_dumps([[event.event_type, event.data] for event in told])
    assert_without(data, "events", *worth, *owner, SERIAL)
    for key, file in hass_storage.items():
        file_text = json.dumps(file, default=str)
        assert_without(file_text, key, *tokens, *owner)
        if key != "core.config_entries":
            assert_without(file_text, key, *worth)


async def test_every_action_is_for_administrators(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    hass_read_only_user: User,
) -> None:
    """Each of them spends calls, or changes something."""
    assert REQUESTED.keys() == hass.services.async_services_for_domain(DOMAIN).keys()
    made = len(sim.calls)
    for user in (hass_read_only_user, await hass.auth.async_create_user("A user")):
        assert not user.is_admin
        for action in ACTIONS:
            plant = registry_id_of(hass, sim.plants[0].code)
            data = {"device_id": [plant], **REQUESTED[action.name]}
            with pytest.raises(Unauthorized):
                await hass.services.async_call(
                    DOMAIN,
                    action.name,
                    data,
                    blocking=True,
                    return_response=True,
                    context=Context(user_id=user.id),
                )
    assert len(sim.calls) == made


async def saved() -> None:
    """Save a ledger nowhere."""


@asynccontextmanager
async def talking(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[NorthboundSession]:
    """Serve something in place of every interface but the login."""

    async def login(request: web.Request) -> web.Response:
        good = web.json_response({"success": True, "failCode": 0})
        good.headers["XSRF-TOKEN"] = "x-token"
        return good

    app = web.Application()
    app.router.add_post("/thirdData/login", login)
    app.router.add_post("/thirdData/{interface}", handler)
    app.router.add_route("*", "/{path:.*}", handler)
    async with (
        TestServer(app) as server,
        ClientSession(cookie_jar=DummyCookieJar()) as http,
    ):
        url = str(server.make_url("/")).rstrip("/")
        yield NorthboundSession(
            http, url, PasswordAuthenticator(USERNAME, PASSWORD), Ledger(saved)
        )


async def refused(session: NorthboundSession) -> str:
    """Make a call that fails with an error of ours; return what it says."""
    with pytest.raises(NorthboundError) as caught:
        await session.call(Interface.ALARMS)
    return str(caught.value)


async def test_a_body_that_unpacks_without_end_is_not_held(
    socket_enabled: None,
) -> None:
    """A gigabyte in a megabyte; what is held is bounded by the largest answer."""
    bomb = gzip.compress(bytes(1 << 20)) * 1024

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with talking(handler) as session:
        await session.log_in()
        tracemalloc.start()
        try:
            assert await refused(session)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 3 * session_module.LARGEST_ANSWER


@pytest.mark.parametrize("sent", [b"", b" "], ids=["silence", "a byte at a time"])
async def test_a_server_that_takes_its_time_is_left(
    monkeypatch: pytest.MonkeyPatch, socket_enabled: None, sent: bytes
) -> None:
    """The whole answer has so much time, not each byte."""
    assert session_module.TIMEOUT.total == 30
    monkeypatch.setattr(session_module, "TIMEOUT", ClientTimeout(total=0.2))
    over = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not over.is_set():
            await response.write(sent)
            await asyncio.sleep(0.01)
        return response

    async with talking(handler) as session:
        assert "TimeoutError" in await refused(session)
        over.set()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Long": "x" * 100_000},
        {f"X-{n}": "x" * 8000 for n in range(500)},
    ],
    ids=["long", "many"],
)
async def test_headers_are_bounded(
    socket_enabled: None, headers: dict[str, str]
) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(headers=headers)

    async with talking(handler) as session:
        assert await refused(session)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [True, False])
async def test_no_redirect_is_followed(
    socket_enabled: None, status: int, elsewhere: bool
) -> None:
    """Not even on the same host: no northbound interface redirects."""
    seen: list[str] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(f"other: {request.path}")
        return web.json_response({"success": True, "data": [], "failCode": 0})

    async with talking(other) as there:

        async def handler(request: web.Request) -> web.Response:
            seen.append(request.path)
            target = str(there._base / "x") if elsewhere else "/thirdData/stations"
            return web.Response(status=status, headers={"Location": target})

        async with talking(handler) as session:
            assert "redirects" in await refused(session)
    assert seen == ["/thirdData/getAlarmList"]


async def test_the_dashboard_serves_its_own_folder_only(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "http", {})
    hass.config.components.add("frontend")
    hass.data["frontend_extra_module_url"] = set()
    from custom_components.smartpvms import dashboard

    await dashboard.async_setup_dashboard(hass)
    (address,) = hass.data["frontend_extra_module_url"]
    folder = str(address).rpartition("/")[0]
    client = await hass_client_no_auth()
    assert (await client.get(str(address))).status == 200
    for base in (folder, dashboard.IMAGES):
        for path in (
            "/../__init__.py",
            "/..%2f__init__.py",
            "/%2e%2e/__init__.py",
            "/..%5c__init__.py",
            "/../../manifest.json",
            "//etc/passwd",
            "/%00",
            "",
            "/",
        ):
            from yarl import URL

            answer = await client.get(URL(f"{base}{path}", encoded=True))
            assert answer.status in (400, 403, 404, 405), path

"""What can go wrong while an account is added, and how the user gets on."""

import ast
import asyncio
from collections.abc import Callable
from itertools import chain
from pathlib import Path
import socket
from types import ModuleType

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import (
    EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE,
    FlowResultType,
)
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.smartpvms import config_flow
from custom_components.smartpvms.account import sign_in, typed
from custom_components.smartpvms.control import options as control_step
from custom_components.smartpvms.flows import options, owner, plants
from custom_components.smartpvms.welcome import step as next_step
from script.rules import Project
from simulator import Dialect, Fault, FaultKind, Simulator

from .flows import COMMON_ABORTS, account, add, placeholders, submit, suggested, texts

ROOT = Path(__file__).parent.parent

type Break = Callable[[Simulator], None]


def deny(code: int, *interfaces: str) -> Break:
    """Return what makes interfaces refuse with a code."""

    def break_(sim: Simulator) -> None:
        for interface in interfaces:
            sim.deny(interface, code)

    return break_


def fault(kind: FaultKind, interface: str = "login", status: int = 500) -> Break:
    """Return what makes an interface fail once."""
    return lambda sim: sim.faults.add(Fault(kind, interface, times=1, status=status))


def mend(sim: Simulator) -> None:
    """All is well again."""
    sim.faults.clear()
    sim.denied.clear()


LISTS = ("stations", "getStationList")


@pytest.mark.parametrize(
    ("break_", "key"),
    [
        (deny(20001, "login"), "unknown_account"),
        (deny(20002, "login"), "forbidden_account"),
        (deny(20003, "login"), "expired_account"),
        (deny(20400, "login"), "invalid_auth"),
        (deny(20056, "login"), "no_consent"),
        (deny(20056, "stations"), "no_consent"),
        (deny(401, *LISTS), "no_permission"),
        (deny(407, "login"), "login_too_frequent"),
        (deny(407, "stations"), "too_frequent"),
        (deny(20200, "login"), "login_too_frequent"),
        (deny(20618, "stations"), "too_frequent"),
        (deny(20004, "login"), "login_too_frequent"),
        (deny(20004, "stations"), "too_frequent"),
        (fault(FaultKind.HTTP, status=500), "server_error"),
        (fault(FaultKind.EXCEPTION, status=400), "server_reason"),
        (fault(FaultKind.EXCEPTION, status=200), "server_reason"),
        (fault(FaultKind.EXCEPTION, "stations", status=400), "server_reason"),
        (fault(FaultKind.HTML, "stations"), "web_page"),
        (fault(FaultKind.HTTP, status=429), "login_too_frequent"),
        (fault(FaultKind.HTTP, status=404), "not_northbound"),
        (fault(FaultKind.REDIRECT, status=302), "not_northbound"),
        (fault(FaultKind.HTML), "web_page"),
        (fault(FaultKind.HALF), "invalid_response"),
        (fault(FaultKind.HALF, "stations"), "invalid_response"),
        (fault(FaultKind.EMPTY), "invalid_response"),
        (fault(FaultKind.CUT), "cannot_connect"),
        (fault(FaultKind.REFUSE), "cannot_connect"),
    ],
)
async def test_each_failure_has_its_message_and_its_way_on(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    freezer: FrozenDateTimeFactory,
    break_: Break,
    key: str,
) -> None:
    """Waiting as long as the form says (a minute else) is enough to go on."""
    break_(sim)
    form = await add(hass, account(url))
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": key}
    given = form["description_placeholders"]
    assert given
    assert given["host"] == "127.0.0.1"
    refusals = sim.count(fail_code=407)
    mend(sim)
    freezer.tick(int(given["seconds"]) if "too_frequent" in key else 61)
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count(fail_code=407) == refusals


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_list_that_is_granted_needs_no_second_login(
    hass: HomeAssistant,
    sim: Simulator,
    url: str,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    deny(401, *LISTS)(sim)
    form = await add(hass, account(url))
    assert form["errors"] == {"base": "no_permission"}
    assert form["description_placeholders"]
    assert form["description_placeholders"]["interface"] == "getStationList"
    mend(sim)
    # The dialect is not known: the strict quota of a list a minute applies.
    freezer.tick(61)
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count("login") == 1


async def test_a_server_that_is_not_there(
    hass: HomeAssistant, sim: Simulator, url: str
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        form = await add(hass, account(dead))
    assert form["errors"] == {"base": "cannot_connect"}
    # Another server, another ledger: nothing to wait for.
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_three_logins_at_once_then_a_wait_that_ends_by_itself(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    """A mistyped password costs no minute; the wait keeps the first reason."""
    form = await add(hass, account(url, password="wrong"))
    for _ in range(2):
        assert form["errors"] == {"base": "invalid_auth"}
        freezer.tick(5)
        form = await submit(hass, form, account(url, password="wrong"))
    assert sim.count("login") == 3
    shown = await hass.config_entries.flow.async_configure(
        form["flow_id"], account(url)
    )
    assert shown["type"] is FlowResultType.SHOW_PROGRESS
    text = texts("config", "progress", str(shown["progress_action"]))
    given = shown["description_placeholders"]
    assert given
    assert placeholders(text) == given.keys() == {"time", "reason"}
    assert given["reason"] == texts("config", "error", "invalid_auth")
    told = async_capture_events(hass, EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE)
    await pass_seconds(hass, freezer, 10, lambda: bool(told))
    assert [0 < event.data["progress"] < 1 for event in told] == [True]
    assert sim.count("login") == 3
    await pass_seconds(hass, freezer, 52, lambda: not is_waiting(hass))
    result = await hass.config_entries.flow.async_configure(form["flow_id"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert sim.count("login", fail_code=0) == 1
    assert not hass.config_entries.flow.async_progress()


async def test_a_wait_that_ends_with_the_form(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    form = await add(hass, account(url, password="wrong"))
    for _ in range(2):
        form = await submit(hass, form, account(url, password="wrong"))
    again = account(url, password="wrong", access="northbound")
    await hass.config_entries.flow.async_configure(form["flow_id"], again)
    await pass_seconds(hass, freezer, 62, lambda: not is_waiting(hass))
    form = await hass.config_entries.flow.async_configure(form["flow_id"])
    assert (form["step_id"], form["errors"]) == ("user", {"base": "invalid_auth"})
    assert suggested(form) == again


def is_waiting(hass: HomeAssistant) -> bool:
    """Tell whether the only dialog counts down to the next login."""
    (shown,) = hass.config_entries.flow.async_progress()
    return shown["step_id"] == "waiting"


async def pass_seconds(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    seconds: float,
    over: Callable[[], bool],
) -> None:
    """Let a dialog wait, and what follows come to its end."""
    freezer.tick(seconds)
    async_fire_time_changed(hass)
    for _ in range(100_000):
        if over():
            break
        await asyncio.sleep(0)
    await hass.async_block_till_done()


async def test_no_login_locks_the_account(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    """Of five wrong passwords in ten minutes, which lock it, the fifth is not sent."""
    form = await add(hass, account(url, password="wrong"))
    keys = []
    for _ in range(4):
        assert form["errors"]
        keys.append(form["errors"]["base"])
        freezer.tick(61)
        form = await submit(hass, form, account(url, password="wrong"))
    assert keys == ["invalid_auth"] * 4
    assert form["errors"] == {"base": "login_too_frequent"}
    assert form["description_placeholders"]
    assert form["description_placeholders"]["reason"] == texts(
        "config", "error", "invalid_auth"
    )
    assert sim.count("login") == 4
    assert not sim.sessions.locked_until
    freezer.tick(float(form["description_placeholders"]["seconds"]))
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert sim.count(fail_code=407) == 0


def _strings(node: ast.AST) -> set[str]:
    """Return the results that an expression may have, where they are texts."""
    if isinstance(node, ast.IfExp):
        return _strings(node.body) | _strings(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return set()


def _produced(*modules: ModuleType) -> tuple[set[str], set[str]]:
    """Return the keys of errors and aborts in the sources of a flow."""
    errors: set[str] = set()
    aborts: set[str] = set()
    sources = [Path(str(one.__file__)).read_text(encoding="utf-8") for one in modules]
    for node in chain.from_iterable(ast.walk(ast.parse(one)) for one in sources):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name("errors"))], value=value
            ):
                errors |= _strings(value)
            case ast.FunctionDef(name="error_key"):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value:
                        errors |= _strings(inner.value)
            case ast.keyword(arg="reason", value=value):
                aborts |= _strings(value)
    return errors, aborts


@pytest.mark.parametrize("language", sorted(Project(ROOT).languages))
def test_a_refused_login_names_its_other_causes(language: str) -> None:
    """A right password is refused in a network that FusionSolar does not let in."""
    texts_of = Project(ROOT).languages[language]["config"]
    assert "VPN" in texts_of["error"]["invalid_auth"]
    assert "VPN" in texts_of["step"]["reauth_confirm"]["description"]


def test_every_error_and_abort_has_its_text_and_no_text_is_left_over() -> None:
    errors, aborts = _produced(config_flow, owner, plants, sign_in)
    errors |= {key for _, key in sign_in.ERRORS}
    errors |= {key for _, key in typed.REASONS.values()}
    assert errors == texts("config", "error").keys()
    assert aborts | COMMON_ABORTS == texts("config", "abort").keys()
    errors, aborts = _produced(options, control_step, next_step)
    assert errors == texts("options", "error").keys()
    assert aborts == texts("options", "abort").keys()

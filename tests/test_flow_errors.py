"""What can go wrong while an account is added, and how the user gets on."""

import ast
from collections.abc import Callable
from pathlib import Path
import socket

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.smartpvms import config_flow, options_flow
from custom_components.smartpvms.account import sign_in
from simulator import Dialect, Fault, FaultKind, Simulator

from .flows import COMMON_ABORTS, account, add, submit, texts

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


async def test_a_login_a_minute(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    """A second try that comes too soon is not sent."""
    form = await add(hass, account(url, password="wrong"))
    assert form["errors"] == {"base": "invalid_auth"}
    freezer.tick(10)
    form = await submit(hass, form, account(url))
    assert form["errors"] == {"base": "login_too_frequent"}
    assert form["description_placeholders"] == {
        "host": "127.0.0.1",
        "interface": "login",
        "seconds": "51",
    }
    assert sim.count("login") == 1
    freezer.tick(51)
    result = await submit(hass, form, account(url))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_account_that_locks(
    hass: HomeAssistant, sim: Simulator, url: str, freezer: FrozenDateTimeFactory
) -> None:
    form = await add(hass, account(url, password="wrong"))
    keys = []
    for _ in range(4):
        assert form["errors"]
        keys.append(form["errors"]["base"])
        freezer.tick(61)
        form = await submit(hass, form, account(url, password="wrong"))
    assert keys == ["invalid_auth"] * 4
    assert form["errors"] == {"base": "account_locked"}
    assert sim.sessions.locked_until
    freezer.tick(61)
    form = await submit(hass, form, account(url))
    assert form["errors"] == {"base": "login_too_frequent"}
    assert sim.count("login") == 5
    freezer.tick(30 * 60)
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


def _produced(source: str) -> tuple[set[str], set[str]]:
    """Return the keys of errors and aborts in a flow's source."""
    errors: set[str] = set()
    aborts: set[str] = set()
    for node in ast.walk(ast.parse(source)):
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


def test_every_error_and_abort_has_its_text_and_no_text_is_left_over() -> None:
    errors, aborts = _produced(Path(config_flow.__file__).read_text(encoding="utf-8"))
    shown, _ = _produced(Path(sign_in.__file__).read_text(encoding="utf-8"))
    errors |= shown | {key for _, key in sign_in.ERRORS}
    assert errors == texts("config", "error").keys()
    assert aborts | COMMON_ABORTS == texts("config", "abort").keys()
    errors, aborts = _produced(Path(options_flow.__file__).read_text(encoding="utf-8"))
    assert errors == texts("options", "error").keys()
    assert aborts == texts("options", "abort").keys()

"""Whatever JSON a server sends: a value, None or one of our errors."""

from collections.abc import Coroutine, Iterator
import copy
from datetime import timedelta
import json
from math import isfinite
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smartpvms.northbound import (
    Interface,
    NorthboundClient,
    NorthboundError,
    models,
)
from custom_components.smartpvms.northbound.call_log import CallLog
from custom_components.smartpvms.northbound.interfaces import Json
from custom_components.smartpvms.northbound.session import _open

from .conftest import NOON, discreet, done

SECRETS = ("Owner-Plant", "Owner-Serial", "Owner-Token")
ODD = ["N/A", "null", "", "95.0%", "512.0", "1e999", "305", "0", *SECRETS]

texts = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=()), max_size=20
)
numbers = st.integers() | st.sampled_from([0, 305, 20007, 10**400, -(10**30)])
leaves = st.none() | st.booleans() | numbers | st.floats() | texts
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=10,
)

PLANT_ROW = {
    "stationCode": "NE=1",
    "stationName": SECRETS[0],
    "collectTime": 1718445600000,
    "capacity": 0.01,
    "dataItemMap": {"day_power": 1.5},
}
DEVICE_ROW = {
    "id": 1,
    "devId": 1,
    "stationCode": "NE=1",
    "devName": SECRETS[0],
    "esnCode": SECRETS[1],
    "devTypeId": 38,
    "dataItemMap": {"day_cap": 1.5},
    "result": True,
    "failCode": 0,
    "lastUpgradeTime": 1718445600000,
    "process": 50,
    "upgradeResult": 4,
    "alarmId": 2032,
    "lev": 1,
    "raiseTime": 1718445600000,
}
PAGE = {
    "list": [
        {
            "plantCode": "NE=1",
            "plantName": SECRETS[0],
            "capacity": 10,
            "gridConnectionDate": "2023-04-18T00:00:00+02:00",
        }
    ],
    "pageCount": 1,
}
REGISTRATION = {"detail": {SECRETS[1]: True}, "key": "k"}


class Told(NorthboundClient):
    """A client whose every call is answered by one body."""

    def __init__(self, body: bytes) -> None:
        """Answer every call with this body."""

        async def call(interface: Interface, payload: object = None) -> Json:
            return answer(interface, body)

        super().__init__(cast("Any", SimpleNamespace(call=call, call_log=CallLog())))


def answer(interface: Interface, body: bytes, kind: str = "") -> Json:
    response = SimpleNamespace(content_type=kind or "application/json", status=200)
    return _open(interface, body, cast("Any", response))


def asked(client: NorthboundClient) -> Iterator[Coroutine[Any, Any, object]]:
    later = NOON + timedelta(days=1)
    yield client.station_list()
    yield client.stations()
    yield client.plant_real_time(["NE=1"])
    yield client.plant_rows(Interface.PLANT_HOUR, ["NE=1"], NOON)
    yield client.devices(["NE=1"])
    yield client.device_real_time(38, [1])
    yield client.device_history(38, [1], NOON, later)
    yield client.upgrade(38, [1])
    yield client.upgrade_records(38, [1])
    yield client.alarms(["NE=1"], NOON, later, "en_UK")
    yield client.registration(["HV1"], "user")


def outcome(asking: Coroutine[Any, Any, object]) -> object:
    """Return a call's result or its error of ours."""
    try:
        return done(asking)
    except NorthboundError as error:
        discreet(error, *SECRETS)
        return error


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Find every place in a piece of JSON."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from spots(inner, (*path, key))


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """Draw a good answer with something else, or nothing, at one place."""
    data = draw(
        st.sampled_from([[PLANT_ROW], [DEVICE_ROW], PAGE, REGISTRATION, None, []])
    )
    envelope = {"success": True, "data": data, "failCode": 0, "message": SECRETS[0]}
    path = draw(st.sampled_from(list(spots(envelope))))
    odd = draw(anything)
    if not path:
        return odd
    broken: Any = copy.deepcopy(envelope)
    place = broken
    for key in path[:-1]:
        place = place[key]
    if draw(st.booleans()):
        place[path[-1]] = odd
    else:
        del place[path[-1]]
    return broken


def finite(result: object) -> bool:
    rows = result if isinstance(result, list) else []
    values = [v for row in rows for v in getattr(row, "values", {}).values()]
    return all(isinstance(value, float) and isfinite(value) for value in values)


@settings(deadline=None)
@given(damaged())
def test_any_json_at_any_place(envelope: Any) -> None:
    for asking in asked(Told(json.dumps(envelope).encode())):
        assert finite(outcome(asking))


@given(
    st.binary()
    | st.text().map(str.encode)
    | anything.map(lambda value: repr(value).encode())
)
def test_any_bytes(body: bytes) -> None:
    for kind in ("application/json", "text/html"):
        try:
            answer(Interface.ALARMS, body, kind)
        except NorthboundError as error:
            discreet(error, *SECRETS)


@given(anything)
def test_any_value(value: Any) -> None:
    number = models.number(value)
    assert number is None or isfinite(number)
    integer = models.integer(value)
    assert integer is None or type(integer) is int
    text = models.text(value)
    assert text is None or text.strip()
    moment = models.moment(value)
    assert moment is None or moment.tzinfo is not None


@pytest.mark.parametrize("depth", [10, 100_000])
def test_nesting_without_end(depth: int) -> None:
    body = b'{"success":true,"data":' + b"[" * depth + b"]" * depth + b"}"
    result = [outcome(asking) for asking in asked(Told(body))]
    assert all(item == [] or not isinstance(item, list) for item in result)

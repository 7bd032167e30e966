"""From what the server answers to data or an error, over HTTP."""

from typing import Any

from aiohttp import ClientTimeout, web
import pytest

from custom_components.smartpvms.account.left_out import OF_A_BATCH
from custom_components.smartpvms.northbound import Interface, errors, session
from custom_components.smartpvms.northbound.errors import (
    BusyError,
    CertificateError,
    ConsentMissingError,
    NorthboundError,
    NotNorthboundError,
    ReportedError,
    ResourceMissingError,
    ResponseError,
    ServerError,
    UnreachableError,
)
from simulator import Fault, FaultKind, Plant, Simulator, serve
from tests.captures import captured

from .conftest import Connect, Link, RawServer, discreet
from .test_errors import CODES, STATUSES

NAME, SERIAL = "Owner-Plant", "Owner-Serial"
AT = Interface.PLANT_REAL_TIME
RENEWED = frozenset({305, 306, 307})


async def ask(link: Link) -> Any:
    return await link.session.call(AT)


async def refusal(link: Link, *secrets: str) -> NorthboundError:
    """Make a call that fails, and return its error."""
    with pytest.raises(NorthboundError) as caught:
        await ask(link)
    assert caught.value.interface is AT
    discreet(caught.value, *secrets, str(link.authenticator._token))
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"), [item for item in CODES.items() if item[0] not in RENEWED]
)
async def test_every_code_is_its_error(
    raw: RawServer, raw_link: Link, code: int, kind: type[NorthboundError]
) -> None:
    raw.answers[AT] = {
        "success": False,
        "failCode": code,
        "data": NAME,
        "message": SERIAL,
    }
    error = await refusal(raw_link, NAME, SERIAL)
    assert type(error) is kind
    assert error.code == code


async def test_a_code_may_be_a_text(raw: RawServer, raw_link: Link) -> None:
    raw.answers[AT] = {"success": False, "failCode": "20008", "data": None}
    assert type(await refusal(raw_link)) is ResourceMissingError


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
async def test_every_status_is_its_error(
    raw: RawServer, raw_link: Link, status: int, kind: type[NorthboundError]
) -> None:
    raw.answers[AT] = lambda: web.Response(status=status, text=NAME)
    if status == 304:
        raw.answers[AT] = lambda: web.Response(status=status)
    error = await refusal(raw_link, NAME)
    assert type(error) is kind
    assert error.code == status


@pytest.mark.parametrize(
    ("envelope", "data"),
    [
        ({"success": True, "failCode": 0, "data": [1]}, [1]),
        ({"success": True, "failCode": 0, "data": {"list": []}}, {"list": []}),
        ({"success": True, "failCode": 0, "data": None}, None),
        ({"success": True, "failCode": 0, "data": "being upgraded"}, "being upgraded"),
        ({"success": True, "failCode": 0}, None),
        ({"success": True}, None),
        ({"failCode": 0, "data": []}, []),
        ({"success": True, "failCode": "0", "data": []}, []),
        ({"success": True, "failCode": None, "data": []}, []),
        ({"success": True, "failCode": 0, "data": [], "params": None}, []),
        ({"success": True, "failCode": 0, "data": [], "message": "https://a.b"}, []),
        ({"success": True, "failCode": 0, "data": True}, True),
        ('{"success": true, "data": [NaN, Infinity, -Infinity]}', [None] * 3),
        (b"\xef\xbb\xbf" + b'{"success": true, "data": []}', []),
    ],
)
async def test_data_in_all_the_shapes_that_were_seen(
    raw: RawServer, raw_link: Link, envelope: Any, data: Any
) -> None:
    raw.answers[AT] = envelope
    assert await ask(raw_link) == data


@pytest.mark.parametrize("data", [20007, "20007"])
@pytest.mark.parametrize("success", [True, False])
async def test_a_number_for_data_is_a_code(
    raw: RawServer, raw_link: Link, data: Any, success: bool
) -> None:
    raw.answers[AT] = {"success": success, "failCode": 0, "data": data}
    error = await refusal(raw_link)
    assert type(error) is ResourceMissingError
    assert error.code == 20007


async def test_no_success_without_a_code_is_a_server_in_trouble(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers[AT] = {"success": False, "failCode": 0, "message": NAME}
    error = await refusal(raw_link, NAME)
    assert type(error) is ServerError
    assert error.code == 0


@pytest.mark.parametrize("status", [200, 400])
async def test_an_error_of_the_framework_tells_its_reason(
    raw: RawServer, raw_link: Link, status: int
) -> None:
    """It is for a form: a log does not show what a server wrote."""
    body = captured("getStationList_2_http400_exceptionId")
    raw.answers[AT] = lambda: web.json_response(body, status=status)
    error = await refusal(raw_link, "pageSize must be", "framwork")
    assert isinstance(error, ReportedError)
    assert error.reason == "pageSize must be greater than or equal to 50"
    assert error.code == status


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, "some.id"),
        ({"reasonArgs": None}, "some.id"),
        ({"reasonArgs": [None, 7, "a"]}, "7; a"),
        ({"reasonArgs": ["x" * 999]}, "x" * 200),
        ({"exceptionId": "half \ud800"}, "half ?"),
        ({"exceptionId": " "}, ""),
    ],
)
async def test_a_reason_in_all_shapes(
    raw: RawServer, raw_link: Link, told: dict[str, Any], reason: str
) -> None:
    raw.answers[AT] = {"exceptionId": "some.id", **told}
    error = await refusal(raw_link)
    assert isinstance(error, ReportedError)
    assert error.reason == reason


async def test_a_batch_that_is_refused_for_one_pauses_nothing(
    raw: RawServer, raw_link: Link
) -> None:
    """The answer does not say which of the three it is."""
    raw.answers["getStationRealKpi"] = captured("refusal_3_20056_batch")
    with pytest.raises(ConsentMissingError) as caught:
        await raw_link.client.plant_real_time(["NE=A", "NE=B", "NE=C"])
    assert isinstance(caught.value, OF_A_BATCH)
    assert raw_link.ledger.lane(Interface.PLANT_REAL_TIME).reason is None


@pytest.mark.parametrize("body", ["{", "[]", '{"exceptionId": 7}', "[" * 100_000])
async def test_a_bad_request_without_a_reason(
    raw: RawServer, raw_link: Link, body: str
) -> None:
    raw.answers[AT] = lambda: web.Response(status=400, text=body)
    assert type(await refusal(raw_link)) is NotNorthboundError


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"OK",
        b'{"success": true, "data": [',
        b"\xff\xfe\xfd",
        b"[]",
        b"null",
        b"305",
        b'"text"',
        b"{}",
        b'{"status": "ok", "data": []}',
        b'{"success": true, "data": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_no_envelope_cannot_be_read(
    raw: RawServer, raw_link: Link, body: bytes
) -> None:
    raw.answers[AT] = body
    assert type(await refusal(raw_link)) is ResponseError


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("<html>Owner-Plant</html>", "text/html"),
        ("  <!DOCTYPE html><html></html>", "application/json"),
        ("", "text/html"),
        ("Owner-Plant", "text/html"),
    ],
)
async def test_a_web_page_is_not_the_northbound_interface(
    raw: RawServer, raw_link: Link, text: str, content_type: str
) -> None:
    raw.answers[AT] = lambda: web.Response(text=text, content_type=content_type)
    error = await refusal(raw_link, NAME)
    assert type(error) is NotNorthboundError
    assert error.code == 200


async def test_json_is_json_whatever_its_content_type(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers[AT] = lambda: web.Response(
        text='{"success": true, "data": []}', content_type="text/html"
    )
    assert await ask(raw_link) == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (FaultKind.HTML, NotNorthboundError),
        (FaultKind.HTTP, ServerError),
        (FaultKind.REFUSE, UnreachableError),
        (FaultKind.REDIRECT, NotNorthboundError),
        (FaultKind.CODE, BusyError),
        (FaultKind.CUT, UnreachableError),
        (FaultKind.HALF, ResponseError),
        (FaultKind.EMPTY, ResponseError),
        (FaultKind.HUGE, ResponseError),
        (FaultKind.NUMBER, ResourceMissingError),
    ],
)
async def test_faults_of_a_server(
    monkeypatch: pytest.MonkeyPatch,
    link: Link,
    sim: Simulator,
    plant: Plant,
    fault: FaultKind,
    kind: type[NorthboundError],
) -> None:
    monkeypatch.setattr(session, "LARGEST_ANSWER", 1 << 20)
    await link.client.session.log_in()
    sim.faults.add(Fault(fault, "getDevList", times=1))
    with pytest.raises(NorthboundError) as caught:
        await link.client.devices([plant.code])
    assert type(caught.value) is kind
    secrets = (plant.name, plant.code, str(plant.devices[0].serial))
    discreet(caught.value, *secrets, str(sim.sessions.token))
    # The session outlives it all.
    link.clock.wait(121)
    assert await link.client.devices([plant.code])
    assert sim.count("login") == 1


@pytest.mark.parametrize(
    "fault", [FaultKind.NULL, FaultKind.TEXT, FaultKind.MISSING, FaultKind.EMPTY_LIST]
)
async def test_odd_data_is_an_empty_list(
    link: Link, sim: Simulator, plant: Plant, fault: FaultKind
) -> None:
    sim.faults.add(Fault(fault, "getDevList"))
    assert await link.client.devices([plant.code]) == []
    sim.faults.add(Fault(fault, "stations"))
    assert (await link.client.stations()).items == ()


@pytest.mark.parametrize(
    ("fault", "values"), [(FaultKind.EMPTY_MAP, set()), (FaultKind.ZEROS, {0.0})]
)
async def test_rows_without_values_and_of_zeros(
    link: Link, sim: Simulator, plant: Plant, fault: FaultKind, values: set[float]
) -> None:
    sim.faults.add(Fault(fault, "getStationRealKpi"))
    (row,) = await link.client.plant_real_time([plant.code])
    assert set(row.values.values()) == values


async def test_odd_values_of_a_device(link: Link, sim: Simulator, plant: Plant) -> None:
    device = plant.devices[0]
    odd = {
        "active_power": float("nan"),
        "temperature": float("inf"),
        "efficiency": "95.0%",
        "day_cap": 15.970000000000027,
        "total_cap": 10**400,
        "open_time": "N/A",
        "run_state": True,
        "inverter_state": 512.0,
        "battery_unit_info": {"soc": 1},
    }
    sim.override(device.id, odd)
    (row,) = await link.client.device_real_time(device.type, [device.id])
    assert {key: row.values[key] for key in odd if key in row.values} == {
        "efficiency": 95.0,
        "day_cap": 15.97,
        "inverter_state": 512.0,
    }


async def test_a_stall_is_a_time_out(
    monkeypatch: pytest.MonkeyPatch, link: Link, sim: Simulator, plant: Plant
) -> None:
    """The server never answers, so the outcome depends on no machine's speed."""
    assert session.TIMEOUT.total == 30
    await link.client.session.log_in()
    sim.faults.add(Fault(FaultKind.STALL))
    monkeypatch.setattr(session, "TIMEOUT", ClientTimeout(total=0.01))
    with pytest.raises(UnreachableError, match="TimeoutError"):
        await link.client.devices([plant.code])


async def test_nobody_listens(connect: Connect, unused_tcp_port: int) -> None:
    link = connect(f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(UnreachableError, match="ClientConnectorError") as caught:
        await link.client.session.log_in()
    assert not isinstance(caught.value, CertificateError)


@pytest.mark.parametrize("status", [302, 307, 308])
async def test_a_redirect_is_not_followed(
    raw: RawServer, raw_link: Link, sim: Simulator, url: str, status: int
) -> None:
    there = {"Location": f"{url}/thirdData/{AT}"}
    raw.answers[AT] = lambda: web.Response(status=status, headers=there)
    error = await refusal(raw_link)
    assert (type(error), error.code) == (NotNorthboundError, status)
    assert sim.calls == []


@pytest.mark.parametrize(
    ("size", "fits"), [(1000, True), (1001, False)], ids=["fits", "too large"]
)
async def test_an_answer_is_read_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
    raw: RawServer,
    raw_link: Link,
    size: int,
    fits: bool,
) -> None:
    await raw_link.session.log_in()
    monkeypatch.setattr(session, "LARGEST_ANSWER", 1000)
    raw.answers[AT] = '{"success": true}'.ljust(size)
    if fits:
        assert await ask(raw_link) is None
    else:
        assert "larger than any answer" in str(await refusal(raw_link))


async def test_a_self_signed_certificate_is_not_trusted(
    connect: Connect, sim: Simulator
) -> None:
    async with serve(sim, tls=True) as url:
        link = connect(url)
        with pytest.raises(CertificateError) as caught:
            await link.client.stations()
    assert isinstance(caught.value, errors.UnreachableError)
    discreet(caught.value)
    # Nothing was sent, so nothing counts.
    assert sim.calls == []
    assert link.ledger.wait(Interface.LOGIN) == 0


async def test_a_self_signed_certificate_may_be_accepted(
    connect: Connect, sim: Simulator
) -> None:
    async with serve(sim, tls=True) as url:
        link = connect(url, verify_ssl=False)
        assert (await link.client.stations()).pages == 1


async def test_https_to_a_server_without_it_is_a_certificate_error(
    connect: Connect, raw: RawServer
) -> None:
    with pytest.raises(CertificateError):
        await connect(raw.url.replace("http:", "https:")).client.session.log_in()


async def test_a_code_beats_everything_else(raw: RawServer, raw_link: Link) -> None:
    """407 comes with a text for data."""
    raw.answers[AT] = {
        "success": False,
        "failCode": 407,
        "data": "ACCESS_FREQUENCY_IS_TOO_HIGH",
    }
    error = await refusal(raw_link)
    assert error.code == 407
    assert isinstance(error, errors.TooFrequentError)
    assert error.retry_at == raw_link.clock.now() + 900


async def test_bodies_that_claim_to_be_compressed(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers[AT] = lambda: web.Response(
        body=b"not gzip", headers={"Content-Encoding": "gzip"}
    )
    assert type(await refusal(raw_link)) is UnreachableError

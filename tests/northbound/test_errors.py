"""Codes and statuses become the error that says what to do."""

import json
from pathlib import Path

import pytest

from custom_components.smartpvms.account.left_out import OF_A_BATCH
from custom_components.smartpvms.northbound import Interface, errors as e
from custom_components.smartpvms.northbound.codes import MEANINGS

LISTED = {
    int(code): item
    for code, item in json.loads(
        (Path(__file__).parents[1] / "data/error_codes.json").read_text(
            encoding="utf-8"
        )
    )["codes"].items()
}

CHAPTER_4: dict[int, type[e.NorthboundError]] = {
    305: e.SessionLostError,
    401: e.PermissionMissingError,
    407: e.TooFrequentError,
    20001: e.UnknownAccountError,
    20002: e.ForbiddenAccountError,
    20003: e.ExpiredAccountError,
    20004: e.BusyError,
    20005: e.RequestError,
    20006: e.TypeMismatchError,
    20007: e.ResourceMissingError,
    20008: e.ResourceMissingError,
    20009: e.KpiNotConfiguredError,
    20010: e.RequestError,
    20011: e.RequestError,
    20012: e.RequestError,
    20013: e.UnsupportedTypeError,
    20014: e.RequestError,
    20015: e.RequestError,
    20016: e.RequestError,
    20017: e.RequestError,
    20018: e.UpgradeError,
    20019: e.UpgradeError,
    20020: e.UpgradeError,
    20021: e.UpgradeError,
    20022: e.UpgradeError,
    20023: e.RequestError,
    20024: e.RequestError,
    20025: e.RequestError,
    20026: e.RequestError,
    20027: e.RequestError,
}
LATER: dict[int, type[e.NorthboundError]] = {
    306: e.SessionLostError,
    307: e.SessionLostError,
    403: e.BusyError,
    429: e.BusyError,
    20045: e.ResourceForbiddenError,
    20046: e.ResourceForbiddenError,
    20056: e.ConsentMissingError,
    30029: e.ResourceForbiddenError,
    20200: e.BusyError,
    20400: e.LoginError,
    20618: e.DayQuotaError,
}
UNHEARD_OF: dict[int, type[e.NorthboundError]] = {
    -1: e.ServerError,
    1: e.ServerError,
    99999: e.ServerError,
}
CODES = CHAPTER_4 | LATER | UNHEARD_OF
STATUSES: dict[int, type[e.NorthboundError]] = {
    301: e.NotNorthboundError,
    304: e.NotNorthboundError,
    400: e.NotNorthboundError,
    401: e.PermissionMissingError,
    403: e.BusyError,
    404: e.NotNorthboundError,
    405: e.NotNorthboundError,
    407: e.TooFrequentError,
    429: e.BusyError,
    500: e.ServerError,
    502: e.ServerError,
    503: e.ServerError,
    504: e.ServerError,
}


@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_a_code_is_an_error(code: int, kind: type[e.NorthboundError]) -> None:
    error = e.error_for(Interface.ALARMS, code)
    assert type(error) is kind
    assert (error.interface, error.code) == (Interface.ALARMS, code)
    told = f": {MEANINGS[code]}" if code in MEANINGS else ""
    assert str(error) == f"getAlarmList: {kind.meaning} (code {code}{told})"


@pytest.mark.parametrize("code", sorted({*LISTED, *CHAPTER_4, *LATER}))
def test_every_code_has_a_meaning_and_a_class(code: int) -> None:
    assert MEANINGS[code]
    assert code in e.CODES
    if code in LISTED:
        assert MEANINGS[code] == LISTED[code]["meaning"]


def test_one_of_a_batch_is_found_for_every_code_that_needs_it() -> None:
    batch = {code for code, item in LISTED.items() if item.get("batch")}
    assert batch == {20006, 20045, 20046, 20056, 30029}
    found = {code for code, kind in e.CODES.items() if issubclass(kind, OF_A_BATCH)}
    assert found >= batch


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_a_status_is_an_error(status: int, kind: type[e.NorthboundError]) -> None:
    error = e.error_for_status(Interface.LOGIN, status)
    assert type(error) is kind
    assert error.code == status


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_good_status_is_none(status: int) -> None:
    assert e.error_for_status(Interface.LOGIN, status) is None


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (e.CertificateError, e.UnreachableError),
        (e.UnknownAccountError, e.LoginError),
        (e.ForbiddenAccountError, e.LoginError),
        (e.ExpiredAccountError, e.LoginError),
        (e.PermissionMissingError, e.AccessError),
        (e.ConsentMissingError, e.AccessError),
        (e.KpiNotConfiguredError, e.AccessError),
        (e.NotYetError, e.RefusedError),
        (e.TooFrequentError, e.RefusedError),
        (e.BusyError, e.RefusedError),
        (e.DayQuotaError, e.RefusedError),
        (e.UnsupportedTypeError, e.RequestError),
        (e.ResourceMissingError, e.RequestError),
        (e.ResourceForbiddenError, e.RequestError),
        (e.TypeMismatchError, e.RequestError),
        (e.UpgradeError, e.RequestError),
    ],
)
def test_what_is_done_alike_has_one_parent(
    kind: type[e.NorthboundError], parent: type[e.NorthboundError]
) -> None:
    assert kind.__bases__ == (parent,)


def test_the_text_names_interface_meaning_code_and_detail() -> None:
    error = e.UnreachableError(Interface.STATIONS, detail="TimeoutError")
    assert str(error) == "stations: the server did not answer: TimeoutError"
    late = e.NotYetError(Interface.STATIONS, 12.5)
    assert (str(late), late.retry_at) == (
        "stations: the account's quota does not allow a call yet",
        12.5,
    )

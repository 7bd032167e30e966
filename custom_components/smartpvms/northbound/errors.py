"""What can go wrong, as a small tree: each class says what to do about it.

No error text holds anything the server or the user wrote, so that neither a
password nor a plant's name reaches a log.
"""

from collections.abc import Mapping
import re
from typing import Final, override

from .codes import MEANINGS
from .interfaces import Interface


class NorthboundError(Exception):
    """Any failure of a call.

    `interface` is the one that was called, `code` the failCode or the HTTP
    status behind it, None where there was no answer. `retry_after`: the seconds after
    which the server wants to be asked again, None where it has not told.
    """

    meaning = "the call failed"
    retry_after: float | None = None

    def __init__(
        self, interface: Interface, code: int | None = None, detail: str = ""
    ) -> None:
        """Name the interface, the code and, where it helps, a detail of ours."""
        super().__init__(interface, code, detail)
        self.interface = interface
        self.code = code
        self.detail = detail

    @override
    def __str__(self) -> str:
        known = MEANINGS.get(self.code or 0, "")
        told = f": {known}" if known else ""
        code = "" if self.code is None else f" (code {self.code}{told})"
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.interface}: {self.meaning}{code}{detail}"


class UnreachableError(NorthboundError):
    """No answer: name, connection or time-out. Try again later."""

    meaning = "the server did not answer"


class UnansweredError(UnreachableError):
    """No answer within the time: the server may still be at work on the call."""


class CertificateError(UnreachableError):
    """The server's certificate is not trusted. Check the host or the option."""

    meaning = "the server's certificate could not be verified"


class NotNorthboundError(NorthboundError):
    """A web page instead of JSON: a portal host. Use the northbound host."""

    meaning = "the address answers, but not with the northbound interface"


class ResponseError(NorthboundError):
    """An answer that is cut off, too large or not of the documented form."""

    meaning = "the answer could not be read"


class ServerError(NorthboundError):
    """The server is in trouble (HTTP 5xx, unknown codes). Try later."""

    meaning = "the server reported an error"


class ReportedError(ServerError):
    """The framework below the interface refused the request, and says why.

    `reason` is the server's own text, plain and short; for a form, never for a log.
    """

    def __init__(self, interface: Interface, code: int, reason: str) -> None:
        """Keep the reason out of the error's text."""
        super().__init__(interface, code)
        self.reason = reason


class LoginError(NorthboundError):
    """The account was refused. Ask the user; never retry in a loop."""

    meaning = "the login was refused"


class UnknownAccountError(LoginError):
    """The system does not know this account (20001)."""

    meaning = "the account does not exist"


class ForbiddenAccountError(LoginError):
    """The account was forbidden (20002)."""

    meaning = "the account is forbidden"


class ExpiredAccountError(LoginError):
    """The account has expired (20003)."""

    meaning = "the account has expired"


class ReportedLoginError(ReportedError, LoginError):
    """The framework refused a login, and says why: a refused login like any other."""

    meaning = LoginError.meaning


class SessionLostError(NorthboundError):
    """The session ended (305, 306, 307). Log in once more."""

    meaning = "the session has ended"


class OldProofError(SessionLostError):
    """A 401 that an old token may be the reason of (NetEco systems).

    The server may have counted the call.
    """


class AccessError(NorthboundError):
    """The account may not use this interface. Grant it, ask again tomorrow."""

    meaning = "the account may not use this interface"


class PermissionMissingError(AccessError):
    """The interface was not granted to the account (401)."""

    meaning = "the account has no permission for this interface"


class ConsentMissingError(AccessError):
    """The plant's owner has not allowed access by this account (20056)."""

    meaning = "the owner has not allowed access for this account"


class KpiNotConfiguredError(AccessError):
    """The KPIs of this interface are not configured (20009)."""

    meaning = "the KPIs are not configured in the management system"


class RefusedError(NorthboundError):
    """Not now. `retry_at` (epoch seconds) is when the lane's pause ends."""

    meaning = "the call may not be made now"
    retry_at: float = 0.0


class NotYetError(RefusedError):
    """The ledger kept the call back: nothing was sent."""

    meaning = "the account's quota does not allow a call yet"

    def __init__(self, interface: Interface, retry_at: float) -> None:
        """Say from when on (epoch seconds) the call may be made."""
        super().__init__(interface)
        self.retry_at = retry_at


class TooFrequentError(RefusedError):
    """The server counts more calls than we do (407)."""

    meaning = "the server refused the call as too frequent"


class BusyError(RefusedError):
    """The system is busy for everybody (403, 429, 20004, 20200). Wait a minute or more."""

    meaning = "the server is busy"


class DayQuotaError(RefusedError):
    """The day's calls are used up (20618)."""

    meaning = "the day's quota is used up"


class RequestError(NorthboundError):
    """The request itself was wrong (20005 to 20017, 20023 to 20027)."""

    meaning = "the request was not accepted"


class UnsupportedTypeError(RequestError):
    """The interface does not serve devices of this type (20013)."""

    meaning = "the interface does not support this device type"


class ResourceMissingError(RequestError):
    """The plants or devices are not, or no longer, in the account."""

    meaning = "the plants or devices are not in this account"


class ResourceForbiddenError(RequestError):
    """A plant or device of the request is not the account's (20045, 20046, 30029)."""

    meaning = "the account may not see the plants or devices"


class TypeMismatchError(RequestError):
    """A device of the request is not of the type that was named (20006)."""

    meaning = "a device is not of the type that was asked for"


class UpgradeError(RequestError):
    """An upgrade cannot be made (20018 to 20022)."""

    meaning = "the upgrade is not possible"


class ControlError(RequestError):
    """A task cannot be delivered or followed (20040 to 20050, 20607 to 20626)."""

    meaning = "the task was refused"


# Reference, chapter 4; 306, 307, 403, 429 and 20056 upwards: later editions.
CODES: Final[dict[int, type[NorthboundError]]] = {
    # 1 and 2 have no meaning outside of tasks, whose answers have data beside them.
    **dict.fromkeys((1, 2, 30008), ServerError),
    **dict.fromkeys((305, 306, 307), SessionLostError),
    **dict.fromkeys((403, 429, 20004, 20200), BusyError),
    401: PermissionMissingError,
    407: TooFrequentError,
    20001: UnknownAccountError,
    20002: ForbiddenAccountError,
    20003: ExpiredAccountError,
    20400: LoginError,
    20403: ForbiddenAccountError,
    **dict.fromkeys((*range(20005, 20018), *range(20023, 20030)), RequestError),
    **dict.fromkeys((20055, *range(20604, 20607)), RequestError),
    **dict.fromkeys((*range(30001, 30008), 30021, *range(30030, 30035)), RequestError),
    **dict.fromkeys(range(20018, 20023), UpgradeError),
    # Of tasks.
    **dict.fromkeys((*range(20040, 20051), 20116), ControlError),
    **dict.fromkeys(range(20607, 20627), ControlError),
    # Amid the ranges above.
    20006: TypeMismatchError,
    20007: ResourceMissingError,
    20008: ResourceMissingError,
    20009: KpiNotConfiguredError,
    20013: UnsupportedTypeError,
    20056: ConsentMissingError,
    20618: DayQuotaError,
    **dict.fromkeys((20045, 20046, 30029), ResourceForbiddenError),
}

_OF_A_LOGIN: Final = (LoginError, RefusedError, AccessError)


def error_for(interface: Interface, code: int) -> NorthboundError:
    """Return the error that a failCode other than 0 stands for.

    A login that is refused with a code of no meaning to it is a refused login all the
    same: to repeat it may lock the account.
    """
    kind = CODES.get(code, ServerError)
    if interface is Interface.LOGIN and not issubclass(kind, _OF_A_LOGIN):
        kind = LoginError
    return kind(interface, code)


def error_for_status(interface: Interface, status: int) -> NorthboundError | None:
    """Return the error that an HTTP status stands for, None for 2xx.

    The statuses that are codes of the envelope, too, mean the same there.
    """
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return NotNorthboundError(interface, status, "it redirects elsewhere")
    fallback = ServerError if status >= 500 else NotNorthboundError
    return CODES.get(status, fallback)(interface, status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the header Retry-After tells, None where it does not.

    A date in it (RFC 9110) is not read: the server's clock may differ from ours.
    """
    text = headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else None


class NoAddressError(ValueError):
    """What a user typed is no address of a server."""


class NotEncryptedError(ValueError):
    """The address is `http` to another machine: it would send the password openly."""


class PageAddressError(ValueError):
    """The address is that of a web page, not of the interface."""

    def __init__(self, origin: str) -> None:
        """Name the server to enter in its place."""
        super().__init__("the address of a page")
        self.origin = origin


class PortalAddressError(PageAddressError):
    """The address is that of a region's web portal."""


class NoCertificateError(ValueError):
    """What a user gave is no certificate in PEM form."""


def may_be_taken(error: NorthboundError, interface: Interface) -> bool:
    """Tell whether the server may have taken a request that it did not confirm.

    20004 is a fault of the server, at whatever moment it came.
    """
    if error.interface is not interface or isinstance(error, CertificateError):
        return False
    unclear = isinstance(error, UnreachableError | ResponseError | ServerError)
    return unclear or error.code == _SERVER_FAULT


_SERVER_FAULT: Final = 20004

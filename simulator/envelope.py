"""Answers, refusals, and the texts of the fail codes (reference 4)."""

from dataclasses import dataclass
from typing import Any

CODES: dict[int, str] = {
    305: "USER_MUST_RELOGIN",
    401: "no permission for this interface",
    403: "forbidden",
    407: "ACCESS_FREQUENCY_IS_TOO_HIGH",
    429: "too many requests",
    20001: "third-party system does not exist",
    20002: "third-party system is forbidden",
    20003: "third-party system has expired",
    20004: "server abnormal",
    20005: "device id is empty",
    20006: "devices are not of this type",
    20007: "no such plant",
    20008: "no such device",
    20009: "KPIs are not configured",
    20010: "plant list is empty",
    20011: "device list is empty",
    20012: "time is empty",
    20013: "device type is not supported",
    20014: "more than 100 plants",
    20016: "more than 100 devices",
    20018: "more than 10 devices",
    20020: "no upgrade package",
    20022: "no upgrade record",
    20023: "begin after end",
    20024: "language is empty",
    20025: "language is wrong",
    20026: "older than 365 days",
    20027: "longer than allowed",
    20045: "a plant is not permitted",
    20046: "a device is not permitted",
    20056: "the owner has not allowed access",
    20200: "system busy",
    20400: "user.login.user_or_value_invalid",
    20040: "dispatchSwitch is invalid",
    20041: "controlType is invalid",
    20042: "targetSOC is invalid",
    20043: "dispatchTime is invalid",
    20044: "requestID is empty",
    20047: "powerDispatch is invalid",
    20607: "the list of tasks is empty",
    20608: "a plant is listed twice",
    20609: "the plant's network of controllers is not supported",
    20610: "the plant's configuration is not supported",
    20611: "a value is out of range",
    20612: "a value is missing",
    20614: "the network to the plant is disturbed",
    20615: "the same task is running",
    20616: "the task id is empty",
    20618: "the day's calls are used up",
    20620: "no such task",
    20621: "the owner has not consented",
    20622: "the plant is invalid",
    30005: "pageSize is missing",
}

LOST = {"failCode": 305, "immediately": True, "message": "USER_MUST_RELOGIN"}
"""Body of a lost session: it has neither ``data`` nor ``success``."""


class Refused(Exception):
    """Raised by an interface to answer with a fail code."""

    def __init__(self, code: int, message: str | None = None) -> None:
        """Set the fail code (reference 4); the default message is its text."""
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of an interface without its envelope.

    ``extra``: more top-level keys. ``code``: 1 and 2 of tasks, which have data.
    """

    data: Any
    success: bool = True
    message: str | None = None
    extra: tuple[tuple[str, Any], ...] = ()
    code: int = 0


type Body = dict[str, Any]


def wrap(answer: Answer, asked: Body, at: float) -> Body:
    """Return an answer in the envelope of all interfaces; ``at``: epoch seconds."""
    return {
        "success": answer.success,
        "data": answer.data,
        "failCode": answer.code,
        "params": {**asked, "currentTime": int(at * 1000)},
        "message": answer.message,
        **dict(answer.extra),
    }


def refuse(code: int, message: str | None, asked: Body, at: float) -> Body:
    """Return the envelope of a fail code; ``at``: epoch seconds."""
    if code in {305, 306, 307}:
        return LOST | {"failCode": code}
    frequent = code == 407
    return {
        "success": False,
        "data": CODES[407] if frequent else None,
        "failCode": code,
        "params": {**asked, "currentTime": int(at * 1000)},
        "message": message or (None if frequent else CODES.get(code)),
    }

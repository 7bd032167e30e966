"""The outcome of the last calls, for diagnostics.

No content of an answer is kept, only when it came, how many rows it had and how much
of it could not be read.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .errors import (
    ControlError,
    NorthboundError,
    NotNorthboundError,
    RequestError,
    ResourceMissingError,
    ResponseError,
    UnsupportedTypeError,
    UpgradeError,
)
from .interfaces import Interface, Json


class Oddity(StrEnum):
    """What of an answer was left out, or why all of it was."""

    NO_LIST = "no_list"
    NO_OBJECT = "row_is_no_object"
    ROW_WITHOUT_ID = "row_without_id_or_plant"
    NOT_A_NUMBER = "value_is_no_number"
    NOT_NORTHBOUND = "not_northbound"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """How the last call of an interface ended.

    `at` in epoch seconds, `seconds` from sending to the end; `code` 0 for success,
    else the failCode or HTTP status, None where there was no answer; `error` the
    name of our error; `rows` None where the answer is no list.
    """

    at: float
    seconds: float
    code: int | None = 0
    error: str | None = None
    rows: int | None = None

    @property
    def lets_in(self) -> bool:
        """Tell whether the account may use the interface, whatever was asked."""
        return self.error is None or self.error in _ABOUT_THE_REQUEST


_ABOUT_THE_REQUEST: Final = frozenset(
    kind.__name__
    for kind in (
        RequestError,
        UnsupportedTypeError,
        ResourceMissingError,
        UpgradeError,
        ControlError,
    )
)


@dataclass(slots=True)
class CallLog:
    """The last answer of each interface, and all that was odd since the start."""

    answers: dict[Interface, LastAnswer] = field(default_factory=dict)
    oddities: Counter[tuple[Interface, Oddity]] = field(default_factory=Counter)

    def answered(
        self, interface: Interface, at: float, seconds: float, data: Json
    ) -> None:
        """Note a good answer."""
        rows = data.get("list") if isinstance(data, dict) else data
        count = len(rows) if isinstance(rows, list) else None
        self.answers[interface] = LastAnswer(at, seconds, rows=count)

    def failed(self, at: float, seconds: float, error: NorthboundError) -> None:
        """Note a call that was refused or not answered."""
        interface, name = error.interface, type(error).__name__
        self.answers[interface] = LastAnswer(at, seconds, error.code, name)
        for kind, oddity in _SPOILT.items():
            if isinstance(error, kind):
                self.oddities[interface, oddity] += 1

    def count(self, interface: Interface, odd: Mapping[Oddity, int]) -> None:
        """Note what of an answer's rows could not be read."""
        self.oddities.update({(interface, kind): n for kind, n in odd.items()})


_SPOILT = {
    NotNorthboundError: Oddity.NOT_NORTHBOUND,
    ResponseError: Oddity.UNREADABLE,
}

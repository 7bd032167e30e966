"""Faults on request: of the connection, of the HTTP answer, of its data."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Self


class FaultKind(StrEnum):
    """Kind of a fault, by the stage at which it strikes."""

    # Before the quota is counted.
    HTTP = "http"
    HTML = "html"
    REFUSE = "refuse"
    REDIRECT = "redirect"
    LOST = "lost"
    EXCEPTION = "exception"
    # In place of a good answer. ``cut`` closes the connection in the middle of the
    # body, ``half`` sends a complete response with half of the body.
    STALL = "stall"
    CODE = "code"
    CUT = "cut"
    HALF = "half"
    EMPTY = "empty"
    HUGE = "huge"
    # In the data of a good answer.
    NULL = "null"
    TEXT = "text"
    NUMBER = "number"
    MISSING = "missing"
    EMPTY_LIST = "empty_list"
    EMPTY_MAP = "empty_map"
    ZEROS = "zeros"


EARLY = frozenset(
    {
        FaultKind.HTTP,
        FaultKind.HTML,
        FaultKind.REFUSE,
        FaultKind.REDIRECT,
        FaultKind.LOST,
        FaultKind.EXCEPTION,
    }
)


@dataclass(slots=True)
class Fault:
    """A fault of an interface (None: of all) for ``times`` calls (None: until cleared).

    ``probability``: chance, 0 to 1, that it strikes a call. ``status``: HTTP status of
    ``http`` and ``exception`` (the framework's error object), ``retry_after``: its
    header in seconds. ``code``: fail code of ``code``.
    """

    kind: FaultKind | str
    interface: str | None = None
    times: int | None = None
    probability: float = 1.0
    status: int = 500
    code: int = 20004
    retry_after: int | None = None

    def __post_init__(self) -> None:
        """Convert the kind's name to a kind."""
        self.kind = FaultKind(self.kind)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``kind[:interface[:times]]``, also ``code=20004`` and ``http=503``."""
        kind, _, rest = text.partition(":")
        interface, _, times = rest.partition(":")
        name, _, number = kind.partition("=")
        fault = cls(name, interface or None, int(times) if times else None)
        if number:
            fault.code = fault.status = int(number)
        return fault


@dataclass(slots=True)
class Faults:
    """The armed faults, tried in the order in which they were added."""

    _armed: list[Fault] = field(default_factory=list)
    _rng: Random = field(default_factory=lambda: Random(0))

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all faults."""
        self._armed.clear()

    def __iter__(self) -> Any:
        """Iterate over a copy of the armed faults."""
        return iter(list(self._armed))

    def strike(self, interface: str) -> Fault | None:
        """Return the fault that strikes this call, if any, and count the strike."""
        for fault in self._armed:
            if fault.interface not in {None, interface}:
                continue
            if self._rng.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._armed.remove(fault)
            return fault
        return None


def _emptied(value: Any, replacement: Any) -> Any:
    """Copy rows with every KPI value replaced; None removes all KPIs."""
    if isinstance(value, list):
        return [_emptied(item, replacement) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: ({} if replacement is None else dict.fromkeys(item, replacement))
        if key == "dataItemMap"
        else _emptied(item, replacement)
        for key, item in value.items()
    }


def spoil(kind: FaultKind | str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body whose data are damaged as real servers have been seen to do."""
    good = dict(body)
    match kind:
        case FaultKind.NULL:
            good["data"] = None
        case FaultKind.TEXT:
            good["data"] = "The system is being upgraded."
        case FaultKind.NUMBER:
            good |= {"success": False, "data": 20007, "failCode": 0}
        case FaultKind.MISSING:
            del good["data"]
        case FaultKind.EMPTY_LIST:
            paged = isinstance(good["data"], dict) and "list" in good["data"]
            good["data"] = good["data"] | {"list": [], "total": 0} if paged else []
        case FaultKind.EMPTY_MAP:
            good["data"] = _emptied(good["data"], None)
        case FaultKind.ZEROS:
            good["data"] = _emptied(good["data"], 0)
    return good

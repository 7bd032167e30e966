"""The simulator as tests and the command line hold it."""

import asyncio
from collections.abc import Generator, Hashable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from . import fleet
from .alarms import Alarms
from .answers.look import Row
from .clock import Clock
from .dialect import Dialect
from .faults import Faults
from .model import Plant
from .quota import Quota
from .session import Sessions
from .truth import Truth
from .upgrades import Upgrades


class _Absent(Enum):
    """Marks a key that an overridden row shall not have."""

    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was answered.

    ``fail_code`` is that of the body, 0 if all was well, None if no body had one.
    """

    interface: str
    at: float
    fail_code: int | None
    http_status: int
    payload: dict[str, Any]


class Simulator:
    """A SmartPVMS with one account.

    All of its state may be changed while it serves: plants and their devices, the
    clock, faults, overrides.
    """

    def __init__(
        self,
        plants: Iterable[Plant] | None = None,
        dialect: Dialect | str = Dialect.V2022,
        *,
        username: str = "user",
        password: str = "pass",
        clock: Clock | None = None,
        quirks: bool = True,
        window: float = 1.0,
        all_types: bool = False,
    ) -> None:
        """Set up the account; nothing listens before :func:`serve`."""
        self.plants = list(fleet.demo() if plants is None else plants)
        self.dialect = Dialect(dialect)
        self.clock = clock or Clock()
        self.quirks = quirks
        self.all_types = all_types
        self.sessions = Sessions(username, password, self.clock)
        self.quota = Quota(window)
        self.faults = Faults()
        self.upgrades = Upgrades(self.clock)
        self.alarms = Alarms(self.clock, self.plants, quirks)
        self.calls: list[Call] = []
        self.denied: dict[str, int] = {}
        self.stalled = asyncio.Event()
        self._stalls = 0
        self._overrides: dict[Hashable, Row] = {}

    def count(self, interface: str | None = None, fail_code: int | None = None) -> int:
        """Count calls of an interface (or all), with one outcome (or any)."""
        return sum(
            (interface is None or call.interface == interface)
            and (fail_code is None or call.fail_code == fail_code)
            for call in self.calls
        )

    @contextmanager
    def stalling(self) -> Generator[None]:
        """Let somebody wait; `stalled` is set as long as anybody does."""
        self._stalls += 1
        self.stalled.set()
        try:
            yield
        finally:
            self._stalls -= 1
            if not self._stalls:
                self.stalled.clear()

    def evict(self) -> None:
        """Somebody else logs in: every token is worth nothing from now on."""
        self.sessions.end()

    def deny(self, interface: str, code: int | None) -> None:
        """Make an interface answer a failure from now on; None ends it."""
        if code is None:
            self.denied.pop(interface, None)
        else:
            self.denied[interface] = code

    def override(
        self, what: int | str | tuple[int | str, str, int], values: Any
    ) -> None:
        """Force KPI values; None ends it.

        ``what`` is a device id or plant code for real-time rows, or for one row of
        history ``(id or code, "Hour" | "Day" | "Month" | "Year" | "FiveMinutes",
        start in epoch seconds)``. A value may be anything JSON can say; ``ABSENT``
        takes a key out.
        """
        if values is None:
            self._overrides.pop(what, None)
        else:
            self._overrides[what] = dict(values)

    def overridden(self, what: Hashable, row: Row) -> Row:
        """Merge into a row what was forced upon it."""
        forced = self._overrides.get(what)
        if forced is None:
            return row
        merged: dict[str, Any] = row | forced
        return {key: value for key, value in merged.items() if value is not ABSENT}

    def truth(self, plant_code: str) -> Truth:
        """Tell what really happens at a plant."""
        return Truth(next(p for p in self.plants if p.code == plant_code))

    def is_faulty(self, plant: Plant) -> bool:
        """Whether a plant's health state is "faulty"."""
        return self.alarms.is_faulty(plant)

"""The simulator's state and controls, for tests and the command line."""

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
from .control import Control
from .dialect import Dialect
from .disturbances import Disturbances
from .faults import Faults
from .model import Plant
from .owner import Owner
from .quota import Quota
from .session import Sessions
from .truth import Truth
from .upgrades import Upgrades


class _Absent(Enum):
    """Type of ``ABSENT``, which removes a key from an overridden row."""

    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Call:
    """One answered call.

    ``at``: arrival in epoch seconds. ``fail_code``: of the body, 0 on success, None if
    the body has none. ``payload``: the parameters, with secrets masked.
    """

    interface: str
    at: float
    fail_code: int | None
    http_status: int
    payload: dict[str, Any]


class Simulator:
    """A SmartPVMS with one account.

    Plants, devices, clock, faults and overrides may be changed while it serves, and
    ``unserved``, the device types without real-time data beyond those of the dialect.
    ``kept``: interfaces that the dialect has withdrawn and this system serves still.
    ``is_paged``: getStationList wants a page and a size, as where it lives on today.
    ``text_types``: device types with real-time rows only where the type is sent as
    text. ``other_types``: the real-time row of types beyond those of the dialect.
    ``lost_by_401``: an old token is answered by HTTP 401, as NetEco systems do.
    ``stalled`` is set while at least one answer is stalled.
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
        """Set up the account; :func:`serve` makes it listen.

        ``plants``: by default the demo fleet. ``quirks``: deviations of real servers
        and devices, and the cloud's lag. ``window``: factor on all quota windows; 0: no
        quotas. ``all_types``: data of device types beyond the dialect.
        """
        self.plants = list(fleet.demo() if plants is None else plants)
        self.dialect = Dialect(dialect)
        self.clock = clock or Clock()
        self.quirks = quirks
        self.all_types = all_types
        self.sessions = Sessions(username, password, self.clock)
        self.owner = Owner(self.clock, scale=window)
        self.quota = Quota(window)
        self.faults = Faults()
        self.disturbances = Disturbances()
        self.upgrades = Upgrades(self.clock)
        self.control = Control(self.clock)
        self.alarms = Alarms(self.clock, self.plants, quirks)
        self.calls: list[Call] = []
        self.denied: dict[str, int] = {}
        self.unserved: set[int] = set()
        self.refused: dict[int | str, int] = {}
        self.text_types: set[int] = set()
        self.other_types: dict[int, Row] = {}
        self.kept: set[str] = set()
        self.is_paged = False
        self.lost_by_401 = False
        self.stalled = asyncio.Event()
        self._stalls = 0
        self._overrides: dict[Hashable, Row] = {}

    def count(self, interface: str | None = None, fail_code: int | None = None) -> int:
        """Return the number of calls, by interface and fail code (None: all)."""
        return sum(
            (interface is None or call.interface == interface)
            and (fail_code is None or call.fail_code == fail_code)
            for call in self.calls
        )

    @contextmanager
    def stalling(self) -> Generator[None]:
        """Keep ``stalled`` set within the context; contexts may overlap."""
        self._stalls += 1
        self.stalled.set()
        try:
            yield
        finally:
            self._stalls -= 1
            if not self._stalls:
                self.stalled.clear()

    def evict(self) -> None:
        """End the session, as a login elsewhere does."""
        self.sessions.end()

    def deny(self, interface: str, code: int | None) -> None:
        """Make an interface answer with a fail code until called with None."""
        if code is None:
            self.denied.pop(interface, None)
        else:
            self.denied[interface] = code

    def refuse_for(self, source: int | str, code: int | None) -> None:
        """Refuse requests that include a plant (code) or device (id) until None.

        A plant's devices are refused with it.
        """
        if code is None:
            self.refused.pop(source, None)
        else:
            self.refused[source] = code

    def override(
        self, what: int | str | tuple[int | str, str, int], values: Any
    ) -> None:
        """Force KPI values of a row until called with None.

        ``what``: a device id or plant code for its real-time row, or ``(id or code,
        "Hour" | "Day" | "Month" | "Year" | "FiveMinutes", start in epoch seconds)`` for
        one row of history. ``values``: any JSON values by KPI; ``ABSENT`` removes one.
        """
        if values is None:
            self._overrides.pop(what, None)
        else:
            self._overrides[what] = dict(values)

    def overridden(self, what: Hashable, row: Row) -> Row:
        """Return a row with its forced KPI values merged in."""
        forced = self._overrides.get(what)
        if forced is None:
            return row
        merged: dict[str, Any] = row | forced
        return {key: value for key, value in merged.items() if value is not ABSENT}

    def truth(self, plant_code: str) -> Truth:
        """Return the physical truth of a plant; StopIteration for an unknown code."""
        return Truth(next(p for p in self.plants if p.code == plant_code))

    def is_faulty(self, plant: Plant) -> bool:
        """Return whether a plant's health state is "faulty"."""
        return self.alarms.is_faulty(plant)

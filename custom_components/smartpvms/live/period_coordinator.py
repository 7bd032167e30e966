"""Today, this month, this year: one coordinator per interface; that of the plants.

These lanes are shared with the import of history, which uses the rest of their calls.
A lane is asked once for all plants and devices, so that there are entities to enable;
after that only for the subjects of enabled entities.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Final, TypedDict, override

from homeassistant.core import callback
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from ..account.account import Account
from ..account.supported_types import SavedTypes
from ..account.time_zones import find_zone
from ..catalogue import PLANT_PERIODS, PeriodKpi
from ..coordinator import EARLY, calling
from ..local_time import DAY, HOUR
from ..northbound import Interface, PauseReason, Period, PlantRow, Values
from ..northbound.errors import BusyError
from ..northbound.interfaces import PLANTS_PER_CALL
from ..northbound.periods import PLANT_INTERFACES
from .closings import Closings, Inquiry
from .coordinator import RealTimeCoordinator
from .period_rows import (
    Rows,
    advance_row,
    by_key,
    earliest_start,
    known_start,
    rows_to_apply,
)
from .readings import Reading, dump_readings

# Of the calls of a lane; the rest is for history.
LIVE_SHARE: Final = 0.4

# Seconds between two rows; a fresher value has no use.
EVERY: Final[Mapping[Period, float]] = {
    Period.DAY: HOUR,
    Period.MONTH: 6 * HOUR,
    Period.YEAR: 12 * HOUR,
}

# After the real-time data, and not while a restart still keeps Home Assistant busy.
FIRST_LOOK: Final = 120.0
LOOK_AGAIN: Final = 60.0
# An account may have no real-time data at all.
PATIENCE: Final = 600.0
AGAIN_AFTER: Final = 600.0


class SavedPeriods(TypedDict):
    """What a restart begins with, by plant code or device id as text."""

    round_at: float
    asked: dict[str, float]
    readings: dict[str, Reading]
    types: SavedTypes


class PeriodCoordinator[K, RequestT](RealTimeCoordinator[K, Inquiry[RequestT]]):
    """The current day, month or year of plants (by code) or devices (by id).

    `asked` tells when each of them was asked last, `round_at` when the round began
    in which each one with an enabled entity is asked once (epoch seconds).
    """

    def __init__(
        self,
        account: Account,
        period: Period,
        interface: Interface,
        what: str,
        after: Sequence[RealTimeCoordinator[Any, Any]],
    ) -> None:
        """Use one lane of the account's ledger, `after` real-time data have come."""
        super().__init__(account, interface, f"{what} {period}")
        self.update_interval = timedelta(seconds=FIRST_LOOK)
        self.period = period
        self._after = after
        self.asked: dict[K, float] = {}
        self.round_at = 0.0
        self._closings = Closings[K]()
        self._started_at = account.clock.now()
        self._not_before = 0.0

    @abstractmethod
    def kpis(self, key: K) -> tuple[PeriodKpi, ...]:
        """Return the rows of the catalogue that a plant or device may have."""

    @abstractmethod
    def _askable(self) -> Iterable[K]:
        """Return the plants or devices worth asking, the most telling first."""

    @abstractmethod
    def _requests(self, keys: Iterable[K]) -> Iterable[RequestT]:
        """Return the calls that ask these once."""

    @abstractmethod
    def _plant_of(self, key: K) -> str:
        """Return the code of the plant."""

    @abstractmethod
    async def _async_rows(self, request: RequestT, at: datetime) -> dict[K, Rows]:
        """Return the rows of a time's parent, by the plants or devices that the server serves."""

    @override
    def cycle(self) -> float:
        """Return the seconds between two rows of what somebody listens to."""
        listened = self.subscribed()
        heard = [key for key in self._askable() if key in listened]
        return max(EVERY[self.period], self._share(self._requests(heard)))

    def _share(self, requests: Iterable[object]) -> float:
        """Return the seconds in which the live share of the lane allows calls."""
        calls = max(1, sum(1 for _ in requests))
        return self.account.ledger.spacing(self.interface, calls) / LIVE_SHARE

    @override
    def _round(self) -> Iterable[Inquiry[RequestT]]:
        now, listened = self.account.clock.now(), self.subscribed()

        def is_due(key: K) -> bool:
            asked = self.asked.get(key, -inf)
            if key in listened:
                return asked < self.round_at
            # A new plant has no row at first.
            return asked < now - DAY if key not in self.data else False

        askable = list(self._askable())
        for at, keys in self._closings.instants(askable):
            yield from (Inquiry(request, at) for request in self._requests(keys))
        due = filter(is_due, askable)
        yield from map(Inquiry[RequestT], self._requests(due))

    @override
    async def _async_update_data(self) -> dict[K, Reading]:
        """Make the requests that are due, unless the real-time lanes show a dead server."""
        now = self.account.clock.now()
        self._prune(now)
        try:
            if self._may_ask(now):
                if now >= self.round_at + self.cycle():
                    self.round_at = now
                await self._async_ask_round()
        finally:
            self.update_interval = timedelta(seconds=self._wait() + EARLY)
        return self.data

    async def _async_ask_round(self) -> None:
        """Ask; after a call that failed, wait as long as the lane's share lasts."""
        self._due.clear()
        try:
            with calling(self.account, self.interface):
                await self._async_ask_while_served()
        except UpdateFailed:
            self._back_off()
            raise

    async def _async_ask_while_served(self) -> None:
        """Ask; a server that is busy is no failure, but has counted the call."""
        try:
            await self._async_ask_what_is_due()
        except BusyError:
            self._back_off()
            raise

    def _back_off(self) -> None:
        wait = max(AGAIN_AFTER, self._share(self._round()))
        self._not_before = self.account.clock.now() + wait

    def _prune(self, now: float) -> None:
        """Forget who is gone; what lies in the future counts as now."""
        keys = self.shown_keys()
        self._closings.keep_only(keys)
        self.asked = {
            key: min(at, now) for key, at in self.asked.items() if key in keys
        }
        self.round_at = min(self.round_at, now)
        self._not_before = min(self._not_before, now + DAY)

    def _may_ask(self, now: float) -> bool:
        """Tell whether real-time data were first, and whether the server answers."""
        if now < self._not_before or not any(map(self._is_served, self._after)):
            return False
        return (
            all(lane.data for lane in self._after) or now - self._started_at > PATIENCE
        )

    def _is_served(self, lane: RealTimeCoordinator[Any, Any]) -> bool:
        """Tell whether the server answers a lane, and is not busy for it."""
        reason = self.account.ledger.lane(lane.interface).reason
        return lane.last_update_success and reason is not PauseReason.BUSY

    @override
    def _wait(self) -> float:
        now = self.account.clock.now()
        if not self._may_ask(now):
            return max(LOOK_AGAIN, self._not_before - now)
        cycle = self.cycle()
        if calls := sum(1 for _ in self._round()):
            return min(cycle, max(LOOK_AGAIN, self.account.wait(self.interface, calls)))
        return min(cycle, max(LOOK_AGAIN, self.round_at + cycle - now))

    @callback
    def ask_again(self) -> None:
        """Be ready to ask everything at once, the user having granted it."""
        self.asked.clear()
        self._not_before = 0.0

    def copied(self) -> Callable[[], dict[str, object]]:
        """Return what dumps what `restore_saved` takes; a reading never changes."""
        round_at, asked, readings = self.round_at, dict(self.asked), dict(self.data)
        return lambda: {
            "round_at": round_at,
            "asked": {str(key): at for key, at in asked.items()},
            "readings": dump_readings(readings),
        }

    @callback
    def restore_saved(self, saved: SavedPeriods) -> None:
        """Restore what was saved of the plants or devices that are here."""
        keys = {str(key): key for key in self.shown_keys()}
        asked, readings = saved["asked"], saved["readings"]
        self.round_at = saved["round_at"]
        self.asked = {keys[name]: asked[name] for name in asked.keys() & keys}
        self.restore({keys[name]: readings[name] for name in readings.keys() & keys})

    @override
    async def _async_ask(self, request: Inquiry[RequestT]) -> None:
        now = self.account.clock.now()
        at = now if request.at is None else request.at
        when = datetime.fromtimestamp(at, UTC)
        answer = await self._async_rows(request.request, when)
        if request.at is None:
            self.asked.update(dict.fromkeys(answer, now))
        await self.async_apply_rows(answer)

    async def async_apply_rows(self, answer: Mapping[K, Rows]) -> None:
        """Turn rows that have just come into readings."""
        now = self.account.clock.now()
        newest: list[tuple[K, Values, float, float]] = []
        for key in answer.keys() & self.shown_keys():
            known = known_start(self.data.get(key))
            rows = self._closings.admit(key, known, answer[key])
            zone = self.account.zone(self._plant_of(key))
            earliest = earliest_start(self.period, now, zone)
            starts = rows_to_apply(rows, known, earliest, now)
            for final in starts[:-1]:
                self._apply_row(key, rows[final], final, earliest)
            newest += ((key, rows[start], start, earliest) for start in starts[-1:])
        # Statistics must see what a period has come to before the next one begins.
        await self.async_publish()
        for key, row, start, earliest in newest:
            self._apply_row(key, row, start, earliest)

    def _apply_row(self, key: K, values: Values, start: float, earliest: float) -> None:
        before = self.data.get(key)
        reading = advance_row(
            before,
            self.kpis(key),
            values,
            start=start,
            at=self.account.clock.now(),
            earliest=earliest,
        )
        if reading.values or before:
            self.put(key, reading)


class PlantPeriodCoordinator(PeriodCoordinator[str, tuple[str, ...]]):
    """The current day, month or year of the plants (reference 2.5 to 2.7)."""

    def __init__(
        self,
        account: Account,
        period: Period,
        after: Sequence[RealTimeCoordinator[Any, Any]],
    ) -> None:
        """Use the lane of getKpiStationDay, -Month or -Year."""
        interface = PLANT_INTERFACES[period]
        super().__init__(account, period, interface, "plant", after)
        self._left_out = account.left_out.of_plants(interface)

    @override
    async def _async_update_data(self) -> dict[str, Reading]:
        try:
            return await super()._async_update_data()
        finally:
            await self._async_learn_zones()

    async def _async_learn_zones(self) -> None:
        """Learn the zones of plants that no list and no imported row has told.

        A row begins at the plant's midnight. The import, which sees more of them,
        is believed more.
        """
        home = dt_util.get_default_time_zone()
        for code, reading in list(self.data.items()):
            start = known_start(reading)
            if start is None or self.account.known_zone(code):
                continue
            zone = await self.hass.async_add_executor_job(
                find_zone, [round(start)], home
            )
            self.account.learn_zone(code, zone)

    @override
    def shown_keys(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def kpis(self, key: str) -> tuple[PeriodKpi, ...]:
        return PLANT_PERIODS[self.period]

    @override
    def _askable(self) -> Iterable[str]:
        return self.account.listed_plants

    @override
    def _requests(self, keys: Iterable[str]) -> Iterable[tuple[str, ...]]:
        return self._left_out.batches(keys, PLANTS_PER_CALL)

    @override
    def _plant_of(self, key: str) -> str:
        return key

    @override
    async def _async_rows(
        self, request: tuple[str, ...], at: datetime
    ) -> dict[str, Rows]:
        asked: tuple[str, ...] = ()
        rows: list[PlantRow] = []
        with self._left_out.asking(request):
            rows = await self.account.client.plant_rows(self.interface, request, at)
            asked = request
        return by_key(
            asked, ((row.plant_code, row.collected_at, row.values) for row in rows)
        )

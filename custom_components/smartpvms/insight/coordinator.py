"""Derives what the imported statistics say about each plant; makes no call."""

from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf
from typing import Final, override

from homeassistant.core import callback

from ..account.account import Account
from ..catalogue.insight import CAPACITY_KEPT, TOTAL, saved, share
from ..catalogue.series import (
    BATTERY_CHARGE,
    BATTERY_DISCHARGE,
    CONSUMPTION,
    GRID_EXPORT_COMPENSATION,
    GRID_IMPORT,
    GRID_IMPORT_COST,
)
from ..history.coordinator import HistoryCoordinator
from ..history.feeds import DAYS, STORAGE_DAYS, YEARS, Feed, Track
from ..history.merge import Span
from ..history.prices import PRICE_OPTIONS, async_steps
from ..history.progress import Progress
from ..history.readback import Sums, async_sums
from ..live.coordinator import ReadingsCoordinator
from ..live.device_coordinator import DeviceCoordinator
from ..live.readings import Reading
from ..local_time import (
    DAY,
    MINUTE,
    ONE_DAY,
    Days,
    day_of,
    midnight,
    parent,
    parent_end,
)
from ..northbound import Period, Values
from .battery import best_of_years, efficiency, kept_of_years, life, rated_capacity
from .savings import avoided
from .shares import ENERGIES, shares

# The past is read once Home Assistant has started and the live values are in.
FIRST_AFTER: Final = timedelta(seconds=90)
EVERY: Final = timedelta(minutes=30)
# The rows of the last days are corrected: what they saved is computed anew.
SETTLED_AFTER: Final = 5 * ONE_DAY
LATELY: Final = 30 * ONE_DAY

_MONTHS: Final = Feed(Track.PLANT, Period.MONTH)
_SUMMED: Final = (*ENERGIES, BATTERY_CHARGE, BATTERY_DISCHARGE)


@dataclass(slots=True)
class _Known:
    """What of a plant's past needs not be read again.

    `basis`: what it depends on; `months`: what each month that is over has saved, None
    if unknown; `judged_on`: the day on which the years of the battery were.
    """

    basis: object = None
    months: dict[date, float | None] = field(default_factory=dict)
    judged_on: date | None = None


class InsightCoordinator(ReadingsCoordinator[str]):
    """The insights of each plant, by its code.

    `years`: by plant, the capacity that its batteries have kept in each year (percent).
    """

    def __init__(
        self, account: Account, devices: DeviceCoordinator, history: HistoryCoordinator
    ) -> None:
        """Derive from the statistics that `history` imports."""
        interval = FIRST_AFTER if history.importer.is_available else None
        super().__init__(account, "insights", interval)
        self._devices = devices
        self._history = history
        self._known: dict[str, _Known] = {}
        self.years: dict[str, list[float | None]] = {}

    @override
    def shown_keys(self) -> AbstractSet[str]:
        return self.account.plants.keys()

    @override
    def cycle(self) -> float:
        # What the past says does not age.
        return inf

    @override
    @callback
    def forget_gone(self) -> None:
        super().forget_gone()
        for gone in self._known.keys() - self.shown_keys():
            del self._known[gone]
            self.years.pop(gone, None)

    @override
    async def _async_update_data(self) -> dict[str, Reading]:
        self.update_interval = self._until_next()
        if self._history.importer.is_available:
            for code in list(self.account.plants):
                if code in self.account.plants and not self.account.is_closed:
                    await self._async_derive(code)
        return self.data

    def _until_next(self) -> timedelta:
        """Return the time until the next look, soon after a day has begun somewhere."""
        now = self.account.clock.now()
        zones = {self.account.zone(code) for code in self.account.plants}
        midnights = [midnight(day_of(now, zone) + ONE_DAY, zone) for zone in zones]
        soonest = min(midnights, default=now + DAY) + MINUTE - now
        return min(EVERY, timedelta(seconds=soonest))

    async def _async_derive(self, code: str) -> None:
        progress = self._history.progress(code)
        if not progress.series or progress.first is None:
            return
        known = self._known.setdefault(code, _Known())
        options = self.account.options
        basis = (
            progress.answered,
            progress.first,
            options.prices,
            options.earlier_prices,
        )
        if known.basis != basis:
            known.basis, known.months, known.judged_on = basis, {}, None
        values = {
            **await self._async_sums(code, progress),
            **await self._async_savings(code, progress, known),
            **await self._async_kept(code, progress, known),
        }
        self.put(code, Reading(self.account.clock.now(), values))
        await self.async_publish()

    async def _async_sums(self, code: str, progress: Progress) -> Values:
        """Return what the sums of the series at a few moments say."""
        zone, now = self.account.zone(code), self.account.clock.now()
        today = day_of(now, zone)
        begun = {
            Period.MONTH: today.replace(day=1),
            Period.YEAR: today.replace(month=1, day=1),
        }
        lately = today - LATELY
        moments = [midnight(day, zone) for day in (lately, today, *begun.values())]
        keys = [key for key in _SUMMED if key in progress.series]
        sums = await async_sums(self.hass, code, keys, [*moments, int(now) + 1])
        values: dict[str, float] = {}
        for at, period in enumerate(begun, start=2):
            found = shares({key: sums[key][-1] - sums[key][at] for key in keys})
            values |= {share(period, key): value for key, value in found.items()}
        if BATTERY_DISCHARGE in keys:
            values |= self._battery(code, progress, sums, Days.between(lately, today))
        return values

    def _battery(
        self, code: str, progress: Progress, sums: Sums, lately: Days
    ) -> Values:
        """Return how the batteries do: since the start, and in the last 30 whole days."""
        capacity = rated_capacity(
            self.account.listed_devices_of(code), self._devices.data
        )
        values: dict[str, float] = {}
        if progress.holds(YEARS):
            values |= life(sums[BATTERY_DISCHARGE][-1], capacity)
        held = Days()
        for feed in (DAYS, STORAGE_DAYS):
            held |= progress.holds_or_finer(feed)
        if BATTERY_CHARGE in sums and not lately - held:
            charged, discharged = (
                sums[key][1] - sums[key][0]
                for key in (BATTERY_CHARGE, BATTERY_DISCHARGE)
            )
            values |= efficiency(charged, discharged, capacity)
        return values

    async def _async_kept(self, code: str, progress: Progress, known: _Known) -> Values:
        """Return the capacity kept; the years are judged once a day."""
        zone = self.account.zone(code)
        today = day_of(self.account.clock.now(), zone)
        if progress.first is None or BATTERY_DISCHARGE not in progress.series:
            return {}
        if known.judged_on != today:
            known.judged_on = today
            spans: list[Span] = []
            for year in range(progress.first.year, today.year + 1):
                begin, end = (midnight(date(y, 1, 1), zone) for y in (year, year + 1))
                spans += await self._history.importer.async_spans(
                    code, BATTERY_DISCHARGE, begin, end
                )
            best = await self.hass.async_add_executor_job(
                best_of_years, spans, today, zone
            )
            self.years[code] = kept_of_years(best)
        kept = [share for share in self.years.get(code, ()) if share is not None]
        return {CAPACITY_KEPT.key: kept[-1]} if kept else {}

    async def _async_savings(
        self, code: str, progress: Progress, known: _Known
    ) -> Values:
        """Return what was saved today, this month, this year and since the start."""
        is_priced = PRICE_OPTIONS[GRID_IMPORT_COST] in self.account.options.prices
        has_both = {CONSUMPTION, GRID_IMPORT} <= progress.series
        if not (is_priced and has_both and progress.first):
            return {}
        zone, now = self.account.zone(code), self.account.clock.now()
        today = day_of(now, zone)
        found: dict[str, float | None] = {
            Period.DAY: await self._async_saved(code, progress, today, today + ONE_DAY)
        }
        months: dict[date, float | None] = {}
        month = progress.first.replace(day=1)
        while month <= today:
            end = parent_end(Period.DAY, month)
            if month not in known.months or end > today - SETTLED_AFTER:
                known.months[month] = await self._async_saved(
                    code, progress, month, end
                )
            months[month] = known.months[month]
            month = end
        found[Period.MONTH] = months[today.replace(day=1)]
        asked = progress.holds_or_finer(_MONTHS)
        for period, first in (
            (Period.YEAR, max(progress.first, today.replace(month=1, day=1))),
            (TOTAL, progress.first),
        ):
            # A year's row alone says nothing of its months.
            if not Days.between(first, parent(Period.DAY, today)) - asked:
                found[period] = _total(
                    [months[key] for key in months if key >= first.replace(day=1)]
                )
        return {
            saved(period): round(money, 2)
            for period, money in found.items()
            if money is not None
        }

    async def _async_saved(
        self, code: str, progress: Progress, first: date, end: date
    ) -> float | None:
        """Return what was saved from a day up to, not including, another."""
        zone = self.account.zone(code)
        between = midnight(first, zone), midnight(end, zone)

        async def spans(key: str) -> list[Span]:
            found = await self._history.importer.async_spans(code, key, *between)
            return [span for span in found if span.since >= between[0]]

        used, bought = await spans(CONSUMPTION), await spans(GRID_IMPORT)
        options, option = self.account.options, PRICE_OPTIONS[GRID_IMPORT_COST]
        steps = await async_steps(
            self.hass,
            options.prices[option],
            [*used, *bought],
            options.earlier_prices.get(option, ()),
        )
        money = avoided(used, bought, steps)
        if money is None or GRID_EXPORT_COMPENSATION not in progress.series:
            return money
        return money + sum(
            span.amount for span in await spans(GRID_EXPORT_COMPENSATION)
        )


def _total(amounts: Sequence[float | None]) -> float | None:
    """Return the sum of what is known, None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None

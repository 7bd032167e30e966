"""Energies and powers of a site at any time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from .days import Day, day_start, simulate
from .orders import UNITS, Orders, Rules, rules_at
from .site import Site
from .sun import STEP

DETAILED_DAYS = 200
"""Days kept in memory with all steps; other days are computed again when used."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters since commissioning (kWh), their differences (kWh), or powers (kW).

    ``values``: units in the order of the columns of a day.
    """

    site: Site
    values: tuple[int, ...]
    per_unit: float = 1.0

    def __sub__(self, earlier: Reading) -> Reading:
        """Return the energies between two readings of the counters."""
        pairs = zip(self.values, earlier.values, strict=True)
        return Reading(self.site, tuple([a - b for a, b in pairs]))

    def _number(self, units: int) -> float:
        return round(units * self.per_unit / UNITS, 4)

    def _sum(self, first: int, count: int, index: int | None) -> float:
        if index is None:
            return self._number(sum(self.values[first : first + count]))
        return self._number(self.values[first + index]) if index < count else 0.0

    def pv(self, array: int | None = None) -> float:
        """Return the DC output of one array, or of all."""
        return self._sum(0, len(self.site.arrays), array)

    def charge(self, storage: int | None = None) -> float:
        """Return the charge of one storage, or of all."""
        first = len(self.site.arrays)
        return self._sum(first, len(self.site.storages), storage)

    def discharge(self, storage: int | None = None) -> float:
        """Return the discharge of one storage, or of all."""
        first = len(self.site.arrays) + len(self.site.storages)
        return self._sum(first, len(self.site.storages), storage)

    def hours_charging(self, storage: int) -> float:
        """Return a storage's hours of charging; only for differences of counters."""
        first = len(self.site.arrays) + 2 * len(self.site.storages)
        return round(self.values[first + storage] * STEP / 3600, 3)

    def hours_discharging(self, storage: int) -> float:
        """Return a storage's hours of discharging; only for differences of counters."""
        first = len(self.site.arrays) + 3 * len(self.site.storages)
        return round(self.values[first + storage] * STEP / 3600, 3)

    def ac(self, array: int | None = None) -> float:
        """Return the AC output of one inverter, or of all.

        PV minus charge plus discharge of DC-coupled batteries. Conversion has no
        losses, because the identities of the plant KPIs close only then.
        """
        if array is None:
            arrays = range(len(self.site.arrays))
            return round(sum(self.ac(index) for index in arrays), 4)
        total = self.pv(array)
        for index, storage in enumerate(self.site.storages):
            if storage.array == array:
                total += self.discharge(index) - self.charge(index)
        return round(total, 4)

    def output(self, array: int) -> float:
        """Return what an inverter gave to its AC side: a counter that never falls.

        Unlike ``ac`` it does not count back what a battery drew from there.
        """
        total = self.ac(array)
        first = len(self.site.arrays) + 4 * len(self.site.storages)
        for index, storage in enumerate(self.site.storages):
            if storage.array == array:
                total += self._number(self.values[first + index])
        return round(total, 4)

    @property
    def load(self) -> float:
        """Consumption of the house or the factory."""
        return self._number(self.values[-5])

    @property
    def import_(self) -> float:
        """Import from the grid."""
        return self._number(self.values[-4])

    @property
    def export(self) -> float:
        """Export to the grid."""
        return self._number(self.values[-3])

    @property
    def revenue(self) -> float:
        """Revenue in the plant's currency."""
        return self._number(self.values[-2])

    @property
    def irradiation(self) -> float:
        """Irradiation of level ground in kWh/m²; of powers: irradiance in kW/m²."""
        return self._number(self.values[-1])


class World:
    """A site through time. Times are epoch seconds, days are the plant's local days."""

    def __init__(self, site: Site, orders: Orders = ()) -> None:
        """Start with empty caches; ``orders``: what the controller was told when."""
        self.site = site
        self.orders = orders
        self.zone = ZoneInfo(site.timezone)
        self._days: dict[int, Day] = {}
        self._generating: dict[date, tuple[int, int] | None] = {}
        self._width = len(site.arrays) + 5 * len(site.storages) + 5
        # Counters and storage contents, in units, at the start of each simulated day.
        self._before: list[tuple[int, ...]] = [(0,) * self._width]
        self._stored: list[tuple[float, ...]] = [(0.0,) * len(site.storages)]

    def told(self, at: float, rules: Rules) -> World:
        """Return this world with other rules from an epoch time on.

        What was until then stays, and what was told for later is dropped.
        """
        kept = tuple(order for order in self.orders if order[0] < at)
        world = World(self.site, (*kept, (at, rules)))
        number = self._number_of(at)
        known = max(0, min(number, len(self._before) - 1))
        world._before = self._before[: known + 1]
        world._stored = self._stored[: known + 1]
        world._days = {key: day for key, day in self._days.items() if key < number}
        return world

    def rules(self, at: float) -> Rules:
        """Return what holds at an epoch time."""
        return rules_at(self.orders, at)

    def midnight(self, day: date) -> int:
        """Return the epoch seconds of a local midnight."""
        return day_start(day, self.zone)

    def local(self, at: float) -> datetime:
        """Return an epoch time as the plant's local time."""
        return datetime.fromtimestamp(at, self.zone)

    def _begin(self, number: int) -> int:
        """Return the midnight that a day begins with."""
        return self.midnight(self.site.connected + timedelta(days=number))

    def _number_of(self, at: float) -> int:
        """Return an epoch time's day, counted from commissioning (before: negative)."""
        return (self.local(at).date() - self.site.connected).days

    def _day(self, number: int) -> Day:
        """Return a day; simulates it and, the first time, all days before it.

        A day depends on the storages' contents at the end of the day before, so the
        first access costs about a second for every thousand days.
        """
        self._reach(number)
        return self._days.get(number) or self._simulate(number)

    def _reach(self, number: int) -> None:
        while len(self._stored) <= number:
            self._append(self._simulate(len(self._stored) - 1))

    def _simulate(self, number: int) -> Day:
        when = self.site.connected + timedelta(days=number)
        day = simulate(self.site, when, self.zone, self._stored[number], self.orders)
        if len(self._days) >= DETAILED_DAYS:
            del self._days[next(iter(self._days))]
        self._days[number] = day
        return day

    def _append(self, day: Day) -> None:
        """Append the counters and storage contents at the end of a day."""
        ends = zip(self._before[-1], day.columns, strict=True)
        self._before.append(tuple([total + column[-1] for total, column in ends]))
        self._stored.append(day.stored)

    def totals(self, at: float) -> Reading:
        """Return all counters since commissioning at an epoch time."""
        number = self._number_of(at)
        if number < 0:
            return Reading(self.site, (0,) * self._width)
        self._reach(number)
        before = self._before[number]
        # Sums of days ask for midnights only, which are known without the day.
        if number not in self._days and at == self._begin(number):
            return Reading(self.site, before)
        day = self._day(number)
        step, seconds = divmod(at - day.start, STEP)
        step = int(step)
        if not seconds:
            pairs = zip(before, day.columns, strict=True)
            return Reading(self.site, tuple([b + c[step] for b, c in pairs]))
        share = seconds / STEP
        return Reading(
            self.site,
            tuple(
                [
                    b + c[step] + int((c[step + 1] - c[step]) * share)
                    for b, c in zip(before, day.columns, strict=True)
                ]
            ),
        )

    def energy(self, start: float, end: float) -> Reading:
        """Return the energies between two epoch times."""
        return self.totals(end) - self.totals(start)

    def power(self, at: float) -> Reading:
        """Return all powers in kW, which are constant within a five-minute step."""
        number = self._number_of(at)
        if number < 0:
            return Reading(self.site, (0,) * self._width, 12.0)
        day = self._day(number)
        step = int((at - day.start) // STEP)
        row = tuple([column[step + 1] - column[step] for column in day.columns])
        return Reading(self.site, row, 3600 / STEP)

    def stored(self, at: float, storage: int) -> float:
        """Return the energy in a storage in kWh, with its reserve."""
        battery = self.site.storages[storage]
        level = battery.capacity_kwh * battery.reserve
        number = self._number_of(at)
        if number >= 0:
            today = self.energy(self._day(number).start, at)
            level += self._stored[number][storage] / UNITS
            level += today.charge(storage) * battery.efficiency
            level -= today.discharge(storage) / battery.efficiency
        return min(max(level, 0.0), battery.capacity_kwh)

    def generating(self, day: date) -> tuple[int, int] | None:
        """Return start and end of a day's PV in epoch seconds; None without PV."""
        if day not in self._generating:
            start = self.midnight(day)
            end = self.midnight(day + timedelta(days=1))
            lit = [at for at in range(start, end, STEP) if self.power(at).pv() > 0]
            self._generating[day] = (lit[0], lit[-1] + STEP) if lit else None
        return self._generating[day]


@lru_cache(maxsize=64)
def world_of(site: Site) -> World:
    """Return the world of a site, shared by all simulators of the process."""
    return World(site)

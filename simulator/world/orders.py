"""What a controller was told, and what it makes of a step of five minutes."""

from dataclasses import dataclass, field
from enum import StrEnum

from .site import Site
from .sun import STEP

UNITS = 10_000
"""Units in a kWh: whole tenths of a watt-hour, so that sums are exact."""

PER_KW = UNITS * STEP / 3600
"""Units of energy of one kW during one step."""

WEEK_MINUTES = 7 * 24 * 60


class Mode(StrEnum):
    """Working mode of the batteries, by the name in the interface."""

    SELF_CONSUMPTION = "maximumSelfConsumption"
    TIME_OF_USE = "TOU"
    FULLY_FED = "fullyFidToGrid"
    THIRD_PARTY = "thirdPartyDispatch"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of charging or discharging: minutes of the day, weekdays (Monday is 1)."""

    start: int
    end: int
    charge: bool
    weekdays: frozenset[int]

    def holds(self, minute: int) -> bool:
        """Return whether a minute of the week is within the window."""
        day, of_day = divmod(minute, 24 * 60)
        return day + 1 in self.weekdays and self.start <= of_day < self.end


@dataclass(frozen=True, slots=True)
class Forced:
    """A forced charge (power above 0) or discharge, in kW.

    It ends at a share of the capacity, or at an epoch time.
    """

    power_kw: float
    target: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds at a plant: feed-in, mode and bounds of its batteries.

    ``lowest`` and ``highest``: shares of the capacity. ``ac_charge_kw``: what a charging
    window may take from the grid.
    """

    export_kw: float | None = None
    mode: Mode = Mode.SELF_CONSUMPTION
    windows: tuple[Window, ...] = ()
    surplus_to_grid: bool = False
    ac_charge_kw: float = 0.0
    lowest: float = 0.0
    highest: float = 1.0
    charge_kw: float | None = None
    discharge_kw: float | None = None
    forced: Forced | None = None


DEFAULT = Rules()

type Orders = tuple[tuple[float, Rules], ...]
"""Rules with the epoch seconds of the step from which they hold, the oldest first."""


def rules_at(orders: Orders, at: float) -> Rules:
    """Return the rules that hold at an epoch time."""
    found = DEFAULT
    for since, rules in orders:
        if since > at:
            break
        found = rules
    return found


@dataclass(slots=True)
class Flow:
    """Energies of one step in units; ``drawn``: charge that came from the AC side."""

    pv: list[int]
    charge: list[int]
    discharge: list[int]
    drawn: list[int]
    surplus: int = 0


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a mode lets the batteries do in a step."""

    from_pv: bool = True
    to_load: bool = True
    from_grid_kw: float = 0.0


def _plan(rules: Rules, minute: int) -> _Plan:
    """Return what the working mode allows in a minute of the week."""
    if rules.mode is Mode.SELF_CONSUMPTION:
        return _Plan()
    if rules.mode is not Mode.TIME_OF_USE:
        return _Plan(from_pv=False, to_load=False)
    window = next((one for one in rules.windows if one.holds(minute)), None)
    if window is None:
        return _Plan(from_pv=not rules.surplus_to_grid, to_load=False)
    if window.charge:
        return _Plan(to_load=False, from_grid_kw=rules.ac_charge_kw)
    return _Plan(from_pv=not rules.surplus_to_grid)


@dataclass(slots=True)
class Step:
    """One step of a plant whose controller was told something."""

    site: Site
    rules: Rules
    minute: int
    stored: list[float]
    """Units above reserve, changed by the step."""
    flow: Flow = field(init=False)

    def run(self, sun: list[int], load: int) -> Flow:
        """Return the step's energies; ``sun``: what each array could give."""
        none = [0] * len(self.site.storages)
        self.flow = Flow(list(sun), list(none), list(none), list(none))
        self.flow.surplus = sum(sun) - load
        for index in range(len(self.site.storages)):
            self._battery(index)
        self._curtail()
        return self.flow

    def _bounds(self, index: int) -> tuple[int, int]:
        """Return the most that a storage may charge and discharge, in units."""
        storage, rules = self.site.storages[index], self.rules
        whole = storage.capacity_kwh * UNITS
        full, empty = rules.highest, max(rules.lowest, storage.reserve)
        forced = rules.forced
        if forced is not None and forced.target is not None:
            full = min(full, forced.target) if forced.power_kw > 0 else full
            empty = max(empty, forced.target) if forced.power_kw < 0 else empty
        room = whole * (full - storage.reserve) - self.stored[index]
        content = self.stored[index] - whole * (empty - storage.reserve)
        power = storage.power_kw
        charge = min(power, power if rules.charge_kw is None else rules.charge_kw)
        discharge = min(
            power, power if rules.discharge_kw is None else rules.discharge_kw
        )
        charge_units = min(int(charge * PER_KW), int(room / storage.efficiency))
        out_units = min(int(discharge * PER_KW), int(content * storage.efficiency))
        if storage.array is not None:
            limit = int(self.site.arrays[storage.array].limit_kw * PER_KW)
            out_units = min(out_units, limit - self.flow.pv[storage.array])
        return max(charge_units, 0), max(out_units, 0)

    def _battery(self, index: int) -> None:
        most, out = self._bounds(index)
        forced = self.rules.forced
        if forced is not None:
            whole = sum(one.power_kw for one in self.site.storages)
            share = self.site.storages[index].power_kw / whole
            units = int(abs(forced.power_kw) * share * PER_KW)
            if forced.power_kw > 0:
                self._charge(index, min(units, most))
            else:
                self._discharge(index, min(units, out))
            return
        plan, surplus = _plan(self.rules, self.minute), self.flow.surplus
        wanted = int(plan.from_grid_kw * PER_KW)
        if plan.from_pv and surplus > 0:
            wanted += min(surplus, self._own_pv(index))
        if wanted:
            self._charge(index, min(wanted, most))
        elif surplus < 0 and plan.to_load:
            self._discharge(index, min(-surplus, out))

    def _own_pv(self, index: int) -> int:
        """Return the PV that can reach a storage."""
        array = self.site.storages[index].array
        return sum(self.flow.pv) if array is None else self.flow.pv[array]

    def _charge(self, index: int, units: int) -> None:
        storage = self.site.storages[index]
        self.flow.charge[index] = units
        if storage.array is not None:
            self.flow.drawn[index] = max(0, units - self.flow.pv[storage.array])
        self.stored[index] += units * storage.efficiency
        self.flow.surplus -= units

    def _discharge(self, index: int, units: int) -> None:
        self.flow.discharge[index] += units
        self.stored[index] -= units / self.site.storages[index].efficiency
        self.flow.surplus += units

    def _curtail(self) -> None:
        """Cut PV, then discharge, down to the limit of the feed-in."""
        if self.rules.export_kw is None:
            return
        flow = self.flow
        beyond = flow.surplus - int(max(self.rules.export_kw, 0.0) * PER_KW)
        for array, power in enumerate(flow.pv):
            used = sum(
                flow.charge[index] - flow.drawn[index]
                for index, storage in enumerate(self.site.storages)
                if storage.array == array
            )
            cut = min(beyond, power - used)
            if cut > 0:
                flow.pv[array] -= cut
                flow.surplus -= cut
                beyond -= cut
        for index, units in enumerate(flow.discharge):
            cut = min(beyond, units)
            if cut > 0:
                flow.discharge[index] = units - cut
                self.stored[index] += cut / self.site.storages[index].efficiency
                flow.surplus -= cut
                beyond -= cut

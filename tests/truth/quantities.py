"""What each counter counts in the simulator's world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from simulator import Device, Plant, Type
from simulator.world import Reading

type Counted = Callable[[Reading], float]
"""The amount in a reading of the world's counters."""

_DERIVED_OUTPUT: Final[Counted] = lambda r: r.pv() + r.discharge() - r.charge()  # noqa: E731

FLOWS: Final[Mapping[str, Counted]] = {
    "PVYield": lambda r: r.pv(),
    "inverterYield": _DERIVED_OUTPUT,
    "inverter_power": lambda r: r.ac(),
    "ongrid_power": lambda r: r.export,
    "selfUsePower": lambda r: r.pv() - r.export,
    "selfProvide": lambda r: _DERIVED_OUTPUT(r) - r.export,
    "buyPower": lambda r: r.import_,
    "use_power": lambda r: r.load,
    "chargeCap": lambda r: r.charge(),
    "dischargeCap": lambda r: r.discharge(),
    "power_profit": lambda r: r.revenue,
}
"""KPIs of a plant's periods."""

PLANT: Final[Mapping[str, Counted]] = {
    "day_power": lambda r: r.pv(),
    "month_power": lambda r: r.pv(),
    "total_power": lambda r: r.pv(),
    "day_income": lambda r: r.revenue,
    "total_income": lambda r: r.revenue,
    "day_on_grid_energy": lambda r: r.export,
    "day_use_energy": lambda r: r.load,
}
"""KPIs of a plant's real-time row."""

SERIES: Final[Mapping[str, Counted]] = {
    "pv_energy": lambda r: r.pv(),
    "grid_export": lambda r: r.export,
    "grid_import": lambda r: r.import_,
    "consumption": lambda r: r.load,
    "self_consumption": lambda r: r.pv() - r.export,
    "battery_charge": lambda r: r.charge(),
    "battery_discharge": lambda r: r.discharge(),
    "revenue": lambda r: r.revenue,
}
"""The imported series of a plant."""

PERIODS: Final = ("day_", "month_", "year_")
MONEY: Final = frozenset(
    {"day_income", "total_income", "revenue"} | {f"{p}power_profit" for p in PERIODS}
)


class Since(Enum):
    """What a counter starts anew with, by the begin of its key."""

    DAY = "day_"
    MONTH = "month_"
    YEAR = "year_"
    EVER = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of a plant or device.

    ``by_period``: it is a row of a day, month or year; ``since``: what it starts anew
    with.
    """

    source: int | str
    key: str
    counted: Counted
    by_period: bool
    since: Since

    def starts_anew(self, day: date) -> bool:
        """Return whether it starts anew with a day.

        A row of a month or year that is over can be asked for, so nothing of it is lost.
        """
        if self.since is Since.MONTH:
            return day.day == 1 and not self.by_period
        return self.since is Since.DAY


def counter_of(plant: Plant, device: Device | None, key: str) -> Counter | None:
    """Return what a sensor counts; None for what is not energy or money."""
    live = PLANT if device is None else of_device(device)
    since = next(since for since in Since if key.startswith(since.value))
    if key in {"charge_cap", "discharge_cap"}:
        since = Since.DAY
    counted, by_period = live.get(key), False
    if counted is None and since is not Since.EVER:
        rows = FLOWS if device is None else live
        counted, by_period = rows.get(key.removeprefix(since.value)), True
    if counted is None:
        return None
    source = plant.code if device is None else device.id
    return Counter(source, key, counted, by_period=by_period, since=since)


def of_device(device: Device) -> Mapping[str, Counted]:
    """Return what the counters of a device count, by key."""
    array, storage = device.array or 0, device.storage or 0
    match device.type:
        case Type.BATTERY | Type.LARGE_STORAGE:
            return {
                "charge_cap": lambda r: r.charge(storage),
                "discharge_cap": lambda r: r.discharge(storage),
            }
        case Type.GRID_METER | Type.POWER_SENSOR:
            return {
                "active_cap": lambda r: r.export,
                "reverse_active_cap": lambda r: r.import_,
            }
        case Type.EMMA:
            return {
                "active_cap": lambda r: r.import_,
                "reverse_active_cap": lambda r: r.export,
            }
        case _:
            counts: Counted = lambda r: r.ac(array)  # noqa: E731
            return dict.fromkeys(("day_cap", "total_cap", "product_power"), counts)

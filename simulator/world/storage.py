"""Who charges what: the power balance of one day, step by step."""

from dataclasses import dataclass

from .site import Site
from .sun import STEP

UNITS = 10_000
"""Energy is counted in whole tenths of a watt-hour, so that sums are exact."""

PER_KW = UNITS * STEP / 3600
"""Units of energy that one kW makes in one step."""


@dataclass(slots=True)
class Balance:
    """Energies of each step, in units, of each storage and of the grid."""

    charge: list[list[int]]
    discharge: list[list[int]]
    import_: list[int]
    export: list[int]
    stored: list[float]
    """What is in each storage above its reserve at the end, in units."""


def balance(
    site: Site, pv: list[list[int]], load: list[int], stored: list[float]
) -> Balance:
    """Share each step's PV between the load, the storages and the grid.

    Storage charges from PV only and feeds the load only. That keeps every identity
    of the plant KPIs true in every step: self-use is PV less feed-in, and nothing
    that was bought is ever sold. ``stored`` is what yesterday left.
    """
    steps = len(load)
    result = Balance(
        [[0] * steps for _ in site.storages],
        [[0] * steps for _ in site.storages],
        [0] * steps,
        [0] * steps,
        list(stored),
    )
    stored = result.stored
    # Bounds in units: of a step's energy, of all that fits in, of the inverter.
    bounds = [
        (
            storage.array,
            int(storage.power_kw * PER_KW),
            storage.capacity_kwh * UNITS * (1 - storage.reserve),
            storage.efficiency,
            None
            if storage.array is None
            else int(site.arrays[storage.array].limit_kw * PER_KW),
        )
        for storage in site.storages
    ]
    for step in range(steps):
        surplus = sum([row[step] for row in pv]) - load[step]
        for index, (array, power, room, efficiency, limit) in enumerate(bounds):
            if surplus > 0:
                most = min(surplus, power, int((room - stored[index]) / efficiency))
                if array is not None:
                    # Behind an inverter only that inverter's own modules charge.
                    most = min(most, pv[array][step])
                if most > 0:
                    result.charge[index][step] = most
                    stored[index] += most * efficiency
                    surplus -= most
            elif surplus < 0 < stored[index]:
                most = min(-surplus, power, int(stored[index] * efficiency))
                if array is not None and limit is not None:
                    most = min(most, limit - pv[array][step])
                if most > 0:
                    result.discharge[index][step] = most
                    stored[index] -= most / efficiency
                    surplus += most
        if surplus > 0:
            result.export[step] = surplus
        else:
            result.import_[step] = -surplus
    return result

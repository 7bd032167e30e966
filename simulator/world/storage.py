"""Power balance of one day between PV, load, storages and grid, step by step."""

from dataclasses import dataclass

from .site import Site
from .sun import STEP

UNITS = 10_000
"""Units in a kWh: whole tenths of a watt-hour, so that sums are exact."""

PER_KW = UNITS * STEP / 3600
"""Units of energy of one kW during one step."""


@dataclass(slots=True)
class Balance:
    """Energies in units: of storages ``[storage][step]``, of the grid ``[step]``."""

    charge: list[list[int]]
    discharge: list[list[int]]
    import_: list[int]
    export: list[int]
    stored: list[float]
    """Energy of each storage above its reserve at the end, in units."""


def balance(
    site: Site, pv: list[list[int]], load: list[int], stored: list[float]
) -> Balance:
    """Divide each step's PV between load, storages and grid.

    Storages charge from PV only and discharge to the load only. So every identity of
    the plant KPIs holds in every step: self-use is PV minus feed-in, and imported
    energy is never exported. ``stored``: units above reserve at the start of the day.
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
    # Bounds in units: energy a step, usable capacity, the inverter's energy a step.
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
                    # A DC-coupled storage charges from its own inverter's modules only.
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

"""Power balance of one day between PV, load, storages and grid, step by step."""

from dataclasses import dataclass

from .orders import PER_KW, UNITS, WEEK_MINUTES, Flow, Rules, Step
from .site import Site
from .sun import STEP


@dataclass(slots=True)
class Balance:
    """Energies in units: of storages ``[storage][step]``, of the grid ``[step]``."""

    charge: list[list[int]]
    discharge: list[list[int]]
    drawn: list[list[int]]
    """Charge of DC-coupled storages that came from the AC side."""
    import_: list[int]
    export: list[int]
    stored: list[float]
    """Energy of each storage above its reserve at the end, in units."""


@dataclass(frozen=True, slots=True)
class Steering:
    """Rules of the steps of a day that have any, and the week's minute of the first."""

    minute: int
    rules: dict[int, Rules]


def balance(
    site: Site,
    pv: list[list[int]],
    load: list[int],
    stored: list[float],
    steering: Steering | None = None,
) -> Balance:
    """Divide each step's PV between load, storages and grid.

    Unless the controller was told otherwise, storages charge from PV only and discharge
    to the load only. So every identity of the plant KPIs holds in every step: self-use
    is PV minus feed-in, and imported energy is never exported. ``stored``: units above
    reserve at the start of the day. ``pv`` is cut where a limit of the feed-in says so.
    """
    steps = len(load)
    result = Balance(
        [[0] * steps for _ in site.storages],
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
        if steering is not None and step in steering.rules:
            minute = (steering.minute + step * STEP // 60) % WEEK_MINUTES
            told = Step(site, steering.rules[step], minute, stored)
            flow = told.run([row[step] for row in pv], load[step])
            _enter(flow, step, pv, result)
            continue
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


def _enter(flow: Flow, step: int, pv: list[list[int]], result: Balance) -> None:
    """Enter one step of a plant whose controller was told something."""
    for rows, units in (
        (pv, flow.pv),
        (result.charge, flow.charge),
        (result.discharge, flow.discharge),
        (result.drawn, flow.drawn),
    ):
        for row, value in zip(rows, units, strict=True):
            row[step] = value
    result.export[step] = max(flow.surplus, 0)
    result.import_[step] = max(-flow.surplus, 0)

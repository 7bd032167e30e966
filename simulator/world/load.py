"""Power drawn by a house or a factory, in kW."""

from collections.abc import Callable
from random import Random

from .site import Load
from .sun import STEP

# Factor of the mean power by local hour.
HOUSE = (
    0.55, 0.50, 0.48, 0.47, 0.48, 0.55, 0.90, 1.25, 1.15, 0.90, 0.85, 0.95,
    1.20, 1.05, 0.85, 0.85, 1.00, 1.40, 1.85, 1.95, 1.75, 1.45, 1.10, 0.75,
)  # fmt: skip
PLANT = (
    0.45, 0.45, 0.45, 0.45, 0.50, 0.75, 1.20, 1.50, 1.60, 1.65, 1.65, 1.55,
    1.45, 1.60, 1.60, 1.50, 1.35, 1.10, 0.90, 0.75, 0.60, 0.50, 0.45, 0.45,
)  # fmt: skip

# Appliances of a house: kW, steps of a run, probability a day, local hours of a start.
APPLIANCES = (
    (2.2, 5, 0.75, (11.5, 13.0)),
    (1.9, 7, 0.85, (17.5, 19.5)),
    (1.1, 14, 0.45, (8.0, 18.0)),
    (1.4, 10, 0.35, (10.0, 21.0)),
    (2.6, 3, 0.60, (6.0, 8.0)),
)

Hour = Callable[[int], float]
"""From step to local hour (0 to 24)."""


def demand(
    rng: Random, kind: Load, mean_kw: float, steps: int, *, hour: Hour, weekend: bool
) -> list[float]:
    """Return the power drawn in each step of a day, in kW."""
    curve = HOUSE if kind is Load.HOUSEHOLD else PLANT
    scale = mean_kw * (1.0 if kind is Load.HOUSEHOLD else (0.45 if weekend else 1.0))
    wobble = 0.35 if kind is Load.HOUSEHOLD else 0.12
    random = rng.random
    row: list[float] = []
    for step in range(steps):
        at = hour(step)
        left = int(at)
        ahead = at - left
        base = curve[left] * (1 - ahead) + curve[(left + 1) % 24] * ahead
        row.append(scale * base * (1 + wobble * (random() - 0.5)))
    if kind is Load.HOUSEHOLD:
        _run_appliances(rng, row, hour)
    return row


def _run_appliances(rng: Random, row: list[float], hour: Hour) -> None:
    """Add the runs of this day's appliances to ``row``."""
    start = hour(0)
    for power, length, chance, (earliest, latest) in APPLIANCES:
        begin, happens = rng.uniform(earliest, latest), rng.random() < chance
        if not happens:
            continue
        first = int(((begin - start) % 24) * 3600 / STEP)
        for step in range(first, min(first + length, len(row))):
            row[step] += power

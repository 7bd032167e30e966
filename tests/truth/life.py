"""Lives: the plants of one account, and what goes wrong with each, from a seed."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from simulator import Dialect, Disturbance, Plant

from .disturber import HOUR, TROUBLES, Blind, Scene, background
from .plants import KINDS, METERS, STORAGES, Kind, make_plant

ZONES: Final = ("Europe/Berlin", "Europe/Berlin", "Asia/Kolkata", "America/New_York")
"""All but Kolkata have summer time."""

DAYS: Final[Mapping[str, tuple[date, ...]]] = {
    "ordinary day": (date(2026, 6, 15), date(2026, 2, 10), date(2026, 9, 3)),
    "end of a month": (date(2026, 4, 30), date(2026, 8, 31)),
    "end of a year": (date(2025, 12, 31),),
    "clocks go forward": (date(2026, 3, 28),),
    "clocks go back": (date(2026, 10, 24),),
}
"""First days of lives, by what is special about their night (in Europe)."""

BEGIN: Final = 16
"""Hour of the first day at which a life begins."""

LENGTH: Final = 22 * HOUR
"""One evening, one midnight, and most of the day after it."""


@dataclass(frozen=True, slots=True)
class Life:
    """A plant, what goes wrong with it, and what that hides.

    ``begin``: when it begins (epoch second); ``troubles``: the names of what goes
    wrong.
    """

    plant: Plant
    kind: Kind
    begin: float
    troubles: tuple[str, ...]
    disturbances: tuple[Disturbance, ...]
    blinds: tuple[Blind, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """The lives of one account from ``begin`` to ``end`` (epoch seconds).

    ``zone``: Home Assistant's and the plants'.
    """

    seed: int
    dialect: Dialect
    night: str
    zone: str
    begin: float
    end: float
    lives: tuple[Life, ...]

    @property
    def title(self) -> str:
        """Seed, dialect, zone and first day."""
        first = datetime.fromtimestamp(self.begin, ZoneInfo(self.zone))
        return f"TRUTH_SEED={self.seed}: {self.dialect}, {self.night}, {self.zone}, {first:%F}"


def draw(
    seed: int, among: Sequence[str], plants: int, without: Container[str]
) -> Account:
    """Return the account of a seed.

    ``among``: the troubles that are drawn; ``without``: nights that are not.
    """
    rng = Random(seed)
    dialect = rng.choice((Dialect.V2022, Dialect.V2022, Dialect.V2020))
    night = rng.choice([name for name in DAYS if name not in without])
    most = min(len(among), 3)
    troubles = [rng.sample(among, rng.randint(1, most)) for _ in range(plants)]
    return account(seed, dialect, night, troubles)


def account(
    seed: int, dialect: Dialect, night: str, troubles: Iterable[Sequence[str]]
) -> Account:
    """Return an account with a plant for each of some sets of troubles."""
    rng = Random(seed)
    zone, day = rng.choice(ZONES), rng.choice(DAYS[night])
    if night.startswith("clocks"):
        zone = ZONES[0]
    first = datetime(day.year, day.month, day.day, BEGIN, tzinfo=ZoneInfo(zone))
    # Home Assistant computes statistics ten seconds after each five minutes.
    begin = first.timestamp() + 10
    end = begin + LENGTH
    kinds = rng.sample(KINDS[dialect], len(KINDS[dialect]))
    lives = []
    for number, names in enumerate(troubles):
        fit = [kind for kind in kinds if _suits(kind, names)]
        kind = fit[number % len(fit)]
        code = seed % 10_000 * 100 + number + 1
        plant = make_plant(kind, code, rng, zone, day - timedelta(days=2))
        lives.append(_live(plant, kind, rng, (begin, end), names))
    return Account(seed, dialect, night, zone, begin, end, tuple(lives))


def _suits(kind: Kind, names: Iterable[str]) -> bool:
    """Return whether a plant of a kind has what the troubles are about."""
    wanted = " ".join(names)
    has_battery, has_meter = bool(STORAGES[kind]), bool(METERS[kind])
    return (has_battery or "battery" not in wanted) and (
        has_meter or "meter" not in wanted
    )


def _live(
    plant: Plant,
    kind: Kind,
    rng: Random,
    span: tuple[float, float],
    troubles: Sequence[str],
) -> Life:
    scene = Scene(plant, rng, *span)
    for name in troubles:
        TROUBLES[name](scene)
    background(scene)
    return Life(
        plant,
        kind,
        span[0],
        tuple(troubles),
        tuple(scene.disturbances),
        tuple(scene.blinds),
    )

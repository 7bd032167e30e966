"""Lives: the plants of one account, and what goes wrong with each, from a seed."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from simulator import Dialect, Disturbance, Plant, Scope

from .disturber import (
    HOUR,
    MINUTE,
    TROUBLES,
    TROUBLES_OF_IMPORT,
    TROUBLES_OF_REGISTERS,
    Blind,
    Scene,
    background,
)
from .plants import KINDS, METERS, PLACES, STORAGES, Kind, make_plant

DAYS: Final[Mapping[str, tuple[date, ...]]] = {
    "ordinary day": (date(2026, 6, 15), date(2026, 2, 10), date(2026, 9, 3)),
    "end of a month": (date(2026, 4, 30), date(2026, 8, 31)),
    "end of a year": (date(2025, 12, 31),),
}
"""First days of lives, by what is special about their night."""

CLOCKS: Final[Mapping[str, Mapping[str, date]]] = {
    "clocks go forward": {
        "Europe/Berlin": date(2026, 3, 28),
        "America/New_York": date(2026, 3, 7),
        "America/Santiago": date(2026, 9, 5),
        "Australia/Lord_Howe": date(2026, 10, 3),
    },
    "clocks go back": {
        "Europe/Berlin": date(2026, 10, 24),
        "America/New_York": date(2026, 10, 31),
        "America/Santiago": date(2026, 4, 4),
        "Australia/Lord_Howe": date(2026, 4, 4),
    },
}
"""The same where clocks change, by zone: at midnight in Santiago, by half an hour on Lord
Howe Island."""

FOREIGN: Final = "America/Los_Angeles"
"""A zone of Home Assistant that no plant is in."""

NIGHTS: Final = (*DAYS, *CLOCKS)

KNOWN_FOR: Final = timedelta(days=40)
"""For so long the plant has been there when a life begins."""

ALL_TROUBLES: Final = {**TROUBLES, **TROUBLES_OF_IMPORT, **TROUBLES_OF_REGISTERS}

BEGIN: Final = 16
"""Hour of the first day at which a life begins."""

AFTER_START: Final = 10 * MINUTE
"""Until all rows are asked for again."""

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
class Stop:
    """A time (epoch seconds) in which Home Assistant does not run.

    ``is_crash``: it saves nothing as it stops.
    """

    begin: float
    end: float
    is_crash: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The lives of one account from ``begin`` to ``end`` (epoch seconds).

    ``zone``: the plants'; ``home``: Home Assistant's; ``stops`` in the order of time.
    """

    seed: int
    dialect: Dialect
    night: str
    zone: str
    home: str
    begin: float
    end: float
    lives: tuple[Life, ...]
    stops: tuple[Stop, ...] = ()

    @property
    def title(self) -> str:
        """Seed, dialect, zone, first day and stops."""
        zone = ZoneInfo(self.zone)
        first = datetime.fromtimestamp(self.begin, zone)
        stops = "".join(
            f", {'crash' if stop.is_crash else 'stop'} from "
            f"{datetime.fromtimestamp(stop.begin, zone):%d %H:%M} to "
            f"{datetime.fromtimestamp(stop.end, zone):%H:%M}"
            for stop in self.stops
        )
        return (
            f"TRUTH_SEED={self.seed}: {self.dialect}, {self.night}, {self.zone}, "
            f"{'' if self.home == self.zone else f'seen from {self.home}, '}"
            f"{first:%F}{stops}"
        )

    def stopped(self, stops: Sequence[Stop]) -> Account:
        """Return the account with some stops, in which no row is had."""
        lives = tuple(
            replace(life, blinds=(*life.blinds, *_unseen(life.plant, stops)))
            for life in self.lives
        )
        return replace(self, lives=lives, stops=tuple(stops))


def _unseen(plant: Plant, stops: Iterable[Stop]) -> Iterator[Blind]:
    sources: list[int | str] = [plant.code, *(device.id for device in plant.devices)]
    for stop in stops:
        for source in sources:
            for scope in (Scope.LIVE, Scope.PERIODS):
                yield Blind(source, stop.begin, stop.end + AFTER_START, scope=scope)


def draw(
    seed: int, among: Sequence[str], plants: int, without: Container[str]
) -> Account:
    """Return the account of a seed.

    ``among``: the troubles that are drawn; ``without``: nights that are not.
    """
    rng = Random(seed)
    dialect = rng.choice((Dialect.V2022, Dialect.V2022, Dialect.V2020))
    night = rng.choice([name for name in NIGHTS if name not in without])
    most = min(len(among), 3)
    troubles = [rng.sample(among, rng.randint(1, most)) for _ in range(plants)]
    lives = account(seed, dialect, night, troubles)
    lives = lives.stopped(list(_stops(rng, lives)))
    return replace(lives, home=rng.choice((*[lives.zone] * 4, FOREIGN)))


def _stops(rng: Random, lives: Account) -> Iterator[Stop]:
    """Yield none, one or two stops, short ones and long ones."""
    at = lives.begin
    for _ in range(rng.randint(0, 2)):
        at += rng.uniform(HOUR, 9 * HOUR)
        length = rng.choice((0.0, 10 * MINUTE, 3 * HOUR)) * rng.random()
        yield Stop(at, at + length, is_crash=rng.random() < 0.5)
        at += length


def account(
    seed: int,
    dialect: Dialect,
    night: str,
    troubles: Iterable[Sequence[str]],
    zone: str | None = None,
    length: float = LENGTH,
) -> Account:
    """Return an account with a plant for each of some sets of troubles.

    ``zone``: drawn if None; ``length`` in seconds.
    """
    rng = Random(seed)
    known = list(CLOCKS.get(night, PLACES))
    zone = zone or rng.choice(known)
    day = CLOCKS[night][zone] if night in CLOCKS else rng.choice(DAYS[night])
    first = datetime(day.year, day.month, day.day, BEGIN, tzinfo=ZoneInfo(zone))
    # Home Assistant computes statistics ten seconds after each five minutes.
    begin = first.timestamp() + 10
    end = begin + length
    kinds = rng.sample(KINDS[dialect], len(KINDS[dialect]))
    lives = []
    for number, names in enumerate(troubles):
        fit = [kind for kind in kinds if _suits(kind, names)]
        kind = fit[number % len(fit)]
        code = seed % 10_000 * 100 + number + 1
        plant = make_plant(kind, code, rng, zone, day - KNOWN_FOR)
        scene = Scene(plant, dialect, rng, begin, end)
        lives.append(_live(scene, kind, names))
    return Account(seed, dialect, night, zone, zone, begin, end, tuple(lives))


def _suits(kind: Kind, names: Iterable[str]) -> bool:
    """Return whether a plant of a kind has what the troubles are about."""
    wanted = " ".join(names)
    has_battery, has_meter = bool(STORAGES[kind]), bool(METERS[kind])
    return (has_battery or "battery" not in wanted) and (
        has_meter or "meter" not in wanted
    )


def _live(scene: Scene, kind: Kind, troubles: Sequence[str]) -> Life:
    for name in troubles:
        ALL_TROUBLES[name](scene)
    background(scene)
    return Life(
        scene.plant,
        kind,
        scene.begin,
        tuple(troubles),
        tuple(scene.disturbances),
        tuple(scene.blinds),
    )

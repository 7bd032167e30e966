"""What goes wrong with a plant, drawn from a seed, and what it hides.

A trouble bends what the simulator answers. What it hides is stated beside it: the judge
forgives that, and nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from simulator import (
    Device,
    Dialect,
    Disturbance,
    DisturbanceKind as Bend,
    Plant,
    Scope,
    Type,
)
from simulator.model import INVERTERS, METERS, Oddity

from .quantities import of_device

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

STORES: Final = frozenset({Type.BATTERY, Type.LARGE_STORAGE})

LIFETIME: Final = frozenset(
    {"total_cap", "active_cap", "reverse_active_cap", "total_power", "total_income"}
)
OF_DAY: Final = frozenset(
    {
        "day_cap",
        "charge_cap",
        "discharge_cap",
        "day_power",
        "day_income",
        "day_on_grid_energy",
        "day_use_energy",
    }
)
INCOME: Final = frozenset({"day_income", "total_income"})
FLOWS: Final = frozenset(
    {
        "PVYield",
        "inverterYield",
        "inverter_power",
        "ongrid_power",
        "selfUsePower",
        "selfProvide",
        "buyPower",
        "use_power",
        "chargeCap",
        "dischargeCap",
    }
)
OVERFLOW: Final = 42_949_672.95
"""kWh: 32 bits of hundredths."""

# On five nights a plant's lifetime counter was seen to rise and to fall again.
SETTLED_UP, SETTLED_FOR_GOOD, SETTLED_FOR = 1.73, -0.58, 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Blind:
    """A time in which counters may be as old as at its begin.

    ``source``: a plant's code or a device's id. ``lost``: kWh that may be missing for
    good from then on. ``scope``: the rows that are meant.
    """

    source: int | str
    begin: float
    end: float
    keys: frozenset[str] = frozenset()
    lost: float = 0.0
    scope: Scope = Scope.LIVE


@dataclass(slots=True)
class Scene:
    """What a trouble is drawn for; it collects what happens.

    ``begin``, ``end``: of the life, in epoch seconds.
    """

    plant: Plant
    dialect: Dialect
    rng: Random
    begin: float
    end: float
    disturbances: list[Disturbance] = field(default_factory=list)
    blinds: list[Blind] = field(default_factory=list)

    @property
    def midnight(self) -> float:
        """The plant's first midnight after the life's begin."""
        world = self.plant.world
        day = world.local(self.begin + DAY).date()
        return float(world.midnight(day))

    def by_day(self) -> tuple[float, float]:
        """Return some time that no midnight is in, nor the quarter hour beside it."""
        length = self.rng.uniform(10 * MINUTE, 5 * HOUR)
        first = self.midnight + self.rng.uniform(4 * HOUR, 10 * HOUR)
        return first, min(first + length, self.end - HOUR)

    def over_midnight(self) -> tuple[float, float]:
        """Return some time with midnight in it, in the dark or into the day."""
        first = self.midnight - self.rng.uniform(10 * MINUTE, 7 * HOUR)
        return first, self.midnight + self.rng.uniform(20 * MINUTE, 7 * HOUR)

    def until_noon(self) -> tuple[float, float]:
        """Return some time from an evening until the next day is half over."""
        first = self.midnight - self.rng.uniform(3 * HOUR, 7 * HOUR)
        return first, self.midnight + self.rng.uniform(9 * HOUR, 12 * HOUR)

    def device(self, types: Iterable[int] = ()) -> Device | None:
        """Return one of the devices, of these types if any are given."""
        wanted = set(types)
        fit = [d for d in self.plant.devices if not wanted or d.type in wanted]
        return self.rng.choice(fit) if fit else None

    def sources(self) -> list[int | str]:
        """Return the plant and its devices."""
        return [self.plant.code, *(device.id for device in self.plant.devices)]

    def known_again(self, source: int | str, end: float) -> float:
        """Return when what a source counted until ``end`` is known.

        A battery that comes back by day tells both yesterday's rest and today's count
        by one rise. Which of them it was shows when it discharges again, in the evening.
        """
        stores = {device.id for device in self.plant.devices if device.type in STORES}
        is_late = end > self.midnight + 4 * HOUR
        return self.end + DAY if source in stores and is_late else end

    def bend(
        self,
        kind: Bend,
        source: int | str,
        span: tuple[float, float],
        *,
        amount: float = 0.0,
        keys: frozenset[str] = frozenset(),
        scope: Scope = Scope.LIVE,
    ) -> None:
        """Bend the rows of a source for some time."""
        self.disturbances.append(
            Disturbance(
                kind=kind,
                source=source,
                begin=span[0],
                end=span[1],
                amount=amount,
                keys=keys,
                scope=frozenset({scope}),
            )
        )

    def hide(
        self,
        source: int | str,
        span: tuple[float, float],
        *,
        keys: frozenset[str] = frozenset(),
        lost: float = 0.0,
        scope: Scope = Scope.LIVE,
    ) -> None:
        """Note what cannot be known."""
        self.blinds.append(
            Blind(
                source=source,
                begin=span[0],
                end=span[1],
                keys=keys,
                lost=lost,
                scope=scope,
            )
        )

    def hide_hours_of_devices(self, begin: float, end: float) -> None:
        """Note hours that the plant's own rows do not tell in 2020."""
        if self.dialect is Dialect.V2020:
            self.hide(self.plant.code, (begin, end), scope=Scope.HOURS)


type Trouble = Callable[[Scene], object]


def _rows(kind: Bend, span_of: Callable[[Scene], tuple[float, float]]) -> Trouble:
    """Return the trouble of a plant's or device's row."""

    def trouble(scene: Scene) -> None:
        source, span = scene.rng.choice(scene.sources()), span_of(scene)
        scene.bend(kind, source, span)
        scene.hide(source, (span[0], scene.known_again(source, span[1])))

    return trouble


def _cut_off(span_of: Callable[[Scene], tuple[float, float]]) -> Trouble:
    """Return the trouble of a plant whose dongle is off: old rows everywhere."""

    def trouble(scene: Scene) -> None:
        span = span_of(scene)
        for source in scene.sources():
            scene.bend(Bend.HELD, source, span)
            scene.hide(source, (span[0], scene.known_again(source, span[1])))

    return trouble


def _offline_for_a_day(scene: Scene) -> None:
    begin = scene.begin + scene.rng.uniform(HOUR, 6 * HOUR)
    device = scene.device()
    if device is not None:
        span = begin, begin + DAY
        scene.bend(scene.rng.choice((Bend.HELD, Bend.ABSENT)), device.id, span)
        scene.hide(device.id, span)


def _jitter(scene: Scene) -> None:
    span = scene.begin, scene.end
    for source in scene.sources():
        keys = (LIFETIME | OF_DAY) - INCOME
        scene.bend(Bend.JITTER, source, span, amount=0.01, keys=keys)


def _settled(scene: Scene) -> None:
    code, keys = scene.plant.code, frozenset({"total_power"})
    at = scene.midnight + 3 * MINUTE
    up = at, at + SETTLED_FOR
    good = at + SETTLED_FOR, scene.end + DAY
    scene.bend(Bend.SHIFTED, code, up, amount=SETTLED_UP, keys=keys)
    scene.bend(Bend.SHIFTED, code, good, amount=SETTLED_FOR_GOOD, keys=keys)
    scene.hide(code, good, keys=keys, lost=-SETTLED_FOR_GOOD)


def _lifetime_restarts(scene: Scene) -> None:
    device = scene.device(INVERTERS | METERS)
    if device is None:
        return
    begin = scene.begin + scene.rng.uniform(HOUR, 3 * HOUR)
    scene.bend(Bend.RESTARTED, device.id, (begin, scene.end + DAY), keys=LIFETIME)
    # Whether it is one of the zeros of the night shows after a day.
    scene.hide(device.id, (begin, begin + DAY + HOUR), keys=LIFETIME)


def _another_register(scene: Scene, more: float) -> None:
    """Put a device that has counted elsewhere in a device's place, under its id.

    ``more``: kWh that its register is ahead of the old one's; below 0: a part of it.
    """
    device = scene.device(INVERTERS | METERS)
    if device is None:
        return
    begin, world = scene.begin + scene.rng.uniform(HOUR, 3 * HOUR), scene.plant.world
    forever = begin, scene.end + DAY
    for key, counted in of_device(device).items():
        if key in LIFETIME:
            amount = more if more > 0 else round(more * counted(world.totals(begin)), 2)
            keys = frozenset({key})
            scene.bend(Bend.SHIFTED, device.id, forever, amount=amount, keys=keys)
            # What it counts until it is believed is not lost, but for the last rows.
            until = begin, begin + DAY + HOUR
            unseen = world.totals(begin) - world.totals(begin - 15 * MINUTE)
            lost = max(0.5, counted(unseen))
            scene.hide(device.id, until, keys=keys, lost=lost)


def _overflows(scene: Scene) -> None:
    device = scene.device(INVERTERS | METERS)
    if device is None:
        return
    begin, _ = scene.by_day()
    span = begin, begin + scene.rng.uniform(10 * MINUTE, HOUR)
    scene.bend(Bend.CONSTANT, device.id, span, amount=OVERFLOW, keys=LIFETIME)
    scene.hide(device.id, span, keys=LIFETIME)


def _plant_overflows(scene: Scene) -> None:
    begin, _ = scene.by_day()
    span = begin, begin + scene.rng.uniform(10 * MINUTE, HOUR)
    keys = frozenset({"total_power"})
    scene.bend(Bend.CONSTANT, scene.plant.code, span, amount=OVERFLOW, keys=keys)
    scene.hide(scene.plant.code, span, keys=keys)


def _broken(scene: Scene) -> None:
    """End a device for good: its rows are missing, or null."""
    device = scene.device()
    if device is None:
        return
    span = scene.by_day()[0], scene.end + DAY
    scene.bend(scene.rng.choice((Bend.ABSENT, Bend.NULLS)), device.id, span)
    scene.hide(device.id, span)


def _replaced(scene: Scene, types: Iterable[int]) -> None:
    """Put a new device with counters from 0 in a device's place."""
    device = scene.device(types)
    if device is None:
        return
    at = scene.by_day()[0]
    forever = at, scene.end + DAY
    new = Device(
        id=device.id + 500,
        type=device.type,
        name=f"New {device.name}",
        array=device.array,
        storage=device.storage,
    )
    scene.plant.devices.append(new)
    scene.bend(Bend.UNLISTED, device.id, forever)
    scene.hide(device.id, forever)
    scene.bend(Bend.UNLISTED, new.id, (0.0, at))
    scene.bend(Bend.RESTARTED, new.id, forever, keys=LIFETIME | OF_DAY)
    # The list of devices is asked for now and then.
    scene.hide(new.id, (0.0, at + 2 * HOUR))
    scene.hide_hours_of_devices(at - 2 * HOUR, at + 2 * HOUR)


def _added(scene: Scene) -> None:
    """List a battery later than the rest."""
    device = scene.device({Type.BATTERY, Type.LARGE_STORAGE})
    if device is not None:
        at = scene.by_day()[0]
        scene.bend(Bend.UNLISTED, device.id, (0.0, at))
        scene.hide(device.id, (0.0, at + 2 * HOUR))
        scene.hide_hours_of_devices(0.0, at + 2 * HOUR)


def _hours(kind: Bend) -> Trouble:
    """Return the trouble of hours that come late, or half computed at first."""

    def trouble(scene: Scene) -> None:
        delay = scene.rng.uniform(HOUR, 6 * HOUR)
        span = scene.begin, scene.end + DAY
        code = scene.plant.code
        scene.bend(kind, code, span, amount=delay, keys=FLOWS, scope=Scope.HOURS)
        # A day that is over is asked for at midnight, and a day later.
        for at, until in (
            (scene.midnight, scene.midnight),
            (scene.end - 3 * HOUR, scene.end + DAY),
        ):
            scene.hide(code, (at - delay, until), scope=Scope.HOURS)

    return trouble


def _for_a_while(kind: Bend, scope: Scope) -> Trouble:
    """Return the trouble of stored rows that answers lack for some hours."""

    def trouble(scene: Scene) -> None:
        begin = scene.begin + scene.rng.uniform(HOUR, 8 * HOUR)
        span = begin, begin + scene.rng.uniform(HOUR, 5 * HOUR)
        for source in scene.sources():
            scene.bend(kind, source, span, scope=scope)

    return trouble


_SPANS: Final[Mapping[str, Callable[[Scene], tuple[float, float]]]] = {
    "by day": Scene.by_day,
    "over midnight": Scene.over_midnight,
    "until noon": Scene.until_noon,
}

TROUBLES: Final[Mapping[str, Trouble]] = {
    **{
        f"{kind} {when}": _rows(kind, span_of)
        for kind in (Bend.HELD, Bend.ABSENT, Bend.NULLS, Bend.ZEROS)
        for when, span_of in _SPANS.items()
    },
    **{f"cut off {when}": _cut_off(span_of) for when, span_of in _SPANS.items()},
    "offline for a day": _offline_for_a_day,
    "jitter": _jitter,
    "settled": _settled,
    "lifetime restarts": _lifetime_restarts,
    "overflow of a device": _overflows,
    "overflow of a plant": _plant_overflows,
    "broken": _broken,
    "replaced inverter": lambda scene: _replaced(scene, INVERTERS),
    "replaced battery": lambda scene: _replaced(
        scene, {Type.BATTERY, Type.LARGE_STORAGE}
    ),
    "replaced meter": lambda scene: _replaced(scene, METERS),
    "added battery": _added,
    "late hours": _hours(Bend.LATE),
    "half computed hours": _hours(Bend.HALF_COMPUTED),
}
"""All troubles of the sensors by name."""

TROUBLES_OF_REGISTERS: Final[Mapping[str, Trouble]] = {
    "lifetime restarts": _lifetime_restarts,
    "used device": lambda scene: _another_register(
        scene, 1500.0 + 30.0 * scene.plant.site.peak_kw
    ),
    "younger device": lambda scene: _another_register(scene, -0.6),
}
"""Troubles of lifetime counters, which are believed after a day."""

TROUBLES_OF_IMPORT: Final[Mapping[str, Trouble]] = {
    **{
        name: TROUBLES[name]
        for name in (
            "late hours",
            "half computed hours",
            "replaced inverter",
            "replaced battery",
            "replaced meter",
            "added battery",
            "broken",
        )
    },
    **{
        f"{kind} {scope.value}": _for_a_while(kind, scope)
        for kind in (Bend.ABSENT, Bend.NULLS)
        for scope in (Scope.HOURS, Scope.FIVE_MINUTES)
    },
}
"""All troubles of the imported series by name."""


def background(scene: Scene) -> None:
    """Let the devices' rows lag as the plant's do: so they are on all real servers."""
    world = scene.plant.world
    lit = world.generating(world.local(scene.midnight).date())
    if lit:
        # It is settled until it rises again: so long, yesterday's rest is not told from
        # what was settled.
        dark = scene.midnight, float(lit[0])
        scene.hide(scene.plant.code, dark, keys=frozenset({"total_power"}))
    for device in scene.plant.devices:
        forever = 0.0, scene.end + DAY
        if Oddity.LATE_MIDNIGHT in device.oddities and lit:
            # Until then it tells only of yesterday.
            span = scene.midnight, float(lit[0])
            scene.hide(device.id, span, keys=frozenset({"day_cap"}))
        scene.bend(Bend.LAG, device.id, forever, amount=float(scene.plant.lag))

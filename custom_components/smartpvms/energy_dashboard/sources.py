"""A plant's sources of the Energy dashboard: what goes in, and what stays as it is.

Pure: the dashboard's sources and what a plant has go in, the new sources and a
report come out. What somebody else put there is never touched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

from ..catalogue import plant
from ..catalogue.series import (
    BATTERY_CHARGE,
    BATTERY_DISCHARGE,
    GRID_EXPORT,
    GRID_EXPORT_COMPENSATION,
    GRID_IMPORT,
    GRID_IMPORT_COST,
    PRICED,
    PV_ENERGY,
)

BATTERY_SOC: Final = "battery_soc"

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

type EnergySource = Mapping[str, object]
"""A source as the dashboard stores it: `type`, statistics and prices by field."""


class Kind(StrEnum):
    """The types of sources that a plant has."""

    SOLAR = "solar"
    GRID = "grid"
    BATTERY = "battery"


class Outcome(StrEnum):
    """What became of a source."""

    ADDED = "added"
    CHANGED = "changed"
    LEFT_ALONE = "left_alone"


class Reason(StrEnum):
    """Why a source was left alone, or what it still lacks (`COST_MISSING`)."""

    IN_ALREADY = "in_already"
    FOREIGN = "foreign"
    OTHER_GRID = "other_grid"
    HAS_PRICE = "has_price"
    COST_MISSING = "cost_missing"
    MIXED = "mixed"
    SEVERAL = "several"


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What a plant has for the dashboard.

    `statistics`: statistic ids by series; money only where its price is set.
    `sensors`: live sensors by key. `own`: all ids that are this plant's, offered
    or not; `ours`: those of any plant. `priced`: the series of money whose price
    is set, also where they do not exist yet; `capacity`: of all batteries in kWh, None
    if unknown.
    """

    statistics: Mapping[str, str]
    sensors: Mapping[str, str]
    own: frozenset[str]
    ours: frozenset[str]
    priced: frozenset[str] = frozenset()
    capacity: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What became of one source, and why."""

    kind: Kind
    outcome: Outcome
    reason: Reason | None = None
    before: EnergySource | None = None
    after: EnergySource | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A type of source: its fields, and which series or sensor goes where.

    `complete`: the dashboard takes it with all of its energies only; `prices`:
    the fields of a price that `money` stands for; `fixed`: what else it has; `alone`: a
    second one that measures something else would count the same connection twice;
    `capacity`: the field that takes the batteries' capacity.
    """

    kind: Kind
    energy: Mapping[str, str]
    live: Mapping[str, str]
    money: Mapping[str, str] = _NOTHING
    prices: Mapping[str, tuple[str, ...]] = _NOTHING
    fixed: EnergySource = _NOTHING
    complete: bool = True
    alone: bool = False
    capacity: str | None = None

    @property
    def blank(self) -> EnergySource:
        """Return a source without anything in it."""
        fields = (*self.energy, *self.money, *chain(*self.prices.values()))
        return {**dict.fromkeys(fields), **self.fixed}

    def energies(self, source: EnergySource) -> list[str]:
        """Return the statistics of energy of a source."""
        return [str(source[f]) for f in self.energy if source.get(f) is not None]

    def wanted(self, offer: Offer) -> dict[str, object] | None:
        """Return the source that a plant has, None where it has none."""
        energy = _chosen(self.energy, offer.statistics)
        if not energy or (self.complete and len(energy) < len(self.energy)):
            return None
        return {
            **self.blank,
            "type": str(self.kind),
            **energy,
            **_chosen(self.live, offer.sensors),
            **self.size(offer),
            **{
                field: statistic
                for field, statistic in _chosen(self.money, offer.statistics).items()
                if PRICED[self.money[field]] in offer.statistics
            },
        }

    def size(self, offer: Offer) -> dict[str, object]:
        """Return the field of the batteries' capacity, where it is known."""
        if self.capacity is None or not offer.capacity:
            return {}
        return {self.capacity: offer.capacity}

    def is_of(self, source: EnergySource, ids: Iterable[str]) -> bool:
        """Tell whether a source measures something that is among these ids."""
        measured = self.energies(source) or [str(source.get("stat_rate"))]
        return not set(ids).isdisjoint(measured)


SLOTS: Final = (
    Slot(
        kind=Kind.SOLAR,
        energy={"stat_energy_from": PV_ENERGY},
        live={"stat_rate": plant.PV_POWER},
        fixed={"config_entry_solar_forecast": None},
    ),
    Slot(
        kind=Kind.GRID,
        energy={"stat_energy_from": GRID_IMPORT, "stat_energy_to": GRID_EXPORT},
        live={"stat_rate": plant.GRID_POWER},
        money={
            "stat_cost": GRID_IMPORT_COST,
            "stat_compensation": GRID_EXPORT_COMPENSATION,
        },
        prices={
            "stat_cost": ("entity_energy_price", "number_energy_price"),
            "stat_compensation": (
                "entity_energy_price_export",
                "number_energy_price_export",
            ),
        },
        fixed={"cost_adjustment_day": 0.0},
        complete=False,
        alone=True,
    ),
    Slot(
        kind=Kind.BATTERY,
        energy={
            "stat_energy_from": BATTERY_DISCHARGE,
            "stat_energy_to": BATTERY_CHARGE,
        },
        live={"stat_rate": plant.BATTERY_POWER, "stat_soc": BATTERY_SOC},
        capacity="capacity",
    ),
)


def put_in(
    sources: Sequence[EnergySource], offer: Offer
) -> tuple[list[EnergySource], list[Note]]:
    """Return the sources with those of a plant, and what became of each.

    Put in a second time, the same offer changes nothing.
    """
    result, notes = list(sources), list[Note]()
    for slot in SLOTS:
        if wanted := slot.wanted(offer):
            result, found = _put(result, slot, wanted, offer)
            notes += found
    return result, notes


def _put(
    sources: list[EnergySource], slot: Slot, wanted: EnergySource, offer: Offer
) -> tuple[list[EnergySource], list[Note]]:
    """Add one source, or complete the existing one."""
    same = [source for source in sources if source["type"] == slot.kind]
    own = [source for source in same if slot.is_of(source, offer.own)]
    if len(own) > 1:
        return sources, _left(slot, Reason.SEVERAL, own)
    if own:
        before = own[0]
        taken = {s.get("stat_rate") for s in same if s is not before}
        after = _completed(before, slot, wanted, offer, taken)
        if isinstance(after, Reason):
            return sources, _left(slot, after, own)
        note = Note(
            kind=slot.kind,
            outcome=Outcome.CHANGED,
            reason=_lacks(slot, after, offer),
            before=before,
            after=after,
        )
        return [after if source is before else source for source in sources], [note]
    measured = [source for source in same if slot.energies(source)]
    foreign = [source for source in measured if not slot.is_of(source, offer.ours)]
    if slot.alone and foreign:
        return sources, _left(slot, Reason.OTHER_GRID, foreign)
    added = Note(
        kind=slot.kind,
        outcome=Outcome.ADDED,
        reason=_lacks(slot, wanted, offer),
        after=wanted,
    )
    return [*sources, wanted], [added, *_left(slot, Reason.FOREIGN, foreign)]


def _completed(
    source: EnergySource,
    slot: Slot,
    wanted: EnergySource,
    offer: Offer,
    taken: set[object],
) -> EnergySource | Reason:
    """Return a source of the plant with what it lacks, or why it has to stay.

    Energies of the plant's live sensors give way to its statistics; name,
    forecast, costs, powers and capacity that the user has chosen stay. `taken`: powers of
    other sources, which cannot be used twice.
    """
    if not set(slot.energies(source)) <= offer.own:
        return Reason.MIXED
    before: EnergySource = {**slot.blank, **source}
    after = dict(before)
    for field, series in slot.energy.items():
        after[field] = offer.statistics.get(series, source.get(field))
    for field, series in slot.money.items():
        if after.get(field) is not None or PRICED[series] not in offer.statistics:
            continue
        if wanted.get(field) is not None:
            after |= {field: wanted[field], **dict.fromkeys(slot.prices[field])}
        elif any(source.get(price) is not None for price in slot.prices[field]):
            priced = series in offer.priced
            return Reason.COST_MISSING if priced else Reason.HAS_PRICE
    for field in slot.live:
        chosen = field in source or (field == "stat_rate" and "power_config" in source)
        if not chosen and field in wanted and wanted[field] not in taken:
            after[field] = wanted[field]
    after = {**slot.size(offer), **after}
    if after == before:
        return _lacks(slot, source, offer) or Reason.IN_ALREADY
    return after


def _lacks(slot: Slot, source: EnergySource, offer: Offer) -> Reason | None:
    """Tell whether a source waits for costs whose price is set."""
    waits = any(
        source.get(field) is None
        and series in offer.priced
        and PRICED[series] in offer.statistics
        for field, series in slot.money.items()
    )
    return Reason.COST_MISSING if waits else None


def _left(slot: Slot, reason: Reason, sources: Iterable[EnergySource]) -> list[Note]:
    return [
        Note(
            kind=slot.kind,
            outcome=Outcome.LEFT_ALONE,
            reason=reason,
            before=source,
        )
        for source in sources
    ]


def _chosen(fields: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, object]:
    return {field: ids[key] for field, key in fields.items() if key in ids}

"""Rows of history: the query, its calls, the rows that fit."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import batched
from typing import Final

from homeassistant.util.json import JsonObjectType

from ..failures import invalid
from ..history.inputs import has_battery
from ..history.inquiry import Call, async_rows
from ..hub.hub import Hub
from ..insight.shares import shares_of_row
from ..northbound import Device, Interface, Period, Values
from ..northbound.interfaces import (
    DEVICES_PER_CALL,
    DEVICES_PER_HISTORY_CALL,
    PLANTS_PER_CALL,
)
from ..northbound.periods import PLANT_INTERFACES
from .budget import LONG_PATIENCE, async_take_turn, check_turns, explained
from .history_period import Slot, Span, local_times

MOST_DAYS: Final = 31

_PER_CALL: Final[Mapping[Interface, int]] = {
    **dict.fromkeys(PLANT_INTERFACES.values(), PLANTS_PER_CALL),
    Interface.DEVICE_HISTORY: DEVICES_PER_HISTORY_CALL,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A plant, or one of its devices, whose history is asked for."""

    plant_code: str = field(repr=False)
    device: Device | None = None

    @property
    def key(self) -> str | int:
        """Return what its rows are marked with."""
        return self.device.id if self.device else self.plant_code


@dataclass(frozen=True, slots=True)
class Request:
    """A call: up to a hundred plants, or up to a hundred devices of a type."""

    interface: Interface
    slot: Slot
    subjects: tuple[Subject, ...]
    call: Call


type Rows = dict[Subject, dict[datetime, JsonObjectType]]


@dataclass(frozen=True, slots=True)
class Query:
    """What an action is asked for; no keys means all of them."""

    period: Period
    start: datetime | None
    end: datetime | None
    keys: frozenset[str]
    now: datetime

    def span(self, zone: tzinfo) -> Span:
        """Return the period for a plant, or raise where it is empty or too long."""
        span = Span.of(self.period, self.start, self.end, zone, self.now)
        if span.is_empty:
            raise invalid("period_ends_first")
        is_long = span.until(self.now).length() > timedelta(days=MOST_DAYS)
        if is_long and self.period is Period.FIVE_MINUTES:
            raise invalid("period_too_long", days=str(MOST_DAYS))
        return span

    def slots(self, zone: tzinfo, interface: Interface) -> Iterator[Slot]:
        """Yield the calls that a plant of a zone needs."""
        span = self.span(zone)
        if interface is Interface.DEVICE_HISTORY:
            return span.pieces(self.now)
        return span.slots(self.period, self.now)


def _requests(
    hub: Hub, query: Query, subjects: Iterable[Subject], interface: Interface
) -> list[Request]:
    """Return the calls for these plants or devices, as few as there can be."""
    most = _PER_CALL.get(interface, DEVICES_PER_CALL)
    slots: dict[tzinfo, list[Slot]] = {}
    together: dict[tuple[int | None, Slot], list[Subject]] = {}
    for subject in dict.fromkeys(subjects):
        zone = hub.account.zone(subject.plant_code)
        if zone not in slots:
            slots[zone] = list(query.slots(zone, interface))
        type_id = subject.device.type_id if subject.device else None
        for slot in slots[zone]:
            together.setdefault((type_id, slot), []).append(subject)
    return [
        Request(interface, slot, batch, Call(type_id, tuple(s.key for s in batch)))
        for (type_id, slot), found in together.items()
        for batch in batched(found, most)
    ]


async def async_history(
    query: Query,
    wanted: Iterable[tuple[Hub, Subject]],
    interface: Callable[[Hub], Interface],
) -> dict[Hub, Rows]:
    """Return the rows that were asked for, in as few calls as there can be.

    Raises HomeAssistantError before the first call where a hub lacks them.
    """
    subjects: dict[Hub, list[Subject]] = {}
    for hub, subject in wanted:
        subjects.setdefault(hub, []).append(subject)
    plans = {
        hub: _requests(hub, query, found, interface(hub))
        for hub, found in subjects.items()
    }
    # No account is asked before all of them are known to have the calls.
    for hub, requests in plans.items():
        if requests:
            check_turns(hub.account, requests[0].interface, len(requests))
    return {
        hub: await _async_rows_of(hub, query, requests)
        for hub, requests in plans.items()
    }


async def _async_rows_of(hub: Hub, query: Query, requests: Iterable[Request]) -> Rows:
    rows: Rows = {}
    # Others may take a turn of the lane meanwhile.
    deadline = hub.account.clock.now() + 2 * LONG_PATIENCE
    for request in requests:
        with explained(hub.account, request.interface):
            answer = await async_take_turn(
                hub.account,
                request.interface,
                deadline,
                partial(
                    async_rows,
                    interface=request.interface,
                    call=request.call,
                    at=request.slot.at,
                    end=request.slot.end,
                ),
            )
        by_key: dict[str | int, dict[datetime, Values]] = {}
        for key, at, values in answer:
            by_key.setdefault(key, {})[at] = values
        for subject in request.subjects:
            kept = _kept(hub, query, request.slot, subject, by_key.get(subject.key, {}))
            rows.setdefault(subject, {}).update(kept)
            # A hundred devices have tens of thousands of rows: others want a turn.
            await asyncio.sleep(0)
    return rows


def _kept(
    hub: Hub,
    query: Query,
    slot: Slot,
    subject: Subject,
    dated: Mapping[datetime, Values],
) -> dict[datetime, JsonObjectType]:
    """Return the rows of a plant or device that were asked for, by their start."""
    zone = hub.account.zone(subject.plant_code)
    span = query.span(zone)
    local = local_times(query.period, slot, list(dated), zone)
    kept: dict[datetime, JsonObjectType] = {}
    for (at, row), start in zip(dated.items(), local, strict=True):
        values = _chosen(hub, query, subject, row) if span.holds(start) else {}
        if values:
            kept[at] = {"start": start.isoformat(), "values": values}
    return kept


def _chosen(hub: Hub, query: Query, subject: Subject, row: Values) -> JsonObjectType:
    """Return the values that were asked for, in the catalogue's units.

    A plant's row has its shares, too.
    """
    if subject.device:
        values = hub.account.normalise(subject.device, row)
    else:
        batteries = has_battery(hub.account, subject.plant_code)
        values = {**row, **shares_of_row(row, has_battery=batteries)}
    return {
        key: value
        for key, value in values.items()
        if not query.keys or key in query.keys
    }

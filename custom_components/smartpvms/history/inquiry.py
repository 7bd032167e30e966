"""The calls that a question takes, and the rows they answer."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ..account.device_batches import device_batches
from ..account.left_out import AllLeftOut
from ..local_time import ALL_YEARS, midnight, noon
from ..northbound import Device, Dialect, Interface, NorthboundClient, Values
from ..northbound.client import LONGEST_HISTORY
from ..northbound.interfaces import (
    DEVICES_PER_CALL,
    DEVICES_PER_HISTORY_CALL,
    PLANTS_PER_CALL,
)
from ..northbound.models import DeviceRow, PlantRow
from ..northbound.periods import (
    DEVICE_INTERFACES,
    FIVE_MINUTE_INTERFACES,
    PLANT_INTERFACES,
)
from .feeds import Feed, Question, Track


def interface_of(feed: Feed, dialect: Dialect) -> Interface:
    """Return the interface that has a feed's rows (2.4 to 2.7, 2.10 to 2.13)."""
    match feed.track:
        case Track.PLANT:
            return PLANT_INTERFACES[feed.period]
        case Track.STORAGE:
            return DEVICE_INTERFACES[feed.period]
        case Track.DEVICES:
            return FIVE_MINUTE_INTERFACES[dialect]


def longest_span(dialect: Dialect) -> timedelta:
    """Return how much of five-minute rows one call answers."""
    return timedelta(days=1) if dialect is Dialect.V2020 else LONGEST_HISTORY


@dataclass(frozen=True, slots=True)
class Call:
    """One call: for plants, or for devices of a type."""

    type_id: int | None
    ids: tuple[int | str, ...] = field(repr=False)


@dataclass(slots=True)
class Inquiry:
    """A question, the calls that it still takes, and the rows of those made.

    `rows`: (start, values) by plant code or device id; `begun_at`: when the first
    call was made (epoch seconds): what came later not all of them have seen;
    `asked`: the ids of the devices asked, by type;
    `refused`: the plants that were left out.
    """

    question: Question
    interface: Interface
    calls: deque[Call]
    rows: dict[int | str, dict[int, Values]] = field(default_factory=dict)
    begun_at: float | None = None
    asked: dict[int, set[int]] = field(default_factory=dict, repr=False)
    refused: set[str] = field(default_factory=set, repr=False)

    async def async_ask(self, client: NorthboundClient, now: float) -> None:
        """Make the next call; after a failure it stays the next."""
        call = self.calls[0]
        self.begun_at = self.begun_at or now
        question = self.question
        zone, first = question.zone, question.first
        at, end = noon(first, zone), None
        if first == ALL_YEARS:
            at = datetime.fromtimestamp(now, UTC)
        elif self.interface is Interface.DEVICE_HISTORY:
            days = (first, question.until)
            at, end = (datetime.fromtimestamp(midnight(day, zone), UTC) for day in days)
        rows = await async_rows(client, self.interface, call, at, end)
        for source, start, values in rows:
            self.rows.setdefault(source, {})[round(start.timestamp())] = values
        if call.type_id is not None:
            self.asked.setdefault(call.type_id, set()).update(map(int, call.ids))
        self.calls.popleft()

    def give_up(self, type_id: int) -> None:
        """Leave out a device type that the system refuses."""
        self.calls = deque(call for call in self.calls if call.type_id != type_id)

    def divide(self, call: Call, parts: Iterable[tuple[int | str, ...]]) -> None:
        """Make a call that was refused in parts, or leave out the plant it was about."""
        self.calls.remove(call)
        calls = [Call(call.type_id, part) for part in parts]
        self.calls.extendleft(reversed(calls))
        if not calls and call.type_id is None:
            self.refused.update(map(str, call.ids))

    def has_rows(self, plant: str) -> bool:
        """Tell whether there was any row of a plant, or of any device."""
        is_of_plants = self.question.feed.track is Track.PLANT
        return bool(self.rows.get(plant) if is_of_plants else self.rows)

    def lacks_type(self, devices: AbstractSet[int]) -> bool:
        """Tell whether all of these devices that are of one type had no row."""
        return any(
            ids & devices and not any(map(self.rows.get, ids & devices))
            for ids in self.asked.values()
        )

    def rows_of(self, source: int | str) -> list[tuple[int, Values]]:
        """Return the rows of a plant or device in the order of time."""
        return sorted(self.rows.get(source, {}).items())


def inquiry(
    question: Question,
    dialect: Dialect,
    devices: Mapping[str, Iterable[Device]],
    left_out: AllLeftOut,
) -> Inquiry:
    """Return what a question takes; `devices`: those to be asked, by plant code."""
    interface = interface_of(question.feed, dialect)
    if question.feed.track is Track.PLANT:
        known = left_out.of_plants(interface)
        plants = list(known.batches(question.plants, PLANTS_PER_CALL))
        refused = set(question.plants).difference(*plants)
        return Inquiry(
            question,
            interface,
            deque(Call(None, ids) for ids in plants),
            refused=refused,
        )
    most = (
        DEVICES_PER_HISTORY_CALL
        if interface is Interface.DEVICE_HISTORY
        else DEVICES_PER_CALL
    )
    asked = sorted(
        (device for code in question.plants for device in devices.get(code, ())),
        key=lambda device: device.type_id,
    )
    batches = device_batches(asked, most, left_out.of_devices(interface))
    calls = deque(Call(batch.type_id, batch.devices) for batch in batches)
    return Inquiry(question, interface, calls)


async def async_rows(
    client: NorthboundClient,
    interface: Interface,
    call: Call,
    at: datetime,
    end: datetime | None = None,
) -> list[tuple[int | str, datetime, Values]]:
    """Return the rows of a call: whose, when they begin, KPIs.

    They are of the day, month or year that `at` is in or, with an `end`, from `at` on.
    """
    rows: Sequence[PlantRow | DeviceRow]
    if call.type_id is None:
        plants = [str(key) for key in call.ids]
        rows = await client.plant_rows(interface, plants, at)
    else:
        devices = [int(key) for key in call.ids]
        rows = await (
            client.device_history(call.type_id, devices, at, end)
            if end
            else client.device_rows(interface, call.type_id, devices, at)
        )
    return [
        (
            row.plant_code if isinstance(row, PlantRow) else row.device_id,
            row.collected_at,
            row.values,
        )
        for row in rows
        if row.collected_at
    ]

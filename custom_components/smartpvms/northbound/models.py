"""What the interfaces answer, parsed once: number, time, text or None.

Everything here survives the oddities that real servers show: null and text
where a list is expected, numbers as text, "N/A", percent signs, nested objects,
float noise, ids as number or text. What cannot be read is left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
import re
from typing import Final, NamedTuple

from .bounds import EASTERNMOST, LARGEST, LAST_YEAR, LATEST
from .call_log import Oddity
from .interfaces import Json
from .modules import MODULES, module_values

type Values = Mapping[str, float]
"""The KPIs of a row by the reference's key; a missing value is left out."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_NO_TEXT: Final = frozenset({"", "null", "n/a", "none"})
_MW: Final = 1000.0
_LARGEST_INTEGER: Final = 2**63 - 1
# The year 1900, in epoch milliseconds.
_EARLIEST: Final = -2_208_988_800_000
_KEY: Final = re.compile(r"[ -~]{1,64}")


def number(value: Json) -> float | None:
    """Return a number without float noise, None for anything else.

    NaN, infinity and numbers too large for a reading give None.
    """
    if isinstance(value, str):
        text = value.strip().removesuffix("%").rstrip()
        if not _NUMBER.fullmatch(text) or len(text) > 40:
            return None
        value = float(text)
    # The type itself: a bool is an int, too.
    if type(value) is not float and type(value) is not int:
        return None
    return round(float(value), 6) if -LARGEST <= value <= LARGEST else None


def integer(value: Json) -> int | None:
    """Return a whole number, of a text too; ids keep all of their digits."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,19}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        result = number(value)
        if result is None or result % 1:
            return None
        value = int(result)
    return value if abs(value) <= _LARGEST_INTEGER else None


def text(value: Json) -> str | None:
    """Return a text that says something, and that can be encoded."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = number(value) if value % 1 else integer(value)
        value = None if found is None else str(found)
    if not isinstance(value, str) or value.strip().lower() in _NO_TEXT:
        return None
    # Half a character (a lone surrogate) can be parsed, but not be saved.
    return value.strip().encode(errors="replace").decode()


def moment(value: Json) -> datetime | None:
    """Return a time in UTC from epoch milliseconds, None if no clock shows it."""
    milliseconds = number(value)
    if milliseconds is None or not _EARLIEST <= milliseconds <= 1000 * LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(at: datetime) -> int:
    """Return a time as the interface wants it: epoch milliseconds."""
    return round(at.timestamp() * 1000)


def rows(data: Json) -> Iterator[Mapping[str, Json]]:
    """Yield the objects of a list; null, text and numbers hold none."""
    if isinstance(data, list):
        yield from (row for row in data if isinstance(row, dict))


def values(row: Mapping[str, Json]) -> Values:
    """Return the numbers of a row's `dataItemMap`.

    A key that is no name of a KPI would become part of an entity's id.
    """
    items = row.get("dataItemMap")
    if not isinstance(items, dict):
        return {}
    all_items = chain(items.items(), module_values(items.get(MODULES)))
    parsed = ((key, number(value)) for key, value in all_items)
    return {
        key: value for key, value in parsed if value is not None and _KEY.fullmatch(key)
    }


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant (reference 2.2).

    `capacity` in kW; `grid_connected_at` carries the plant's UTC offset on that
    day. What tells who owns it stays out of its repr.
    """

    code: str = field(repr=False)
    name: str = field(repr=False)
    capacity: float | None = None
    grid_connected_at: datetime | None = None

    @classmethod
    def from_station_list(cls, row: Mapping[str, Json]) -> Plant | None:
        """Parse a row of `getStationList`, whose capacity is in MW."""
        if (code := text(row.get("stationCode"))) is None:
            return None
        capacity = number(row.get("capacity"))
        return cls(
            code=code,
            name=text(row.get("stationName")) or code,
            capacity=None if capacity is None else round(capacity * _MW, 6),
        )

    @classmethod
    def from_stations(cls, row: Mapping[str, Json]) -> Plant | None:
        """Parse a row of `stations`, whose capacity is in kW."""
        if (code := text(row.get("plantCode"))) is None:
            return None
        return cls(
            code=code,
            name=text(row.get("plantName")) or code,
            capacity=number(row.get("capacity")),
            grid_connected_at=_iso(row.get("gridConnectionDate")),
        )


def _iso(value: Json) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    offset = at.utcoffset() if at else None
    if at is None or offset is None or abs(offset) > EASTERNMOST:
        return None
    return at if 1900 < at.year < LAST_YEAR else None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list, the number of all pages and of all items if it is told."""

    items: tuple[T, ...]
    pages: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device (reference 2.8).

    `type_id` as in the reference's list of types, -1 where there is none. Ids
    have up to 16 digits and may be negative.
    """

    id: int
    plant_code: str = field(repr=False)
    name: str = field(repr=False)
    type_id: int
    model: str | None = None
    serial: str | None = field(default=None, repr=False)
    software: str | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> Device | None:
        """Parse a row of `getDevList`; without id or plant it is no device."""
        device_id, plant = integer(row.get("id")), text(row.get("stationCode"))
        if device_id is None or plant is None:
            return None
        type_id = integer(row.get("devTypeId"))
        return cls(
            id=device_id,
            plant_code=plant,
            name=text(row.get("devName")) or str(device_id),
            type_id=-1 if type_id is None else type_id,
            model=text(row.get("invType")) or text(row.get("model")),
            serial=text(row.get("esnCode")),
            software=text(row.get("softwareVersion")),
        )


@dataclass(frozen=True, slots=True)
class PlantRow:
    """KPIs of a plant.

    `collected_at` (UTC) starts the hour, day, month or year they are of; it is
    None in real-time data.
    """

    plant_code: str = field(repr=False)
    values: Values
    collected_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> PlantRow | None:
        """Parse a row of 2.3 to 2.7; without a plant code it is None."""
        code = text(row.get("stationCode"))
        return cls(code, values(row), moment(row.get("collectTime"))) if code else None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """KPIs of a device.

    `collected_at` (UTC) as in `PlantRow`, or the moment of a five-minute row.
    """

    device_id: int
    values: Values
    collected_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> DeviceRow | None:
        """Parse a row of 2.9 to 2.13."""
        device = integer(row.get("devId"))
        if device is None:
            return None
        return cls(device, values(row), moment(row.get("collectTime")))


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm (reference 2.16).

    Codes as numbers, texts in the language asked for, `raised_at` in UTC.
    """

    plant_code: str = field(repr=False)
    alarm_id: str
    name: str
    device_name: str | None = field(default=None, repr=False)
    serial: str | None = field(default=None, repr=False)
    device_type: int | None = None
    severity: int | None = None
    status: int | None = None
    type: int | None = None
    cause_id: str | None = None
    cause: str | None = None
    suggestion: str | None = None
    raised_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> Alarm | None:
        """Parse a row of `getAlarmList`; without plant or id it is no alarm."""
        plant, alarm_id = text(row.get("stationCode")), text(row.get("alarmId"))
        if plant is None or alarm_id is None:
            return None
        return cls(
            plant_code=plant,
            alarm_id=alarm_id,
            name=text(row.get("alarmName")) or alarm_id,
            device_name=text(row.get("devName")),
            serial=text(row.get("esnCode")),
            device_type=integer(row.get("devTypeId")),
            severity=integer(row.get("lev")),
            status=integer(row.get("status")),
            type=integer(row.get("alarmType")),
            cause_id=text(row.get("causeId")),
            cause=text(row.get("alarmCause")),
            suggestion=text(row.get("repairSuggestion")),
            # 0 stands for no time at all.
            raised_at=moment(number(row.get("raiseTime")) or None),
        )


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """Whether an upgrade command reached a device (2.14); `code` as in chapter 4."""

    device_id: int
    delivered: bool
    code: int

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> UpgradeResult | None:
        """Parse a row of `devUpgrade`."""
        device = integer(row.get("devId"))
        if device is None:
            return None
        code = integer(row.get("failCode")) or 0
        return cls(device, row.get("result") is True and not code, code)


@dataclass(frozen=True, slots=True)
class UpgradeRecord:
    """The last upgrade of a device (2.15).

    `progress` in percent; `result` 0 not started, 1 success, 2 failure,
    3 cancelled, 4 upgrading, 5 time-out.
    """

    device_id: int
    upgraded_at: datetime | None
    source: str | None
    target: str | None
    progress: float | None
    result: int | None

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> UpgradeRecord | None:
        """Parse a row of `getDevUpgradeInfo`."""
        device = integer(row.get("devId"))
        if device is None:
            return None
        return cls(
            device_id=device,
            upgraded_at=moment(row.get("lastUpgradeTime")),
            source=text(row.get("sourceVersion")),
            target=text(row.get("targetVersion")),
            progress=number(row.get("process")),
            result=integer(row.get("upgradeResult")),
        )


@dataclass(frozen=True, slots=True)
class Registration:
    """Which serials the user has registered (2.17), and the key echoed."""

    registered: Mapping[str, bool] = field(repr=False)
    key: str | None

    @classmethod
    def from_data(cls, data: Json) -> Registration:
        """Parse the answer of `snIsRegister`."""
        found = data if isinstance(data, dict) else {}
        detail = found.get("detail")
        known = detail.items() if isinstance(detail, dict) else ()
        return cls(
            {
                name: answer is True or answer == "true"
                for serial, answer in known
                if (name := text(serial))
            },
            text(found.get("key")),
        )


class Parsed[T](NamedTuple):
    """The parsed rows of an answer, and the oddities of the others."""

    items: list[T]
    oddities: Counter[Oddity]


def parse[T](data: Json, one: Callable[[Mapping[str, Json]], T | None]) -> Parsed[T]:
    """Parse the rows of a list; rows without an id or plant are left out.

    A null is no oddity: it is how the interface says that there is nothing.
    """
    if not isinstance(data, list):
        odd = Counter[Oddity]() if data is None else Counter({Oddity.NO_LIST: 1})
        return Parsed([], odd)
    items: list[T] = []
    objects = unreadable = 0
    for row in rows(data):
        objects += 1
        if (item := one(row)) is not None:
            items.append(item)
        read = item.values if isinstance(item, PlantRow | DeviceRow) else {}
        unreadable += _unreadable(row, read)
    found = Counter(
        {
            Oddity.NO_OBJECT: len(data) - objects,
            Oddity.ROW_WITHOUT_ID: objects - len(items),
            Oddity.NOT_A_NUMBER: unreadable,
        }
    )
    return Parsed(items, +found)


def _unreadable(row: Mapping[str, Json], read: Values) -> int:
    """Return how many values of a row are no numbers; `read`: the parsed ones."""
    items = row.get("dataItemMap")
    if not isinstance(items, dict) or len(items) == len(read):
        return 0
    return sum(
        value is not None and key not in read and number(value) is None
        for key, value in items.items()
        if key != MODULES
    )

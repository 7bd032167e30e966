"""The interfaces as typed coroutines: one coroutine is one call.

Numbers in brackets are sections of the reference. Every coroutine checks its
arguments before a call is spent (ValueError), stays within the ledger
(NotYetError) and raises a NorthboundError for whatever the server refuses.
"""

from asyncio import to_thread
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from math import ceil
from typing import Final

from .errors import ResourceMissingError, ServerError
from .interfaces import (
    DEVICES_PER_CALL,
    DEVICES_PER_HISTORY_CALL,
    DEVICES_PER_UPGRADE,
    PLANTS_PER_CALL,
    PLANTS_PER_PAGE,
    SERIALS_PER_CALL,
    Interface,
    Json,
)
from .models import (
    Alarm,
    Device,
    DeviceRow,
    Page,
    Parsed,
    Plant,
    PlantRow,
    Registration,
    UpgradeRecord,
    UpgradeResult,
    integer,
    milliseconds,
    parse,
)
from .session import NorthboundSession
from .type_forms import TypeForms

LONGEST_HISTORY: Final = timedelta(days=3)
LONGEST_ALARM_PERIOD: Final = timedelta(days=31)
LONGEST_KEY: Final = 256
# A row has up to a hundred values, and parsing so many rows takes milliseconds.
MANY_ROWS: Final = 20
ROWS_AT_ONCE: Final = 500
UPGRADABLE_TYPES: Final = frozenset({1, 38})


def _joined(items: Collection[str] | Collection[int], most: int) -> str:
    """Return ids as the interface wants them: one text with commas."""
    if not 0 < len(items) <= most:
        raise ValueError(f"1 to {most} ids in one call, not {len(items)}")
    return ",".join(str(item) for item in items)


class NorthboundClient:
    """The northbound interface of one account."""

    def __init__(self, session: NorthboundSession) -> None:
        """Speak over this session."""
        self.session = session
        self.forms = TypeForms()

    async def station_list(self, page: int = 1) -> Page[Plant]:
        """Return a page of 100 plants (2.2); old systems return all plants at once."""
        return await self._plant_page(
            Interface.STATION_LIST, page, Plant.from_station_list
        )

    async def stations(self, page: int = 1) -> Page[Plant]:
        """Return a page of 100 plants (`stations`, later editions of 2.2)."""
        return await self._plant_page(Interface.STATIONS, page, Plant.from_stations)

    async def _plant_page(
        self,
        interface: Interface,
        page: int,
        one: Callable[[Mapping[str, Json]], Plant | None],
    ) -> Page[Plant]:
        # Where getStationList lives on, it wants a page; old systems ignore the two.
        payload: dict[str, Json] = {"pageNo": page, "pageSize": PLANTS_PER_PAGE}
        data = await self.session.call(interface, payload)
        found = data if isinstance(data, dict) else {}
        listed = found.get("list") if found else data
        plants = await self._parse(interface, listed, one)
        total = integer(found.get("total"))
        pages = integer(found.get("pageCount")) or ceil((total or 0) / PLANTS_PER_PAGE)
        return Page(tuple(plants), max(1, pages), total)

    async def plant_real_time(self, plants: Collection[str]) -> list[PlantRow]:
        """Return the real-time KPIs of up to 100 plants (2.3, 3.1)."""
        return await self.plant_rows(Interface.PLANT_REAL_TIME, plants)

    async def plant_rows(
        self, interface: Interface, plants: Collection[str], at: datetime | None = None
    ) -> list[PlantRow]:
        """Return the rows of plants in the parent period that holds a time.

        The hours of the plant-local day (2.4, 3.2), the days of a month (2.5, 3.3), the
        months of a year (2.6, 3.4), or up to 25 years (2.7, 3.5). Without
        a time, what there is now.
        """
        payload: dict[str, Json] = {"stationCodes": _joined(plants, PLANTS_PER_CALL)}
        if at is not None:
            payload["collectTime"] = milliseconds(at)
        data = await self.session.call(interface, payload)
        return await self._parse(interface, data, PlantRow.from_row)

    async def devices(self, plants: Collection[str]) -> list[Device]:
        """Return the devices of up to 100 plants (2.8)."""
        payload: dict[str, Json] = {"stationCodes": _joined(plants, PLANTS_PER_CALL)}
        data = await self.session.call(Interface.DEVICE_LIST, payload)
        return await self._parse(Interface.DEVICE_LIST, data, Device.from_row)

    async def device_real_time(
        self, type_id: int, devices: Collection[int]
    ) -> list[DeviceRow]:
        """Return the real-time KPIs of up to 100 devices of a type (2.9, 3.6)."""
        rows = await self.device_rows(Interface.DEVICE_REAL_TIME, type_id, devices)
        self.forms.learn(type_id, has_rows=any(row.values for row in rows))
        return rows

    async def device_rows(
        self,
        interface: Interface,
        type_id: int,
        devices: Collection[int],
        at: datetime | None = None,
    ) -> list[DeviceRow]:
        """Return the rows of up to 100 devices of a type in the parent period of a time.

        The five minutes of a day (2.10, 3.7; 2020 systems), the days of a month (2.11,
        3.8), the months of a year (2.12, 3.9), or up to 25 years (2.13, 3.10). Without a
        time, what there is now.
        """
        payload: dict[str, Json] = {
            "devIds": _joined(devices, DEVICES_PER_CALL),
            "devTypeId": self.forms.form(type_id),
        }
        if at is not None:
            payload["collectTime"] = milliseconds(at)
        data = await self.session.call(interface, payload)
        return await self._parse(interface, data, DeviceRow.from_row)

    async def device_history(
        self, type_id: int, devices: Collection[int], start: datetime, end: datetime
    ) -> list[DeviceRow]:
        """Return five-minute rows of at most 10 devices and 3 days (later 2.10)."""
        if not timedelta() < end - start <= LONGEST_HISTORY:
            raise ValueError("a period of at most 3 days, its end after its start")
        payload: dict[str, Json] = {
            "devIds": _joined(devices, DEVICES_PER_HISTORY_CALL),
            "devTypeId": self.forms.form(type_id),
            "startTime": milliseconds(start),
            "endTime": milliseconds(end),
        }
        data = await self.session.call(Interface.DEVICE_HISTORY, payload)
        return await self._parse(Interface.DEVICE_HISTORY, data, DeviceRow.from_row)

    async def upgrade(
        self, type_id: int, devices: Collection[int]
    ) -> list[UpgradeResult]:
        """Ask up to 10 inverters of a type to upgrade their firmware (2.14)."""
        data = await self._upgrades(Interface.UPGRADE, type_id, devices)
        return await self._parse(Interface.UPGRADE, data, UpgradeResult.from_row)

    async def upgrade_records(
        self, type_id: int, devices: Collection[int]
    ) -> list[UpgradeRecord]:
        """Return the last upgrade of up to 10 inverters of a type (2.15)."""
        data = await self._upgrades(Interface.UPGRADE_RECORD, type_id, devices)
        record = UpgradeRecord.from_row
        return await self._parse(Interface.UPGRADE_RECORD, data, record)

    async def alarms(
        self,
        plants: Collection[str],
        begin: datetime,
        end: datetime,
        language: str,
        *,
        statuses: Sequence[int] = (),
        severities: Sequence[int] = (),
        device_types: Sequence[int] = (),
        types: Sequence[int] = (),
        device_name: str | None = None,
    ) -> list[Alarm] | None:
        """Return the alarms of up to 100 plants, raised in a period (2.16).

        None where the answer has no list: a system at fault says neither that
        there are alarms nor that there are none.

        `language` as the interface names it (`en_UK`, `de_DE`, …); a period of at
        most 31 days, no older than 365. Filters as the reference's codes; an empty
        one lets everything through.
        """
        if not timedelta() <= end - begin <= LONGEST_ALARM_PERIOD:
            raise ValueError("a period of at most 31 days, its end after its start")
        if not language:
            raise ValueError("a language")
        payload: dict[str, Json] = {
            "stationCodes": _joined(plants, PLANTS_PER_CALL),
            "beginTime": milliseconds(begin),
            "endTime": milliseconds(end),
            "language": language,
        }
        filters = {
            "status": statuses,
            "levels": severities,
            "devTypes": device_types,
            "types": types,
        }
        for name, codes in filters.items():
            if codes:
                payload[name] = ",".join(str(code) for code in codes)
        if device_name:
            payload["devName"] = device_name
        data = await self.session.call(Interface.ALARMS, payload)
        alarms = await self._parse(Interface.ALARMS, data, Alarm.from_row)
        return alarms if isinstance(data, list) else None

    async def registration(
        self, serials: Collection[str], user: str, key: str | None = None
    ) -> Registration:
        """Say which of up to 20 serials a user has registered (2.17).

        `user` is a mail address or phone number; `key` (at most 256 characters)
        comes back as it was.
        """
        if key is not None and len(key) > LONGEST_KEY:
            raise ValueError(f"a key of at most {LONGEST_KEY} characters")
        payload: dict[str, Json] = {
            "SN": _joined(serials, SERIALS_PER_CALL),
            "userName": user,
        }
        if key is not None:
            payload["key"] = key
        try:
            data = await self.session.call(Interface.REGISTRATION, payload)
        except ServerError as error:
            if error.code == 0:
                raise ResourceMissingError(
                    Interface.REGISTRATION, 0, "the user does not exist"
                ) from None
            raise
        return Registration.from_data(data)

    async def _parse[T](
        self,
        interface: Interface,
        data: Json,
        one: Callable[[Mapping[str, Json]], T | None],
    ) -> list[T]:
        """Parse the rows of an answer; many of them in a thread, a portion at a time.

        The event loop runs on meanwhile, and a stop of Home Assistant, which waits for
        its threads, waits for a portion only.
        """
        if not isinstance(data, list) or len(data) <= MANY_ROWS:
            parsed = parse(data, one)
        else:
            parsed = Parsed([], Counter())
            for portion in batched(data, ROWS_AT_ONCE, strict=False):
                part: Parsed[T] = await to_thread(parse, [*portion], one)
                parsed.items.extend(part.items)
                parsed.oddities.update(part.oddities)
        self.session.call_log.count(interface, parsed.oddities)
        return parsed.items

    async def _upgrades(
        self, interface: Interface, type_id: int, devices: Collection[int]
    ) -> Json:
        if type_id not in UPGRADABLE_TYPES:
            raise ValueError("only inverters of type 1 and 38 can be upgraded")
        payload: dict[str, Json] = {
            "devIds": _joined(devices, DEVICES_PER_UPGRADE),
            "devTypeId": type_id,
        }
        return await self.session.call(interface, payload)

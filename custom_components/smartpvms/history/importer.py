"""Writes the series of plants into the recorder, whose rows are the truth.

A row's `state` is what it counts, its `last_reset` since when, its `sum` the
total of the series: so the rows alone say how a further answer is merged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER, get_instance
from homeassistant.components.recorder.models import StatisticData
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_last_statistics,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util.hass_dict import HassKey

from ..catalogue.series import PRICED, SERIES, Quantity, Series
from ..const import DOMAIN
from ..local_time import HOUR
from .five_minutes import Power
from .merge import Piece, Pieces, Span, costs_of_energy
from .metadata import PlantSeries, metadata_of, statistic_id, unit_of
from .sums import Change, Row, change, repaired

_LOCK: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_importer")


class Importer:
    """Writes series; one at a time, since each write depends on the last one."""

    def __init__(
        self,
        hass: HomeAssistant,
        before_move: Callable[[str, int], Awaitable[None]],
    ) -> None:
        """Share the lock with the importers of other accounts.

        `before_move` is awaited with the plant's code and an instant before the
        sums from there on move: a stop in between leaves a seam to be repaired.
        """
        self._hass = hass
        self._before_move = before_move
        self._lock = hass.data.setdefault(_LOCK, asyncio.Lock())

    @property
    def is_available(self) -> bool:
        """Tell whether there is a recorder to write to."""
        return RECORDER in self._hass.config.components

    async def async_merge(
        self, plant: PlantSeries, spans: Mapping[str, Sequence[Span]]
    ) -> None:
        """Merge rows of an answer, by series key, and return when it is written."""
        if wanted := {key: list(rows) for key, rows in spans.items() if rows}:
            await self._async_change(plant, self._changes, wanted)

    async def async_put_powers(
        self, plant: PlantSeries, powers: Mapping[str, Mapping[int, Power]]
    ) -> None:
        """Write hourly powers by series key and start of the hour."""
        async with self._lock:
            for key, hours in powers.items():
                rows = [
                    StatisticData(
                        start=_moment(start),
                        mean=power.mean,
                        min=power.low,
                        max=power.high,
                    )
                    for start, power in hours.items()
                ]
                metadata = metadata_of(plant, SERIES[key], self._name(key))
                async_add_external_statistics(self._hass, metadata, rows)
            await self._async_written()

    async def async_spans(
        self, code: str, key: str, since: int = 0, until: int | None = None
    ) -> list[Span]:
        """Return what a series counts from an instant on, as spans.

        `until`: the end of the last hour at which one may stand.
        """
        async with self._lock:
            known = await get_instance(self._hass).async_add_executor_job(
                self._rows, code, [key], since, until
            )
        pieces = _pieces(known.get(key, ()))
        return [Span(piece.since, piece.end, piece.amount) for piece in pieces]

    async def async_end(self, code: str, keys: Iterable[str]) -> int | None:
        """Return the end of the last hour that any of some series has, None for none."""
        async with self._lock:
            return await get_instance(self._hass).async_add_executor_job(
                self._end, code, list(keys)
            )

    async def async_fill(
        self,
        plant: PlantSeries,
        key: str,
        spans: Sequence[Span],
        until: int | None = None,
    ) -> None:
        """Write spans as `async_spans` returns them, in place of a series' own.

        A row of the same time keeps what it counts, if it ends by `until` (epoch
        seconds; None: any; 0: none).
        """
        await self._async_change(plant, self._filled, key, spans, until)

    async def async_clear(self, plant: PlantSeries, since: int, until: int) -> None:
        """Take the energy and money of a period out of all series of a plant."""
        await self._async_change(plant, self._cleared, since, until)

    async def async_remove(
        self, plant_code: str, keys: Iterable[str] = tuple(SERIES)
    ) -> None:
        """Remove series of a plant, all of them by default."""
        async with self._lock:
            ids = [statistic_id(plant_code, key) for key in keys]
            get_instance(self._hass).async_clear_statistics(ids)
            await self._async_written()

    async def async_repair(self, plant: PlantSeries, since: int) -> None:
        """Mend the sums from an instant on, where a stop left them half moved."""
        await self._async_change(plant, self._repaired, since)

    async def _async_change[*GivenT](
        self,
        plant: PlantSeries,
        changes: Callable[[str, *GivenT], Mapping[str, Change]],
        *given: *GivenT,
    ) -> None:
        """Write what `changes` finds to be written, run where the database may be read."""
        async with self._lock:
            found = await get_instance(self._hass).async_add_executor_job(
                changes, plant.code, *given
            )
            await self._async_write(plant, found)

    def _changes(
        self, code: str, wanted: Mapping[str, Sequence[Span]]
    ) -> dict[str, Change]:
        """Return what to write to have rows merged."""
        since = min(span.since for spans in wanted.values() for span in spans)
        known = self._rows(code, wanted, since)
        changes: dict[str, Change] = {}
        merged: dict[str, Mapping[int, Piece]] = {}
        # Energy before its cost.
        for key, spans in sorted(wanted.items(), key=lambda item: item[0] in PRICED):
            rows = known.get(key, [])
            begin = since
            # A coarser row may have to move to an hour before those read.
            while (coarsest := _coarsest(rows, begin)) < begin:
                begin = coarsest
                rows = self._rows(code, [key], begin)[key]
            pieces = Pieces(_pieces(rows), may_fall=SERIES[key].may_fall)
            pieces.merge(spans)
            merged[key] = pieces.all()
            if energy := merged.get(PRICED.get(key, "")):
                merged[key] = costs_of_energy(pieces.all(), energy)
            changes[key] = change(rows, merged[key], self._base(code, key, rows))
        return changes

    def _filled(
        self, code: str, key: str, spans: Sequence[Span], until: int | None
    ) -> dict[str, Change]:
        rows = self._rows(code, [key], 0).get(key, [])
        known = {
            (piece.since, piece.end): piece.amount
            for piece in _pieces(rows)
            if until is None or piece.end <= until
        }
        pieces = {
            span.until - HOUR: Piece(
                span.until - HOUR,
                span.since,
                known.get((span.since, span.until), span.amount),
            )
            for span in spans
        }
        return {key: change(rows, pieces, self._base(code, key, rows))}

    def _cleared(self, code: str, since: int, until: int) -> dict[str, Change]:
        changes: dict[str, Change] = {}
        for key, rows in self._rows(code, _SUMMED, since).items():
            pieces = Pieces(_pieces(rows), may_fall=SERIES[key].may_fall)
            pieces.clear(since, until)
            changes[key] = change(rows, pieces.all(), self._base(code, key, rows))
        return changes

    def _repaired(self, code: str, since: int) -> dict[str, Change]:
        known = self._rows(code, _SUMMED, since)
        return {
            key: Change(tuple(wrong))
            for key, rows in known.items()
            if (wrong := repaired(rows))
        }

    def _rows(
        self,
        code: str,
        keys: Iterable[str],
        since: int,
        until: int | None = None,
    ) -> dict[str, list[Row]]:
        """Return the rows of series from an instant on, up to another."""
        keys_by_id = {statistic_id(code, key): key for key in keys}
        found = statistics_during_period(
            self._hass,
            datetime.fromtimestamp(since, UTC),
            None if until is None else datetime.fromtimestamp(until, UTC),
            set(keys_by_id),
            "hour",
            None,
            {"state", "sum", "last_reset"},
        )
        return {
            keys_by_id[id_]: [
                Row(
                    start=round(row["start"]),
                    since=_whole(row.get("last_reset")),
                    amount=row.get("state") or 0.0,
                    sum=row.get("sum") or 0.0,
                )
                for row in rows
            ]
            for id_, rows in found.items()
        }

    def _end(self, code: str, keys: Iterable[str]) -> int | None:
        ids = [statistic_id(code, key) for key in keys]
        last = [
            round(rows[0]["start"]) + HOUR
            for id_ in ids
            for rows in get_last_statistics(self._hass, 1, id_, False, set()).values()
        ]
        return max(last, default=None)

    def _base(self, code: str, key: str, rows: Sequence[Row]) -> float:
        """Return the sum before these rows."""
        if rows:
            return rows[0].sum - rows[0].amount
        id_ = statistic_id(code, key)
        last = get_last_statistics(self._hass, 1, id_, False, {"sum"})
        return (last[id_][0].get("sum") or 0.0) if id_ in last else 0.0

    async def _async_write(
        self, plant: PlantSeries, changes: Mapping[str, Change]
    ) -> None:
        """Write changes by series key and wait for it."""
        if moves := [found.shift_from for found in changes.values() if found.shift]:
            await self._before_move(plant.code, min(moves))
        for key, found in changes.items():
            self._write(plant, SERIES[key], found)
        await self._async_written()

    @callback
    def _write(self, plant: PlantSeries, series: Series, found: Change) -> None:
        """Queue a change; at no time between its parts a bar is negative."""
        if found.shift > 0:
            self._shift(plant, series, found)
        if found.rows:
            rows = [
                StatisticData(
                    start=_moment(row.start),
                    state=row.amount,
                    sum=row.sum,
                    last_reset=None if row.since is None else _moment(row.since),
                )
                for row in found.rows
            ]
            metadata = metadata_of(plant, series, self._name(series.key))
            async_add_external_statistics(self._hass, metadata, rows)
        if found.shift < 0:
            self._shift(plant, series, found)

    @callback
    def _shift(self, plant: PlantSeries, series: Series, found: Change) -> None:
        get_instance(self._hass).async_adjust_statistics(
            statistic_id(plant.code, series.key),
            _moment(found.shift_from),
            found.shift,
            unit_of(plant, series),
        )

    def _name(self, key: str) -> str:
        """Return what a series is called in Home Assistant's language."""
        language = self._hass.config.language
        texts = async_get_cached_translations(self._hass, language, "selector", DOMAIN)
        return texts.get(f"component.{DOMAIN}.selector.series.options.{key}", key)

    async def _async_written(self) -> None:
        """Wait until all that was queued is in the database.

        The recorder's own waiting ends while the last task is still at work.
        """
        future: asyncio.Future[None] = self._hass.loop.create_future()
        get_instance(self._hass).queue_task(SynchronizeTask(future))
        await future


_SUMMED: Final = tuple(
    series.key for series in SERIES.values() if series.quantity is not Quantity.POWER
)


def _pieces(rows: Iterable[Row]) -> list[Piece]:
    return [piece for row in rows if (piece := row.piece)]


def _coarsest(rows: Iterable[Row], begin: int) -> int:
    """Return the earliest moment that one of the rows counts from."""
    return min((row.since for row in rows if row.since is not None), default=begin)


def _whole(at: float | None) -> int | None:
    return None if at is None else round(at)


def _moment(at: int) -> datetime:
    """Return an instant whose minute is 0, which the recorder insists on.

    The hours of half-hour zones begin at the half in UTC.
    """
    return datetime.fromtimestamp(at, timezone(timedelta(seconds=-at % HOUR)))

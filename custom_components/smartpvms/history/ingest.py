"""Takes the answer of a question over into the statistics."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.util import dt as dt_util

from ..account.account import Account
from ..account.time_zones import find_zone, fits
from ..catalogue import DEVICE_TYPES, PV_INPUT
from ..catalogue.series import OF_METER_SERIES, PRICED, PV_ENERGY, SERIES
from ..live.device_coordinator import DeviceCoordinator
from ..live.plant_coordinator import PlantCoordinator
from ..local_time import HOUR, ONE_DAY, day_of, midnight
from ..northbound import Values
from .device_rows import DeviceRows
from .facts import Rows
from .feeds import DAYS, FIVE_MINUTES, HOURS, YEARS, Question, Track
from .fitting import ESTIMATED, fitted, refitted, told
from .five_minutes import hourly_flows, without_batteries
from .importer import Importer
from .inputs import batteries_of, devices_of, has_battery, live_counters, still_there
from .inquiry import Inquiry
from .merge import Span
from .metadata import PlantSeries
from .outputs import tell_ac_output
from .prices import PRICE_OPTIONS, async_steps, mended, per_kwh, priced
from .progress import Progress
from .spans import delivered_until, first_start, midnights, spans, storage_rows


def plant_series(account: Account, code: str) -> PlantSeries:
    """Return whose series a plant's are."""
    return PlantSeries(code, account.plants[code].name, account.options.currency)


# In kW, and in parts of the plant's capacity: use may exceed what is generated.
LEAST_LIMIT: Final = 100.0
LIMIT_SHARE: Final = 10.0


class Ingest:
    """Turns answered questions into statistics and progress."""

    def __init__(
        self,
        account: Account,
        plants: PlantCoordinator,
        devices: DeviceCoordinator,
        importer: Importer,
    ) -> None:
        """Import for the plants of this account, whose live readings are known."""
        self._account = account
        self._plants = plants
        self._devices = devices
        self._importer = importer
        self._live: dict[str, Mapping[str, Sequence[Span]]] = {}

    async def async_ingest(
        self, known: Inquiry, progress_of: Callable[[str], Progress]
    ) -> bool:
        """Import the rows of a question and note that it was answered.

        Returns whether it was: an answer without any year does not count.
        """
        question = known.question
        plants = [code for code in question.plants if code not in known.refused]
        if question.feed == YEARS and plants and not known.rows:
            return False
        for code in plants:
            if code in self._account.plants:
                await self._async_ingest(known, code, progress_of(code))
        return True

    async def _async_ingest(
        self, known: Inquiry, code: str, progress: Progress
    ) -> None:
        question = known.question
        now = known.begun_at or self._account.clock.now()
        rows = await self._async_rows(known, code, progress)
        if question.feed == HOURS:
            rows = [row for row in rows if not progress.live.denies(*row)]
        await self._async_learn_zone(question, code, progress, rows)
        zone = self._account.zone(code)
        # A system at fault answers with zeros, which must not replace good rows.
        is_silent = first_start(rows) is None
        batteries = has_battery(self._account, code)
        found = spans(question.feed, rows, progress, zone, now, has_battery=batteries)
        if question.feed == YEARS and not (is_silent or progress.metered):
            await self._async_remove_unmetered(code, progress)
        found = await self._async_fitted(question, code, progress, found)
        if not is_silent:
            if question.feed == HOURS:
                until = max(progress.delivered_until, delivered_until(rows, now))
                progress.delivered_until = until
            elif question.feed == FIVE_MINUTES:
                progress.note_told(found, now)
            await self.async_import(code, progress, found)
        is_empty = is_silent
        if question.feed.track is Track.DEVICES:
            own = devices_of(self._account, question.feed, code)
            is_empty = known.lacks_type({device.id for device in own})
        was_held = progress.holds(question.feed)
        progress.record_answer(question, now, is_empty=is_empty)
        if is_empty and question.is_old and not known.has_rows(code):
            progress.end_where_nothing_is_kept(question.feed, question.first)
        if (
            question.feed.track is Track.PLANT
            and progress.holds(question.feed) != was_held
        ):
            progress.record_first(question, first_start(rows), zone, now)

    async def _async_remove_unmetered(self, code: str, progress: Progress) -> None:
        """Remove what 0.1.0 imported of a meter that a plant does not have."""
        wrong = progress.series & OF_METER_SERIES
        if wrong and self._account.grid_meter(code) is None:
            await self._importer.async_remove(code, wrong)
            progress.series -= wrong
            progress.hourly -= wrong

    async def _async_fitted(
        self,
        question: Question,
        code: str,
        progress: Progress,
        found: dict[str, list[Span]],
    ) -> dict[str, list[Span]]:
        """Return spans in which no estimate overrides a day that the plant's rows tell.

        Whichever came first.
        """
        known = found.get(ESTIMATED)
        if not known or ESTIMATED in progress.hourly:
            return found
        if question.feed not in (DAYS, FIVE_MINUTES):
            return found
        since, until = known[0].since, known[-1].until
        standing = [
            span
            for span in await self._importer.async_spans(code, ESTIMATED, since)
            if span.until <= until
        ]
        if question.feed == DAYS:
            return {**found, ESTIMATED: [*refitted(standing, known), *known]}
        held, zone = progress.holds(DAYS), self._account.zone(code)
        days = {day for span in known if (day := day_of(span.since, zone)) in held}
        bounds = [
            (midnight(day, zone), midnight(day + ONE_DAY, zone)) for day in sorted(days)
        ]
        return {**found, ESTIMATED: fitted(known, told(standing, bounds))}

    async def async_import(
        self, code: str, progress: Progress, found: Mapping[str, Sequence[Span]]
    ) -> None:
        """Import spans by series, and what they cost where the user gave a price."""
        prices = self._account.options.prices
        costs: dict[str, list[Span]] = {}
        for series, energy in PRICED.items():
            if (
                PRICE_OPTIONS[series] in prices
                and found.get(energy)
                and (known := await self._async_costs(series, found[energy]))
            ):
                costs[series] = known
        plant = plant_series(self._account, code)
        await self._importer.async_merge(plant, {**found, **costs})
        progress.series |= costs.keys()
        progress.note_imported(found)

    async def _async_costs(self, series: str, energy: Sequence[Span]) -> list[Span]:
        """Return what energy cost at the prices that held when it flowed."""
        options, key = self._account.options, PRICE_OPTIONS[series]
        steps = await async_steps(
            self._account.hass,
            options.prices[key],
            energy,
            options.earlier_prices.get(key, ()),
        )
        return priced(energy, steps)

    async def async_import_live(self, code: str, progress: Progress) -> None:
        """Import the hours that the interface has not delivered from live values."""
        zone, now = self._account.zone(code), self._account.clock.now()
        since = max(progress.delivered_until, midnight(day_of(now, zone), zone))
        begun = [key for key in progress.series if SERIES[key].live]
        batteries = has_battery(self._account, code)
        live = progress.live.spans(since, begun, has_battery=batteries)
        rest = {
            key: [span for span in spans if span.until > progress.told.get(key, 0)]
            for key, spans in live.items()
        }
        found = {key: spans for key, spans in rest.items() if spans}
        if found and found != self._live.get(code):
            await self.async_import(code, progress, found)
            self._live[code] = found

    def note_live(self, code: str, progress: Progress) -> None:
        """Note what the live counters of a plant and its devices show."""
        account = self._account
        zone = account.zone(code)
        for at, values in sorted(
            live_counters(account, self._plants.data, self._devices.data, code).items()
        ):
            day = midnight(day_of(at, zone), zone)
            progress.live.advance(at, values, day, _limit(account, code))
            if progress.zone:
                progress.live.open_day(at, values, day)

    async def async_mend(self, code: str, progress: Progress) -> None:
        """Compute costs by an entity's price anew, of 0.1.0: its unit, its means."""
        prices = self._account.options.prices
        for series, energy in PRICED.items():
            price = prices.get(PRICE_OPTIONS[series])
            if progress.has_sound_costs or not isinstance(price, str):
                continue
            state = self._account.hass.states.get(price)
            unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None
            costs = await self._async_costs(
                series, await self._importer.async_spans(code, energy)
            )
            known = await self._importer.async_spans(code, series)
            found = mended(known, costs, is_per_kwh=per_kwh(unit) == 1)
            if known:
                plant = plant_series(self._account, code)
                await self._importer.async_fill(plant, series, found, until=0)
        progress.has_sound_costs = True

    async def async_price(self, code: str, progress: Progress) -> None:
        """Put a price on the energy that was imported before there was one."""
        prices = self._account.options.prices
        for series, energy in PRICED.items():
            price = prices.get(PRICE_OPTIONS[series])
            if price is None and series in progress.series:
                # Energy bought until there is a price again will lack its cost.
                progress.series.discard(series)
                progress.unpriced[series] = progress.delivered_until
            if price is None or series in progress.series:
                continue
            known = await self._importer.async_spans(code, energy)
            costs = await self._async_costs(series, known)
            if energy in progress.series and costs:
                # The rest of a coarser row is no row to be merged.
                plant = plant_series(self._account, code)
                since = progress.unpriced.pop(series, None)
                await self._importer.async_fill(plant, series, costs, since)
                progress.series.add(series)

    async def _async_learn_zone(
        self, question: Question, code: str, progress: Progress, rows: Rows
    ) -> None:
        """Find the plant's time zone: days, months and years begin at midnight."""
        seen = midnights(question.feed, rows)
        known = self._account.zone(code)
        if not seen <= progress.midnights:
            progress.midnights |= seen
        if seen and progress.zone is None and fits(known, seen):
            progress.zone = known
            self._account.learn_zone(code, known)
        if seen and not fits(known, seen):
            connected = self._account.plants[code].grid_connected_at
            told = (
                {midnight(connected.date(), connected.tzinfo)}
                if (connected and connected.tzinfo)
                else set()
            )
            home = dt_util.get_default_time_zone()
            progress.zone = await self._account.hass.async_add_executor_job(
                find_zone, progress.midnights | told, home
            )
            self._account.learn_zone(code, progress.zone)
            await self._async_move_live(code, progress, known)

    async def _async_move_live(
        self, code: str, progress: Progress, before: tzinfo
    ) -> None:
        """Take out what live counters told of hours that begin at other minutes.

        Rows of the plant's own hours would find no room beside them.
        """
        zone, hours = self._account.zone(code), progress.live.hours
        today = day_of(self._account.clock.now(), zone)
        grids = {midnight(today, one) % HOUR for one in (before, zone)}
        if len(grids) == 1 or not hours:
            return
        plant = plant_series(self._account, code)
        await self._importer.async_clear(plant, min(hours), max(hours) + HOUR)
        hours.clear()

    async def _async_rows(self, known: Inquiry, code: str, progress: Progress) -> Rows:
        """Return the plant's rows, or what its devices' rows say about it."""
        feed = known.question.feed
        match feed.track:
            case Track.PLANT:
                return known.rows_of(code)
            case Track.STORAGE:
                devices = devices_of(self._account, feed, code)
                return storage_rows(known.rows_of(device.id) for device in devices)
            case Track.DEVICES:
                return await self._async_flows(known, code, progress)

    async def _async_flows(self, known: Inquiry, code: str, progress: Progress) -> Rows:
        """Import a plant's hourly powers; return the energies its devices counted."""
        question, zone = known.question, known.question.zone
        devices = self._device_rows(known, code)
        now = known.begun_at or self._account.clock.now()
        progress.note_batteries(batteries_of(self._account, code), now)
        plant = plant_series(self._account, code)
        rows: list[tuple[int, Values]] = []
        day = question.first
        while day < question.until:
            begin, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
            today = [device.between(begin, end) for device in devices]
            if end > now:
                last = max((d.rows[-1][0] for d in today if d.rows), default=begin)
                # The first device asked has no rows of what came while others were.
                end = min(last, int(now))
            flows = hourly_flows(today, begin, end)
            await self._importer.async_put_powers(plant, flows.powers)
            progress.series |= flows.powers.keys()
            rows += flows.energies.items()
            if progress.batteries:
                told = await self._importer.async_spans(code, PV_ENERGY, begin, end)
                progress.note_output(tell_ac_output(told, flows))
            day += ONE_DAY
        return [
            (since, without_batteries(row) if since < progress.parted_at else row)
            for since, row in rows
        ]

    def _device_rows(self, known: Inquiry, code: str) -> list[DeviceRows]:
        account = self._account
        devices = devices_of(account, known.question.feed, code)
        for device in devices:
            account.learn_from(device, known.rows_of(device.id))
        return [
            DeviceRows(
                DEVICE_TYPES[device.type_id],
                [
                    (at, account.read(device, row))
                    for at, row in known.rows_of(device.id)
                ],
                pv_key=(
                    PV_INPUT
                    if device.id in self._devices.reports_pv
                    else "active_power"
                ),
                is_reversed=device.id in account.options.reversed_devices,
                after=still_there(device, self._devices.data.get(device.id)),
            )
            for device in devices
        ]


def _limit(account: Account, code: str) -> float:
    """Return the power (kW) that no counter of a plant exceeds."""
    return max(LEAST_LIMIT, LIMIT_SHARE * (account.plants[code].capacity or 0.0))

"""What of a plant's history was imported, as far as the next question depends on it.

The rows themselves are in the recorder. Pure; times are epoch seconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import Final, Self

from ..account.time_zones import dump_zone, load_zone
from ..catalogue.series import CONSUMPTION, GRID_EXPORT, GRID_IMPORT, PV_ENERGY
from ..local_time import ALL_YEARS, HOUR, ONE_DAY, Days, day_of, midnight
from ..northbound import Period
from ..storage.parse import (
    as_dict,
    as_list,
    by_id,
    by_name,
    by_start,
    flag,
    ids,
    instant,
    load_date,
    numbers,
    optional,
    texts,
)
from .facts import Parts
from .feeds import FEEDS, FIVE_MINUTES, HOURS, LAG, LOOK_BACK, PERIODS, Feed, Question
from .live_hours import LiveHours
from .merge import Span

# So much of five minutes is asked at once.
LONGEST_QUESTION: Final = timedelta(days=3)
# A system at fault answers with nothing, too; so it is asked again.
BELIEVED_EMPTY: Final = 3
# Days of history that were answered without a row, one after the other: a system keeps
# hours and five minutes for a time only, and older ones have no rows either.
KEPT_NO_LONGER: Final = 28
# Since 2 the series below are made by the identities of real rows, and stores say so.
VERSION: Final = 2
_RIGHT_BY_HOUR: Final = frozenset({PV_ENERGY, GRID_EXPORT, GRID_IMPORT, CONSUMPTION})
"""Of a plant whose own hours have them all, 0.1.0 imported nothing by a wrong rule."""


@dataclass(slots=True)
class Progress:
    """The import of one plant.

    Times are epoch seconds.

    - `first`: the first day with data, None until the years were asked.
    - `held`: the days whose rows were asked, by feed.
    - `asked_at`: when a recent day's hours were last asked.
    - `empty`: when a question of the backfill was last answered with nothing, and how
      often.
    - `requested`: days to import by the hour whatever their age.
    - `series`: the series that have had a value.
    - `hourly`: those of them that the plant's own hourly rows have.
    - `has_sound_costs`: False until costs of 0.1.0 are mended.
    - `unpriced`: where a price went, the time up to which its costs had been computed
      from delivered rows, by series.
    - `delivered_until`: the end of the last hour that the interface delivered.
    - `told`: up to when rows of devices have told finished hours, by series.
    - `imported_until`: the end of the last hour that was written.
    - `answered`: the number of answered questions of the backfill.
    - `metered`: whether its rows have shown a meter.
    - `batteries`: the ids of the batteries whose rows were asked last.
    - `parted_at`: when a battery was first missing from the list, 0 for never.
    - `tells_output`: whether its hours' `inverter_power` is AC output, a battery's too.
    - `without`: the days whose five-minute rows were imported without a device that was
      left out, by its id.
    - `parts`: rows of a period that wait for the other rows of it (the plant's or the
      batteries'), by their start.
    - `zone`: the plant's time zone as its rows have shown it; `midnights`: its proof.
    - `live`: the hours that the live counters tell.
    """

    first: date | None = None
    held: dict[Feed, Days] = field(default_factory=dict)
    asked_at: dict[Feed, dict[date, float]] = field(default_factory=dict)
    empty: dict[Feed, dict[date, tuple[float, int]]] = field(default_factory=dict)
    requested: Days = field(default_factory=Days)
    series: set[str] = field(default_factory=set)
    hourly: set[str] = field(default_factory=set)
    has_sound_costs: bool = True
    unpriced: dict[str, int] = field(default_factory=dict)
    delivered_until: int = 0
    told: dict[str, int] = field(default_factory=dict)
    imported_until: int = 0
    answered: int = 0
    metered: bool = False
    batteries: set[int] = field(default_factory=set)
    parted_at: int = 0
    tells_output: bool = False
    without: dict[int, Days] = field(default_factory=dict)
    parts: dict[Period, Parts] = field(default_factory=dict)
    zone: tzinfo | None = None
    midnights: set[int] = field(default_factory=set)
    live: LiveHours = field(default_factory=LiveHours)

    @property
    def lacks_hours(self) -> bool:
        """Tell whether the plant's days have a series that its hours do not."""
        return bool(self.hourly) and not self.series & _FROM_DAYS <= self.hourly

    def holds(self, feed: Feed) -> Days:
        """Return the days that were asked at this period."""
        return self.held.get(feed, Days())

    def holds_or_finer(self, feed: Feed) -> Days:
        """Return the days that were asked at this period or a finer one."""
        days = Days()
        for period in PERIODS[PERIODS.index(feed.period) :]:
            days |= self.holds(Feed(feed.track, period))
        return days

    def hold(self, feed: Feed, days: Days) -> None:
        """Note that the rows of these days were asked."""
        self.held[feed] = self.holds(feed) | days

    def request(self, days: Days) -> None:
        """Ask for the hours of these days, whatever their age, once more."""
        for feed in (HOURS, FIVE_MINUTES):
            self._ask_once_more(feed, days)
        self.requested |= days

    def _ask_once_more(self, feed: Feed, days: Days) -> None:
        self.held[feed] = self.holds(feed) - days
        known = self.asked_at.get(feed, {}).items()
        self.asked_at[feed] = {day: at for day, at in known if day not in days}

    def note_without(self, device: int, days: Days) -> None:
        """Note that days were imported without a device that was left out."""
        self.without[device] = self.without.get(device, Days()) | days

    def ask_with(self, devices: AbstractSet[int]) -> None:
        """Ask for the days once more that were imported without these devices."""
        for device in self.without.keys() & devices:
            self._ask_once_more(FIVE_MINUTES, self.without.pop(device))

    def forget(self, days: Days) -> None:
        """Ask for all rows of these days anew, the coarser ones too."""
        self.held = {
            feed: held if feed.period is Period.YEAR else held - days
            for feed, held in self.held.items()
        }
        self.told.clear()
        self.request(days)

    def note_imported(self, found: Mapping[str, Sequence[Span]]) -> None:
        """Note up to when spans reach."""
        ends = (span.until for spans in found.values() for span in spans)
        self.imported_until = max(self.imported_until, *ends, 0)

    def note_told(self, found: Mapping[str, Sequence[Span]], now: float) -> None:
        """Note up to when rows of devices tell hours that are over for an hour.

        Hours of nothing at the end may have no rows yet.
        """
        for series, spans in found.items():
            ends = (s.until for s in spans if s.amount > 0 and s.until + HOUR <= now)
            if end := max(ends, default=0):
                self.told[series] = max(self.told.get(series, 0), end)

    def note_batteries(self, ids: Iterable[int], now: float) -> None:
        """Note which batteries are asked; a battery that left cannot be asked again."""
        known = set(ids)
        if self.batteries - known:
            self.parted_at = round(now)
        self.batteries = known

    def note_output(self, tells_output: bool | None) -> None:
        """Note what a day's hours show their `inverter_power` to be, None for nothing."""
        if tells_output is not None:
            self.tells_output = tells_output

    def drop(self, feed: Feed) -> None:
        """Ask for all rows of a feed once more."""
        self.held.pop(feed, None)
        self.asked_at.pop(feed, None)
        self.empty.pop(feed, None)

    def note_empty(self, feed: Feed, first: date, at: float) -> int:
        """Note that a question was answered with nothing; return how often."""
        known = self.empty.setdefault(feed, {})
        _, times = known.get(first, (0.0, 0))
        known[first] = (at, times + 1)
        return times + 1

    def end_where_nothing_is_kept(self, feed: Feed, day: date) -> None:
        """Be done with all days before one that ends weeks without a row.

        A request by the user asks them all the same.
        """
        step = LONGEST_QUESTION if feed == FIVE_MINUTES else ONE_DAY
        silent = sorted(
            first
            for first, (_, times) in self.empty.get(feed, {}).items()
            if times >= BELIEVED_EMPTY
        )
        oldest = newest = day
        for first in reversed(silent):
            if oldest - step <= first < oldest:
                oldest = first
        for first in silent:
            if newest < first <= newest + step:
                newest = first
        if (newest - oldest).days >= KEPT_NO_LONGER - 1:
            self.hold(feed, Days.between(self.first or date.min, oldest))

    def note_rows(self, feed: Feed, first: date) -> None:
        """Note that a question was answered with rows."""
        self.empty.get(feed, {}).pop(first, None)

    def note_parts(self, period: Period, parts: Parts) -> None:
        """Note what rows of a period wait with for those of the other track."""
        self.parts.pop(period, None)
        if parts:
            self.parts[period] = parts

    def asked(self, feed: Feed, day: date) -> float:
        """Return when a day's hours were last asked, 0 for never."""
        return self.asked_at.get(feed, {}).get(day, 0.0)

    def note_asked(self, feed: Feed, day: date, at: float, oldest: date) -> None:
        """Note when a day's hours were asked; days before `oldest` are settled."""
        known = self.asked_at.get(feed, {}) | {day: at}
        self.asked_at[feed] = {
            known_day: when for known_day, when in known.items() if known_day >= oldest
        }

    def record_answer(self, question: Question, now: float, *, is_empty: bool) -> None:
        """Note that a question was answered at `now` (epoch seconds).

        `is_empty`: without any value. A system at fault answers so, too: it is
        believed after `BELIEVED_EMPTY` times.
        """
        feed, first, zone = question.feed, question.first, question.zone
        if question.is_live:
            self._record_recent(question, now, is_empty=is_empty)
            return
        if is_empty and self.note_empty(feed, first, now) < BELIEVED_EMPTY:
            return
        if feed.period is Period.YEAR:
            self.hold(feed, Days.between(ALL_YEARS, ALL_YEARS + ONE_DAY))
        else:
            until = min(question.until, day_of(now, zone))
            self.hold(feed, Days.between(first, until))
        self.answered += 1

    def _record_recent(self, question: Question, now: float, *, is_empty: bool) -> None:
        """Note that a recent day was asked; it is settled once it is over."""
        feed, first, zone = question.feed, question.first, question.zone
        today = day_of(now, zone)
        self.note_asked(feed, first, now, today - LOOK_BACK * ONE_DAY)
        if not is_empty:
            self.note_rows(feed, first)
        elif first < today:
            # A day that is over has rows: soon once more, not only on the morrow.
            self.note_empty(feed, first, now)
        if not is_empty and now >= midnight(question.until, zone) + LAG:
            self.hold(feed, Days.between(first, question.until))

    def record_first(
        self, question: Question, start: int | None, zone: tzinfo, now: float
    ) -> None:
        """Learn the first day from years, then from the first year's months.

        `start`: when the first row with a value begins (epoch seconds). A year's row
        begins in January, even where the plant did not.
        """
        period, first = question.feed.period, question.first
        if period is Period.YEAR:
            self.first = day_of(now if start is None else start, zone)
        elif period is Period.MONTH and start is not None and self.first == first:
            self.first = day_of(start, zone)

    def import_anew(self) -> None:
        """Ask for all rows once more, the hours that were imported too.

        What stands stays until its row comes again.
        """
        self.requested |= self.holds(HOURS) | self.holds(FIVE_MINUTES)
        self.held, self.asked_at, self.empty = {}, {}, {}
        self.answered, self.metered = 0, False

    def dump(self) -> dict[str, object]:
        """Return the progress as JSON data."""
        return {
            "version": VERSION,
            "first": self.first and self.first.isoformat(),
            "held": {str(feed): days.dump() for feed, days in self.held.items()},
            "asked_at": {
                str(feed): {day.isoformat(): at for day, at in known.items()}
                for feed, known in self.asked_at.items()
            },
            "empty": {
                str(feed): {day.isoformat(): list(item) for day, item in known.items()}
                for feed, known in self.empty.items()
            },
            "requested": self.requested.dump(),
            "series": sorted(self.series),
            "hourly": sorted(self.hourly),
            "has_sound_costs": self.has_sound_costs,
            "unpriced": self.unpriced,
            "delivered_until": self.delivered_until,
            "told": self.told,
            "imported_until": self.imported_until,
            "answered": self.answered,
            "metered": self.metered,
            "batteries": sorted(self.batteries),
            "parted_at": self.parted_at,
            "tells_output": self.tells_output,
            "without": {str(key): days.dump() for key, days in self.without.items()},
            "parts": {
                str(period): {str(since): part for since, part in parts.items()}
                for period, parts in self.parts.items()
            },
            "zone": dump_zone(self.zone),
            "midnights": sorted(self.midnights),
            "live": self.live.dump(),
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError.

        Stores of 0.1.0 have no `version` and less of the rest.
        """
        data = as_dict(saved)
        series = texts(data.get("series", []))
        parts = by_name(by_start(numbers))(data.get("parts", {}))
        progress = cls(
            first=optional(load_date)(data.get("first")),
            held=_by_feed(Days.load, data.get("held", {})),
            asked_at=_by_feed(_by_day(instant), data.get("asked_at", {})),
            empty=_by_feed(_by_day(_empty), data.get("empty", {})),
            requested=Days.load(data.get("requested", [])),
            series=series,
            hourly=texts(data.get("hourly", [])),
            has_sound_costs=flag(data.get("has_sound_costs", False)),
            unpriced=by_name(_seconds)(data.get("unpriced", {})),
            delivered_until=_seconds(data.get("delivered_until", 0)),
            told=by_name(_seconds)(data.get("told", {})),
            imported_until=_seconds(data.get("imported_until", 0)),
            answered=_seconds(data.get("answered", 0)),
            batteries=ids(data.get("batteries", [])),
            parted_at=_seconds(data.get("parted_at", 0)),
            tells_output=flag(data.get("tells_output", False)),
            without=by_id(Days.load)(data.get("without", {})),
            metered=flag(data.get("metered", bool(series & _OF_METER))),
            parts={Period(name): part for name, part in parts.items()},
            zone=load_zone(data.get("zone")),
            midnights=set(map(_seconds, as_list(data.get("midnights", [])))),
            live=LiveHours.load(data["live"]) if "live" in data else LiveHours(),
        )
        is_older = bool(data) and data.get("version") is None
        if is_older and not progress.hourly >= _RIGHT_BY_HOUR:
            progress.import_anew()
        return progress


_FROM_DAYS: Final = frozenset({CONSUMPTION, GRID_IMPORT})
"""What 2020 systems tell by the day, and by the hour only of the devices."""


_OF_METER: Final = frozenset({GRID_IMPORT, GRID_EXPORT})
"""Series that only a plant with a meter has; stores of 0.1.0 tell no more."""


def _by_feed[T](read: Callable[[object], T], saved: object) -> dict[Feed, T]:
    """Return items by feed; an older version had others."""
    items = as_dict(saved)
    return {feed: read(items[str(feed)]) for feed in FEEDS if str(feed) in items}


def _by_day[T](read: Callable[[object], T]) -> Callable[[object], dict[date, T]]:
    return lambda saved: {
        load_date(day): read(item) for day, item in as_dict(saved).items()
    }


def _empty(saved: object) -> tuple[float, int]:
    at, often = as_list(saved)
    return instant(at), _seconds(often)


def _seconds(saved: object) -> int:
    """Return a number of seconds or of answers."""
    return int(instant(saved))

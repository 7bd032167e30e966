"""Makes the calls of the import, one feed after the other, as the lanes allow."""

from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from functools import partial
from typing import Final

from homeassistant.helpers.update_coordinator import UpdateFailed

from ..account.account import Account
from ..const import LOGGER
from ..coordinator import calling
from ..local_time import DAY, HOUR, MINUTE, ONE_DAY, day_of
from ..northbound import Device, Interface, Period
from ..storage.parse import as_dict, instant, load_ids
from . import shares as budget
from .calls import Inquiry, inquiry, interface_of, longest_span
from .estimate import Outlook
from .ingest import devices_of
from .planner import Planner, Question, Subject, limit
from .progress import FEEDS, FIVE_MINUTES, PERIODS, Feed, Progress, Track

# The running hour grows as often as the live values do.
IDLE: Final = 5 * MINUTE
FIRST_RETRY: Final = 10 * MINUTE
LAST_RETRY: Final = 6 * HOUR

_STORAGE_DAYS: Final = Feed(Track.STORAGE, Period.DAY)


class Asker:
    """What is being asked, what failed and when, and what calls were spent.

    `progress` returns the progress of a plant by its code.
    """

    def __init__(self, account: Account, progress: Callable[[str], Progress]) -> None:
        """Begin with nothing asked."""
        self.account = account
        self._progress = progress
        self._open: dict[tuple[Feed, bool], Inquiry] = {}
        self._retry: dict[Feed, tuple[float, float]] = {}
        self._backfill_calls: dict[str, list[float]] = {}
        self._live_calls: dict[str, list[float]] = {}
        self.types = {
            feed: account.supported_types(partial(self.interface_of, feed))
            for feed in FEEDS
        }
        # Until the inventory changes: a fleet has thousands.
        self._known_devices: dict[tuple[Track, str], list[Device]] = {}
        # Device types whose rows other types' days were imported without.
        self._left_out: set[int] = set()

    def restore(self, saved: dict[str, object]) -> None:
        """Take over what the last run has spent and learnt."""
        self._backfill_calls = _stamps(saved.get("backfill_calls"))
        self._live_calls = _stamps(saved.get("live_calls"))
        self._left_out = load_ids(saved.get("left_out"))
        kept = as_dict(saved.get("types"))
        for feed, types in self.types.items():
            types.restore(kept.get(str(feed)))

    def dump(self) -> dict[str, object]:
        """Return what `restore` takes, as JSON data."""
        return {
            "backfill_calls": self._backfill_calls,
            "live_calls": self._live_calls,
            "left_out": sorted(self._left_out),
            "types": {str(feed): types.dump() for feed, types in self.types.items()},
        }

    def forget_gone(self) -> None:
        """Drop what is asked about plants that are gone."""
        self._known_devices.clear()
        self._open = {
            key: known
            for key, known in self._open.items()
            if set(known.question.plants) <= self.account.plants.keys()
        }

    def start_over(self) -> None:
        """Drop what is being asked, because something else is wanted now."""
        self._open.clear()
        self._retry.clear()

    @property
    def depth(self) -> int:
        """Return for how many days hours are imported."""
        return self.account.options.history_days

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left of the backfill."""
        planner = self.planner()
        return not any(
            planner.left(feed) or self._open.get((feed, False)) for feed in FEEDS
        )

    def planner(self) -> Planner:
        """Return the planner of this moment."""
        account = self.account
        subjects = tuple(
            Subject(
                code,
                account.zone(code),
                self._progress(code),
                devices=len(self._devices(FIVE_MINUTES, code)),
                batteries=len(self._devices(_STORAGE_DAYS, code)),
            )
            for code in account.listed_plants
        )
        span = longest_span(account.inventory.dialect)
        return Planner(subjects, account.clock.now(), self.depth, span)

    def outlooks(self) -> dict[str, Outlook]:
        """Return how far the import of each plant is."""
        planner, ledger = self.planner(), self.account.ledger
        longest = max(
            budget.seconds(
                ledger,
                self.interface_of(feed),
                planner.left(feed) * self._calls_a_question(feed),
            )
            for feed in FEEDS
        )
        left = {feed: planner.left_by_plant(feed) for feed in FEEDS}
        outlooks: dict[str, Outlook] = {}
        for subject in planner.subjects:
            periods = dict.fromkeys(PERIODS, 0)
            for feed, counts in left.items():
                periods[feed.period] += counts.get(subject.code, 0)
            done_at = planner.now + longest if any(periods.values()) else None
            answered = subject.progress.answered
            outlooks[subject.code] = Outlook(answered, periods, done_at)
        return outlooks

    def next(self, feed: Feed) -> Inquiry | None:
        """Return what a feed may ask now, the continuation first."""
        now = self.account.clock.now()
        interface = self.interface_of(feed)
        if self._retry.get(feed, (0.0, 0.0))[0] > now or self.account.wait(interface):
            return None
        planner = self.planner()
        for is_live in (True, False):
            # The clock runs on: what is ready is so at a moment already past.
            ready = self._live_at(feed, planner) if is_live else self._backfill_at(feed)
            if ready > self.account.clock.now():
                continue
            if known := self._open.get((feed, is_live)):
                return known
            if question := self._question(planner, feed, is_live):
                self._open[feed, is_live] = self._inquiry(question)
                return self._open[feed, is_live]
        return None

    def _question(self, planner: Planner, feed: Feed, is_live: bool) -> Question | None:
        if not is_live:
            return planner.backfill(feed)
        if feed.period is not Period.HOUR:
            return None
        return planner.live(feed, self._live_interval(feed, planner))

    def _backfill_at(self, feed: Feed) -> float:
        interface = self.interface_of(feed)
        stamps = self._of_a_day(self._backfill_calls, interface)
        return budget.may_backfill(self.account.ledger, interface, stamps)

    def _live_at(self, feed: Feed, planner: Planner) -> float:
        interface = self.interface_of(feed)
        stamps = self._of_a_day(self._live_calls, interface)
        backfills = planner.left(feed) > 0
        ledger = self.account.ledger
        return budget.may_continue(ledger, interface, stamps, backfills=backfills)

    def _of_a_day(
        self, calls: dict[str, list[float]], interface: Interface
    ) -> list[float]:
        """Return when calls of the last day were made, and forget older ones.

        A time in the future counts as now: the clock was set back.
        """
        now = self.account.clock.now()
        known = calls.get(interface, ())
        calls[interface] = [min(at, now) for at in known if at > now - DAY]
        return calls[interface]

    def _live_interval(self, feed: Feed, planner: Planner) -> float:
        return budget.interval(
            self.account.ledger,
            self.interface_of(feed),
            self._calls_a_round(feed),
            backfills=planner.left(feed) > 0,
        )

    def _calls_a_round(self, feed: Feed) -> int:
        """Return how many calls ask today's hours of all plants once.

        A question is about plants whose day begins at the same time.
        """
        by_zone: dict[tzinfo, list[str]] = {}
        for code in self.account.listed_plants:
            by_zone.setdefault(self.account.zone(code), []).append(code)
        return sum(
            len(self._about(feed, tuple(plants)).calls) for plants in by_zone.values()
        )

    def _about(self, feed: Feed, plants: tuple[str, ...]) -> Inquiry:
        """Return what it takes to ask about plants at once."""
        today = day_of(self.account.clock.now(), UTC)
        return self._inquiry(Question(feed, today, today + ONE_DAY, UTC, plants))

    def _calls_a_question(self, feed: Feed) -> int:
        everybody = self._about(feed, tuple(self.account.listed_plants))
        asked = sum(len(call.ids) for call in everybody.calls)
        questions = -(-asked // limit(feed))
        return -(-len(everybody.calls) // max(1, questions))

    async def async_ask(self, known: Inquiry) -> bool:
        """Make the next call of an inquiry; return whether it was answered."""
        if not known.calls:
            return True
        left = len(known.calls)
        is_live = known.question.is_live
        spent = self._live_calls if is_live else self._backfill_calls
        spent.setdefault(known.interface, []).append(self.account.clock.now())
        try:
            with calling(self.account, known.interface):
                await self._async_call(known)
        except UpdateFailed as error:
            LOGGER.debug("%s of history failed: %s", known.interface, error)
        return len(known.calls) < left

    async def _async_call(self, known: Inquiry) -> None:
        feed, type_id = known.question.feed, known.calls[0].type_id
        now = self.account.clock.now()
        if type_id is None:
            await known.async_ask(self.account.client, now)
            return
        types = self.types[feed]
        with types.asking(type_id):
            await known.async_ask(self.account.client, now)
            self._fill_gap(feed, type_id)
        if not types.may_ask(type_id):
            known.give_up(type_id)
            if feed == FIVE_MINUTES:
                self._left_out.add(type_id)

    def _fill_gap(self, feed: Feed, type_id: int) -> None:
        """Ask for the past once more where a type was left out of it until now."""
        if feed != FIVE_MINUTES or type_id not in self._left_out:
            return
        self._left_out.remove(type_id)
        for device in self.account.devices.values():
            if device.type_id == type_id:
                self._progress(device.plant_code).drop(feed)

    def ask_again(self, interface: Interface) -> None:
        """Ask all types of an interface at once, the user having granted them."""
        for feed, types in self.types.items():
            if self.interface_of(feed) is interface:
                types.ask_all_again()
                self._retry.pop(feed, None)
                for code in self.account.plants:
                    self._progress(code).asked_at.pop(feed, None)

    def close(self, known: Inquiry) -> None:
        """Note that a question was answered in full."""
        feed = known.question.feed
        self._open.pop((feed, known.question.is_live), None)
        self._retry.pop(feed, None)

    def put_off(self, feed: Feed) -> None:
        """Leave a feed alone for a while after a call that failed.

        What was open is asked anew: a plant or device of it may be gone.
        """
        now = self.account.clock.now()
        pause = min(LAST_RETRY, self._retry.get(feed, (0.0, FIRST_RETRY / 2))[1] * 2)
        self._retry[feed] = (now + pause, pause)
        for is_live in (True, False):
            self._open.pop((feed, is_live), None)

    def wait(self) -> float:
        """Return the seconds until something may be asked."""
        now, planner = self.account.clock.now(), self.planner()
        return max(0.0, min([now + IDLE, *self._times(planner)]) - now)

    def _times(self, planner: Planner) -> Iterator[float]:
        """Yield when each feed may ask next, where it has anything to ask."""
        now = self.account.clock.now()
        for feed in FEEDS:
            ready = now + self.account.wait(self.interface_of(feed))
            ready = max(ready, self._retry.get(feed, (0.0, 0.0))[0])
            if feed.period is Period.HOUR:
                at = planner.live_at(feed, self._live_interval(feed, planner))
                if (feed, True) in self._open:
                    at = now
                if at is not None:
                    yield max(ready, at, self._live_at(feed, planner))
            if (feed, False) in self._open or planner.backfill(feed):
                yield max(ready, self._backfill_at(feed))

    def _devices(self, feed: Feed, code: str) -> list[Device]:
        """Return the devices of a plant that a feed asks."""
        known = self._known_devices.get((feed.track, code))
        if known is None:
            known = devices_of(self.account, feed, code)
            self._known_devices[feed.track, code] = known
        types = self.types[feed]
        return [device for device in known if types.may_ask(device.type_id)]

    def _inquiry(self, question: Question) -> Inquiry:
        devices = {code: self._devices(question.feed, code) for code in question.plants}
        return inquiry(question, self.account.inventory.dialect, devices)

    def interface_of(self, feed: Feed) -> Interface:
        """Return the interface that has a feed's rows here."""
        return interface_of(feed, self.account.inventory.dialect)


def _stamps(saved: object) -> dict[str, list[float]]:
    """Return when calls were made, by interface, as they were saved."""
    return {
        name: [at for item in stamps if (at := instant(item)) is not None]
        for name, stamps in as_dict(saved).items()
        if isinstance(stamps, list)
    }

"""When which feed may ask: its share of a lane, its back-off, the calls it made.

Pure but for its own state. Times are epoch seconds.
"""

from collections.abc import Callable, Iterator, Set as AbstractSet
from dataclasses import dataclass
from math import inf
from typing import Final, TypedDict

from ..local_time import DAY, HOUR, MINUTE
from ..northbound import Interface, Ledger, Period
from . import shares
from .feeds import FEEDS, Feed, Question
from .inquiry import Inquiry
from .planner import Planner

FIRST_RETRY: Final = 10 * MINUTE
LAST_RETRY: Final = 6 * HOUR


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes that the import shares with the live values.

    `interface_of`: the interface that has a feed's rows; `wait`: the seconds until it
    may be asked, a login included; `calls_a_round`: how many calls ask today's rows of
    a feed for all plants once.
    """

    ledger: Ledger
    now: Callable[[], float]
    interface_of: Callable[[Feed], Interface]
    wait: Callable[[Interface], float]
    calls_a_round: Callable[[Feed], int]


class SavedCalls(TypedDict):
    """When calls were made (epoch seconds), by interface."""

    backfill_calls: dict[str, list[float]]
    live_calls: dict[str, list[float]]


class Scheduler:
    """Chooses the next question of each feed, the continuation first.

    `planner` returns the planner of this moment, `inquiry` what a question takes.
    """

    def __init__(
        self,
        lanes: Lanes,
        planner: Callable[[], Planner],
        inquiry: Callable[[Question], Inquiry],
    ) -> None:
        """Begin with nothing asked."""
        self._lanes = lanes
        self._planner = planner
        self._inquiry = inquiry
        self._open: dict[tuple[Feed, bool], Inquiry] = {}
        self._retry: dict[Feed, tuple[float, float]] = {}
        self._backfill_calls: dict[str, list[float]] = {}
        self._live_calls: dict[str, list[float]] = {}

    def restore(self, saved: SavedCalls) -> None:
        """Restore the calls of the last run."""
        self._backfill_calls = saved["backfill_calls"]
        self._live_calls = saved["live_calls"]

    def dump(self) -> dict[str, object]:
        """Return what `restore` takes, as JSON data."""
        return {
            "backfill_calls": self._backfill_calls,
            "live_calls": self._live_calls,
        }

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left of the backfill."""
        planner = self._planner()
        return not any(planner.left(f) or (f, False) in self._open for f in FEEDS)

    def next(self, feed: Feed) -> Inquiry | None:
        """Return what a feed may ask now, with its answer until now.

        A question stays the same until `close`.
        """
        interface = self._lanes.interface_of(feed)
        if self._retry_at(feed) > self._lanes.now() or self._lanes.wait(interface):
            return None
        planner = self._planner()
        for is_live in (True, False):
            # The clock runs on: what is ready is so at a moment already past.
            ready = self._live_at(feed, planner) if is_live else self._backfill_at(feed)
            if ready > self._lanes.now():
                continue
            if known := self._open.get((feed, is_live)):
                return known
            if question := self._question(planner, feed, is_live=is_live):
                found = self._open[feed, is_live] = self._inquiry(question)
                return found
        return None

    def _question(
        self, planner: Planner, feed: Feed, *, is_live: bool
    ) -> Question | None:
        if not is_live:
            return planner.backfill(feed)
        if feed.period is not Period.HOUR:
            return None
        return planner.live(feed, self._live_interval(feed, planner))

    def note_call(self, question: Question) -> None:
        """Count a call of a question; it leaves now."""
        interface = self._lanes.interface_of(question.feed)
        spent = self._live_calls if question.is_live else self._backfill_calls
        spent.setdefault(interface, []).append(self._lanes.now())

    def close(self, question: Question) -> None:
        """Note that a question was answered in full."""
        self._open.pop((question.feed, question.is_live), None)
        self._retry.pop(question.feed, None)

    def put_off(self, feed: Feed) -> None:
        """Pause a feed after a call that failed, longer each time.

        Its open questions are planned anew, their answers until now dropped: a plant or
        device of theirs may be gone.
        """
        _, before = self._retry.get(feed, (0.0, FIRST_RETRY / 2))
        pause = min(LAST_RETRY, before * 2)
        self._retry[feed] = (self._lanes.now() + pause, pause)
        for is_live in (True, False):
            self._open.pop((feed, is_live), None)

    def resume(self, feed: Feed) -> None:
        """End the pause of a feed, its cause being removed."""
        self._retry.pop(feed, None)

    def start_over(self) -> None:
        """Drop all open questions and pauses, because something else is wanted now."""
        self._open.clear()
        self._retry.clear()

    def keep_only(self, plants: AbstractSet[str]) -> None:
        """Drop the open questions about plants that are gone."""
        self._open = {
            key: known
            for key, known in self._open.items()
            if plants >= set(known.question.plants)
        }

    def next_at(self) -> float:
        """Return when any feed may ask next; infinite where nothing is left to ask."""
        return min(self._times(self._planner()), default=inf)

    def _times(self, planner: Planner) -> Iterator[float]:
        """Yield when each feed may ask next, where it has anything to ask."""
        now = self._lanes.now()
        for feed in FEEDS:
            ready = now + self._lanes.wait(self._lanes.interface_of(feed))
            ready = max(ready, self._retry_at(feed))
            if feed.period is Period.HOUR:
                at = planner.live_at(feed, self._live_interval(feed, planner))
                if (feed, True) in self._open:
                    at = now
                if at is not None:
                    yield max(ready, at, self._live_at(feed, planner))
            if (feed, False) in self._open or planner.backfill(feed):
                yield max(ready, self._backfill_at(feed))

    def _retry_at(self, feed: Feed) -> float:
        at, _ = self._retry.get(feed, (0.0, 0.0))
        return at

    def _backfill_at(self, feed: Feed) -> float:
        interface = self._lanes.interface_of(feed)
        stamps = self._of_a_day(self._backfill_calls, interface)
        return shares.may_backfill(self._lanes.ledger, interface, stamps)

    def _live_at(self, feed: Feed, planner: Planner) -> float:
        interface = self._lanes.interface_of(feed)
        stamps = self._of_a_day(self._live_calls, interface)
        backfills = planner.left(feed) > 0
        ledger = self._lanes.ledger
        return shares.may_continue(ledger, interface, stamps, backfills=backfills)

    def _of_a_day(
        self, calls: dict[str, list[float]], interface: Interface
    ) -> list[float]:
        """Return when calls of the last day were made, and drop older ones.

        A time in the future counts as now: the clock was set back.
        """
        now = self._lanes.now()
        known = calls.get(interface, ())
        calls[interface] = [min(at, now) for at in known if at > now - DAY]
        return calls[interface]

    def _live_interval(self, feed: Feed, planner: Planner) -> float:
        return shares.interval(
            self._lanes.ledger,
            self._lanes.interface_of(feed),
            self._lanes.calls_a_round(feed),
            backfills=planner.left(feed) > 0,
        )

"""Makes the calls of the import, one feed after the other, as the lanes allow."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import partial
from math import ceil

from homeassistant.helpers.update_coordinator import UpdateFailed

from ..account.account import Account
from ..account.supported_types import SavedTypes
from ..const import LOGGER
from ..coordinator import calling
from ..local_time import ONE_DAY, Days, day_of
from ..northbound import Device, Interface
from ..northbound.periods import PLANT_INTERFACES
from .estimate import Estimate, estimates
from .feeds import FEEDS, FIVE_MINUTES, STORAGE_DAYS, Feed, Question, Track
from .inputs import devices_of
from .inquiry import Call, Inquiry, inquiry, interface_of, longest_span
from .planner import Planner, Subject, limit
from .progress import Progress
from .scheduler import Lanes, SavedCalls, Scheduler


class SavedImport(SavedCalls):
    """What the import has spent and learnt; `moving`: sums that were about to move."""

    plants: dict[str, Progress]
    left_out: set[int]
    types: dict[str, SavedTypes]
    moving: dict[str, float]


class ImportCalls:
    """The questions of an account's import, and the calls that they take.

    `scheduler`: which question comes next; `types`: the device types that each feed's
    interface serves. `progress` returns the progress of a plant by its code.
    """

    def __init__(self, account: Account, progress: Callable[[str], Progress]) -> None:
        """Begin with nothing asked."""
        self.account = account
        self._progress = progress
        lanes = Lanes(
            account.ledger,
            account.clock.now,
            self.interface_of,
            account.wait,
            self.calls_a_round,
        )
        self.scheduler = Scheduler(lanes, self.planner, self._inquiry)
        self.types = {
            feed: account.supported_types(partial(self.interface_of, feed))
            for feed in FEEDS
        }
        # Until the inventory changes: a fleet has thousands.
        self._known_devices: dict[tuple[Track, str], list[Device]] = {}
        # Device types whose rows other types' days were imported without.
        self._left_out: set[int] = set()

    def restore(self, saved: SavedImport) -> None:
        """Restore what the last run has spent and learnt."""
        self.scheduler.restore(saved)
        self._left_out = saved["left_out"]
        for feed, types in self.types.items():
            if kept := saved["types"].get(str(feed)):
                types.restore(kept)

    def dump(self) -> dict[str, object]:
        """Return what `restore` takes, as JSON data."""
        return {
            **self.scheduler.dump(),
            "left_out": sorted(self._left_out),
            "types": {str(feed): types.dump() for feed, types in self.types.items()},
        }

    def follow_inventory(self) -> None:
        """Drop the questions about plants that are gone."""
        self._known_devices.clear()
        self.scheduler.keep_only(self.account.plants.keys())

    def planner(self) -> Planner:
        """Return the planner of this moment."""
        account = self.account
        refused = [
            known
            for interface in PLANT_INTERFACES.values()
            if (known := account.left_out.of_plants(interface))
        ]
        subjects = tuple(
            Subject(
                code,
                account.zone(code),
                self._progress(code),
                devices=len(self._devices(FIVE_MINUTES, code)),
                batteries=len(self._devices(STORAGE_DAYS, code)),
            )
            for code in account.listed_plants
            if not any(known.rests(code) for known in refused)
        )
        span = longest_span(account.inventory.dialect)
        depth = account.options.history_days
        return Planner(subjects, account.clock.now(), depth, span)

    def estimates(self) -> dict[str, Estimate]:
        """Return how far the import of each plant is."""
        return estimates(
            self.planner(),
            self.account.ledger,
            self.interface_of,
            self._calls_a_question,
        )

    def calls_a_round(self, feed: Feed) -> int:
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
        """Return the inquiry about some plants at once."""
        today = day_of(self.account.clock.now(), UTC)
        return self._inquiry(Question(feed, today, today + ONE_DAY, UTC, plants))

    def _calls_a_question(self, feed: Feed) -> int:
        everybody = self._about(feed, tuple(self.account.listed_plants))
        asked = sum(len(call.ids) for call in everybody.calls)
        questions = ceil(asked / limit(feed))
        return ceil(len(everybody.calls) / max(1, questions))

    async def async_ask(self, known: Inquiry) -> bool:
        """Make the next call of an inquiry; return whether it was answered."""
        if not known.calls:
            return True
        first = known.calls[0]
        self.scheduler.note_call(known.question)
        try:
            with calling(self.account, known.interface):
                await self._async_call(known)
        except UpdateFailed as error:
            LOGGER.debug("%s of history failed: %s", known.interface, error)
        return not known.calls or known.calls[0] is not first

    async def _async_call(self, known: Inquiry) -> None:
        call = known.calls[0]
        type_id = call.type_id
        now = self.account.clock.now()
        if type_id is None:
            plants = self.account.left_out.of_plants(known.interface)
            codes = tuple(map(str, call.ids))
            with plants.asking(codes):
                await known.async_ask(self.account.client, now)
            if call in known.calls:
                known.divide(call, plants.parts(codes))
            return
        devices = self.account.left_out.of_devices(known.interface)
        ids = tuple(map(int, call.ids))
        with devices.asking(ids):
            await self._async_ask_type(known, type_id, now)
        if call in known.calls:
            known.divide(call, devices.parts(ids))

    async def _async_ask_type(self, known: Inquiry, type_id: int, now: float) -> None:
        feed = known.question.feed
        types = self.types[feed]
        with types.asking(type_id):
            call = known.calls[0]
            await known.async_ask(self.account.client, now)
            self._fill_gap(feed, call)
        if not types.may_ask(type_id):
            known.give_up(type_id)
            if feed == FIVE_MINUTES:
                self._left_out.add(type_id)

    def _fill_gap(self, feed: Feed, call: Call) -> None:
        """Ask for the past once more that was imported without what answers now."""
        if feed != FIVE_MINUTES:
            return
        ids = {int(key) for key in call.ids}
        for code in self.account.plants_of(ids):
            self._progress(code).ask_with(ids)
        if call.type_id not in self._left_out:
            return
        self._left_out.remove(call.type_id)
        for device in self.account.devices.values():
            if device.type_id == call.type_id:
                self._progress(device.plant_code).drop(feed)

    def ask_again(self, interface: Interface) -> None:
        """Ask all types of an interface at once, the user having granted them."""
        for feed, types in self.types.items():
            if self.interface_of(feed) is interface:
                types.ask_all_again()
                self.scheduler.resume(feed)
                for code in self.account.plants:
                    self._progress(code).asked_at.pop(feed, None)

    def close(self, known: Inquiry) -> None:
        """Note that a question was answered in full."""
        question = known.question
        self.scheduler.close(question)
        refused = self.account.left_out.of_devices(known.interface).refusals
        if question.feed != FIVE_MINUTES or not refused:
            return
        days = Days.between(question.first, question.until)
        for code in question.plants:
            for device in self.account.devices_of(code):
                if device.id in refused and device.id not in known.rows:
                    self._progress(code).note_without(device.id, days)

    def _devices(self, feed: Feed, code: str) -> list[Device]:
        """Return the devices of a plant that a feed asks."""
        known = self._known_devices.get((feed.track, code))
        if known is None:
            known = devices_of(self.account, feed, code)
            self._known_devices[feed.track, code] = known
        types = self.types[feed]
        refused = self.account.left_out.of_devices(self.interface_of(feed))
        return [
            device
            for device in known
            if types.may_ask(device.type_id) and not refused.rests(device.id)
        ]

    def _inquiry(self, question: Question) -> Inquiry:
        devices = {code: self._devices(question.feed, code) for code in question.plants}
        account = self.account
        return inquiry(question, account.inventory.dialect, devices, account.left_out)

    def interface_of(self, feed: Feed) -> Interface:
        """Return the interface that has a feed's rows here."""
        return interface_of(feed, self.account.inventory.dialect)

"""A whole import on a clock of its own, with the ledger that a real one has."""

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
import json
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.smartpvms.catalogue.series import BATTERY_CHARGE
from custom_components.smartpvms.history.feeds import (
    FEEDS,
    FIVE_MINUTES,
    HOURS,
    LAG,
    LOOK_BACK,
    Feed,
    Question,
    Track,
)
from custom_components.smartpvms.history.inquiry import Inquiry, interface_of
from custom_components.smartpvms.history.planner import Planner, Subject
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.history.scheduler import Lanes, Scheduler
from custom_components.smartpvms.history.spans import Rows, first_start
from custom_components.smartpvms.local_time import HOUR, ONE_DAY, Days, day_of, midnight
from custom_components.smartpvms.northbound import (
    Dialect,
    Interface,
    Ledger,
    Period,
    Profile,
    Scale,
)
from custom_components.smartpvms.storage.store import DAMAGE
from tests.northbound.conftest import done, nothing

DAY: Final = 86400
DEPTH: Final = 8
ZONES: Final = [
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
]
YEARS, MONTHS, DAYS = (Feed(Track.PLANT, level) for level in tuple(Period)[:3])


def newest_first(days: Days) -> list[date]:
    """Return the days one by one."""
    found = (
        begin + count * ONE_DAY
        for begin, end in days.ranges
        for count in range((end - begin).days)
    )
    return sorted(found, reverse=True)


@dataclass
class Site:
    """A plant: when its data begin, and when it appears in the account."""

    code: str
    zone: ZoneInfo
    begun: date
    appears: float = 0.0
    devices: int = 0
    batteries: int = 0


@dataclass
class Account:
    """Asks as the integration does, as fast as planner, budget and ledger allow."""

    sites: list[Site]
    profile: Profile
    now: float
    span: timedelta = ONE_DAY
    depth: int = DEPTH
    asked: list[tuple[float, Question]] = field(default_factory=list)
    calls: dict[Interface, list[tuple[float, bool, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    progress: dict[str, Progress] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with an empty ledger and no progress."""
        self.ledger = Ledger(nothing, lambda: self.now)
        self.ledger.profile = self.profile
        self.ledger.scale = Scale(len(self.sites), {38: len(self.sites)})
        self.scheduler = self.new_scheduler()

    def new_scheduler(self) -> Scheduler:
        """Return a scheduler to which every round of a feed is one call."""
        lanes = Lanes(
            self.ledger, lambda: self.now, self.interface, self.ledger.wait, lambda _: 1
        )
        return Scheduler(
            lanes,
            self.planner,
            lambda question: Inquiry(question, self.interface(question.feed), deque()),
        )

    def planner(self) -> Planner:
        """Return the planner of this moment."""
        subjects = tuple(
            Subject(
                site.code,
                site.zone,
                self.progress.setdefault(site.code, Progress()),
                site.devices,
                site.batteries,
            )
            for site in self.sites
            if site.appears <= self.now
        )
        return Planner(subjects, self.now, self.depth, self.span)

    def interface(self, feed: Feed) -> Interface:
        """Return the lane of a feed."""
        return interface_of(feed, Dialect.V2022)

    def ask(self, question: Question) -> None:
        """Make the call and note its answer."""
        lane = self.interface(question.feed)
        backfills = self.planner().left(question.feed) > 0
        self.calls[lane].append((self.now, question.is_live, backfills))
        self.asked.append((self.now, question))
        self.scheduler.note_call(question)
        done(self.ledger.claim(lane))
        done(self.ledger.record(lane, None))
        self.scheduler.close(question)
        for code in question.plants:
            site, progress = self.site(code), self.progress[code]
            if question.feed.track is Track.PLANT:
                start = first_start(first_row(site, question))
                progress.record_first(question, start, site.zone, self.now)
            progress.record_answer(question, self.now, is_empty=False)

    def site(self, code: str) -> Site:
        """Return a plant by its code."""
        return next(site for site in self.sites if site.code == code)

    def step(self) -> None:
        """Ask what may be asked, then wait for the next."""
        for feed in FEEDS:
            while due := self.scheduler.next(feed):
                self.ask(due.question)
        times = [site.appears for site in self.sites if site.appears > self.now]
        self.now = max(self.now, min([*times, self.scheduler.next_at()])) + 0.7

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left."""
        appeared = all(site.appears <= self.now for site in self.sites)
        return appeared and self.scheduler.is_complete

    def run(self, most: int = 600) -> None:
        """Import until nothing is left."""
        for _ in range(most):
            if self.is_complete:
                return
            self.step()
        raise AssertionError("it does not end")

    def restart(self) -> None:
        """Stop and start: what is on disk is all that is left."""
        self.progress = {
            code: Progress.load(json.loads(json.dumps(known.dump())))
            for code, known in self.progress.items()
        }
        saved = json.loads(json.dumps(self.scheduler.dump()))
        self.scheduler = self.new_scheduler()
        self.scheduler.restore(saved)


def first_row(site: Site, question: Question) -> Rows:
    """Return the first row with a value of a question about years or months."""
    begun = site.begun
    begins = begun.replace(month=1, day=1)
    if question.feed.period is Period.MONTH:
        if question.first != begins:
            return []
        begins = begun.replace(day=1)
    return [(midnight(begins, site.zone), {"PVYield": 1.0})]


def check_limits(account: Account) -> None:
    """See that no window was exceeded, by the documentation's own numbers."""
    a_day = ceil(len(account.sites) / 100) + 24
    for lane, calls in account.calls.items():
        times = [at for at, _, _ in calls]
        if account.profile is Profile.PER_MINUTE:
            assert all(after - before >= 60 for before, after in pairwise(times))
            continue
        assert busiest(times) <= a_day + (lane is Interface.DEVICE_HISTORY)
        if lane is not Interface.PLANT_HOUR or a_day != 25:
            continue
        assert busiest([at for at, live, _ in calls if not live]) <= 15
        meanwhile = [at for at, live, backfills in calls if live and backfills]
        assert busiest(meanwhile) <= 10


def busiest(times: list[float]) -> int:
    """Return the most calls that were made within 24 hours."""
    return max((sum(at <= t < at + DAY for t in times) for at in times), default=0)


def check_once(account: Account, since: float = 0.0) -> None:
    """See that nobody was asked twice for what was answered, the newest first."""
    seen: dict[tuple[Feed, str], list[date]] = defaultdict(list)
    for at, question in account.asked:
        if question.is_live or at < since:
            continue
        day = question.until
        while day > question.first and question.feed == FIVE_MINUTES:
            day -= ONE_DAY
            for code in question.plants:
                seen[question.feed, code].append(day)
        if question.feed != FIVE_MINUTES:
            for code in question.plants:
                seen[question.feed, code].append(question.first)
    for days in seen.values():
        assert len(set(days)) == len(days)
        # A day that goes by while older ones are asked for comes in between.
        falls = [before > after for before, after in pairwise(days)]
        assert falls.count(False) <= (account.now - account.asked[0][0]) / DAY + 1


def check_whole(account: Account) -> None:
    """See that every day of every plant's life was asked, the youngest by the hour."""
    for site in account.sites:
        progress = account.progress[site.code]
        today = day_of(account.now, site.zone)
        settled = today - LOOK_BACK * ONE_DAY
        assert progress.first == site.begun.replace(day=1)
        assert not Days.between(progress.first, settled) - progress.holds_or_finer(DAYS)
        begin = max(progress.first, today - account.depth * ONE_DAY)
        for feed in (HOURS, FIVE_MINUTES)[: 2 if site.devices else 1]:
            assert not Days.between(begin, settled) - progress.holds(feed)
        for back in range(2, LOOK_BACK + 1):
            assert progress.asked(HOURS, today - back * ONE_DAY)


def houses(count: int, *zones: str, begun: date = date(2024, 5, 20)) -> list[Site]:
    """Return plants, their zones in turn."""
    return [
        Site(f"NE={number}", ZoneInfo(zones[number % len(zones)]), begun)
        for number in range(count)
    ]


def start(day: date, hour: float = 12) -> float:
    """Return an instant."""
    midnight_ = datetime.combine(day, datetime.min.time(), UTC)
    return midnight_.timestamp() + hour * HOUR


profiles = st.sampled_from(Profile)
zones = st.sampled_from(ZONES)
# Both changes of clocks are in it, in the north and in the south.
begins = st.builds(
    start, st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.floats(0, 23.9)
)


@settings(deadline=None, max_examples=8)
@given(profiles, zones, begins)
@example(Profile.DAILY, "Europe/Berlin", start(date(2026, 10, 24)))
@example(Profile.DAILY, "Asia/Beirut", start(date(2026, 3, 28)))
def test_a_plants_whole_life(profile: Profile, zone: str, begin: float) -> None:
    """It is asked once, coarse to fine, within the limits, and it ends."""
    account = Account(houses(1, zone), profile, begin)
    account.run()
    check_limits(account)
    check_once(account)
    check_whole(account)
    backfill = [q.feed for _, q in account.asked if not q.is_live]
    order = [backfill.index(feed) for feed in (YEARS, MONTHS, DAYS, HOURS)]
    assert order == sorted(order)
    assert backfill.count(YEARS) == 1
    assert backfill.count(MONTHS) in (2, 3)


@settings(deadline=None, max_examples=6)
@given(profiles, zones, zones, begins, st.floats(0, 3 * DAY))
def test_plants_of_two_zones_and_one_that_comes_later(
    profile: Profile, zone: str, other: str, begin: float, later: float
) -> None:
    """Each zone has days of its own; a new plant is asked what the others were."""
    account = Account(houses(4, zone, other), profile, begin)
    account.sites[3].appears = begin + later
    account.run()
    check_limits(account)
    check_once(account)
    check_whole(account)
    for _, question in account.asked:
        assert {account.site(code).zone for code in question.plants} == {question.zone}


@pytest.mark.parametrize("profile", list(Profile))
def test_a_hundred_plants_take_as_many_calls_as_one(profile: Profile) -> None:
    """One call is about a hundred of them; one more makes a second one."""
    counts = []
    for count in (1, 100, 101):
        account = Account(
            houses(count, "Europe/Berlin"), profile, start(date(2026, 6, 1))
        )
        account.depth = 5
        account.run()
        check_limits(account)
        check_whole(account)
        counts.append(sum(not question.is_live for _, question in account.asked))
    assert counts[0] == counts[1]
    assert counts[2] == 2 * counts[0]


@settings(deadline=None, max_examples=6)
@given(profiles, zones, begins, st.floats(0.05, 1200))
@example(Profile.DAILY, "Europe/Berlin", start(date(2026, 11, 20)), 90.0)
@example(Profile.DAILY, "Pacific/Apia", start(date(2026, 12, 30)), 800.0)
def test_a_gap_closes(profile: Profile, zone: str, begin: float, days: float) -> None:
    """After a stop of hours or years nothing is missing, and nothing asked in vain."""
    account = Account(houses(1, zone), profile, begin)
    account.run()
    account.now += days * DAY
    account.restart()
    again = account.now
    for _ in range(6):
        account.step()
    account.run()
    check_limits(account)
    check_once(account, again)
    check_whole(account)
    years = [q for at, q in account.asked if at >= again and q.feed == YEARS]
    assert not years
    months = [q for at, q in account.asked if at >= again and q.feed == MONTHS]
    assert len(months) <= days / 365 + 2


@settings(deadline=None, max_examples=4)
@given(profiles, zones, begins, st.sets(st.integers(0, 60), min_size=1, max_size=5))
def test_restarts_change_nothing(
    profile: Profile, zone: str, begin: float, when: set[int]
) -> None:
    """What is asked, and when, is the same with and without them."""
    steady, shaken = (Account(houses(2, zone), profile, begin) for _ in range(2))
    for number in range(60):
        steady.step()
        shaken.step()
        if number in when:
            shaken.restart()
    assert shaken.asked == steady.asked


@settings(deadline=None, max_examples=8)
@given(profiles, zones, begins)
def test_the_days_after(profile: Profile, zone: str, begin: float) -> None:
    """Today's hours in time; each day once it is over, and twice again."""
    account = Account(houses(1, zone), profile, begin)
    account.run()
    since = account.now
    while account.now < since + 6 * DAY:
        account.step()
    check_limits(account)
    clock = ZoneInfo(zone)
    live = [(at, q.first) for at, q in account.asked if q.is_live and at >= since]
    first = day_of(since, clock) + ONE_DAY
    for number in range(2):
        day = first + number * ONE_DAY
        begun, over = midnight(day, clock), midnight(day + ONE_DAY, clock)
        times = [at for at, asked in live if asked == day]
        today = [begun, *(at for at in times if at < over), over]
        assert max(b - a for a, b in pairwise(today)) < 1.6 * HOUR
        after = [at for at in times if at >= over]
        assert after[0] == pytest.approx(over + LAG, abs=0.25 * HOUR)
        assert len(after) == 3
        assert all(24 * HOUR <= b - a < 25.6 * HOUR for a, b in pairwise(after))


@settings(deadline=None, max_examples=6)
@given(profiles, zones, begins, st.sampled_from([1, 3]))
def test_five_minutes_of_devices(
    profile: Profile, zone: str, begin: float, span: int
) -> None:
    """One call answers up to three days, where clocks go back fewer."""
    site = replace(houses(1, zone)[0], devices=4)
    account = Account([site], profile, begin, span=timedelta(days=span))
    account.run()
    check_limits(account)
    check_once(account)
    check_whole(account)
    first_hours = next(at for at, q in account.asked if q.feed == HOURS)
    for at, question in account.asked:
        if question.feed != FIVE_MINUTES:
            continue
        assert at >= first_hours
        begins_at = midnight(question.first, site.zone)
        ends_at = midnight(question.until, site.zone)
        assert ends_at - begins_at <= max(span * DAY, 25 * HOUR)


def test_batteries_where_the_plants_hours_tell_nothing_of_them() -> None:
    """Their years, months and days are asked once that is known."""
    account = Account(
        [replace(houses(1, "Europe/Berlin")[0], batteries=1)],
        Profile.PER_MINUTE,
        start(date(2026, 6, 1)),
    )
    (site,) = account.sites
    account.run()
    assert not any(q.feed.track is Track.STORAGE for _, q in account.asked)
    account.progress[site.code].hourly.add("pv_energy")
    account.run()
    assert {q.feed.period for _, q in account.asked if q.feed.track is Track.STORAGE} == {
        Period.YEAR, Period.MONTH, Period.DAY}  # fmt: skip
    account.progress[site.code].hourly.add(BATTERY_CHARGE)
    storage = next(feed for feed in FEEDS if feed.track is Track.STORAGE)
    assert not account.planner().subjects[0].has(storage)
    check_once(account)


def test_many_devices_take_several_questions() -> None:
    """Forty devices a question, one plant at least; what is left counts them."""
    sites = [replace(site, devices=30) for site in houses(3, "Europe/Berlin")]
    account = Account(sites, Profile.PER_MINUTE, start(date(2026, 6, 1)))
    account.run()
    assert all(len(q.plants) == 1 for _, q in account.asked if q.feed == FIVE_MINUTES)
    planner = account.planner()
    account.progress["NE=0"].request(Days.between(date(2026, 3, 1), date(2026, 3, 4)))
    assert planner.left(FIVE_MINUTES) == planner.left(HOURS) == 3
    assert planner.left_by_plant(HOURS) == {"NE=0": 3, "NE=1": 0, "NE=2": 0}
    account.run()
    check_whole(account)


@pytest.mark.parametrize("forget", [False, True])
def test_days_that_are_asked_for_again(forget: bool) -> None:
    """Their hours whatever their age; where all is forgotten, days and months too."""
    account = Account(
        houses(1, "Europe/Berlin"), Profile.PER_MINUTE, start(date(2026, 6, 1))
    )
    account.run()
    count = len(account.asked)
    days = Days.between(date(2025, 3, 28), date(2025, 4, 2))
    progress = account.progress["NE=0"]
    (progress.forget if forget else progress.request)(days)
    account.run()
    asked = [q for _, q in account.asked[count:] if not q.is_live]
    assert [q.first for q in asked if q.feed == HOURS] == newest_first(days)
    coarser = {(q.feed, q.first) for q in asked} - {
        (HOURS, day) for day in newest_first(days)
    }
    assert coarser <= {(MONTHS, date(2025, 1, 1)), (DAYS, date(2025, 3, 1)),
                       (DAYS, date(2025, 4, 1))}  # fmt: skip
    assert bool(coarser) is forget
    check_whole(account)


def test_nothing_is_planned_without_plants() -> None:
    """An account without plants asks nothing and waits for nothing."""
    planner = Planner((), start(date(2026, 6, 1)), DEPTH)
    for feed in FEEDS:
        assert planner.live(feed, HOUR) is planner.backfill(feed) is None
        assert planner.live_at(feed, HOUR) is None
        assert planner.left(feed) == 0


days_ = st.dates(date(2020, 1, 1), date(2026, 12, 31))
feeds = st.sampled_from(FEEDS)


@given(
    st.builds(
        Progress,
        first=st.none() | days_,
        held=st.dictionaries(
            feeds,
            st.lists(st.tuples(days_, days_)).map(Days.of),
        ),
        asked_at=st.dictionaries(feeds, st.dictionaries(days_, st.floats(0, 4e9))),
        requested=st.lists(st.tuples(days_, days_)).map(Days.of),
        series=st.sets(st.sampled_from(["pv_energy", "revenue"])),
        hourly=st.sets(st.just("pv_energy")),
        delivered_until=st.integers(0, 4_102_444_800),
        answered=st.integers(0, 9999),
        zone=st.none() | zones.map(ZoneInfo),
    )
)
def test_progress_is_kept(progress: Progress) -> None:
    """What is saved comes back, through JSON too."""
    assert Progress.load(json.loads(json.dumps(progress.dump()))) == progress


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        {"first": "soon"},
        {"held": {"plant_hour": 7}},
        {"asked_at": {"plant_hour": {"soon": 1}}},
        {"empty": {"plant_hour": {"2024-01-01": [1]}}},
        {"requested": 7},
        {"series": [7]},
        {"hourly": {}},
        {"delivered_until": None},
        {"answered": "x"},
        {"metered": 1},
        {"parts": {"week": {}}},
        {"midnights": [None]},
        {"live": 7},
    ],
)
def test_progress_of_another_shape_is_damage(saved: object) -> None:
    with pytest.raises(DAMAGE):
        Progress.load(saved)


def test_a_zone_that_is_no_more_is_learnt_again() -> None:
    assert Progress.load({"zone": "Nowhere"}).zone is None


def test_a_day_answered_with_nothing_is_asked_soon_and_not_at_once() -> None:
    """A system that answers with zeros at midnight costs no day's calls."""
    day, progress = date(2026, 6, 15), Progress()
    over = midnight(day + ONE_DAY, UTC)
    subject = Subject("P", UTC, progress, 1, 0)
    asked: list[float] = []
    for now in range(over - 3600, over + 86400, 60):
        while question := Planner((subject,), now, DEPTH, ONE_DAY).live(HOURS, 4800):
            is_empty = now < over + 7200
            progress.record_answer(question, now, is_empty=is_empty)
            if question.first == day and now >= over:
                asked.append(now)
    assert [round((at - over) / 3600) for at in asked] == [0, 4]
    assert day in progress.holds(HOURS)


@pytest.mark.parametrize("feed", [HOURS, FIVE_MINUTES])
def test_the_first_days_answered_with_nothing_are_asked_soon(feed: Feed) -> None:
    """The oldest of them is settled by its age alone, but not by such an answer."""
    now = midnight(date(2026, 6, 15), UTC) + 600
    progress = Progress(first=date(2025, 6, 1))
    progress.note_asked(HOURS, date(2026, 6, 15), now, date(2026, 6, 12))
    asked: dict[date, list[float]] = {}
    for at in range(now, now + 86400 - 3600, 60):
        planner = Planner((Subject("P", UTC, progress, 1, 0),), at, DEPTH, ONE_DAY)
        while question := planner.live(feed, 4800):
            progress.record_answer(question, at, is_empty=at < now + 18000)
            asked.setdefault(question.first, []).append((at - now) / 3600)
    for day in (date(2026, 6, 12), date(2026, 6, 13)):
        assert [round(at) for at in asked[day]] == [0, 4, 12]
        assert day in progress.holds(feed)

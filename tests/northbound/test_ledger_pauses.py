"""What makes a lane rest, how long, and what ends it."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.northbound import (
    Interface,
    Ledger,
    NorthboundError,
    PauseReason,
    Profile,
    Scale,
)
from custom_components.smartpvms.northbound.errors import (
    BusyError,
    CertificateError,
    ConsentMissingError,
    DayQuotaError,
    KpiNotConfiguredError,
    LoginError,
    NotYetError,
    PermissionMissingError,
    RefusedError,
    RequestError,
    ResponseError,
    ServerError,
    TooFrequentError,
    UnreachableError,
    UnsupportedTypeError,
)
from simulator import Plant, Simulator

from .conftest import HandClock, Link, done, nothing

MINUTE, DAY = 60.0, 86400.0
LANE = Interface.ALARMS
OTHER = Interface.DEVICE_LIST
BY_TYPE = [
    Interface.DEVICE_REAL_TIME,
    Interface.DEVICE_FIVE_MINUTES,
    Interface.DEVICE_HISTORY,
    Interface.DEVICE_DAY,
    Interface.DEVICE_MONTH,
    Interface.DEVICE_YEAR,
]


@pytest.fixture
def ledger(clock: HandClock) -> Ledger:
    """Return an empty ledger of a profile that hardly limits the lane."""
    ledger = Ledger(nothing, clock.now)
    ledger.profile, ledger.scale = Profile.DAILY, Scale(plants=2400)
    return ledger


def answered(
    ledger: Ledger, error: type[NorthboundError] | None, lane: Interface = LANE
) -> float:
    """Make a call with this outcome; return the seconds the lane then rests."""
    done(ledger.claim(lane))
    outcome = error(lane) if error else None
    done(ledger.record(lane, outcome))
    rest = max(0.0, ledger.lane(lane).paused_until - ledger.now())
    if isinstance(outcome, RefusedError):
        assert outcome.retry_at == ledger.now() + rest
    return rest


def test_too_frequent_doubles_up_to_two_hours(ledger: Ledger, clock: HandClock) -> None:
    for minutes in (15, 30, 60, 120, 120):
        assert answered(ledger, TooFrequentError) == minutes * MINUTE
        assert ledger.wait(LANE) == minutes * MINUTE
        assert ledger.left(LANE) == 0
        assert ledger.lane(LANE).reason is PauseReason.TOO_FREQUENT
        clock.wait(minutes * MINUTE)
        assert ledger.left(LANE) > 0
    assert answered(ledger, None) == 0
    assert ledger.lane(LANE).reason is None
    assert answered(ledger, TooFrequentError) == 15 * MINUTE


def test_the_doubling_survives_a_restart(ledger: Ledger, clock: HandClock) -> None:
    answered(ledger, TooFrequentError)
    again = Ledger(nothing, clock.now)
    again.load(ledger.dump())
    again.profile, again.scale = ledger.profile, ledger.scale
    clock.wait(15 * MINUTE)
    assert answered(again, TooFrequentError) == 30 * MINUTE


@pytest.mark.parametrize(
    ("error", "seconds", "reason"),
    [
        (BusyError, 2 * MINUTE, PauseReason.BUSY),
        (PermissionMissingError, DAY, PauseReason.NO_ACCESS),
        (KpiNotConfiguredError, DAY, PauseReason.NOT_CONFIGURED),
        (ServerError, 0, None),
        (UnreachableError, 0, None),
        (CertificateError, 0, None),
        (ResponseError, 0, None),
        (RequestError, 0, None),
        (UnsupportedTypeError, 0, None),
        (LoginError, 0, None),
        # Of one plant: the others go on.
        (ConsentMissingError, 0, None),
    ],
)
def test_an_error_rests_its_lane(
    ledger: Ledger,
    error: type[NorthboundError],
    seconds: float,
    reason: PauseReason | None,
) -> None:
    assert answered(ledger, error) == seconds
    assert ledger.lane(LANE).reason is reason
    assert ledger.wait(LANE) == seconds
    # A busy server is so for everybody.
    assert ledger.wait(OTHER) == (seconds if error is BusyError else 0)


def test_a_list_without_consent_rests(ledger: Ledger) -> None:
    lane = Interface.STATIONS
    assert answered(ledger, ConsentMissingError, lane) == DAY
    assert ledger.lane(lane).reason is PauseReason.NO_CONSENT


def test_a_lane_that_goes_on_to_be_busy_stops_no_other(
    ledger: Ledger, clock: HandClock
) -> None:
    for minutes in (2, 4, 8, 15, 15):
        assert answered(ledger, BusyError) == minutes * MINUTE
        assert ledger.wait(OTHER) == (2 * MINUTE if minutes == 2 else 0)
        clock.wait(minutes * MINUTE)
    assert answered(ledger, None) == 0
    assert answered(ledger, BusyError) == 2 * MINUTE
    assert ledger.wait(OTHER) == 2 * MINUTE


@pytest.mark.parametrize("lane", BY_TYPE)
def test_a_type_without_kpis_stops_no_other(ledger: Ledger, lane: Interface) -> None:
    assert answered(ledger, KpiNotConfiguredError, lane) == 0
    assert ledger.lane(lane).reason is None


@pytest.mark.parametrize("lane", BY_TYPE)
def test_a_missing_permission_stops_all_types(ledger: Ledger, lane: Interface) -> None:
    assert answered(ledger, PermissionMissingError, lane) == DAY


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("UTC", "2026-06-15T10:00", "2026-06-16T00:00"),
        ("Europe/Berlin", "2026-06-15T23:59:59", "2026-06-16T00:00"),
        ("Europe/Berlin", "2026-06-15T00:00", "2026-06-16T00:00"),
        # Days of 23 and 25 hours.
        ("Europe/Berlin", "2026-03-29T00:00", "2026-03-30T00:00"),
        ("Europe/Berlin", "2026-10-25T00:00", "2026-10-26T00:00"),
        # No midnight: the day begins at 1.
        ("America/Santiago", "2026-09-05T12:00", "2026-09-06T01:00"),
        ("Asia/Kathmandu", "2026-06-15T10:00", "2026-06-16T00:00"),
        ("Pacific/Kiritimati", "2026-06-15T10:00", "2026-06-16T00:00"),
        ("Pacific/Pago_Pago", "2026-06-15T10:00", "2026-06-16T00:00"),
    ],
)
def test_the_days_quota_comes_back_at_plant_midnight(
    ledger: Ledger, clock: HandClock, zone: str, now: str, until: str
) -> None:
    place: tzinfo = ZoneInfo(zone)
    clock.set_to(datetime.fromisoformat(now).replace(tzinfo=place))
    ledger.zone = place
    answered(ledger, DayQuotaError)
    assert ledger.lane(LANE).reason is PauseReason.DAY_QUOTA
    midnight = datetime.fromisoformat(until).replace(tzinfo=place).timestamp()
    assert ledger.ready_at(LANE) == midnight
    clock.wait(ledger.wait(LANE))
    assert ledger.wait(LANE) == 0


def test_a_pause_ends_when_its_cause_is_removed(ledger: Ledger) -> None:
    answered(ledger, PermissionMissingError)
    done(ledger.resume(LANE, PauseReason.LOGIN_REFUSED))
    assert ledger.wait(LANE) == DAY
    done(ledger.resume(LANE, PauseReason.NO_ACCESS))
    assert ledger.wait(LANE) == 0
    assert ledger.lane(LANE).reason is None


async def test_407_on_one_lane_leaves_the_others_running(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    sim.deny("getDevList", 407)
    for minutes in (15, 30):
        with pytest.raises(TooFrequentError):
            await link.client.devices([plant.code])
        with pytest.raises(NotYetError):
            await link.client.devices([plant.code])
        link.clock.wait(61)
        assert await link.client.plant_rows(
            Interface.PLANT_HOUR, [plant.code], link.clock.at()
        )
        link.clock.wait(minutes * MINUTE - 61)
    sim.deny("getDevList", None)
    assert await link.client.devices([plant.code])
    assert sim.count("getDevList") == 3
    assert link.ledger.lane(Interface.DEVICE_LIST).reason is None


@pytest.mark.parametrize(
    ("code", "error", "seconds"),
    [
        (403, BusyError, 2 * MINUTE),
        (429, BusyError, 2 * MINUTE),
        (20200, BusyError, 2 * MINUTE),
        (401, PermissionMissingError, DAY),
        (20009, KpiNotConfiguredError, DAY),
    ],
)
async def test_a_refusal_is_remembered(
    link: Link,
    sim: Simulator,
    plant: Plant,
    code: int,
    error: type[NorthboundError],
    seconds: float,
) -> None:
    link.ledger.profile = Profile.DAILY
    sim.deny("getDevList", code)
    with pytest.raises(error):
        await link.client.devices([plant.code])
    with pytest.raises(NotYetError):
        await link.client.devices([plant.code])
    assert link.ledger.wait(Interface.DEVICE_LIST) == seconds
    assert sim.count("getDevList") == 1


async def test_kpis_missing_for_one_type_leave_the_lane_open(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    link.ledger.profile = Profile.DAILY
    sim.deny("getDevKpiDay", 20009)
    device = plant.devices[0]
    for _ in range(2):
        with pytest.raises(KpiNotConfiguredError):
            await link.client.device_rows(
                Interface.DEVICE_DAY, device.type, [device.id], link.clock.at()
            )
        link.clock.wait(61)
    assert sim.count("getDevKpiDay") == 2


def test_since_when_a_lane_rests(ledger: Ledger, clock: HandClock) -> None:
    """Pauses that follow one another count as one, until an answer is good."""
    assert ledger.lane(LANE).paused_since == 0
    start = clock.now()
    for _ in range(3):
        assert answered(ledger, TooFrequentError)
        assert ledger.lane(LANE).paused_since == start
        clock.wait(2 * 60 * MINUTE)
    again = Ledger(nothing, clock.now)
    again.load(ledger.dump())
    assert again.lane(LANE).paused_since == start
    clock.wait(-DAY)
    assert again.lane(LANE).paused_since == clock.now()
    clock.wait(DAY)
    done(ledger.claim(LANE))
    done(ledger.record(LANE, None))
    assert ledger.lane(LANE).paused_since == 0
    later = clock.now()
    clock.wait(DAY)
    assert answered(ledger, TooFrequentError)
    assert ledger.lane(LANE).paused_since == later + DAY


def test_the_record_of_another_address_is_taken_over(
    ledger: Ledger, clock: HandClock
) -> None:
    """All calls count, each once, and the longer pause holds."""
    other = Ledger(nothing, clock.now)
    for known in (ledger, other):
        done(known.claim(LANE))
        clock.wait(MINUTE)
    done(other.claim(OTHER))
    done(other.pause(LANE, 600, PauseReason.DAY_QUOTA))
    done(ledger.pause(LANE, 60, PauseReason.BUSY))
    done(ledger.pause(OTHER, 600, PauseReason.BUSY))
    for _ in range(2):
        done(ledger.merge(other))
        assert list(ledger.lane(LANE).calls) == sorted(
            [clock.now() - 2 * MINUTE, clock.now() - MINUTE]
        )
        assert ledger.lane(LANE).tally.since_yesterday(clock.now()) == 2
        assert ledger.lane(LANE).reason is PauseReason.DAY_QUOTA
        assert ledger.wait(LANE) == 600
        assert ledger.lane(OTHER).reason is PauseReason.BUSY
        assert len(ledger.lane(OTHER).calls) == 1


@pytest.mark.parametrize(
    "reason",
    [
        PauseReason.NO_ACCESS,
        PauseReason.NO_CONSENT,
        PauseReason.NOT_CONFIGURED,
        PauseReason.LOGIN_REFUSED,
    ],
)
def test_what_was_not_granted_may_be_so_at_another_address(
    ledger: Ledger, clock: HandClock, reason: PauseReason
) -> None:
    done(ledger.pause(LANE, DAY, reason))
    done(ledger.merge(Ledger(nothing, clock.now)))
    assert ledger.wait(LANE) == 0

"""Lanes of periods: what is asked, how often, and what a refusal does."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity_component import async_update_entity
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import CONF_EXCLUDED_PLANTS, DOMAIN
from custom_components.smartpvms.hub.store import HubStore
from custom_components.smartpvms.live.period_coordinator import EVERY, LIVE_SHARE
from custom_components.smartpvms.live.period_rows import by_key, rows_to_apply
from custom_components.smartpvms.northbound import Interface
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet
from tests.conftest import device_of, entity_id, make_entry, restart, state_of
from tests.live.periods import (
    DEVICE_LANES,
    LANES,
    PLANT_LANES,
    asked,
    enable,
    period_states,
    start_with,
)

type Wait = Callable[..., Awaitable[None]]

CODE = "NE=33554785"
HOUR = 3600
DAY = 24 * HOUR
# The first look at two minutes, and a minute more for the second type.
LOOK = 200
# Two types of a house have days: inverters and the battery.
ONCE = dict.fromkeys(PLANT_LANES, 1) | dict.fromkeys(DEVICE_LANES, 2)


async def test_live_data_come_first(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.faults.add(Fault(FaultKind.NULL, "getDevRealKpi"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [call.interface for call in sim.calls] == ["login", "stations", "getDevList"]
    await wait(400, 10)
    assert not any(asked(sim).values())
    sim.faults.clear()
    await wait(300, 10)
    assert asked(sim) == ONCE
    first = [call.interface for call in sim.calls].index("getKpiStationDay")
    live = [c.interface for c in sim.calls[:first]]
    assert {"getStationRealKpi", "getDevRealKpi"} <= set(live)


async def test_an_account_without_live_data_has_periods(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.deny("getDevRealKpi", 401)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(500, 10)
    assert not any(asked(sim).values())
    await wait(300, 10)
    assert asked(sim) == ONCE


@pytest.mark.parametrize("dialect", Dialect)
async def test_what_nobody_listens_to_is_asked_once(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(LOOK, 10)
    once = asked(sim)
    assert once == ONCE
    key = "day_buyPower"
    assert enable(hass, setup, {key}) == (sim.dialect is Dialect.V2022)
    await wait(DAY, 600)
    listened = asked(sim).pop("getKpiStationDay")
    assert (listened > 8) is (sim.dialect is Dialect.V2022)
    assert asked(sim) | {"getKpiStationDay": 1} == once


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_day_with_everything_enabled(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Two fifths of a lane at most, never a 407, and as often as is useful."""
    await wait(LOOK, 10)
    await start_with(hass, setup)
    calls = asked(sim)
    await wait(DAY, 600)
    assert sim.count(fail_code=407) == 0
    made = {lane: count - calls[lane] for lane, count in asked(sim).items()}
    newer = sim.dialect is Dialect.V2022
    for lane, most in {
        "getKpiStationDay": 25 * LIVE_SHARE if newer else 24,
        "getKpiStationMonth": 4,
        "getKpiStationYear": 2,
        "getDevKpiDay": 26 * LIVE_SHARE if newer else 48,
        "getDevKpiMonth": 8,
        "getDevKpiYear": 4,
    }.items():
        assert 0.7 * most - 1 <= made[lane] <= most
    assert STATE_UNAVAILABLE not in period_states(hass)


async def test_restarts_all_day(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(LOOK, 10)
    await start_with(hass, setup)
    for _ in range(24):
        await wait(HOUR - 300, 300)
        await restart(hass, setup)
        await wait(300, 60)
    assert sim.count(fail_code=407) == 0
    assert sim.count("getKpiStationDay") <= 25 * LIVE_SHARE + 1
    assert sim.count("getDevKpiDay") <= 26 * LIVE_SHARE + 2


async def test_a_crash_costs_one_more_round(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was not saved is asked again, as far as the ledger allows."""

    async def killed(self: object) -> None:
        """Write nothing."""

    await wait(100, 10)
    monkeypatch.setattr(HubStore, "async_save", killed)
    monkeypatch.setattr(HubStore, "save_later", lambda self: None)
    await wait(130, 10)
    assert asked(sim) == ONCE
    await restart(hass, setup)
    await wait(LOOK, 10)
    assert asked(sim) == {lane: 2 * count for lane, count in ONCE.items()}
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("code", [20009, 20013])
async def test_a_type_that_is_refused_stops_no_other(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    code: int,
) -> None:
    """Left alone for a day at least, over a restart, and not counted any more."""
    ledger = setup.runtime_data.account.ledger
    assert ledger.most(Interface.DEVICE_MONTH) == 26
    sim.faults.add(Fault(FaultKind.CODE, "getDevKpiDay", times=1, code=code))
    await wait(LOOK, 10)
    assert [c.fail_code for c in sim.calls if c.interface == "getDevKpiDay"] == [
        code,
        0,
    ]
    refused = next(c.payload["devTypeId"] for c in sim.calls if c.fail_code == code)
    assert ledger.most(Interface.DEVICE_MONTH) == 25
    issue = (DOMAIN, f"{setup.entry_id}_not_configured_getDevKpiDay")
    assert (issue in ir.async_get(hass).issues) is (code == 20009)
    await start_with(hass, setup)
    await wait(20 * HOUR, 600)
    types = [c.payload["devTypeId"] for c in sim.calls if c.interface == "getDevKpiDay"]
    assert types.count(refused) == 1
    assert len(types) > 6
    assert setup.runtime_data.account.ledger.most(Interface.DEVICE_MONTH) == 25
    battery = device_of(sim, Type.BATTERY)
    assert float(state_of(hass, battery, "month_charge_cap")) > 0
    await wait(8 * DAY, 2 * HOUR)
    types = [c.payload["devTypeId"] for c in sim.calls if c.interface == "getDevKpiDay"]
    assert types.count(refused) > 1
    assert setup.runtime_data.account.ledger.most(Interface.DEVICE_MONTH) == 26
    assert issue not in ir.async_get(hass).issues


@pytest.mark.parametrize(
    ("interface", "code"),
    [("getKpiStationDay", 401), ("getDevKpiMonth", 401), ("getDevKpiMonth", 20009)],
)
async def test_a_missing_permission_is_named_and_granted(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    interface: str,
    code: int,
) -> None:
    kind = "no_access" if code == 401 else "not_configured"
    issue = (DOMAIN, f"{setup.entry_id}_{kind}_{interface}")
    sim.deny(interface, code)
    await wait(LOOK + 70, 10)
    assert issue in ir.async_get(hass).issues
    calls = asked(sim)
    hub = setup.runtime_data
    await hub.async_ask_again(Interface(interface))
    assert issue in ir.async_get(hass).issues
    assert sim.count(interface) > calls[interface]
    sim.deny(interface, None)
    await wait(70, 10)
    await hub.async_ask_again(Interface(interface))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue not in ir.async_get(hass).issues
    assert sim.count(interface, 0) > 0
    assert {lane: n for lane, n in asked(sim).items() if lane != interface} == {
        lane: n for lane, n in calls.items() if lane != interface
    }


async def test_what_fails_is_asked_again_and_logged_once(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def told() -> list[str]:
        return [
            record.getMessage()
            for record in caplog.records
            if record.levelname in ("WARNING", "ERROR")
            and "getKpiStationMonth" in record.getMessage()
        ]

    sim.faults.add(Fault(FaultKind.CODE, "getKpiStationMonth", code=20005))
    await wait(LOOK, 10)
    assert asked(sim) == ONCE
    await wait(12 * HOUR, 600)
    failed = sim.count("getKpiStationMonth")
    assert 4 <= failed <= 6
    assert len(told()) == 1
    assert CODE not in told()[0]
    assert "data data" not in told()[0]
    sim.faults.clear()
    await wait(3 * HOUR, 300)
    assert sim.count("getKpiStationMonth", 0) == 1
    assert sim.count(fail_code=407) == 0


async def test_a_busy_server_is_asked_as_seldom_as_one_that_fails(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """It counts what it refuses, and the import needs the rest of the lane."""
    sim.faults.add(Fault(FaultKind.CODE, "getKpiStationMonth", code=20004))
    await wait(12 * HOUR, 600)
    assert 4 <= sim.count("getKpiStationMonth") <= 6
    sim.faults.clear()
    await wait(3 * HOUR, 300)
    assert sim.count("getKpiStationMonth", 0) == 1


async def test_an_outage_spends_no_calls(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(LOOK, 10)
    await start_with(hass, setup)
    await wait(HOUR, 60)
    calls = asked(sim)
    sim.faults.add(Fault(FaultKind.CODE, code=20004))
    await wait(12 * HOUR, 600)
    assert all(asked(sim)[lane] - calls[lane] <= calls[lane] for lane in LANES)
    sim.faults.clear()
    await wait(4 * HOUR, 300)
    assert sim.count(fail_code=407) == 0
    assert STATE_UNAVAILABLE not in period_states(hass)


async def test_a_407_rests_one_lane_and_the_round_goes_on(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.faults.add(Fault(FaultKind.CODE, "getDevKpiYear", times=1, code=407))
    await wait(LOOK, 10)
    assert asked(sim) == ONCE | {"getDevKpiYear": 1}
    await wait(1000, 10)
    assert asked(sim) == ONCE | {"getDevKpiYear": 3}


async def test_a_new_plant_is_looked_at_until_it_has_rows(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    sim.faults.add(Fault(FaultKind.EMPTY_MAP, "getKpiStationYear"))
    await wait(23 * HOUR, 600)
    assert sim.count("getKpiStationYear") == 1
    await wait(14 * HOUR, 600)
    assert sim.count("getKpiStationYear") == 2
    sim.faults.clear()
    await wait(30 * HOUR, 900)
    assert sim.count("getKpiStationYear") == 3
    await wait(30 * HOUR, 900)
    assert sim.count("getKpiStationYear") == 3


async def test_updates_on_request_ask_nothing_early(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    await wait(LOOK, 10)
    calls = asked(sim)
    for _ in range(3):
        await async_update_entity(hass, entity_id(hass, "sensor", CODE, "day_buyPower"))
        await wait(20)
    assert asked(sim) == calls


@pytest.mark.slow
async def test_more_than_a_hundred_plants(
    hass: HomeAssistant, sim: Simulator, url: str, wait: Wait
) -> None:
    """One excluded, the others in as few calls as there are hundreds."""
    sim.plants[:] = fleet.many(121, 3)
    left_out = sim.plants[7].code
    entry = make_entry(url, **{CONF_EXCLUDED_PLANTS: [left_out]})
    entry.add_to_hass(hass)
    # The second page waits its minute, and the set-up with it.
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await wait(1000, 20)
    assert sim.count("getKpiStationDay") == 2
    assert sim.count("getDevKpiDay") == 3 + 2
    assert len(entry.runtime_data.periods.plants[0].data) == 120
    await start_with(hass, entry, {"day_PVYield"})
    day = entry.runtime_data.periods.plants[0]
    assert len(day.data) == 120
    assert day.cycle() == pytest.approx(2 * DAY / (26 * LIVE_SHARE))
    asked_for = [
        code
        for call in sim.calls
        if call.interface in LANES and "stationCodes" in call.payload
        for code in call.payload["stationCodes"].split(",")
    ]
    assert left_out not in asked_for
    await wait(10 * HOUR, 600)
    assert sim.count(fail_code=407) == 0
    assert sim.count("getKpiStationDay") == 2 + 2 * 2


async def test_all_types_of_a_large_plant(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """The central inverter has no days on newer systems, and stops no other."""
    sim.plants[:] = [fleet.utility()]
    assert await hass.config_entries.async_setup(entry.entry_id)
    # Five types, one a minute.
    await wait(LOOK + 5 * 60, 10)
    assert {
        (c.payload["devTypeId"], c.fail_code)
        for c in sim.calls
        if c.interface == "getDevKpiDay"
    } == {(1, 0), (38, 0), (39, 0), (41, 0), (14, 20013)}
    hub = entry.runtime_data
    assert hub.account.ledger.most(Interface.DEVICE_DAY) == 4 + 24
    await start_with(hass, entry)
    await wait(DAY, 600)
    assert sim.count(fail_code=407) == 0
    storage = device_of(sim, Type.LARGE_STORAGE)
    assert float(state_of(hass, storage, "year_discharge_cap")) > 0


async def test_a_refused_type_is_not_asked_for_its_other_devices(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.plants[:] = fleet.many(101, 1)
    sim.faults.add(Fault(FaultKind.CODE, "getDevKpiYear", times=1, code=20013))
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await wait(1000, 20)
    assert sim.count("getDevKpiMonth") == 2
    assert sim.count("getDevKpiYear") == 1


async def test_rows_of_nobody_and_of_no_time(
    hass: HomeAssistant, setup: MockConfigEntry, wait: Wait
) -> None:
    await wait(LOOK, 10)
    lane = setup.runtime_data.periods.plants[0]
    before = dict(lane.data)
    at = dt_util.utcnow()
    rows = [(CODE, None, {"use_power": 1.0}), ("gone", at, {"use_power": 1.0})]
    for source in ("gone", "other"):
        await lane.async_apply_rows(by_key([CODE, source], rows))
    assert lane.data == before


async def test_a_device_that_left(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(LOOK, 10)
    await start_with(hass, setup)
    battery = device_of(sim, Type.BATTERY)
    sim.plants[0].devices[:] = [d for d in sim.plants[0].devices if d.id != battery]
    await wait(30 * HOUR, 600)
    lane = setup.runtime_data.periods.devices[0]
    assert battery not in lane.data
    assert battery not in lane.asked
    assert len(lane.data) == 2
    # Of the live lane the server forgets the type before the list tells.
    assert not [name for name in LANES if sim.count(name, 407)]


async def test_a_clock_that_was_ahead(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    await wait(LOOK, 10)
    await start_with(hass, setup, {"day_use_power"})
    freezer.tick(-5 * DAY)
    sim.clock.offset += timedelta(days=5)
    before = sim.count("getKpiStationDay")
    await restart(hass, setup)
    await wait(4 * HOUR, 60)
    assert sim.count("getKpiStationDay") > before
    assert sim.count(fail_code=407) == 0


def test_the_shorter_the_period_the_more_often() -> None:
    assert sorted(EVERY.values()) == [HOUR, 6 * HOUR, 12 * HOUR]


@pytest.mark.parametrize(
    ("starts", "known", "expected"),
    [
        ([], None, []),
        ([100, 200], None, [200]),
        ([100, 200], 200, [200]),
        ([100, 200], 100, [100, 200]),
        ([0, 200], 0, [0, 200]),
        ([200], 100, [200]),
        # No way back, nothing older than the last period, nothing of the future.
        ([100], 200, []),
        ([10], None, []),
        ([100, 400], None, [100]),
    ],
)
def test_rows_to_take(
    starts: list[float], known: float | None, expected: list[float]
) -> None:
    assert rows_to_apply(starts, known, earliest=50, now=300) == expected

"""Whatever goes wrong on the way: nothing is lost, nothing is doubled."""

from datetime import date

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from simulator import Dialect, Fault, FaultKind, Simulator, Type, fleet

from .conftest import rows_of
from .life import (
    DAY,
    EXACT,
    HOUR,
    ImportAll,
    all_rows,
    asked,
    assert_hours,
    assert_whole,
    last_midnight,
    midnight,
    pass_time,
    start,
    step_of,
)

pytestmark = pytest.mark.slow

DEPTH = 6
WITHIN = {Dialect.V2020: 0.02, Dialect.V2022: EXACT}
FIVE_MINUTES = {
    Dialect.V2020: "getDevFiveMinutes",
    Dialect.V2022: "getDevHistoryKpi",
}
BACKFILLED = (
    *(f"getKpiStation{level}" for level in ("Hour", "Day", "Month", "Year")),
    *FIVE_MINUTES.values(),
)


@pytest.fixture
def connected() -> date:
    """Return when the house was connected: it is a few months old."""
    return date(2026, 4, 12)


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


async def assert_all(hass: HomeAssistant, sim: Simulator, begun: float) -> None:
    """Assert that the life is whole, and each hour of the depth its own."""
    plant = sim.plants[0]
    await assert_whole(hass, sim)
    await assert_hours(
        hass,
        sim,
        midnight(plant, begun, 1 - DEPTH),
        last_midnight(sim),
        within=WITHIN[sim.dialect],
    )


FAULTS = [
    Fault(FaultKind.HTTP, status=500),
    Fault(FaultKind.HTML),
    Fault(FaultKind.CUT),
    Fault(FaultKind.LOST),
    Fault(FaultKind.CODE, code=407),
    Fault(FaultKind.CODE, code=20004),
    Fault(FaultKind.TEXT),
    Fault(FaultKind.NULL),
    Fault(FaultKind.EMPTY_MAP),
]


@pytest.mark.parametrize(
    ("fault", "dialect"),
    [
        *((fault, Dialect.V2022) for fault in FAULTS),
        (Fault(FaultKind.HALF), Dialect.V2020),
        (Fault(FaultKind.CODE, code=407), Dialect.V2020),
        (Fault(FaultKind.EMPTY_LIST), Dialect.V2020),
    ],
    ids=lambda value: (
        f"{value.kind}-{value.code}" if isinstance(value, Fault) else value
    ),
)
async def test_every_third_answer_is_spoiled(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    fault: Fault,
    dialect: Dialect,
) -> None:
    """What was not answered is asked again, and the life is whole in the end."""
    begun = sim.clock.now()
    for interface in BACKFILLED:
        sim.faults.add(
            Fault(
                fault.kind,
                interface,
                probability=0.35,
                status=fault.status,
                code=fault.code,
            )
        )
    history = await start(hass, entry)
    await pass_time(hass, freezer, 4 * HOUR, HOUR / 4)
    sim.faults.clear()
    await import_all(history, step_of(dialect))
    # The recent days are asked once more after a day. A step takes one call of a
    # lane, or none where the session is over, and a day of devices three calls.
    await pass_time(hass, freezer, 26 * HOUR, 2 * HOUR)
    await pass_time(hass, freezer, 4 * HOUR, HOUR / 6)
    await assert_all(hass, sim, begun)


async def test_a_day_of_nothing_but_empty_answers(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """An answer without a row says nothing about a day on which the plant was."""
    begun = sim.clock.now()
    sim.faults.add(Fault(FaultKind.NULL, "getKpiStationHour"))
    history = await start(hass, entry)
    await pass_time(hass, freezer, DAY, HOUR)
    sim.faults.clear()
    await pass_time(hass, freezer, 2 * DAY, HOUR)
    await import_all(history, 1800)
    plant = sim.plants[0]
    await assert_hours(
        hass, sim, midnight(plant, begun, 3 - DEPTH), midnight(plant, begun)
    )


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_type_that_has_no_five_minute_rows(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """The powers of the others are imported; the refused one is left alone."""
    code, interface = sim.plants[0].code, FIVE_MINUTES[dialect]
    sim.faults.add(Fault(FaultKind.CODE, interface, times=1, code=20013))
    history = await start(hass, entry)
    await import_all(history, step_of(dialect))
    refused = [call for call in sim.calls if call.fail_code == 20013]
    assert len(refused) == 1
    # The inverters come first.
    assert refused[0].payload["devTypeId"] == Type.ENERGY_CENTER
    served = {call.payload["devTypeId"] for call in asked(sim, interface)}
    assert served == {Type.BATTERY, Type.POWER_SENSOR}
    assert await rows_of(hass, code, "battery_power")
    assert await rows_of(hass, code, "grid_power")
    assert not await rows_of(hass, code, "pv_power")
    before = len(sim.calls)
    await pass_time(hass, freezer, 7 * DAY, 6 * HOUR)
    # A day takes three calls: in long steps, one each or none, it is not answered.
    await pass_time(hass, freezer, 6 * HOUR, HOUR / 6)
    served = {call.payload["devTypeId"] for call in asked(sim, interface, before)}
    assert Type.ENERGY_CENTER in served
    assert await rows_of(hass, code, "pv_power")
    await assert_whole(hass, sim)


async def test_an_interface_that_was_not_granted(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    import_all: ImportAll,
) -> None:
    """The user is told; the coarser rows come in, and the hours once granted."""
    begun = sim.clock.now()
    sim.deny("getKpiStationHour", 401)
    history = await start(hass, entry)
    await pass_time(hass, freezer, 2.2 * DAY, HOUR)
    issue = (DOMAIN, f"{entry.entry_id}_no_access_getKpiStationHour")
    assert issue in ir.async_get(hass).issues
    assert 2 <= sim.count("getKpiStationHour", 401) <= 4
    assert asked(sim, "getKpiStationMonth")
    assert asked(sim, "getKpiStationDay")
    plant = sim.plants[0]
    settled = midnight(plant, begun, -4)
    rows = await all_rows(hass, plant.code, settled)
    assert sum(row["change"] for row in rows["pv_energy"]) == pytest.approx(
        sim.truth(plant.code)
        .energy(
            plant.world.local(plant.world.midnight(plant.site.connected)),
            plant.world.local(settled),
        )
        .pv,
        abs=0.05,
    )
    sim.deny("getKpiStationHour", None)
    await pass_time(hass, freezer, 1.2 * DAY, HOUR)
    await import_all(history, 1800)
    assert issue not in ir.async_get(hass).issues
    await assert_whole(hass, sim)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_plant_that_leaves_the_account(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    import_all: ImportAll,
    dialect: Dialect,
) -> None:
    """The import of the other one goes on, and what was imported stays."""
    begun = sim.clock.now()
    other = fleet.emma(connected=date(2026, 4, 20))
    # In 2020 nobody has heard of an EMMA.
    if dialect is Dialect.V2020:
        other = fleet.residential("NE=33554786", 2, connected=date(2026, 4, 20))
    sim.plants.append(other)
    history = await start(hass, entry)
    await pass_time(hass, freezer, 200, 50)
    assert not history.is_complete
    before = await rows_of(hass, other.code, "pv_energy")
    assert before
    sim.plants.remove(other)
    await pass_time(hass, freezer, 4 * HOUR, HOUR / 4)
    await import_all(history, step_of(dialect))
    await pass_time(hass, freezer, 26 * HOUR, 2 * HOUR)
    await assert_all(hass, sim, begun)
    assert len(await rows_of(hass, other.code, "pv_energy")) >= len(before)
    assert sim.count(fail_code=407) == 0

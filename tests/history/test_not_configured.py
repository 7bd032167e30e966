"""Device types of which the system has no indicators: told, and made good later."""

from datetime import date

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import Interface
from simulator import Dialect, Fault, FaultKind, Simulator, Type
from tests.conftest import DIALECTS_OF_DAYS, restart

from .conftest import rows_of
from .life import DAY, HOUR, ImportAll, asked, assert_whole, pass_time, start, step_of

DEPTH = 4
FIVE_MINUTES = {
    Dialect.V2020: "getDevFiveMinutes",
    Dialect.V2022: "getDevHistoryKpi",
}


@pytest.fixture
def connected() -> date:
    """Return when the house began: a few months ago."""
    return date(2026, 4, 12)


@pytest.fixture
def depth() -> int:
    """Return for how many days hours are imported."""
    return DEPTH


def told(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Return the device types that a repair names, by interface."""
    kind = f"{entry.entry_id}_not_configured_"
    return {
        issue_id.removeprefix(kind): (issue.translation_placeholders or {})["types"]
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue_id.startswith(kind)
    }


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS_OF_DAYS)
async def test_five_minutes_of_a_type(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    import_all: ImportAll,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """It is asked once a day; once it answers, the past is asked with it."""
    code, interface = sim.plants[0].code, FIVE_MINUTES[dialect]
    sim.faults.add(Fault(FaultKind.CODE, interface, times=1, code=20009))
    history = await start(hass, entry)
    await import_all(history, step_of(dialect))
    assert told(hass, entry) == {interface: "Residential inverter"}
    assert not await rows_of(hass, code, "pv_power")
    assert len(await rows_of(hass, code, "grid_power")) > (DEPTH - 1) * 24
    # Neither a restart forgets it, nor does another answer of the interface.
    await restart(hass, entry)
    assert told(hass, entry) == {interface: "Residential inverter"}
    before = len(sim.calls)
    inverter = Type.ENERGY_CENTER
    refused = next(call.at for call in sim.calls if call.fail_code == 20009)
    left = refused + DAY - sim.clock.now()
    assert left > 3 * HOUR
    await pass_time(hass, freezer, left - 2 * HOUR, HOUR)
    served = {call.payload["devTypeId"] for call in asked(sim, interface, before)}
    assert served == {Type.BATTERY, Type.POWER_SENSOR}
    # A step takes one call of a lane, or none where the session is over, and a day
    # three calls: in steps of an hour the past would not be asked on that day.
    await pass_time(hass, freezer, 7 * HOUR, HOUR / 6)
    assert inverter in {c.payload["devTypeId"] for c in asked(sim, interface, before)}
    assert not told(hass, entry)
    await import_all(entry.runtime_data.history, step_of(dialect))
    assert len(await rows_of(hass, code, "pv_power")) > (DEPTH - 1) * 24
    await assert_whole(hass, sim)
    assert sim.count(fail_code=407) == 0


async def test_a_type_that_was_granted_is_asked_at_once(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    dialect: Dialect,
) -> None:
    """The repair says so; one that is still refused comes back."""
    interface = FIVE_MINUTES[dialect]
    sim.deny(interface, 20009)
    await start(hass, entry)
    await pass_time(hass, freezer, 600, 65)
    types = "Battery, Power sensor, Residential inverter"
    assert told(hass, entry) == {interface: types}
    await pass_time(hass, freezer, 2 * HOUR, 1200)
    assert sim.count(interface, 20009) == 3
    hub = entry.runtime_data
    for code, expected in ((20009, {interface: types}), (None, {})):
        sim.deny(interface, code)
        await hub.async_ask_again(Interface.DEVICE_HISTORY)
        await pass_time(hass, freezer, 400, 65)
        assert told(hass, entry) == expected
    assert sim.count(interface, 20009) == 6
    assert sim.count(interface, 0) >= 3
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_days_of_a_type_are_told_once(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The import asks the batteries' days, the sensors those of all devices."""
    sim.deny("getDevKpiDay", 20009)
    await start(hass, entry)
    await pass_time(hass, freezer, HOUR, 120)
    assert told(hass, entry) == {"getDevKpiDay": "Battery, Residential inverter"}
    battery = [
        call
        for call in sim.calls
        if call.interface == "getDevKpiDay"
        and call.payload["devTypeId"] == Type.BATTERY
    ]
    assert len(battery) == 2

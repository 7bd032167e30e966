"""The insights of a house, held against what really happened there."""

from datetime import date

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import CONF_EXPORT_PRICE, CONF_IMPORT_PRICE
from custom_components.smartpvms.history.feeds import YEARS, Feed, Track
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.local_time import DAY, Days
from custom_components.smartpvms.northbound import Period
from simulator import Simulator
from simulator.truth import EnergyFlow

from ..assist.conftest import BY_DAY, FIRST, flow, instant
from ..conftest import entity_id, make_entry, restart, state_of

TODAY = date(2026, 6, 15)
NOW = instant(TODAY, 12)
BOUGHT, SOLD = 0.31, 0.08
BEGUN = {
    "day": instant(TODAY),
    "month": instant(date(2026, 6, 1)),
    "year": instant(date(2026, 1, 1)),
    "total": instant(FIRST),
}


@pytest.fixture
def entry(hass: HomeAssistant, url: str) -> MockConfigEntry:
    """Return an entry with both prices."""
    prices = {CONF_IMPORT_PRICE: BOUGHT, CONF_EXPORT_PRICE: SOLD}
    entry = make_entry(url, **prices)
    entry.add_to_hass(hass)
    return entry


async def refresh(hass: HomeAssistant, hub: Hub) -> None:
    """Derive the insights now, and let their sensors appear."""
    await hub.insights.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


def money(found: EnergyFlow) -> float:
    """Return what was saved."""
    return BOUGHT * (found.consumption - found.import_) + SOLD * found.export


async def test_savings_shares_and_battery_are_the_houses_own(
    hass: HomeAssistant, house: Hub, sim: Simulator
) -> None:
    """Each by its formula, from what the simulator knows; no call is made."""
    code = sim.plants[0].code
    progress = house.history.progress(code)
    await house.history._ingest.async_price(code, progress)
    calls = len(sim.calls)
    await refresh(hass, house)
    shown = house.insights.data[code].values
    # Only years would tell what there was since the start, and none were asked.
    assert not shown.keys() & {"battery_cycles", "year_saved", "total_saved"}
    progress.hold(YEARS, Days.between(date(1970, 1, 1), date(1970, 1, 2)))
    months = Days.between(FIRST.replace(day=1), BY_DAY)
    progress.hold(Feed(Track.PLANT, Period.MONTH), months)
    await refresh(hass, house)
    assert len(sim.calls) == calls

    shown = house.insights.data[code].values
    flows = {period: flow(sim, begin, NOW) for period, begin in BEGUN.items()}
    for period, found in flows.items():
        assert shown[f"{period}_saved"] == pytest.approx(money(found), abs=0.02)
    for period in ("month", "year"):
        found = flows[period]
        rate, autarky = (
            1 - found.export / found.pv,
            1 - found.import_ / found.consumption,
        )
        key = f"{period}_self_consumption_rate"
        assert shown[key] == pytest.approx(100 * rate, abs=0.1)
        assert shown[f"{period}_autarky_rate"] == pytest.approx(100 * autarky, abs=0.1)
    discharged = flows["total"].discharge
    assert shown["battery_throughput"] == pytest.approx(discharged, abs=0.1)
    assert shown["battery_cycles"] == pytest.approx(discharged / 10, abs=0.1)
    lately = flow(sim, instant(TODAY) - 30 * DAY, instant(TODAY))
    assert shown["battery_efficiency"] == pytest.approx(
        100 * lately.discharge / lately.charge, abs=0.1
    )
    # Too few days of the battery's first year are known.
    assert "battery_capacity_kept" not in shown

    saved = hass.states.get(entity_id(hass, "sensor", code, "total_saved"))
    assert saved
    assert float(saved.state) == pytest.approx(money(flows["total"]), abs=0.02)
    assert saved.attributes["unit_of_measurement"] == hass.config.currency
    assert "state_class" not in saved.attributes
    registry = er.async_get(hass)
    share = registry.async_get(entity_id(hass, "sensor", code, "year_autarky_rate"))
    assert share
    assert share.disabled_by is er.RegistryEntryDisabler.INTEGRATION

    entry = house.account.entry
    await restart(hass, entry)
    assert state_of(hass, code, "total_saved") == saved.state


async def test_without_a_price_nothing_is_saved(
    hass: HomeAssistant, house: Hub, sim: Simulator
) -> None:
    """And there is no sensor that says so."""
    code = sim.plants[0].code
    hass.config_entries.async_update_entry(
        house.account.entry, options={"excluded_plants": []}
    )
    await refresh(hass, house)
    shown = house.insights.data[code].values
    assert "month_self_consumption_rate" in shown
    assert not any(key.endswith("_saved") for key in shown)


async def test_a_gap_in_the_last_days_leaves_the_efficiency_open(
    hass: HomeAssistant, house: Hub, sim: Simulator
) -> None:
    """A month's row alone would put all of its energy on one side of the window."""
    code = sim.plants[0].code
    progress = house.history.progress(code)
    await refresh(hass, house)
    assert "battery_efficiency" in house.insights.data[code].values
    progress.held.clear()
    await refresh(hass, house)
    assert "battery_efficiency" not in house.insights.data[code].values

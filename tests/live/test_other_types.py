"""Device types that nobody has heard of are asked once for values."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.diagnostics import async_get_config_entry_diagnostics
from simulator import Device, Simulator
from tests.captures import captured

type Wait = Callable[..., Awaitable[None]]

UNKNOWN, RACK = 99999, 60014


def asked(sim: Simulator, type_id: int) -> list[int | None]:
    """Return how the calls for a type were answered."""
    return [
        call.fail_code
        for call in sim.calls
        if call.interface == "getDevRealKpi"
        and str(call.payload["devTypeId"]) == str(type_id)
    ]


@pytest.fixture
def other(sim: Simulator) -> Device:
    """Return a device of an unknown type."""
    device = sim.plants[0].devices[-1]
    new = type(device)(id=4711, type=UNKNOWN, name="Something", serial=None)
    sim.plants[0].devices.append(new)
    return new


async def test_a_type_that_answers_is_polled_like_any_other(
    hass: HomeAssistant,
    other: Device,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
) -> None:
    row = captured("getDevRealKpi_60014_1")["data"][0]["dataItemMap"]
    sim.other_types[UNKNOWN] = row
    setup.runtime_data.devices.types.ask_all_again()
    await wait(1800, 30)
    assert len([code for code in asked(sim, UNKNOWN) if code == 0]) >= 4
    entities = er.async_get(hass).entities.values()
    found = {e.unique_id for e in entities if e.unique_id.startswith(f"{other.id}_")}
    numbers = {k for k, v in row.items() if isinstance(v, int | float)}
    assert {f"{other.id}_{key}" for key in numbers} <= found
    # A user's report tells them.
    told = await async_get_config_entry_diagnostics(hass, setup)
    types = [one for one in told["device_types"].values() if one["id"] == UNKNOWN]
    assert [set(one["keys"]) for one in types] == [numbers]
    assert sim.count(fail_code=407) == 0


@pytest.mark.parametrize("code", [20013, 20009, 0])
async def test_a_type_that_has_no_values_is_left_alone(
    hass: HomeAssistant,
    other: Device,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    code: int,
) -> None:
    """No repair of it: there is nothing that somebody could configure."""
    if code != 20013:
        sim.other_types[UNKNOWN] = {}
    if code == 20009:
        sim.refuse_for(other.id, code)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(3600, 60)
    # An empty answer is tried with the type as text, too.
    assert asked(sim, UNKNOWN) == [code] * (1 if code else 2)
    # It came last, so that it kept no other waiting.
    calls = [call for call in sim.calls if call.interface == "getDevRealKpi"]
    types = list(dict.fromkeys(str(call.payload["devTypeId"]) for call in calls))
    assert types[-1] == str(UNKNOWN)
    assert not [key for domain, key in ir.async_get(hass).issues if domain == DOMAIN]
    assert sim.count(fail_code=407) == 0

"""Actions: what they answer, what they refuse before a call is spent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import Dialect, Simulator, Type, fleet, serve
from tests.conftest import device_of, entity_id, make_entry

type Wait = Callable[..., Awaitable[None]]

PLANT = "NE=33554785"


@pytest.fixture
def dialect() -> Dialect:
    """Allow a call a minute."""
    return Dialect.V2020


async def get_alarms(
    hass: HomeAssistant,
    *sources: str | int,
    context: Context | None = None,
    **data: Any,
) -> dict[str, list[dict[str, Any]]]:
    """Return what the action answers, by source."""
    ids = {registry_id_of(hass, str(source)): str(source) for source in sources}
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "get_alarms",
        {"device_id": list(ids), **data},
        blocking=True,
        return_response=True,
        context=context,
    )
    return {ids[key]: value["alarms"] for key, value in answer.items()}


async def test_alarms_of_a_plant_and_of_a_device(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    inverter, battery = device_of(sim, Type.ENERGY_CENTER), device_of(sim, Type.BATTERY)
    hot = sim.alarms.raise_(PLANT, inverter, alarm_id=1, level=1, name="Hot")
    sim.alarms.raise_(PLANT, inverter, alarm_id=2, level=3, name="Dirty")
    sim.alarms.clear(hot)
    await wait(61)
    answer = await get_alarms(hass, PLANT, inverter, battery)
    names = {
        source: {alarm["name"]: alarm["status"] for alarm in alarms}
        for source, alarms in answer.items()
    }
    both = {"Hot": "cleared", "Dirty": "active"}
    assert names == {PLANT: both, str(inverter): both, str(battery): {}}
    (first, _) = sorted(answer[PLANT], key=lambda alarm: str(alarm["id"]))
    assert first["severity"] == "critical"
    assert first["suggestion"] == "Hot: suggestion"
    assert first["raised_at"]


@pytest.mark.parametrize("dialect", [Dialect.V2022])
@pytest.mark.parametrize("cuts", [True, False])
async def test_a_server_that_answers_a_week_only_is_asked_for_the_others(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    cuts: bool,
) -> None:
    """As far as calls are left; one that answers all of a period is asked once."""
    # All calls are the action's.
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    assert await hass.config_entries.async_setup(entry.entry_id)
    sim.alarms.cuts = cuts
    now = dt_util.utcnow()
    for days in (1, 10):
        sim.alarms.raise_(PLANT, name=f"{days} days", at=now - timedelta(days=days))
    await wait(10)
    before = sim.count("getAlarmList")
    found = (await get_alarms(hass, PLANT, start=now - timedelta(days=13)))[PLANT]
    names = sorted(str(alarm["name"]) for alarm in found)
    assert sim.count("getAlarmList") - before == (2 if cuts else 1)
    assert names == ["1 days", "10 days"]
    assert sim.count(fail_code=407) == 0


async def test_each_plant_gets_its_own(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    sim.alarms.raise_("NE=2", None, alarm_id=1, level=1, name="Hot")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(75)
    answer = await get_alarms(hass, PLANT, "NE=2")
    names = {source: [a["name"] for a in found] for source, found in answer.items()}
    assert names == {PLANT: [], "NE=2": ["Hot"]}


async def test_filters_are_the_servers(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(61)
    await get_alarms(
        hass,
        PLANT,
        severities=["critical", "minor"],
        statuses="active",
        types=["exception"],
        device_types=[1, "38"],
        device_name="Inverter-1",
    )
    payload = sim.calls[-1].payload
    assert payload["levels"] == "1,3"
    assert payload["status"] == "1"
    assert payload["types"] == "2"
    assert payload["devTypes"] == "1,38"
    assert payload["devName"] == "Inverter-1"


@pytest.mark.parametrize(
    ("start", "end", "key"),
    [
        (timedelta(days=-400), timedelta(0), "period_too_old"),
        (timedelta(days=-1), timedelta(days=-2), "period_ends_first"),
    ],
)
async def test_periods_that_the_interface_refuses(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    start: timedelta,
    end: timedelta,
    key: str,
) -> None:
    now, calls = dt_util.utcnow(), len(sim.calls)
    with pytest.raises(ServiceValidationError) as caught:
        await get_alarms(
            hass, PLANT, start=(now + start).isoformat(), end=(now + end).isoformat()
        )
    assert caught.value.translation_key == key
    assert len(sim.calls) == calls


@pytest.mark.parametrize("dialect", [Dialect.V2022])
async def test_more_calls_than_the_account_has_are_refused_beforehand(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(61)
    calls = len(sim.calls)
    start = (dt_util.now() - timedelta(days=300)).replace(tzinfo=None)
    with pytest.raises(HomeAssistantError) as caught:
        await get_alarms(hass, PLANT, start=start.isoformat())
    assert caught.value.translation_key == "takes_too_long"
    assert caught.value.translation_placeholders
    assert caught.value.translation_placeholders["needed"] == "10"
    assert len(sim.calls) == calls


@pytest.fixture
async def at_rest(
    hass: HomeAssistant, entry: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """List two alarms; from then on the server refuses the calls for them."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, alarm_id=1, level=1, name="Hot")
    sim.alarms.raise_(PLANT, None, alarm_id=2, level=3, name="Dirty")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(1)
    sim.deny("getAlarmList", 407)
    await wait(200, 10)


async def test_a_lane_at_rest_answers_from_memory(
    hass: HomeAssistant, at_rest: None, sim: Simulator
) -> None:
    async def told(source: str | int = PLANT, **filters: Any) -> set[str]:
        (known,) = (await get_alarms(hass, source, **filters)).values()
        assert all(alarm["status"] == "active" for alarm in known)
        return {alarm["name"] for alarm in known}

    calls = sim.count("getAlarmList")
    assert await told() == {"Hot", "Dirty"}
    assert await told(device_of(sim, Type.ENERGY_CENTER)) == {"Hot"}
    assert await told(device_of(sim, Type.BATTERY)) == set()
    assert await told(severities=["critical"]) == {"Hot"}
    assert await told(statuses=["active", "cleared"]) == {"Hot", "Dirty"}
    assert await told(statuses=["acknowledged"]) == set()
    assert await told(device_types=[38]) == {"Hot"}
    assert await told(device_name="Inverter-1") == {"Hot"}
    assert await told(start=dt_util.utcnow() - timedelta(seconds=1)) == set()
    assert sim.count("getAlarmList") == calls


async def test_an_answer_from_memory_says_of_when(
    hass: HomeAssistant, at_rest: None
) -> None:
    registry_id = registry_id_of(hass, PLANT)
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "get_alarms",
        {"device_id": registry_id},
        blocking=True,
        return_response=True,
    )
    as_of = dt_util.parse_datetime(answer[registry_id]["as_of"], raise_on_error=True)
    age = dt_util.utcnow() - as_of
    assert timedelta(seconds=190) < age < timedelta(seconds=220)


async def test_a_lane_at_rest_says_when(hass: HomeAssistant, at_rest: None) -> None:
    """What is over, and what an alarm's type is, polling does not know."""
    for filters in ({"statuses": ["cleared"]}, {"types": ["exception"]}):
        with pytest.raises(HomeAssistantError) as caught:
            await get_alarms(hass, PLANT, **filters)
        assert caught.value.translation_key == "calls_used_up"


@pytest.mark.parametrize(
    ("code", "key"), [(407, "call_refused"), (30008, "update_failed")]
)
async def test_what_the_server_refuses_is_explained(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    code: int,
    key: str,
) -> None:
    await wait(61)
    sim.deny("getAlarmList", code)
    with pytest.raises(HomeAssistantError) as caught:
        await get_alarms(hass, PLANT)
    assert caught.value.translation_key == key


async def test_a_refused_login_counts_as_in_polling(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    await wait(61)
    sim.deny("login", 20400)
    sim.evict()
    with pytest.raises(HomeAssistantError) as caught:
        await get_alarms(hass, PLANT)
    assert caught.value.translation_key == "update_failed"
    assert setup.runtime_data.account.client.session.refusals == 1
    # What follows is no matter of quotas, and nothing will come by itself.
    with pytest.raises(HomeAssistantError) as caught:
        await get_alarms(hass, PLANT, statuses=["cleared"])
    assert caught.value.translation_key == "login_refused"
    refresh = {"entity_id": entity_id(hass, "button", PLANT, "refresh")}
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call("button", "press", refresh, blocking=True)
    assert caught.value.translation_key == "login_refused"


async def test_it_waits_for_the_lane_up_to_a_minute(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    calls = sim.count("getAlarmList")
    assert calls == 1
    task = hass.async_create_background_task(get_alarms(hass, PLANT), "action")
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    freezer.tick(61)
    async_fire_time_changed(hass)
    assert await task == {PLANT: []}
    assert sim.count(fail_code=407) == 0


async def test_targets_that_are_none(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    async def fails(device_id: str | None, named: str) -> str | None:
        with pytest.raises(ServiceValidationError) as caught:
            await hass.services.async_call(
                DOMAIN,
                "get_alarms",
                {"device_id": device_id},
                blocking=True,
                return_response=True,
            )
        assert named in (caught.value.translation_placeholders or {}).values()
        return caught.value.translation_key

    assert await fails("nonsense", "nonsense") == "unknown_device"
    known = registry_id_of(hass, PLANT)
    dongle = device_of(sim, Type.DONGLE)
    registry_id = registry_id_of(hass, str(dongle))
    setup.runtime_data.account.devices.pop(dongle)
    assert await fails(registry_id, "Dongle-1") == "unknown_device"
    assert await hass.config_entries.async_unload(setup.entry_id)
    assert await fails(known, setup.title) == "not_loaded"
    assert registry_id_of(hass, "nobody") is None


async def test_only_an_administrator_may_spend_calls(
    hass: HomeAssistant, setup: MockConfigEntry, hass_read_only_user: User
) -> None:
    with pytest.raises(Unauthorized):
        await get_alarms(hass, PLANT, context=Context(user_id=hass_read_only_user.id))


async def test_no_account_is_asked_where_another_has_no_calls(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    other = Simulator(plants=[fleet.emma()], dialect=Dialect.V2020)
    other.alarms.automatic = False
    async with serve(other) as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(70)
        other.deny("getAlarmList", 407)
        await wait(130)
        calls = sim.count("getAlarmList")
        with pytest.raises(HomeAssistantError) as caught:
            await get_alarms(hass, PLANT, other.plants[0].code, statuses="cleared")
        assert caught.value.translation_key == "calls_used_up"
        assert sim.count("getAlarmList") == calls

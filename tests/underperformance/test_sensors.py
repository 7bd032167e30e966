"""Underperformance in Home Assistant, over the simulator."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue.underperformance import COMPARISONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.underperformance.comparison import Siblings
from custom_components.smartpvms.underperformance.member import Sample
from simulator import ABSENT, Dialect, Simulator, Type, fleet
from tests.conftest import device_of, entity_id, restart

type Wait = Callable[..., Awaitable[None]]

CODE = "NE=33554785"
KEY = "underperformance"
HOUR = 3600
CYCLE = 300
NOTHING = {"mppt_power": 0, "active_power": 0, "pv1_i": 0, "pv2_i": 0}


def shown(hass: HomeAssistant, device: int, key: str = KEY) -> State:
    """Return the state of a sensor."""
    state = hass.states.get(entity_id(hass, "binary_sensor", device, key))
    assert state
    return state


def found(hass: HomeAssistant, device: int) -> dict[str, er.RegistryEntry]:
    """Return the entities of an inverter that are about underperformance, by key."""
    registry = er.async_get(hass)
    ids = {
        row.key: registry.async_get_entity_id(
            "binary_sensor", DOMAIN, f"{device}_{row.key}"
        )
        for row in COMPARISONS
    }
    return {key: registry.entities[name] for key, name in ids.items() if name}


def inverters(sim: Simulator) -> list[int]:
    """Return the ids of the first plant's inverters."""
    kinds = (Type.STRING_INVERTER, Type.CENTRAL_INVERTER, Type.ENERGY_CENTER)
    return [device.id for device in sim.plants[0].devices if device.type in kinds]


@pytest.mark.parametrize("dialect", Dialect)
async def test_inverters_are_compared_and_strings_can_be(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, dialect: Dialect
) -> None:
    """The first inverter has two strings, the other one a single string."""
    first, other = inverters(sim)
    state = shown(hass, first)
    assert state.state == "off"
    assert state.attributes == {
        "device_class": "problem",
        "friendly_name": "Inverter-1 Underperformance",
        "ratio": None,
        "compared_with": 1,
    }
    assert shown(hass, other).state == "off"
    entities = found(hass, first)
    strings = ["pv1_underperformance", "pv2_underperformance"]
    assert sorted(entities) == [*strings, KEY]
    assert {e.entity_category for e in entities.values()} == {EntityCategory.DIAGNOSTIC}
    assert entities[KEY].disabled_by is None
    by_us = er.RegistryEntryDisabler.INTEGRATION
    assert [entities[key].disabled_by for key in strings] == [by_us, by_us]
    assert [entities[key].original_name for key in strings] == [
        "PV1 underperformance",
        "PV2 underperformance",
    ]
    assert list(found(hass, other)) == [KEY]


async def test_one_inverter_has_nothing_to_be_compared_with(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    first, other = inverters(sim)
    devices = sim.plants[0].devices
    devices[:] = [device for device in devices if device.id != first]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(2 * CYCLE)
    assert found(hass, other) == {}


async def test_a_plant_with_inverters_of_all_types(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """Newer systems serve no central inverters, so four are compared."""
    sim.plants[:] = [fleet.utility()]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(2 * CYCLE)
    compared = [device for device in inverters(sim) if KEY in found(hass, device)]
    assert len(compared) == 4
    assert {shown(hass, d).attributes["compared_with"] for d in compared} == {3}
    large = device_of(sim, Type.STRING_INVERTER)
    assert len(found(hass, large)) == 1 + 20


async def test_an_inverter_that_gives_nothing(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Found within hours, still known after a restart, gone with its power."""
    first, other = inverters(sim)
    await wait(4 * CYCLE, CYCLE)
    sim.override(first, NOTHING)
    await wait(1.5 * HOUR, CYCLE)
    assert shown(hass, first).state == "off"
    await wait(HOUR, CYCLE)
    assert shown(hass, first).state == "on"
    assert shown(hass, first).attributes["ratio"] == 0
    assert shown(hass, other).state == "off"
    calls = sim.count()
    await restart(hass, setup)
    assert sim.count() == calls
    assert shown(hass, first).state == "on"
    await wait(2 * CYCLE, CYCLE)
    assert shown(hass, first).state == "on"
    sim.override(first, None)
    await wait(2 * CYCLE, CYCLE)
    assert shown(hass, first).state == "off"


async def test_a_string_that_gives_nothing(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    first, _ = inverters(sim)
    registry = er.async_get(hass)
    for entity in found(hass, first).values():
        registry.async_update_entity(entity.entity_id, disabled_by=None)
    await restart(hass, setup)
    await wait(4 * CYCLE, CYCLE)
    sim.override(first, {"pv2_i": 0})
    await wait(2.5 * HOUR, CYCLE)
    assert shown(hass, first, "pv1_underperformance").state == "off"
    assert shown(hass, first, "pv2_underperformance").state == "on"
    attributes = shown(hass, first, "pv2_underperformance").attributes
    assert (attributes["ratio"], attributes["compared_with"]) == (0, 1)


OFFLINE = {
    "run_state": 0,
    "inverter_state": 0xB000,
    "mppt_power": ABSENT,
    "active_power": ABSENT,
}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(OFFLINE, id="offline"),
        pytest.param(NOTHING | {"run_state": 0}, id="an old row"),
        pytest.param(NOTHING | {"inverter_state": 0x0201}, id="limited"),
        pytest.param(NOTHING | {"inverter_state": 0x0301}, id="switched off"),
    ],
)
async def test_what_is_no_fault(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    row: dict[str, Any],
) -> None:
    first, other = inverters(sim)
    await wait(4 * CYCLE, CYCLE)
    sim.override(first, row)
    await wait(4 * HOUR, CYCLE)
    assert {shown(hass, first).state, shown(hass, other).state} == {"off"}


def learnt(sim: Simulator, end: datetime, days: int) -> Siblings:
    """Return what is known of the first plant's inverters after so many days."""
    world, siblings = sim.plants[0].world, Siblings()
    until = int(end.timestamp())
    for at in range(until - days * 86400, until, CYCLE):
        power = world.power(at)
        samples = {
            device: Sample(at, power.pv(array))
            for array, device in enumerate(inverters(sim))
        }
        siblings.add(samples, world.local(at))
    return siblings


async def test_half_the_power_on_two_sunny_days(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """Learnt for a month before; on after two sunny days, off after a good one."""
    device, other = inverters(sim)
    world = sim.plants[0].world
    assert await hass.config_entries.async_unload(setup.entry_id)
    midnight = world.local(sim.clock.now()).replace(hour=0, minute=0, second=0)
    siblings = learnt(sim, midnight, 30)
    saved = hass_storage[f"{DOMAIN}.{setup.entry_id}"]["data"]
    saved[KEY] = {"inverters": {CODE: siblings.dump()}, "strings": {}}
    freezer.move_to(midnight)
    assert await hass.config_entries.async_setup(setup.entry_id)

    async def live(share: float) -> int:
        """Let a day pass; return the seconds of good sun that it had."""
        until = sim.clock.now() + 86400
        while sim.clock.now() < until:
            power = share * world.power(sim.clock.now()).pv(0)
            sim.override(device, {"mppt_power": power})
            # Nothing is compared in the dark.
            step = 900 if power else 1500
            await wait(step, step)
            now = setup.runtime_data.underperformance.inverters[CODE].members[device]
            sun.append(now.sun)
        return int(max(sun))

    sunny = 0
    for _ in range(10):
        sun: list[float] = []
        assert shown(hass, device).state == ("on" if sunny >= 2 else "off")
        if sunny >= 2:
            break
        sunny += await live(0.5) >= 3 * HOUR
    assert shown(hass, device).attributes["ratio"] == pytest.approx(50, abs=9)
    assert shown(hass, device).attributes["compared_with"] == 1
    assert shown(hass, other).state == "off"
    for _ in range(10):
        sun = []
        if await live(1.0) >= 3 * HOUR:
            break
    assert shown(hass, device).state == "off"


async def test_a_sibling_that_leaves_the_account(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """What was low goes off when there is nothing to compare it with."""
    first, other = inverters(sim)
    await wait(4 * CYCLE, CYCLE)
    sim.override(first, NOTHING)
    await wait(3 * HOUR, CYCLE)
    assert shown(hass, first).state == "on"
    devices = sim.plants[0].devices
    devices[:] = [device for device in devices if device.id != other]
    await wait(30 * HOUR, 900)
    assert found(hass, other) == {}
    assert shown(hass, first).state == "off"
    assert shown(hass, first).attributes["compared_with"] == 0
    book = setup.runtime_data.underperformance
    assert set(book.inverters[CODE].members) == {first}
    assert set(book.strings) == {first}


async def test_it_is_as_old_as_the_row(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    first, _ = inverters(sim)
    sim.deny("getDevRealKpi", 20004)
    await wait(HOUR, CYCLE)
    assert shown(hass, first).state == "unavailable"


@pytest.mark.parametrize(
    "saved", [None, 5, {"inverters": {CODE: 7}, "strings": {"x": []}}]
)
async def test_any_file_is_survived(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    hass_storage: dict[str, Any],
    wait: Wait,
    saved: object,
) -> None:
    assert await hass.config_entries.async_unload(setup.entry_id)
    hass_storage[f"{DOMAIN}.{setup.entry_id}"]["data"][KEY] = saved
    # The file is set aside as a whole, so that the lists are asked again.
    await wait(2 * CYCLE)
    assert await hass.config_entries.async_setup(setup.entry_id)
    await wait(2 * CYCLE)
    assert shown(hass, inverters(sim)[0]).state == "off"


def test_keys_are_named_after_the_string() -> None:
    keys = [row.key for row in COMPARISONS]
    assert len(set(keys)) == 37
    for row in COMPARISONS[1:]:
        assert row.translation_key == row.key
        assert row.translation_placeholders
        assert row.key == f"pv{row.translation_placeholders['number']}_{KEY}"

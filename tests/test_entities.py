"""What a user sees: values, names, resets, and when an entity is there."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue import DERIVED, DEVICE_TYPES, PLANT
from custom_components.smartpvms.const import CONF_CURRENCY, CONF_TURNED_METERS, DOMAIN
from custom_components.smartpvms.sensor import DirectedSensor, sensor_class
from simulator import ABSENT, Dialect, Simulator, Type, fleet
from tests.conftest import device_of, entity_id, make_entry, restart, state_of

type Wait = Callable[..., Awaitable[None]]

CODE = "NE=33554785"
CYCLE = 310


def attributes(hass: HomeAssistant, source: str | int, key: str) -> dict[str, Any]:
    """Return the attributes of a sensor."""
    state = hass.states.get(entity_id(hass, "sensor", source, key))
    assert state
    return dict(state.attributes)


def registered(hass: HomeAssistant, source: str | int, key: str) -> bool:
    """Tell whether a sensor was ever added."""
    unique_id = f"{source}_{key}"
    registry = er.async_get(hass)
    return registry.async_get_entity_id("sensor", DOMAIN, unique_id) is not None


async def test_unique_ids_and_translation_keys(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    sources = [CODE, *(str(device.id) for device in sim.plants[0].devices)]
    entities = er.async_entries_for_config_entry(er.async_get(hass), setup.entry_id)
    assert len(entities) > 80
    for entity in entities:
        source = next(s for s in sources if entity.unique_id.startswith(f"{s}_"))
        # Some keys of the interface have capital letters, which a translation's
        # key may not have.
        key = entity.unique_id.removeprefix(f"{source}_")
        assert entity.translation_key == key.lower()


async def test_a_house_does_not_fill_the_screen(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    entities = er.async_entries_for_config_entry(er.async_get(hass), setup.entry_id)
    shown = [e for e in entities if not e.disabled_by]
    primary = [e for e in shown if e.entity_category is None]
    assert len(primary) <= 45
    assert len(shown) <= 55
    assert {state.state for state in hass.states.async_all("sensor")}.isdisjoint(
        {"unknown", "unavailable"}
    )


# Rows: type, key, unit of a new entity, unit of one that is older, what to divide by.
UNITS = [
    (Type.BATTERY, "ch_discharge_power", "kW", "W", 1000),
    (Type.POWER_SENSOR, "active_power", "kW", "W", 1000),
    (Type.WEATHER, "radiant_total", "kWh/m²", "MJ/m²", 3.6),
]


@pytest.mark.parametrize("is_new", [True, False])
async def test_new_entities_have_the_units_that_people_use(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    is_new: bool,
) -> None:
    """Those that exist keep theirs, and so do their statistics."""
    sim.plants[:] = [fleet.utility()]
    sources = {row[0]: device_of(sim, row[0]) for row in UNITS}
    registry = er.async_get(hass)
    if not is_new:
        for type_, key, _, unit, _ in UNITS:
            registry.async_get_or_create(
                "sensor",
                DOMAIN,
                f"{sources[type_]}_{key}",
                config_entry=entry,
                unit_of_measurement=unit,
            )
    told = {"ch_discharge_power": -1500.0, "active_power": 820.0, "radiant_total": 9.0}
    for type_, key, *_ in UNITS:
        sim.override(sources[type_], {key: told[key]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(CYCLE, 3)
    for type_, key, new, old, divisor in UNITS:
        shown = attributes(hass, sources[type_], key)["unit_of_measurement"]
        assert shown == (new if is_new else old)
        expected = told[key] / (divisor if is_new else 1)
        value = abs(float(state_of(hass, sources[type_], key)))
        assert value == pytest.approx(abs(expected))


@pytest.mark.parametrize("dialect", Dialect)
async def test_live_values_are_the_plants(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """In both dialects, after a whole cycle, the balance is the simulator's."""
    await wait(200)
    flow = sim.truth(CODE).power(dt_util.utcnow())
    expected = {
        "pv_power": flow.pv,
        "battery_power": flow.battery,
        "grid_power": flow.grid,
        "house_consumption": flow.load,
    }
    shown = {key: float(state_of(hass, CODE, key)) for key in expected}
    assert shown == pytest.approx(expected, rel=0.2, abs=0.3)
    total = shown["pv_power"] + shown["battery_power"] + shown["grid_power"]
    assert total == pytest.approx(shown["house_consumption"], abs=0.2)


@pytest.mark.parametrize("plant", [fleet.residential(), fleet.emma(code=CODE)])
async def test_both_meter_families_give_the_same_grid_power(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait, plant: Any
) -> None:
    sim.plants[:] = [plant]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    meter = next(d for d in plant.devices if d.type in (Type.EMMA, Type.POWER_SENSOR))
    raw = float(state_of(hass, meter.id, "active_power"))
    grid = float(state_of(hass, CODE, "grid_power"))
    truth = sim.truth(CODE).power(dt_util.utcnow()).grid
    assert grid == pytest.approx(truth, abs=0.5)
    assert grid == pytest.approx(raw if meter.type == Type.EMMA else -raw)
    name = attributes(hass, meter.id, "active_power")["friendly_name"]
    assert name.endswith(
        "(positive = import)" if meter.type == Type.EMMA else "(positive = export)"
    )


async def test_a_meter_can_be_turned_round(
    hass: HomeAssistant, sim: Simulator, url: str, wait: Wait
) -> None:
    meter = device_of(sim, Type.POWER_SENSOR)
    entry = make_entry(url, **{CONF_TURNED_METERS: [str(meter)]})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    raw = float(state_of(hass, meter, "active_power"))
    assert float(state_of(hass, CODE, "grid_power")) == pytest.approx(raw)


async def test_money_is_in_the_plants_currency(
    hass: HomeAssistant, sim: Simulator, url: str, wait: Wait
) -> None:
    entry = make_entry(url, **{CONF_CURRENCY: "PLN"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    assert attributes(hass, CODE, "day_income")["unit_of_measurement"] == "PLN"
    assert attributes(hass, CODE, "day_income")["state_class"] == "total"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (512, "on_grid"),
        (512.0, "on_grid"),
        ("512", "on_grid"),
        (0xA000, "standby_no_sunlight"),
        (0x0203, "off_grid"),
        (4711, "other"),
        ("N/A", "unknown"),
        (None, "unknown"),
        (ABSENT, "unknown"),
        ({"deep": 1}, "unknown"),
    ],
)
async def test_enumerations(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    value: Any,
    shown: str,
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.override(inverter, {"inverter_state": value})
    await wait(CYCLE)
    assert state_of(hass, inverter, "inverter_state") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("3.25", "3.25"),
        ("5.0%", "5.0"),
        (5.970000000000027, "5.97"),
        ("N/A", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (True, "unknown"),
        ([1], "unknown"),
    ],
)
async def test_numbers(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    wait: Wait,
    value: Any,
    shown: str,
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.override(inverter, {"active_power": value})
    await wait(CYCLE)
    assert state_of(hass, inverter, "active_power") == shown


async def test_an_entity_comes_with_its_value(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Nobody's screen fills with strings that an inverter has no wires on."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    assert registered(hass, inverter, "pv1_u")
    assert not registered(hass, inverter, "pv9_u")
    sim.override(inverter, {"pv9_u": 431.5, "brand_new_kpi": 5, "a_text": "x"})
    await wait(CYCLE)
    registry = er.async_get(hass)
    string = registry.async_get(entity_id(hass, "sensor", inverter, "pv9_u"))
    unknown = registry.async_get(entity_id(hass, "sensor", inverter, "brand_new_kpi"))
    assert string
    assert string.original_name == "PV9 voltage"
    assert unknown
    assert unknown.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert unknown.entity_category == "diagnostic"
    assert unknown.original_name == "Brand new kpi"
    assert not registered(hass, inverter, "a_text")


async def test_numbers_of_a_row_share_their_cause(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """The activity log, which tells causes, lists no numbers."""

    def context(platform: str, device: int, key: str) -> Context:
        state = hass.states.get(entity_id(hass, platform, device, key))
        assert state
        return state.context

    inverter, battery = (
        device_of(sim, kind) for kind in (Type.ENERGY_CENTER, Type.BATTERY)
    )
    changed = {"battery_soc": 51.5, "ch_discharge_power": 815, "run_state": 0}
    sim.override(battery, changed)
    sim.override(inverter, {"active_power": 1.5})
    await wait(CYCLE)
    cause = context("sensor", battery, "battery_soc")
    assert context("sensor", battery, "ch_discharge_power") == cause
    assert context("binary_sensor", battery, "run_state") != cause
    assert context("sensor", inverter, "active_power") != cause


def _subclasses(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def test_no_entity_is_removed_and_added_again_to_be_renamed() -> None:
    """As Home Assistant 2026.11 finds out by each class of an entity."""
    followers = {"async_added_to_hass", "async_will_remove_from_hass"}
    found = [
        kind
        for kind in _subclasses(Entity)
        if kind.__module__.startswith("custom_components.smartpvms.")
        and followers & kind.__dict__.keys()
    ]
    assert found
    assert all("async_entity_id_changed" in kind.__dict__ for kind in found)


async def test_a_kpi_nobody_knows_survives_a_restart(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.override(inverter, {"brand_new_kpi": 5})
    await wait(CYCLE)
    entity = entity_id(hass, "sensor", inverter, "brand_new_kpi")
    er.async_get(hass).async_update_entity(entity, disabled_by=None)
    await restart(hass, setup)
    assert state_of(hass, inverter, "brand_new_kpi") == "5.0"


async def test_midnight_with_a_counter_that_lags(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """The plant's midnight in Berlin, while Home Assistant lives elsewhere."""
    inverter = device_of(sim, Type.ENERGY_CENTER)
    freezer.move_to("2026-06-15T21:50:00+00:00")
    sim.override(inverter, {"day_cap": 31.5})
    sim.override(CODE, {"day_power": 40.0})
    await wait(CYCLE)
    assert state_of(hass, inverter, "day_cap") == "31.5"
    assert state_of(hass, CODE, "day_power") == "40.0"
    yesterday = attributes(hass, CODE, "day_power")["last_reset"]
    assert yesterday == "2026-06-14T22:00:00+00:00"

    # For the cloud's lag yesterday's counter may still move.
    await wait(2 * CYCLE)
    assert state_of(hass, inverter, "day_cap") == "31.5"
    await wait(3 * CYCLE)
    assert state_of(hass, inverter, "day_cap") == "0.0"
    assert state_of(hass, CODE, "day_power") == "40.0"
    assert attributes(hass, CODE, "day_power")["last_reset"] == yesterday

    sim.override(CODE, {"day_power": 0.0})
    await wait(CYCLE)
    await restart(hass, setup)
    assert state_of(hass, inverter, "day_cap") == "0.0"
    assert state_of(hass, CODE, "day_power") == "0.0"
    today = attributes(hass, CODE, "day_power")["last_reset"]
    assert today == "2026-06-15T22:00:00+00:00"

    sim.override(inverter, {"day_cap": 0.2})
    await wait(CYCLE)
    assert state_of(hass, inverter, "day_cap") == "0.2"


async def test_a_lifetime_counter_that_glitches(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    inverter = device_of(sim, Type.ENERGY_CENTER)
    before = state_of(hass, inverter, "total_cap")
    for glitch in (0, None, ABSENT, "N/A"):
        sim.override(inverter, {"total_cap": glitch})
        await wait(CYCLE)
        assert state_of(hass, inverter, "total_cap") == before
    await restart(hass, setup)
    assert state_of(hass, inverter, "total_cap") == before
    sim.override(inverter, None)
    await wait(CYCLE)
    assert float(state_of(hass, inverter, "total_cap")) >= float(before)
    assert "last_reset" not in attributes(hass, inverter, "total_cap")


@pytest.mark.parametrize(("unit", "scale"), [("W", 1000), ("kW", 1)])
async def test_a_grid_meter_in_watts_or_kilowatts(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    unit: str,
    scale: int,
) -> None:
    sim.plants[:] = [fleet.residential(meter=Type.GRID_METER)]
    meter = device_of(sim, Type.GRID_METER)
    phases = {f"{p}_u": 230.0 for p in "abc"} | {f"{p}_i": 5.0 for p in "abc"}
    sim.override(meter, {**phases, "active_power": 3.2 * scale})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    assert state_of(hass, meter, "active_power") == "3.2"
    assert attributes(hass, meter, "active_power")["unit_of_measurement"] == "kW"
    assert state_of(hass, CODE, "grid_power") == "-3.2"


async def test_a_utility_plant_has_every_kpi_one_click_away(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """Every row of the catalogue that the simulator reports becomes an entity."""
    sim.plants[:] = [fleet.utility()]
    sim.all_types = True
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(15 * 60, 30)
    hub = entry.runtime_data
    types = {hub.account.devices[key].type_id for key in hub.devices.data}
    assert types == set(DEVICE_TYPES)
    box = device_of(sim, Type.COMBINER)
    assert registered(hass, box, "dc_i1")
    assert registered(hass, box, "thunder_count")
    assert sim.count(fail_code=407) == 0


async def test_all_types_are_as_fresh_as_the_first(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """Types that the system was not sure to serve do not fall out of step."""
    sim.plants[:] = [fleet.utility()]
    sim.all_types = True
    assert await hass.config_entries.async_setup(entry.entry_id)
    # Types outside the reference join after the first round.
    await wait(660, 10)
    lane, code = entry.runtime_data.devices, sim.plants[0].code
    for _ in range(24):
        await wait(30, 10)
        times = [reading.at for reading in lane.data.values()]
        assert max(times) - min(times) < 60
        assert sim.clock.now() - min(times) < 330
        assert float(state_of(hass, code, "house_consumption")) >= 0
    assert sim.count(fail_code=407) == 0


async def test_battery_health_zero_is_not_reported(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """No entity before there was a number; a 0 is no number later on."""
    battery = device_of(sim, Type.BATTERY)
    assert not registered(hass, battery, "battery_soh")
    sim.override(battery, {"battery_soh": 99})
    await wait(CYCLE)
    entity = entity_id(hass, "sensor", battery, "battery_soh")
    er.async_get(hass).async_update_entity(entity, disabled_by=None)
    sim.override(battery, {"battery_soh": 0})
    await restart(hass, setup)
    await wait(CYCLE)
    assert state_of(hass, battery, "battery_soh") == "unknown"


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (kind, kpi.key)
        for kind, row in DEVICE_TYPES.items()
        for kpi in row.kpis
        if kpi.direction
    ],
)
def test_what_has_a_direction_says_it_in_its_name(kind: int, key: str) -> None:
    """A counter of the grid is of import or export: both have the same plain name."""
    (kpi,) = (kpi for kpi in DEVICE_TYPES[kind].kpis if kpi.key == key)
    assert issubclass(sensor_class(kpi), DirectedSensor)


async def test_modules_of_a_battery(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    """Two modules are there, and none in the third place."""
    battery = device_of(sim, Type.BATTERY)
    registry = er.async_get(hass)
    rows = [
        registry.entities[entity_id(hass, "sensor", battery, f"module_1_{place}_{key}")]
        for place in (1, 2)
        for key in ("soh", "temperature")
    ]
    assert {row.disabled_by for row in rows} == {er.RegistryEntryDisabler.INTEGRATION}
    assert {row.entity_category for row in rows} == {EntityCategory.DIAGNOSTIC}
    assert rows[2].original_name == "Module 1.2 state of health"
    assert not registered(hass, battery, "module_1_3_soh")


def test_one_table_lists_all_keys() -> None:
    """The rows that a plant's and a device's unique ids are made of."""
    assert {kpi.key for kpi in PLANT}.isdisjoint(kpi.key for kpi in DERIVED)

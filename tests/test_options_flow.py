"""Options: what is offered, what is stored, what a change costs."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.const import (
    CONF_CURRENCY,
    CONF_EXCLUDED_PLANTS,
    CONF_EXPORT_PRICE,
    CONF_GRID_METERS,
    CONF_HISTORY_DAYS,
    CONF_IMPORT_PRICE,
    CONF_PLANTS,
    CONF_QUOTA_PROFILE,
    CONF_TURNED_BATTERIES,
    CONF_TURNED_METERS,
    DOMAIN,
)
from custom_components.smartpvms.northbound import Profile
from simulator import Simulator, Type, fleet
from simulator.model import Device as SimulatedDevice

from .captures import captured
from .conftest import device_of, entity_id, state_of
from .flows import assert_readable, choices, open_options, suggested

type Wait = Callable[..., Awaitable[None]]

HOUSE, LAKE = fleet.residential(), fleet.emma()

# What the form has whatever the account has.
ALWAYS = {
    CONF_QUOTA_PROFILE,
    CONF_CURRENCY,
    CONF_IMPORT_PRICE,
    CONF_EXPORT_PRICE,
    CONF_HISTORY_DAYS,
}


@pytest.fixture
def second_meter(sim: Simulator) -> str:
    """Give the house a second power sensor: neither is sure to be the grid's."""
    devices = sim.plants[0].devices
    meter = next(device for device in devices if device.type == Type.POWER_SENSOR)
    devices.append(replace(meter, id=meter.id + 1, name="Meter-2"))
    return str(meter.id + 1)


@pytest.fixture
def two_plants(sim: Simulator) -> None:
    """Give the account a second plant."""
    sim.plants.append(LAKE)


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **changes: Any
) -> ConfigFlowResult:
    """Send a form as it is shown, but for some changes."""
    schema = form["data_schema"]
    assert schema
    shown = {
        key: value for key, value in suggested(form).items() if key in schema.schema
    }
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {**shown, **changes}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_readable(result, "options")
    return result


async def test_unchanged_options_store_nothing(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    before, hub, calls = dict(setup.options), setup.runtime_data, len(sim.calls)
    form = await open_options(hass, setup)
    assert suggested(form) == {
        CONF_QUOTA_PROFILE: "auto",
        CONF_CURRENCY: hass.config.currency,
        CONF_HISTORY_DAYS: 60,
        CONF_TURNED_METERS: [],
        CONF_TURNED_BATTERIES: [],
        CONF_GRID_METERS: [],
    }
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert setup.options == before
    assert setup.runtime_data is hub
    assert len(sim.calls) == calls


async def test_a_chosen_default_is_kept(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """Back from another profile to automatic: that has to be stored."""
    await submit(hass, await open_options(hass, setup), quota_profile="daily")
    await submit(hass, await open_options(hass, setup), quota_profile="auto")
    assert setup.options[CONF_QUOTA_PROFILE] == "auto"


async def test_a_change_reloads_and_spends_no_login(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    hub = setup.runtime_data
    assert hub.account.ledger.profile == Profile.DAILY
    form = await open_options(hass, setup)
    await submit(hass, form, quota_profile="per_minute", currency="NOK")
    assert setup.options[CONF_QUOTA_PROFILE] == "per_minute"
    assert setup.runtime_data is not hub
    assert setup.runtime_data.account.ledger is hub.account.ledger
    assert setup.runtime_data.account.ledger.profile == Profile.PER_MINUTE
    income = hass.states.get(entity_id(hass, "sensor", HOUSE.code, "day_income"))
    assert income
    assert income.attributes["unit_of_measurement"] == "NOK"
    form = await open_options(hass, setup)
    assert suggested(form)[CONF_CURRENCY] == "NOK"
    await submit(hass, form, quota_profile="auto")
    await wait(600)
    assert sim.count("login") == sim.count("stations") == 1
    assert sim.count(fail_code=407) == 0


async def test_deselected_plants_go(
    hass: HomeAssistant, two_plants: None, setup: MockConfigEntry
) -> None:
    form = await open_options(hass, setup)
    names = {HOUSE.code: "Sonnenhof", LAKE.code: "Haus am See"}
    assert choices(form, CONF_PLANTS) == names
    assert suggested(form)[CONF_PLANTS] == list(names)
    form = await submit(hass, form, plants=[])
    assert form["errors"] == {CONF_PLANTS: "no_plants_selected"}
    assert suggested(form)[CONF_PLANTS] == []
    await submit(hass, form, plants=[LAKE.code])
    assert setup.options[CONF_EXCLUDED_PLANTS] == [HOUSE.code]
    identifiers = {
        identifier
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), setup.entry_id
        )
        for identifier in device.identifiers
    }
    assert (DOMAIN, LAKE.code) in identifiers
    assert (DOMAIN, HOUSE.code) not in identifiers
    # Deselected is not forgotten.
    form = await open_options(hass, setup)
    assert suggested(form)[CONF_PLANTS] == [LAKE.code]
    await submit(hass, form, plants=list(names))
    assert setup.options[CONF_EXCLUDED_PLANTS] == []
    assert setup.runtime_data.account.plants.keys() == names.keys()


async def test_plants_that_come_and_go_while_the_form_is_open(
    hass: HomeAssistant, two_plants: None, setup: MockConfigEntry
) -> None:
    """What was not on the form is neither hidden nor shown by it."""
    form = await open_options(hass, setup)
    await submit(hass, form, plants=[HOUSE.code])
    assert setup.options[CONF_EXCLUDED_PLANTS] == [LAKE.code]
    account = setup.runtime_data.account
    known = account.inventory
    without = {code: p for code, p in known.plants.items() if code != LAKE.code}
    new = replace(known.plants[HOUSE.code], code="NE=3", name="New")
    other = replace(new, code="NE=4", name="Other")
    # A deselected plant is away for a day; two others are there.
    without |= {other.code: other}
    account.inventory = replace(known, plants=without)
    form = await open_options(hass, setup)
    account.inventory = replace(known, plants={**without, new.code: new})
    form = await submit(hass, form, plants=[])
    await submit(hass, form, plants=[HOUSE.code])
    assert setup.options[CONF_EXCLUDED_PLANTS] == sorted([LAKE.code, other.code])


async def test_a_meter_is_turned_round(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    before = float(state_of(hass, HOUSE.code, "grid_power"))
    assert before
    meter = str(device_of(sim, Type.POWER_SENSOR))
    form = await open_options(hass, setup)
    assert choices(form, CONF_TURNED_METERS) == {meter: "Sonnenhof: Meter-1"}
    await submit(hass, form, turned_meters=[meter])
    assert setup.options[CONF_TURNED_METERS] == [meter]
    assert float(state_of(hass, HOUSE.code, "grid_power")) == -before
    assert suggested(await open_options(hass, setup))[CONF_TURNED_METERS] == [meter]


async def test_the_meter_at_the_grid_is_chosen(
    hass: HomeAssistant, second_meter: str, setup: MockConfigEntry, sim: Simulator
) -> None:
    """Until then the plant has no grid power, and a repair says so."""
    issue = (DOMAIN, f"{setup.entry_id}_several_meters")
    issues = ir.async_get(hass)
    assert issues.async_get_issue(*issue)
    assert setup.runtime_data.account.grid_meter(HOUSE.code) is None
    balance = setup.runtime_data.balance
    assert "grid_power" not in balance.data[HOUSE.code].values
    first = str(device_of(sim, Type.POWER_SENSOR))
    form = await open_options(hass, setup)
    labels = {
        first: "Sonnenhof: Meter-1",
        second_meter: "Sonnenhof: Meter-2",
        f"none:{HOUSE.code}": "Sonnenhof: None of the meters",
    }
    assert choices(form, CONF_GRID_METERS) == labels
    assert suggested(form)[CONF_GRID_METERS] == []
    form = await submit(hass, form, grid_meters=list(labels))
    assert form["errors"] == {CONF_GRID_METERS: "one_meter_per_plant"}
    await submit(hass, form, grid_meters=[second_meter])
    assert setup.options[CONF_GRID_METERS] == {HOUSE.code: second_meter}
    assert not issues.async_get_issue(*issue)
    assert setup.runtime_data.account.grid_meter(HOUSE.code) == int(second_meter)
    assert float(state_of(hass, HOUSE.code, "grid_power"))
    shown = suggested(await open_options(hass, setup))
    assert shown[CONF_GRID_METERS] == [second_meter]


async def test_a_plant_without_a_meter(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry
) -> None:
    devices = sim.plants[0].devices
    devices[:] = [device for device in devices if device.type != Type.POWER_SENSOR]
    assert await hass.config_entries.async_setup(entry.entry_id)
    form = await open_options(hass, entry)
    assert form["data_schema"]
    assert set(form["data_schema"].schema) == {*ALWAYS, CONF_TURNED_BATTERIES}


async def test_a_lone_meter_may_be_none_at_the_grid(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    meter = str(device_of(sim, Type.POWER_SENSOR))
    none = f"none:{HOUSE.code}"
    form = await open_options(hass, setup)
    assert set(choices(form, CONF_GRID_METERS)) == {meter, none}
    await submit(hass, form, grid_meters=[none])
    assert setup.options[CONF_GRID_METERS] == {HOUSE.code: "none"}
    hub = setup.runtime_data
    assert hub.account.grid_meter(HOUSE.code) is None
    assert "grid_power" not in hub.balance.data[HOUSE.code].values
    form = await open_options(hass, setup)
    assert suggested(form)[CONF_GRID_METERS] == [none]
    await submit(hass, form, grid_meters=[])
    assert setup.options[CONF_GRID_METERS] == {}
    assert setup.runtime_data.account.grid_meter(HOUSE.code) == int(meter)


async def test_five_meters_of_loads(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry
) -> None:
    """Of a real plant: none is at the grid, and the user can say so."""
    listed = captured("getDevList_1_meters_only_plant")["data"]
    house = sim.plants[0]
    house.devices[:] = [
        *(device for device in house.devices if device.type != Type.POWER_SENSOR),
        *(
            SimulatedDevice(id=row["id"], type=row["devTypeId"], name=row["devName"])
            for row in listed
        ),
    ]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    issue = (DOMAIN, f"{entry.entry_id}_several_meters")
    issues = ir.async_get(hass)
    assert issues.async_get_issue(*issue)
    form = await open_options(hass, entry)
    labels = {f"Sonnenhof: {row['devName']}" for row in listed}
    labels.add("Sonnenhof: None of the meters")
    assert set(choices(form, CONF_GRID_METERS).values()) == labels
    await submit(hass, form, grid_meters=[f"none:{HOUSE.code}"])
    assert not issues.async_get_issue(*issue)
    assert entry.runtime_data.account.grid_meter(HOUSE.code) is None


async def test_a_battery_is_turned_round(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    battery = device_of(sim, Type.BATTERY)
    sim.override(battery, {"ch_discharge_power": -800.0})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    assert state_of(hass, HOUSE.code, "battery_power") == "0.8"
    form = await open_options(hass, entry)
    assert choices(form, CONF_TURNED_BATTERIES) == {
        str(battery): "Sonnenhof: Battery-1"
    }
    await submit(hass, form, turned_batteries=[str(battery)])
    assert entry.options[CONF_TURNED_BATTERIES] == [str(battery)]
    assert state_of(hass, HOUSE.code, "battery_power") == "-0.8"
    assert state_of(hass, battery, "ch_discharge_power") == "-0.8"


async def test_the_choice_of_a_plant_that_is_not_shown_stays(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    chosen = {CONF_GRID_METERS: {"NE=1": "4711"}}
    hass.config_entries.async_update_entry(setup, options={**setup.options, **chosen})
    form = await open_options(hass, setup)
    await submit(hass, form, grid_meters=[f"none:{HOUSE.code}"])
    assert setup.options[CONF_GRID_METERS] == {"NE=1": "4711", HOUSE.code: "none"}


async def test_meters_that_are_gone_are_not_sent_back(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    gone = {CONF_TURNED_METERS: ["4711"], CONF_GRID_METERS: {"NE=1": "4711"}}
    hass.config_entries.async_update_entry(setup, options={**setup.options, **gone})
    form = await open_options(hass, setup)
    assert suggested(form)[CONF_TURNED_METERS] == []
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert setup.options[CONF_TURNED_METERS] == []


async def test_an_entry_that_is_not_loaded(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """Plants and meters are not known then; what was chosen of them stays."""
    assert await hass.config_entries.async_unload(setup.entry_id)
    chosen = {CONF_EXCLUDED_PLANTS: ["x"], CONF_TURNED_METERS: ["1"]}
    hass.config_entries.async_update_entry(setup, options=chosen)
    form = await open_options(hass, setup)
    schema = form["data_schema"]
    assert schema
    assert set(schema.schema) == ALWAYS
    await submit(hass, form, quota_profile="daily")
    assert setup.options == {**chosen, CONF_QUOTA_PROFILE: "daily"}
    await hass.config_entries.async_unload(setup.entry_id)
    assert setup.state is ConfigEntryState.NOT_LOADED


async def test_a_chosen_meter_that_is_gone(
    hass: HomeAssistant, second_meter: str, setup: MockConfigEntry, sim: Simulator
) -> None:
    """The one that is left is the grid's; the options ask for no choice then."""
    gone = {CONF_GRID_METERS: {HOUSE.code: "77"}}
    hass.config_entries.async_update_entry(setup, options={**setup.options, **gone})
    assert await hass.config_entries.async_reload(setup.entry_id)
    hub = setup.runtime_data
    assert hub.account.grid_meter(HOUSE.code) is None
    del hub.account.devices[int(second_meter)]
    hub.account.listed_devices_of(HOUSE.code)[:] = hub.account.devices.values()
    meter = device_of(sim, Type.POWER_SENSOR)
    assert hub.account.grid_meter(HOUSE.code) == meter


def offered(form: ConfigFlowResult, field: str) -> list[str]:
    """Return the choices of a price, in their order."""
    schema = form["data_schema"]
    assert schema
    return list(schema.schema[field].config["choices"])


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (0.31, 0.31),
        ("sensor.tariff", "sensor.tariff"),
        ({"active_choice": "number", "number": "0"}, 0.0),
        ({"active_choice": "entity", "entity": "input_number.a", "number": 1}, None),
    ],
)
async def test_prices_are_numbers_or_entities(
    hass: HomeAssistant, setup: MockConfigEntry, sent: object, stored: object
) -> None:
    """Both as the frontend sends them and as they are; "none" takes one back."""
    stored = "input_number.a" if stored is None else stored
    await submit(hass, await open_options(hass, setup), import_price=sent)
    assert setup.options[CONF_IMPORT_PRICE] == stored
    assert CONF_EXPORT_PRICE not in setup.options
    # A form that is sent as it is shown keeps the price. The frontend takes a
    # value for the first choice's.
    form = await open_options(hass, setup)
    first = "entity" if isinstance(stored, str) else "number"
    assert suggested(form)[CONF_IMPORT_PRICE] == stored
    assert offered(form, CONF_IMPORT_PRICE)[0] == first
    assert offered(form, CONF_EXPORT_PRICE) == ["none", "number", "entity"]
    assert CONF_EXPORT_PRICE not in suggested(form)
    await submit(hass, form, export_price=0.08)
    assert setup.options[CONF_IMPORT_PRICE] == stored
    assert setup.options[CONF_EXPORT_PRICE] == 0.08
    nothing = {"active_choice": "none", "none": "none"}
    form = await open_options(hass, setup)
    await submit(hass, form, import_price=nothing, export_price="none")
    assert not {CONF_IMPORT_PRICE, CONF_EXPORT_PRICE} & setup.options.keys()


async def test_no_price_is_explained(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """The frontend shows a field's description beside a number, but not beside none."""
    form = await open_options(hass, setup)
    assert form["data_schema"]
    for key, means in (
        (CONF_IMPORT_PRICE, "What a kWh from the grid costs"),
        (CONF_EXPORT_PRICE, "What you get for a kWh fed into the grid"),
    ):
        choices = form["data_schema"].schema[key].config["choices"]
        label = choices["none"]["selector"]["constant"]["label"]
        assert label.startswith(means)


async def test_how_many_days_of_hours(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    form = await open_options(hass, setup)
    await submit(hass, form, history_days=400.0)
    assert setup.options[CONF_HISTORY_DAYS] == 400
    assert isinstance(setup.options[CONF_HISTORY_DAYS], int)
    form = await open_options(hass, setup)
    assert suggested(form)[CONF_HISTORY_DAYS] == 400
    with pytest.raises(InvalidData):
        await submit(hass, form, history_days=3651)


async def test_a_price_is_no_plug(hass: HomeAssistant, setup: MockConfigEntry) -> None:
    form = await open_options(hass, setup)
    with pytest.raises(InvalidData):
        await submit(hass, form, import_price="switch.plug")


async def test_a_price_of_something_else(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    """Its unit is refused where the entity is named; one that converts is taken."""
    for unit in ("EUR/m³", "SEK/kWh"):
        hass.states.async_set("sensor.price", "85", {"unit_of_measurement": unit})
        form = await open_options(hass, setup)
        answer = await submit(hass, form, import_price="sensor.price")
        assert answer["errors"] == {"import_price": "no_price_of_energy"}
    hass.states.async_set("sensor.price", "85", {"unit_of_measurement": "EUR/MWh"})
    form = await open_options(hass, setup)
    await submit(hass, form, import_price="sensor.price")
    assert setup.options["import_price"] == "sensor.price"


async def test_another_price_keeps_the_one_before(
    hass: HomeAssistant, setup: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Until when it held, but for a slip that is corrected at once."""
    seen: list[float] = []
    for price, hours in ((3.1, 0.5), (0.31, 30), ("none", 2), (0.4, 2), (0.4, 2)):
        seen.append(dt_util.utcnow().timestamp())
        await submit(hass, await open_options(hass, setup), import_price=price)
        freezer.tick(hours * 3600)
    assert setup.options["import_price"] == 0.4
    assert setup.options["earlier_prices"] == {
        "import_price": [
            [pytest.approx(seen[0], abs=60), None],
            [pytest.approx(seen[2], abs=60), 0.31],
            [pytest.approx(seen[3], abs=60), None],
        ]
    }

"""The Energy dashboard in one step: action, options, Home Assistant's own check."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.auth.models import User
from homeassistant.components.energy.data import ENERGY_SOURCE_SCHEMA, async_get_manager
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import Context, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smartpvms.catalogue.series import SERIES, Quantity
from custom_components.smartpvms.const import CONF_ENERGY_PENDING, DOMAIN
from custom_components.smartpvms.energy_dashboard import later
from custom_components.smartpvms.energy_dashboard.dashboard import imported_series
from custom_components.smartpvms.history.metadata import statistic_id
from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import Simulator, Type, fleet

from ..conftest import device_of, entity_id
from ..flows import assert_readable, choices, open_options

type Wait = Callable[..., Awaitable[None]]

HOUSE, LAKE = fleet.residential(), fleet.emma()
ENERGIES = (
    "pv_energy",
    "grid_import",
    "grid_export",
    "battery_charge",
    "battery_discharge",
)
FOREIGN: list[dict[str, Any]] = [
    {
        "type": "solar",
        "stat_energy_from": "sensor.barn",
        "config_entry_solar_forecast": ["forecast"],
    },
    {"type": "water", "stat_energy_from": "sensor.water"},
]


@pytest.fixture(autouse=True)
def integration(
    recorder_mock: object, enable_custom_integrations: None, socket_enabled: None
) -> None:
    """Load the integration from the checkout, with a recorder."""


@pytest.fixture
async def energy(hass: HomeAssistant) -> None:
    """Have an Energy dashboard."""
    assert await async_setup_component(hass, "energy", {})
    await hass.async_block_till_done()


async def import_(hass: HomeAssistant, plant: str, *series: str) -> None:
    """Put an hour of a plant's series into the recorder."""
    now = dt_util.utcnow() - timedelta(hours=2)
    hour = now.replace(minute=0, second=0, microsecond=0)
    for key in series or ENERGIES:
        quantity = SERIES[key].quantity
        async_add_external_statistics(
            hass,
            StatisticMetaData(
                statistic_id=statistic_id(plant, key),
                source=DOMAIN,
                name=key,
                has_sum=True,
                mean_type=StatisticMeanType.NONE,
                unit_class="energy" if quantity is Quantity.ENERGY else None,
                unit_of_measurement="kWh" if quantity is Quantity.ENERGY else "EUR",
            ),
            [StatisticData(start=hour, state=1.0, sum=1.0)],
        )
    # A write that meets a locked table goes to the end of the recorder's queue.
    for _ in range(50):
        await get_instance(hass).async_block_till_done()
        if set(series or ENERGIES) <= await imported_series(hass, plant):
            return
    pytest.fail("the recorder did not write")


async def put_in(
    hass: HomeAssistant, *sources: str | int, context: Context | None = None
) -> dict[str, dict[str, Any]]:
    """Return what the action answers, by source."""
    ids = {registry_id_of(hass, str(source)): str(source) for source in sources}
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "setup_energy_dashboard",
        {"device_id": list(ids)} if ids else {},
        blocking=True,
        return_response=True,
        context=context,
    )
    return {ids.get(key, key): value for key, value in answer.items()}


async def stored(hass: HomeAssistant) -> list[Any]:
    """Return the sources of the dashboard."""
    manager = await async_get_manager(hass)
    return list(manager.data["energy_sources"]) if manager.data else []


async def store(hass: HomeAssistant, *sources: Any) -> None:
    """Put other sources into the dashboard."""
    manager = await async_get_manager(hass)
    await manager.async_update({"energy_sources": list(sources)})  # type: ignore[typeddict-item]
    await hass.async_block_till_done()


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    """Return why sources were left alone, by type."""
    return {note["type"]: note["reason"] for note in answer["left_alone"]}


async def test_a_plant_is_put_in_once(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry
) -> None:
    await import_(hass, HOUSE.code)
    await store(hass, *FOREIGN)
    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    sources = await stored(hass)
    assert sources[:2] == FOREIGN
    assert sources[2:] == [note["after"] for note in answer["added"]]
    solar, grid, battery = sources[2:]
    house = HOUSE.code
    assert solar == {
        "type": "solar",
        "stat_energy_from": statistic_id(house, "pv_energy"),
        "stat_rate": entity_id(hass, "sensor", house, "pv_power"),
        "config_entry_solar_forecast": None,
    }
    assert grid["stat_energy_from"] == statistic_id(house, "grid_import")
    assert grid["stat_energy_to"] == statistic_id(house, "grid_export")
    assert grid["stat_rate"] == entity_id(hass, "sensor", house, "grid_power")
    assert grid["stat_cost"] is grid["stat_compensation"] is None
    assert battery["stat_energy_from"] == statistic_id(house, "battery_discharge")
    assert battery["stat_energy_to"] == statistic_id(house, "battery_charge")
    assert battery["stat_rate"] == entity_id(hass, "sensor", house, "battery_power")
    assert battery["stat_soc"].endswith("state_of_charge")
    assert battery["capacity"] == 10.0
    assert answer["changed"] == []
    assert reasons(answer) == {"solar": "foreign"}
    assert "sensor.barn" in answer["text"]
    pv_energy = statistic_id(house, "pv_energy")
    assert f"Remove what was added: Solar production (`{pv_energy}`)" in answer["undo"]

    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    assert await stored(hass) == sources
    assert answer["added"] == answer["changed"] == []
    assert set(reasons(answer).values()) == {"in_already"}
    assert "nothing was changed" in answer["text"]
    assert answer["undo"] == ""


async def test_a_battery_that_is_in_the_solar_energy_is_no_source(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry
) -> None:
    """The plant's rows have shown that they tell AC power: it would count twice."""
    await import_(hass, HOUSE.code)
    setup.runtime_data.history.progress(HOUSE.code).note_output(True)
    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    assert [note["type"] for note in answer["added"]] == ["solar", "grid"]


async def test_home_assistant_finds_nothing_wrong(
    hass: HomeAssistant,
    energy: None,
    setup: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    options = {**setup.options, "import_price": 0.3, "export_price": "sensor.tariff"}
    hass.config_entries.async_update_entry(setup, options=options)
    money = ("grid_import_cost", "grid_export_compensation", "revenue")
    await import_(hass, HOUSE.code, *ENERGIES, *money)
    await put_in(hass, HOUSE.code)
    grid = (await stored(hass))[1]
    assert grid["stat_cost"] == statistic_id(HOUSE.code, "grid_import_cost")
    compensation = statistic_id(HOUSE.code, "grid_export_compensation")
    assert grid["stat_compensation"] == compensation
    # The live sensors' statistics exist once five minutes have been compiled.
    now = dt_util.utcnow()
    start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    await get_instance(hass).async_block_till_done()
    get_instance(hass).queue_task(StatisticsTask(start, fire_events=False))
    await get_instance(hass).async_block_till_done()
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "energy/validate"})
    answer = await client.receive_json()
    assert answer["result"]["energy_sources"] == [[], [], []]


async def test_all_plants_and_devices_of_them(
    hass: HomeAssistant, energy: None, sim: Simulator, entry: MockConfigEntry
) -> None:
    """A device stands for its plant; one that has nothing yet says so."""
    sim.plants.append(LAKE)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await import_(hass, HOUSE.code, "pv_energy")
    inverter = device_of(sim, Type.ENERGY_CENTER)
    answer = await put_in(hass, inverter, LAKE.code)
    assert [note["type"] for note in answer[str(inverter)]["added"]] == ["solar"]
    nothing = answer[LAKE.code]
    assert nothing["added"] == nothing["changed"] == nothing["left_alone"] == []
    assert nothing["text"].startswith("- Nothing has been imported")
    await import_(hass, LAKE.code, "grid_import")
    answer = await put_in(hass)
    assert answer.keys() == {
        registry_id_of(hass, HOUSE.code),
        registry_id_of(hass, LAKE.code),
    }
    ids = [source["stat_energy_from"] for source in await stored(hass)]
    assert ids == [
        statistic_id(HOUSE.code, "pv_energy"),
        statistic_id(LAKE.code, "grid_import"),
    ]


async def test_each_plant_has_a_grid_connection(
    hass: HomeAssistant, energy: None, sim: Simulator, entry: MockConfigEntry
) -> None:
    sim.plants.append(LAKE)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await import_(hass, HOUSE.code)
    await import_(hass, LAKE.code)
    answers = await put_in(hass, HOUSE.code, LAKE.code)
    assert [source["type"] for source in await stored(hass)] == [
        *("solar", "grid", "battery"),
        *("solar", "grid", "battery"),
    ]
    for code, answer in answers.items():
        assert answer["left_alone"] == []
        assert f"Grid (`{statistic_id(code, 'grid_import')}`" in answer["undo"]


async def test_disabled_sensors_are_not_put_in(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    for key in ("pv_power", "battery_power"):
        registry.async_update_entity(
            entity_id(hass, "sensor", HOUSE.code, key),
            disabled_by=er.RegistryEntryDisabler.USER,
        )
    await import_(hass, HOUSE.code)
    await put_in(hass, HOUSE.code)
    solar, grid, battery = await stored(hass)
    assert "stat_rate" not in solar
    assert "stat_rate" in grid
    assert "stat_rate" not in battery
    assert "stat_soc" in battery


async def test_two_batteries_have_no_single_charge(
    hass: HomeAssistant,
    energy: None,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    devices = sim.plants[0].devices
    second = fleet.residential("NE=2", 7)
    devices.append(next(d for d in second.devices if d.type == Type.BATTERY))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    await import_(hass, HOUSE.code)
    await put_in(hass, HOUSE.code)
    battery = (await stored(hass))[2]
    assert battery["type"] == "battery"
    assert "stat_soc" not in battery


async def test_live_sensors_of_the_plant_give_way(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    """Those of its devices too; with a price they stay until it has a series."""
    meter = device_of(sim, Type.POWER_SENSOR)
    day = entity_id(hass, "sensor", HOUSE.code, "day_power")
    imported = entity_id(hass, "sensor", meter, "reverse_active_cap")
    solar = {**FOREIGN[0], "stat_energy_from": day, "name": "Roof"}
    priced: dict[str, Any] = {"stat_energy_from": imported, "number_energy_price": 0.3}
    (grid,) = ENERGY_SOURCE_SCHEMA(
        [{"type": "grid", "cost_adjustment_day": 0.0, **priced}]
    )
    await store(hass, solar, grid)
    await import_(hass, HOUSE.code, "pv_energy", "grid_import")
    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    after = await stored(hass)
    assert after[0] == {
        **solar,
        "stat_energy_from": statistic_id(HOUSE.code, "pv_energy"),
        "stat_rate": entity_id(hass, "sensor", HOUSE.code, "pv_power"),
    }
    assert after[1] == grid
    assert reasons(answer) == {"grid": "has_price"}
    assert f"Grid: `{imported}` left as it is, because it has a price" in answer["text"]
    assert answer["changed"][0]["before"] == solar
    assert f"`{day}` replaced by" in answer["text"]
    assert f"set back to `{day}`" in answer["undo"]
    options = {**setup.options, "import_price": 0.3}
    hass.config_entries.async_update_entry(setup, options=options)
    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    assert reasons(answer) == {"solar": "in_already", "grid": "cost_missing"}
    await import_(hass, HOUSE.code, "grid_import_cost")
    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    assert [note["type"] for note in answer["changed"]] == ["grid"]
    after = await stored(hass)
    assert after[1]["stat_energy_from"] == statistic_id(HOUSE.code, "grid_import")
    assert after[1]["stat_cost"] == statistic_id(HOUSE.code, "grid_import_cost")
    assert after[1]["number_energy_price"] is None
    assert f"`{imported}`, `0.3` replaced by" in answer["text"]


async def test_what_cannot_be_done(
    hass: HomeAssistant, setup: MockConfigEntry, hass_read_only_user: User
) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await put_in(hass)
    assert caught.value.translation_key == "energy_not_loaded"
    assert await async_setup_component(hass, "energy", {})
    with pytest.raises(ServiceValidationError) as caught:
        await put_in(hass, HOUSE.code)
    assert caught.value.translation_key == "nothing_imported"
    await import_(hass, HOUSE.code)
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await put_in(hass, HOUSE.code, context=context)
    broken = {"type": "solar", "stat_energy_from": "sensor.a", "unheard_of": 1}
    await store(hass, broken)
    with pytest.raises(HomeAssistantError) as refused:
        await put_in(hass, HOUSE.code)
    assert refused.value.translation_key == "energy_refused"
    assert await stored(hass) == [broken]


async def test_what_is_completed_is_taken_back(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry
) -> None:
    await import_(hass, HOUSE.code, "grid_import")
    await put_in(hass, HOUSE.code)
    exported = statistic_id(HOUSE.code, "grid_export")
    await import_(hass, HOUSE.code, "grid_export")
    answer = (await put_in(hass, HOUSE.code))[HOUSE.code]
    assert f"Grid: completed with `{exported}`." in answer["text"]
    assert answer["undo"].endswith(f"Grid: remove `{exported}`.")


async def test_series_are_what_the_recorder_has(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    assert await imported_series(hass, HOUSE.code) == set()
    await import_(hass, HOUSE.code, "revenue", "grid_export")
    await import_(hass, LAKE.code, "pv_energy")
    assert await imported_series(hass, HOUSE.code) == {"revenue", "grid_export"}


async def send(
    hass: HomeAssistant, form: ConfigFlowResult, data: dict[str, Any]
) -> ConfigFlowResult:
    """Send the form of the options."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], data)
    assert_readable(result, "options")
    return result


def shown(result: ConfigFlowResult) -> str:
    """Return what a form or an end says of the changes."""
    return (result["description_placeholders"] or {})["changes"]


async def test_options_say_what_they_do(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry, sim: Simulator
) -> None:
    hub, options, calls = setup.runtime_data, dict(setup.options), len(sim.calls)
    await import_(hass, HOUSE.code)
    form = await open_options(hass, setup, "energy_dashboard")
    assert form["type"] is FlowResultType.FORM
    assert form["data_schema"]
    assert not form["data_schema"].schema
    assert await stored(hass) == []
    result = await send(hass, form, {})
    assert result["reason"] == "energy_done"
    assert shown(result) == shown(form)
    lines = ["- ✚ Solar production", "- ✚ Grid", "- ✚ Battery"]
    assert shown(form).splitlines() == lines
    assert len(await stored(hass)) == 3
    result = await open_options(hass, setup, "energy_dashboard")
    assert result["reason"] == "energy_unchanged"
    assert shown(result).splitlines() == [line.replace("✚", "✓") for line in lines]
    # Nothing is stored, nothing reloads, nothing is asked.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert setup.runtime_data is hub
    assert setup.options == options
    assert len(sim.calls) == calls


async def test_options_let_choose_plants(
    hass: HomeAssistant, energy: None, sim: Simulator, entry: MockConfigEntry
) -> None:
    sim.plants.append(LAKE)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await import_(hass, HOUSE.code, "pv_energy")
    await import_(hass, LAKE.code, "pv_energy")
    form = await open_options(hass, entry, "energy_dashboard")
    names = {HOUSE.code: "Sonnenhof", LAKE.code: "Haus am See"}
    assert choices(form, "plants") == names
    assert all(f"**{name}**" in shown(form) for name in names.values())
    form = await send(hass, form, {"plants": []})
    assert form["errors"] == {"plants": "no_plants_selected"}
    result = await send(hass, form, {"plants": [LAKE.code]})
    assert result["reason"] == "energy_done"
    (source,) = await stored(hass)
    assert source["stat_energy_from"] == statistic_id(LAKE.code, "pv_energy")


async def test_options_say_why_not(hass: HomeAssistant, setup: MockConfigEntry) -> None:
    async def reason() -> str:
        result = await open_options(hass, setup, "energy_dashboard")
        assert result["type"] is FlowResultType.ABORT
        return result["reason"]

    assert await reason() == "energy_not_loaded"
    assert await async_setup_component(hass, "energy", {})
    assert await reason() == "nothing_imported"
    await import_(hass, HOUSE.code)
    form = await open_options(hass, setup, "energy_dashboard")
    await store(hass, {"type": "solar", "stat_energy_from": "a", "unheard_of": 1})
    assert (await send(hass, form, {}))["reason"] == "energy_refused"
    assert await hass.config_entries.async_unload(setup.entry_id)
    assert await reason() == "not_loaded"


async def test_what_comes_later_completes_the_sources(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry
) -> None:
    """Before every device was asked, a plant lacks powers, and series without history."""
    hub = setup.runtime_data
    power = entity_id(hass, "sensor", HOUSE.code, "pv_power")
    registry = er.async_get(hass)
    registry.async_update_entity(power, disabled_by=er.RegistryEntryDisabler.USER)
    made, hub.devices.made = hub.devices.made, 0
    await import_(hass, HOUSE.code, "pv_energy")
    form = await open_options(hass, setup, "energy_dashboard")
    assert (await send(hass, form, {}))["reason"] == "energy_done"
    (solar,) = await stored(hass)
    assert "stat_rate" not in solar
    assert setup.data[CONF_ENERGY_PENDING] == [HOUSE.code]

    async def look() -> None:
        hub.history.async_update_listeners()
        await hass.async_block_till_done(wait_background_tasks=True)

    await look()
    registry.async_update_entity(power, disabled_by=None)
    hub.devices.made = made
    await look()
    assert setup.data[CONF_ENERGY_PENDING] == [HOUSE.code]
    with patch.object(later, "_has_history", lambda *_: True):
        await look()
    (solar,) = await stored(hass)
    assert solar["stat_rate"] == power
    assert CONF_ENERGY_PENDING not in setup.data
    # What the user changes then stays.
    await store(hass)
    with patch.object(later, "_has_history", lambda *_: True):
        await look()
    assert await stored(hass) == []


async def test_all_plants_stay_asked_for(
    hass: HomeAssistant, energy: None, setup: MockConfigEntry
) -> None:
    """The tick of the set-up is not lost by one plant that is put in by hand."""
    later.async_set_up_later(hass, setup)
    await import_(hass, HOUSE.code, "pv_energy")
    await put_in(hass, HOUSE.code)
    assert setup.data[CONF_ENERGY_PENDING] is True

"""Sources of the Energy dashboard: what goes in, and what nobody touches."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from homeassistant.components.energy.data import ENERGY_SOURCE_SCHEMA
from homeassistant.core import HomeAssistant
from hypothesis import assume, given, strategies as st
import pytest
import voluptuous as vol

from custom_components.smartpvms.catalogue.series import PRICED, SERIES
from custom_components.smartpvms.energy_dashboard.dashboard import imported_series
from custom_components.smartpvms.energy_dashboard.sources import (
    SLOTS,
    EnergySource,
    Kind,
    Note,
    Offer,
    Outcome,
    Reason,
    put_in,
)

from ..flows import placeholders, texts

ENERGIES = {
    "pv_energy",
    "grid_import",
    "grid_export",
    "battery_charge",
    "battery_discharge",
}
SENSORS = {
    "pv_power": "sensor.pv",
    "grid_power": "sensor.grid",
    "battery_power": "sensor.battery",
    "battery_soc": "sensor.soc",
}
OWN_SENSORS = ["sensor.own_day", "sensor.own_total", "sensor.own_meter"]
FOREIGN = ["sensor.foreign", "sensor.other", "other:statistic"]
PRICE = {"number_energy_price": 0.3}


def ext(series: str, plant: str = "ne_1") -> str:
    """Return the id of a plant's statistic."""
    return f"smartpvms:{plant}_{series}"


def offer(
    *series: str,
    sensors: Mapping[str, str] | None = None,
    priced: set[str] | None = None,
    plant: str = "ne_1",
    capacity: float | None = None,
) -> Offer:
    """Return what a plant has: all energies and sensors unless it is said."""
    own = {ext(key, plant) for key in SERIES} | {*SENSORS.values(), *OWN_SENSORS}
    return Offer(
        statistics={key: ext(key, plant) for key in series or ENERGIES},
        sensors=SENSORS if sensors is None else sensors,
        own=frozenset(own),
        ours=frozenset(own | {ext("grid_import", "ne_2")}),
        priced=frozenset(priced or ()),
        capacity=capacity,
    )


def solar(statistic: str, **fields: object) -> dict[str, Any]:
    """Return a solar source."""
    return {
        "type": "solar",
        "stat_energy_from": statistic,
        "config_entry_solar_forecast": None,
        **fields,
    }


def grid(imported: str | None, exported: str | None, **fields: Any) -> dict[str, Any]:
    """Return a grid source."""
    blank = next(slot.blank for slot in SLOTS if slot.kind is Kind.GRID)
    ids = {"stat_energy_from": imported, "stat_energy_to": exported}
    return {**blank, "type": "grid", **ids, **fields}


def battery(discharged: str, charged: str, **fields: object) -> dict[str, Any]:
    """Return a battery source."""
    ids = {"stat_energy_from": discharged, "stat_energy_to": charged}
    return {"type": "battery", **ids, **fields}


def valid(sources: list[EnergySource]) -> bool:
    """Tell whether Home Assistant takes these sources."""
    try:
        ENERGY_SOURCE_SCHEMA([dict(source) for source in sources])
    except vol.Invalid:
        return False
    return True


def done(notes: list[Note]) -> dict[str, tuple[Outcome, Reason | None]]:
    """Return outcome and reason by type of source."""
    return {note.kind.value: (note.outcome, note.reason) for note in notes}


EMPTY_GRID = grid(ext("grid_import"), ext("grid_export"), stat_rate="sensor.grid")


def test_a_plant_that_has_everything() -> None:
    sources, notes = put_in([], offer())
    assert sources == [
        solar(ext("pv_energy"), stat_rate="sensor.pv"),
        EMPTY_GRID,
        battery(
            ext("battery_discharge"),
            ext("battery_charge"),
            stat_rate="sensor.battery",
            stat_soc="sensor.soc",
        ),
    ]
    assert done(notes) == dict.fromkeys(Kind, (Outcome.ADDED, None))
    assert valid(sources)


def test_only_what_a_plant_has() -> None:
    sources, _ = put_in([], offer("pv_energy", "battery_charge", "revenue"))
    assert sources == [solar(ext("pv_energy"), stat_rate="sensor.pv")]
    sources, _ = put_in([], offer("grid_export", sensors={}))
    assert sources == [grid(None, ext("grid_export"))]
    assert put_in([], offer("revenue", "consumption")) == ([], [])


def test_costs_with_a_price_and_with_their_energy_only() -> None:
    money = ("grid_import_cost", "grid_export_compensation")
    (source,), _ = put_in([], offer("grid_import", *money, priced=set(money)))
    assert source["stat_cost"] == ext("grid_import_cost")
    assert source["stat_compensation"] is None
    (source,), notes = put_in([], offer("grid_import", priced=set(money)))
    assert source["stat_cost"] is None
    assert done(notes) == {"grid": (Outcome.ADDED, Reason.COST_MISSING)}
    again, notes = put_in([source], offer("grid_import", priced=set(money)))
    assert again == [source]
    assert done(notes) == {"grid": (Outcome.LEFT_ALONE, Reason.COST_MISSING)}
    (now,), notes = put_in([source], offer("grid_import", *money, priced=set(money)))
    assert now["stat_cost"] == ext("grid_import_cost")
    assert done(notes) == {"grid": (Outcome.CHANGED, None)}


def test_statistics_replace_the_plants_sensors() -> None:
    """With them the same energy would count twice; what the user chose stays."""
    config = {"stat_rate_inverted": "sensor.mine"}
    sources, notes = put_in(
        [
            solar(
                "sensor.own_day",
                config_entry_solar_forecast=["forecast"],
                name="Roof",
            ),
            grid("sensor.own_meter", None, cost_adjustment_day=2.5),
            battery(
                "sensor.own_day",
                "sensor.own_total",
                stat_rate="sensor.generated",
                power_config=config,
                capacity=10.0,
            ),
        ],
        offer(),
    )
    assert sources == [
        solar(
            ext("pv_energy"),
            config_entry_solar_forecast=["forecast"],
            name="Roof",
            stat_rate="sensor.pv",
        ),
        {**EMPTY_GRID, "cost_adjustment_day": 2.5},
        battery(
            ext("battery_discharge"),
            ext("battery_charge"),
            stat_rate="sensor.generated",
            power_config=config,
            stat_soc="sensor.soc",
            capacity=10.0,
        ),
    ]
    assert done(notes) == dict.fromkeys(Kind, (Outcome.CHANGED, None))


def test_a_sensor_stays_where_there_is_no_statistic_for_it() -> None:
    before = grid("sensor.own_day", "sensor.own_meter", number_energy_price_export=0.1)
    (source,), _ = put_in([before], offer("grid_import", sensors={}))
    assert source == {**before, "stat_energy_from": ext("grid_import")}
    assert valid([source])


@pytest.mark.parametrize(
    ("imports", "priced", "reason"),
    [
        ([], set(), Reason.HAS_PRICE),
        (["grid_export_compensation"], {"grid_export_compensation"}, Reason.HAS_PRICE),
        ([], {"grid_import_cost"}, Reason.COST_MISSING),
    ],
)
@pytest.mark.parametrize(
    "price", [PRICE, {"number_energy_price": 0.0}, {"entity_energy_price": "sensor.p"}]
)
def test_a_price_that_statistics_cannot_have(
    price: dict[str, Any], imports: list[str], priced: set[str], reason: Reason
) -> None:
    before = grid("sensor.own_meter", None, **price)
    has = offer("grid_import", "grid_export", *imports, priced=priced)
    sources, notes = put_in([before], has)
    assert sources == [before]
    assert done(notes) == {"grid": (Outcome.LEFT_ALONE, reason)}


def test_a_price_becomes_costs() -> None:
    money = {"grid_import_cost", "grid_export_compensation"}
    before = grid("sensor.own_day", "sensor.own_meter", **PRICE)
    sources, notes = put_in([before], offer(*ENERGIES, *money, priced=money))
    after = next(source for source in sources if source["type"] == "grid")
    assert after == {
        **EMPTY_GRID,
        "stat_cost": ext("grid_import_cost"),
        "stat_compensation": ext("grid_export_compensation"),
    }
    assert done(notes)["grid"] == (Outcome.CHANGED, None)
    assert notes[1].before == before
    assert valid(sources)


def test_costs_of_the_user_stay() -> None:
    money = {"grid_import_cost"}
    before = grid("sensor.own_meter", None, stat_cost="sensor.cost", **PRICE)
    (after,), _ = put_in([before], offer("grid_import", *money, priced=money))
    assert after["stat_cost"] == "sensor.cost"
    assert after["number_energy_price"] == 0.3
    assert valid([after])


def test_what_a_second_grid_would_count_twice() -> None:
    before = grid("sensor.foreign", None, **PRICE)
    sources, notes = put_in([before], offer("grid_import", "pv_energy"))
    assert sources == [before, solar(ext("pv_energy"), stat_rate="sensor.pv")]
    assert done(notes)["grid"] == (Outcome.LEFT_ALONE, Reason.OTHER_GRID)


def test_a_power_alone_counts_nothing() -> None:
    foreign = grid(None, None, stat_rate="sensor.foreign")
    sources, _ = put_in([foreign], offer("grid_import"))
    added = grid(ext("grid_import"), None, stat_rate="sensor.grid")
    assert sources == [foreign, added]
    own = grid(None, None, stat_rate="sensor.grid", name="Street")
    (source,), _ = put_in([own], offer("grid_import"))
    assert source == {**added, "name": "Street"}


def test_a_power_is_used_once() -> None:
    foreign = grid("sensor.foreign", None, stat_rate="sensor.grid")
    own = grid("sensor.own_meter", None)
    sources, _ = put_in([foreign, own], offer("grid_import"))
    assert sources == [foreign, grid(ext("grid_import"), None)]
    assert valid(sources)


def test_sources_that_are_joined_with_something_else_stay() -> None:
    before = [battery("sensor.own_day", "sensor.foreign")]
    sources, notes = put_in(before, offer("battery_charge", "battery_discharge"))
    assert sources == before
    assert done(notes) == {"battery": (Outcome.LEFT_ALONE, Reason.MIXED)}


def test_several_sources_of_a_plant_stay() -> None:
    before = [solar("sensor.own_day"), solar("sensor.own_total")]
    sources, notes = put_in(before, offer("pv_energy"))
    assert sources == before
    assert [note.before for note in notes] == before
    assert {note.reason for note in notes} == {Reason.SEVERAL}


def test_several_plants() -> None:
    """Each has a grid connection of its own."""
    first, _ = put_in([], offer())
    second = Offer(
        statistics={key: ext(key, "ne_2") for key in ENERGIES},
        sensors={},
        own=frozenset(ext(key, "ne_2") for key in SERIES),
        ours=frozenset(ext(key, plant) for key in SERIES for plant in ("ne_1", "ne_2")),
    )
    both, notes = put_in(first, second)
    assert both[:3] == first
    assert [source["type"] for source in both[3:]] == ["solar", "grid", "battery"]
    assert {note.outcome for note in notes} == {Outcome.ADDED}
    assert valid(both)


async def test_without_a_recorder_nothing_is_imported(hass: HomeAssistant) -> None:
    assert await imported_series(hass, "NE=1") == set()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_text(reason: Reason) -> None:
    assert placeholders(texts("common", f"energy_{reason}")) <= {"source", "statistics"}


def optional(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return some of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def sources_of(ids: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return sources whose energies are among these ids."""
    energy, perhaps = st.sampled_from(ids), st.sampled_from([*ids, None])
    rate = st.sampled_from(["sensor.foreign_power", *SENSORS.values()])
    own = {"stat_rate": rate, "name": st.just("Mine")}
    price = st.sampled_from([None, 0.0, 0.3])
    power = st.sampled_from([{"stat_rate_inverted": "sensor.raw"}])
    return st.one_of(
        st.builds(
            lambda a, more: solar(a, **more),
            energy,
            optional({**own, "config_entry_solar_forecast": st.just(["forecast"])}),
        ),
        st.builds(
            lambda a, b, more: grid(a, b, **more),
            perhaps,
            perhaps,
            optional(
                {
                    **own,
                    "power_config": power,
                    "number_energy_price": price,
                    "number_energy_price_export": price,
                    "stat_cost": st.sampled_from([None, "sensor.cost"]),
                }
            ),
        ),
        st.builds(
            lambda a, b, more: battery(a, b, **more),
            energy,
            energy,
            optional({**own, "power_config": power, "capacity": st.just(5.0)}),
        ),
        st.just({"type": "water", "stat_energy_from": "sensor.water"}),
    )


series_sets = st.sets(st.sampled_from(sorted(SERIES)), min_size=1)
sensor_sets = st.sets(st.sampled_from(sorted(SENSORS)))
price_sets = st.sets(st.sampled_from(sorted(PRICED)))


@given(
    st.lists(sources_of(FOREIGN), max_size=3),
    st.lists(
        sources_of([*OWN_SENSORS, *(ext(key) for key in sorted(ENERGIES)), *FOREIGN]),
        max_size=2,
    ),
    series_sets,
    sensor_sets,
    price_sets,
)
def test_whatever_is_there(
    foreign: list[dict[str, Any]],
    own: list[dict[str, Any]],
    series: set[str],
    sensors: set[str],
    priced: set[str],
) -> None:
    before = [*foreign, *own]
    assume(valid(list(before)))
    has = offer(
        *(series - (PRICED.keys() - priced)) or {"revenue"},
        sensors={key: SENSORS[key] for key in sensors},
        priced=priced,
    )
    original = deepcopy(before)
    after, notes = put_in(before, has)
    assert before == original
    # Home Assistant takes it, unless our own power is in a stranger's source.
    rates = [source.get("stat_rate") for source in foreign]
    assert valid(after) or SENSORS["grid_power"] in rates
    # What was there is there still, in its place, with what the user chose.
    for old, new in zip(before, after, strict=False):
        if old != new:
            assert old["type"] == new["type"]
            assert any(note.before == old and note.after == new for note in notes)
        for field in ("name", "config_entry_solar_forecast", "power_config"):
            if old.get(field) is not None:
                assert new[field] == old[field]
        for field in ("stat_cost", "stat_rate"):
            if old.get(field) is not None:
                assert new[field] == old[field]
    assert after[: len(foreign)] == [
        new if is_own(old) else old for old, new in zip(foreign, after, strict=False)
    ]
    # At most one source a kind comes in, made of what the plant has.
    added = after[len(before) :]
    assert len({source["type"] for source in added}) == len(added)
    offered = {*has.statistics.values(), *has.sensors.values()}
    used = {v for s in after for k, v in s.items() if k.startswith("stat_") and v}
    known = {v for s in before for v in s.values() if isinstance(v, str)}
    assert used <= offered | known
    assert ext("revenue") not in used - known
    # Once is enough.
    again, later = put_in(after, has)
    assert again == after
    assert all(note.outcome is Outcome.LEFT_ALONE for note in later)


def is_own(source: EnergySource) -> bool:
    """Tell whether a source is nothing but a power of the plant."""
    energies = (source.get("stat_energy_from"), source.get("stat_energy_to"))
    return energies == (None, None) and source.get("stat_rate") in SENSORS.values()


def test_the_capacity_of_the_batteries() -> None:
    """Put in where it is known and nobody has entered another one."""
    [new], _ = put_in([], offer(*BATTERY, capacity=10.0))
    assert new["capacity"] == 10.0
    [unknown], _ = put_in([], offer(*BATTERY))
    assert "capacity" not in unknown
    [added], notes = put_in([unknown], offer(*BATTERY, capacity=10.0))
    assert added["capacity"] == 10.0
    assert notes[0].outcome is Outcome.CHANGED
    [kept], notes = put_in([{**new, "capacity": 9.0}], offer(*BATTERY, capacity=10.0))
    assert kept["capacity"] == 9.0
    assert notes[0].outcome is Outcome.LEFT_ALONE


BATTERY = ("battery_charge", "battery_discharge")

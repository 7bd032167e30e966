"""The plant's arithmetic: signs, units, sleep, halves and noise."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.account.meters import NO_METER, grid_meter
from custom_components.smartpvms.live.balance import (
    composition,
    day_rates,
    power_balance,
    stored_today,
)
from custom_components.smartpvms.live.readings import Reading
from custom_components.smartpvms.northbound import Device, Values
from tests.captures import captured, captured_row

NOW = 1_000_000.0
HYBRID: Values = {"active_power": 4.0, "mppt_power": 5.0, "inverter_state": 512}


def balance(*parts: tuple[int, Values | None], **options: Any) -> dict[str, float]:
    """Return the balance of devices 1, 2, … of these types and values."""
    devices = [
        Device(number, "P", f"D{number}", type_id)
        for number, (type_id, _) in enumerate(parts, 1)
    ]
    readings = {
        number: Reading(NOW, values)
        for number, (_, values) in enumerate(parts, 1)
        if values is not None
    }
    options.setdefault("grid_meter", grid_meter(devices, None, ()))
    reports_pv = options.pop("reports_pv", {1, 2})
    plant = composition(devices, **options)
    return power_balance(plant, readings, cycle=60, reports_pv=reports_pv)


@pytest.mark.parametrize(
    ("type_id", "values"),
    [
        (47, {"active_power": 1500.0}),
        (17, {"active_power": 1.5}),
        (23070, {"active_power": -1.5}),
    ],
)
def test_meters_of_all_families_agree(type_id: int, values: Values) -> None:
    """The same 1.5 kW of export, in each family's unit and sign."""
    result = balance((38, HYBRID), (type_id, values))
    assert result["grid_power"] == -1.5
    assert result["house_consumption"] == 2.5


def test_a_meter_turned_round() -> None:
    meter = (47, {"active_power": -1500.0})
    assert balance((38, HYBRID), meter)["grid_power"] == 1.5
    assert balance((38, HYBRID), meter, reversed_devices={2})["grid_power"] == -1.5


def test_a_battery_behind_the_inverter_is_in_its_power_already() -> None:
    result = balance(
        (38, HYBRID),
        (39, {"ch_discharge_power": -2000.0, "battery_soc": 50.0}),
        (47, {"active_power": 0.0}),
    )
    assert result["battery_power"] == 2.0
    assert result["house_consumption"] == 4.0


def test_ac_coupled_storage_feeds_the_house() -> None:
    result = balance(
        (1, HYBRID),
        (41, {"ch_discharge_power": -2000.0}),
        (17, {"active_power": -1.0}),
    )
    assert result["battery_power"] == 2.0
    assert result["house_consumption"] == 4.0 + 2.0 + 1.0


def test_pv_is_the_input_and_where_it_is_never_reported_the_output() -> None:
    assert balance((38, HYBRID))["pv_power"] == 5.0
    assert balance((38, HYBRID), reports_pv=())["pv_power"] == 4.0


@pytest.mark.parametrize("asleep", [{"inverter_state": 0xA000}, {}, {"run_state": 0.0}])
def test_an_inverter_that_sleeps_counts_nothing(asleep: Values) -> None:
    result = balance((38, asleep), (47, {"active_power": -400.0}))
    assert result["pv_power"] == 0
    assert result["house_consumption"] == 0.4


def test_a_gap_of_a_running_inverter_is_no_zero() -> None:
    result = balance((38, {"inverter_state": 512.0}), (47, {"active_power": -400.0}))
    assert "pv_power" not in result
    assert "house_consumption" not in result
    assert result["grid_power"] == 0.4


def test_no_sum_of_halves() -> None:
    assert "pv_power" not in balance((38, HYBRID), (38, None))
    assert "battery_power" not in balance((39, {"battery_soc": 3.0}))


def test_rows_of_different_cycles_make_no_sum() -> None:
    devices = [Device(1, "P", "a", 38), Device(2, "P", "b", 47)]
    readings = {
        1: Reading(NOW, HYBRID),
        2: Reading(NOW - 61, {"active_power": 0.0}),
    }
    plant = composition(devices, grid_meter=2)
    result = power_balance(plant, readings, cycle=60)
    assert result["grid_power"] == 0
    assert "house_consumption" not in result


def test_rounding_below_zero_is_zero_and_more_is_unknown() -> None:
    producing = {"active_power": 5.0, "inverter_state": 512.0}
    assert balance((38, producing), (47, {"active_power": 5040.0}))[
        "house_consumption"
    ] == pytest.approx(0)
    assert "house_consumption" not in balance(
        (38, producing), (47, {"active_power": 6000.0})
    )


def test_what_a_plant_does_not_have_has_no_value() -> None:
    assert set(balance((38, HYBRID))) == {"pv_power"}
    assert balance((62, {"x": 1.0}), (99999, None)) == {}


def producing(power: float, **values: float) -> Values:
    """Return the row of an inverter that is on the grid."""
    return {"active_power": power, "inverter_state": 512.0, **values}


CUT_OFF = [{"inverter_state": 0xB000}, {"inverter_state": 0x0303}, {"run_state": 0.0}]


@pytest.mark.parametrize("state", CUT_OFF)
@pytest.mark.parametrize("old", [{}, {"active_power": 3.1, "mppt_power": 3.1}])
def test_an_inverter_cut_off_by_day_makes_its_sums_unknown(
    state: Values, old: Values
) -> None:
    bright = {"active_power": 3.1, "mppt_power": 3.1, "inverter_state": 512.0}
    cut_off = {**old, **state}
    result = balance((38, bright), (38, cut_off), (47, {"active_power": 2200.0}))
    assert result == {"grid_power": -2.2}


@pytest.mark.parametrize("state", CUT_OFF)
def test_an_inverter_cut_off_counts_nothing_while_its_sibling_is_dark(
    state: Values,
) -> None:
    asleep = {"active_power": 0.0, "mppt_power": 0.0, "inverter_state": 0xA000}
    old = {"active_power": 3.1, "mppt_power": 3.1, **state}
    result = balance((38, asleep), (38, old), (47, {"active_power": -400.0}))
    assert result == {
        "pv_power": 0.0,
        "house_consumption": 0.4,
        "grid_power": 0.4,
    }


def test_a_sibling_that_was_told_to_stop_is_no_proof_of_the_dark() -> None:
    stopped = {"active_power": 0.0, "mppt_power": 0.0, "inverter_state": 0x0301}
    old = {"active_power": 3.1, "mppt_power": 3.1, "run_state": 0.0}
    assert "pv_power" not in balance((38, stopped), (38, old))


def test_a_lone_inverter_that_is_cut_off() -> None:
    """Asleep it says nothing; what it says is an old row."""
    assert balance((38, {"run_state": 0.0}))["pv_power"] == 0
    old = {"run_state": 0.0, "active_power": 3.1, "mppt_power": 3.1}
    assert balance((38, old)) == {}


@pytest.mark.parametrize("state", ["run_state", "meter_status"])
def test_a_meter_that_is_cut_off_has_no_power(state: str) -> None:
    old = {"active_power": -400.0, state: 0.0}
    assert balance((38, HYBRID), (47, old)) == {"pv_power": 5.0}


def test_a_battery_that_is_cut_off_has_no_power() -> None:
    old = {"ch_discharge_power": -2000.0, "battery_status": 0.0}
    assert "battery_power" not in balance((38, HYBRID), (39, old))
    assert "battery_power" not in balance((38, HYBRID), (41, old))


@pytest.mark.parametrize(
    ("state", "rests"), [({"run_state": 0.0}, True), ({"inverter_state": 512.0}, False)]
)
def test_a_battery_rests_with_the_inverter_it_is_behind(
    state: Values, rests: bool
) -> None:
    """Nothing comes out of its inverter and no PV goes in."""
    old = {"ch_discharge_power": -2000.0, "run_state": 0.0}
    assert balance((38, state), (39, old)).get("battery_power") == (
        0.0 if rests else None
    )


def test_pv_of_a_hybrid_that_never_reports_it() -> None:
    """By night its output is the battery's, by day a part of the PV goes into it."""
    night = (39, {"ch_discharge_power": -2000.0})
    day = (39, {"ch_discharge_power": 1500.0})
    silent = {"reports_pv": ()}
    assert balance((38, producing(2.0)), night, **silent)["pv_power"] == 0
    assert balance((38, producing(1.93)), night, **silent)["pv_power"] == 0
    assert balance((38, producing(3.0)), day, **silent)["pv_power"] == 4.5
    zeros = producing(3.0, mppt_power=0.0)
    assert balance((38, zeros), day, **silent)["pv_power"] == 4.5
    assert "pv_power" not in balance((38, producing(3.0)), (39, {}), **silent)


@pytest.mark.parametrize(("discharge", "input_"), [(2.0, 1.0), (-1.0, 4.0)])
def test_the_battery_is_behind_the_inverter_whose_numbers_say_so(
    discharge: float, input_: float
) -> None:
    """One inverter reports its PV, the other gives 2 kW and reports none."""
    battery = (39, {"ch_discharge_power": -1000 * discharge})
    hybrid = producing(input_ + discharge, mppt_power=input_)
    plain = producing(input_, mppt_power=input_)
    silent = producing(2.0)
    only = {"reports_pv": {1}}
    here = balance((38, hybrid), (38, silent), battery, **only)
    there = balance((38, plain), (38, silent), battery, **only)
    assert here["pv_power"] == input_ + 2.0
    assert there["pv_power"] == input_ + 2.0 - discharge


def test_thirty_inverters_that_draw_a_little_at_night() -> None:
    drawing = {"active_power": -0.02, "inverter_state": 0xA000}
    meter = (47, {"active_power": -1000.0})
    result = balance(meter, *[(1, drawing)] * 30, reports_pv=())
    assert result["pv_power"] == 0
    assert result["house_consumption"] == pytest.approx(0.4)
    assert "pv_power" not in balance((1, {"active_power": -2.0}), reports_pv=())


@pytest.mark.parametrize("state", [0x0203, 0x0A00, 0x0403, 0x0404, 0x0405])
def test_states_beyond_the_reference_produce(state: int) -> None:
    """A power that is missing then is a gap, not 0."""
    assert balance((38, {"inverter_state": float(state)})) == {}


def test_emma_and_inverter_of_one_minute() -> None:
    emma = captured_row(captured("getDevRealKpi_23070_1"))
    inverter = captured_row(captured("getDevRealKpi_38_1"))
    assert balance((38, inverter), (23070, emma)) == {
        "pv_power": 1.843,
        "grid_power": 0.011,
        "house_consumption": pytest.approx(0.514),
    }


def test_an_inverter_at_night() -> None:
    row = captured_row(captured("getDevRealKpi_1_night"))
    result = balance((1, row), (47, {"active_power": -400.0}))
    assert result["pv_power"] == 0
    assert result["house_consumption"] == 0.4


def test_an_inverter_off_grid() -> None:
    row = captured_row(captured("getDevRealKpi_1_off_grid"))
    assert balance((1, row))["pv_power"] == 2.2
    gap = {key: row[key] for key in ("run_state", "inverter_state")}
    assert balance((1, gap)) == {}


def test_energy_stored() -> None:
    full = {"battery_soc": 50.0, "rated_capacity": 10.0}
    assert balance((39, full), (39, full))["energy_stored"] == 10
    assert "energy_stored" not in balance((39, full), (39, {"battery_soc": 50.0}))
    assert "energy_stored" not in balance((39, full), (39, None))


@pytest.mark.parametrize(
    ("types", "with_power", "expected"),
    [
        ((47, 17, 23070), (), 23070),
        ((47, 17), (), 17),
        ((47, 17, 23070), (17, 47), 17),
        ((47, 23070), (47,), 47),
        ((47, 23070), (23070,), 23070),
        ((38, 99999), (), None),
    ],
)
def test_the_grid_meter_by_its_type_among_those_with_a_power(
    types: tuple[int, ...], with_power: tuple[int, ...], expected: int | None
) -> None:
    devices = [Device(type_id, "P", "", type_id) for type_id in types]
    assert grid_meter(devices, None, with_power) == expected


def test_several_meters_of_a_type_are_none_at_the_grid() -> None:
    """But the only one of another type is."""
    loads = [Device(1, "P", "", 17), Device(2, "P", "", 17)]
    assert grid_meter(loads, None, {1, 2}) is None
    assert grid_meter([*loads, Device(3, "P", "", 47)], None, {1, 2, 3}) == 3


def test_the_grid_meter_that_the_user_chose() -> None:
    emma, sensor = Device(1, "P", "", 23070), Device(2, "P", "", 47)
    assert grid_meter([emma, sensor], "2", {1}) == 2
    assert grid_meter([emma, sensor], NO_METER, {1}) is None
    assert grid_meter([emma], "2", {1}) == 1


@pytest.mark.parametrize(
    ("plant", "stored", "rates"),
    [
        ({}, 0.0, {}),
        ({"day_power": 10.0}, 0.0, {}),
        (
            {"day_power": 10.0, "day_on_grid_energy": 4.0, "day_use_energy": 8.0},
            0.0,
            {"self_consumption_rate": 60.0, "autarky_rate": 75.0},
        ),
        (
            {"day_power": 10.0, "day_on_grid_energy": 4.0, "day_use_energy": 8.0},
            2.0,
            {"self_consumption_rate": 60.0, "autarky_rate": 50.0},
        ),
        (
            {"day_power": 10.0, "day_on_grid_energy": 4.0, "day_use_energy": 8.0},
            None,
            {"self_consumption_rate": 60.0},
        ),
        (
            {"day_power": 1.0, "day_on_grid_energy": 2.0, "day_use_energy": 8.0},
            -4.0,
            {"self_consumption_rate": 0.0, "autarky_rate": 37.5},
        ),
        (
            {"day_power": 10.0, "daily_on_grid_energy": 4.0, "daily_use_energy": 3.0},
            0.0,
            {"self_consumption_rate": 60.0, "autarky_rate": 100.0},
        ),
        ({"day_power": 0.0, "day_on_grid_energy": 0.0, "day_use_energy": 0.0}, 0.0, {}),
    ],
)
def test_day_rates(
    plant: Values, stored: float | None, rates: dict[str, float]
) -> None:
    assert day_rates(plant, stored) == rates


def test_what_batteries_store_is_their_charge_less_their_discharge() -> None:
    day = {"charge_cap": 7.0, "discharge_cap": 3.0}
    assert stored({38: HYBRID}) == 0
    assert stored({38: HYBRID, 39: day}) == 4
    assert stored({39: day, 41: day}) == 8
    assert stored({39: day, 41: {"charge_cap": 7.0}}) is None
    assert stored({39: None}) is None


def stored(rows: dict[int, Values | None]) -> float | None:
    """Return what devices of these types have stored today."""
    devices = [Device(type_id, "P", "", type_id) for type_id in rows]
    known = {type_id: Reading(0.0, row) for type_id, row in rows.items() if row}
    return stored_today(composition(devices, grid_meter=None), known)


@given(
    pv=st.floats(0, 10),
    discharge=st.floats(-5, 5),
    load=st.floats(0, 15),
    emma=st.booleans(),
)
def test_power_is_conserved(
    pv: float, discharge: float, load: float, *, emma: bool
) -> None:
    """Whatever flows, the house uses what comes in less what goes out."""
    output = pv + discharge
    grid = load - output
    meter = (
        (23070, {"active_power": grid})
        if emma
        else (47, {"active_power": -1000 * grid})
    )
    result = balance(
        (38, producing(output, mppt_power=pv)),
        (39, {"ch_discharge_power": -1000 * discharge}),
        meter,
    )
    assert result["house_consumption"] == pytest.approx(load, abs=1e-4)
    assert result["pv_power"] == pytest.approx(pv, abs=1e-4)
    assert result["battery_power"] == pytest.approx(discharge, abs=1e-4)

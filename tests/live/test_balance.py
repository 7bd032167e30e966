"""The plant's arithmetic: signs, units, sleep, halves and noise."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.account.meters import grid_meters
from custom_components.smartpvms.live.balance import (
    composition,
    day_rates,
    power_balance,
    stored_today,
)
from custom_components.smartpvms.live.readings import Reading
from custom_components.smartpvms.northbound import Device, Values

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
    meters = grid_meters(devices)
    options.setdefault("grid_meter", meters[0].id if len(meters) == 1 else None)
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
    assert balance((38, HYBRID), meter, reversed_meters={2})["grid_power"] == -1.5


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


def test_energy_stored() -> None:
    full = {"battery_soc": 50.0, "rated_capacity": 10.0}
    assert balance((39, full), (39, full))["energy_stored"] == 10
    assert "energy_stored" not in balance((39, full), (39, {"battery_soc": 50.0}))
    assert "energy_stored" not in balance((39, full), (39, None))


def test_grid_meters_by_precedence() -> None:
    def types(*type_ids: int) -> list[int]:
        devices = [Device(n, "P", "", type_id) for n, type_id in enumerate(type_ids)]
        return [device.type_id for device in grid_meters(devices)]

    assert types(47, 17, 23070) == [23070]
    assert types(47, 17) == [17]
    assert types(47, 47) == [47, 47]
    assert types(38, 99999) == []


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
    """Return what devices of these types, with these rows, have stored today."""
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
        (38, {"active_power": output, "mppt_power": pv, "inverter_state": 512.0}),
        (39, {"ch_discharge_power": -1000 * discharge}),
        meter,
    )
    assert result["house_consumption"] == pytest.approx(load, abs=1e-4)
    assert result["pv_power"] == pytest.approx(pv, abs=1e-4)
    assert result["battery_power"] == pytest.approx(discharge, abs=1e-4)

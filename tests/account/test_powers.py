"""Units, signs and limits of powers, learnt from the devices' own rows."""

from collections.abc import Iterable
from typing import Any

import pytest

from custom_components.smartpvms.account.powers import Powers
from custom_components.smartpvms.northbound import Device, Dialect, Values
from custom_components.smartpvms.storage.store import DAMAGE
from tests.captures import captured, captured_row

METER = Device(17, "P", "Meter", 17)
STORAGE = Device(41, "P", "Storage", 41)
STEP = 300.0


def phases(power: float, amperes: float = 5.0, missing: str = "") -> Values:
    """Return a grid meter's row at 230 V."""
    row = {"active_power": power}
    for phase in set("abc") - set(missing):
        row |= {f"{phase}_u": 230.0, f"{phase}_i": amperes}
    return row


def read(
    powers: Powers,
    rows: Iterable[Values],
    device: Device = METER,
    dialect: Dialect = Dialect.V2022,
    capacity: float | None = 10.0,
) -> list[float | None]:
    """Return the powers of rows that come one after the other."""
    key = "active_power" if device is METER else "ch_discharge_power"
    found: list[float | None] = []
    for at, row in enumerate(rows):
        powers.learn(device, at * STEP, row)
        values = powers.normalise(device, row, dialect, capacity)
        found.append(values.get(key))
    return found


def again(powers: Powers) -> Powers:
    """Return what a restart begins with."""
    return Powers({"in_watts": powers.dump_units(), "powers": powers.dump()})


def test_a_row_that_lacks_phases_proves_no_unit() -> None:
    """3 kW on three phases, of which one is told: more than a hundredth of 1 kVA."""
    powers = Powers({})
    assert read(powers, [phases(3.0)]) == [3.0]
    assert read(powers, [phases(3.0, missing="bc")] * 5) == [3.0] * 5
    assert read(powers, [phases(3.0)]) == [3.0]


@pytest.mark.parametrize("is_restarted", [True, False])
def test_a_unit_is_taken_back(is_restarted: bool) -> None:
    powers = Powers({"in_watts": {"17": True}})
    if is_restarted:
        powers = again(powers)
    first, last = read(powers, [phases(3.0)] * 2)[-1], read(powers, [phases(3.0)] * 12)
    assert (first, last[-1]) == (0.003, 3.0)
    assert read(again(powers), [phases(3.0)]) == [3.0]


def test_a_small_power_in_watts_is_no_proof_of_kilowatts() -> None:
    """A house that a battery keeps at 0 for a while."""
    powers = Powers({})
    rows = [phases(3300.0), *[phases(3.0)] * 8, phases(60.0), *[phases(3.0)] * 8]
    assert read(powers, rows)[-1] == 0.003


def test_a_power_in_watts_taken_for_kilowatts_is_impossible_until_it_is_known() -> None:
    powers = Powers({"in_watts": {"17": False}})
    assert read(powers, [phases(3300.0)] * 3) == [None, 3.3, 3.3]
    assert powers.left_out == {17: 1}


def test_a_meter_that_wraps_at_16_bits_has_no_power() -> None:
    row = captured_row(captured("getDevRealKpi_17_1_wrap"))
    for dialect in Dialect:
        powers = Powers({})
        assert read(powers, [row], dialect=dialect) == [None]
        assert powers.left_out == {17: 1}
    assert read(Powers({}), [row | phases(-65230000.0)]) == [None]


@pytest.mark.parametrize(
    ("device", "row", "left"),
    [
        (Device(1, "P", "", 1, "SUN2000-6KTL-M1"), {"active_power": 13.0}, {}),
        (
            Device(1, "P", "", 1, "SUN2000-6KTL-M1"),
            {"active_power": 6.1, "mppt_power": 655.35},
            {"active_power": 6.1},
        ),
        (Device(1, "P", "", 38, "SUN2000-3.68KTL"), {"active_power": 8.0}, {}),
        (Device(1, "P", "", 38), {"active_power": 8.0}, {"active_power": 8.0}),
        (Device(1, "P", "", 14), {"active_power": 2001.0}, {}),
        (Device(1, "P", "", 47), {"active_power": 22000.0}, {"active_power": 22000.0}),
        (Device(1, "P", "", 47), {"active_power": 4.29e9}, {}),
        (
            Device(1, "P", "", 39),
            {"ch_discharge_power": -32768.0, "rated_capacity": 10.0},
            {"rated_capacity": 10.0},
        ),
        (Device(1, "P", "", 10), {"active_power": 1e9}, {"active_power": 1e9}),
        (Device(1, "P", "", 99999), {"active_power": 1e9}, {"active_power": 1e9}),
    ],
)
def test_what_a_device_cannot_give_is_left_out(
    device: Device, row: Values, left: Values
) -> None:
    powers = Powers({})
    assert powers.normalise(device, row, Dialect.V2022, 500.0) == left


def storage(level: float, power: float, **counters: float) -> Values:
    """Return a storage's row: state of charge in %, power in W."""
    return {"battery_soc": level, "ch_discharge_power": power, **counters}


def sequence() -> list[Values]:
    """Return a real storage's rows while it discharges."""
    return [captured_row(answer) for answer in captured("getDevRealKpi_41_2_sequence")]


def test_a_real_storage_that_discharges_with_a_positive_power() -> None:
    """The catalogue's power is negative while it discharges."""
    powers = Powers({})
    assert not powers.has_sign(STORAGE, sequence()[0])
    assert read(powers, sequence(), STORAGE)[1:] == [-52000.0, -47010.0, -46000.0]
    assert read(again(powers), sequence()[:1], STORAGE) == [-255.0]


def test_rows_of_the_past_tell_too() -> None:
    powers = Powers({})
    powers.learn(STORAGE, 1e9, storage(20.0, 500.0))
    powers.learn_from(STORAGE, ((at * STEP, row) for at, row in enumerate(sequence())))
    # A live row is compared with the live one before it.
    powers.learn(STORAGE, 1e9 + STEP, storage(19.9, 500.0))
    assert read(powers, [storage(50.0, 100.0)], STORAGE) == [-100.0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([storage(50, 4000), storage(51, 4000)], 1),
        ([storage(51, 4000), storage(50, 4000)], -1),
        ([storage(51, -4000), storage(50, -4000)], 1),
        # In small steps.
        ([storage(50 + n / 10, 900) for n in range(11)], 1),
        # The sign changed in between.
        ([storage(51, 4000), storage(50, -4000)], 0),
        # From or to a standstill, but not through one.
        ([storage(51, 4000), storage(50, 0)], -1),
        ([storage(50, 0), storage(51, 4000)], 1),
        ([storage(51, 4000), storage(50.8, 0), storage(49.8, 0)], 0),
        # Level and counters disagree.
        (
            [
                storage(51, 4000, charge_cap=1.0, discharge_cap=2.0),
                storage(50, 4000, charge_cap=1.5, discharge_cap=2.0),
            ],
            0,
        ),
        (
            [
                storage(50, 4000, charge_cap=1.0, discharge_cap=2.0),
                storage(50, 4000, charge_cap=1.0, discharge_cap=2.4),
            ],
            -1,
        ),
        # A new day.
        (
            [
                storage(50, 4000, charge_cap=1.0, discharge_cap=2.0),
                storage(50, 4000, charge_cap=0.0, discharge_cap=2.4),
            ],
            0,
        ),
    ],
)
def test_what_proves_a_sign(rows: list[Values], expected: int) -> None:
    powers = Powers({})
    read(powers, rows, STORAGE)
    assert powers.has_sign(STORAGE, rows[0]) is (expected != 0)
    row = storage(50, 1000.0)
    values = powers.normalise(STORAGE, row, Dialect.V2022, 10.0)
    assert values["ch_discharge_power"] == (-1000.0 if expected < 0 else 1000.0)


def test_a_wrong_sign_is_outvoted() -> None:
    powers = Powers({})
    charging = [storage(float(level), 4000.0) for level in range(50, 60)]
    read(powers, charging[:2], STORAGE)
    assert read(powers, reversed(charging), STORAGE)[-1] == -4000.0
    assert read(powers, charging, STORAGE)[-1] == 4000.0


def test_rows_that_lie_far_apart_prove_nothing() -> None:
    powers = Powers({})
    powers.learn(STORAGE, 0.0, storage(80.0, 500.0))
    powers.learn(STORAGE, 7200.0, storage(40.0, 500.0))
    assert not powers.has_sign(STORAGE, storage(40.0, 500.0))


def test_a_storage_that_can_prove_nothing_has_the_reference_sign() -> None:
    row = {"ch_discharge_power": 500.0}
    assert Powers({}).has_sign(STORAGE, row)
    assert Powers({}).has_sign(Device(39, "P", "", 39), storage(50.0, 500.0))


@pytest.mark.parametrize(
    "saved", [None, [], {"storage_signs": {"41": "x"}}, {"meters": "x"}]
)
def test_another_shape_is_damage(saved: Any) -> None:
    with pytest.raises(DAMAGE):
        Powers({"powers": saved})

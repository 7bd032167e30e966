"""Inverters that miss rows, batteries that come and go, counters that leap."""

from dataclasses import replace
import json

import pytest

from custom_components.smartpvms.catalogue import DEVICE_TYPES
from custom_components.smartpvms.catalogue.series import (
    BATTERY_POWER,
    DEVICE_AC_STORAGE,
    DEVICE_CHARGE,
    DEVICE_DISCHARGE,
    DEVICE_IMPORT,
    DEVICE_INVERTER,
    PV_POWER,
)
from custom_components.smartpvms.history.device_rows import STEP, DeviceRows
from custom_components.smartpvms.history.five_minutes import (
    hourly_flows,
    without_batteries,
)
from custom_components.smartpvms.history.inputs import still_there
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.live.readings import Reading
from custom_components.smartpvms.local_time import DAY, HOUR
from custom_components.smartpvms.northbound import Device, Values

BEGIN = 1_781_474_400
END = BEGIN + DAY
TIMES = range(BEGIN, END, STEP)
DAWN, DUSK, NOON = BEGIN + 6 * HOUR, BEGIN + 20 * HOUR, BEGIN + 12 * HOUR
INVERTER, BATTERY, SENSOR = (DEVICE_TYPES[kind] for kind in (1, 39, 47))


def inverter(*, without: range = range(0), peak: float = 5.0) -> DeviceRows:
    """Return an inverter that generates by day, some rows missing."""
    rows: list[tuple[int, Values]] = []
    total = 0.0
    for at in TIMES:
        is_day = DAWN <= at < DUSK
        power = peak * min(1.0, (at - DAWN + 300) / HOUR / 6, (DUSK - at) / HOUR / 6)
        power = max(0.0, power) if is_day else 0.0
        rows.append((at, {"active_power": power, "total_cap": 9000 + total}))
        total += power * STEP / HOUR
    return DeviceRows(INVERTER, [row for row in rows if row[0] not in without])


def battery(
    begin: int = BEGIN, end: int = END, gap: range = range(0), *, power: float = 1.0
) -> DeviceRows:
    """Return a battery that charges with some kW while it has rows."""
    rows: list[tuple[int, Values]] = [
        (
            at,
            {
                "ch_discharge_power": 1000.0 * power,
                "charge_cap": (at - BEGIN) / HOUR * power,
            },
        )
        for at in range(begin, end, STEP)
        if at not in gap
    ]
    return DeviceRows(BATTERY, rows)


def hours_of(*devices: DeviceRows, series: str = PV_POWER) -> dict[int, float]:
    """Return the mean powers of a day by hour."""
    flows = hourly_flows(devices, BEGIN, END).powers.get(series, {})
    return {(at - BEGIN) // HOUR: power.mean for at, power in flows.items()}


def energies(*devices: DeviceRows, key: str) -> dict[int, float]:
    """Return the energies of a day by hour."""
    flows = hourly_flows(devices, BEGIN, END).energies
    return {
        (at - BEGIN) // HOUR: values[key]
        for at, values in flows.items()
        if key in values
    }


def test_an_inverter_without_rows_is_unknown() -> None:
    """It was replaced since, or cut off: what it generated is not 0."""
    silent = replace(inverter(), rows=[])
    assert not hours_of(inverter(), silent)
    assert not energies(inverter(), silent, key=DEVICE_INVERTER)
    assert len(hours_of(inverter(), inverter())) == 24


def test_an_inverter_cut_off_by_day_does_not_sleep() -> None:
    """Neither from noon on, nor until noon, nor in between."""
    for cut, known in (
        (range(NOON, END), set(range(12))),
        (range(BEGIN, NOON), set(range(12, 24))),
        (range(NOON - 2 * HOUR, NOON + 2 * HOUR), {*range(10), *range(14, 24)}),
    ):
        assert hours_of(inverter(), inverter(without=cut)).keys() == known


def test_an_inverter_cut_off_from_night_to_night() -> None:
    """Its own total has moved, or its siblings generated meanwhile."""
    cut = range(BEGIN + 4 * HOUR, BEGIN + 22 * HOUR)
    outside = {0, 1, 2, 3, 22, 23}
    assert hours_of(inverter(without=cut)).keys() == outside
    assert hours_of(inverter(), inverter(without=cut)).keys() == outside
    silent = inverter(without=cut)
    rows = [(at, {"active_power": row["active_power"]}) for at, row in silent.rows]
    known = hours_of(inverter(), replace(silent, rows=rows)).keys()
    # A sibling that is dark shows that it slept.
    assert outside | {4, 5, 20, 21} <= known
    assert not known & set(range(8, 18))


def test_an_inverter_that_sleeps() -> None:
    nights = [*range(BEGIN, DAWN, STEP), *range(DUSK, END, STEP)]
    rows = [row for row in inverter().rows if row[0] not in nights]
    asleep = replace(inverter(), rows=rows)
    awake = hours_of(inverter(), inverter())
    # Another device's rows tell of which times the night is made.
    assert hours_of(asleep, inverter()) == pytest.approx(awake)
    assert hours_of(asleep, asleep, battery(power=0.0)) == pytest.approx(awake)


def test_a_row_of_the_next_day_tells_that_it_was_there() -> None:
    """A gap over midnight is a gap, and no end."""
    later = battery(NOON, END + 2 * HOUR)
    gone = battery(BEGIN, NOON)
    both = replace(gone, rows=[*gone.rows, *battery(END, END + HOUR).rows])
    assert gone.life == (BEGIN, NOON)
    assert later.between(BEGIN, END).life == (NOON, float("inf"))
    assert energies(battery(), gone, key=DEVICE_CHARGE)[13] == pytest.approx(1.0)
    cut = both.between(BEGIN, END)
    assert 13 not in energies(battery(), cut, key=DEVICE_CHARGE)
    assert 13 not in hours_of(battery(), cut, series=BATTERY_POWER)
    nothing = replace(both, rows=[both.rows[0], both.rows[-1]])
    nothing = nothing.between(BEGIN + HOUR, END)
    assert nothing.life == (float("-inf"), float("inf"))
    assert not energies(battery(), nothing, key=DEVICE_CHARGE)


def test_a_battery_counts_from_its_first_to_its_last_row() -> None:
    broken = replace(battery(), rows=[])
    added = battery(NOON)
    ended = battery(BEGIN, NOON)
    gap = battery(gap=range(NOON, NOON + 4 * HOUR, STEP))
    for other, expected in (
        (broken, dict.fromkeys(range(24), 1.0)),
        (added, {hour: 1.0 if hour < 12 else 2.0 for hour in range(24)}),
        (ended, {hour: 2.0 if hour < 12 else 1.0 for hour in range(24)}),
    ):
        charged = energies(battery(), other, key=DEVICE_CHARGE)
        assert charged == pytest.approx(expected, abs=0.1)
        powers = hours_of(battery(), other, series=BATTERY_POWER)
        assert powers == pytest.approx({at: -kw for at, kw in expected.items()})
    charged = energies(battery(), gap, key=DEVICE_CHARGE)
    assert charged.keys() == set(range(24)) - {12, 13, 14, 15}
    assert hours_of(battery(), gap, series=BATTERY_POWER).keys() == charged.keys()


@pytest.mark.parametrize(
    ("kind", "readings", "moved"),
    [
        (47, [8000.0, 42949672.95, 42949672.95, 8000.1], 0.1),
        (47, [8000.0, 8000.1, 42949672.95], 0.1),
        (47, [42949672.95, 8000.0, 8000.1], 0.1),
        (47, [8000.0, 7999.99, 8000.0, 8000.1], 0.1),
        (47, [9000.0, 9000.1, 1500.0, 1500.1], 0.2),
        (47, [8000.0, 0.0, 8000.1], 0.1),
        (39, [8.0, 7.99, 8.0], 0.0),
        (39, [8.0, 8.1, 8.09], 0.09),
        (39, [12.6, 12.59, 12.6, 0.0, 0.2], 0.2),
        (39, [12.6, 0.2, 0.3], 0.3),
        (39, [8.0, 7.0, 7.1], 0.1),
    ],
)
def test_counters_that_leap_or_fall(
    kind: int, readings: list[float], moved: float
) -> None:
    """Each is read every five minutes; what it comes back from was not counted."""
    counter = {47: "reverse_active_cap", 39: "charge_cap"}[kind]
    rows: list[tuple[int, Values]] = [
        (BEGIN + number * STEP, {counter: value})
        for number, value in enumerate(readings)
    ]
    rows += [(BEGIN + HOUR, {counter: readings[-1]})]
    key = DEVICE_IMPORT if kind == 47 else DEVICE_CHARGE
    device = DeviceRows(DEVICE_TYPES[kind], rows)
    found = hourly_flows([device], BEGIN, BEGIN + HOUR).energies
    assert found[BEGIN][key] == pytest.approx(moved)


def test_a_battery_whose_rows_end_before_the_answer_does() -> None:
    """It is there today: what the other one tells of the rest of the day is a part."""
    silent = replace(battery(end=DUSK + HOUR // 2), after=(END + 30 * HOUR, {}))
    known = energies(battery(), silent, key=DEVICE_CHARGE)
    assert known == pytest.approx(dict.fromkeys(range(20), 2.0))
    assert hours_of(battery(), silent, series=BATTERY_POWER).keys() == set(range(21))
    waking = replace(battery(DAWN + HOUR // 2), before=(BEGIN - HOUR, {}))
    found = energies(battery(), waking, key=DEVICE_CHARGE)
    assert found == pytest.approx(dict.fromkeys(range(7, 24), 2.0))


@pytest.mark.parametrize("missing", [1, 2])
def test_a_days_last_rows_are_missing(missing: int) -> None:
    """The power tells what the counter, which begins anew, cannot."""
    known = energies(battery(), battery(end=END - missing * STEP), key=DEVICE_CHARGE)
    assert known == pytest.approx(dict.fromkeys(range(24), 2.0))


def test_what_tells_that_a_device_is_still_there() -> None:
    device = Device.from_row({"id": 7, "devTypeId": 39, "stationCode": "NE=1"})
    assert device
    assert still_there(device, None) is None
    assert still_there(device, Reading(END + 0.5, {"charge_cap": 2.0})) is None
    seen = Reading(END + 0.5, {"ch_discharge_power": 0.0})
    assert still_there(device, seen) == (END, {})


def test_a_battery_that_left_takes_no_hours_with_it() -> None:
    """What the others tell of the time before is a part, and stands for nothing."""
    progress = Progress()
    for at, ids in ((1000.0, (1, 2)), (2000.0, (2, 3)), (3000.0, (2, 3, 4))):
        progress.note_batteries(ids, at)
    assert progress.parted_at == 2000
    assert Progress.load(json.loads(json.dumps(progress.dump()))) == progress
    row = {DEVICE_CHARGE: 1.0, DEVICE_DISCHARGE: 2.0, DEVICE_INVERTER: 3.0}
    rest = {DEVICE_INVERTER: 3.0}
    assert without_batteries(row | {DEVICE_AC_STORAGE: 1.0}) == rest
    none = {DEVICE_AC_STORAGE: 0.0}
    assert without_batteries(row | none) == rest | none

"""Five-minute rows of the simulator become the hours that really happened."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.smartpvms.catalogue import DEVICE_TYPES, PV_INPUT, Role
from custom_components.smartpvms.catalogue.meter import in_kilowatts
from custom_components.smartpvms.catalogue.series import (
    BATTERY_POWER,
    DEVICE_AC_STORAGE,
    DEVICE_CHARGE,
    DEVICE_DISCHARGE,
    DEVICE_EXPORT,
    DEVICE_IMPORT,
    DEVICE_INVERTER,
    GRID_POWER,
    PV_POWER,
)
from custom_components.smartpvms.history.device_rows import STEP, DeviceRows
from custom_components.smartpvms.history.five_minutes import HourlyFlows, hourly_flows
from custom_components.smartpvms.local_time import HOUR, midnight
from custom_components.smartpvms.northbound import Values
from custom_components.smartpvms.northbound.models import DeviceRow
from simulator import Dialect, Plant, Simulator, fleet
from simulator.answers import Look, Moment, five_minute_row
from simulator.model import INVERTERS, METERS, Type
from simulator.truth import EnergyFlow

DAY: Final = date(2026, 3, 27)
CLOCKS_FORWARD: Final = date(2026, 3, 29)
SINCE: Final = date(2026, 3, 24)


@cache
def house(meter: int = Type.POWER_SENSOR) -> Plant:
    """Return a house with two inverters and a battery behind one of them."""
    return fleet.residential(connected=SINCE, meter=meter)


@cache
def park(timezone: str = "Europe/Madrid") -> Plant:
    """Return a plant with all kinds of inverters, and storage of its own."""
    return fleet.utility(connected=SINCE, timezone=timezone)


def rows_of(
    plant: Plant, type_id: int, day: date, dialect: Dialect, number: int = 0
) -> list[tuple[int, Values]]:
    """Return a device's rows of a day as the client gives them."""
    device = [d for d in plant.devices if d.type == type_id][number]
    zone = plant.world.zone
    rows: list[tuple[int, Values]] = []
    for at in range(midnight(day, zone), midnight(day + timedelta(days=1), zone), STEP):
        look = Look(Moment(plant, at), device, dialect, quirks=True)
        items = five_minute_row(look)
        row = DeviceRow.from_row({"devId": device.id, "dataItemMap": dict(items)})
        assert row
        watts = type_id == Type.GRID_METER and dialect is Dialect.V2022
        rows.append((at, in_kilowatts(row.values, watts=watts)))
    return rows


@cache
def sources_of(
    plant_of: Callable[[], Plant], meter: int, day: date, dialect: Dialect
) -> tuple[DeviceRows, ...]:
    """Return a plant's sources of a day, with one of its meters."""
    plant = plant_of()
    wanted = [*INVERTERS, Type.BATTERY, Type.LARGE_STORAGE, meter]
    counts = {kind: [d.type for d in plant.devices].count(kind) for kind in wanted}
    return tuple(
        DeviceRows(
            DEVICE_TYPES[kind],
            rows_of(plant, kind, day, dialect, number),
            pv_key=PV_INPUT if kind in INVERTERS else "active_power",
        )
        for kind, count in counts.items()
        for number in range(count)
    )


def bounds(plant: Plant, day: date) -> tuple[int, int]:
    """Return where a plant's day begins and ends."""
    zone = plant.world.zone
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def truth(plant: Plant, hour: int) -> EnergyFlow:
    """Return what really happened in an hour."""
    begin = datetime.fromtimestamp(hour, UTC)
    sim = Simulator(plants=[plant])
    return sim.truth(plant.code).energy(begin, begin + timedelta(hours=1))


def check(
    flows: HourlyFlows,
    plant: Plant,
    hours: range,
    keys: Mapping[str, str] | None = None,
) -> None:
    """See that energies and powers of these hours are the plant's."""
    near = 0.02 if plant.category == 3 else 0.05
    for hour in hours:
        found, real = flows.energies[hour], truth(plant, hour)
        for key, name in (keys or ENERGIES).items():
            assert found[key] == pytest.approx(getattr(real, name), abs=near), key
        if keys:
            continue
        used = (
            found[DEVICE_INVERTER]
            + found[DEVICE_AC_STORAGE]
            + found[DEVICE_IMPORT]
            - found[DEVICE_EXPORT]
        )
        assert used == pytest.approx(real.consumption, abs=near)
        means = {
            PV_POWER: real.pv,
            GRID_POWER: real.import_ - real.export,
            BATTERY_POWER: real.discharge - real.charge,
        }
        for series, mean in means.items():
            power = flows.powers[series][hour]
            assert power.mean == pytest.approx(mean, abs=near), series
            assert power.low - 1e-4 <= power.mean <= power.high + 1e-4


ENERGIES: Final = {
    DEVICE_IMPORT: "import_",
    DEVICE_EXPORT: "export",
    DEVICE_CHARGE: "charge",
    DEVICE_DISCHARGE: "discharge",
}
PLANTS: Final = {
    "power sensor": (house, Type.POWER_SENSOR),
    "assistant": (lambda: house(Type.EMMA), Type.EMMA),
    "grid meter": (park, Type.GRID_METER),
    "half an hour": (lambda: park("Asia/Kolkata"), Type.EMMA),
}


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("kind", list(PLANTS))
def test_the_hours_are_the_plants(kind: str, dialect: Dialect) -> None:
    """Every family of meters, both kinds of storage, inverters that sleep."""
    plant_of, meter = PLANTS[kind]
    plant = plant_of()
    begin, end = bounds(plant, DAY)
    flows = hourly_flows(sources_of(plant_of, meter, DAY, dialect), begin, end)
    hours = range(begin, end, HOUR)
    assert list(flows.energies) == list(hours)
    check(flows, plant, hours)


@pytest.mark.parametrize("day", [CLOCKS_FORWARD, date(2026, 10, 25)])
def test_days_of_23_and_25_hours(day: date) -> None:
    """The clocks change, the hours do not."""
    plant = fleet.residential(connected=day - timedelta(days=2))
    begin, end = bounds(plant, day)
    flows = hourly_flows(sources_of(lambda: plant, 47, day, Dialect.V2022), begin, end)
    assert len(flows.energies) == (23 if day == CLOCKS_FORWARD else 25)
    check(flows, plant, range(begin, end, HOUR))


@pytest.mark.parametrize("silent", [{0, 1}, {0}, {1}])
def test_inverters_without_a_pv_input(silent: set[int]) -> None:
    """An output contains the discharge of the batteries behind it, the PV does not."""
    sources = list(the_house())
    inverters = [s for s in sources if s.kind.role is Role.INVERTER]
    for number in silent:
        index = sources.index(inverters[number])
        sources[index] = replace(inverters[number], pv_key="active_power")
    powers = hourly_flows(sources, BEGIN, END).powers[PV_POWER]
    assert len(powers) == 24
    for hour, power in powers.items():
        assert power.mean == pytest.approx(truth(house(), hour).pv, abs=0.05)
        assert power.low >= 0


def the_house() -> tuple[DeviceRows, ...]:
    """Return the rows of the house with a power sensor."""
    return sources_of(house, Type.POWER_SENSOR, DAY, Dialect.V2022)


BEGIN, END = bounds(house(), DAY)


def changed(
    sources: tuple[DeviceRows, ...],
    roles: set[Role],
    change: Callable[[int, Values], Values | None],
) -> list[DeviceRows]:
    """Return sources with the rows of some roles changed, None: missing."""
    return [
        replace(
            source,
            rows=[(at, new) for at, row in source.rows
                  if (new := change(at, row)) is not None],
        )
        if source.kind.role in roles else source
        for source in sources
    ]  # fmt: skip


# From one row to another, somewhere within the day.
gaps = st.lists(st.tuples(st.integers(1, 286), st.integers(1, 34)), max_size=4)
roles = st.sets(st.sampled_from(Role), min_size=1)


def without(drawn: list[tuple[int, int]]) -> set[int]:
    """Return the times of the rows that are missing, the first and last never."""
    numbers = {first + n for first, count in drawn for n in range(count)}
    return {BEGIN + number * STEP for number in numbers if number < 287}


@settings(deadline=None, max_examples=40)
@given(gaps, roles)
@example([(120, 34), (154, 34)], {Role.INVERTER})
def test_rows_that_are_missing(drawn: list[tuple[int, int]], which: set[Role]) -> None:
    """Counters bridge a gap, so no energy is lost; other hours are as they were."""
    missing = without(drawn)
    sources = changed(
        the_house(), which, lambda at, row: None if at in missing else row
    )
    flows = hourly_flows(sources, BEGIN, END)
    steps = [b - a for s in sources for (a, _), (b, _) in pairwise(s.rows)]
    whole = [truth(house(), hour) for hour in range(BEGIN, END, HOUR)]
    if max(steps) <= 3 * HOUR:
        for key, name in ENERGIES.items():
            found = sum(values[key] for values in flows.energies.values())
            real = sum(getattr(energy, name) for energy in whole)
            assert found == pytest.approx(real, abs=0.02), key
    touched = {at // HOUR * HOUR for at in missing}
    # Counters tell what moved until a row, so a gap reaches back to the one before.
    touched |= {(at - STEP) // HOUR * HOUR for at in missing}
    for hour in range(BEGIN, END, HOUR):
        if hour not in touched:
            check(flows, house(), range(hour, hour + 1, HOUR))


@settings(deadline=None, max_examples=30)
@given(gaps)
def test_an_inverter_that_misses_rows_is_not_asleep(
    drawn: list[tuple[int, int]],
) -> None:
    """Its hours come from the rows that are there; without any there is no hour."""
    missing = without(drawn)
    sources = list(the_house())
    first = next(i for i, s in enumerate(sources) if s.kind.role is Role.INVERTER)
    rows = [row for row in sources[first].rows if row[0] not in missing]
    sources[first] = replace(sources[first], rows=rows)
    if max(b - a for (a, _), (b, _) in pairwise(rows)) > 3 * HOUR:
        return
    hours = hourly_flows(sources, BEGIN, END).powers[PV_POWER]
    full = hourly_flows(the_house(), BEGIN, END).powers[PV_POWER]
    for hour, power in full.items():
        left = set(range(hour, hour + HOUR, STEP)) - missing
        assert (hour in hours) is bool(left)
        if left:
            assert power.low <= hours[hour].mean + 1e-4
            assert hours[hour].mean <= power.high + 1e-4


def test_an_inverter_that_is_offline_at_night() -> None:
    """Without rows for long it sleeps; with rows that tell no power it does too."""
    for instead in (None, {"inverter_state": 40960.0}):
        sources = changed(
            the_house(),
            {Role.INVERTER},
            lambda _, row, new=instead: row if row.get(PV_INPUT) else new,
        )
        flows = hourly_flows(sources, BEGIN, END)
        pv = flows.powers[PV_POWER]
        for hour in range(BEGIN, END, HOUR):
            mean = truth(house(), hour).pv
            assert pv[hour].mean == pytest.approx(mean, abs=0.02)


@settings(deadline=None, max_examples=30)
@given(gaps, st.sampled_from([47, 17, 23070, 39]))
def test_a_counter_that_shows_0_for_a_while(
    drawn: list[tuple[int, int]], type_id: int
) -> None:
    """What it comes back to was not counted in between."""
    zero, counters = without(drawn), ("active_cap", "reverse_active_cap")
    meter = type_id if type_id != 39 else 47
    plant_of = {47: house, 17: park, 23070: lambda: house(Type.EMMA)}[meter]
    sources = sources_of(plant_of, meter, DAY, Dialect.V2022)
    begin, end = bounds(plant_of(), DAY)
    shift = begin - BEGIN
    if type_id == 39:
        counters = ("charge_cap", "discharge_cap")

    def glitch(at: int, row: Values) -> Values:
        gone = dict.fromkeys(counters, 0.0) if at - shift in zero else {}
        return {**row, **{key: gone[key] for key in gone if key in row}}

    role = DEVICE_TYPES[type_id].role
    assert role
    before = hourly_flows(sources, begin, end)
    after = hourly_flows(changed(sources, {role}, glitch), begin, end)
    for key in ENERGIES:
        old = [row[key] for row in before.energies.values() if key in row]
        new = [row[key] for row in after.energies.values() if key in row]
        if all(count <= 30 for _, count in merged(drawn)):
            assert sum(new) == pytest.approx(sum(old), abs=0.02)
        assert sum(new) <= sum(old) + 0.02
        assert min(new) >= 0


def merged(drawn: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return runs of rows that do not touch."""
    runs: list[tuple[int, int]] = []
    for first, count in sorted(drawn):
        if runs and first <= sum(runs[-1]):
            begin = runs[-1][0]
            runs[-1] = (begin, max(sum(runs[-1]), first + count) - begin)
        else:
            runs.append((first, count))
    return runs


@pytest.mark.parametrize("stale", [0, 1, 6, 30])
def test_a_battery_that_still_tells_yesterdays_counters(stale: int) -> None:
    """Its fall is the new day's start; nothing of yesterday is counted again."""
    until = BEGIN + stale * STEP

    def late(at: int, row: Values) -> Values:
        counters = {"charge_cap": 8.31, "discharge_cap": 7.5}
        return {**row, **counters} if at < until else row

    flows = hourly_flows(changed(the_house(), {Role.DC_BATTERY}, late), BEGIN, END)
    real = [truth(house(), hour) for hour in range(BEGIN, END, HOUR)]
    for key in (DEVICE_CHARGE, DEVICE_DISCHARGE):
        found = sum(row[key] for row in flows.energies.values())
        expected = sum(getattr(energy, ENERGIES[key]) for energy in real)
        assert found == pytest.approx(expected, abs=0.02)


def test_a_meter_that_was_replaced() -> None:
    """A lifetime counter begins anew at 0 or anywhere: one step is lost, no more."""
    noon = BEGIN + 12 * HOUR
    rows = next(s for s in the_house() if s.kind.role is Role.METER).rows
    base = next(row for at, row in rows if at == noon)["active_cap"]
    for left in (0.0, 0.4):

        def anew(at: int, row: Values, left: float = left) -> Values:
            if at < noon:
                return {**row, "active_cap": row["active_cap"] + 5000}
            return {**row, "active_cap": row["active_cap"] - base + left}

        flows = hourly_flows(changed(the_house(), {Role.METER}, anew), BEGIN, END)
        for hour in range(BEGIN, END, HOUR):
            lost = 0.5 if hour == noon - HOUR else 0.0
            real = truth(house(), hour).export
            assert real - lost - 0.02 <= flows.energies[hour][DEVICE_EXPORT]
            assert flows.energies[hour][DEVICE_EXPORT] <= real + 0.02


def test_hours_in_which_a_meter_was_cut_off_are_unknown() -> None:
    """Its counter tells how much, but not when; a part of an hour is no hour."""
    begin, end = bounds(house(), DAY)
    gap = range(begin + 9 * HOUR + 4 * STEP, begin + 14 * HOUR + 5 * STEP, STEP)
    sources = changed(
        the_house(), {Role.METER}, lambda at, row: None if at in gap else row
    )
    flows = hourly_flows(sources, begin, end)
    known = {hour for hour, row in flows.energies.items() if DEVICE_EXPORT in row}
    hours = {begin + hour * HOUR for hour in (*range(9), *range(15, 24))}
    assert known == hours
    for hour in known:
        check(flows, house(), range(hour, hour + 1, HOUR))


@pytest.mark.parametrize("is_new", [True, False])
def test_the_hour_in_which_a_meter_came_or_went_is_unknown(is_new: bool) -> None:
    """The house drew and fed in without it; its whole hours are right."""
    begin, end = bounds(house(), DAY)
    seam = begin + 9 * HOUR + 4 * STEP

    def is_kept(at: int) -> bool:
        return at >= seam if is_new else at < seam

    sources = [
        replace(source, rows=[row for row in source.rows if is_kept(row[0])])
        if source.kind.role is Role.METER
        else source
        for source in the_house()
    ]
    flows = hourly_flows(sources, begin, end)
    known = {hour for hour, row in flows.energies.items() if DEVICE_EXPORT in row}
    first, last = (10, 24) if is_new else (0, 9)
    assert known == set(range(begin + first * HOUR, begin + last * HOUR, HOUR))


@pytest.mark.parametrize("type_id", sorted(METERS))
def test_a_meter_that_is_turned_round(type_id: int) -> None:
    """Built in the wrong way round and turned in the options, it is right again."""
    plant_of = {47: house, 17: park, 23070: lambda: house(Type.EMMA)}[type_id]
    sources = sources_of(plant_of, type_id, DAY, Dialect.V2022)
    begin, end = bounds(plant_of(), DAY)

    def wrong(_: int, row: Values) -> Values:
        return {
            **row,
            "active_power": -row["active_power"],
            "active_cap": row["reverse_active_cap"],
            "reverse_active_cap": row["active_cap"],
        }

    turned = [
        replace(source, is_reversed=source.kind.role is Role.METER)
        for source in changed(sources, {Role.METER}, wrong)
    ]
    assert hourly_flows(turned, begin, end) == hourly_flows(sources, begin, end)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 287))
def test_a_day_that_is_not_over(number: int) -> None:
    """Only finished hours count; each of them already as it will stay."""
    until = BEGIN + number * STEP
    sources = [source.between(BEGIN, until + 1) for source in the_house()]
    flows = hourly_flows(sources, BEGIN, until)
    finished = range(BEGIN, until - HOUR + 1, HOUR)
    assert list(flows.energies) == list(finished)
    check(flows, house(), finished)


def test_what_a_plant_does_not_have() -> None:
    """Without a device there is neither a power nor an energy of it."""
    assert hourly_flows([], BEGIN, END) == HourlyFlows()
    inverters = [s for s in the_house() if s.kind.role is Role.INVERTER]
    flows = hourly_flows(inverters, BEGIN, END)
    assert set(flows.powers) == {PV_POWER}
    assert all(set(row) == {DEVICE_INVERTER, DEVICE_AC_STORAGE}
               for row in flows.energies.values())  # fmt: skip
    meter = next(s for s in the_house() if s.kind.role is Role.METER)
    assert DEVICE_CHARGE not in hourly_flows([meter], BEGIN, END).energies[BEGIN]
    weather = DeviceRows(DEVICE_TYPES[10], [(BEGIN, {"temperature": 9.0})])
    assert hourly_flows([weather], BEGIN, END) == HourlyFlows()


def test_rows_without_power_or_counter() -> None:
    """A meter that tells only its counters, or only its power, tells that."""
    meter = next(s for s in the_house() if s.kind.role is Role.METER)
    counters = [(at, {k: v for k, v in row.items() if k != "active_power"})
                for at, row in meter.rows]  # fmt: skip
    flows = hourly_flows([replace(meter, rows=counters)], BEGIN, END)
    assert flows.powers == {}
    kind = replace(meter.kind, power=None)
    silent = [replace(meter, rows=counters, kind=kind)]
    before_last = hourly_flows(silent, BEGIN, END - HOUR).energies
    assert before_last == hourly_flows([meter], BEGIN, END - HOUR).energies
    kind = replace(meter.kind, energies={})
    assert not hourly_flows([replace(meter, kind=kind)], BEGIN, END).energies
    check(flows, house(), range(BEGIN, END - HOUR, HOUR),
          {DEVICE_IMPORT: "import_", DEVICE_EXPORT: "export"})  # fmt: skip
    powers = [(at, {"active_power": row["active_power"]}) for at, row in meter.rows]
    flows = hourly_flows([replace(meter, rows=powers)], BEGIN, END)
    assert set(flows.powers) == {GRID_POWER}
    assert flows.energies == {}

"""What the dashboard makes of a house: sources and what is left is its consumption."""

import json

import pytest

from custom_components.smartpvms.history.feeds import DAYS, FIVE_MINUTES, HOURS
from custom_components.smartpvms.history.five_minutes import HourlyFlows, hourly_flows
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.outputs import tell_ac_output
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.history.spans import spans
from custom_components.smartpvms.local_time import HOUR
from custom_components.smartpvms.northbound.models import PlantRow
from simulator import Dialect, Plant
from simulator.answers import plants
from simulator.model import Type

from ..history.test_five_minutes import DAY, bounds, house, rows_of, sources_of, truth

HOME = {
    "pv_energy": 1,
    "grid_import": 1,
    "battery_discharge": 1,
    "grid_export": -1,
    "battery_charge": -1,
}
"""How the dashboard reckons the consumption of a home."""


def plant_rows(
    plant: Plant,
    dialect: Dialect,
    begin: int,
    end: int,
    step: int,
    *,
    tells_output: bool = False,
) -> list[tuple[int, dict[str, float]]]:
    """Return a plant's rows as the client gives them."""
    style = plants.Style(dialect, quirks=True, tells_output=tells_output)
    period = plants.Period.HOUR if step == HOUR else plants.Period.DAY
    found: list[tuple[int, dict[str, float]]] = []
    for at in range(begin, end, step):
        world = plant.world
        energy = world.totals(at + step) - world.totals(at)
        row = plants.by_period(plant, energy, period, style)
        parsed = PlantRow.from_row({"stationCode": plant.code, "dataItemMap": row})
        assert parsed
        found.append((at, dict(parsed.values)))
    return found


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_home_of_each_hour(dialect: Dialect) -> None:
    plant, progress = house(), Progress()
    begin, end = bounds(plant, DAY)
    zone, later = plant.world.zone, end + 86400.0
    answers = [
        spans(feed, rows, progress, zone, later, has_battery=True)
        for feed, rows in (
            (DAYS, plant_rows(plant, dialect, begin, end, end - begin)),
            (HOURS, plant_rows(plant, dialect, begin, end, HOUR)),
            (
                FIVE_MINUTES,
                list(
                    hourly_flows(
                        sources_of(house, Type.POWER_SENSOR, DAY, dialect), begin, end
                    ).energies.items()
                ),
            ),
        )
    ]
    known: dict[str, dict[int, float]] = {key: {} for key in HOME}
    for found in answers[1:]:
        for key in HOME.keys() & found.keys():
            known[key] |= {span.since: span.amount for span in found[key]}
    for hour in range(begin, end, HOUR):
        home = sum(known[key][hour] * sign for key, sign in HOME.items())
        assert home == pytest.approx(truth(plant, hour).consumption, abs=0.02)
    used = sum(truth(plant, hour).consumption for hour in range(begin, end, HOUR))
    assert answers[0]["consumption"] == [Span(begin, end, pytest.approx(used))]


@pytest.mark.parametrize("tells_output", [True, False])
def test_a_systems_rows_show_what_inverter_power_is(tells_output: bool) -> None:
    begin, end = bounds(house(), DAY)
    hours = plant_rows(
        house(), Dialect.V2020, begin, end, HOUR, tells_output=tells_output
    )
    zone, progress = house().world.zone, Progress()
    told = spans(HOURS, hours, progress, zone, end + 86400.0, has_battery=True)
    sources = sources_of(house, Type.POWER_SENSOR, DAY, Dialect.V2020)
    flows = hourly_flows(sources, begin, end)
    progress.note_output(tell_ac_output(told["pv_energy"], flows))
    assert progress.tells_output is tells_output
    assert Progress.load(json.loads(json.dumps(progress.dump()))) == progress
    # What tells nothing changes nothing.
    for nothing in (
        tell_ac_output([], flows),
        tell_ac_output(told["pv_energy"], HourlyFlows()),
        tell_ac_output([Span(begin, end, 90.0)], flows),
    ):
        progress.note_output(nothing)
    assert progress.tells_output is tells_output


def test_rows_of_2020_tell_the_pv_yield() -> None:
    """`inverter_power` is what `PVYield` is in newer rows, with a battery too."""
    begin, end = bounds(house(), DAY)
    by_dialect = [
        plant_rows(house(), dialect, begin, end, HOUR)
        for dialect in (Dialect.V2020, Dialect.V2022)
    ]
    for (_, older), (_, newer) in zip(*by_dialect, strict=True):
        assert older["inverter_power"] == newer["PVYield"]
    rows = rows_of(house(), Type.BATTERY, DAY, Dialect.V2020)
    assert any(row["ch_discharge_power"] for _, row in rows)

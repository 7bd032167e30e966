"""Where each KPI of history ends up: a statistic, a sensor, the answer of an action."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue import (
    DEVICE_PERIODS,
    DEVICE_TYPES,
    PERIODS,
    PLANT_PERIODS,
)
from custom_components.smartpvms.catalogue.series import DEVICE_KEYS, SERIES, keys_of
from custom_components.smartpvms.history.spans import _STORAGE_KEYS as STORAGE_KEYS
from custom_components.smartpvms.northbound import Period
from simulator import Dialect, Simulator, fleet
from simulator.model import INVERTERS, Type
from tests.actions.history_requests import of_device, of_plant

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data/reference.json").read_text()
)
INTERFACES = {
    "getKpiStationHour": "hour",
    "getKpiStationDay": "day",
    "getKpiStationMonth": "month",
    "getKpiStationYear": "year",
    "getDevFiveMinutes": "5minute",
    "getDevKpiDay": "day",
    "getDevKpiMonth": "month",
    "getDevKpiYear": "year",
}
"""Reference 3.2 to 3.5 and 3.7 to 3.10, with the period that the actions take."""

# Later editions.
NEWER = (
    *("PVYield", "inverterYield", "selfUsePower", "selfProvide"),
    *("buyPower", "chargeCap", "dischargeCap", "use_power"),
)
SUMS = {key for series in SERIES.values() for key in keys_of(series.operands)}


@dataclass(frozen=True, slots=True)
class Place:
    """A KPI of an interface, and where it ends up beside the actions."""

    interface: str
    device: str
    key: str
    ends: set[str] = field(hash=False)


def ends_of(interface: str, device: str, key: str) -> set[str]:
    """Return the statistics and sensors that show a key."""
    period = INTERFACES[interface]
    if device == "plant":
        ends = {
            f"statistic {series.key}"
            for series in SERIES.values()
            if key in keys_of(series.operands)
        }
        if period != "hour":
            ends |= sensors(PLANT_PERIODS[Period(period)], key)
        return ends
    (type_id,) = REFERENCE["device_type_ids"][device]
    if period == "5minute":
        kind = DEVICE_TYPES[type_id]
        found = {f"counter {name}" for name, own in kind.energies.items() if own == key}
        is_power = kind.power is not None and kind.power.key == key
        return found | ({"power"} if is_power else set())
    ends = sensors(DEVICE_PERIODS[type_id][Period(period)], key)
    if type_id == Type.BATTERY:
        ends |= {f"counter {name}" for name, own in STORAGE_KEYS.items() if own == key}
    return ends


def sensors(kpis: tuple[Any, ...], key: str) -> set[str]:
    """Return the sensors that a key becomes."""
    return {f"sensor {kpi.key}" for kpi in kpis if kpi.source == key}


def places() -> Iterator[Place]:
    """Yield the table: every key of every interface."""
    for interface in INTERFACES:
        for device, kpis in REFERENCE["kpis"][interface].items():
            newer = NEWER if device == "plant" else ()
            for key in dict.fromkeys([*kpis, *newer]):
                yield Place(interface, device, key, ends_of(interface, device, key))


TABLE = list(places())


def test_the_table_is_complete() -> None:
    """Every KPI of the reference, and those of later editions."""
    listed = sum(
        len(kpis)
        for interface in INTERFACES
        for kpis in REFERENCE["kpis"][interface].values()
    )
    assert listed == 5 + 3 * 12 + 254 + (4 + 18) + 2 * (4 + 9)
    # `use_power` is the reference's own but for the hours.
    assert len(TABLE) == listed + 4 * len(NEWER) - 3


def test_every_day_month_and_year_has_its_sensor() -> None:
    """One sensor for each key of a day, month or year."""
    for place in TABLE:
        period = INTERFACES[place.interface]
        if period in set(PERIODS):
            found = [end for end in place.ends if end.startswith("sensor ")]
            assert found == [f"sensor {period}_{place.key}"], place


def test_energy_and_money_are_statistics() -> None:
    """What is counted by the hour goes into the recorder, or belongs nowhere in it."""
    by_hour = {
        place.key: place.ends
        for place in TABLE
        if place.interface == "getKpiStationHour"
    }
    # Weather, and a sum of what other series have.
    apart = {"radiation_intensity", "theory_power", "inverterYield"}
    assert {key for key, ends in by_hour.items() if not ends} == apart
    assert by_hour["power_profit"] == {"statistic revenue"}
    assert "statistic grid_import" in by_hour["buyPower"]
    # The other way round: what a series is made of is a key of the reference.
    known = {place.key for place in TABLE if place.device == "plant"}
    assert known >= SUMS - DEVICE_KEYS


def test_powers_and_counters_of_devices_are_statistics() -> None:
    """Of five-minute rows: a power of each role, both counters of meters, batteries."""
    five = [place for place in TABLE if place.interface == "getDevFiveMinutes"]
    ends: dict[str, set[str]] = {}
    for place in five:
        ends.setdefault(place.device, set()).update(place.ends)
    grid = {"power", "counter device_import", "counter device_export"}
    store = {"power", "counter device_charge", "counter device_discharge"}
    assert ends == {
        "Smart String Inverter": {"power"},
        "Central inverter": {"power"},
        "Smart Energy Center": {"power"},
        "DC combiner box": set(),
        "EMI": set(),
        "Transformer": set(),
        "Gateway power meter": grid,
        "Power Sensor": grid,
        "Battery": store,
    }
    counted = {end.removeprefix("counter ") for end in chain(*ends.values())}
    assert {
        key
        for series in SERIES.values()
        for key in keys_of(series.operands) & DEVICE_KEYS
    } <= counted | {"device_inverter", "device_ac_storage"}


BERLIN = ZoneInfo("Europe/Berlin")
STARTS = {
    "hour": datetime(2026, 6, 14, 11, tzinfo=BERLIN),
    "5minute": datetime(2026, 6, 14, 11, tzinfo=BERLIN),
    "day": datetime(2026, 6, 14, tzinfo=BERLIN),
    "month": datetime(2026, 5, 1, tzinfo=BERLIN),
    "year": datetime(2025, 1, 1, tzinfo=BERLIN),
}
SPANS = {
    "hour": ("2026-06-14T11:00:00+02:00", "2026-06-14T12:00:00+02:00"),
    "5minute": ("2026-06-14T11:00:00+02:00", "2026-06-14T11:05:00+02:00"),
    "day": ("2026-06-14", "2026-06-15"),
    "month": ("2026-05-01", "2026-06-01"),
    "year": ("2025-01-01", "2026-01-01"),
}
"""A row of each period, and what is asked to get it."""
SOURCES = sorted({(place.interface, place.device) for place in TABLE})


@pytest.fixture
def dialect() -> Dialect:
    """Speak as the reference does: all types answer."""
    return Dialect.V2020


@pytest.fixture
async def sim(now: str, dialect: Dialect) -> Simulator:
    """Return the simulator with a plant that has every type."""
    sim = Simulator(plants=[fleet.utility()], dialect=dialect, all_types=True)
    sim.alarms.automatic = False
    sim.quota.scale = 0
    return sim


@pytest.mark.parametrize(("interface", "device"), SOURCES)
async def test_actions_give_every_key(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    interface: str,
    device: str,
) -> None:
    """Whatever a row says, an answer has: each key a number of its own."""
    period = INTERFACES[interface]
    keys = [p.key for p in TABLE if (p.interface, p.device) == (interface, device)]
    row: dict[str, float] = {key: 3.25 + n for n, key in enumerate(keys)}
    plant, at = sim.plants[0], int(STARTS[period].timestamp())
    start, end = SPANS[period]
    wanted = {"period": period, "start": start, "end": end, "keys": keys}
    name = {"5minute": "FiveMinutes"}.get(period, period.capitalize())
    if device == "plant":
        sim.override((plant.code, name, at), row)
        rows = await of_plant(hass, plant.code, **wanted)
    else:
        (type_id,) = REFERENCE["device_type_ids"][device]
        source = next(d.id for d in plant.devices if d.type == type_id)
        sim.override((source, name, at), row)
        rows = await of_device(hass, source, **wanted)
    (only,) = rows
    values = only["values"]
    assert values.keys() == row.keys()
    if device != "Gateway power meter":
        assert values == row


def test_all_inverters_are_known() -> None:
    """The reference's types of inverters are those with periods."""
    assert {int(kind) for kind in INVERTERS} <= DEVICE_PERIODS.keys()

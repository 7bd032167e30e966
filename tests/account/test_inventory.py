"""Inventory, zones and the meter's unit: what a list proves and what it does not."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.smartpvms.account.inventory import GONE_AFTER, Inventory
from custom_components.smartpvms.account.time_zones import zone_of
from custom_components.smartpvms.catalogue.meter import (
    assumed_in_watts,
    in_kilowatts,
    is_in_watts,
)
from custom_components.smartpvms.northbound import Device, Dialect, Plant, Values
from custom_components.smartpvms.storage.store import DAMAGE

T = 1_000_000.0
A = Plant("A", "Anna", 8.5, datetime.fromisoformat("2021-03-01T00:00:00+01:00"))
B = Plant("B", "Bert")
A1, A2 = Device(1, "A", "one", 38), Device(-2, "A", "two", 99999, serial="S")
B3 = Device(3, "B", "three", 47)


@pytest.fixture
def inventory() -> Inventory:
    """Return two plants with three devices, listed at T."""
    return (
        Inventory(Dialect.V2022)
        .with_plants([A, B], T)
        .with_devices({"A", "B"}, [A1, A2, B3], T)
    )


def test_an_empty_list_never_replaces_a_good_one(inventory: Inventory) -> None:
    later = T + 2 * GONE_AFTER
    after = inventory.with_plants([], later).with_devices({"A", "B"}, [], later)
    assert after.plants == inventory.plants
    assert after.devices == inventory.devices
    assert after.missing_since == {}
    assert after.plants_at == after.devices_at["A"] == later


def test_a_device_is_gone_after_a_day_of_lists_without_it(inventory: Inventory) -> None:
    first = inventory.with_devices({"A", "B"}, [A1, B3], T + 60)
    assert set(first.devices) == {1, -2, 3}
    still = first.with_devices({"A", "B"}, [A1, B3], T + 59 + GONE_AFTER)
    assert set(still.devices) == {1, -2, 3}
    gone = still.with_devices({"A", "B"}, [A1, B3], T + 60 + GONE_AFTER)
    assert set(gone.devices) == {1, 3}
    assert gone.missing_since == {}


def test_a_device_that_comes_back_starts_the_day_anew(inventory: Inventory) -> None:
    seen = inventory.with_devices({"A"}, [A1], T + 60).with_devices(
        {"A"}, [A1, A2], T + 120
    )
    assert seen.missing_since == {}


def test_one_batch_says_nothing_of_the_other_plants(inventory: Inventory) -> None:
    after = inventory.with_devices({"B"}, [B3, A1], T + 2 * GONE_AFTER)
    assert set(after.devices) == {1, -2, 3}


def test_a_plant_is_gone_with_its_devices(inventory: Inventory) -> None:
    first = inventory.with_plants([A], T + 60)
    assert set(first.plants) == {"A", "B"}
    gone = first.with_plants([A], T + 60 + GONE_AFTER)
    assert set(gone.plants) == {"A"}
    assert set(gone.devices) == {1, -2}


def test_a_restart_changes_nothing(inventory: Inventory) -> None:
    after = inventory.with_devices({"A"}, [A1], T + 60)
    assert Inventory.load(json.loads(json.dumps(after.dump()))) == after


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        {},
        {"dialect": "1999"},
        {"dialect": "2022", "plants": None},
        {"dialect": "2022", "plants": [{"code": 1}], "devices": []},
        {
            "dialect": "2022",
            "plants": [],
            "devices": [{"surprise": 1}],
            "plants_at": 0,
            "devices_at": {},
            "missing_since": {},
        },
    ],
)
def test_another_shape_is_damage(saved: Any) -> None:
    with pytest.raises(DAMAGE):
        Inventory.load(saved)


def test_outdated_is_listed_again(inventory: Inventory) -> None:
    assert inventory.outdated() == replace(inventory, plants_at=0.0, devices_at={})


@pytest.mark.parametrize(
    ("plant", "home", "expected"),
    [
        (A, ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Berlin")),
        (A, ZoneInfo("America/New_York"), timezone(timedelta(hours=1))),
        (B, ZoneInfo("Asia/Kolkata"), None),
    ],
)
def test_zone_of(plant: Plant, home: ZoneInfo, expected: Any) -> None:
    assert zone_of(plant, home) == expected


def phases(power: float, volts: float = 230, amperes: float = 5) -> Values:
    """Return a grid meter's row."""
    voltages = {f"{phase}_u": volts for phase in "abc"}
    return {
        "active_power": power,
        **voltages,
        **{f"{phase}_i": amperes for phase in "abc"},
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (phases(3300), True),
        (phases(-3300), True),
        (phases(3.3), False),
        (phases(-0.4), False),
        (phases(20), None),
        (phases(0), None),
        (phases(5, volts=0), None),
        ({"active_power": 5.0}, None),
        ({}, None),
    ],
)
def test_volts_and_amperes_tell_the_unit(row: Values, expected: bool | None) -> None:
    assert is_in_watts(row) is expected


def test_all_powers_of_a_meter_in_watts_become_kilowatts() -> None:
    row = {
        "active_power": 3300.0,
        "active_power_a": 1100.0,
        "reactive_power": 50.0,
        "total_apparent_power": 3400.0,
        "a_u": 230.0,
        "active_cap": 12.0,
        "reverse_active_power": 7.0,
    }
    assert in_kilowatts(row, watts=True) == {
        "active_power": 3.3,
        "active_power_a": 1.1,
        "reactive_power": 0.05,
        "total_apparent_power": 3.4,
        "a_u": 230.0,
        "active_cap": 12.0,
        "reverse_active_power": 7.0,
    }
    assert in_kilowatts(row, watts=False) is row


def test_what_is_assumed_without_a_proof() -> None:
    assert assumed_in_watts(Dialect.V2022)
    assert not assumed_in_watts(Dialect.V2020)


def test_times_of_a_clock_that_was_ahead_are_now(inventory: Inventory) -> None:
    now = max(inventory.plants_at, *inventory.devices_at.values())
    assert inventory.bound(now) == inventory
    ahead = replace(
        inventory,
        plants_at=now + 9,
        devices_at=dict.fromkeys(inventory.devices_at, now + 9),
        missing_since={"NE=1": now + 9},
    )
    bound = ahead.bound(now)
    assert bound.plants_at == now
    assert set(bound.devices_at.values()) == {now}
    assert bound.missing_since == {"NE=1": now}

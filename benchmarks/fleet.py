"""An account with many plants and devices of all types."""

from dataclasses import replace
from datetime import date
from typing import Final

from simulator import Device, Plant, Type, fleet

DEVICES: Final = 20
CONNECTED: Final = date(2026, 6, 1)
# Worlds shared by the plants, because simulating one for each would need minutes.
WORLDS: Final = 4


def plants(count: int, devices: int = DEVICES) -> list[Plant]:
    """Return utility plants with `devices` devices each, one of each type first."""
    return [_plant(number, devices) for number in range(count)]


def _plant(number: int, devices: int) -> Plant:
    plant = fleet.utility(
        f"NE={70_000_000 + number}",
        10 + number % WORLDS,
        name=f"Plant {number + 1}",
        connected=CONNECTED,
    )
    inverters = [d for d in plant.devices if d.type == Type.STRING_INVERTER]
    more = (
        _copy(inverters[extra % len(inverters)], extra)
        for extra in range(devices - len(plant.devices))
    )
    plant.devices = [*plant.devices[:devices], *more]
    return plant


def _copy(inverter: Device, number: int) -> Device:
    """Return a copy of an inverter with an id, name and serial of its own."""
    return replace(
        inverter,
        id=inverter.id - 1_000_000 - number,
        name=f"{inverter.name} ({number + 2})",
        serial=f"{inverter.serial}{number}",
    )

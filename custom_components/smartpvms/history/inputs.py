"""What of an account the import of a plant takes: its devices, its live counters."""

from collections.abc import Mapping
from typing import Final

from ..account.account import Account
from ..catalogue import DEVICE_TYPES, Role
from ..catalogue.series import DEVICE_KEYS, OPPOSITE, SERIES, keys_of
from ..live.readings import Reading
from ..northbound import Device, Values
from .device_rows import BATTERIES
from .feeds import FIVE_MINUTES, STORAGE_DAYS, Feed, Track
from .live_hours import LONGEST_SILENCE, Counters

# The plant's own counters that live operands are made of.
_LIVE: Final = tuple(
    {
        key
        for series in SERIES.values()
        for key in keys_of(series.live)
        if key not in DEVICE_KEYS
    }
)


def devices_of(account: Account, feed: Feed, code: str) -> list[Device]:
    """Return the devices of a plant whose rows a feed is made of."""
    meter = account.grid_meter(code)
    found: list[Device] = []
    for device in account.listed_devices_of(code):
        kind = DEVICE_TYPES.get(device.type_id)
        role = kind.role if kind else None
        if feed.track is Track.STORAGE and role not in BATTERIES:
            continue
        if role and (role is not Role.METER or device.id == meter):
            found.append(device)
    return found


def batteries_of(account: Account, code: str) -> list[int]:
    """Return the ids of a plant's batteries."""
    return [device.id for device in devices_of(account, STORAGE_DAYS, code)]


def has_battery(account: Account, code: str) -> bool:
    """Tell whether a plant has a battery among its devices."""
    return bool(batteries_of(account, code))


def still_there(device: Device, reading: Reading | None) -> tuple[int, Values] | None:
    """Return when a device was last seen at work, as a row that tells no more.

    Rows that end before were missing: the device had not left. One that is cut off or
    broken shows no power.
    """
    power = DEVICE_TYPES[device.type_id].power
    if reading is None or power is None or power.key not in reading.values:
        return None
    return int(reading.at), {}


def live_counters(
    account: Account,
    plants: Mapping[str, Reading],
    devices: Mapping[int, Reading],
    code: str,
) -> dict[float, Counters]:
    """Return a plant's live counters by when (epoch seconds) they were read.

    Those of its devices are by `DEVICE_…` key, where all are known and of about the
    same time; each is named by its device and its own key, so that another meter, or the
    same one reversed, is another counter.
    """
    found: dict[float, dict[str, Mapping[str, float]]] = {}
    if plant := plants.get(code):
        own = {key: plant.values[key] for key in _LIVE if key in plant.values}
        found[plant.at] = {key: {key: value} for key, value in own.items()}
    for key, counters in _device_counters(account, devices, code).items():
        times = [at for at, value in counters.values() if value is not None]
        if len(times) < len(counters) or max(times) - min(times) > LONGEST_SILENCE:
            continue
        known = {
            name: value for name, (_, value) in counters.items() if value is not None
        }
        found.setdefault(max(times), {})[key] = known
    return dict(found)


def _device_counters(
    account: Account, readings: Mapping[int, Reading], code: str
) -> dict[str, dict[str, tuple[float, float | None]]]:
    """Return each device's counters as (epoch second, kWh or None), by `DEVICE_…` key."""
    found: dict[str, dict[str, tuple[float, float | None]]] = {}
    for device in devices_of(account, FIVE_MINUTES, code):
        reading = readings.get(device.id)
        at, values = (reading.at, reading.values) if reading else (0.0, {})
        for energy, counter in DEVICE_TYPES[device.type_id].energies.items():
            is_reversed = device.id in account.options.reversed_meters
            key = OPPOSITE[energy] if is_reversed else energy
            name = f"{device.id} {counter}"
            found.setdefault(key, {})[name] = (at, values.get(counter))
    return found

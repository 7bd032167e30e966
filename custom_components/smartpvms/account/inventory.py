"""The plants and devices of an account, and when one counts as gone. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final, Self

from ..northbound import Device, Dialect, Plant
from ..storage.parse import (
    amount,
    as_dict,
    as_list,
    instant,
    load_time,
    optional,
    text,
    times,
    whole,
)

GONE_AFTER: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the lists said, by plant code and device id.

    `plants_at` and `devices_at` (by plant code) are the epoch seconds of the
    last good list, `missing_since` of the first good list that lacked a plant
    (its code) or device (its id as text).
    """

    dialect: Dialect
    plants: Mapping[str, Plant] = field(default_factory=dict)
    devices: Mapping[int, Device] = field(default_factory=dict)
    plants_at: float = 0.0
    devices_at: Mapping[str, float] = field(default_factory=dict)
    missing_since: Mapping[str, float] = field(default_factory=dict)

    def with_plants(self, listed: Iterable[Plant], at: float) -> Self:
        """Return the inventory after a plant list; an empty one changes nothing."""
        found = {plant.code: plant for plant in listed}
        if not found:
            return replace(self, plants_at=at)
        missing = self._missing(set(self.plants), set(found), at)
        kept = {
            code: plant
            for code, plant in self.plants.items()
            if code not in found and not self._is_gone(code, missing, at)
        }
        plants = {**kept, **found}
        return replace(
            self,
            plants=plants,
            plants_at=at,
            devices={
                device.id: device
                for device in self.devices.values()
                if device.plant_code in plants
            },
            devices_at={
                code: listed
                for code, listed in self.devices_at.items()
                if code in plants
            },
            missing_since=missing,
        ).tidied()

    def with_devices(
        self, asked: Collection[str], listed: Iterable[Device], at: float
    ) -> Self:
        """Return the inventory after the device list of the plants `asked` for.

        An empty list changes nothing.
        """
        found = {device.id: device for device in listed if device.plant_code in asked}
        devices_at = {**self.devices_at, **dict.fromkeys(asked, at)}
        if not found:
            return replace(self, devices_at=devices_at)
        here = {
            str(device.id)
            for device in self.devices.values()
            if device.plant_code in asked
        }
        missing = self._missing(here, {str(device_id) for device_id in found}, at)
        kept = {
            device.id: device
            for device in self.devices.values()
            if device.id not in found
            and (
                device.plant_code not in asked
                or not self._is_gone(str(device.id), missing, at)
            )
        }
        devices = {**kept, **found}
        return replace(
            self,
            devices=devices,
            devices_at=devices_at,
            missing_since=missing,
        ).tidied()

    def tidied(self) -> Self:
        """Return the inventory without `missing_since` of items that it no longer holds."""
        held = {*self.plants, *map(str, self.devices)}
        return replace(
            self,
            missing_since={
                key: since for key, since in self.missing_since.items() if key in held
            },
        )

    def outdated(self) -> Self:
        """Return the same plants and devices, to be listed again."""
        return replace(self, plants_at=0.0, devices_at={})

    def bound(self, now: float) -> Self:
        """Return the inventory without times of a clock that was ahead: they are now."""
        return replace(
            self,
            plants_at=min(self.plants_at, now),
            devices_at={key: min(at, now) for key, at in self.devices_at.items()},
            missing_since={key: min(at, now) for key, at in self.missing_since.items()},
        )

    def _missing(self, known: set[str], found: set[str], at: float) -> dict[str, float]:
        """Return since when each known one is missing, without those found."""
        absent = known - found
        return {
            key: since for key, since in self.missing_since.items() if key not in found
        } | {key: self.missing_since.get(key, at) for key in absent}

    def _is_gone(self, key: str, missing: Mapping[str, float], at: float) -> bool:
        return at - missing.get(key, at) >= GONE_AFTER

    def dump(self) -> dict[str, object]:
        """Return the inventory as JSON data."""
        return {
            "dialect": self.dialect,
            "plants": [
                {
                    **asdict(plant),
                    "grid_connected_at": plant.grid_connected_at
                    and plant.grid_connected_at.isoformat(),
                }
                for plant in self.plants.values()
            ],
            "devices": [asdict(device) for device in self.devices.values()],
            "plants_at": self.plants_at,
            "devices_at": dict(self.devices_at),
            "missing_since": dict(self.missing_since),
        }

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError or KeyError."""
        parts = as_dict(saved)
        plants = [_plant(as_dict(item)) for item in as_list(parts["plants"])]
        devices = [_device(as_dict(item)) for item in as_list(parts["devices"])]
        return cls(
            Dialect(text(parts["dialect"])),
            {plant.code: plant for plant in plants},
            {device.id: device for device in devices},
            instant(parts["plants_at"]),
            times(parts["devices_at"]),
            times(parts["missing_since"]),
        )


def _plant(saved: Mapping[str, object]) -> Plant:
    return Plant(
        text(saved["code"]),
        text(saved["name"]),
        optional(amount)(saved["capacity"]),
        optional(load_time)(saved["grid_connected_at"]),
    )


def _device(saved: Mapping[str, object]) -> Device:
    may_be_text = optional(text)
    return Device(
        id=whole(saved["id"]),
        plant_code=text(saved["plant_code"]),
        name=text(saved["name"]),
        type_id=whole(saved["type_id"]),
        model=may_be_text(saved["model"]),
        serial=may_be_text(saved["serial"]),
        software=may_be_text(saved["software"]),
    )

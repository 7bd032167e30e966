"""One account at run time: its client, its options, its plants and devices."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..catalogue import WITHOUT_VALUES
from ..catalogue.battery import STORAGE_POWER
from ..const import CONF_LEFT_OUT, LOGGER
from ..northbound import Device, Dialect, Interface, Plant, Profile, Values
from ..northbound.errors import LoginError
from .clock import Clock
from .connections import Connection
from .device_registry import RegisteredDevices, plant_owners
from .inventory import Inventory
from .issues import Issues
from .left_out import AllLeftOut
from .meters import NO_METER, grid_meter, likely_meters
from .options import AccountOptions
from .outage import Outage
from .owner import grants_control
from .powers import Powers
from .signal import Signal
from .supported_types import SupportedTypes
from .time_zones import zone_of

PROFILES: Final[Mapping[Dialect, Profile]] = {
    Dialect.V2020: Profile.PER_MINUTE,
    Dialect.V2022: Profile.DAILY,
}


class Account:
    """What an entry is, whatever is asked of it. It knows no coordinator.

    `plants` (by code) and `devices` (by id) are those of the inventory that this
    entry shows: neither deselected by the user nor shown by another entry. Plants and
    devices that the last list lacked are shown for a day more, but not asked: a call
    for one of them fails for all. `listed_plants` and `listed_devices` are the others,
    `listed_by_type` those devices that may have real-time data. `learnt_zones`: the time
    zones that rows have shown, by plant code.

    `inventory_changed` is sent after plants or devices may have changed,
    `inventory_doubted` when an answer shows that the lists are out of date, and
    `types_changed` when an interface has answered or refused a device type.

    Once it `is_leaving`, nothing is asked or added any more; once it `is_closed`, the
    last write has begun. An unload that fails takes the first back.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        connection: Connection,
        inventory: Inventory,
        powers: Powers,
    ) -> None:
        """Show an inventory; no call is made."""
        self.hass = hass
        self.entry = entry
        self.client = connection.client
        self.ledger = connection.client.session.ledger
        self.is_of_owner = CONF_TOKEN in entry.data
        self.clock = Clock()
        self._given: tuple[Mapping[str, Any], str] | None = None
        self._options: AccountOptions
        self.inventory = inventory
        self.powers = powers
        self.inventory_changed = Signal("inventory changed")
        self.inventory_doubted = Signal("inventory doubted")
        self.types_changed = Signal("device types changed")
        self.outage = Outage()
        self.plants: dict[str, Plant] = {}
        self.devices: dict[int, Device] = {}
        self.listed_plants: list[str] = []
        self.listed_devices: list[Device] = []
        self.listed_by_type: dict[int, list[Device]] = {}
        self.supported: list[SupportedTypes] = []
        self.left_out = AllLeftOut(
            self.clock.now, self._plant_of, self.inventory_doubted.send
        )
        self.is_leaving = False
        self.is_closed = False
        self._by_plant: dict[str, list[Device]] = {}
        self._listed_by_plant: dict[str, list[Device]] = {}
        self._zones: dict[str, tzinfo] = {}
        self.learnt_zones: dict[str, tzinfo] = {}
        self._registered_devices = RegisteredDevices(hass, entry)
        self.issues = Issues(self)
        self._choose_profile(inventory.dialect)
        self._show_inventory()
        powers.meters_changed.connect(self._review_meters)

    @property
    def options(self) -> AccountOptions:
        """Return the user's choices, as the entry has them at this moment."""
        given = (self.entry.options, self.hass.config.currency)
        if given != self._given:
            self._given, self._options = given, AccountOptions.of(*given)
        return self._options

    @property
    def grants_control(self) -> bool:
        """Tell whether control is part of an owner's consent, if there is one."""
        return not self.is_of_owner or grants_control(self.entry.data)

    def wait(self, interface: Interface, calls: int = 1) -> float:
        """Return the seconds until calls can be made, a login included."""
        burst = self.ledger.burst(interface)
        wait = self.ledger.wait(interface, max(1, min(calls, burst)))
        if self.client.session.is_open:
            return wait
        return max(wait, self.ledger.wait(Interface.LOGIN))

    @property
    def is_login_refused(self) -> bool:
        """Tell whether nothing is asked for now, since the server refused the login."""
        session = self.client.session
        return session.rests_after_refusal and not session.is_open

    def _plant_of(self, device: int) -> str | None:
        known = self.devices.get(device)
        return known.plant_code if known else None

    def supported_types(self, interface: Callable[[], Interface]) -> SupportedTypes:
        """Return a new record of the types that an interface serves."""
        types = SupportedTypes(interface, self.clock.now, self.types_changed.send)
        self.supported.append(types)
        return types

    @callback
    def note_login_refused(self, error: LoginError) -> None:
        """Log a first refusal; start the reauthentication after the second."""
        if self.client.session.refusals == 1:
            LOGGER.warning("%s; it is tried once more in 30 minutes", error)
        else:
            self.entry.async_start_reauth(self.hass)

    @callback
    def change_dialect(self, dialect: Dialect) -> None:
        """Follow a system that was renewed, to its lists and its limits."""
        self.inventory = replace(self.inventory, dialect=dialect)
        self._choose_profile(dialect)

    def _choose_profile(self, dialect: Dialect) -> None:
        profile = self.options.profile or PROFILES[dialect]
        self.ledger.profile = Profile.OWNER if self.is_of_owner else profile

    def zone(self, plant_code: str) -> tzinfo:
        """Return a plant's time zone; Home Assistant's while it is not known."""
        return self.known_zone(plant_code) or dt_util.get_default_time_zone()

    def known_zone(self, plant_code: str) -> tzinfo | None:
        """Return a plant's time zone, None while neither list nor rows have told it."""
        return self._zones.get(plant_code)

    @callback
    def learn_zone(self, plant_code: str, zone: tzinfo) -> None:
        """Keep a plant's time zone as its rows have shown it."""
        self.learnt_zones[plant_code] = self._zones[plant_code] = zone

    def devices_of(self, plant_code: str) -> list[Device]:
        """Return the devices of a plant that are shown."""
        return self._by_plant.get(plant_code, [])

    def listed_devices_of(self, plant_code: str) -> list[Device]:
        """Return the devices of a plant that are summed, chosen and asked.

        A device that the last list lacked is left out: it may have been replaced.
        """
        return self._listed_by_plant.get(plant_code, [])

    def plants_of(self, devices: Iterable[int]) -> list[str]:
        """Return the plants of these devices that are shown, each once."""
        shown = (self.devices[key] for key in devices if key in self.devices)
        return list(dict.fromkeys(device.plant_code for device in shown))

    def grid_meter(self, plant_code: str) -> int | None:
        """Return the device at the plant's grid connection, or None."""
        chosen = self.options.grid_meters.get(plant_code)
        devices = self.listed_devices_of(plant_code)
        return grid_meter(devices, chosen, self.powers.with_power)

    def normalise(self, device: Device, row: Values) -> Values:
        """Return a row in the catalogue's units and signs, without impossible powers."""
        plant = self.plants.get(device.plant_code)
        capacity = plant.capacity if plant else None
        return self.powers.normalise(device, row, self.inventory.dialect, capacity)

    def learn_from(self, device: Device, rows: Iterable[tuple[float, Values]]) -> None:
        """Learn units and signs from a device's rows of the past, by epoch second.

        To be called before they are normalised; a sign that the user has turned stays.
        """
        if device.id not in self.options.reversed_batteries:
            self.powers.learn_from(device, rows)

    def read_live(self, device: Device, at: float, row: Values) -> Values:
        """Return a row that has just come as `normalise` does, and learn from it.

        The power of a storage whose sign is not known yet is left out.
        """
        if device.id not in self.options.reversed_batteries:
            self.powers.learn(device, at, row)
        values = self.read(device, row)
        self.powers.note_meter(device, values)
        return values

    def read(self, device: Device, row: Values) -> Values:
        """Return a row as `normalise` does, without a storage's power of unknown sign."""
        values = self.normalise(device, row)
        if (
            not values.get(STORAGE_POWER)
            or device.id in self.options.reversed_batteries
            or self.powers.has_sign(device, row)
        ):
            return values
        return {key: value for key, value in values.items() if key != STORAGE_POWER}

    async def async_apply(self, inventory: Inventory) -> None:
        """Show the plants and devices of an inventory, and no others.

        They are in the device registry before an entity is added for them.
        """
        plants, devices, _ = self._of_this_entry(inventory)
        await self._registered_devices.async_add(plants.values(), devices.values())
        self.inventory = inventory
        self._show_inventory()
        self.left_out.keep_only(self.plants, self.devices)
        self.inventory_changed.send()
        kept = {*self.plants, *map(str, self.devices)}
        # A plant without devices was not listed yet, or by an empty list.
        unlisted = {code for code in self.plants if not self.devices_of(code)}
        await self._registered_devices.async_keep_only(kept, unlisted)

    @callback
    def bound_inventory(self) -> None:
        """Put right the times of a clock that was ahead."""
        self.inventory = self.inventory.bound(self.clock.now())

    @callback
    def outdate_inventory(self) -> None:
        """Let plants and devices be listed again, before it is time."""
        self.inventory = self.inventory.outdated()

    def _of_this_entry(
        self, known: Inventory
    ) -> tuple[dict[str, Plant], dict[int, Device], dict[str, ConfigEntry]]:
        """Return the plants and devices to show, and the owners of other plants."""
        excluded = self.options.excluded_plants
        wanted = {code: p for code, p in known.plants.items() if code not in excluded}
        taken = {
            code: owner
            for code, owner in plant_owners(self.hass, wanted).items()
            if owner is not self.entry
        }
        plants = {code: p for code, p in wanted.items() if code not in taken}
        devices = {
            device.id: device
            for device in known.devices.values()
            if device.plant_code in plants
        }
        return plants, devices, taken

    @callback
    def _show_inventory(self) -> None:
        known = self.inventory
        self.plants, self.devices, taken = self._of_this_entry(known)
        self._group(known.missing_since)
        self._find_zones()
        # The set-up has said which ones it leaves to another entry.
        told = self.entry.data.get(CONF_LEFT_OUT, ())
        self.issues.plants_taken(
            {
                known.plants[code].name: owner.title
                for code, owner in taken.items()
                if code not in told
            }
        )
        self._review_meters()

    @callback
    def _review_meters(self) -> None:
        """Tell for which plants the user has to choose the meter at the grid."""
        self.issues.several_meters(
            plant.name
            for code, plant in self.plants.items()
            if self.grid_meter(code) is None
            and self.options.grid_meters.get(code) != NO_METER
            and len(self.likely_meters(code)) > 1
        )

    def likely_meters(self, plant_code: str) -> list[Device]:
        """Return the meters of a plant that may be at its grid connection."""
        devices = self.listed_devices_of(plant_code)
        return likely_meters(devices, self.powers.with_power)

    def _group(self, missing: Mapping[str, float]) -> None:
        """Group the plants and devices shown; `missing`: plant codes and device ids as text."""
        self.listed_plants = [code for code in self.plants if code not in missing]
        self.listed_devices = [
            device
            for device in self.devices.values()
            if str(device.id) not in missing and device.plant_code not in missing
        ]
        self.listed_by_type = {}
        for device in self.listed_devices:
            if device.type_id not in WITHOUT_VALUES:
                self.listed_by_type.setdefault(device.type_id, []).append(device)
        self._by_plant = _by_plant(self.devices.values())
        self._listed_by_plant = _by_plant(self.listed_devices)

    def _find_zones(self) -> None:
        home = dt_util.get_default_time_zone()
        self._zones = {
            code: zone
            for code, plant in self.plants.items()
            if (zone := self.learnt_zones.get(code) or zone_of(plant, home))
        }
        self.ledger.zone = next(iter(self._zones.values()), home)


def _by_plant(devices: Iterable[Device]) -> dict[str, list[Device]]:
    """Return devices by the code of their plant."""
    found: dict[str, list[Device]] = {}
    for device in devices:
        found.setdefault(device.plant_code, []).append(device)
    return found

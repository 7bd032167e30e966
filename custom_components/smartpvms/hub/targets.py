"""What an action is asked to act on: plants and devices by their registry ids."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from .hub import Hub, SmartPvmsConfigEntry


@dataclass(frozen=True, slots=True)
class Target:
    """A plant, or one of its devices where `device` is not None.

    `registry_id` is the id that was passed, which the answer is keyed by.
    """

    registry_id: str
    hub: Hub
    plant_code: str = field(repr=False)
    device: int | None = None

    @property
    def name(self) -> str:
        """Return what the user calls it."""
        return _name(dr.async_get(self.hub.account.hass).async_get(self.registry_id))


@callback
def find_targets(hass: HomeAssistant, registry_ids: Iterable[str]) -> list[Target]:
    """Return the targets, or raise ServiceValidationError for an unknown device."""
    return [_find(hass, registry_id) for registry_id in registry_ids]


def _find(hass: HomeAssistant, registry_id: str) -> Target:
    device, entry = dr.async_get_device_and_config_entry_for_domain(
        hass, registry_id, domain=DOMAIN
    )
    if device and entry:
        hub = running(entry)
        keys = {key for domain, key in device.identifiers if domain == DOMAIN}
        for key in keys:
            if key in hub.account.plants:
                return Target(registry_id, hub, key)
        for known in hub.account.devices.values():
            if str(known.id) in keys:
                return Target(registry_id, hub, known.plant_code, known.id)
    other = dr.async_get(hass).async_get(registry_id)
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="unknown_device",
        translation_placeholders={"device_id": _name(other) or registry_id},
    )


def _name(device: dr.AnyDeviceEntry | None) -> str:
    """Return what a device is called, empty where that is not known."""
    return (device and (device.name_by_user or device.name)) or ""


@callback
def running(entry: SmartPvmsConfigEntry) -> Hub:
    """Return the hub of an entry that is set up, or raise."""
    if entry.state is not ConfigEntryState.LOADED:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_loaded",
            translation_placeholders={"entry": entry.title},
        )
    return entry.runtime_data


@callback
def registry_id_of(hass: HomeAssistant, key: str) -> str | None:
    """Return the registry id of a plant (code) or device (id as text)."""
    registry = dr.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        # By its index: a fleet has thousands of devices, and as many alarms at once.
        identifier = (DOMAIN, key)
        if device := registry.async_get_device_by_identifier(
            identifier, entry.entry_id
        ):
            return device.id
    return None

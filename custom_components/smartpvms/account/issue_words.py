"""What an interface is good for, in words of Home Assistant's language."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..northbound import Interface
from .device_registry import type_name


@callback
def feature(hass: HomeAssistant, interface: Interface) -> str:
    """Return what comes from an interface, such as "alarms"."""
    return word(hass, f"feature_{interface.name.lower()}", interface)


@callback
def features(hass: HomeAssistant, interfaces: Iterable[Interface]) -> str:
    """Return what comes from some interfaces, each with its name, as a list."""
    names = {str(key): feature(hass, key) for key in interfaces}
    return ", ".join(f"{name} ({key})" for key, name in sorted(names.items()))


@callback
def device_types(hass: HomeAssistant, type_ids: Iterable[int]) -> str:
    """Return what device types are called, as a list."""
    return ", ".join(
        sorted(
            {
                _text(hass, "selector", f"device_type.options.{key}", type_name(key))
                for key in type_ids
            }
        )
    )


@callback
def word(hass: HomeAssistant, key: str, otherwise: str) -> str:
    """Return one of our common texts; Home Assistant has read them at the start."""
    return _text(hass, "common", key, otherwise)


def _text(hass: HomeAssistant, category: str, key: str, otherwise: str) -> str:
    language = hass.config.language
    texts = async_get_cached_translations(hass, language, category, DOMAIN)
    return texts.get(f"component.{DOMAIN}.{category}.{key}", otherwise)

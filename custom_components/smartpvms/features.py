"""What an interface is good for, in words of Home Assistant's language."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .northbound import Interface


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
def word(hass: HomeAssistant, key: str, otherwise: str) -> str:
    """Return one of our common texts; Home Assistant has read them at the start."""
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    return texts.get(f"component.{DOMAIN}.common.{key}", otherwise)

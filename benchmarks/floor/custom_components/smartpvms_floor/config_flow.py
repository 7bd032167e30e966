"""The config flow, from which Home Assistant reads the version of an entry."""

from homeassistant.config_entries import ConfigFlow

from .recipe import DOMAIN


class FloorConfigFlow(ConfigFlow, domain=DOMAIN):
    """A flow without steps."""

"""Home Assistant asks for the version of an entry here; nobody adds one."""

from homeassistant.config_entries import ConfigFlow

from .recipe import DOMAIN


class FloorConfigFlow(ConfigFlow, domain=DOMAIN):
    """A flow without steps."""

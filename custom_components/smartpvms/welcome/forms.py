"""The fields of an account, and of its plants."""

from collections.abc import Iterable
from typing import Final

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..const import CONF_CA_CERTIFICATE, REGIONS

HOST: Final = SelectSelector(
    SelectSelectorConfig(
        # As they are shown once chosen: a list that may be added to shows no labels.
        options=list(REGIONS),
        mode=SelectSelectorMode.DROPDOWN,
        custom_value=True,
    )
)
USERNAME: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="username")
)
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
ACCOUNT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_HOST, default=REGIONS[0]): HOST,
        vol.Required(CONF_USERNAME): USERNAME,
        vol.Required(CONF_PASSWORD): PASSWORD,
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)
ACCESS_NORTHBOUND: Final = "northbound"
ACCESS_OWNER: Final = "owner"
CONF_ACCESS: Final = "access"
# Username and password are needed for one of the two ways only.
USER_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_ACCESS, default=ACCESS_NORTHBOUND): SelectSelector(
            SelectSelectorConfig(
                options=[ACCESS_NORTHBOUND, ACCESS_OWNER],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_ACCESS,
            )
        ),
        vol.Required(CONF_HOST, default=REGIONS[0]): HOST,
        vol.Optional(CONF_USERNAME): USERNAME,
        vol.Optional(CONF_PASSWORD): PASSWORD,
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)
OWNER_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_HOST, default=REGIONS[0]): HOST,
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)
# Shown where it is needed: most servers have a certificate of a public authority.
CA_CERTIFICATE: Final = {
    vol.Optional(CONF_CA_CERTIFICATE): TextSelector(TextSelectorConfig(multiline=True))
}


def several(options: Iterable[tuple[str, str]]) -> SelectSelector:
    """Return a selector of several of these (value, label)."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=value, label=label) for value, label in options
            ],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )

"""Actions. Those that spend the account's calls are for administrators."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers.service import async_register_admin_service
import voluptuous as vol

from ..const import DOMAIN
from . import (
    alarms as alarm_actions,
    control as control_actions,
    energy as energy_actions,
    firmware as firmware_actions,
    history as history_actions,
    import_history as import_actions,
    registration as registration_actions,
)

type _Handler = Callable[
    [HomeAssistant, ServiceCall], Coroutine[None, None, ServiceResponse]
]


@dataclass(frozen=True, slots=True)
class Action:
    """An action: its name, what does it, its fields, whether it answers."""

    name: str
    handler: _Handler
    schema: vol.Schema | vol.All
    response: SupportsResponse = SupportsResponse.ONLY


ACTIONS: Final = (
    Action("get_alarms", alarm_actions.async_get_alarms, alarm_actions.SCHEMA),
    Action(
        "setup_energy_dashboard",
        energy_actions.async_setup_energy_dashboard,
        energy_actions.SCHEMA,
        SupportsResponse.OPTIONAL,
    ),
    Action(
        "get_plant_history",
        history_actions.async_get_plant_history,
        history_actions.PLANT_SCHEMA,
    ),
    Action(
        "get_device_history",
        history_actions.async_get_device_history,
        history_actions.DEVICE_SCHEMA,
    ),
    Action(
        "import_history",
        import_actions.async_import_history,
        import_actions.SCHEMA,
        SupportsResponse.OPTIONAL,
    ),
    Action(
        "upgrade_firmware",
        firmware_actions.async_upgrade_firmware,
        firmware_actions.SCHEMA,
        SupportsResponse.OPTIONAL,
    ),
    Action(
        "check_registration",
        registration_actions.async_check_registration,
        registration_actions.SCHEMA,
    ),
    *(
        Action(
            name,
            partial(control_actions.async_act, setting_of),
            schema,
            SupportsResponse.OPTIONAL,
        )
        for name, (setting_of, schema) in control_actions.ACTIONS.items()
    ),
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for action in ACTIONS:
        async_register_admin_service(
            hass,
            DOMAIN,
            action.name,
            partial(action.handler, hass),
            action.schema,
            action.response,
        )

"""The step of the options that allows control."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import BooleanSelector
import voluptuous as vol

from ..account.owner import grants_control
from ..const import CONF_CONTROL


class ControlStep(OptionsFlowWithReload):
    """Lets the user allow control, or take it back."""

    async def async_step_control(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what control does and who answers for it, then store the choice.

        An owner who has agreed to reading alone is told so.
        """
        if not grants_control(self.config_entry.data):
            return self.async_abort(reason="control_not_agreed")
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        is_on = options.get(CONF_CONTROL) is True
        field = vol.Required(CONF_CONTROL, default=is_on)
        schema = vol.Schema({field: BooleanSelector()})
        return self.async_show_form(step_id="control", data_schema=schema)

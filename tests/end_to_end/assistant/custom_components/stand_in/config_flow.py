"""What the agent makes of each sentence is given to its config flow."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult


class StandInConfigFlow(ConfigFlow, domain="stand_in"):
    """A flow that takes everything."""

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the tool and its arguments by sentence."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title="Stand-in", data=user_input)

"""The action that tells which serial numbers a user has registered."""

from collections.abc import Sequence
from itertools import batched
from typing import Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from .account import Account
from .action_fields import DEVICES
from .call_budget import async_await_calls, explained
from .const import DOMAIN
from .northbound import Interface
from .northbound.client import LONGEST_KEY
from .northbound.errors import ResourceMissingError
from .northbound.interfaces import SERIALS_PER_CALL
from .targets import find_targets

ATTR_SERIALS: Final = "serials"
ATTR_USER: Final = "user"
ATTR_KEY: Final = "key"


def _split(texts: list[str]) -> list[str]:
    """Return serial numbers, each once; the interface separates them by commas."""
    parts = (part.strip() for text in texts for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))


SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): DEVICES,
        vol.Required(ATTR_SERIALS): vol.All(
            cv.ensure_list, [cv.string], _split, vol.Length(min=1)
        ),
        vol.Required(ATTR_USER): vol.All(cv.string, vol.Strip, vol.Length(min=1)),
        vol.Optional(ATTR_KEY): vol.All(cv.string, vol.Length(max=LONGEST_KEY)),
    }
)


async def async_check_registration(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Return which serials a user has registered, by the device id that was passed.

    The plant or device tells which account asks. A serial that the server says
    nothing about is left out.
    """
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    accounts = dict.fromkeys(target.account for target in targets)
    calls = -(-len(call.data[ATTR_SERIALS]) // SERIALS_PER_CALL)
    # No account is asked before all of them are known to have the calls.
    for account in accounts:
        await async_await_calls(account, Interface.REGISTRATION, calls)
    answers = {
        account: await _async_ask(
            account,
            call.data[ATTR_SERIALS],
            call.data[ATTR_USER],
            call.data.get(ATTR_KEY),
        )
        for account in accounts
    }
    return {target.registry_id: answers[target.account] for target in targets}


async def _async_ask(
    account: Account, serials: Sequence[str], user: str, key: str | None
) -> JsonObjectType:
    """Ask in as many calls as there are twenties of serials."""
    registered: dict[str, bool] = {}
    echo: str | None = None
    for batch in batched(serials, SERIALS_PER_CALL):
        with explained(account, Interface.REGISTRATION):
            try:
                answer = await account.client.registration(batch, user, key)
            except ResourceMissingError as error:
                raise HomeAssistantError(
                    translation_domain=DOMAIN, translation_key="user_unknown"
                ) from error
        registered |= answer.registered
        echo = answer.key
    return {"registered": {**registered}, "key": echo}

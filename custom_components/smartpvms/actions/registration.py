"""The action that tells which serial numbers a user has registered."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import batched
from math import ceil
from typing import Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..failures import failure
from ..hub.hub import Hub
from ..hub.targets import find_targets
from ..northbound import Interface, NorthboundClient
from ..northbound.client import LONGEST_KEY
from ..northbound.errors import (
    BusyError,
    ResourceMissingError,
    ResponseError,
    ServerError,
    UnreachableError,
)
from ..northbound.interfaces import SERIALS_PER_CALL
from ..northbound.models import Registration
from .budget import LONG_PATIENCE, async_take_turn, check_turns, explained
from .fields import DEVICES

ATTR_SERIALS: Final = "serials"
ATTR_USER: Final = "user"
ATTR_KEY: Final = "key"

type _LookUp = Callable[[NorthboundClient], Awaitable[Registration]]


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

    The plant or device tells which hub asks, as fast as it may: up to half an
    hour. A serial that the server says nothing about is left out.
    """
    targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    hubs = dict.fromkeys(target.hub for target in targets)
    calls = ceil(len(call.data[ATTR_SERIALS]) / SERIALS_PER_CALL)
    # No account is asked before all of them are known to have the calls.
    for hub in hubs:
        check_turns(hub.account, Interface.REGISTRATION, calls)
    answers = {hub: await _async_ask(hub, call) for hub in hubs}
    return {target.registry_id: answers[target.hub] for target in targets}


async def _async_ask(hub: Hub, call: ServiceCall) -> JsonObjectType:
    """Ask in as many calls as there are twenties of serials."""
    registered: dict[str, bool] = {}
    echo: str | None = None
    # Others may take a turn of the lane meanwhile.
    deadline = hub.account.clock.now() + 2 * LONG_PATIENCE
    batches = batched(call.data[ATTR_SERIALS], SERIALS_PER_CALL)
    for number, batch in enumerate(batches):
        look_up = partial(
            NorthboundClient.registration,
            serials=batch,
            user=call.data[ATTR_USER],
            key=call.data.get(ATTR_KEY),
        )
        with explained(hub.account, Interface.REGISTRATION):
            # A batch is repeated once: the earlier ones have waited for their turns.
            is_late = number > 0
            answer = await _async_answer(hub, look_up, deadline, repeat=is_late)
        registered |= answer.registered
        echo = answer.key
    return {"registered": {**registered}, "key": echo}


async def _async_answer(
    hub: Hub, look_up: _LookUp, deadline: float, *, repeat: bool
) -> Registration:
    """Look up a batch when it is its turn, and `repeat` it once where that fails."""
    while True:
        try:
            return await async_take_turn(
                hub.account, Interface.REGISTRATION, deadline, look_up
            )
        except ResourceMissingError as error:
            raise failure("user_unknown") from error
        except UnreachableError, ResponseError, ServerError, BusyError:
            if not repeat:
                raise
            repeat = False

"""A short `state` for a server that cuts long ones, kept on our side.

Home Assistant's own is a signed text of some 200 characters; FusionSolar is said to cut
it, after which the way back leads nowhere. Home Assistant has no place for a state of
an integration's own: the function with which its page of return reads a state is
wrapped. The wrapper answers for the states that were issued here, once, and leaves all
others to the function.
"""

from collections.abc import Callable
import secrets
from time import time
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_entry_oauth2_flow as oauth2
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

type State = dict[str, str]
type Read = Callable[[HomeAssistant, str], State | None]

_READ: Final = "_decode_jwt"
# Nobody takes longer to log in and agree.
VALID_FOR: Final = 3600.0


class _Issued(NamedTuple):
    """What a state stands for, and until when (epoch seconds)."""

    meaning: State
    until: float


_KEY: HassKey[dict[str, _Issued]] = HassKey(f"{DOMAIN}_states")


@callback
def async_issue(hass: HomeAssistant, meaning: State) -> str | None:
    """Return a state of 16 characters, None where Home Assistant could not read it."""
    read: Read | None = getattr(oauth2, _READ, None)
    if read is None:
        return None
    if not isinstance(read, _Reader):
        setattr(oauth2, _READ, _Reader(read))
    now, issued = time(), hass.data.setdefault(_KEY, {})
    for state in [state for state, known in issued.items() if known.until < now]:
        del issued[state]
    state = secrets.token_urlsafe(12)
    issued[state] = _Issued(meaning, now + VALID_FOR)
    return state


class _Reader:
    """Reads a state: ours by looking it up, others as Home Assistant does."""

    def __init__(self, read: Read) -> None:
        """Wrap Home Assistant's own function."""
        self._read = read

    def __call__(self, hass: HomeAssistant, state: str) -> State | None:
        known = hass.data.get(_KEY, {}).pop(state, None)
        if known is None:
            return self._read(hass, state)
        return known.meaning if time() < known.until else None

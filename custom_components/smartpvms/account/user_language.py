"""The language of the user who has a dialog open.

The frontend translates what has a key of its own in the user's language. What is put into
such a text as a placeholder comes from here, and has to be in the same language.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.frontend.storage import async_user_store
from homeassistant.core import HomeAssistant
from homeassistant.generated.languages import LANGUAGES
from homeassistant.helpers.http import current_request
from homeassistant.util.language import matches

_USER: Final = "hass_user"
_BROWSERS: Final = "Accept-Language"
_ANY: Final = "*"


async def async_user_language(hass: HomeAssistant) -> str:
    """Return the language of the user whose request is answered, else Home Assistant's.

    As the frontend chooses it: that of the user's profile, else the browser's.
    """
    request = current_request.get()
    if request is None or (user := request.get(_USER)) is None:
        return hass.config.language
    store = await async_user_store(hass, user.id)
    return (
        _chosen(store.data.get("language"))
        or _first(request.headers.get(_BROWSERS, ""))
        or hass.config.language
    )


def _chosen(kept: object) -> str | None:
    """Return the language of a profile, None where none was chosen."""
    known: Mapping[str, Any] = kept if isinstance(kept, Mapping) else {}
    language = known.get("language")
    return language if isinstance(language, str) and language else None


def _first(accepted: str) -> str | None:
    """Return the language that a browser prefers, None where it does not say."""
    wanted = accepted.partition(",")[0].partition(";")[0].strip()
    if not wanted or wanted == _ANY:
        return None
    return next(iter(matches(wanted, LANGUAGES)), None)

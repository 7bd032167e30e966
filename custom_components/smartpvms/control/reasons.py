"""Why a command failed, or a plant cannot be steered, and what to do, in words."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..account.wording import word
from .commands import NEVER_ENDED, NO_ANSWER, is_code

LONGEST: Final = 200

_WORDS: Final[Mapping[str, str]] = {
    "FAILURE": "failure",
    "TIMEOUT": "timeout",
    "BUSY": "busy",
    "INVALID": "value",
    "EXCEPTION": "failure",
    NO_ANSWER: "unclear",
    NEVER_ENDED: "lost",
}
_CODES: Final[Mapping[int, str]] = {
    401: "permission",
    404: "not_served",
    **dict.fromkeys((20040, 20041, 20042, 20043, 20047, 20611, 20612), "value"),
    **dict.fromkeys((20044, 20048, 20050, 20616, 20617, 20620), "lost"),
    **dict.fromkeys((20049, 20613, 20614), "timeout"),
    **dict.fromkeys((20056, 20621, 20623, 20624, 20625, 20626), "consent"),
    20609: "controllers",
    20610: "unsupported",
    20615: "busy",
    20618: "quota",
    **dict.fromkeys((20045, 20046, 20622, 30029), "permission"),
}
_OTHER: Final = "FusionSolar gave this reason: {reason}"


def known_reason(reason: str | None) -> str | None:
    """Return a reason without the server's sentences, which may hold names."""
    if reason is None or is_code(reason) or reason in _WORDS:
        return reason
    return "other"


@callback
def reason_text(hass: HomeAssistant, reason: str | None) -> str:
    """Return a reason in Home Assistant's language, with what to do about it."""
    if reason is None:
        return word(hass, "control_failure", "failed")
    code = int(reason) if is_code(reason) else 0
    key = _WORDS.get(reason) or _WORDS.get(reason.upper()) or _CODES.get(code)
    if key is not None:
        return word(hass, f"control_{key}", reason)
    # A sentence of the server is shown as plain text.
    shown = " ".join(reason.split())[:LONGEST]
    return word(hass, "control_other", _OTHER).format(reason=shown)

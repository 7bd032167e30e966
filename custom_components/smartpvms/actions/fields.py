"""What the fields of the actions share: names, devices and times."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .history_period import within_reason

ATTR_START: Final = "start"
ATTR_END: Final = "end"


def _plain[T](value: T) -> T:
    """Return a value unless it is text with characters that no time has.

    Half a character (a lone surrogate) would let the parser of times end the process.
    """
    if isinstance(value, str) and not value.isascii():
        raise vol.Invalid("not a time")
    return value


# Clamped so that conversion to any time zone cannot overflow.
WHEN: Final = vol.All(_plain, cv.datetime, within_reason)
DEVICES: Final = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))

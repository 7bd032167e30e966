"""What a user has typed about an account, made into credentials."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant

from ..const import CONF_CA_CERTIFICATE
from ..northbound import normalise_address, trusting
from ..northbound.errors import (
    NoAddressError,
    NoCertificateError,
    NotEncryptedError,
    PageAddressError,
    PortalAddressError,
)
from .connections import Credentials


class NoUsernameError(ValueError):
    """A northbound account needs a username."""


class NoPasswordError(ValueError):
    """A northbound account needs a password."""


# Field and message of what cannot be used.
REASONS: Final[Mapping[type[Exception], tuple[str, str]]] = {
    NotEncryptedError: (CONF_HOST, "not_encrypted"),
    NoAddressError: (CONF_HOST, "invalid_host"),
    PageAddressError: (CONF_HOST, "page_address"),
    PortalAddressError: (CONF_HOST, "portal_address"),
    NoCertificateError: (CONF_CA_CERTIFICATE, "no_certificate"),
    NoUsernameError: (CONF_USERNAME, "missing_login"),
    NoPasswordError: (CONF_PASSWORD, "missing_login"),
}
# Bytes; a chain of certificates has some thousands.
LARGEST_FILE: Final = 1_000_000


async def async_credentials(
    hass: HomeAssistant, typed: Mapping[str, Any]
) -> Credentials:
    """Return the credentials in a form, or raise one of `REASONS`."""
    origin = normalise_address(typed[CONF_HOST])
    if not typed.get(CONF_USERNAME, "").strip():
        raise NoUsernameError("no username")
    if not typed.get(CONF_PASSWORD):
        raise NoPasswordError("no password")
    given = typed.get(CONF_CA_CERTIFICATE, "").strip()
    return Credentials(
        origin,
        typed[CONF_USERNAME].strip(),
        typed[CONF_PASSWORD],
        typed[CONF_VERIFY_SSL],
        await hass.async_add_executor_job(_pem, hass, given) if given else "",
    )


def _pem(hass: HomeAssistant, given: str) -> str:
    """Return PEM text as it was pasted, or as a file of the configuration holds it."""
    text = given if "-----BEGIN" in given else _read(hass, given)
    trusting(text)
    return text


def _read(hass: HomeAssistant, name: str) -> str:
    folder = Path(hass.config.config_dir).resolve()
    try:
        path = (folder / name).resolve()
        # Whatever else the machine holds is none of a form's business.
        if not path.is_relative_to(folder) or path.stat().st_size > LARGEST_FILE:
            raise NoCertificateError("not a file of the configuration")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise NoCertificateError("no such file") from error

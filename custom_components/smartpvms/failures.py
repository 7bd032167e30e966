"""Errors of Home Assistant with a text of `translations/`, in the user's language."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN


def failure(key: str, **values: str) -> HomeAssistantError:
    """Return the error that something failed; `values`: what its text has a place for."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=values
    )


def invalid(key: str, **values: str) -> ServiceValidationError:
    """Return the error that something asked for cannot be."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=values
    )

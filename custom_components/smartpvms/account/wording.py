"""Words for texts that have no key of their own: of Home Assistant's language, or another."""

from collections.abc import Iterable
from functools import reduce
import re
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_get_translations,
)

from ..const import DOMAIN
from ..northbound import Interface
from .device_registry import type_name

LIST: Final = "list"
DETAIL: Final = "with_detail"
_VALUE: Final = "with_value"
_ENGLISH: Final = {
    LIST: "{list}, {item}",
    DETAIL: "{name} ({detail})",
    _VALUE: "{name}: {value}",
}
"""Common texts that put words together: each language has signs of its own."""

# White space and control characters, those that turn the direction of text too.
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


def escaped(text: str) -> str:
    """Return what a server or a user wrote as plain text in Markdown and HTML.

    Issues, forms and notifications are rendered as Markdown: a name could show an
    image of a foreign server. The macros `plain` in templates are the same rule.
    """
    signs = _SPACE.sub(" ", text).strip()
    return "".join(
        sign if sign.isalnum() or sign in " ," else f"&#{ord(sign)};" for sign in signs
    )


async def async_meanings(
    hass: HomeAssistant, keys: Iterable[str], language: str
) -> dict[str, str]:
    """Return what fields of the options' settings mean, by key."""
    texts = await async_get_translations(hass, language, "options", [DOMAIN])
    described = f"component.{DOMAIN}.options.step.settings.data_description"
    return {key: texts.get(f"{described}.{key}", "") for key in keys}


async def async_load_words(hass: HomeAssistant, language: str) -> None:
    """Read the words of a language, which need not be Home Assistant's."""
    await async_get_translations(hass, language, "common", [DOMAIN])


@callback
def feature(
    hass: HomeAssistant, interface: Interface, language: str | None = None
) -> str:
    """Return what comes from an interface, such as "alarms"."""
    return word(hass, f"feature_{interface.name.lower()}", interface, language)


@callback
def features(hass: HomeAssistant, interfaces: Iterable[Interface]) -> str:
    """Return what comes from some interfaces, each with its name, as a list."""
    names = {str(key): feature(hass, key) for key in interfaces}
    return listed(hass, (with_detail(hass, names[key], key) for key in sorted(names)))


@callback
def device_types(hass: HomeAssistant, type_ids: Iterable[int]) -> str:
    """Return what device types are called, as a list."""
    names = {
        _text(hass, "selector", f"device_type.options.{key}", type_name(key))
        for key in type_ids
    }
    return listed(hass, sorted(names))


@callback
def listed(
    hass: HomeAssistant, items: Iterable[str], language: str | None = None
) -> str:
    """Return a list in a sentence, empty without items."""
    return joined(_pattern(hass, LIST, language), items)


@callback
def with_detail(hass: HomeAssistant, name: str, detail: str) -> str:
    """Return a name, with a detail in brackets."""
    return _pattern(hass, DETAIL).format(name=name, detail=detail)


@callback
def with_value(hass: HomeAssistant, name: str, value: str) -> str:
    """Return a name, with a value behind a colon."""
    return _pattern(hass, _VALUE).format(name=name, value=value)


@callback
def word(
    hass: HomeAssistant, key: str, otherwise: str, language: str | None = None
) -> str:
    """Return one of our common texts.

    Home Assistant has read those of its own language at the start, `async_load_words`
    those of another.
    """
    return _text(hass, "common", key, otherwise, language)


def joined(pattern: str, items: Iterable[str]) -> str:
    """Return items as `pattern` joins the `list` so far and the next `item`."""
    first, *others = (*items,) or ("",)
    return reduce(
        lambda done, item: pattern.format(list=done, item=item), others, first
    )


def _pattern(hass: HomeAssistant, key: str, language: str | None = None) -> str:
    return word(hass, key, _ENGLISH[key], language)


def _text(
    hass: HomeAssistant,
    category: str,
    key: str,
    otherwise: str,
    language: str | None = None,
) -> str:
    language = language or hass.config.language
    texts = async_get_cached_translations(hass, language, category, DOMAIN)
    return texts.get(f"component.{DOMAIN}.{category}.{key}", otherwise)

"""Stores that survive damage by a power cut or by hand."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import LOGGER

# What Home Assistant's store raises for JSON that it has not written, or by a
# version to come.
_DAMAGE = (HomeAssistantError, LookupError, TypeError, ValueError, NotImplementedError)


class KeptStore[T: Mapping[str, Any]](Store[T]):
    """A store whose damaged file is set aside instead of failing the set-up."""

    async def async_load_sound(self) -> T | None:
        """Return the content, None where it cannot be read.

        An unreadable file is set aside; Home Assistant itself does so with invalid JSON.
        """
        try:
            saved = await self.async_load()
        except _DAMAGE as error:
            await self._async_set_aside(type(error).__name__)
            return None
        if saved is None or isinstance(saved, dict):
            return saved
        await self._async_set_aside("no object")
        return None

    async def _async_set_aside(self, reason: str) -> None:
        """Keep a file under another name, and say so."""
        path = Path(self.path)
        aside = path.with_name(f"{path.name}.corrupt.{dt_util.utcnow().isoformat()}")
        with suppress(OSError):
            await self.hass.async_add_executor_job(path.rename, aside)
        LOGGER.warning(
            "The file %s cannot be read (%s); it was set aside as %s, and what it "
            "held will be rebuilt",
            path.name,
            reason,
            aside.name,
        )

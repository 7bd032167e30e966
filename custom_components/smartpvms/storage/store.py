"""Stores that survive damage by a power cut or by hand.

What a file holds is checked whole when it is read, by the schema of its room.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import DOMAIN, LOGGER

FILE_DAMAGED: Final = "file_damaged"

# What Home Assistant's store raises for JSON that it has not written, or by a
# version to come, and what a schema raises.
DAMAGE: Final = (
    HomeAssistantError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OverflowError,
    TypeError,
    ValueError,
    vol.Invalid,
)


class KeptStore[T](Store[dict[str, Any]]):
    """A store whose damaged file is set aside instead of failing the set-up.

    `schema` turns what is in the file into what it means; whatever it raises tells of
    damage. It runs in a thread. `was_damaged`: the last file that was read.
    """

    def __init__(
        self, hass: HomeAssistant, version: int, key: str, schema: Callable[[Any], T]
    ) -> None:
        """Read and write the file of this key."""
        super().__init__(hass, version, key)
        self._schema = schema
        self.was_damaged = False

    async def async_load_sound(self) -> T | None:
        """Return what the file means, None where there is none or it is damaged.

        A damaged file is set aside; Home Assistant itself does so with invalid JSON.
        """
        run = self.hass.async_add_executor_job
        existed = await run(Path(self.path).exists)
        try:
            saved = await self.async_load()
            self.was_damaged = existed and saved is None
            return None if saved is None else await run(self._schema, saved)
        except DAMAGE as error:
            self.was_damaged = True
            await self._async_set_aside(type(error).__name__)
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
        home = async_get_loaded_integration(self.hass, DOMAIN).documentation
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"{self.key.removeprefix(f'{DOMAIN}.')}_{FILE_DAMAGED}",
            is_fixable=False,
            learn_more_url=f"{home}/blob/main/docs/troubleshooting.md#file-damaged",
            severity=ir.IssueSeverity.WARNING,
            translation_key=FILE_DAMAGED,
            translation_placeholders={"file": path.name, "aside": aside.name},
        )

"""The button that asks for new data, as far as the quota allows."""

from collections.abc import Iterable
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import SmartPvmsConfigEntry
from .catalogue.plant import REFRESH
from .entity import ReadingEntity, async_add_as_seen
from .readings import Reading

PARALLEL_UPDATES = 1

DESCRIPTION = ButtonEntityDescription(
    key=REFRESH, translation_key=REFRESH, entity_category=EntityCategory.DIAGNOSTIC
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a button for each plant."""
    account = entry.runtime_data

    def always(
        code: str, reading: Reading | None, registered: set[str]
    ) -> Iterable[ButtonEntityDescription]:
        return (DESCRIPTION,)

    async_add_as_seen(
        entry,
        account.balance,
        always,
        RefreshButton,
        async_add_entities,
    )


class RefreshButton(ReadingEntity[str], ButtonEntity):
    """Asks for new data; a lane that may not be asked now is left alone."""

    @property
    @override
    def available(self) -> bool:
        """Be there also when the data are old: that is when it is wanted."""
        return True

    @override
    def _take(self) -> object:
        return None

    @override
    async def async_press(self) -> None:
        """Ask."""
        await self.coordinator.account.async_refresh()

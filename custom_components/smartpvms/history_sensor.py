"""The sensor that tells how far the import of a plant's history is."""

from datetime import UTC, datetime
from typing import Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.helpers.device_registry import DeviceInfo

from .catalogue.plant import HISTORY_IMPORT
from .catalogue.series import SERIES
from .const import DOMAIN
from .entity import SparingEntity
from .history.coordinator import HistoryCoordinator
from .history.ids import statistic_id

ATTR_DONE_AT: Final = "done_at"
ATTR_STATISTIC_IDS: Final = "statistic_ids"


class HistorySensor(SparingEntity[HistoryCoordinator], SensorEntity):
    """How much of a plant's history was imported, in percent.

    Attributes: how many questions of each level are left (`years_left` to
    `hours_left`), when they will be answered, and the ids of the statistics.
    """

    entity_description = HISTORY_IMPORT
    _unrecorded_attributes = frozenset({ATTR_DONE_AT, ATTR_STATISTIC_IDS})

    def __init__(self, coordinator: HistoryCoordinator, plant_code: str) -> None:
        """Belong to a plant."""
        super().__init__(coordinator)
        self.plant_code = plant_code
        self._attr_unique_id = f"{plant_code}_{HISTORY_IMPORT.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, plant_code)})
        self._take()

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant is still there: what was imported stays so."""
        return self.plant_code in self.coordinator.account.plants

    @override
    def _take(self) -> object:
        outlook = self.coordinator.outlook(self.plant_code)
        # To the hour: a better guess is none, and would be a new state each time.
        done_at = outlook.done_at and datetime.fromtimestamp(
            -(-outlook.done_at // 3600) * 3600, UTC
        )
        self._attr_native_value = outlook.percent
        self._attr_extra_state_attributes = {
            **{f"{level}s_left": count for level, count in outlook.left.items()},
            ATTR_DONE_AT: done_at and done_at.isoformat(),
            ATTR_STATISTIC_IDS: {
                key: statistic_id(self.plant_code, key)
                for key in SERIES
                if key in self.coordinator.progress(self.plant_code).series
            },
        }
        return self._attr_native_value, self._attr_extra_state_attributes

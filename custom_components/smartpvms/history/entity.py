"""The sensor that tells how far the import of a plant's history is."""

from datetime import UTC, datetime
from math import ceil
from typing import Final, override

from homeassistant.components.sensor import SensorEntity

from ..catalogue.plant import HISTORY_IMPORT
from ..catalogue.series import SERIES
from ..entity import ComparingEntity
from ..local_time import HOUR
from .coordinator import HistoryCoordinator
from .estimate import Estimate
from .metadata import statistic_id

ATTR_DONE_AT: Final = "done_at"
ATTR_STATISTIC_IDS: Final = "statistic_ids"


class HistorySensor(ComparingEntity[HistoryCoordinator], SensorEntity):
    """How much of a plant's history was imported, in percent.

    Attributes: how many questions of each level are left (`years_left` to
    `hours_left`), when they will be answered, and the ids of the statistics.
    """

    _unrecorded_attributes = frozenset({ATTR_DONE_AT, ATTR_STATISTIC_IDS})

    def __init__(self, coordinator: HistoryCoordinator, plant_code: str) -> None:
        """Belong to a plant."""
        super().__init__(coordinator, plant_code, HISTORY_IMPORT)
        self.plant_code = plant_code

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant is still there; imported rows do not age."""
        return self.plant_code in self.coordinator.account.plants

    @override
    def _fingerprint(self) -> object:
        estimate = self.coordinator.estimate(self.plant_code)
        series = frozenset(self.coordinator.progress(self.plant_code).series)
        return estimate.percent, estimate.left, _done_at(estimate), series

    @override
    def _async_update_attrs(self) -> None:
        estimate = self.coordinator.estimate(self.plant_code)
        self._attr_native_value = estimate.percent
        self._attr_extra_state_attributes = {
            **{f"{level}s_left": count for level, count in estimate.left.items()},
            ATTR_DONE_AT: _done_at(estimate),
            ATTR_STATISTIC_IDS: {
                key: statistic_id(self.plant_code, key)
                for key in SERIES
                if key in self.coordinator.progress(self.plant_code).series
            },
        }


def _done_at(estimate: Estimate) -> str | None:
    """Return when the import will be done, to the hour.

    A finer estimate would be no better, and a new state each time.
    """
    if estimate.done_at is None:
        return None
    hour = ceil(estimate.done_at / HOUR) * HOUR
    return datetime.fromtimestamp(hour, UTC).isoformat()

"""Binary sensors: whether a device is connected, and whether it has an alarm."""

from collections.abc import Iterable, Set as AbstractSet
from functools import partial
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.coordinator import AlarmCoordinator
from .alarms.entity import AlarmEntity
from .catalogue import DEVICE_TYPES, Status
from .catalogue.alarm import PROBLEM
from .catalogue.underperformance import COMPARISONS, Comparison
from .entity import EntityAdder
from .hub.hub import SmartPvmsConfigEntry
from .live.entity import ReadingEntity, Shown, async_add_as_seen
from .live.readings import Reading

PARALLEL_UPDATES = 0

ATTR_RATIO: Final = "ratio"
ATTR_COMPARED_WITH: Final = "compared_with"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of an account, now and as their values are seen."""
    hub = entry.runtime_data

    def statuses(
        device_id: int, reading: Reading | None, registered: AbstractSet[str]
    ) -> Iterable[Status]:
        kind = DEVICE_TYPES.get(hub.account.devices[device_id].type_id)
        for status in kind.statuses if kind else ():
            if status.key in registered or (reading and status.key in reading.values):
                yield status

    adder = EntityAdder(
        hub.account, async_add_entities, hub.registered.get(Platform.BINARY_SENSOR)
    )
    async_add_as_seen(hub.devices, statuses, StatusBinarySensor, adder)
    async_add_as_seen(hub.underperformance, _comparisons, ComparisonBinarySensor, adder)
    adder.add_following(
        hub.alarms.async_add_listener,
        lambda: {
            device.id: partial(
                ProblemBinarySensor, hub.alarms, device.plant_code, device.id
            )
            for device in hub.account.devices.values()
            if hub.alarms.knows(device.plant_code)
        },
    )
    await adder.async_finish()


def _comparisons(
    device_id: int, reading: Reading | None, registered: AbstractSet[str]
) -> Iterable[Comparison]:
    """Yield what an inverter can be asked: whatever has, or had, siblings."""
    for row in COMPARISONS:
        if row.key in registered or (reading and reading.values.get(row.siblings)):
            yield row


class StatusBinarySensor(ReadingEntity[int], BinarySensorEntity):
    """A status of a device, on at 1."""

    entity_description: Status

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the value is 1, None where it is not known."""
        value = self.value
        return None if value is None else value == 1


class ComparisonBinarySensor(StatusBinarySensor):
    """Whether an inverter, or one of its strings, stays far below its siblings."""

    entity_description: Comparison

    @override
    def _look(self, reading: Reading, is_fresh: bool) -> Shown:
        row, values = self.entity_description, reading.values
        ratio, siblings = values.get(row.ratio), values.get(row.siblings)
        return values.get(row.key), is_fresh, ratio, siblings

    @property
    @override
    def extra_state_attributes(self) -> dict[str, float | None]:
        """Return the ratio to the siblings (percent), and how many they are."""
        _, _, ratio, siblings = self._shown
        return {
            ATTR_RATIO: ratio,
            ATTR_COMPARED_WITH: None if siblings is None else int(siblings),
        }


class ProblemBinarySensor(AlarmEntity, BinarySensorEntity):
    """Whether a device has an active alarm.

    Attributes: the gravest of its alarms, as plain text.
    """

    _unrecorded_attributes = frozenset({"cause", "suggestion"})

    def __init__(
        self, coordinator: AlarmCoordinator, plant_code: str, device_id: int
    ) -> None:
        """Belong to a device of a plant."""
        self._device_id = device_id
        super().__init__(coordinator, plant_code, device_id, PROBLEM)

    @override
    def _fingerprint(self) -> object:
        return self.coordinator.data.of_device(self._device_id)[:1]

    @override
    def _async_update_attrs(self) -> None:
        alarms = self.coordinator.data.of_device(self._device_id)
        self._attr_is_on = bool(alarms)
        # Empty without an alarm: an old cause must not be read as a present one.
        self._attr_extra_state_attributes = alarms[0].explained() if alarms else {}

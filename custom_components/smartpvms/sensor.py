"""Sensors: the KPIs of plants and devices, and the derived values of a plant."""

from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from propcache.api import cached_property

from .account.account import Account
from .alarms.entity import ALARM_KEYS, alarm_sensors
from .catalogue import DERIVED, DEVICE_TYPES, OTHER, PERIOD_KEYS, PLANT, Kpi
from .catalogue.insight import CAPACITY_KEPT, INSIGHT_KEYS, INSIGHTS
from .catalogue.plant import ENERGY_STORED, HISTORY_IMPORT, LAST_DATA, PV_POWER
from .catalogue.weather import (
    IRRADIATION,
    IRRADIATION_SHOWN,
    MEGAJOULES_PER_KILOWATT_HOUR,
)
from .const import DOMAIN
from .control.entity import LAST_COMMAND, LastCommandSensor, commanded
from .entity import EntityAdder
from .history.entity import HistorySensor
from .hub.hub import SmartPvmsConfigEntry
from .insight.coordinator import InsightCoordinator
from .live.balance_coordinator import BalanceCoordinator
from .live.coordinator import ReadingsCoordinator
from .live.entity import ReadingEntity, async_add_as_seen
from .live.period_coordinator import PeriodCoordinator
from .live.readings import Reading
from .northbound.models import moment

PARALLEL_UPDATES = 0

_DERIVED_KEYS: Final = frozenset(kpi.key for kpi in DERIVED)
_NOT_OF_A_ROW: Final = (
    _DERIVED_KEYS | ALARM_KEYS | INSIGHT_KEYS | {HISTORY_IMPORT.key, LAST_COMMAND.key}
)
ATTR_YEARS: Final = "years"
ATTR_CAPACITY: Final = "capacity"
ATTR_INSTALLED: Final = "installed_capacity"
ATTR_INTERVAL: Final = "interval"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account, now and as their values are seen."""
    hub = entry.runtime_data
    adder = EntityAdder(
        hub.account, async_add_entities, hub.registered.get(Platform.SENSOR)
    )
    build = _Builder(hub.account.options.currency)
    async_add_as_seen(hub.balance, _derived, build.derived, adder)
    async_add_as_seen(hub.plants, _of_plant, build, adder)
    async_add_as_seen(hub.devices, partial(_of_device, hub.account), build, adder)
    async_add_as_seen(hub.insights, _insights, build.insight, adder)
    for plants in hub.periods.plants:
        async_add_as_seen(plants, partial(_of_period, plants), build, adder)
    for devices in hub.periods.devices:
        async_add_as_seen(devices, partial(_of_period, devices), build, adder)
    adder.add_following(
        hub.alarms.async_add_listener,
        lambda: {
            (code, sensor): partial(sensor, hub.alarms, code)
            for code in hub.account.plants
            for sensor in alarm_sensors(hub.alarms.data, code)
        },
    )
    if hub.history.importer.is_available:
        adder.add_following(
            hub.history.async_add_listener,
            lambda: {
                code: partial(HistorySensor, hub.history, code)
                for code in hub.account.plants
            },
        )
    adder.add_following(
        hub.control.async_add_listener,
        lambda: {
            code: partial(LastCommandSensor, hub.control, code)
            for code in commanded(hub.control)
        },
    )
    await adder.async_finish()


def _of_device(
    account: Account,
    device_id: int,
    reading: Reading | None,
    registered: AbstractSet[str],
) -> Iterable[Kpi]:
    kind = DEVICE_TYPES.get(account.devices[device_id].type_id)
    statuses = {status.key for status in kind.statuses} if kind else set()
    kpis = kind.kpis if kind else ()
    return seen(kpis, statuses | PERIOD_KEYS, reading, registered)


def _of_plant(
    code: str, reading: Reading | None, registered: AbstractSet[str]
) -> Iterable[Kpi]:
    return seen(PLANT, PERIOD_KEYS, reading, registered - _NOT_OF_A_ROW)


def _derived(
    code: str, reading: Reading | None, registered: AbstractSet[str]
) -> Iterable[Kpi]:
    return seen(DERIVED, frozenset(), reading, registered & _DERIVED_KEYS)


def _insights(
    code: str, reading: Reading | None, registered: AbstractSet[str]
) -> Iterable[Kpi]:
    return seen(INSIGHTS, frozenset(), reading, registered & INSIGHT_KEYS)


def _of_period[K](
    coordinator: PeriodCoordinator[K, Any],
    key: K,
    reading: Reading | None,
    registered: AbstractSet[str],
) -> Iterable[Kpi]:
    kpis = coordinator.kpis(key)
    keys = registered & {kpi.key for kpi in kpis}
    return seen(kpis, frozenset(), reading, keys)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes sensors whose money is in one currency."""

    currency: str

    def __call__[K: str | int](
        self, coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi
    ) -> KpiSensor[K]:
        return sensor_class(kpi)(coordinator, key, kpi, self.currency)

    def derived(
        self, coordinator: ReadingsCoordinator[str], code: str, kpi: Kpi
    ) -> KpiSensor[str]:
        """Return a sensor of a plant's balance, some with what their value is part of."""
        make = _WITH_MEASURE.get(kpi.key) or sensor_class(kpi)
        return make(coordinator, code, kpi, self.currency)

    def insight(
        self, coordinator: ReadingsCoordinator[str], code: str, kpi: Kpi
    ) -> KpiSensor[str]:
        """Return a sensor of what the imported statistics say about a plant."""
        make = CapacityKeptSensor if kpi == CAPACITY_KEPT else sensor_class(kpi)
        return make(coordinator, code, kpi, self.currency)


def seen(
    kpis: Iterable[Kpi],
    statuses: AbstractSet[str],
    reading: Reading | None,
    registered: AbstractSet[str],
) -> Iterable[Kpi]:
    """Return the rows whose value was seen, in this reading or before.

    A KPI that the catalogue does not know becomes a diagnostic sensor;
    `statuses` are keys that are shown elsewhere.
    """
    values = reading.values if reading else {}
    known = set(statuses)
    for kpi in kpis:
        known.add(kpi.key)
        if shows(kpi, values.get(kpi.key)) or kpi.key in registered:
            yield kpi
    for key in (values.keys() | registered) - known:
        yield unknown_kpi(key)


def shows(kpi: Kpi, value: float | None) -> bool:
    """Tell whether a value is one: a 0 may mean that it is not measured."""
    zero_shows = not (kpi.needs_production or kpi.zero_is_missing)
    return value is not None and (value > 0 or zero_shows)


def unknown_kpi(key: str) -> Kpi:
    """Return a row for an undocumented KPI."""
    return Kpi(
        key=key,
        name=key.replace("_", " ").capitalize(),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


class KpiSensor[K: str | int](ReadingEntity[K], SensorEntity):
    """A KPI of a plant or device."""

    entity_description: Kpi

    def __init__(
        self, coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi, currency: str
    ) -> None:
        """Show a KPI; money is in the plant's currency."""
        super().__init__(coordinator, key, kpi)
        if kpi.money:
            self._attr_native_unit_of_measurement = currency

    @property
    @override
    def available(self) -> bool:
        """Tell whether the value is young enough, or does not age."""
        ages = self.entity_description.ages
        return not ages or self.coordinator.is_fresh(self.key)

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value."""
        value = self.value
        return None if self.entity_description.zero_is_missing and not value else value


class MeasuringSensor[K: str | int](KpiSensor[K]):
    """A number with a unit or state class.

    All states of a row have one cause. In the activity log, which tells causes, such
    sensors do not appear.
    """

    @callback
    @override
    def _write(self) -> None:
        self.async_set_context(self.coordinator.cause(self.key))
        self.async_write_ha_state()


class CountingSensor[K: str | int](MeasuringSensor[K]):
    """A counter, with the time at which it started anew where that is known."""

    @override
    def _what_shows(self) -> object:
        return (super()._what_shows(), self.last_reset)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the counter started anew, where it is known."""
        reading = self.reading
        at = reading.last_reset(self.entity_description.key) if reading else None
        return datetime.fromtimestamp(at, UTC) if at else None


class IrradiationSensor[K: str | int](CountingSensor[K]):
    """The day's irradiation in kWh/m²; an entity that is older keeps the server's MJ/m²."""

    def __init__(
        self, coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi, currency: str
    ) -> None:
        """Look up whether the entity has its unit already."""
        super().__init__(coordinator, key, kpi, currency)
        registry = er.async_get(coordinator.hass)
        unique_id = str(self.unique_id)
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
        known = registry.async_get(entity_id) if entity_id else None
        self._attr_native_unit_of_measurement = (
            known and known.unit_of_measurement
        ) or IRRADIATION_SHOWN

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value in the entity's unit."""
        value = self.value
        if value is None or self.native_unit_of_measurement == IRRADIATION:
            return value
        return round(value / MEGAJOULES_PER_KILOWATT_HOUR, 3)


class DirectedSensor[K: str | int](MeasuringSensor[K]):
    """A quantity with two directions, whose name says which one this is."""

    @cached_property
    @override
    def name(self) -> str | None:
        """Return the name, with the direction where its words are known."""
        name = super().name
        if not isinstance(name, str):
            return None
        key = (
            f"component.{DOMAIN}.entity.sensor.{self.entity_description.direction}.name"
        )
        meaning = self.platform_data.platform_translations.get(key)
        return meaning.format(name=name) if meaning else name


class DirectedCountingSensor[K: str | int](DirectedSensor[K], CountingSensor[K]):
    """A counter of one of two directions."""


class CodeSensor[K: str | int](KpiSensor[K]):
    """A state that the server tells as a number."""

    @property
    @override
    def native_value(self) -> str | None:
        """Return the state, OTHER for a number without a meaning."""
        states, value = self.entity_description.states, self.value
        return states.get(int(value), OTHER) if states and value is not None else None


class TimeSensor[K: str | int](KpiSensor[K]):
    """A time that the server tells as a number of milliseconds."""

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time, None for 0."""
        value = self.value
        return moment(value) if value and value > 0 else None


def sensor_class(kpi: Kpi) -> type[KpiSensor[Any]]:
    """Return what shows a KPI."""
    if kpi.states is not None:
        return CodeSensor
    if kpi.device_class is SensorDeviceClass.TIMESTAMP:
        return TimeSensor
    if kpi.native_unit_of_measurement == IRRADIATION:
        return IrradiationSensor
    if kpi.counter:
        return DirectedCountingSensor if kpi.direction else CountingSensor
    if kpi.direction:
        return DirectedSensor
    if kpi.native_unit_of_measurement or kpi.state_class or kpi.money:
        return MeasuringSensor
    return KpiSensor


class CapacityKeptSensor(MeasuringSensor[str]):
    """The capacity that a plant's batteries have kept, with each year as an attribute."""

    coordinator: InsightCoordinator

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the capacity kept in each year of the batteries, in percent."""
        return {ATTR_YEARS: self.coordinator.years.get(self.key, [])}


class PvPowerSensor(MeasuringSensor[str]):
    """The power of a plant's modules, with the power installed as an attribute."""

    _unrecorded_attributes = frozenset({ATTR_INSTALLED})

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the power of all modules at their peak, in kWp."""
        plant = self.coordinator.account.plants.get(self.key)
        return {ATTR_INSTALLED: plant.capacity if plant else None}


class StoredSensor(MeasuringSensor[str]):
    """The energy in a plant's batteries, with all they can hold as an attribute."""

    coordinator: BalanceCoordinator

    _unrecorded_attributes = frozenset({ATTR_CAPACITY})

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the capacity of all batteries, in kWh."""
        return {ATTR_CAPACITY: self.coordinator.battery_capacity(self.key)}


class LastDataSensor(TimeSensor[str]):
    """When a plant's last values came, with the time between two as an attribute."""

    _unrecorded_attributes = frozenset({ATTR_INTERVAL})

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return how far apart values come, in seconds."""
        return {ATTR_INTERVAL: round(self.coordinator.cycle())}


_WITH_MEASURE: Final[Mapping[str, type[KpiSensor[str]]]] = {
    PV_POWER: PvPowerSensor,
    ENERGY_STORED: StoredSensor,
    LAST_DATA: LastDataSensor,
}

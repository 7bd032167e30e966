"""Sensors: the KPIs of plants and devices, and the derived values of a plant."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set as AbstractSet
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory, Platform, UnitOfPower
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from propcache.api import cached_property

from .account.account import Account
from .alarms.entity import ALARM_KEYS, alarm_sensors
from .catalogue import DERIVED, DEVICE_TYPES, OTHER, PERIOD_KEYS, PLANT, Kpi
from .catalogue.insight import CAPACITY_KEPT, INSIGHT_KEYS, INSIGHTS
from .catalogue.plant import (
    BALANCE,
    ENERGY_STORED,
    HISTORY_IMPORT,
    LAST_DATA,
    POLLING,
    PV_POWER,
)
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
from .live.coordinator import ReadingsCoordinator, Update
from .live.entity import ReadingEntity, Shown, async_add_as_seen
from .live.polling_coordinator import PollingCoordinator
from .live.readings import Reading
from .northbound.models import moment

PARALLEL_UPDATES = 0

_OF_PLANT: Final = frozenset(kpi.key for kpi in PLANT)
_NOT_OF_A_ROW: Final = (
    {kpi.key for kpi in (*DERIVED, HISTORY_IMPORT, LAST_COMMAND)}
    | ALARM_KEYS
    | INSIGHT_KEYS
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
    account = hub.account
    adder = EntityAdder(
        account, async_add_entities, hub.registered.get(Platform.SENSOR)
    )
    async_add_as_seen(hub.plants, _of_plant, _sensor, adder)
    async_add_as_seen(hub.devices, partial(_of_device, account), _sensor, adder)
    tables: tuple[tuple[ReadingsCoordinator[Any], _Table], ...] = (
        (hub.balance, lambda _: BALANCE),
        (hub.polling, lambda _: POLLING),
        (hub.insights, lambda _: INSIGHTS),
        *((periods, periods.kpis) for periods in hub.periods),
    )
    for coordinator, table in tables:
        async_add_as_seen(coordinator, partial(_of_table, table), _measure, adder)
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


type _Table = Callable[[Any], Iterable[Kpi]]
"""Returns all that a plant or device can show."""


def _of_device(
    account: Account,
    device_id: int,
    reading: Reading | None,
    registered: AbstractSet[str],
) -> Iterator[Kpi]:
    kind = DEVICE_TYPES.get(account.devices[device_id].type_id)
    kpis, statuses = (kind.kpis, kind.statuses) if kind else ((), ())
    yield from seen(kpis, reading, registered)
    known = {row.key for row in (*kpis, *statuses)}
    yield from _unknown(known, reading, registered)


def _of_plant(
    code: str, reading: Reading | None, registered: AbstractSet[str]
) -> Iterator[Kpi]:
    yield from seen(PLANT, reading, registered)
    yield from _unknown(_OF_PLANT, reading, registered - _NOT_OF_A_ROW)


def _of_table(
    table: _Table, key: object, reading: Reading | None, registered: AbstractSet[str]
) -> Iterator[Kpi]:
    return seen(table(key), reading, registered)


def seen(
    kpis: Iterable[Kpi], reading: Reading | None, registered: AbstractSet[str]
) -> Iterator[Kpi]:
    """Yield the rows whose value was seen, in this reading or before."""
    values = reading.values if reading else {}
    for kpi in kpis:
        if kpi.key in registered or shows(kpi, values.get(kpi.key)):
            yield kpi


def _unknown(
    known: AbstractSet[str], reading: Reading | None, registered: AbstractSet[str]
) -> Iterator[Kpi]:
    """Yield a diagnostic row for each key that the catalogue does not know."""
    keys = registered | reading.values.keys() if reading else registered
    for key in keys - known - PERIOD_KEYS:
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
    """A KPI of a plant or device; `more` returns its attributes."""

    _unrecorded_attributes = frozenset({ATTR_CAPACITY, ATTR_INSTALLED, ATTR_INTERVAL})

    entity_description: Kpi
    more: Callable[[Any, Any], Mapping[str, Any]] | None = None

    def __init__(self, coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi) -> None:
        """Show a KPI; money is in the plant's currency."""
        super().__init__(coordinator, key, kpi)
        if kpi.money:
            options = coordinator.account.options
            self._attr_native_unit_of_measurement = options.currency
        if (
            kpi.native_unit_of_measurement
            == UnitOfPower.WATT
            == self._registered_unit()
        ):
            # An entity that is older keeps its unit, which needs no decimals.
            self._attr_suggested_display_precision = 0

    def _registered_unit(self) -> str | None:
        """Return the unit that Home Assistant's registry has of the entity."""
        registry = er.async_get(self.coordinator.hass)
        unique_id = str(self.unique_id)
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
        known = registry.async_get(entity_id) if entity_id else None
        return known.unit_of_measurement if known else None

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value."""
        value = self.value
        return None if not value and self.entity_description.zero_is_missing else value

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what the value is part of."""
        return self.more(self.coordinator, self.key) if self.more else None


class MeasuringSensor[K: str | int](KpiSensor[K]):
    """A number with a unit or state class.

    All states of a row have one cause. In the activity log, which tells causes, such
    sensors do not appear.
    """

    @callback
    @override
    def _write(self, update: Update) -> None:
        self.async_set_context(update.cause)
        self.async_write_ha_state()


class CountingSensor[K: str | int](MeasuringSensor[K]):
    """A counter, with the time at which it started anew where that is known."""

    @override
    def _look(self, reading: Reading, is_fresh: bool) -> Shown:
        key = self.entity_description.key
        return reading.values.get(key), is_fresh, reading.last_reset(key), None

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the counter started anew, where it is known."""
        since = self._shown[2]
        return datetime.fromtimestamp(since, UTC) if since else None


class IrradiationSensor[K: str | int](CountingSensor[K]):
    """The day's irradiation in kWh/m²; an entity that is older keeps the server's MJ/m²."""

    def __init__(self, coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi) -> None:
        """Look up whether the entity has its unit already."""
        super().__init__(coordinator, key, kpi)
        self._attr_native_unit_of_measurement = (
            self._registered_unit() or IRRADIATION_SHOWN
        )

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


def _installed(
    coordinator: ReadingsCoordinator[str], code: str
) -> Mapping[str, float | None]:
    """Return the power of a plant's modules at their peak, in kWp."""
    plant = coordinator.account.plants.get(code)
    return {ATTR_INSTALLED: plant.capacity if plant else None}


def _capacity(coordinator: BalanceCoordinator, code: str) -> Mapping[str, float | None]:
    """Return all that a plant's batteries can hold, in kWh."""
    return {ATTR_CAPACITY: coordinator.battery_capacity(code)}


def _interval(coordinator: PollingCoordinator, code: str) -> Mapping[str, Any]:
    """Return how far apart values come, in seconds, and the power installed.

    They are there while the plant does not answer, as the time of its last values is.
    """
    return {ATTR_INTERVAL: round(coordinator.interval), **_installed(coordinator, code)}


def _years(coordinator: InsightCoordinator, code: str) -> Mapping[str, Any]:
    """Return the capacity kept in each year of the batteries, in percent."""
    return {ATTR_YEARS: coordinator.years.get(code, [])}


_MORE: Final[Mapping[str, Callable[[Any, str], Mapping[str, Any]]]] = {
    PV_POWER: _installed,
    ENERGY_STORED: _capacity,
    LAST_DATA: _interval,
    CAPACITY_KEPT.key: _years,
}
"""What sensors of a plant have as attributes."""


def _sensor[K: str | int](
    coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi
) -> KpiSensor[K]:
    """Return a sensor of a row's value."""
    return sensor_class(kpi)(coordinator, key, kpi)


def _measure[K: str | int](
    coordinator: ReadingsCoordinator[K], key: K, kpi: Kpi
) -> KpiSensor[K]:
    """Return a sensor of what is derived, some with what their value is part of."""
    sensor = _sensor(coordinator, key, kpi)
    sensor.more = _MORE.get(kpi.key)
    return sensor

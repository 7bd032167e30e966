"""Sensors: the KPIs of plants and devices, and what is derived for a plant."""

from collections.abc import Callable, Iterable, Set as AbstractSet
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from propcache.api import cached_property

from .account.account import SmartPvmsConfigEntry
from .alarms.entity import async_add_with_alarms
from .alarms.sensor import ALARM_KEYS, alarm_sensors
from .catalogue import DERIVED, DEVICE_TYPES, OTHER, PERIOD_KEYS, PLANT, Kpi
from .catalogue.plant import HISTORY_IMPORT
from .const import CONF_CURRENCY, DOMAIN
from .coordinator import ReadingsCoordinator
from .entity import Adder, ReadingEntity, async_add_as_seen, async_add_following
from .history.entity import HistorySensor
from .live.period_coordinator import PeriodCoordinator
from .live.readings import Reading
from .northbound.models import moment

PARALLEL_UPDATES = 0

_DERIVED_KEYS: Final = frozenset(kpi.key for kpi in DERIVED)
_NOT_OF_A_ROW: Final = _DERIVED_KEYS | ALARM_KEYS | {HISTORY_IMPORT.key}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartPvmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account, now and as their values are seen."""
    account = entry.runtime_data
    currency = entry.options.get(CONF_CURRENCY) or hass.config.currency

    def of_device(
        device_id: int, reading: Reading | None, registered: set[str]
    ) -> Iterable[Kpi]:
        kind = DEVICE_TYPES.get(account.devices[device_id].type_id)
        statuses = {status.key for status in kind.statuses} if kind else set()
        kpis = kind.kpis if kind else ()
        return seen(kpis, statuses | PERIOD_KEYS, reading, registered)

    def of_plant(
        code: str, reading: Reading | None, registered: set[str]
    ) -> Iterable[Kpi]:
        return seen(PLANT, PERIOD_KEYS, reading, registered - _NOT_OF_A_ROW)

    def derived(
        code: str, reading: Reading | None, registered: set[str]
    ) -> Iterable[Kpi]:
        return seen(DERIVED, set(), reading, registered & _DERIVED_KEYS)

    def of_period[K](
        lane: PeriodCoordinator[K, Any],
    ) -> Callable[[K, Reading | None, set[str]], Iterable[Kpi]]:
        def look(
            source: K, reading: Reading | None, registered: set[str]
        ) -> Iterable[Kpi]:
            kpis = lane.kpis(source)
            keys = registered & {kpi.key for kpi in kpis}
            return seen(kpis, set(), reading, keys)

        return look

    def build[K](
        coordinator: ReadingsCoordinator[K], source: K, kpi: Kpi
    ) -> KpiSensor[K]:
        return KpiSensor(coordinator, source, kpi, currency)

    adder = Adder(entry, async_add_entities)
    async_add_as_seen(entry, account.balance, derived, build, adder)
    async_add_as_seen(entry, account.plants_lane, of_plant, build, adder)
    async_add_as_seen(entry, account.devices_lane, of_device, build, adder)
    for plants in account.periods.plants:
        async_add_as_seen(entry, plants, of_period(plants), build, adder)
    for devices in account.periods.devices:
        async_add_as_seen(entry, devices, of_period(devices), build, adder)
    async_add_with_alarms(
        entry,
        lambda: {
            (code, sensor): partial(sensor, account.alarms, code)
            for code in account.plants
            for sensor in alarm_sensors(account.alarms.data, code)
        },
        adder,
    )
    if account.history.importer.is_available:
        async_add_following(
            entry,
            account.history,
            lambda: {
                code: partial(HistorySensor, account.history, code)
                for code in account.plants
            },
            adder,
        )
    await adder.async_finish()


def seen(
    kpis: Iterable[Kpi],
    statuses: AbstractSet[str],
    reading: Reading | None,
    registered: set[str],
) -> Iterable[Kpi]:
    """Return the rows whose value was seen, in this reading or before.

    A KPI that the catalogue does not know becomes a diagnostic sensor;
    `statuses` are keys that are shown elsewhere.
    """
    values = reading.values if reading else {}
    known = set(statuses)
    for kpi in kpis:
        known.add(kpi.key)
        value = values.get(kpi.key)
        shows = value is not None and (value > 0 or not kpi.needs_production)
        if shows or kpi.key in registered:
            yield kpi
    for key in (values.keys() | registered) - known:
        yield unknown_kpi(key)


def unknown_kpi(key: str) -> Kpi:
    """Return a row for a KPI that nobody has documented."""
    return Kpi(
        key=key,
        name=key.replace("_", " ").capitalize(),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


class KpiSensor[K](ReadingEntity[K], SensorEntity):
    """A KPI of a plant or device."""

    entity_description: Kpi

    def __init__(
        self, coordinator: ReadingsCoordinator[K], source: K, kpi: Kpi, currency: str
    ) -> None:
        """Show a KPI; money is in the plant's currency."""
        super().__init__(coordinator, source, kpi)
        if kpi.money:
            self._attr_native_unit_of_measurement = currency

    @cached_property
    @override
    def name(self) -> str | None:
        """Return the name, with what a positive number means where it differs."""
        name = super().name
        direction = self.entity_description.direction
        if direction is None or not isinstance(name, str):
            return name if isinstance(name, str) else None
        key = f"component.{DOMAIN}.entity.sensor.{direction}.name"
        meaning = self.platform_data.platform_translations.get(key)
        return f"{name} ({meaning})" if meaning else name

    @property
    @override
    def available(self) -> bool:
        """Tell whether the value is young enough, or does not age."""
        ages = self.entity_description.ages
        return not ages or self.coordinator.is_fresh(self.source)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the counter started anew, where it is known."""
        kpi = self.entity_description
        reading = self.reading if kpi.counter else None
        at = reading.last_reset(kpi.key) if reading else None
        return datetime.fromtimestamp(at, UTC) if at else None

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value as Home Assistant shows it."""
        # A fleet has thousands, and they are written again and again.
        kpi, reading = self.entity_description, self.coordinator.data.get(self.source)
        value = reading.values.get(kpi.key) if reading else None
        if value is None or (kpi.zero_is_missing and not value):
            return None
        if kpi.states is not None:
            return kpi.states.get(int(value), OTHER)
        if kpi.device_class is SensorDeviceClass.TIMESTAMP:
            return moment(value) if value > 0 else None
        return value

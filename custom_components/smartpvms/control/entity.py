"""What the control entities of a plant share, and their descriptions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.components.select import SelectEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfPower, UnitOfRatio
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import AccountEntity, EntityAdder
from ..northbound import Interface
from ..northbound.tasks import (
    BatteryLimits,
    BatteryMode,
    ExportLimit,
    ExportMode,
    OperationMode,
    Setting,
)
from .commands import Command
from .coordinator import ControlCoordinator
from .plants import PlantSettings
from .reasons import reason_text

LARGEST_LIMIT: Final = 5000.0
"""kW, of a Dongle; a SmartLogger takes ten times as much."""

LOGGER_LIMIT: Final = 50_000.0
_LOGGER: Final = 2

EXPORT_STATES: Final[Mapping[ExportMode, str]] = {
    ExportMode.NO_LIMIT: "no_limit",
    ExportMode.ZERO_EXPORT: "zero_export",
    ExportMode.LIMITED: "limited",
    ExportMode.LIMITED_PERCENT: "limited_percent",
    ExportMode.OTHER: "other",
}
MODE_STATES: Final[Mapping[OperationMode, str]] = {
    OperationMode.SELF_CONSUMPTION: "maximum_self_consumption",
    OperationMode.TIME_OF_USE: "time_of_use",
    OperationMode.FULLY_FED_TO_GRID: "fully_fed_to_grid",
    OperationMode.THIRD_PARTY_DISPATCH: "third_party_dispatch",
    OperationMode.OTHER: "other",
}
SETTABLE_MODES: Final = {
    MODE_STATES[mode]: mode
    for mode in (OperationMode.SELF_CONSUMPTION, OperationMode.TIME_OF_USE)
}
COMMAND_STATES: Final = ["none", "running", "succeeded", "failed"]


@dataclass(frozen=True, kw_only=True)
class ControlSelect(SelectEntityDescription):
    """A choice: how it is read, and the setting of an option; None: not to be set."""

    interface: Interface
    current: Callable[[PlantSettings], str | None]
    setting: Callable[[str, PlantSettings], Setting | None]


@dataclass(frozen=True, kw_only=True)
class ControlNumber(NumberEntityDescription):
    """A number: how it is known, and the setting of a value."""

    interface: Interface
    current: Callable[[PlantSettings], float | None]
    setting: Callable[[float], Setting]


def export_setting(option: str, known: PlantSettings) -> Setting | None:
    """Return the setting of a choice of the feed-in; `limited`: to the last limit."""
    match option:
        case "no_limit":
            return ExportLimit(None)
        case "zero_export":
            return ExportLimit(0.0)
        case "limited" if known.last_limit is not None:
            return ExportLimit(known.last_limit)
    return None


def _mode_setting(option: str, _: PlantSettings) -> Setting | None:
    mode = SETTABLE_MODES.get(option)
    return BatteryMode(mode) if mode else None


SELECTS: Final = (
    ControlSelect(
        key="export_control",
        translation_key="export_control",
        options=list(EXPORT_STATES.values()),
        interface=Interface.EXPORT_CONTROL,
        current=lambda known: (
            EXPORT_STATES[known.export.mode] if known.export else None
        ),
        setting=export_setting,
    ),
    ControlSelect(
        key="battery_mode",
        translation_key="battery_mode",
        options=list(MODE_STATES.values()),
        interface=Interface.BATTERY_MODE_READ,
        current=lambda known: known.mode and MODE_STATES[known.mode],
        setting=_mode_setting,
    ),
)


LARGEST_POWER: Final = 10_000_000.0
"""W; the controller cuts what is beyond the possible."""


def _bound(key: str, low: float, high: float) -> ControlNumber:
    """Return a bound of the state of charge (%) or of a power (W)."""
    is_power = key.endswith("power")
    return ControlNumber(
        key=key,
        translation_key=key,
        native_unit_of_measurement=(
            UnitOfPower.WATT if is_power else UnitOfRatio.PERCENTAGE
        ),
        device_class=NumberDeviceClass.POWER if is_power else None,
        native_min_value=low,
        native_max_value=high,
        native_step=1 if is_power else 0.1,
        mode=NumberMode.BOX,
        interface=Interface.BATTERY_MODE_READ,
        current=lambda known: known.bounds.get(key),
        setting=lambda value: BatteryLimits(**{key: value}),
    )


NUMBERS: Final = (
    ControlNumber(
        key="export_limit",
        translation_key="export_limit",
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        device_class=NumberDeviceClass.POWER,
        native_min_value=0.0,
        native_max_value=LARGEST_LIMIT,
        native_step=0.001,
        mode=NumberMode.BOX,
        interface=Interface.EXPORT_CONTROL,
        current=lambda known: known.limit,
        setting=ExportLimit,
    ),
    _bound("end_of_charge_soc", 90, 100),
    _bound("end_of_discharge_soc", 0, 20),
    _bound("maximum_charge_power", 0, LARGEST_POWER),
    _bound("maximum_discharge_power", 0, LARGEST_POWER),
)

LAST_COMMAND: Final = SensorEntityDescription(
    key="last_command",
    translation_key="last_command",
    device_class=SensorDeviceClass.ENUM,
    options=COMMAND_STATES,
)
CONTROL_KEYS: Final = frozenset(row.key for row in (*SELECTS, *NUMBERS, LAST_COMMAND))


class ControlEntity(AccountEntity[ControlCoordinator]):
    """An entity of a plant that shows how it is set."""

    def __init__(
        self,
        coordinator: ControlCoordinator,
        plant_code: str,
        description: ControlSelect | ControlNumber | SensorEntityDescription,
    ) -> None:
        """Belong to a plant."""
        super().__init__(coordinator, plant_code, description)
        self.plant_code = plant_code

    @property
    def known(self) -> PlantSettings:
        """Return what is known of the plant."""
        return self.coordinator.settings(self.plant_code)


class LastCommandSensor(ControlEntity, SensorEntity):
    """What became of the last command to a plant.

    Attributes: its `kind`, what was `asked`, when it was sent and ended, the `reason`
    of a failure; `forced_charge`: an earlier one that still runs beside it.
    """

    _unrecorded_attributes = frozenset({"asked", "forced_charge"})

    def __init__(self, coordinator: ControlCoordinator, plant_code: str) -> None:
        """Belong to a plant."""
        super().__init__(coordinator, plant_code, LAST_COMMAND)

    @property
    @override
    def available(self) -> bool:
        """Tell whether the plant is there; what became of a command does not age."""
        return self.plant_code in self.coordinator.account.plants

    @property
    @override
    def native_value(self) -> str:
        """Return the state of the last command."""
        command = self.coordinator.last_command(self.plant_code)
        return command.outcomes[self.plant_code].status if command else "none"

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return what was asked, and what came of it."""
        command = self.coordinator.last_command(self.plant_code)
        if command is None:
            return {}
        outcome = command.outcomes[self.plant_code]
        failed = outcome.status == "failed"
        forced = self.coordinator.forced_charge(self.plant_code)
        return {
            "kind": command.kind,
            **self._asked(command),
            "ended_at": _shown(command.ended_at),
            "reason": reason_text(self.hass, outcome.reason) if failed else None,
            "forced_charge": (
                None if forced in (None, command) else self._asked(forced)
            ),
        }

    def _asked(self, command: Command) -> dict[str, Any]:
        """Return what a command asks of the plant, and since when."""
        return {
            "asked": command.asked(self.plant_code),
            "sent_at": _shown(command.sent_at),
        }


def _shown(at: float | None) -> str | None:
    """Return a time in ISO format."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def largest_limit(coordinator: ControlCoordinator, plant_code: str) -> float:
    """Return the largest limit of the feed-in (kW) that a plant's controller takes."""
    devices = coordinator.account.devices_of(plant_code)
    has_logger = any(device.type_id == _LOGGER for device in devices)
    return LOGGER_LIMIT if has_logger else LARGEST_LIMIT


def steered(coordinator: ControlCoordinator, interface: Interface) -> list[str]:
    """Return the plants that were read by an interface, so can be steered."""
    if not coordinator.is_allowed:
        return []
    return [
        code
        for code, known in coordinator.data.items()
        if code in coordinator.account.plants
        and (known.export if interface is Interface.EXPORT_CONTROL else known.mode)
        is not None
    ]


def commanded(coordinator: ControlCoordinator) -> list[str]:
    """Return the plants that can be steered by one of the interfaces."""
    both = (Interface.EXPORT_CONTROL, Interface.BATTERY_MODE_READ)
    found = (code for interface in both for code in steered(coordinator, interface))
    return list(dict.fromkeys(found))


async def async_add_steered[RowT: (ControlSelect, ControlNumber)](
    coordinator: ControlCoordinator,
    add: AddConfigEntryEntitiesCallback,
    rows: Sequence[RowT],
    build: Callable[[str, RowT], Entity],
) -> None:
    """Add the entities of the plants that can be steered, once they were read."""
    adder = EntityAdder(coordinator.account, add)
    adder.add_following(
        coordinator.async_add_listener,
        lambda: {
            (code, row.key): partial(build, code, row)
            for row in rows
            for code in steered(coordinator, row.interface)
        },
    )
    await adder.async_finish()


@callback
def async_forget_entities(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove the control entities of an entry whose user has taken control back."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.translation_key in CONTROL_KEYS:
            registry.async_remove(entity.entity_id)

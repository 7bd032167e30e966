"""Which alarms a trigger or condition is about: by target and by options."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from homeassistant.const import CONF_OPTIONS, CONF_TARGET, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from ..catalogue import OTHER
from ..catalogue.alarm import ALARM, LEAST, PROBLEM, RANKS
from ..const import DOMAIN
from .record import AlarmRecord

CONF_MINIMUM_SEVERITY: Final = "minimum_severity"
CONF_DEVICE_TYPES: Final = "device_types"
CONF_ALARM_IDS: Final = "alarm_ids"

_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Required(CONF_OPTIONS, default=dict): {
            vol.Optional(CONF_MINIMUM_SEVERITY): vol.In([*RANKS, OTHER]),
            vol.Optional(CONF_DEVICE_TYPES): vol.All(cv.ensure_list, [vol.Coerce(int)]),
            vol.Optional(CONF_ALARM_IDS): vol.All(cv.ensure_list, [cv.string]),
        },
    }
)


class WithAlarmFilter:
    """What triggers and conditions about alarms share: the check of their fields."""

    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Return the target and options, or raise vol.Invalid."""
        return cast(ConfigType, _SCHEMA(config))


class AlarmFilter:
    """Tells which alarms fit a target and options.

    The target is resolved anew in each turn of the loop: areas, labels and entities
    change while an automation runs.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        target: Mapping[str, Any] | None,
        options: Mapping[str, Any] | None,
    ) -> None:
        """Filter by validated configuration; an option left out filters nothing."""
        options = options or {}
        self._hass = hass
        self._target = TargetSelection(dict(target or {}))
        severity = options.get(CONF_MINIMUM_SEVERITY, OTHER)
        self._found: tuple[set[str], set[str]] | None = None
        self._least_rank = RANKS.get(severity, LEAST)
        self._device_types = frozenset(options.get(CONF_DEVICE_TYPES, ()))
        self._alarm_ids = frozenset(options.get(CONF_ALARM_IDS, ()))

    @property
    def has_target(self) -> bool:
        """Tell whether there is anything that alarms can be of."""
        return self._target.has_any_target

    @callback
    def pick(self, records: Iterable[AlarmRecord]) -> list[AlarmRecord]:
        """Return the alarms that fit."""
        fitting = [record for record in records if self._fits_options(record)]
        if not fitting:
            return []
        targeted, left_out = self._resolved()
        return [
            record
            for record in fitting
            if (entities := set(self._entities(record))) & targeted
            and not entities & left_out
        ]

    def _resolved(self) -> tuple[set[str], set[str]]:
        """Return the entities that are meant, and those that are left out.

        Home Assistant 2026.11 can leave entities out of a target. A device left out
        is also left out of its plant, whose entity stands for all of them. An area
        may have thousands of entities: they are looked up once a turn of the loop.
        """
        if self._found is None:
            left_out = getattr(self._target, "exclude", None)
            self._found = (
                _resolve(self._hass, self._target),
                _resolve(self._hass, left_out),
            )
            self._hass.loop.call_soon(self._forget)
        return self._found

    @callback
    def _forget(self) -> None:
        self._found = None

    def _fits_options(self, record: AlarmRecord) -> bool:
        return (
            record.rank <= self._least_rank
            and (not self._device_types or record.device_type in self._device_types)
            and (not self._alarm_ids or record.id in self._alarm_ids)
        )

    def _entities(self, record: AlarmRecord) -> Iterator[str]:
        """Yield the entities that stand for an alarm: the plant's, the device's."""
        sources = [(Platform.EVENT, f"{record.plant_code}_{ALARM}")]
        if record.device_id is not None:
            problem = f"{record.device_id}_{PROBLEM.key}"
            sources.append((Platform.BINARY_SENSOR, problem))
        registry = er.async_get(self._hass)
        for platform, unique_id in sources:
            entity_id = registry.async_get_entity_id(platform, DOMAIN, unique_id)
            entry = registry.async_get(entity_id) if entity_id else None
            if entry and not entry.disabled:
                yield entry.entity_id


def _resolve(hass: HomeAssistant, target: TargetSelection | None) -> set[str]:
    """Return the entities that a target means at this moment."""
    if target is None:
        return set()
    found = async_extract_referenced_entity_ids(hass, target)
    return found.referenced | found.indirectly_referenced

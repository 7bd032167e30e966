"""Underperformance: whether an inverter or string stays far below its siblings."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.const import EntityCategory

from .inverter import STRINGS
from .kpi import Status


@dataclass(frozen=True, kw_only=True)
class Comparison(Status):
    """A verdict on an inverter or string, on at 1.

    `ratio`: the key of its output in percent of the usual one; `siblings`: the key of
    the number of members it was compared with.
    """

    ratio: str = ""
    siblings: str = ""

    @override
    def __post_init__(self) -> None:
        """Take the number in the key, and name the other two after it."""
        super().__post_init__()
        set_ = object.__setattr__
        set_(self, "ratio", f"{self.key}_ratio")
        set_(self, "siblings", f"{self.key}_siblings")
        if number := re.search(r"\d+", self.key):
            set_(self, "translation_placeholders", {"number": number.group()})


def _comparison(key: str, *, enabled: bool) -> Comparison:
    return Comparison(
        key=key,
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


OF_INVERTER: Final = _comparison("underperformance", enabled=True)
OF_STRING: Final[Mapping[int, Comparison]] = {
    number: _comparison(f"pv{number}_underperformance", enabled=False)
    for number in range(1, STRINGS + 1)
}
COMPARISONS: Final = (OF_INVERTER, *OF_STRING.values())

LIMITED_STATES: Final = frozenset({0x0201, 0x0301, 0x0304})
"""States in which an inverter gives less because it was told to."""

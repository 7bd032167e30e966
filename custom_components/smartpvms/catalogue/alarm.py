"""Alarms: what the codes of getAlarmList mean (reference 2.16)."""

from enum import StrEnum
from typing import Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorStateClass

from ..northbound import Dialect
from .kpi import Kpi, Status


class Severity(StrEnum):
    """How grave an alarm is, the gravest first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"


SEVERITIES: Final = {
    1: Severity.CRITICAL,
    2: Severity.MAJOR,
    3: Severity.MINOR,
    4: Severity.WARNING,
}
RANKS: Final = {str(severity): code for code, severity in SEVERITIES.items()}
"""The interface's code of a severity: the smaller, the graver."""

LEAST: Final = len(SEVERITIES) + 1
"""The rank of an undocumented severity."""

STATUSES: Final = {
    1: "active",
    2: "acknowledged",
    3: "being_handled",
    4: "handled",
    5: "cleared_by_user",
    6: "cleared",
}
ENDED: Final = frozenset({4, 5, 6})
"""The statuses in which an alarm is over; with an unknown status it is active."""

ACKNOWLEDGED: Final = frozenset({2, 3})

TYPES: Final = {
    1: "transposition_signal",
    2: "exception",
    3: "protection_event",
    4: "notification",
    5: "information",
}

LANGUAGES: Final = {
    "cs": "cs_CZ",
    "de": "de_DE",
    "es": "es_ES",
    "fr": "fr_FR",
    "hu": "hu_HU",
    "it": "it_IT",
    "ja": "ja_JP",
    "ko": "ko_KR",
    "nl": "nl_NL",
    "pt": "pt_BR",
    "ro": "ro_RO",
    "tr": "tr_TR",
    "uk": "uk_UA",
    "vi": "vi_VN",
    "zh": "zh_CN",
    "zh-Hant": "zh_TW",
}
"""By Home Assistant's language. The reference of 2020 has nine of them; a system that
refuses one is asked in English."""

REFUSED_LANGUAGE: Final = 20025
"""The interface's code for a language that it does not have."""

POLISH: Final = {Dialect.V2020: "po_PO", Dialect.V2022: "pl_PL"}
"""Each edition of the reference spells it its own way."""

FALLBACK_LANGUAGE: Final = "en_UK"

ALARM: Final = "alarm"
PROBLEM: Final = Status(key="problem", device_class=BinarySensorDeviceClass.PROBLEM)

ACTIVE_ALARMS: Final = Kpi(
    key="active_alarms",
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
)
HIGHEST_SEVERITY: Final = Kpi(
    key="highest_severity",
    states={**SEVERITIES, 0: "none"},
)
LATEST_ALARM: Final = Kpi(key="latest_alarm")

"""Device types and languages of the two generations of SmartPVMS."""

from enum import StrEnum

from .model import Type


class Dialect(StrEnum):
    """Generation of the interface: the 2020 reference, or accounts made since 2022."""

    V2020 = "2020"
    V2022 = "2022"


TYPES_2020 = frozenset(
    {
        Type.STRING_INVERTER,
        Type.TRANSFORMER,
        Type.WEATHER,
        Type.CENTRAL_INVERTER,
        Type.COMBINER,
        Type.GRID_METER,
        Type.ENERGY_CENTER,
        Type.BATTERY,
        Type.POWER_SENSOR,
    }
)
TYPES_2022 = frozenset(
    {
        Type.STRING_INVERTER,
        Type.WEATHER,
        Type.GRID_METER,
        Type.ENERGY_CENTER,
        Type.BATTERY,
        Type.LARGE_STORAGE,
        Type.POWER_SENSOR,
        Type.EMMA,
    }
)
PERIOD_2020 = frozenset(
    {
        Type.STRING_INVERTER,
        Type.CENTRAL_INVERTER,
        Type.ENERGY_CENTER,
        Type.BATTERY,
    }
)
PERIOD_2022 = PERIOD_2020 - {Type.CENTRAL_INVERTER} | {Type.LARGE_STORAGE}

# Types introduced after 2020, which a system of 2020 leaves out of its lists.
NEWER_TYPES = frozenset(
    {
        41, 23070, 23071, 23072, 60001, 60003, 60010, 60014, 60043, 60044, 60092,
    }
)  # fmt: skip

LANGUAGES_2020 = frozenset(
    {
        "zh_CN", "en_UK", "ja_JP", "it_IT", "nl_NL", "pt_BR", "de_DE", "fr_FR",
        "es_ES", "po_PO",
    }
)  # fmt: skip
LANGUAGES_2022 = LANGUAGES_2020 | {"en_US", "pl_PL"}
# Said of some systems.
MORE_LANGUAGES = frozenset(
    {"ro_RO", "cs_CZ", "hu_HU", "vi_VN", "tr_TR", "uk_UA", "zh_TW", "ko_KR"}
)


def live_types(dialect: Dialect, all_types: bool) -> frozenset[int]:
    """Return the types with real-time and five-minute data (reference 2.9, 2.10)."""
    if all_types:
        return frozenset(TYPES_2020 | TYPES_2022)
    return frozenset(TYPES_2020 if dialect is Dialect.V2020 else TYPES_2022)


def period_types(dialect: Dialect, all_types: bool) -> frozenset[int]:
    """Return the types with days, months and years (reference 2.11 to 2.13)."""
    if all_types:
        return frozenset(PERIOD_2020 | PERIOD_2022)
    return frozenset(PERIOD_2020 if dialect is Dialect.V2020 else PERIOD_2022)


def languages(dialect: Dialect, has_more: bool = False) -> frozenset[str]:
    """Return the languages that getAlarmList accepts (reference 2.16)."""
    known = LANGUAGES_2020 if dialect is Dialect.V2020 else LANGUAGES_2022
    return known | MORE_LANGUAGES if has_more else known

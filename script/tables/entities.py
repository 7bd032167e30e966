"""The tables of docs/entities.md: every entity, by the kind of its device."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
import re
from typing import Any, Final

from homeassistant.helpers.entity import EntityDescription

from custom_components.smartpvms import button, event, update
from custom_components.smartpvms.catalogue import (
    DERIVED,
    DEVICE_TYPES,
    PLANT,
    PLANT_PERIODS,
    Direction,
    Kpi,
    PeriodKpi,
)
from custom_components.smartpvms.catalogue.alarm import (
    ACTIVE_ALARMS,
    HIGHEST_SEVERITY,
    LATEST_ALARM,
    PROBLEM,
)
from custom_components.smartpvms.catalogue.insight import INSIGHTS
from custom_components.smartpvms.catalogue.period import (
    INVERTER_PERIODS,
    STORAGE_PERIODS,
    Periods,
)
from custom_components.smartpvms.catalogue.plant import CALLS_LEFT, HISTORY_IMPORT
from custom_components.smartpvms.catalogue.underperformance import COMPARISONS
from custom_components.smartpvms.catalogue.weather import IRRADIATION, IRRADIATION_SHOWN
from custom_components.smartpvms.control.entity import LAST_COMMAND, NUMBERS, SELECTS
from custom_components.smartpvms.northbound import Period

type Texts = Mapping[str, Any]

YES: Final = "yes"
PERIOD_WORDS: Final = {
    Period.DAY: "today",
    Period.MONTH: "this month",
    Period.YEAR: "this year",
}

DEVICES: Final = {
    "string inverter": 1,
    "central inverter": 14,
    "battery": 39,
    "grid meter": 17,
    "power sensor": 47,
    "emma": 23070,
    "combiner box": 15,
    "weather station": 10,
    "transformer": 8,
}
"""One type for each table; 38 shares its rows with 1, 41 with 39."""

OTHERS: Final[Mapping[str, tuple[tuple[str, EntityDescription], ...]]] = {
    "alarms": (
        ("binary_sensor", PROBLEM),
        ("sensor", ACTIVE_ALARMS),
        ("sensor", HIGHEST_SEVERITY),
        ("sensor", LATEST_ALARM),
        ("event", event.DESCRIPTION),
    ),
    "firmware": (("update", update.DESCRIPTION), ("button", button.UPGRADE)),
    "insights": tuple(("sensor", row) for row in INSIGHTS),
    "underperformance": tuple(("binary_sensor", row) for row in COMPARISONS),
    "control": (
        *(("select", row) for row in SELECTS),
        *(("number", row) for row in NUMBERS),
        ("sensor", LAST_COMMAND),
    ),
}
"""Entities without a catalogue row of a device type or plant, by table."""

_PLANT_OTHERS: Final = (("sensor", HISTORY_IMPORT), ("button", button.DESCRIPTION))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: the keys that share a name, and the finished cells."""

    platform: str
    keys: tuple[str, ...]
    cells: tuple[str, ...]


def tables(texts: Texts) -> dict[str, str]:
    """Return the tables by name; ValueError if an entity with a text is in no table."""
    names = texts["entity"]
    lines = {
        "plant": [
            *_lines(names, _sensors((*PLANT, *DERIVED))),
            *_lines(names, _PLANT_OTHERS),
        ],
        **{name: _lines(names, _of_type(type_id)) for name, type_id in DEVICES.items()},
        **{name: _lines(names, rows) for name, rows in OTHERS.items()},
    }
    periods = {
        "plant periods": PLANT_PERIODS,
        "inverter periods": INVERTER_PERIODS,
        "battery periods": STORAGE_PERIODS,
    }
    by_period = {
        name: list(_period_lines(names, rows)) for name, rows in periods.items()
    }
    listed = {
        (line.platform, key.lower())
        for line in chain(*lines.values(), *by_period.values())
        for key in line.keys
    }
    if missing := set(_entities(names)) - listed:
        raise ValueError(f"entities missing from every table: {sorted(missing)}")
    return {
        **{name: _table(rows) for name, rows in lines.items()},
        **{name: _table(rows) for name, rows in by_period.items()},
    }


def _entities(names: Texts) -> Iterator[tuple[str, str]]:
    """Yield platform and key of every entity that has a text."""
    for platform, keys in names.items():
        for key in keys:
            if key not in list(Direction):
                yield platform, key


def _sensors(kpis: Iterable[Kpi]) -> Iterator[tuple[str, EntityDescription]]:
    return (("sensor", kpi) for kpi in kpis)


def _of_type(type_id: int) -> Iterator[tuple[str, EntityDescription]]:
    kind = DEVICE_TYPES[type_id]
    yield from _sensors(kind.kpis)
    yield from (("binary_sensor", status) for status in kind.statuses)


def _lines(names: Texts, rows: Iterable[tuple[str, EntityDescription]]) -> list[Line]:
    """Return a line for each entity; numbered entities share a line."""
    families: dict[tuple[str, str], list[EntityDescription]] = {}
    for platform, row in rows:
        families.setdefault((platform, _family(row.key)), []).append(row)
    return [
        Line(
            platform,
            tuple(row.key for row in family),
            (
                _name(names, platform, family),
                _unit(family[0]),
                _kind(platform, family[0]),
                YES if family[0].entity_registry_enabled_default else "",
                _keys(family),
            ),
        )
        for (platform, _), family in families.items()
    ]


def _family(key: str) -> str:
    """Return the common form of numbered keys and of the calls left by interface."""
    if key.startswith(f"{CALLS_LEFT}_"):
        return CALLS_LEFT + "_"
    return re.sub(r"\d+", "#", key)


def _name(names: Texts, platform: str, family: list[EntityDescription]) -> str:
    """Return the English name; numbers as a range, the sign's meaning behind it."""
    first, last = family[0], family[-1]
    name = str(names[platform][str(first.translation_key)]["name"])
    if first.key.startswith(f"{CALLS_LEFT}_"):
        name = f"{name.partition(':')[0]}, one for each interface"
    low, high = (".".join(re.findall(r"\d+", row.key)) for row in (first, last))
    if low:
        name = name.replace("{number}", f"{low} … {high}")
    direction = first.direction if isinstance(first, Kpi) else None
    if direction is None:
        return name
    return str(names["sensor"][direction]["name"]).format(name=name)


def _unit(row: EntityDescription) -> str:
    if isinstance(row, Kpi) and row.money:
        return "currency"
    unit = getattr(row, "suggested_unit_of_measurement", None) or getattr(
        row, "native_unit_of_measurement", None
    )
    if unit == IRRADIATION:
        unit = IRRADIATION_SHOWN
    return str(unit or "")


def _kind(platform: str, row: EntityDescription) -> str:
    """Return the device class, and the platform where it is no sensor."""
    kind = str(row.device_class or "")
    if platform == "sensor":
        return kind
    return f"{kind} ({platform})" if kind else f"({platform})"


def _keys(family: list[EntityDescription]) -> str:
    shown = [f"`{row.key}`" for row in family]
    return shown[0] if len(shown) == 1 else f"{shown[0]} … {shown[-1]}"


def _period_lines(names: Texts, periods: Periods) -> Iterator[Line]:
    """Yield a line for each value; its periods share the line."""
    values: dict[str, list[tuple[Period, PeriodKpi]]] = {}
    for period, kpis in periods.items():
        for kpi in kpis:
            values.setdefault(kpi.source, []).append((period, kpi))
    for rows in values.values():
        period, first = rows[0]
        name = str(names["sensor"][str(first.translation_key)]["name"])
        yield Line(
            "sensor",
            tuple(kpi.key for _, kpi in rows),
            (
                f"{name.removesuffix(PERIOD_WORDS[period]).strip()} "
                + ", ".join(PERIOD_WORDS[period] for period, _ in rows),
                _unit(first),
                _kind("sensor", first),
                ", ".join(
                    PERIOD_WORDS[period]
                    for period, kpi in rows
                    if kpi.entity_registry_enabled_default
                ),
                ", ".join(f"`{kpi.key}`" for _, kpi in rows),
            ),
        )


def _table(lines: Iterable[Line]) -> str:
    """Return a table in Markdown."""
    head = ("Name", "Unit", "Device class", "On", "Key")
    rows = [head, ("---",) * len(head), *(line.cells for line in lines)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)

"""The tables of docs/history.md: imported series, their operands, import durations."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from math import ceil, inf
from typing import Any, Final

from custom_components.smartpvms.catalogue.series import (
    DERIVED,
    DEVICE_AC_STORAGE,
    DEVICE_CHARGE,
    DEVICE_DISCHARGE,
    DEVICE_EXPORT,
    DEVICE_IMPORT,
    DEVICE_INVERTER,
    FED_IN,
    NET_DISCHARGE,
    PRICED,
    PV,
    SERIES,
    Quantity,
    Series,
    Terms,
)
from custom_components.smartpvms.const import DEFAULT_HISTORY_DAYS
from custom_components.smartpvms.history import shares as budget
from custom_components.smartpvms.history.feeds import (
    FIVE_MINUTES,
    HOURS,
    YEARS,
    Feed,
    Track,
)
from custom_components.smartpvms.history.inquiry import interface_of, longest_span
from custom_components.smartpvms.history.planner import Planner, Subject
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.local_time import ALL_YEARS, ONE_DAY, Days
from custom_components.smartpvms.northbound import Dialect, Ledger, Period, Profile
from custom_components.smartpvms.northbound.limits import DAY, HOUR, MINUTE, Scale

type Texts = Mapping[str, Any]
type Row = tuple[str, ...]

MONEY: Final = "currency"
UNITS: Final = {
    Quantity.ENERGY: "kWh",
    Quantity.POWER: "kW",
    Quantity.MONEY: MONEY,
}
OF_DEVICES: Final = {
    DEVICE_INVERTER: "output of the inverters",
    DEVICE_AC_STORAGE: "output of AC-coupled storage",
    DEVICE_IMPORT: "import of the grid meter",
    DEVICE_EXPORT: "export of the grid meter",
    DEVICE_CHARGE: "charge of the batteries",
    DEVICE_DISCHARGE: "discharge of the batteries",
}
"""Names of the quantities that come from the rows of devices."""
OF_ROWS: Final = {
    PV: "PV energy",
    FED_IN: "feed-in",
    NET_DISCHARGE: "net discharge of the batteries",
}
"""Names of the quantities that are derived, where a series takes them."""
NAMES: Final = OF_DEVICES | OF_ROWS
PRICES: Final = {"grid_import": "import price", "grid_export": "export price"}
POWERS: Final = "powers of the devices every five minutes: mean, lowest and highest"

# A house: two inverters, a battery and a meter, four years old.
DEVICES: Final = {38: 2, 39: 1, 47: 1}
NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
BEGUN: Final = date(2022, 7, 1)
DIALECTS: Final = {
    Profile.DAILY: Dialect.V2022,
    Profile.PER_MINUTE: Dialect.V2020,
}
YEAR: Final = 365
MONTHS: Final = Feed(Track.PLANT, Period.MONTH)
DAYS: Final = Feed(Track.PLANT, Period.DAY)


def tables(texts: Texts) -> dict[str, str]:
    """Return the tables by name."""
    names = texts["selector"]["series"]["options"]
    return {
        "series": _table(
            ("Statistic", "Id ends in", "Unit", "Made of", "Until the row comes"),
            (_series_row(names, series) for series in SERIES.values()),
        ),
        "durations": _table(
            ("", "accounts since July 2022", "older accounts"), _durations()
        ),
    }


def _series_row(names: Mapping[str, str], series: Series) -> Row:
    return (
        names[series.key],
        f"`_{series.key}`",
        UNITS[series.quantity],
        _made_of(names, series),
        _made_of_live(series),
    )


def _made_of(names: Mapping[str, str], series: Series) -> str:
    if energy := PRICED.get(series.key):
        return f"{names[energy]} × {PRICES[energy]}"
    if series.quantity is Quantity.POWER:
        return POWERS
    return ", else ".join(_sum(terms) for terms in _expanded(series.operands))


def _made_of_live(series: Series) -> str:
    if energy := PRICED.get(series.key):
        return "the same" if SERIES[energy].live else ""
    return ", else ".join(_sum(terms) for terms in _expanded(series.live))


def _expanded(operands: Iterable[Terms]) -> Iterator[Terms]:
    """Yield the sums, a derived quantity that stands alone by what it is made of."""
    for terms in operands:
        match list(terms.items()):
            case [(key, 1)] if key in DERIVED:
                yield from DERIVED[key]
            case _:
                yield terms


def _sum(terms: Terms) -> str:
    """Return a sum in words, positive terms before negative terms."""
    ordered = sorted(terms.items(), key=lambda item: -item[1])
    text = "".join(
        f" {'+' if factor > 0 else '-'} {NAMES.get(key, f'`{key}`')}"
        for key, factor in ordered
    )
    return text.removeprefix(" + ")


def _durations() -> Iterator[Row]:
    """Yield the duration of each part of the backfill, a column for each profile."""
    for name, depth, feed in (
        ("years and months", 0, MONTHS),
        ("days", 0, DAYS),
        (f"hours of {DEFAULT_HISTORY_DAYS} days", DEFAULT_HISTORY_DAYS, HOURS),
        ("hours of a year", YEAR, HOURS),
        (f"powers of {DEFAULT_HISTORY_DAYS} days", DEFAULT_HISTORY_DAYS, FIVE_MINUTES),
        ("powers of a year", YEAR, FIVE_MINUTES),
    ):
        yield (
            name,
            *(_words(_seconds(profile, feed, depth)) for profile in DIALECTS),
        )
    yield (
        "the hours of today, again every",
        *(_words(_interval(profile, backfills=True)) for profile in DIALECTS),
    )
    yield (
        "the same, when all the rest is done",
        *(_words(_interval(profile, backfills=False)) for profile in DIALECTS),
    )


def _ledger(profile: Profile) -> Ledger:
    async def save() -> None:
        """Skip the write: this ledger lives for one calculation."""

    ledger = Ledger(save, NOW.timestamp)
    ledger.profile, ledger.scale = profile, Scale(1, DEVICES)
    return ledger


def _seconds(profile: Profile, feed: Feed, depth: int) -> float:
    """Return the duration of a feed's backfill within the call limits, in seconds."""
    progress = Progress(first=BEGUN)
    progress.hold(YEARS, Days.between(ALL_YEARS, ALL_YEARS + ONE_DAY))
    if feed == DAYS:
        # The newest hours replace their days.
        depth = DEFAULT_HISTORY_DAYS
    subject = Subject("plant", UTC, progress, devices=sum(DEVICES.values()))
    dialect = DIALECTS[profile]
    planner = Planner((subject,), NOW.timestamp(), depth, longest_span(dialect))
    # Devices are asked type by type.
    calls = planner.left(feed) * (len(DEVICES) if feed == FIVE_MINUTES else 1)
    return budget.seconds(_ledger(profile), interface_of(feed, dialect), calls)


def _interval(profile: Profile, *, backfills: bool) -> float:
    lane = interface_of(HOURS, DIALECTS[profile])
    return budget.interval(_ledger(profile), lane, 1, backfills=backfills)


def _words(seconds: float) -> str:
    """Return a duration, given in seconds, in minutes, hours or days, rounded up."""
    if seconds < MINUTE:
        return "at once"
    for unit, name, most in (
        (MINUTE, "minutes", 90),
        (HOUR, "hours", 36),
        (DAY, "days", inf),
    ):
        if (count := seconds / unit) <= most:
            return f"{ceil(count * 2) / 2 if count < 5 else ceil(count):g} {name}"
    raise ValueError(seconds)


def _table(head: Row, rows: Iterable[Row]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

"""The tables of docs/history.md follow the catalogue and the limits."""

import json

import pytest

from custom_components.smartpvms.catalogue.series import SERIES
from custom_components.smartpvms.northbound.limits import DAY, HOUR, MINUTE
from script.docs import ENGLISH
from script.tables import history


@pytest.fixture
def tables() -> dict[str, list[str]]:
    """Return the lines of each table, without its head."""
    english = json.loads(ENGLISH.read_text(encoding="utf-8"))
    found = history.tables(english)
    return {name: table.splitlines()[2:] for name, table in found.items()}


def test_each_series_has_its_row(tables: dict[str, list[str]]) -> None:
    endings = [line.split(" | ")[1] for line in tables["series"]]
    assert endings == [f"`_{key}`" for key in SERIES]
    for line in (
        (
            "| Grid import | `_grid_import` | kWh | `buyPower`, else `use_power` - "
            "`selfProvide`, else `use_power` + feed-in - PV energy - net discharge of "
            "the batteries, else import of the grid meter | import of the grid meter |"
        ),
        (
            "| Cost of grid import | `_grid_import_cost` | currency | "
            "Grid import × import price | the same |"
        ),
    ):
        assert line in tables["series"]


def test_an_account_of_2022_needs_days_for_what_an_older_one_does_in_hours(
    tables: dict[str, list[str]],
) -> None:
    parts = [line.strip("| ").split(" | ") for line in tables["durations"]]
    words = {name: (newer, older) for name, newer, older in parts}
    newer, older = words["hours of a year"]
    assert newer.endswith("days")
    assert older.endswith("hours")
    assert words["years and months"][0] == "at once"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "at once"),
        (90 * MINUTE, "90 minutes"),
        (2.2 * HOUR, "2.5 hours"),
        (7.1 * HOUR, "8 hours"),
        (40 * HOUR, "2 days"),
        (300 * DAY, "300 days"),
    ],
)
def test_durations_are_rounded_up(seconds: float, words: str) -> None:
    assert history._words(seconds) == words

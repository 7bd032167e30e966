"""What an assistant learns of the past: energies, shares, other years."""

from datetime import date
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.local_time import HOUR
from simulator import Simulator

from .conftest import Ask, flow, instant

pytestmark = pytest.mark.usefixtures("house")


async def test_how_much_did_the_roof_make_in_may_and_the_may_before(
    ask: Ask, sim: Simulator
) -> None:
    """The month's days, and the same month of the year before, which has one row."""
    calls = len(sim.calls)
    answer = await ask("compare", **{"with": "earlier_years", "from": "2026-05"})
    [plant] = answer["plants"]
    assert (plant["plant"], plant["unit"]) == ("Sonnenhof", "kWh")
    this, before = plant["years"]
    assert (before["from"], before["to"]) == (
        "2025-05-01T00:00+02:00",
        "2025-06-01T00:00+02:00",
    )
    expected = [
        flow(sim, instant(date(year, 5, 1)), instant(date(year, 6, 1))).pv
        for year in (2026, 2025)
    ]
    assert [this["value"], before["value"]] == pytest.approx(expected, abs=0.1)
    share = before["asked_period_compared_with_it_in_percent"]
    assert share == pytest.approx(100 * expected[0] / expected[1], abs=0.1)
    assert "missing" not in plant
    assert len(sim.calls) == calls


async def test_rows_are_the_plants_own_days_and_hours(ask: Ask, sim: Simulator) -> None:
    """Home Assistant's zone is another one; a row is known by its local start."""
    answer = await ask(
        "get_energy",
        **{"quantity": "consumption", "from": "2026-05-30", "to": "2026-06-02"},
        by="day",
    )
    [plant] = answer["plants"]
    assert plant["time_zone"] == "Europe/Berlin"
    assert [row["start"] for row in plant["rows"]] == [
        "2026-05-30",
        "2026-05-31",
        "2026-06-01",
        "2026-06-02",
    ]
    for row in plant["rows"]:
        day = instant(date.fromisoformat(row["start"]))
        expected = flow(sim, day, day + 24 * HOUR).consumption
        assert row["value"] == pytest.approx(expected, abs=0.01)
    hours = await ask(
        "get_energy",
        **{"quantity": "pv_energy", "from": "2026-06-10T11:00"},
        to="2026-06-10T13:00",
        by="hour",
    )
    [plant] = hours["plants"]
    eleven = instant(date(2026, 6, 10), 11)
    assert plant["rows"] == [
        {
            "start": f"2026-06-10T{hour}:00+02:00",
            "value": pytest.approx(flow(sim, at, at + HOUR).pv, abs=0.01),
        }
        for hour, at in ((11, eleven), (12, eleven + HOUR))
    ]


async def test_what_is_not_told_apart_is_null_and_said(ask: Ask) -> None:
    """Of March 2026 only the month is known: its days are not 0."""
    answer = await ask(
        "get_energy",
        **{"quantity": "pv_energy", "from": "2026-03-30", "to": "2026-04-01"},
        by="day",
    )
    [plant] = answer["plants"]
    assert [row["value"] is None for row in plant["rows"]] == [True, True, False]
    assert plant["total"] is None
    [said] = [text for text in plant["missing"] if "only the total" in text]
    assert "from 2026-03-01T00:00+01:00 to 2026-04-01T00:00+02:00" in said


async def test_before_the_first_day_nothing_is_known(ask: Ask, house: Hub) -> None:
    """A year that began without the plant has a first day."""
    answer = await ask(
        "get_energy",
        **{"quantity": "pv_energy", "from": "2025-01", "to": "2025-04"},
        by="month",
    )
    [plant] = answer["plants"]
    known = [row["value"] for row in plant["rows"]]
    assert known[:2] == [None, None]
    assert None not in known[2:]
    assert "the plant's first day with values is 2025-03-20" in plant["missing"]


async def test_today_is_not_over(ask: Ask, sim: Simulator) -> None:
    """Until when it has values is said; the hour that runs is in."""
    answer = await ask("get_energy", quantity="pv_energy")
    [plant] = answer["plants"]
    today = instant(date(2026, 6, 15))
    assert plant["from"] == "2026-06-15T00:00+02:00"
    expected = flow(sim, today, today + 12 * HOUR).pv
    assert plant["total"] == pytest.approx(expected, abs=0.01)
    [said] = plant["missing"]
    assert said.startswith("the period is not over: values until 2026-06-15T12:00")


async def test_shares(ask: Ask, sim: Simulator) -> None:
    """A share of a month is that of its sums, not the mean of its days."""
    found = flow(sim, instant(date(2026, 5, 1)), instant(date(2026, 6, 1)))
    for quantity, share in (
        ("self_consumption_rate", 1 - found.export / found.pv),
        ("autarky_rate", 1 - found.import_ / found.consumption),
    ):
        answer = await ask("get_energy", **{"quantity": quantity, "from": "2026-05"})
        [plant] = answer["plants"]
        assert plant["unit"] == "%"
        assert plant["total"] == pytest.approx(100 * share, abs=0.1)


async def test_a_year_so_far_is_compared_with_as_much_of_the_year_before(
    ask: Ask, sim: Simulator
) -> None:
    """Up to last midnight; where only months are known, that is said."""
    answer = await ask("compare", **{"with": "earlier_years", "from": "2026"})
    [plant] = answer["plants"]
    this, before = plant["years"]
    assert this["to"] == "2026-06-15T00:00+02:00"
    assert before["to"] == "2025-06-15T00:00+02:00"
    expected = flow(sim, instant(date(2026, 1, 1)), instant(date(2026, 6, 15))).pv
    assert this["value"] == pytest.approx(expected, abs=0.5)
    assert before["value"] is None
    assert any("2025-06-01" in said for said in plant["missing"])


async def test_what_a_plant_does_not_have(ask: Ask) -> None:
    """Costs without a price are not 0."""
    answer = await ask("get_energy", quantity="grid_import_cost")
    [plant] = answer["plants"]
    assert plant["total"] is None
    assert plant["missing"] == [
        "grid_import_cost: the plant has no imported values of it"
    ]


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"from": "May"}, "no year, month, day or local time: 'May'"),
    ({"from": "2026-05-32"}, "no year, month, day or local time"),
    ({"from": "2027"}, "in the future"),
    ({"from": "2026-05", "to": "2026-04"}, "'to' is before 'from'"),
    ({"to": "2026-04"}, "'from' is missing"),
    ({"from": "1066"}, "the year is not between"),
    ({"from": "2025", "to": "2026", "by": "hour"}, "more than 400 rows"),
    ({"quantity": "love"}, "wrong arguments"),
    ({"by": "week"}, "wrong arguments"),
    ({"plants": ["Mondhof"]}, "no plant is called 'Mondhof'; there are: Sonnenhof"),
)


async def test_what_cannot_be_answered_says_why(ask: Ask) -> None:
    """The reason is for the assistant, which asks again or explains it."""
    for arguments, reason in REFUSED:
        answer = await ask("get_energy", **{"quantity": "pv_energy", **arguments})
        assert reason in answer["error"]


async def test_without_a_recorder(hass: HomeAssistant, ask: Ask, house: Hub) -> None:
    """There are no statistics then."""
    hass.config.components.remove("recorder")
    answer = await ask("get_energy", quantity="pv_energy")
    assert "without a recorder" in answer["error"]
    hass.config.components.add("recorder")

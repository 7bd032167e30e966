"""The tables of the documents follow the catalogue."""

import json
from typing import Any

import pytest

from script.docs import DOCUMENTS, ENGLISH, ROOT, complete, stale
from script.tables import entities


@pytest.fixture
def english() -> dict[str, Any]:
    """Return the English texts."""
    texts: dict[str, Any] = json.loads(ENGLISH.read_text(encoding="utf-8"))
    return texts


def test_documents_are_up_to_date(english: dict[str, Any]) -> None:
    assert stale((ROOT / name for name in DOCUMENTS), english, write=False) == []


def test_a_renamed_entity_makes_its_document_stale(english: dict[str, Any]) -> None:
    english["entity"]["sensor"]["pv_power"]["name"] = "Sun"
    path = ROOT / "docs/entities.md"
    assert stale([path], english, write=False) == [path]


def test_an_entity_in_no_table_is_missed(english: dict[str, Any]) -> None:
    english["entity"]["sensor"]["something_new"] = {"name": "Something new"}
    with pytest.raises(ValueError, match="something_new"):
        entities.tables(english)


def test_rows(english: dict[str, Any]) -> None:
    tables = entities.tables(english)
    lines = [line for table in tables.values() for line in table.splitlines()]
    keys = "`day_buyPower`, `month_buyPower`, `year_buyPower`"
    name = "Grid import today, this month, this year"
    for line in (
        f"| {name} | kWh | energy | today | {keys} |",
        "| PV power | kW | power | yes | `pv_power` |",
        "| PV1 … 36 voltage | V | voltage |  | `pv1_u` … `pv36_u` |",
        "| Revenue today | currency | monetary | yes | `day_income` |",
        "| Active power (positive = import) | kW | power | yes | `active_power` |",
        "| Connection |  | connectivity (binary_sensor) | yes | `run_state` |",
        "| Production reliability today | % |  |  | `day_total_aop` |",
        "| Yield deviation today | % |  |  | `day_yield_deviation` |",
    ):
        assert line in lines


def test_a_table_takes_its_place_only() -> None:
    text = "a\n<!-- t -->\nold\n<!-- /t -->\nb\n"
    assert complete(text, {"t": "new"}) == "a\n<!-- t -->\n\nnew\n\n<!-- /t -->\nb\n"
    with pytest.raises(ValueError, match="no place"):
        complete(text, {"u": "new"})

"""The tables of freshness: what is measured anew, and what stays."""

from typing import Any

from script.tables.freshness import ages, calls, merged, read

AGE = {"median": 30.2, "best": 30.0}
OLD: dict[str, Any] = {
    "2022-1": {
        "refused": 0,
        "ages": {"plants": AGE, "alarms": {"median": 900.0, "best": 900.0}},
        "calls": {"login": [1, 720], "stations": [12, 24], "getAlarmList": [48, 48]},
    },
    "owner-1": {"refused": 3, "ages": {"plants": AGE}, "calls": {"all": [990, 1000]}},
}
NEW: dict[str, Any] = {
    "owner-1": {
        "refused": 0,
        "ages": {"38": AGE, "alarms": {"median": 1806.0, "best": None}},
        "calls": {"stations": [1, None], "all": [872, 1000]},
    }
}


def test_ages_of_other_accounts_stay() -> None:
    before = merged({}, ages(OLD))
    assert merged(read(before), ages(NEW)).splitlines() == [
        "|  | calls per day, 1 plant | owner's login, 1 plant |",
        "| --- | --- | --- |",
        "| plants | 30 s (30 s) |  |",
        "| residential inverters |  | 30 s (30 s) |",
        "| alarms | 15.0 min (15.0 min) | 30.1 min |",
    ]


def test_calls_of_other_accounts_stay() -> None:
    before = merged({}, calls(OLD))
    assert merged(read(before), calls(NEW)).splitlines()[2:] == [
        "| `getAlarmList` | 48 (48) |  |",
        "| `stations` | 12 (24) | 1 |",
        "| all together |  | 872 (1000) |",
        "| refused (407, 429) | 0 | 0 |",
    ]


def test_a_table_that_is_measured_by_no_account_is_as_before() -> None:
    before = merged({}, calls(OLD))
    assert merged(read(before), {}) == before

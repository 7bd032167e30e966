"""Rows of a new parent that wait for the last ones of the old."""

from custom_components.smartpvms.live.closings import Closings
from custom_components.smartpvms.northbound import Values

HOUR = 3600.0
OLD: dict[float, Values] = {100.0: {"a": 1.0}, 200.0: {"a": 2.0}}
NEW: dict[float, Values] = {300.0: {"a": 3.0}}


def test_the_old_parent_is_asked_once() -> None:
    closings = Closings[str]()
    assert closings.admit("p", 200.0, NEW) == {}
    assert list(closings.instants(["q", "p"])) == [(200.0 + HOUR, ["p"])]
    assert closings.admit("p", 200.0, OLD) == OLD | NEW
    assert not list(closings.instants(["q", "p"]))


def test_what_the_server_has_forgotten_hides_nothing() -> None:
    closings = Closings[str]()
    assert closings.admit("p", 200.0, NEW) == {}
    assert closings.admit("p", 200.0, {}) == NEW


def test_sources_of_one_zone_are_asked_together() -> None:
    closings = Closings[str]()
    for source, known in (("p", 200.0), ("q", 190.0), ("r", 200.0)):
        assert closings.admit(source, known, NEW) == {}
    assert list(closings.instants(["p", "q", "r"])) == [
        (190.0 + HOUR, ["q"]),
        (200.0 + HOUR, ["p", "r"]),
    ]
    closings.keep_only({"q"})
    assert list(closings.instants(["p", "q", "r"])) == [(190.0 + HOUR, ["q"])]


def test_within_a_parent_nothing_waits() -> None:
    closings = Closings[str]()
    assert closings.admit("p", None, OLD) == OLD
    assert closings.admit("p", 100.0, OLD) == OLD
    # A day in between may lack its row.
    assert closings.admit("p", 150.0, OLD) == OLD
    assert closings.admit("p", 200.0, {}) == {}
    assert not list(closings.instants(["p"]))

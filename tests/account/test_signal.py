"""What follows a change."""

import logging

import pytest

from custom_components.smartpvms.account.signal import Signal


def test_a_fault_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """The inventory is told to entities, too: one of them may fail."""
    called: list[str] = []

    def fail() -> None:
        raise ValueError("a fault")

    signal = Signal("inventory changed")
    signal.connect(lambda: called.append("first"))
    disconnect = signal.connect(fail)
    signal.connect(lambda: called.append("last"))
    signal.send()
    assert called == ["first", "last"]
    assert "after: inventory changed" in caplog.text
    caplog.clear()
    disconnect()
    signal.send()
    assert called == ["first", "last"] * 2
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]

"""Which device types an interface serves, learnt from refusals."""

import pytest

from custom_components.smartpvms.account.supported_types import SupportedTypes
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.errors import UnsupportedTypeError

HOUR, DAY = 3600.0, 86400.0
INVERTER, METER = 38, 47


def refuse(types: SupportedTypes, type_id: int) -> None:
    with types.asking(type_id):
        raise UnsupportedTypeError(Interface.DEVICE_REAL_TIME, 20013)


def test_one_refusal_of_a_type_that_was_answered_proves_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Asked again after an hour, doubling, and said once it lasts a day."""
    now = 1e9
    types = SupportedTypes(lambda: Interface.DEVICE_DAY, lambda: now, lambda: None)
    with types.asking(INVERTER):
        pass
    for hours in (1, 2, 4, 8, 16, 32, 64, 128, 168, 168):
        refuse(types, INVERTER)
        assert types.refused[INVERTER] == now + hours * HOUR
        assert ("refused for a day" in caplog.text) is (hours >= 32)
        now += hours * HOUR
        assert types.may_ask(INVERTER)
    assert caplog.text.count("refused for a day") == 1
    with types.asking(INVERTER):
        pass
    refuse(types, INVERTER)
    assert types.refused[INVERTER] == now + HOUR


def test_a_clock_that_was_ahead_keeps_no_type_away() -> None:
    now = 30 * DAY
    types = SupportedTypes(lambda: Interface.DEVICE_DAY, lambda: now, lambda: None)
    refuse(types, METER)
    restored = SupportedTypes(lambda: Interface.DEVICE_DAY, lambda: 0.0, lambda: None)
    restored.restore(types.dump())
    assert restored.may_ask(METER)
    refuse(restored, METER)
    assert not restored.may_ask(METER)


def test_a_type_that_was_never_answered_is_left_alone_for_a_week() -> None:
    types = SupportedTypes(lambda: Interface.DEVICE_DAY, lambda: 0.0, lambda: None)
    refuse(types, METER)
    assert types.refused[METER] == 7 * DAY

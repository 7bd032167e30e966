"""The calls of a question, and whose rows they lack."""

from collections import deque
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import cast

from custom_components.smartpvms.history.feeds import FIVE_MINUTES, Question
from custom_components.smartpvms.history.inquiry import Call, Inquiry
from custom_components.smartpvms.local_time import ONE_DAY
from custom_components.smartpvms.northbound import Interface, NorthboundClient
from custom_components.smartpvms.northbound.models import DeviceRow

DAY = date(2026, 6, 15)
INVERTER, BATTERY = 1, 39


class Server:
    """Answers for all devices but those that are cut off."""

    def __init__(self, *cut_off: int) -> None:
        """Cut off some devices."""
        self.cut_off = cut_off

    async def device_history(
        self, type_id: int, devices: Collection[int], begin: datetime, end: datetime
    ) -> list[DeviceRow]:
        """Return a row of each device."""
        return [
            DeviceRow(device, {"active_power": 1.0}, begin)
            for device in devices
            if device not in self.cut_off
        ]


async def test_a_plant_that_is_cut_off_was_answered_with_nothing() -> None:
    """Whatever the devices of another plant in the same calls have answered."""
    question = Question(
        FIVE_MINUTES, DAY, DAY + ONE_DAY, UTC, ("NE=1", "NE=2"), is_live=True
    )
    calls = deque([Call(INVERTER, (11, 12, 21)), Call(BATTERY, (13, 23))])
    inquiry = Inquiry(question, Interface.DEVICE_HISTORY, calls)
    client = cast(NorthboundClient, Server(12, 21, 23))
    while inquiry.calls:
        await inquiry.async_ask(client, datetime(2026, 6, 16, tzinfo=UTC).timestamp())
    assert inquiry.lacks_type({21, 23})
    assert inquiry.lacks_type({11, 23})
    # One of its two inverters is off; it has no other type.
    assert not inquiry.lacks_type({11, 12, 13})
    assert not inquiry.lacks_type({99})

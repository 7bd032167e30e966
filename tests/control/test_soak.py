"""Commands while much goes wrong: none is sent twice, and nothing is too frequent."""

from collections import Counter
from contextlib import suppress
from random import Random

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.northbound.interfaces import TASKS
from simulator import Fault, FaultKind, Outcome, Simulator
from tests.conftest import restart

from .conftest import Act

BROKEN = (FaultKind.CUT, FaultKind.HALF, FaultKind.EMPTY, FaultKind.HTTP)


@pytest.mark.slow
async def test_commands_in_troubled_hours(
    hass: HomeAssistant, sim: Simulator, setup: MockConfigEntry, act: Act, wait: Act
) -> None:
    draw, asked = Random(1), 0
    for number in range(1, 17):
        match draw.randrange(5):
            case 0:
                interface = draw.choice(sorted(TASKS))
                sim.faults.add(Fault(draw.choice(BROKEN), interface, times=1))
            case 1:
                sim.evict()
            case 2:
                sim.control.outcomes[sim.plants[0].code] = draw.choice([*Outcome])
            case 3:
                await restart(hass, setup)
                # An action waits for the login's minute in real time.
                await wait(70, 30)
        # Each command is told from all others by its number.
        action, data = draw.choice(
            [
                ("set_export_limit", {"limit": number / 8}),
                ("set_battery_limits", {"maximum_charge_power": 1000 + number}),
                ("force_charge", {"power": 1000 + number, "duration": number}),
            ]
        )
        asked += 1
        with suppress(HomeAssistantError):
            await act(action, **data)
        if draw.random() < 0.3:
            await restart(hass, setup)
        await wait(draw.choice((130, 400)), 30)
    sent = Counter(
        str(call.payload["tasks"])
        for call in sim.calls
        if call.interface in TASKS and call.fail_code != 305
    )
    assert 5 < sent.total() <= asked
    assert max(sent.values()) == 1
    assert not sim.quota.refused
    assert sim.count(fail_code=407) == 0
